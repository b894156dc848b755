from __future__ import annotations

from dataclasses import replace

import pytest

from sentigram.training.splits.folds import Fold, SplitPlan
from tests.training.protocols import checked, example, failed, plan

ABC = [example(name) for name in "abcdef"]


def of(field: str, value: str, names: str):
    return [replace(e, **{field: value}) if e.id[-1] in names else e for e in ABC]


def test_some_of_a_tested_speaker_in_no_fold():
    picked = of("speaker", "c/ann", "df")
    (found,) = checked(picked, plan("abe", "c", "d"))
    assert (found.rule, found.severity, found.examples) == ("hand-picked", "fail", ("c/f",))
    assert checked(picked, plan("abe", "c", "df")) == ()


@pytest.mark.parametrize("field", ["dialogue", "split"])
def test_so_for_dialogues_and_splits_where_speakers_are_unknown(field: str):
    picked = [replace(e, speaker="", dialogue="") for e in ABC]
    picked = [replace(e, **{field: "c/x"}) if e.id[-1] in "df" else e for e in picked]
    assert failed(checked(picked, plan("abe", "c", "d"))) == {"hand-picked"}
    assert failed(checked(picked, plan("abe", "c", "df"))) == set()


def test_what_only_training_lacks_is_told():
    (found,) = checked(of("speaker", "c/ann", "af"), plan("abe", "c", "d"))
    assert (found.rule, found.severity, found.count) == ("hand-picked", "report", 1)


@pytest.mark.parametrize("labels", [(), ("fear",), ("anger", "fear")])
def test_what_carries_none_of_the_labels_may_stay_out(labels: tuple[str, ...]):
    assert checked(of("labels", labels, "f"), plan("abe", "c", "d")) == ()  # type: ignore[arg-type]


def test_so_may_another_style_and_a_copy():
    assert checked(of("style", "scripted", "f"), plan("abe", "c", "d")) == ()
    assert checked(of("origin", "c/a", "f"), plan("abe", "c", "d")) == ()


def test_folds_that_never_test_some():
    ids = [e.id for e in ABC]
    ann = of("speaker", "c/ann", "ab")
    rest = tuple(ids[2:])
    folds = (Fold("1", rest, (), tuple(ids[:1])), Fold("2", tuple(ids[:2]), (), rest))
    found = checked(ann, SplitPlan("x", 0, (), folds))
    assert failed(found) == {"hand-picked"}
    assert found[0].examples == ("c/b",)
    assert "1 example is in some folds" in found[1].message
    whole = (Fold("1", rest, (), tuple(ids[:2])), Fold("2", tuple(ids[:2]), (), rest))
    assert checked(ann, SplitPlan("x", 0, (), whole)) == ()
