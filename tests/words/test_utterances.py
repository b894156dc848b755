from __future__ import annotations

import pytest
from hypothesis import given

from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.words.utterances import LONGEST_MS, MOST_WORDS, ends_sentence, segment
from tests.words.strategies import transcripts


def _spoken(text: str, *, speaker: str = "", pauses: dict[int, int] | None = None, at: int = 0):
    words = []
    for i, part in enumerate(text.split()):
        at += (pauses or {}).get(i, 0)
        words.append(Word(part, Span(at, at + 200)))
        at += 200
    return Utterance("x", Span(words[0].span.start_ms, at), tuple(words), speaker)


def _texts(*utterances: Utterance) -> list[str]:
    return [u.text for u in segment(Transcript("en", utterances)).utterances]


@given(transcripts())
def test_words_stay_the_same_in_the_same_order(transcript):
    result = segment(transcript)
    assert list(result.words()) == list(transcript.words())
    n_utterances = len(result.utterances)
    assert [u.id for u in result.utterances] == [f"u{i + 1}" for i in range(n_utterances)]
    for utterance in result.utterances:
        length_ms = utterance.words[-1].span.end_ms - utterance.words[0].span.start_ms
        assert len(utterance.words) == 1 or (
            length_ms <= LONGEST_MS and len(utterance.words) <= MOST_WORDS
        )


@given(transcripts())
def test_segmenting_twice_keeps_every_word(transcript):
    once = segment(transcript)
    assert list(segment(once).words()) == list(once.words())


@pytest.mark.parametrize(
    ("text", "following", "ends"),
    [
        ("hope.", "It", True),
        ("hope.", "it", True),
        ("really?", "yes", True),
        ("“Go.”", "He", True),
        ("Mr.", "Smith", False),
        ("(Dr.", "Who", False),
        ("U.S.", "Army", False),
        ("J.", "Bach", False),
        ("3.14", "is", False),
        ("No.", "5", False),
        ("No.", "He", True),
        ("well...", "you", False),
        ("well...", "You", True),
        ("well…", "you", False),
        ("I.", "You", True),
        ("你好。", "吗", True),
        ("吗？", "x", True),
        ("word", "Next", False),
        ("e.g.", "This", False),
    ],
)
def test_sentence_ends(text, following, ends):
    assert ends_sentence(text, following) is ends


def test_sentences_split_and_split_lines_join():
    lines = [_spoken("It was. The age of"), _spoken("wisdom. Yes", at=800)]
    assert _texts(*lines) == ["It was.", "The age of wisdom.", "Yes"]


def test_a_sound_in_an_utterance_of_its_own_stays_in_it():
    lines = [_spoken("(applause)"), _spoken("we (sighs) had", at=250), _spoken("[laughs]", at=900)]
    lines.append(_spoken("[coughs]", at=1150))
    assert _texts(*lines) == ["(applause)", "we (sighs) had", "[laughs]", "[coughs]"]


def test_pauses_split():
    assert _texts(_spoken("one two three", pauses={1: 699, 2: 700})) == ["one two", "three"]
    assert _texts(_spoken("one, two three", pauses={1: 350, 2: 350})) == ["one,", "two three"]
    assert _texts(_spoken("one, two", pauses={1: 349})) == ["one, two"]


def test_another_speaker_is_another_utterance():
    result = segment(
        Transcript("en", (_spoken("so you", speaker="A"), _spoken("said", speaker="B", at=400)))
    )
    assert [(u.speaker, u.text) for u in result.utterances] == [("A", "so you"), ("B", "said")]


def test_a_long_run_is_split_at_its_comma():
    text = " ".join(["word"] * 22 + ["word,"] + ["word"] * 27)
    assert [len(t.split()) for t in _texts(_spoken(text))] == [23, 27]


def test_a_long_run_is_split_at_its_pause():
    text = " ".join(["word"] * 50)
    assert [len(t.split()) for t in _texts(_spoken(text, pauses={18: 600}))] == [18, 32]


def test_nothing_stays_nothing():
    assert segment(Transcript("en", ())).utterances == ()
