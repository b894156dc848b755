"""Corrections of a Document that is heard anew: kept where they fit, named where they do not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sentigram.core.document import Document, FoundSpeaker, FoundSpeakers, dumps, loads
from sentigram.core.emotion import EmotionTrack, LabelSet, WordEmotion
from sentigram.core.seal import sealed
from sentigram.core.sounds import Sound
from sentigram.core.time import Span
from sentigram.core.transcript import Utterance
from sentigram.jobs.carry_over import carry_over
from tests.documents import LABELS, document

SAID = (("We met Jon Smyth here.", "happiness"), ("It is late now.", "sadness"))
MADE = sealed(document(*SAID))


def texts(made: Document) -> str:
    return " ".join(word.text for word in made.words)


def moved(made: Document, by_ms: int) -> Document:
    """The same words, heard a little later."""
    utterances: list[Utterance] = []
    for utterance in made.transcript.utterances:
        words = tuple(
            replace(w, span=Span(w.span.start_ms + by_ms, w.span.end_ms + by_ms))
            for w in utterance.words
        )
        span = Span(words[0].span.start_ms, words[-1].span.end_ms)
        utterances.append(replace(utterance, span=span, words=words))
    return replace(made, transcript=replace(made.transcript, utterances=tuple(utterances)))


def test_a_corrected_word_takes_the_place_of_what_is_heard_there() -> None:
    corrected = MADE.with_text(2, "John").with_text(3, "Smith")
    carried = carry_over(corrected, moved(MADE, 60))
    assert texts(carried.document) == "We met John Smith here. It is late now."
    assert (carried.n_carried, carried.left) == (1, ())
    starts = [word.span.start_ms for word in carried.document.words]
    assert starts == sorted(starts)
    assert loads(dumps(carried.document)) == carried.document


def test_feelings_of_words_that_a_person_changed_go_over_and_others_are_read_anew() -> None:
    corrected = MADE.with_emotion(1, "anger", intensity=0.5).with_text(7, "not")
    certain = WordEmotion("neutral", tuple(float(name == "neutral") for name in LABELS), 0.0)
    heard = replace(MADE, track=EmotionTrack(LABELS, (certain,) * 9))
    carried = carry_over(corrected, heard).document
    others = ["neutral"] * 5
    assert [w.label for w in carried.words] == ["neutral", "anger", *others, "sadness", "neutral"]
    assert carried.words[1].emotion.is_by_hand(LABELS)
    assert carried.words[7].text == "not"


@pytest.mark.parametrize(
    "edit",
    [
        {"label": "happiness", "intensity": 1.0},  # as a page writes one that was favoured too
        {"label": "anger", "intensity": 0.8},
        {"label": "neutral", "intensity": 0.0},
        {"label": "neutral", "intensity": 0.6, "withheld": True},
    ],
)
def test_a_feeling_goes_over_however_it_was_written(edit: dict[str, Any]) -> None:
    data = json.loads(dumps(MADE))
    word = data["utterances"][0]["words"][1]
    assert word["emotion"]["label"] == "happiness"
    for probs in ("kept", "dropped"):
        word["emotion"] |= edit
        if probs == "dropped":
            word["emotion"].pop("probs", None)
        asked = loads(json.dumps(data))
        carried = carry_over(asked, MADE)
        assert carried.document.words[1].emotion == asked.words[1].emotion
        assert (carried.n_carried, carried.left) == (1, ())


def test_words_that_were_put_in_and_taken_away() -> None:
    data = json.loads(dumps(MADE))
    first, second = (utterance["words"] for utterance in data["utterances"])
    del second[1]
    first[2]["end_ms"] -= 200
    first.insert(3, {**first[2], "text": "Q.", "start_ms": first[2]["end_ms"], "end_ms": 1700})
    carried = carry_over(loads(json.dumps(data)), MADE)
    assert texts(carried.document) == "We met Jon Q. Smyth here. It late now."
    assert carried.n_carried == 2


def test_a_correction_among_other_words_is_left_and_named() -> None:
    corrected = MADE.with_text(2, "John")
    heard = sealed(document(("They had one Smyth there.", "neutral"), SAID[1]))
    carried = carry_over(corrected, heard)
    assert carried.document is not corrected
    assert texts(carried.document) == texts(heard)
    assert carried.n_carried == 0
    assert carried.left == ("0:01 “John”",)


def test_a_feeling_that_the_new_engine_does_not_know_is_named() -> None:
    few = LabelSet(("anger", "neutral"))
    calm = WordEmotion("neutral", (0.0, 1.0), 0.0)
    heard = replace(MADE, track=EmotionTrack(few, (calm,) * 9))
    carried = carry_over(MADE.with_emotion(0, "surprise"), heard)
    assert carried.document.words[0].label == "neutral"
    (left,) = carried.left
    assert "“We”: surprise, which this engine does not know" in left


def test_fields_of_others_go_over() -> None:
    mine = replace(MADE.with_text(0, "They"), extra={"mine": 1})
    assert carry_over(mine, MADE).document.extra == {"mine": 1}


def test_names_of_speakers_go_over() -> None:
    named = loads(dumps(MADE).replace('"speaker": "Ann"', '"speaker": "Dr. Bea"', 1))
    without = loads(dumps(MADE).replace('"speaker": "Ann"', '"speaker": ""'))
    carried = carry_over(named, without).document
    assert [u.speaker for u in carried.transcript.utterances] == ["Dr. Bea", "Ann"]


@pytest.mark.parametrize(
    ("n_heard", "expected"),
    [(2, ["Dr. Bea", "Speaker 2"]), (0, ["Dr. Bea", ""])],
    ids=["as many voices", "none asked for"],
)
def test_numbered_names_go_over_where_as_many_voices_are_heard(
    n_heard: int, expected: list[str]
) -> None:
    """A name that a person gave stays; `Speaker 2` of two is nobody where others were counted."""

    def of(n: int, *names: str) -> Document:
        people = tuple(FoundSpeaker(f"Speaker {i + 1}", 1.0, 0.5) for i in range(n))
        found = FoundSpeakers(people, 0.5, is_number_given=True) if n else None
        told = tuple(
            replace(one, speaker=name)
            for one, name in zip(MADE.transcript.utterances, names, strict=True)
        )
        return replace(MADE, transcript=replace(MADE.transcript, utterances=told), speakers=found)

    corrected = of(2, "Dr. Bea", "Speaker 2")
    carried = carry_over(corrected, of(n_heard, "", "")).document
    assert [u.speaker for u in carried.transcript.utterances] == expected
    if n_heard:  # and so do the voices: who was found is told by the same names
        heard = of(2, "Speaker 1", "Speaker 2")
        found = carry_over(corrected, heard).document.speakers
        assert found is not None
        assert [one.name for one in found.people] == expected
        both = carry_over(of(2, "Dr. Bea", "Dr. Bea"), heard).document.speakers
        assert both is not None  # nobody is called by the names that they were found as
        assert [one.name for one in both.people] == ["Dr. Bea", "Dr. Bea"]
        kept = carry_over(of(2, "Speaker 2", "Speaker 2"), heard).document.speakers
        assert kept is not None
        assert [one.name for one in kept.people] == ["Speaker 2", "Speaker 2"]
        unnamed = carry_over(of(2, "Dr. Bea", ""), heard).document
        assert unnamed.speakers is not None
        there = {one.speaker for one in unnamed.transcript.utterances}
        assert {one.name for one in unnamed.speakers.people} <= there


def test_of_a_document_without_a_seal_nothing_can_be_told_apart() -> None:
    carried = carry_over(replace(MADE, seal=None), MADE)
    assert carried.document == MADE
    assert "does not say which of its words" in carried.left[0]


def test_a_corrected_end_and_a_corrected_beginning() -> None:
    corrected = MADE.with_text(0, "They").with_text(-1, "today.")
    assert texts(carry_over(corrected, MADE).document) == (
        "They met Jon Smyth here. It is late today."
    )


def test_sounds_that_a_person_added_go_over() -> None:
    bell, bang = (Sound(name, Span(100, 900), source="given") for name in ("bell", "bang"))
    old, now = Sound("music", Span(0, 4000), 0.8), Sound("music", Span(50, 4000), 0.7)
    corrected = replace(MADE, sounds=(old, bang, bell))
    carried = carry_over(corrected, replace(MADE, sounds=(now, bell)))
    assert carried.document.sounds == (now, bang, bell)
