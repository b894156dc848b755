from __future__ import annotations

from dataclasses import replace

import pytest

from sentigram.training.splits.folds import Fold, SplitPlan
from tests.training.protocols import checked, example, failed, plan

ABC = [example(name) for name in "abcd"]


def named(*names: str):
    """Examples of which nothing is shared but what the names say; the last one is tested."""
    examples = [
        replace(example(str(i)), id=f"c/{name}", text=f"{i}" * 9) for i, name in enumerate(names)
    ]
    ids = tuple(e.id for e in examples)
    return examples, SplitPlan("x", 0, (), (Fold("all", ids[:-2], ids[-2:-1], ids[-1:]),))


@pytest.mark.parametrize(
    "names",
    [
        ("u7_part1.wav", "u8_part1.wav", "u9_part1.wav", "u7_part2.wav"),
        ("train/u7_1of2", "u8", "u9", "test/u7_2of2"),
        ("u7.wav", "u8.wav", "u9.wav", "u7_noise1.wav"),
        ("talk_1.5-2.5", "b", "c", "talk_2.5-3.5"),
        ("talk_0000_2500", "b", "c", "talk_2000_4000"),
    ],
)
def test_parts_of_one_utterance_on_both_sides(names: tuple[str, ...]):
    found = checked(*named(*names))
    assert failed(found) == {"pieces-across-split"}
    assert found[0].examples == (f"c/{names[-1]}",)


@pytest.mark.parametrize(
    "names",
    [
        ("u7_part1", "u8_part1", "u9_part1", "u10_part2"),  # parts of others
        ("u7_part1", "u7_part2", "u8_part1", "u9_part1"),  # on one side
        ("u7_001", "u7_002", "u7_003", "u7_004"),  # utterances of a corpus
        ("train/0/1", "b", "c", "test/0/1"),  # numbered anew in each part
        ("talk_1.5-2.5", "b", "c", "talk_9.5-12.5"),
        ("03-01-05-01-01-01-02", "b", "c", "03-01-05-01-01-02-05"),  # RAVDESS
    ],
)
def test_other_names(names: tuple[str, ...]):
    assert checked(*named(*names)) == ()


def test_several_examples_of_one_file():
    changed = [replace(e, audio="a.wav" if e.id in ("c/a", "c/d") else e.id) for e in ABC]
    (found,) = checked(changed, plan("ab", "c", "d"))
    assert (found.rule, found.count) == ("pieces-across-split", 1)
    assert checked(changed, plan("ad", "c", "b")) == ()


def test_rows_of_one_origin():
    cut = [replace(e, origin="c/tape" if e.id in ("c/a", "c/d") else "") for e in ABC]
    found = checked(cut, plan("ab", "c", "d"))
    assert failed(found) == {"duplicated-across-split"}
    told = checked(cut, plan("bc", "", "ad"))  # pieces of a recording on one side
    assert failed(told) == set()
    assert [f.rule for f in told] == ["augmented-in-held-out"]
    assert "in no manifest" in told[0].message


def test_altered_copies_on_both_sides():
    changed = [replace(e, outline="x" if e.id in ("c/a", "c/d") else e.id, speaker="") for e in ABC]
    found = checked(changed, plan("ab", "c", "d"))
    assert failed(found) == {"altered-audio"}
    assert any(one.message.endswith("or noise, such as c/a and c/d") for one in found)
    assert failed(checked(changed, plan("ad", "c", "b"))) == set()


def test_clips_without_an_outline_are_told():
    prints = dict(zip("abcd", ("0000", "abcd", "1234", "fefe"), strict=True))
    old = [replace(e, fingerprint=prints[e.id[-1]]) for e in ABC]
    (found,) = [f for f in checked(old, plan("ab", "c", "d")) if f.rule == "altered-audio"]
    assert (found.rule, found.severity, found.count) == ("altered-audio", "report", 4)
