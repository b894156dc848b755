"""Readings: what a person set, and a voice that is raised without a label."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sentigram.core.document import schema
from sentigram.core.emotion import (
    BY_HAND_INTENSITY,
    MOST_LABELS,
    NEUTRAL,
    RAISED,
    LabelSet,
    WordEmotion,
    plain_name,
)
from tests.documents import LABELS, raised, reading


def test_a_withheld_label_leaves_a_raised_voice() -> None:
    held = raised(0.6)
    assert (held.label, held.name, held.is_raised) == (NEUTRAL, RAISED, True)
    assert held.shown_intensity(LABELS) == 0.6
    assert sum(held.probs) == pytest.approx(1)
    assert not reading("anger").is_raised
    assert reading("anger").name == "anger"
    assert reading("neutral").name == NEUTRAL


def test_a_model_withholds_and_a_person_may_as_well() -> None:
    certain = tuple(float(name == NEUTRAL) for name in LABELS)
    assert not raised(0.6).is_by_hand(LABELS)
    assert not raised(1.0).is_by_hand(LABELS)
    unsaid = raised(0.0)
    assert unsaid.is_by_hand(LABELS)
    assert unsaid.shown_intensity(LABELS) == BY_HAND_INTENSITY
    strong = replace(raised(1.0), probs=certain)
    assert strong.is_by_hand(LABELS)
    assert strong.shown_intensity(LABELS) == 1.0
    assert not replace(reading(NEUTRAL), probs=certain).is_by_hand(LABELS)


@pytest.mark.parametrize("label", ["anger", "happiness", "fear"])
def test_whoever_gives_a_withheld_word_an_emotion_set_it_by_hand(label: str) -> None:
    """Of the three, anger is the one that the model found likeliest."""
    given = replace(raised(0.6), label=label)
    assert (given.is_raised, given.name) == (False, label)
    assert given.is_by_hand(LABELS)
    assert given.confidence(LABELS) == 1.0
    assert given.shown_intensity(LABELS) == 0.6


def test_no_label_of_a_model_can_be_called_as_a_raised_voice_is() -> None:
    with pytest.raises(ValueError, match="label 'raised-voice': use lower-case letters"):
        LabelSet((NEUTRAL, RAISED))
    own = LabelSet((NEUTRAL, "raised"))
    loud = WordEmotion("raised", (0.1, 0.9), 0.9)
    assert loud.name == "raised"
    assert not loud.is_raised
    assert not loud.is_by_hand(own)


def test_names_are_written_as_people_write_them() -> None:
    assert plain_name(RAISED) == "raised voice"
    assert plain_name("mixed_up") == "mixed up"


def test_documents_models_and_themes_have_as_many_labels():
    assert schema()["properties"]["labels"]["maxItems"] == MOST_LABELS
    names = ("neutral", *(f"e{n}" for n in range(MOST_LABELS - 1)))
    assert len(LabelSet(names)) == MOST_LABELS
    with pytest.raises(ValueError, match="65 labels: at most 64"):
        LabelSet((*names, "more"))
