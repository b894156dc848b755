from __future__ import annotations

from pathlib import Path

import pytest

from sentigram.errors import InputError
from sentigram.training.corpora import folder
from sentigram.training.corpora.labels import LABEL_VAD, SYNONYMS


def table(root: Path, text: str, *clips: str, name: str = "manifest.csv") -> Path:
    root.mkdir(exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")
    for clip in clips:
        (root / clip).parent.mkdir(parents=True, exist_ok=True)
        (root / clip).touch()
    return root


def test_every_column_is_read(tmp_path: Path):
    root = table(
        tmp_path,
        "id,path,text,label,speaker,split,session,dialogue,style,valence,arousal,dominance\n"
        "u1,clips/a.wav,Hi,Angry;fru,ann,train,s1,d1,improvised,-1,0.5,0\n"
        "u2,,Oh,joyful,bob,test,s1,d1,,,,\n",
        "clips/a.wav",
    )
    first, second = folder.read(root)
    assert first.labels == ("anger", "frustration")
    assert first.audio == root / "clips" / "a.wav"
    assert (first.vad, second.vad) == ((-1.0, 0.5, 0.0), None)
    assert (first.style, first.session, first.dialogue) == ("improvised", "s1", "d1")
    assert (second.labels, second.audio, second.split) == (("happiness",), None, "test")


def test_other_names_of_columns_and_labels(tmp_path: Path):
    root = table(tmp_path, "file_name,emotion_label\na.wav,Mild Awe\n", "a.wav", name="labels.csv")
    (item,) = folder.read(root)
    assert (item.id, item.labels, item.text) == ("a.wav", ("mild_awe",), "")


def test_columns_that_are_not_read_are_named(tmp_path: Path):
    root = table(tmp_path, "text,label,who_spoke,origin,rate\nHm,anger,7,tape,1\n")
    unread: list[str] = []
    (item,) = folder.read(root, unread=unread.extend)
    assert unread == ["who_spoke", "rate"]
    assert (item.speaker, item.origin) == ("", "tape")


def test_vad_alone_is_enough(tmp_path: Path):
    root = table(tmp_path, "text,label,valence,arousal,dominance\nHm,,0,0,1\n")
    assert folder.read(root)[0].vad == (0.0, 0.0, 1.0)
    assert folder.read(root)[0].labels == ()


@pytest.mark.parametrize(
    "path", ["../b.wav", "clips/../../b.wav", "/etc/hostname", "C:\\b.wav", "..\\b.wav", "link.wav"]
)
def test_no_path_leaves_the_folder(tmp_path: Path, path: str):
    (tmp_path / "b.wav").touch()
    root = table(tmp_path / "corpus", f"path,label\n{path},anger\n")
    (root / "clips").mkdir()
    (root / "link.wav").symlink_to(tmp_path / "b.wav")
    with pytest.raises(InputError, match=r"manifest\.csv:2: .* leaves the folder"):
        folder.read(root)


def test_a_symlink_within_the_folder_is_fine(tmp_path: Path):
    root = table(tmp_path / "corpus", "path,label\nlink.wav,anger\n", "a.wav")
    (root / "link.wav").symlink_to(root / "a.wav")
    assert folder.read(root)[0].audio == root / "link.wav"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("path,speaker\na.wav,x\n", r":1: expected columns label and path or text"),
        ("label\nanger\n", r":1: expected columns label and path or text"),
        ("text,label,valence\nHi,anger,1\n", "valence, arousal and dominance together"),
        ("path,label\nb.wav,anger\n", r":2: b\.wav: no such clip"),
        ("path,label\na.wav,\n", r":2: a\.wav has neither label nor valence"),
        ("path,label\na.wav,<b>\n", r":2: label '<b>' is no name"),
        ("path,label\na.wav,anger\na.wav,fear\n", r":3: a\.wav is there already"),
        ("path,label\n,anger\n", ":2: neither a path nor words"),
        ("path,label,style\na.wav,anger,sung\n", ":2: style 'sung'; expected scripted"),
        ("path,label\na.wav,anger,more\n", ":2: more cells than the 2 columns"),
        ("path,label\n", "holds no rows"),
        (
            "path,label,valence,arousal,dominance\na.wav,anger,3,1,1\n",
            "has rating '3'; expected a number from -1 to 1",
        ),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path: Path, text: str, expected: str):
    with pytest.raises(InputError, match=expected):
        folder.read(table(tmp_path, text, "a.wav"))


def test_which_table_is_never_guessed(tmp_path: Path):
    with pytest.raises(InputError, match=r"a single \.csv, found none"):
        folder.read(tmp_path)
    table(tmp_path, "text,label\nHi,anger\n", name="one.csv")
    table(tmp_path, "text,label\nHi,fear\n", name="two.csv")
    with pytest.raises(InputError, match=r"found one\.csv, two\.csv"):
        folder.read(tmp_path)


def test_bytes_that_are_no_text(tmp_path: Path):
    (tmp_path / "manifest.csv").write_bytes(b"text,label\n\xff\xfe,anger\n")
    with pytest.raises(InputError, match="cannot be read as UTF-8"):
        folder.read(tmp_path)


def test_synonyms_lead_to_labels_that_stand_for_themselves():
    assert not set(SYNONYMS) & set(SYNONYMS.values())
    assert set(SYNONYMS.values()) >= LABEL_VAD.keys()


def test_the_imported_features_corpus(shared_data: Path):
    root = shared_data / "meld_dev_features"
    if not root.is_dir():
        pytest.skip("no meld_dev_features")
    items = folder.read(root)
    assert len(items) == 1108
    assert items[0].id == "dia0_utt0"
    assert len({item.dialogue for item in items}) == 114
