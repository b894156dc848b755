"""Long pauses, which an aligner need not hear: they are cut out, and times are put back.

Silence that is as long as the speech shifts the means by which cepstra are normalized, and offers
words a place where nothing is said.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np

from sentigram.core.arrays import Bools, Floats32
from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.words.activity import FRAME_MS, active_frames

_LONGEST_MS = 1_000  # that stays: speakers pause this long inside of sentences
_KEPT_MS = 400  # of a longer one, on each side


class Pauses:
    """Where a recording pauses for long, and what is left without that.

    Args:
        audio: The recording.
    """

    def __init__(self, audio: Audio) -> None:
        self._kept = _kept(active_frames(audio), audio.duration_ms)
        self._starts = [span.start_ms for span in self._kept]
        self._before = [0, *accumulate(span.duration_ms for span in self._kept)]

    def sounding_ms(self, start_ms: int, end_ms: int) -> int:
        """How much of a stretch is left without the pauses."""
        return max(0, self._up_to(end_ms) - self._up_to(start_ms))

    def within(self, span: Span) -> tuple[Span, ...]:
        """What is left of a span."""
        first = max(0, bisect_right(self._starts, span.start_ms) - 1)
        last = bisect_left(self._starts, span.end_ms)
        return within(self._kept[first:last], span)

    def _up_to(self, time_ms: int) -> int:
        """How much sounds before a time."""
        index = bisect_right(self._starts, time_ms) - 1
        if index < 0:
            return 0
        return self._before[index] + min(
            time_ms - self._starts[index], self._kept[index].duration_ms
        )


def within(kept: Sequence[Span], span: Span) -> tuple[Span, ...]:
    """The parts of some stretches that lie in a span."""
    return tuple(
        Span(max(one.start_ms, span.start_ms), min(one.end_ms, span.end_ms))
        for one in kept
        if one.overlap_ms(span)
    )


def joined(audio: Audio, pieces: Sequence[Span]) -> Floats32:
    """The sound of some stretches one after another, float32 (n,)."""
    if not pieces:
        return np.zeros(0, dtype=np.float32)
    blocks = [np.asarray(audio.cut(piece), dtype=np.float32) for piece in pieces]
    return np.nan_to_num(np.concatenate(blocks))


def put_back(span: Span, pieces: Sequence[Span]) -> Span:
    """Where a span of the cut sound lies in the recording.

    A span over a cut keeps the side on which more of it lies.

    Args:
        span: In ms from the beginning of the first piece, all pieces one after another.
        pieces: What `Pauses.within` gives.
    """
    places: list[Span] = []
    begin_ms = 0
    for piece in pieces:
        by_ms = piece.start_ms - begin_ms
        end_ms = begin_ms + piece.duration_ms
        inside = Span(min(max(span.start_ms, begin_ms), end_ms), max(begin_ms, span.end_ms))
        places.append(Span(inside.start_ms + by_ms, min(inside.end_ms, end_ms) + by_ms))
        begin_ms = end_ms
    return max(places, key=lambda place: place.duration_ms)


def _kept(active: Bools, duration_ms: int) -> list[Span]:
    """All but the middles of long pauses; those before and after all sound are pauses, too."""
    sounding = np.flatnonzero(active)
    if not len(sounding):
        return [Span(0, duration_ms)] if duration_ms else []
    long, kept = _LONGEST_MS // FRAME_MS, _KEPT_MS // FRAME_MS
    edges = np.concatenate(([-1 - kept], sounding, [len(active) + kept]))
    gaps = [(int(a) + 1, int(b)) for a, b in pairwise(edges.tolist()) if b - a - 1 > long]
    spans: list[Span] = []
    start = 0
    for first, last in gaps:
        end = first + kept
        if end > start:
            spans.append(Span(start * FRAME_MS, min(end * FRAME_MS, duration_ms)))
        start = max(start, last - kept)
    end_ms = min(len(active) * FRAME_MS, duration_ms)
    if start * FRAME_MS < end_ms:
        spans.append(Span(start * FRAME_MS, end_ms))
    return [span for span in spans if span.duration_ms]
