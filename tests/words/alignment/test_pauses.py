from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.words.alignment.pauses import Pauses, joined, put_back


def _sound(*sounds_ms: tuple[int, int], duration_ms: int) -> Audio:
    samples = np.zeros(duration_ms * 16, dtype=np.float32)
    noise = np.random.default_rng(1).normal(0, 0.1, len(samples)).astype(np.float32)
    for start_ms, end_ms in sounds_ms:
        samples[start_ms * 16 : end_ms * 16] = noise[start_ms * 16 : end_ms * 16]
    return Audio(samples)


def test_the_middle_of_a_long_pause_is_cut_out_and_a_short_one_stays():
    audio = _sound((500, 3000), (3700, 5000), (25_000, 27_000), duration_ms=40_000)
    pieces = Pauses(audio).within(Span(0, 40_000))
    samples = joined(audio, pieces)
    assert len(pieces) == 2
    for piece, (start_ms, end_ms) in zip(pieces, ((100, 5400), (24_600, 27_400)), strict=True):
        assert abs(piece.start_ms - start_ms) <= 100
        assert abs(piece.end_ms - end_ms) <= 100
    assert len(samples) == sum(piece.duration_ms for piece in pieces) * 16
    assert Pauses(audio).sounding_ms(0, 40_000) == len(samples) // 16
    assert Pauses(audio).sounding_ms(8000, 20_000) == 0


def test_sound_without_pauses_is_left_alone():
    audio = _sound((0, 8000), duration_ms=8000)
    pieces = Pauses(audio).within(Span(1005, 7000))
    samples = joined(audio, pieces)
    assert pieces == (Span(1005, 7000),)
    assert np.array_equal(samples, audio.samples[1005 * 16 : 7000 * 16])


def test_nothing_is_left_of_a_span_inside_of_a_pause():
    audio = _sound((0, 1000), (20_000, 21_000), duration_ms=21_000)
    pieces = Pauses(audio).within(Span(8000, 12_000))
    assert (len(joined(audio, pieces)), pieces) == (0, ())


def test_silence_all_along_is_kept():
    """A steady level has no pauses: better aligned badly than not at all."""
    audio = Audio(np.zeros(16_000, dtype=np.float32))
    assert Pauses(audio).within(Span(0, 1000)) == (Span(0, 1000),)
    empty = Pauses(Audio(np.zeros(0, dtype=np.float32)))
    assert empty.within(Span(0, 0)) == ()
    assert empty.sounding_ms(0, 10) == 0


def test_a_span_over_a_cut_keeps_its_larger_part():
    pieces = (Span(1000, 2000), Span(9000, 9500))
    assert put_back(Span(0, 300), pieces) == Span(1000, 1300)
    assert put_back(Span(600, 1100), pieces) == Span(1600, 2000)
    assert put_back(Span(900, 1400), pieces) == Span(9000, 9400)
    assert put_back(Span(1200, 9999), pieces) == Span(9200, 9500)


@given(st.lists(st.tuples(st.integers(1, 900), st.integers(0, 900)), min_size=1), st.data())
def test_what_is_put_back_was_cut_from_there(lengths, data):
    pieces, at_ms = [], 0
    for duration_ms, gap_ms in lengths:
        pieces.append(Span(at_ms, at_ms + duration_ms))
        at_ms += duration_ms + gap_ms
    total_ms = sum(piece.duration_ms for piece in pieces)
    a, b = sorted((data.draw(st.integers(0, total_ms)), data.draw(st.integers(0, total_ms))))
    back = put_back(Span(a, b), pieces)
    assert any(p.start_ms <= back.start_ms <= back.end_ms <= p.end_ms for p in pieces)
    assert back.duration_ms <= b - a
