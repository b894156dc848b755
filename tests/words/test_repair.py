from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given

from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.words.activity import speech_spans
from sentigram.words.repair import MIN_WORD_MS, SILENCE_MS, repair
from tests.words.strategies import sounds, transcripts


def _kept(transcript: Transcript, audio: Audio) -> list[str]:
    low, high = audio.speech_start_ms, audio.duration_ms
    return [
        word.text
        for word in transcript.words()
        if word.span.start_ms < high and (word.span.end_ms > low or word.span.start_ms >= low)
    ]


@given(transcripts(longest_ms=7000), sounds())
def test_every_guarantee_holds_for_any_input(transcript, audio):
    result = repair(transcript, audio)
    words = list(result.words())
    assert [word.text for word in words] == _kept(transcript, audio)[: audio.duration_ms]
    room_ms = audio.duration_ms - audio.speech_start_ms
    least = max(1, min(MIN_WORD_MS, room_ms // max(1, len(words))))
    for word in words:
        assert audio.speech_start_ms <= word.span.start_ms < word.span.end_ms <= audio.duration_ms
        assert word.span.duration_ms >= least
    for before, after in itertools.pairwise(words):
        assert before.span.end_ms <= after.span.start_ms
    for utterance in result.utterances:
        assert utterance.span == Span(
            utterance.words[0].span.start_ms, utterance.words[-1].span.end_ms
        )


@given(transcripts(longest_ms=7000), sounds())
def test_no_word_contains_a_long_silence(transcript, audio):
    loud = speech_spans(audio, min_gap_ms=SILENCE_MS)
    if not loud:
        return
    edges = [0, *(ms for span in loud for ms in (span.start_ms, span.end_ms)), audio.duration_ms]
    silences = [Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    for word in repair(transcript, audio).words():
        assert all(word.span.overlap_ms(silence) < SILENCE_MS for silence in silences)


@given(transcripts(longest_ms=7000), sounds())
def test_repairing_twice_changes_nothing_more(transcript, audio):
    once = repair(transcript, audio)
    assert repair(once, audio) == once


def _speech(*bursts_ms: tuple[int, int], duration_ms: int = 4000) -> Audio:
    rng = np.random.default_rng(0)
    samples = 0.0002 * rng.standard_normal(duration_ms * 16)
    for start, end in bursts_ms:
        samples[start * 16 : end * 16] += 0.2 * rng.standard_normal((end - start) * 16)
    return Audio(samples.astype(np.float32))


def _one(*spans: tuple[int, int]) -> Transcript:
    words = tuple(Word(f"w{i}", Span(*span)) for i, span in enumerate(spans))
    return Transcript("en", (Utterance("u1", Span(0, 1), words),))


def _spans(transcript: Transcript) -> list[tuple[int, int]]:
    return [(word.span.start_ms, word.span.end_ms) for word in transcript.words()]


def test_good_times_are_left_alone():
    good = _one((1000, 1300), (1300, 1700))
    result = repair(good, _speech((1000, 1700)))
    assert list(result.words()) == list(good.words())


def test_a_first_word_that_is_early_is_pulled_to_the_onset():
    [(start, end)] = _spans(repair(_one((100, 1400)), _speech((1000, 1400))))
    assert 940 <= start <= 1000
    assert end == 1400


def test_a_pause_that_is_full_of_music_is_one_where_the_voice_detector_says_so():
    loud = _speech((0, 4000))  # sound all along
    early, held = (100, 1400), (1400, 3300)
    assert _spans(repair(_one(early, held), loud)) == [early, held]
    voice = [Span(1000, 1900), Span(2500, 2600)]
    [(start, end), (second, last)] = _spans(repair(_one(early, held), loud, sounds=voice))
    assert 940 <= start <= 1000
    assert (end, second) == (1400, 1400)
    assert 1900 <= last <= 2000


def test_a_word_that_is_held_over_a_pause_ends_with_its_sound():
    (first, second) = _spans(
        repair(_one((1000, 3000), (3000, 3400)), _speech((1000, 1400), (3000, 3400)))
    )
    assert first[0] == 1000
    assert 1400 <= first[1] <= 1500
    assert second == (3000, 3400)


def test_a_word_with_a_click_before_it_keeps_the_longer_sound():
    [(start, end)] = _spans(repair(_one((500, 2000)), _speech((500, 560), (1500, 2000))))
    assert 1440 <= start <= 1500
    assert end == 2000


def test_one_wrong_start_does_not_drag_the_others_along():
    result = repair(
        _one((1000, 1200), (3900, 4000), (1400, 1600), (1600, 1800)), _speech((1000, 1800))
    )
    assert [_spans(result)[i] for i in (0, 2, 3)] == [(1000, 1200), (1400, 1600), (1600, 1800)]
    assert 1200 <= _spans(result)[1][0] < _spans(result)[1][1] <= 1400
    assert [word.timing for word in result.words()][1] == "estimated"


def test_words_outside_of_the_sound_are_left_out_and_empty_utterances_go():
    transcript = Transcript(
        "en",
        (
            Utterance("u1", Span(0, 1), (Word("in", Span(1000, 1200)),)),
            Utterance("u2", Span(0, 1), (Word("out", Span(9000, 9200)),)),
        ),
    )
    result = repair(transcript, _speech((1000, 1200)))
    assert [u.id for u in result.utterances] == ["u1"]


def test_many_words_in_no_time_share_what_there_is():
    result = repair(_one(*[(0, 0)] * 100), Audio(np.zeros(16 * 500, np.float32)))
    starts = [start for start, _ in _spans(result)]
    assert starts == sorted(set(starts))
    assert len(starts) == 100


def test_sound_of_no_length_has_no_words():
    assert repair(_one((0, 100)), Audio(np.zeros(0, np.float32))).utterances == ()


def test_a_sound_is_shown_as_long_as_the_text_says():
    said = Word("[silence]", Span(1000, 3000), source="given", timing="estimated")
    told = Transcript("en", (Utterance("u1", said.span, (said,)),))
    assert repair(told, _speech((0, 500), (3300, 3900))) == told
