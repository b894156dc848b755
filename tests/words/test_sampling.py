"""What a preview of a long recording listens to."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sentigram.core.media import Audio
from sentigram.core.time import MS_PER_MINUTE, Span
from sentigram.words import sampling
from sentigram.words.activity import stretches
from sentigram.words.moonshine.transcriber import STRETCH_MS
from sentigram.words.sampling import sampled, spread_out

RATE_HZ = 1000  # levels are measured at any rate, and this one is fast


def _speechlike(minutes: float, *, silent: Span | None = None) -> Audio:
    """Noise in bursts of two to four seconds, with pauses."""
    drawn = np.random.default_rng(5)
    n_samples = round(minutes * 60 * RATE_HZ)
    samples = drawn.normal(0, 1e-4, n_samples).astype(np.float32)
    at = 0
    while at < n_samples:
        length = int(drawn.uniform(2, 4) * RATE_HZ)
        samples[at : at + length] += drawn.normal(0, 0.1, len(samples[at : at + length]))
        at += length + RATE_HZ // 2
    if silent is not None:
        per_ms = RATE_HZ // 1000
        samples[silent.start_ms * per_ms : silent.end_ms * per_ms] *= 1e-4
    return Audio(samples, RATE_HZ)


@pytest.fixture(scope="module")
def long() -> Audio:
    return _speechlike(15)


def test_the_slice_is_heard_where_the_whole_would_be_cut(long):
    around = Span(6 * MS_PER_MINUTE, 6 * MS_PER_MINUTE + 20_000)
    sample = sampled(long, around)
    grid = stretches(long, target_ms=STRETCH_MS)
    assert set(sample.near) <= set(grid)
    assert sample.near[0].start_ms <= around.start_ms - sampling.CONTEXT_MS
    assert sample.near[-1].end_ms >= around.end_ms + sampling.CONTEXT_MS
    assert [a.end_ms for a in sample.near[:-1]] == [b.start_ms for b in sample.near[1:]]
    assert sample.heard[: len(sample.near)] == sample.near


def test_stretches_are_spread_over_all_of_it(long):
    spread = spread_out(long)
    assert len(spread) == sampling.N_SPREAD
    part_ms = long.duration_ms // sampling.N_SPREAD
    assert [span.start_ms // part_ms for span in spread] == list(range(sampling.N_SPREAD))
    assert all(10_000 <= span.duration_ms <= 25_000 for span in spread)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(spread))


def test_nothing_is_heard_twice_and_all_that_is_read_is_heard(long):
    for start_ms in (0, 100_000, 444_000, 880_000, 899_990):
        sample = sampled(long, Span(start_ms, start_ms + 15_000))
        heard = sorted(sample.heard, key=lambda span: span.start_ms)
        assert all(a.end_ms <= b.start_ms for a, b in pairwise(heard))
        assert list(sample.read) == sorted(sample.read, key=lambda span: span.start_ms)
        for span in sample.read:
            unheard_ms = span.duration_ms - sum(span.overlap_ms(other) for other in heard)
            assert unheard_ms < 2 * 5_000
        assert sum(span.duration_ms for span in heard) < long.duration_ms


def test_what_is_spread_does_not_depend_on_the_slice(long):
    first = sampled(long, Span(0, 10_000))
    last = sampled(long, Span(850_000, 860_000))
    assert len(set(first.far) & set(last.far)) >= sampling.N_SPREAD // 2


def test_where_there_is_sound_is_listened_to():
    silent = Span(3 * MS_PER_MINUTE, 5 * MS_PER_MINUTE)
    audio = _speechlike(32, silent=silent)
    spread = spread_out(audio)
    assert len(spread) == sampling.N_SPREAD
    assert all(span.overlap_ms(silent) < span.duration_ms / 2 for span in spread)


@pytest.mark.parametrize("seconds", [0.05, 3, 40])
def test_short_recordings_are_heard_whole(seconds):
    audio = _speechlike(seconds / 60)
    sample = sampled(audio, Span(0, 10_000))
    assert sum(span.duration_ms for span in sample.heard) == audio.duration_ms
    assert sampled(audio, Span(10_000_000, 10_000_001)).near  # behind the sound, in a long picture
