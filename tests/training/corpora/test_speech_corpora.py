from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from sentigram.errors import InputError
from sentigram.training.corpora import emodb, nemo, ravdess

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
    with pytest.raises(InputError, match=r"manifest\.csv: clips/a\.flac has label 'bliss'"):
        module.read(root)


@pytest.mark.parametrize("module", [ravdess, nemo, emodb])
def test_an_absent_clip_is_named(tmp_path: Path, module: ModuleType):
    root = folder(tmp_path, "clips/a.flac,anger,03,,x,1.9", absent="clips/a.flac")
    with pytest.raises(InputError, match=r"a\.flac: listed in .* but absent"):
        module.read(root)


@pytest.mark.parametrize("module", [ravdess, nemo, emodb])
def test_an_absent_manifest_is_named(tmp_path: Path, module: ModuleType):
    with pytest.raises(InputError, match=r"manifest\.csv: no such corpus file"):
        module.read(tmp_path)


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
