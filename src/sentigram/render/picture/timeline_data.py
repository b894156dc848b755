"""What the picture of a talk's emotions shows, as numbers: lanes, shares, curves, ticks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sentigram.core.document import Document
from sentigram.core.emotion import NEUTRAL, RAISED
from sentigram.core.time import MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND, Span

Values = NDArray[np.float64]

_STEPS_MS = (
    *(n * MS_PER_SECOND for n in (1, 2, 5, 10, 15, 30)),
    *(n * MS_PER_MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * MS_PER_HOUR for n in (1, 2, 4, 8, 24)),
)
# The curve answers "how did the mood move", not "what was this word": it averages over words.
_SMOOTH_SHARE, _SMOOTH_LEAST_MS = 0.012, 1500
_SILENT_WEIGHT = 0.02  # of what full speech weighs; below it the curve has a gap


@dataclass(frozen=True, slots=True)
class Lane:
    """One emotion over time, or a raised voice whose emotion is not known.

    Attributes:
        emotion: Its name, or `RAISED`.
        share: Of the time that is spoken, in [0, 1].
        mean: float64 (n_bins,), intensity as an average over the time of a bin.
        peak: float64 (n_bins,), intensity of the strongest word in a bin.
    """

    emotion: str
    share: float
    mean: Values
    peak: Values


@dataclass(frozen=True, slots=True)
class Overview:
    """A whole talk at a glance.

    Attributes:
        span: What the bins divide.
        lanes: Emotions that occur, the most frequent first, without neutral; then `RAISED`.
        neutral_share: Of the spoken time.
        valence: float64 (n_bins,) in [-1, 1], NaN in pauses; None where it was not read.
        arousal: The same.
        speakers: When each one speaks, if there are several.
        n_words: How many words.
    """

    span: Span
    lanes: tuple[Lane, ...]
    neutral_share: float
    valence: Values | None
    arousal: Values | None
    speakers: Mapping[str, tuple[Span, ...]]
    n_words: int


def overview(document: Document, *, n_bins: int, span: Span | None = None) -> Overview:
    """Sum up a Document.

    Args:
        document: Words and readings.
        n_bins: How many parts the time is divided into.
        span: The time; all of it where None.
    """
    words = tuple(document.transcript.words())
    end_ms = max([document.media.duration_ms, 1, *(word.span.end_ms for word in words)])
    span = span or Span(0, end_ms)
    labels = document.track.labels
    names = (*labels, RAISED)
    spoken_ms = dict.fromkeys(names, 0)
    mean = {name: np.zeros(n_bins) for name in names}
    peak = {name: np.zeros(n_bins) for name in names}
    vad, weight = np.zeros((2, n_bins)), np.zeros(n_bins)
    for word, reading in zip(words, document.track.readings, strict=True):
        where, covered = _bins(word.span, span, n_bins)
        name = reading.name
        spoken_ms[name] += word.span.overlap_ms(span)
        intensity = reading.shown_intensity(labels)
        mean[name][where] += covered * intensity
        peak[name][where] = np.maximum(peak[name][where], intensity)
        if reading.vad is not None:
            weight[where] += covered
            vad[:, where] += covered * np.array(reading.vad[:2])[:, None]
    total_ms = max(1, sum(spoken_ms.values()))
    lanes = [
        Lane(name, spoken_ms[name] / total_ms, mean[name], peak[name])
        for name in names
        if name != NEUTRAL and spoken_ms[name]
    ]
    lanes.sort(key=lambda lane: (lane.emotion == RAISED, -lane.share))
    curves = _smooth(vad, weight, bin_ms=span.duration_ms / n_bins) if weight.any() else None
    return Overview(
        span=span,
        lanes=tuple(lanes),
        neutral_share=spoken_ms[NEUTRAL] / total_ms,
        valence=None if curves is None else curves[0],
        arousal=None if curves is None else curves[1],
        speakers=_speakers(document),
        n_words=len(words),
    )


def _bins(word: Span, span: Span, n_bins: int) -> tuple[slice, Values]:
    """The bins that a word reaches into, and how much of each it covers, in [0, 1]."""
    scale = n_bins / span.duration_ms
    start = min(max((word.start_ms - span.start_ms) * scale, 0.0), float(n_bins))
    end = min(max((word.end_ms - span.start_ms) * scale, 0.0), float(n_bins))
    first = min(int(start), n_bins - 1)
    last = max(first + 1, math.ceil(end))
    edges = np.arange(first, last + 1, dtype=np.float64)
    covered = np.minimum(edges[1:], end) - np.maximum(edges[:-1], start)
    return slice(first, last), np.maximum(covered, 0.0)


def _smooth(values: Values, weight: Values, *, bin_ms: float) -> Values:
    """Average over time with a Gaussian, weighted by speech; NaN where nobody speaks.

    Args:
        values: float64 (2, n_bins), sums over speech.
        weight: float64 (n_bins,), speech in each bin, in [0, 1].
        bin_ms: Length of a bin.
    """
    sigma = max(_SMOOTH_LEAST_MS, _SMOOTH_SHARE * bin_ms * len(weight)) / bin_ms
    reach = min(math.ceil(3 * sigma), (len(weight) - 1) // 2)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    near = np.convolve(weight, kernel, mode="same")
    sums = np.stack([np.convolve(row, kernel, mode="same") for row in values])
    with np.errstate(divide="ignore", invalid="ignore"):
        smooth: Values = np.where(near > _SILENT_WEIGHT, sums / near, np.nan)
    return smooth  # (2, n_bins)


def _speakers(document: Document) -> dict[str, tuple[Span, ...]]:
    found: dict[str, list[Span]] = {}
    for utterance in document.transcript.utterances:
        found.setdefault(utterance.speaker, []).append(utterance.span)
    if len(found) < 2:
        return {}
    return {name: tuple(spans) for name, spans in found.items()}


def ticks(span: Span, *, most: int) -> tuple[int, ...]:
    """Round times to write under an axis, `most` of them at most."""
    step_ms = next((s for s in _STEPS_MS if span.duration_ms / s < most), _STEPS_MS[-1])
    first = -(-span.start_ms // step_ms) * step_ms
    return tuple(range(first, span.end_ms + 1, step_ms))
