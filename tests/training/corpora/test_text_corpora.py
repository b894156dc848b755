from __future__ import annotations

import shutil
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
    with pytest.raises(InputError, match="no such corpus file; give the folder"):
        corpus.read(tmp_path)  # type: ignore[attr-defined]


def test_goemotions_as_downloaded(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    write(data / "emotions.txt", "joy\nlove\nrealization\nneutral\n")
    write(data / "train.tsv", 'He said "so\t0,1\ta1\nok\t3\ta2\n')
    write(data / "dev.tsv", "hm\t2\ta3\n")
    write(data / "test.tsv", "yes\t3,2\ta4\n")
    first, *_, last = items = goemotions.read(tmp_path)
    assert (first.text, first.labels, first.split) == ('He said "so', ("happiness",), "train")
    assert [item.split for item in items] == ["train", "train", "dev", "test"]
    assert last.labels == ("neutral", "surprise")
    assert goemotions.read(data) == items
    assert goemotions.read_fine(tmp_path)["a1"] == ("joy", "love")
    write(data / "dev.tsv", "hm\t2,9\ta3\n")
    with pytest.raises(
        InputError, match=r"dev\.tsv:1: a3 has labels '2,9'; expected numbers below"
    ):
        goemotions.read(tmp_path)
    write(data / "dev.tsv", "hm\t2\n")
    with pytest.raises(InputError, match=r"dev\.tsv:1: fewer cells than the 3 columns"):
        goemotions.read(tmp_path)


def test_goemotions_groups_are_those_of_the_corpus(shared_data: Path) -> None:
    fine = goemotions.read_fine(shared_data / "goemotions")
    for item in goemotions.read(shared_data / "goemotions"):
        assert set(item.labels) == {goemotions.GROUPS[name] for name in fine[item.id]}


def test_xed_as_downloaded(tmp_path: Path) -> None:
    folder = tmp_path / "AnnotatedData"
    folder.mkdir()
    write(folder / "en-annotated.tsv", 'Your "orders .\t8\nRun !\t4, 7\nYes !\t5\n')
    write(folder / "neu_en.txt", "9\tLast card.\n\t\t\n9\tI fold.\n")
    assert [(item.id, item.text, item.labels) for item in xed.read(tmp_path)] == [
        ("xed1", "Run !", ("fear", "surprise")),
        ("xed2", "Yes !", ("happiness",)),
        ("xedn0", "Last card.", ("neutral",)),
        ("xedn1", "I fold.", ("neutral",)),
    ]
    write(folder / "en-annotated.tsv", "Run !\t4, 9\n")
    with pytest.raises(InputError, match=r"en-annotated\.tsv:1: labels '4, 9'; expected numbers"):
        xed.read(tmp_path)


def test_emobank_as_downloaded(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    write(tmp_path / "corpus" / "emobank.csv", "id,split,V,A,D,text\nd,test,5,3,1,Hm\n")
    assert emobank.read(tmp_path)[0].vad == (1.0, 0.0, -1.0)
    write(tmp_path / "corpus" / "emobank.csv", "id,split,V,A,text\nd,test,5,3,Hm\n")
    with pytest.raises(InputError, match=r"emobank\.csv:1: no column D; found id, split"):
        emobank.read(tmp_path)


def meld_raw(root: Path) -> Path:
    for split, n in (("train", 3), ("dev", 2), ("test", 1)):
        lines = [f"{i},Hi!,Ann,joy,positive,125,{i + 2},1,1,a,b\n" for i in range(n)]
        write(root / f"{split}_sent_emo.csv", MELD_HEAD + "".join(lines))
        clips = root / meld.CLIP_FOLDERS[split]
        clips.mkdir()
        for i in range(n):
            (clips / f"dia125_utt{i + 2}.mp4").touch()
    return root


def test_meld_as_downloaded_names_each_line_without_a_clip(tmp_path: Path) -> None:
    root = meld_raw(tmp_path)
    (root / "dev_splits_complete" / "dia125_utt3.mp4").unlink()
    warnings: list[str] = []
    items = meld.read(root, warn=warnings.append)
    assert [item.id for item in items] == [
        "train/125/2",
        "train/125/4",
        "dev/125/2",
        "test/125/2",
    ]
    assert items[0].audio == root / "train_splits" / "dia125_utt2.mp4"
    assert (items[0].dialogue, items[-1].dialogue) == ("train/125", "test/125")
    assert len(warnings) == 2
    assert "dia125_utt3.mp4: the official clip cannot be decoded" in warnings[0]
    assert "there is no such clip" in warnings[1]
    assert "dev_sent_emo.csv:3 is left out" in warnings[1]
    with pytest.raises(InputError, match="dia125_utt3"):
        meld.read(root)


def test_meld_in_one_more_folder_and_by_its_tables_alone(tmp_path: Path) -> None:
    raw = tmp_path / "MELD.Raw"
    raw.mkdir()
    meld_raw(raw)
    (raw / "train").mkdir()
    (raw / "train_splits").rename(raw / "train" / "train_splits")
    first, *_ = meld.read(tmp_path, warn=lambda _: None)
    assert first.audio == raw / "train" / "train_splits" / "dia125_utt2.mp4"
    shutil.rmtree(raw / "dev_splits_complete")
    with pytest.raises(InputError, match="dev_splits_complete: absent, while other clips"):
        meld.read(tmp_path, warn=lambda _: None)
    for folder in (raw / "train", raw / "output_repeated_splits_test"):
        shutil.rmtree(folder)
    items = meld.read(tmp_path)  # nothing to warn of: every line is there
    assert len(items) == 6
    assert {item.audio for item in items} == {None}


@pytest.mark.slow
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
