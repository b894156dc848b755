from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from sentigram.errors import InputError
from sentigram.training.corpora import emobank, goemotions, meld, xed

SEVEN = {"anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"}


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path.parent


def test_goemotions_maps_joy_and_keeps_all_labels(tmp_path: Path) -> None:
    root = write(
        tmp_path / "ekman_manifest.csv",
        'id,label,speaker,split,text\na1,joy;surprise,,train,"So, wow"\na2,neutral,,test,ok\n',
    )
    first, second = goemotions.read(root)
    assert (first.id, first.labels, first.split) == ("a1", ("happiness", "surprise"), "train")
    assert first.text == "So, wow"
    assert (second.labels, second.split) == (("neutral",), "test")


def test_goemotions_fine_labels(tmp_path: Path) -> None:
    root = write(
        tmp_path / "original_manifest.csv",
        "id,label,speaker,split,text\na1,love;pride,,train,x\n",
    )
    assert goemotions.read_fine(root) == {"a1": ("love", "pride")}


def test_goemotions_unknown_label_names_item(tmp_path: Path) -> None:
    root = write(
        tmp_path / "ekman_manifest.csv", "id,label,speaker,split,text\na9,boredom,,train,x\n"
    )
    with pytest.raises(InputError, match=r"a9 has label 'boredom'"):
        goemotions.read(root)


def test_xed_drops_lines_with_only_anticipation_or_trust(tmp_path: Path) -> None:
    root = write(
        tmp_path / "manifest.csv",
        "id,label,text\nx0,trust;anticipation,a\nx1,trust;joy,b\nx2,fear,c\nx3,neutral,d\n",
    )
    assert [(item.id, item.labels) for item in xed.read(root)] == [
        ("x1", ("happiness",)),
        ("x2", ("fear",)),
        ("x3", ("neutral",)),
    ]


def test_xed_unknown_label(tmp_path: Path) -> None:
    root = write(tmp_path / "manifest.csv", "id,label,text\nx0,calm,a\n")
    with pytest.raises(InputError, match="x0 has label 'calm'"):
        xed.read(root)


def test_emobank_scales_ratings(tmp_path: Path) -> None:
    root = write(tmp_path / "emobank.csv", "id,split,V,A,D,text\nd_1_2,dev,1,3.0,4.5,Hm\n")
    (item,) = emobank.read(root)
    assert item.vad == (-1.0, 0.0, 0.75)
    assert item.labels == ()


@pytest.mark.parametrize("rating", ["5.5", "0", "high", "nan"])
def test_emobank_refuses_bad_ratings(tmp_path: Path, rating: str) -> None:
    root = write(tmp_path / "emobank.csv", f"id,split,V,A,D,text\nd_1,dev,3,{rating},3,Hm\n")
    with pytest.raises(InputError, match=f"d_1 has rating '{rating}'"):
        emobank.read(root)


MELD_HEAD = (
    "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,"
    "Season,Episode,StartTime,EndTime\n"
)


def test_meld_reads_both_splits_by_dialogue(tmp_path: Path) -> None:
    write(
        tmp_path / "train_sent_emo.csv",
        MELD_HEAD + '1,Hi!,Ann,joy,positive,7,0,1,1,"0:0:0,1","0:0:1,0"\n',
    )
    write(
        tmp_path / "dev_sent_emo.csv",
        MELD_HEAD + '1,No.,Bob,anger,negative,7,3,1,1,"0:0:0,1","0:0:1,0"\n',
    )
    train, dev = meld.read(tmp_path)
    assert (train.split, train.labels, train.speaker) == ("train", ("happiness",), "Ann")
    assert (dev.id, meld.dialogue(dev)) == ("dev/7/3", "dev/7")
    assert meld.dialogue(train) != meld.dialogue(dev)


def test_meld_unknown_label(tmp_path: Path) -> None:
    write(tmp_path / "train_sent_emo.csv", MELD_HEAD + "1,Hi!,Ann,calm,positive,7,0,1,1,a,b\n")
    with pytest.raises(InputError, match="train/7/0 has label 'calm'"):
        meld.read(tmp_path)


@pytest.mark.parametrize("corpus", [goemotions, xed, emobank, meld])
def test_absent_folder_says_what_to_do(tmp_path: Path, corpus: object) -> None:
    with pytest.raises(InputError, match="DATA=FOLDER"):
        corpus.read(tmp_path)  # type: ignore[attr-defined]


def test_real_corpora(shared_data: Path) -> None:
    comments = goemotions.read(shared_data / "goemotions")
    assert Counter(item.split for item in comments) == {"train": 43410, "dev": 5426, "test": 5427}
    assert {label for item in comments for label in item.labels} == SEVEN
    assert set(goemotions.read_fine(shared_data / "goemotions")) == {item.id for item in comments}
    lines = xed.read(shared_data / "xed")
    assert 20_000 < len(lines) < 27_203
    assert {label for item in lines for label in item.labels} == SEVEN
    rated = emobank.read(shared_data / "emobank")
    assert Counter(item.split for item in rated) == {"train": 8062, "dev": 1000, "test": 1000}
    dialogue_lines = meld.read(shared_data / "meld")
    assert Counter(item.split for item in dialogue_lines) == {"train": 9989, "dev": 1109}
    for corpus in (comments, lines, rated, dialogue_lines):
        assert len({item.id for item in corpus}) == len(corpus)
