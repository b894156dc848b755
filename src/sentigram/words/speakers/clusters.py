"""Which runs are one person's, by what they sound like.

Likeness is the cosine of two embeddings, made up for what short runs lose. Longer runs are joined,
the likest first (average linkage, weighted by seconds); the rest, and those that were joined too
early, go to the group that they are likest to. How many people there are is not found by one
threshold on the way: each number is tried to its end, and the largest one is taken up to which no
two groups are as like each other as one person's are. What that is was fitted on other speakers
than it is tested on (docs/accuracy.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sentigram.core.arrays import Floats32, Floats64, Ints64

MOST_SPEAKERS = 20
LEAST_SECONDS = 2.0
"""Of speech that makes somebody a speaker of their own, where the number is not given."""

_LEAST_SHARE = 0.03  # of all speech, likewise
ALIKE = 0.38
"""Two groups that are as like each other are one person."""

ALIKE_NARROW = 0.54
"""The same by telephone, where all voices are more alike."""

_SURE = 0.2  # this much from that, the number is sure
_HALF_SECONDS = 0.4  # of sound, at which half of an embedding is its voice
_LONG_SECONDS = 0.8  # runs that groups are made of
_LEAST_RUN_SECONDS = 0.06
_UNKNOWN = 0.45  # the likeness of a run to its own group, where it is all of it
_ROUNDS = 4
_AT_ONCE = 1_500  # runs, an hour or so; more are joined block by block first
_BLOCK_GROUPS = 150
_TRIED = 10  # numbers of speakers


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Whose runs are whose.

    Attributes:
        of: (n_runs,) the group of each, from 0.
        margins: (n_runs,) how much liker each is to its group than to the next one, in [0, 1].
        n: How many there are.
        sureness: Of their number, in [0, 1]; 1 where it was given.
    """

    of: Ints64
    margins: Floats64
    n: int
    sureness: float


def group(
    voices: Floats32, seconds: Sequence[float], *, n: int | None = None, alike: float = ALIKE
) -> Groups:
    """Put runs together.

    Args:
        voices: (n_runs, width), each of length 1.
        seconds: How long each is.
        n: How many people there are; None to find out.
        alike: How like each other two groups of one person are.

    Returns:
        At most `n` groups: there may be fewer runs, or fewer that can be told apart.
    """
    lengths = np.maximum(np.asarray(seconds, float), _LEAST_RUN_SECONDS)
    long = np.flatnonzero(lengths >= _LONG_SECONDS)
    if len(long) < max(2, n or 2):
        long = np.arange(len(lengths))
    if len(lengths) < 2 or n == 1:
        return Groups(
            np.zeros(len(lengths), np.int64), np.ones(len(lengths)), min(1, len(lengths)), 1.0
        )
    joined = _Joined(voices[long], lengths[long])
    if n is not None:
        start = joined.at(n, least=LEAST_SECONDS) or joined.at(min(n, len(long)), least=0.0)
        return _settled(voices, lengths, long, start, 1.0)
    best = Groups(np.zeros(len(lengths), np.int64), np.ones(len(lengths)), 1, 1.0)
    least = max(LEAST_SECONDS, _LEAST_SHARE * float(lengths[long].sum()))
    before = alike - _SURE
    for number in range(2, min(_TRIED, len(long)) + 1):
        start = joined.at(number, least=least)
        if not start:
            break
        made = _settled(voices, lengths, long, start, 1.0)
        is_whole = made.n == number and np.bincount(made.of, weights=lengths).min() >= least
        now = _likest_pair(voices, lengths, made) if is_whole else alike + _SURE
        if now >= alike:
            return _with_sureness(best, alike - before, now - alike)
        best, before = made, now
    return _with_sureness(best, alike - before, _SURE)


def _with_sureness(groups: Groups, below: float, above: float) -> Groups:
    """How far the likest two groups are from being one person, and those with one more from two."""
    nearest = min(below, above) / _SURE
    return Groups(groups.of, groups.margins, groups.n, float(np.clip(0.5 + nearest / 2, 0, 1)))


class _Joined:
    """Average linkage of runs, kept so that any number of groups can be asked for.

    Args:
        voices: (n, width).
        lengths: (n,) seconds.
    """

    def __init__(self, voices: Floats32, lengths: Floats64) -> None:
        self._lengths = lengths
        self._start = np.arange(len(lengths))
        if len(lengths) > _AT_ONCE:
            self._start = _by_blocks(voices, lengths)
        names, first = np.unique(self._start, return_inverse=True)
        sums = np.zeros((len(names), voices.shape[1]))
        weights = np.zeros(len(names))
        np.add.at(sums, first, voices * lengths[:, None])
        np.add.at(weights, first, lengths * _voiced(lengths))
        self._first = first
        self._steps = _merges(
            (sums @ sums.T) / np.outer(weights, weights), lengths_of(first, lengths)
        )

    def at(self, number: int, *, least: float) -> list[Ints64]:
        """The runs of the largest groups, where that many of them have `least` seconds.

        The fewest groups of which so many are large are taken; nothing, where there never are.
        """
        n = len(self._steps) + 1
        of = np.arange(n)
        history = [of.copy()]
        for kept, gone in self._steps:
            of[of == gone] = kept
            history.append(of.copy())
        for state in reversed(history):
            labels = state[self._first]
            large = [k for k in np.unique(labels) if self._lengths[labels == k].sum() >= least]
            if len(large) >= number:
                large.sort(key=lambda k: -float(self._lengths[labels == k].sum()))
                return [np.flatnonzero(labels == k) for k in large[:number]]
        return []


def lengths_of(first: Ints64, lengths: Floats64) -> Floats64:
    """The seconds of each group."""
    return np.asarray(np.bincount(first, weights=lengths), float)


def _by_blocks(voices: Floats32, lengths: Floats64) -> Ints64:
    """Small groups within each block of runs: the memory of hours is that of one hour."""
    out = np.zeros(len(lengths), np.int64)
    n_found = 0
    for at in range(0, len(lengths), _AT_ONCE):
        block = slice(at, at + _AT_ONCE)
        likeness = _likeness(voices[block], lengths[block])
        steps = _merges(likeness, lengths[block])
        of = np.arange(len(likeness))
        for kept, gone in steps[: max(0, len(likeness) - _BLOCK_GROUPS)]:
            of[of == gone] = kept
        names, numbers = np.unique(of, return_inverse=True)
        out[block] = n_found + numbers
        n_found += len(names)
    return out


def _voiced(lengths: Floats64) -> Floats64:
    """What share of embeddings of sounds of this length is their voice, (n,)."""
    return np.sqrt(lengths / (lengths + _HALF_SECONDS))


def _likeness(voices: Floats32, lengths: Floats64) -> Floats64:
    """(n, n) cosines, made up for what short runs lose."""
    share = _voiced(lengths)
    return np.asarray((voices @ voices.T) / np.outer(share, share), float)


def _merges(likeness: Floats64, weights: Floats64) -> list[tuple[int, int]]:
    """Which two become one, step by step: the one that stays, and the one that goes."""
    scores, held = likeness.copy(), weights.astype(float).copy()
    np.fill_diagonal(scores, -np.inf)
    best = scores.argmax(axis=1)
    value = scores[np.arange(len(scores)), best]
    steps: list[tuple[int, int]] = []
    for _ in range(len(scores) - 1):
        kept = int(value.argmax())
        gone = int(best[kept])
        row = (held[kept] * scores[kept] + held[gone] * scores[gone]) / (held[kept] + held[gone])
        held[kept] += held[gone]
        row[[kept, gone]] = -np.inf
        row[np.isneginf(scores[kept]) | np.isneginf(scores[gone])] = -np.inf
        scores[kept], scores[:, kept] = row, row
        scores[gone], scores[:, gone] = -np.inf, -np.inf
        value[gone] = -np.inf
        steps.append((kept, gone))
        stale = np.flatnonzero((best == kept) | (best == gone) | (np.arange(len(best)) == kept))
        stale = stale[~np.isneginf(value[stale]) | (stale == kept)]
        best[stale] = scores[stale].argmax(axis=1)
        value[stale] = scores[stale, best[stale]]
        better = np.flatnonzero(scores[:, kept] > value)
        best[better], value[better] = kept, scores[better, kept]
    return steps


def _settled(
    voices: Floats32, lengths: Floats64, long: Ints64, start: list[Ints64], sureness: float
) -> Groups:
    """Every run in the group that it is likest to, itself left out; a few rounds of that."""
    of = np.full(len(lengths), -1)
    for number, members in enumerate(start):
        of[long[members]] = number
    n = len(start)
    likeness = np.zeros((len(lengths), n))
    for _ in range(_ROUNDS):
        likeness = _to_groups(voices, lengths, of, n)
        now = likeness.argmax(axis=1)
        if np.array_equal(now, of):
            break
        of = now
    names, numbers = np.unique(of, return_inverse=True)
    best = np.sort(likeness, axis=1)
    margins = best[:, -1] - best[:, -2] if n > 1 else np.ones(len(of))
    return Groups(numbers.astype(np.int64), np.clip(margins, 0, 1), len(names), sureness)


def _to_groups(voices: Floats32, lengths: Floats64, of: Ints64, n: int) -> Floats64:
    """How like each run is to the others of each group, (n_runs, n)."""
    share = _voiced(lengths)
    out = np.zeros((len(lengths), n))
    for number in range(n):
        own = of == number
        total = (voices[own] * lengths[own, None]).sum(axis=0)
        weight = np.full(len(lengths), float((lengths[own] * share[own]).sum()))
        score = np.asarray(voices @ total, float)
        score[own] -= lengths[own]
        weight[own] -= lengths[own] * share[own]
        known = weight > 1e-6
        alone = np.where(own, _UNKNOWN, -1.0)  # all of its group, or a group of nobody
        out[:, number] = np.where(known, score / np.where(known, weight, 1) / share, alone)
    return out


def _likest_pair(voices: Floats32, lengths: Floats64, groups: Groups) -> float:
    """How like the two groups are that are most alike."""
    heard = lengths >= _LONG_SECONDS / 2
    share = _voiced(lengths)
    sums, weights = [], []
    for number in range(groups.n):
        own = (groups.of == number) & heard
        sums.append((voices[own] * lengths[own, None]).sum(axis=0))
        weights.append(max(float((lengths[own] * share[own]).sum()), 1e-6))
    every = np.stack(sums)
    likeness = (every @ every.T) / np.outer(weights, weights)
    np.fill_diagonal(likeness, -np.inf)
    return float(likeness.max())
