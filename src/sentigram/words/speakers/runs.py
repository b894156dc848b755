"""Runs: stretches in which one voice goes on without a pause, overlaps included.

pyannote's segmentation tells up to three voices apart in ten seconds. That somebody speaks, and
that another voice goes on now, it finds well; that a voice is the one of before a pause, much less.
So only what it says of moments is used: every run is taken for itself, and what it sounds like
tells later whose it is.

Windows lie five seconds apart, and each counts in its middle. Their voices are matched with those
of the window before by what both hear, so that a run goes on where windows meet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from sentigram.core.arrays import Bools, Floats32
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.protocols import Progress, no_progress
from sentigram.core.time import Span
from sentigram.store.threads import n_threads
from sentigram.words.speakers.nets import SEGMENTATION, shipped_net

FRAME_MS = 10
N_LOCAL = 3
_SETS = np.array(
    [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], np.float32
)
"""Who of three speaks, for each column of the net."""

_WINDOW_MS = 10_000
_STEP_MS = 5_000
_NET_STEP, _NET_REACH = 270, 991  # samples from frame to frame, and that a frame sees
_GROUP = 16  # windows that go to a worker together
_SHORTEST_MS = 120  # of a run: shorter ones are clicks, or a breath
_BRIDGED_MS = 100  # a shorter hole in a run is none


@dataclass(frozen=True, slots=True)
class Run:
    """One voice without a pause.

    Attributes:
        span: When.
        alone: The parts of it in which nobody else speaks, in order.
        voice: Which of three it seemed to be: a hint for runs that are near.
    """

    span: Span
    alone: tuple[Span, ...]
    voice: int = 0

    @property
    def alone_ms(self) -> int:
        """How long nobody else speaks."""
        return sum(span.duration_ms for span in self.alone)


def find_runs(audio: Audio, *, progress: Progress = no_progress) -> tuple[Run, ...]:
    """Find runs, in order of their starts; hours may be mapped from disk.

    Args:
        audio: 16 kHz.
        progress: Told the share that is done.

    Raises:
        MissingError: The weights are absent or damaged.
    """
    starts = list(range(0, max(1, audio.duration_ms - _STEP_MS), _STEP_MS))
    found = audio.spread.map(window_activity, audio, starts, group=_GROUP, n_threads=n_threads())
    parts: list[Bools] = []
    for number, activity in enumerate(_matched(found)):
        first = 0 if number == 0 else _STEP_MS // 2 // FRAME_MS
        last = (_WINDOW_MS - _STEP_MS // 2) // FRAME_MS
        parts.append(activity[first : len(activity) if number == len(starts) - 1 else last])
        progress((number + 1) / len(starts))
    active = np.concatenate(parts)[: -(-audio.duration_ms // FRAME_MS)]  # (n_frames, 3)
    return tuple(_runs(active))


def window_activity(audio: Audio, start_ms: int) -> Floats32:
    """How likely each of three voices speaks, in 10 s, float32 (1000, 3) of 10 ms."""
    samples = np.zeros(_WINDOW_MS * SAMPLE_RATE_HZ // 1000, np.float32)
    given = np.nan_to_num(np.asarray(audio.cut(Span(start_ms, start_ms + _WINDOW_MS)), np.float32))
    samples[: len(given)] = np.clip(given, -1, 1)
    (logs,) = shipped_net(SEGMENTATION).run(None, {"sound": samples[None, None]})
    shares = np.exp(logs[0]) @ _SETS  # (589, 3)
    centres = np.arange(_WINDOW_MS // FRAME_MS) * FRAME_MS * SAMPLE_RATE_HZ // 1000 + 80
    rows = np.rint((centres - _NET_REACH / 2) / _NET_STEP).astype(int)
    return np.asarray(shares[np.clip(rows, 0, len(shares) - 1)], np.float32)


def _matched(windows: Iterator[Floats32]) -> Iterator[Bools]:
    """Who speaks in each window, bool (1000, 3), in the columns of the window before."""
    shared = (_WINDOW_MS - _STEP_MS) // FRAME_MS
    before: Floats32 | None = None
    for window in windows:
        if before is not None:
            together = before[-shared:].T @ window[:shared]  # (3, 3)
            order = max(
                permutations(range(N_LOCAL)),
                key=lambda order: sum(together[i, j] for i, j in enumerate(order)),
            )
            window = window[:, list(order)]  # noqa: PLW2901
        before = window
        yield window > 0.5


def _runs(active: Bools) -> Iterator[Run]:
    """Runs of (n_frames, 3), in order of their starts."""
    alone = active.sum(axis=1) == 1
    spans = sorted((span, voice) for voice in range(N_LOCAL) for span in _spans(active[:, voice]))
    for span, voice in spans:
        first, last = span.start_ms // FRAME_MS, span.end_ms // FRAME_MS
        own = _stretches(alone[first:last] & active[first:last, voice])
        parts = tuple(Span((first + a) * FRAME_MS, (first + b) * FRAME_MS) for a, b in own)
        yield Run(span, parts, voice)


def _spans(active: Bools) -> Iterator[Span]:
    """Where one voice is active, without short holes."""
    joined: list[tuple[int, int]] = []
    for first, last in _stretches(active):
        if joined and (first - joined[-1][1]) * FRAME_MS <= _BRIDGED_MS:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    for first, last in joined:
        if (last - first) * FRAME_MS >= _SHORTEST_MS:
            yield Span(first * FRAME_MS, last * FRAME_MS)


def _stretches(mask: Bools) -> Sequence[tuple[int, int]]:
    """Half-open ranges of the true frames."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
