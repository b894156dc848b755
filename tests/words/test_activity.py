from __future__ import annotations

import itertools

import numpy as np
import pytest

from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.words.activity import FRAME_MS, levels_db, quietest_ms, speech_spans, stretches
from tests.words.clips import beckett, two_cities


def _bursts(*bursts_ms, duration_ms=6000, background=0.0003):
    rng = np.random.default_rng(1)
    samples = background * rng.standard_normal(duration_ms * 16)
    for start, end in bursts_ms:
        samples[start * 16 : end * 16] += 0.1 * rng.standard_normal((end - start) * 16)
    return Audio(samples.astype(np.float32))


@pytest.mark.parametrize("background", [0.0, 0.0003, 0.01])
def test_bursts_are_found_to_the_frame(background):
    spans = speech_spans(_bursts((1000, 1500), (3000, 4000), background=background))
    assert len(spans) == 2
    for span, (start, end) in zip(spans, [(1000, 1500), (3000, 4000)], strict=True):
        assert abs(span.start_ms - start) <= FRAME_MS
        assert abs(span.end_ms - end) <= FRAME_MS


def test_short_gaps_are_closed_and_clicks_are_dropped():
    audio = _bursts((1000, 1500), (1700, 2000), (4000, 4020))
    assert len(speech_spans(audio)) == 1
    assert len(speech_spans(audio, min_gap_ms=100)) == 2
    assert len(speech_spans(audio, min_gap_ms=100, min_speech_ms=20)) == 3


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0),
        np.zeros(16_000 * 3),
        np.full(16_000 * 3, 0.5),
        0.3 * np.sin(2 * np.pi * 440 * np.arange(16_000 * 3) / 16_000),
        0.1 * np.random.default_rng(0).standard_normal(16_000 * 3),
        np.full(16_000, np.nan),
    ],
    ids=["empty", "silence", "offset", "tone", "noise", "nan"],
)
def test_what_never_changes_is_background(samples):
    assert speech_spans(Audio(samples.astype(np.float32))) == ()


def test_the_pauses_of_real_speech_are_found():
    spans = speech_spans(beckett())  # six two-word sentences in three pairs
    assert 3 <= len(spans) <= 6
    assert sum(span.duration_ms for span in spans) < 0.8 * beckett().duration_ms
    assert speech_spans(beckett(), min_gap_ms=10_000)[0].duration_ms > 7000


def test_a_loud_part_does_not_hide_a_quiet_speaker_two_minutes_later():
    loud = _bursts((1000, 2000), duration_ms=120_000).samples
    quiet = 0.03 * _bursts((60_000, 61_000), duration_ms=120_000, background=0.001).samples
    spans = speech_spans(Audio(np.concatenate([loud, quiet])))
    assert any(abs(span.start_ms - 180_000) <= FRAME_MS for span in spans)


def test_stretches_cover_everything_and_cut_in_pauses():
    audio = two_cities()
    cut = stretches(audio, target_ms=10_000)
    assert cut[0].start_ms == 0
    assert cut[-1].end_ms == audio.duration_ms
    assert all(a.end_ms == b.start_ms for a, b in itertools.pairwise(cut))
    assert all(span.duration_ms <= 10_000 for span in cut)
    levels = levels_db(audio)
    for span in cut[:-1]:
        at = span.end_ms // FRAME_MS
        assert levels[at - 3 : at + 3].mean() < np.median(levels) - 10


def test_sound_without_pauses_is_cut_all_the_same():
    cut = stretches(Audio(np.ones(16_000 * 25, np.float32)), target_ms=10_000)
    assert all(5000 <= span.duration_ms <= 10_000 for span in cut[:-1])
    assert stretches(Audio(np.zeros(0, np.float32))) == ()


def test_a_memory_map_gives_the_same(tmp_path):
    audio = two_cities()
    audio.samples.tofile(tmp_path / "pcm")
    mapped = Audio(np.memmap(tmp_path / "pcm", np.float32, "r"))
    assert speech_spans(mapped) == speech_spans(audio)


def test_the_quietest_place_is_in_the_gap():
    levels = levels_db(_bursts((0, 1000), (1200, 3000), duration_ms=3000))
    assert 1000 <= quietest_ms(levels, Span(500, 2000)) <= 1200
    assert quietest_ms(levels, Span(700, 710)) == 705
