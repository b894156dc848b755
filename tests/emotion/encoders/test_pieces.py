"""Pieces of a recording: every frame once, on one grid, in context."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.emotion.encoders import pieces as module
from sentigram.emotion.encoders.pieces import (
    HOP_SAMPLES,
    WINDOW_SAMPLES,
    as_tokens,
    encode_spans,
    grouped,
    hop_energy,
    kept_frames,
    n_frames,
    plan,
)

lengths = st.integers(0, 16_000 * 90)


@st.composite
def planned(draw: st.DrawFn) -> tuple[list[Span], int, int, int, int]:
    n_samples = draw(lengths)
    times = st.integers(0, n_samples // 16 + 200)
    spans = draw(st.lists(st.tuples(times, times).map(lambda p: Span(*sorted(p))), max_size=5))
    group = draw(st.sampled_from([1, 5, 7]))
    longest_ms = draw(st.integers(8 * 20 * group, 12_000))
    return spans, n_samples, group, longest_ms, draw(st.integers(0, 2000))


def slow_kept(span: Span, n_samples: int) -> list[int]:
    """By definition: frames that exist and whose centres lie in the span, or else the nearest."""
    total = max(1, len(range(0, n_samples - WINDOW_SAMPLES + 1, HOP_SAMPLES)))
    centres = [HOP_SAMPLES * g + WINDOW_SAMPLES // 2 for g in range(total)]
    start, end = 16 * span.start_ms, 16 * span.end_ms
    inside = [g for g, centre in enumerate(centres) if start <= centre < end]
    if inside:
        return inside
    far = [abs(2 * centre - start - end) for centre in centres]
    return [len(far) - 1 - int(np.argmin(far[::-1]))]


@given(planned())
def test_every_kept_frame_is_there_once_and_in_order(case):
    spans, n_samples, group, longest_ms, context_ms = case
    rng = np.random.default_rng(0)
    noise = rng.normal(size=100_000).astype(np.float32)
    for energy in (None, lambda a, b: noise[np.arange(a, b) % len(noise)]):
        pieces = plan(
            spans,
            n_samples,
            longest_ms=longest_ms,
            context_ms=context_ms,
            energy=energy,
            group=group,
        )
        assert [p.span for p in pieces] == sorted(p.span for p in pieces)
        for number, span in enumerate(spans):
            own = [p for p in pieces if p.span == number]
            kept = [g for p in own for g in range(p.keep_first, p.keep_end)]
            assert kept == slow_kept(span, n_samples)
            assert all((p.keep_first - kept[0]) % group == 0 for p in own)
        for piece in pieces:
            assert 0 < piece.keep_end - piece.keep_first <= longest_ms // 20
            assert piece.first_sample % HOP_SAMPLES == 0
            assert piece.first_sample >= 0
            assert piece.end_sample <= max(n_samples, piece.first_sample + WINDOW_SAMPLES)
            frames = n_frames(piece.n_samples)
            assert 0 <= piece.kept.start < piece.kept.stop <= frames


def test_context_is_heard_on_both_sides_and_clipped_to_the_recording():
    n = 16_000 * 20
    (whole,) = plan([Span(0, 9000)], n)
    assert (whole.first_sample, whole.keep_first) == (0, 0)
    assert whole.end_sample == (whole.keep_end + 24) * 320 + 400  # half a second
    (inner,) = plan([Span(5000, 9000)], n)
    assert inner.keep_first * 320 - inner.first_sample == 8000
    (last,) = plan([Span(12_000, 20_000)], n)
    assert last.end_sample == n
    before, after = plan([Span(0, 15_000)], n)
    assert before.end_sample == (before.keep_end + 49) * 320 + 400  # a second where it is cut
    assert after.keep_first * 320 - after.first_sample == 16_000


def test_a_short_clip_is_one_piece_that_is_the_clip():
    (piece,) = plan([Span(0, 1234)], 19_750)
    assert (piece.first_sample, piece.end_sample) == (0, 19_750)
    assert (piece.keep_first, piece.keep_end) == (0, n_frames(19_750))


def test_a_recording_shorter_than_a_window_is_filled_with_silence():
    (piece,) = plan([Span(0, 5)], 80)
    wave = piece.cut(np.ones(80, np.float32))
    assert wave.tolist() == [1.0] * 80 + [0.0] * 320


def test_long_spans_are_cut_where_it_is_quiet():
    samples = np.ones(16_000 * 15, np.float32)
    samples[16_000 * 8 : 16_000 * 8 + 3200] = 0.01  # 8.0 – 8.2 s
    pieces = plan([Span(0, 15_000)], len(samples), energy=hop_energy(samples))
    (cut,) = [p.keep_end for p in pieces[:-1]]
    assert 8000 <= 20 * cut <= 8200
    even = plan([Span(0, 15_000)], len(samples))
    assert abs(20 * even[0].keep_end - 7500) <= 20


def test_hop_energy_is_the_mean_square_and_silence_after_the_end():
    samples = np.concatenate([np.full(320, 2.0), np.full(160, 1.0)]).astype(np.float32)
    assert hop_energy(samples)(0, 3).tolist() == [4.0, 0.5, 0.0]


def test_pieces_too_short_for_groups_are_refused():
    with pytest.raises(ValueError, match="longest_ms 100"):
        plan([Span(0, 1)], 16_000, longest_ms=100, group=5)


@given(st.integers(0, 40), st.integers(1, 7))
def test_grouped_is_the_mean_of_each_group(n, size):
    frames = np.random.default_rng(n).normal(size=(n, 3)).astype(np.float32)
    wanted = [frames[i : i + size].mean(0) for i in range(0, n, size)]
    np.testing.assert_allclose(grouped(frames, size), np.array(wanted).reshape(-1, 3), atol=1e-6)


def test_tokens_are_centred_on_their_frames():
    tokens = as_tokens(100, np.zeros((3, 2), np.float32), group=5)
    centre_ms = (320 * 102 + 200) / 16  # of the middle one of the first five frames
    assert tokens.first_ms + tokens.step_ms / 2 == centre_ms
    assert tokens.step_ms == 100
    one = as_tokens(7, np.zeros((1, 2), np.float32))
    assert one.first_ms + one.step_ms / 2 == (320 * 7 + 200) / 16


def window_means(waves):
    """A network whose frames are known: the mean of each window, and its length."""
    return [
        np.array([[w[i * 320 : i * 320 + 400].mean(), len(w)] for i in range(n_frames(len(w)))])
        for w in waves
    ]


@pytest.mark.parametrize("budget", [1, 16_000 * 30, 10**9])
def test_spans_are_encoded_as_if_at_once(budget, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_MS", 15_000)
    samples = np.random.default_rng(1).normal(size=16_000 * 70).astype(np.float32)
    whole = window_means([samples])[0][:, 0]
    spans = [Span(300, 41_700), Span(50_000, 50_010), Span(60_000, 70_000), Span(41_700, 43_000)]
    shares: list[float] = []
    found = list(
        encode_spans(Audio(samples), spans, window_means, budget=budget, progress=shares.append)
    )
    assert len(found) == len(spans)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    for span, tokens in zip(spans, found, strict=True):
        low, high = kept_frames(span, len(samples))
        wanted = [whole[i : min(i + 5, high)].mean() for i in range(low, high, 5)]
        np.testing.assert_allclose(tokens.values[:, 0], wanted, atol=1e-6)
        assert tokens.first_ms == 20 * low + 2.5


def test_little_sound_is_held_at_once(monkeypatch):
    monkeypatch.setattr(module, "BLOCK_MS", 30_000)
    heard = 0

    def encode(waves):
        nonlocal heard
        heard += sum(map(len, waves))
        return window_means(waves)

    spans = [Span(t, t + 4000) for t in range(0, 200_000, 4000)]
    audio = Audio(np.zeros(16_000 * 200, np.float32))
    next(encode_spans(audio, spans, encode, budget=10**6))
    assert heard <= 16 * 30_000


def test_another_rate_or_number_of_frames_is_refused():
    audio = Audio(np.zeros(16_000, np.float32))
    with pytest.raises(ValueError, match="8000 Hz"):
        next(encode_spans(Audio(audio.samples, 8000), [Span(0, 9)], window_means, budget=1))
    with pytest.raises(ValueError, match="1 frames of 16000 samples"):
        next(encode_spans(audio, [Span(0, 1000)], lambda w: [np.zeros((1, 1))], budget=1))
