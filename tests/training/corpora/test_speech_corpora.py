from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from sentigram.errors import InputError
from sentigram.training.corpora import cremad, emodb, nemo, ravdess

HEADER = "path,label,speaker,split,text,duration\n"


def folder(tmp_path: Path, *rows: str, absent: str = "") -> Path:
    (tmp_path / "manifest.csv").write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    (tmp_path / "clips").mkdir()
    for row in rows:
        name = row.split(",")[0]
        if name != absent:
            (tmp_path / name).touch()
    return tmp_path


def test_ravdess_keeps_calm_and_its_folds(tmp_path: Path):
    root = folder(
        tmp_path,
        'clips/a.flac,calm,actor01,emobox_test_fold_1,"Kids, talking",1.5',
        "clips/b.flac,anger,actor02,emobox_test_fold_5,Dogs,1.5",
    )
    calm, anger = ravdess.read(root)
    assert (calm.labels, calm.split, calm.speaker) == (("calm",), "emobox_test_fold_1", "actor01")
    assert calm.text == "Kids, talking"
    assert calm.audio == root / "clips" / "a.flac"
    assert anger.labels == ("anger",)
    assert calm.id != anger.id


def test_nemo_surprised_is_surprise(tmp_path: Path):
    (item,) = nemo.read(folder(tmp_path, "clips/ż.opus,surprised,WR0,,Ucho,2.9"))
    assert item.labels == ("surprise",)
    assert item.corpus == "nemo"


def test_emodb_leaves_boredom_and_its_speaker_mixing_folds_out(tmp_path: Path):
    root = folder(
        tmp_path,
        "clips/a.flac,boredom,03,emobox_test_fold_1,Lappen,1.9",
        "clips/b.flac,sadness,03,emobox_test_fold_1,Lappen,1.9",
    )
    (item,) = emodb.read(root)
    assert item.labels == ("sadness",)
    assert item.split == ""


@pytest.mark.parametrize("module", [ravdess, nemo, emodb])
def test_an_unknown_label_is_named(tmp_path: Path, module: ModuleType):
    root = folder(tmp_path, "clips/a.flac,bliss,03,,x,1.9")
    with pytest.raises(InputError, match=r"manifest\.csv:2: clips/a\.flac has label 'bliss'"):
        module.read(root)


@pytest.mark.parametrize("module", [ravdess, nemo, emodb])
def test_an_absent_clip_is_named(tmp_path: Path, module: ModuleType):
    root = folder(tmp_path, "clips/a.flac,anger,03,,x,1.9", absent="clips/a.flac")
    with pytest.raises(InputError, match=r"a\.flac: listed in .* but absent"):
        module.read(root)


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        (ravdess, r"neither Actor_01/03-01-05-02-01-01-01\.wav nor manifest\.csv"),
        (nemo, r"data\.tsv: no such corpus file"),
        (emodb, r"neither wav/03a01Fa\.wav nor manifest\.csv"),
        (cremad, r"neither AudioWAV/1001_DFA_ANG_XX\.wav nor"),
    ],
)
def test_an_empty_folder_says_what_was_expected(tmp_path: Path, module: ModuleType, expected: str):
    with pytest.raises(InputError, match=expected):
        module.read(tmp_path)


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_ravdess_as_downloaded(tmp_path: Path):
    root = touch(
        tmp_path,
        "Actor_01/03-01-05-02-01-01-01.wav",
        "Actor_12/03-01-02-01-02-02-12.wav",
        "Actor_12/._03-01-02-01-02-02-12.wav",
        "Actor_12/03-02-02-01-02-02-12.wav",  # sung
    )
    anger, calm = ravdess.read(root)
    assert (anger.id, anger.labels) == ("Actor_01/03-01-05-02-01-01-01.wav", ("anger",))
    assert (anger.speaker, anger.split) == ("actor01", "emobox_test_fold_1")
    assert (calm.labels, calm.speaker, calm.split) == (("calm",), "actor12", "emobox_test_fold_2")
    assert (anger.text, calm.text) == (
        "Kids are talking by the door",
        "Dogs are sitting by the door",
    )
    touch(root, "Actor_12/03-01-09-01-02-02-12.wav")
    with pytest.raises(InputError, match="not a name of ravdess; expected such as"):
        ravdess.read(root)


def test_emodb_as_downloaded(tmp_path: Path):
    root = touch(tmp_path, "wav/03a01Fa.wav", "wav/16b10Wb.wav", "wav/08a02La.wav")
    happy, angry = emodb.read(root)
    assert (happy.labels, happy.speaker) == (("happiness",), "03")
    assert happy.text == "Der Lappen liegt auf dem Eisschrank."
    assert (angry.labels, angry.id, angry.split) == (("anger",), "wav/16b10Wb.wav", "")


def test_nemo_as_downloaded(tmp_path: Path):
    root = touch(tmp_path, "samples/WR0_surprised_64.wav", "samples/EB0_fear_1.wav")
    lines = [
        "file_id\temotion\traw_text\tnormalized_text\tspeaker_id\tgender\tage",
        'WR0_surprised_64.wav\tsurprised\t"Ród smoka" to serial.\tród\t        WR0\tmale\t23',
        "EB0_fear_1.wav\tfear\tLubię czytać.\tlubię czytać\t        EB0\tfemale\t27",
    ]
    (root / "data.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    first, second = nemo.read(root)
    assert (first.labels, first.speaker) == (("surprise",), "WR0")
    assert first.text == '"Ród smoka" to serial.'
    assert second.audio == root / "samples" / "EB0_fear_1.wav"
    (root / "samples" / "EB0_fear_1.wav").unlink()
    with pytest.raises(InputError, match=r"EB0_fear_1\.wav: listed in .*data\.tsv:3 but absent"):
        nemo.read(root)


def test_cremad_as_downloaded(tmp_path: Path):
    root = touch(
        tmp_path,
        "AudioWAV/1001_DFA_ANG_XX.wav",
        "AudioWAV/1040_ITH_SAD_X.wav",
        "AudioWAV/1076_MTI_SAD_XX.wav",
        "SentenceFilenames.csv",
    )
    warnings: list[str] = []
    angry, sad = cremad.read(root, warn=warnings.append)
    assert (angry.labels, angry.speaker) == (("anger",), "1001")
    assert angry.text == "Don't forget a jacket."
    assert (sad.labels, sad.text) == (("sadness",), "I think I have a doctor's appointment.")
    assert len(warnings) == 1
    assert "1076_MTI_SAD_XX.wav: left out, because it is silent" in warnings[0]
    with pytest.raises(InputError, match="1076_MTI_SAD_XX"):
        cremad.read(root)


@pytest.mark.parametrize(
    ("module", "n_items", "n_speakers", "n_labels"),
    [(ravdess, 1440, 24, 8), (nemo, 4481, 9, 6), (emodb, 428, 10, 6)],
)
def test_the_real_corpus(
    shared_data: Path, module: ModuleType, n_items: int, n_speakers: int, n_labels: int
):
    if not (shared_data / module.NAME).is_dir():
        pytest.skip(f"no {module.NAME}")
    items = module.read(shared_data / module.NAME)
    assert len({item.id for item in items}) == len(items) == n_items
    assert len({item.speaker for item in items}) == n_speakers
    assert len(Counter(item.labels for item in items)) == n_labels


def test_no_ravdess_speaker_is_in_two_folds(shared_data: Path):
    items = ravdess.read(shared_data / "ravdess")
    folds = {(item.speaker, item.split) for item in items}
    assert len(folds) == 24
    assert len({split for _, split in folds}) == 6


def test_names_say_what_the_manifests_say(shared_data: Path, tmp_path: Path):
    for module, home in ((ravdess, "Actor_{}/{}.wav"), (emodb, "wav/{}.wav")):
        listed = {Path(item.id).stem: item for item in module.read(shared_data / module.NAME)}
        root = tmp_path / module.NAME
        touch(root, *(home.format(*(name[-2:], name)[-home.count("{}") :]) for name in listed))
        read = {Path(item.id).stem: item for item in module.read(root)}
        assert read.keys() == listed.keys()
        for name, item in read.items():
            other = listed[name]
            assert (item.labels, item.speaker, item.split, item.text) == (
                other.labels,
                other.speaker,
                other.split,
                other.text,
            )
