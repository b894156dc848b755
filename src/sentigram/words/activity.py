"""Where there is sound that stands out from the background, by energy alone.

Cheap enough for hours (one pass over the samples, block by block, so that a memory map stays on
disk). It tells sound from silence, not speech from music.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from sentigram.core.arrays import Bools, Floats32, Floats64
from sentigram.core.media import Audio
from sentigram.core.protocols import no_progress
from sentigram.core.time import MS_PER_SECOND, Span
from sentigram.media.audio import releasing

FRAME_MS = 10
SILENCE_DB = -65.0  # of full scale; quieter is never speech

_FRAMES_PER_SECOND = MS_PER_SECOND // FRAME_MS
_BLOCK_FRAMES = 60 * _FRAMES_PER_SECOND  # a minute at a time: 4 MB of samples
_LEVEL_FRAMES = 10 * _FRAMES_PER_SECOND  # the background is estimated every ten seconds …
_LEVEL_REACH = 2  # … over this many neighbours on each side
_FLOOR_PERCENTILE = 8
_PEAK_PERCENTILE = 95
_FLOOR_SHARE = 0.3  # the threshold lies this far up from the background to the loud sounds
_MARGIN_DB = (6.0, 14.0)  # and at least and at most this much above the background
_SMOOTH = np.array([0.25, 0.5, 0.25])


def levels_db(audio: Audio) -> Floats32:
    """Level of every 10 ms frame in dB of full scale, float32 (n_frames,).

    The mean of each frame is removed, so that an offset does not count as sound. Samples that
    are not numbers count as silence.
    """
    hop = audio.sample_rate_hz // _FRAMES_PER_SECOND
    n_frames = -(-len(audio.samples) // hop)
    out = np.empty(n_frames, dtype=np.float32)
    tell = releasing(audio, no_progress)
    for first in range(0, n_frames, _BLOCK_FRAMES):
        last = min(first + _BLOCK_FRAMES, n_frames)
        block = np.nan_to_num(
            np.asarray(audio.samples[first * hop : last * hop], dtype=np.float32),
            nan=0.0, posinf=0.0, neginf=0.0,
        )  # fmt: skip
        padded = np.zeros((last - first) * hop, dtype=np.float32)
        padded[: len(block)] = block
        power = padded.reshape(-1, hop).var(axis=1, dtype=np.float64)  # (frames,)
        out[first:last] = 10 * np.log10(power + 1e-12)
        tell(last / n_frames)
    return out


def speech_spans(
    audio: Audio, *, min_gap_ms: int = 300, min_speech_ms: int = 50
) -> tuple[Span, ...]:
    """Stretches of sound above the background, in order, apart by at least `min_gap_ms`.

    The threshold follows the recording: it lies between the quiet and the loud frames of the
    surrounding minute. Sound that never changes its level (a hum, steady noise) is background.

    Args:
        audio: The sound.
        min_gap_ms: Shorter silences are part of the speech around them.
        min_speech_ms: Shorter sounds are clicks.
    """
    return _spans(active_frames(audio), audio.duration_ms, min_gap_ms, min_speech_ms)


def active_frames(audio: Audio) -> Bools:
    """Which 10 ms frames stand out from the background, bool (n_frames,)."""
    levels = levels_db(audio)
    if not len(levels):
        return np.zeros(0, dtype=np.bool_)
    smooth = np.convolve(np.pad(levels, 1, mode="edge"), _SMOOTH, mode="valid")
    active: Bools = smooth > _thresholds_db(smooth)
    return active


def stretches(audio: Audio, *, target_ms: int = 60_000) -> tuple[Span, ...]:
    """Cut the whole recording into pieces of about `target_ms`, each cut at a quiet place.

    The cut is the middle of the longest run of background in the second half of the piece, or its
    quietest frame where there is none. The pieces touch, and cover the recording.
    """
    levels = levels_db(audio)
    active = active_frames(audio)
    size = max(2, target_ms // FRAME_MS)
    cuts = [0]
    while len(levels) - cuts[-1] > size:
        first, last = cuts[-1] + size // 2, cuts[-1] + size
        cuts.append(first + _quiet_place(active[first:last], levels[first:last]))
    edges = [cut * FRAME_MS for cut in cuts] + [audio.duration_ms]
    return tuple(Span(a, b) for a, b in pairwise(edges) if b > a)


def quietest_ms(levels: Floats32, span: Span) -> int:
    """The middle of the quietest 50 ms inside a span, given `levels_db`; its middle if tiny."""
    first, last = span.start_ms // FRAME_MS, min(span.end_ms // FRAME_MS, len(levels))
    width = 5
    if last - first < width:
        return (span.start_ms + span.end_ms) // 2
    means = np.convolve(levels[first:last], np.full(width, 1 / width), mode="valid")
    lowest = np.flatnonzero(means <= means.min() + 1.0)  # within 1 dB: take the most central
    middle = lowest[np.argmin(np.abs(lowest - len(means) / 2))]
    return int(first + middle + width // 2) * FRAME_MS


def _quiet_place(active: Bools, levels: Floats32) -> int:
    """Index of the best frame to cut at, at least 1."""
    runs = _runs(~active)
    if runs:
        first, last = max(runs, key=lambda run: (run[1] - run[0], run[0]))
        return max(1, (first + last) // 2)
    return max(1, int(np.argmin(levels)))


def _thresholds_db(levels: Floats64) -> Floats64:
    """The level above which each frame counts as sound, float64 (n_frames,)."""
    centres, values = [], []
    for first in range(0, len(levels), _LEVEL_FRAMES):
        start = max(0, first - _LEVEL_REACH * _LEVEL_FRAMES)
        around = levels[start : first + (_LEVEL_REACH + 1) * _LEVEL_FRAMES]
        heard = around[around > SILENCE_DB]  # digital silence says nothing of the background
        if len(heard) < len(around) // 20 or not len(heard):
            heard = around
        floor, peak = np.percentile(heard, (_FLOOR_PERCENTILE, _PEAK_PERCENTILE))
        if len(heard) < 0.8 * len(around):  # cleanly gated: everything that is left is sound
            floor = SILENCE_DB
        centres.append(first + _LEVEL_FRAMES / 2)
        values.append(max(SILENCE_DB, floor + np.clip(_FLOOR_SHARE * (peak - floor), *_MARGIN_DB)))
    out: Floats64 = np.interp(np.arange(len(levels)), centres, values)
    return out


def _runs(mask: Bools) -> list[tuple[int, int]]:
    """Half-open index ranges of the true stretches."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _spans(
    active: Bools, duration_ms: int, min_gap_ms: int, min_speech_ms: int
) -> tuple[Span, ...]:
    sounds = [run for run in _runs(active) if (run[1] - run[0]) * FRAME_MS >= min_speech_ms]
    joined: list[tuple[int, int]] = []
    for first, last in sounds:
        if joined and (first - joined[-1][1]) * FRAME_MS < min_gap_ms:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    spans = (Span(a * FRAME_MS, min(b * FRAME_MS, duration_ms)) for a, b in joined)
    return tuple(span for span in spans if span.duration_ms)


def sane(samples: Floats32) -> Floats32:
    """Sound as networks take it, a copy: in [-1, 1]; what is not a number is silence.

    Args:
        samples: float32 (n,), as a file has it.
    """
    block = np.nan_to_num(np.asarray(samples, np.float32), nan=0.0, posinf=1.0, neginf=-1.0)
    return np.clip(block, -1, 1)
