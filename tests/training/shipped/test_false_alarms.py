from __future__ import annotations

from dataclasses import dataclass

import pytest

from sentigram.core.emotion import EmotionTrack
from sentigram.training.shipped import false_alarms
from sentigram.training.shipped.false_alarms import (
    AlarmRow,
    RealFigures,
    as_json,
    as_text,
    evaluate,
    shown_labels,
)
from tests.documents import LABELS, reading
from tests.training.recordings import RuleModel, recording


def row(
    name: str, *, emotional: int = 0, changes: int = 0, kind: str = "plain", n_words: int = 100
) -> AlarmRow:
    labels = {"anger": emotional} if emotional else {}
    return AlarmRow(name, kind, "en", 1.0, n_words, 0, labels, changes)


def test_words_are_counted_as_a_person_counts_them():
    by_text = {"w2": "anger", "w3": "anger", "w7": "sadness"}
    model = RuleModel(lambda word, _sound: by_text.get(word.text, "neutral"))
    made = (recording("a"), recording("b", kind="orator", language="de"))
    first, second = evaluate(made, model).rows
    assert first.n_words == 12
    assert dict(first.labels) == {"anger": 2, "sadness": 1}
    assert first.share == pytest.approx(0.25)
    assert first.n_changes == 4  # in and out, twice
    assert first.minutes == pytest.approx(0.1)
    assert first.changes_per_minute == pytest.approx(40)
    assert (second.kind, second.language) == ("orator", "de")


def test_a_reading_that_is_withheld_is_shown_as_neutral():
    @dataclass(frozen=True)
    class Withholding:
        label: str
        withheld: bool

    track = EmotionTrack(LABELS, (Withholding("anger", True), Withholding("anger", False)))  # type: ignore[arg-type]
    assert shown_labels(track) == ("neutral", "anger")
    made = false_alarms.row_of(recording(n_words=2), track)
    assert made.n_withheld == 1
    assert dict(made.labels) == {"anger": 1}


def test_a_model_without_the_field_withholds_nothing():
    track = EmotionTrack(LABELS, (reading("anger"), reading("neutral")))
    assert false_alarms.row_of(recording(n_words=2), track).n_withheld == 0


def test_each_budget_is_judged():
    assert RealFigures((row("a", emotional=5, changes=1), row("b"))).is_kept
    much = RealFigures((row("a", emotional=10), row("b", emotional=1)))
    assert not much.is_kept  # 5.5 % together, though none is over 10 %
    assert not much.too_emotional
    one = RealFigures((row("a", emotional=11), *(row(f"b{i}") for i in range(9))))
    assert [made.name for made in one.too_emotional] == ["a"]
    assert not one.is_kept
    restless = RealFigures((row("a", emotional=1, changes=3), row("b")))
    assert [made.name for made in restless.too_restless] == ["a"]
    assert not restless.is_kept


def test_only_plain_speech_counts():
    figures = RealFigures((row("a"), row("speech", emotional=60, changes=9, kind="orator")))
    assert figures.is_kept
    assert figures.pooled.n_words == 100


def test_no_change_is_counted_between_recordings():
    model = RuleModel(lambda word, _sound: "anger" if word.text == "w0" else "neutral")
    figures = evaluate((recording("a"), recording("b")), model)
    assert figures.pooled.n_changes == 2
    assert figures.pooled.n_words == 24


def test_the_report_begins_with_the_budgets_and_names_who_breaks_them():
    figures = RealFigures(
        (
            row("loud", emotional=30, changes=4),
            row("calm"),
            row("jfk", emotional=50, kind="orator"),
        ),
        ("studio prompts: give them",),
    )
    lines = as_text(figures).splitlines()
    assert lines[1].endswith("pooled: 15.0% (at most 5%): broken")
    assert lines[2].endswith("30.0% (at most 10%): broken by loud (30.0%)")
    assert lines[3].endswith("2.00 (at most 1): broken; more often in loud (4.0)")
    assert any(line.startswith("jfk") and "anger 50" in line for line in lines)
    assert lines[-1] == "  studio prompts: give them"
    kept = as_text(RealFigures((row("calm"),))).splitlines()
    assert [line.rsplit(": ", 1)[1] for line in kept[1:4]] == ["kept"] * 3


def test_without_plain_speech_no_budget_is_said_to_be_kept():
    lines = as_text(RealFigures((row("jfk", kind="orator"),))).splitlines()
    assert "no budget was tested" in lines[0]
    assert "kept" not in lines[0]
    assert as_json(RealFigures((row("jfk", kind="orator"),)))["kept"] is None


def test_json_has_every_row():
    data = as_json(RealFigures((row("a", emotional=5),), ("b: absent",)))
    assert data["kept"] is True
    assert data["pooled"]["share"] == 0.05
    assert [made["name"] for made in data["recordings"]] == ["a"]
    assert data["left out"] == ["b: absent"]
