"""Speech without words: what is listed, and what is not."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.time import Span
from sentigram.words.missed import LEAST_MS, missed_line, missed_speech
from sentigram.words.speech_events import SpeechEvent, speech_events
from tests.words.clips import beckett


def speech(*spans: tuple[int, int], kind="speech") -> list[SpeechEvent]:
    return [SpeechEvent(kind, Span(*span), 0.9) for span in spans]


def words(*spans: tuple[int, int]) -> list[Span]:
    return [Span(*span) for span in spans]


def test_speech_without_any_word_is_listed():
    events = speech((1_000, 3_000), (10_000, 12_400))
    assert missed_speech(events, words((1_100, 2_900))) == (Span(10_000, 12_400),)


@pytest.mark.parametrize("shift_ms", [-300, 0, 300])
def test_words_that_are_early_or_late_cover_their_speech(shift_ms):
    said = words((1_000 + shift_ms, 1_400 + shift_ms), (1_500 + shift_ms, 2_900 + shift_ms))
    assert missed_speech(speech((950, 3_000)), said) == ()


def test_a_sentence_between_two_others_is_listed():
    found = missed_speech(speech((0, 6_000)), words((100, 1_900), (4_100, 5_900)))
    assert found == (Span(2_150, 3_850),)


def test_what_is_shorter_than_a_second_is_not():
    assert missed_speech(speech((0, LEAST_MS - 1)), []) == ()
    assert missed_speech(speech((0, LEAST_MS)), []) == (Span(0, LEAST_MS),)


def test_near_pieces_count_together_and_words_part_them():
    events = speech((0, 700), (1_100, 1_800))
    assert missed_speech(events, []) == (Span(0, 1_800),)
    assert missed_speech(events, words((850, 950))) == ()


def test_music_and_song_are_no_speech():
    assert missed_speech(speech((0, 9_000), kind="music"), []) == ()
    assert missed_speech(speech((0, 9_000), kind="singing"), []) == ()


def test_only_where_words_were_looked_for():
    events = speech((0, 9_000))
    assert missed_speech(events, [], within=Span(4_000, 6_000)) == (Span(4_000, 6_000),)
    assert missed_speech(events, [], within=Span(20_000, 30_000)) == ()


def test_of_real_speech_the_sentences_that_are_taken_away_are_listed():
    events = speech_events(beckett())
    spoken = [event.span for event in events if event.kind == "speech"]
    assert missed_speech(events, spoken) == ()
    found = missed_speech(events, [])
    assert sum(span.duration_ms for span in found) > 4_000


def test_the_line_names_places_and_the_whole():
    assert missed_line(()) == ""
    line = missed_line((Span(12_200, 14_900), Span(36_970, 39_220)))
    assert line == "speech without words at 0:12–0:15, 0:37–0:39; 5 s in all"
    many = missed_line(tuple(Span(i * 10_000, i * 10_000 + 1_000) for i in range(20)))
    assert many.count("–") == 6
    assert many.endswith("0:50–0:51 and 14 more times; 20 s in all")


_SPANS = st.lists(
    st.tuples(st.integers(0, 20_000), st.integers(0, 3_000)).map(lambda p: Span(p[0], sum(p))),
    max_size=12,
)


@given(_SPANS, _SPANS)
def test_what_is_listed_is_speech_without_words_in_order(spoken, known):
    events = [SpeechEvent("speech", span, 1.0) for span in spoken]
    found = missed_speech(events, known)
    assert all(span.duration_ms >= LEAST_MS for span in found)
    assert all(a.end_ms < b.start_ms for a, b in pairwise(found))
    assert not any(span.overlap_ms(word) for span in found for word in known)


def test_a_day_of_words_takes_no_time():
    many = [Span(i * 300, i * 300 + 250) for i in range(200_000)]
    events = [SpeechEvent("speech", Span(i * 6_000, i * 6_000 + 5_900), 1.0) for i in range(10_000)]
    started = time.perf_counter()
    assert missed_speech(events, many) == ()
    assert time.perf_counter() - started < 5
