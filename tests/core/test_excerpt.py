"""Slices of Documents: moved out to sentences, never through a word."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.excerpt import cut_document, sentence_bounds
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.errors import InputError
from tests.documents import document, documents, talk

# "We are so happy to see you here today!" 500–4100, "How dare you …" 4600–7800, …
FIRST, SECOND = (u.span for u in talk().transcript.utterances[:2])


def _monologue(*, pause_after: int | None, pause_ms: int = 600):
    """One sentence of 100 words of 400 ms, with a pause after one of them."""
    made = document((" ".join(["word"] * 100), "neutral"))
    words, at = [], 500
    for i, word in enumerate(made.transcript.words()):
        words.append(Word(word.text, Span(at, at + 400)))
        at += 400 + (pause_ms if i == pause_after else 0)
    utterance = Utterance("u1", Span(500, words[-1].span.end_ms), tuple(words))
    return replace(
        made,
        media=replace(made.media, duration_ms=at + 500),
        transcript=Transcript("en", (utterance,)),
    )


def test_a_slice_is_moved_out_to_the_sentences_that_it_touches():
    # with a margin: half of the pause of 500 ms, 200 ms at most
    assert sentence_bounds(talk(), Span(2000, 3000)) == Span(300, 4300)
    assert sentence_bounds(talk(), Span(4000, 4700)) == Span(300, 8000)


def test_a_slice_with_whole_sentences_stays():
    around = Span(FIRST.end_ms + 250, SECOND.end_ms + 250)
    assert sentence_bounds(talk(), around) == around
    silence = Span(FIRST.end_ms + 10, SECOND.start_ms - 10)
    assert sentence_bounds(talk(), silence) == silence


def test_a_slice_ends_with_the_media():
    made = talk()
    end_ms = made.media.duration_ms
    assert sentence_bounds(made, Span(0, end_ms + 60_000)) == Span(0, end_ms)
    late = Span(end_ms + 5, end_ms + 9)
    with pytest.raises(InputError, match="nothing is said between 0:1"):
        cut_document(made, sentence_bounds(made, late))


def test_a_long_sentence_is_cut_at_its_longest_pause():
    made = _monologue(pause_after=10)  # after 4900
    assert sentence_bounds(made, Span(0, 2000)).end_ms == 4900 + 200
    mirrored = sentence_bounds(_monologue(pause_after=89), Span(39_000, 41_500))
    assert mirrored.start_ms == 37_100 - 200


def test_a_long_sentence_without_a_pause_is_cut_between_words():
    shown = sentence_bounds(_monologue(pause_after=None), Span(20_000, 21_000))
    assert shown == Span(19_700, 21_300)  # the nearest edges of words
    assert sentence_bounds(_monologue(pause_after=None), Span(0, 30_000)).end_ms == 40_500 + 200


def test_no_longer_than_a_clip_may_be():
    asked = Span(2000, 6000)
    whole = sentence_bounds(talk(), asked)
    assert whole == Span(300, 8000)
    assert sentence_bounds(talk(), asked, longest_ms=8000) == whole
    # What is needed first is given to the start; the rest ends with a word.
    assert sentence_bounds(talk(), asked, longest_ms=6000) == Span(300, 6200)
    assert sentence_bounds(talk(), asked, longest_ms=4000) == asked
    assert sentence_bounds(talk(), asked, longest_ms=1000) == asked


@given(documents(), st.integers(0, 40_000), st.integers(1, 20_000), st.integers(0, 60_000))
def test_a_slice_only_grows_and_keeps_within_its_limits(made, start_ms, length_ms, longest_ms):
    words = list(made.transcript.words())
    end_ms = max([made.media.duration_ms, *(word.span.end_ms for word in words)])
    asked = Span(start_ms, start_ms + length_ms)
    inside = Span(start_ms, max(start_ms, min(asked.end_ms, end_ms)))
    shown = sentence_bounds(made, asked)
    assert shown.start_ms <= inside.start_ms
    assert inside.end_ms <= shown.end_ms <= max(end_ms, inside.end_ms)
    assert shown.duration_ms <= inside.duration_ms + 2 * 15_000
    clip = sentence_bounds(made, asked, longest_ms=longest_ms)
    assert clip.duration_ms <= max(longest_ms, inside.duration_ms)
    assert clip.start_ms <= inside.start_ms
    assert clip.end_ms >= inside.end_ms
    outside = [u for u in made.transcript.utterances if not u.span.overlap_ms(inside)]
    assert not any(u.span.overlap_ms(shown) for u in outside)
    touched = [u for u in made.transcript.utterances if u.span.overlap_ms(inside)]
    if touched and all(u.span.duration_ms <= 14_000 for u in touched):
        assert all(u.span.overlap_ms(shown) == u.span.duration_ms for u in touched)
        assert sentence_bounds(made, shown) == shown
