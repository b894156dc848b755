"""Which words stand together in a cue, and in which lines: the cheapest of all divisions.

Each run of words that fits a cue has a cost: how well it breaks (see `breaking`), how even its
lines are, whether it runs over the end of a sentence or a pause, how full and how short it is.
Dynamic programming finds the division of all words with the least sum. It also follows the earliest
moment at which each cue may end, so that a burst of fast speech shares a cue with the pause beside
it, or a cue begins a little late, before anybody has to read faster than the rules allow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentigram.core.time import MS_PER_SECOND
from sentigram.style.breaking import SENTENCE
from sentigram.style.fitting import Atoms
from sentigram.style.limits import CLOSE_BELOW_MS, LayoutRules
from sentigram.style.timing import LAG_MS, LEAD_MS, STEP_MS, ceil_step, floor_step

Floats = NDArray[np.float64]

# Weights, in units of break_cost. Lines: how uneven they are, and a longer one on top.
_BALANCE, _TOP_HEAVY = 1.6, 0.25
# Cues: each one, its last break, the end of a sentence or an utterance inside it, a second of
# pause inside it, room left in it, and being shown for less than _BRIEF_MS.
_CUE, _END, _SENTENCE_INSIDE, _UTTERANCE_INSIDE, _PAUSE_INSIDE = 1.0, 1.5, 1.2, 0.6, 1.0
_ROOM_LEFT, _BRIEF, _BRIEF_MS, _MOST_PAUSE_S = 0.5, 0.8, 1500, 0.5
# Rules in danger: too fast to read, a gap that cannot close, a start beyond LAG_MS, a flash.
_TOO_FAST, _OPEN_GAP, _TOO_LATE, _FLASH = 15.0, 5.0, 16.0, 100.0
_DRIFT_MS = 1000  # a cue later than this behind its words serves nobody: rather a flash
_MOST_LABELS = 4  # ways kept per boundary: the cheapest ones, each of which ends earlier
_FOREVER_MS = 1 << 50


@dataclass(frozen=True, slots=True)
class Draft:
    """A cue without its times: atoms `start` to `end`, with lines that begin at `breaks`.

    Attributes:
        start: First atom.
        end: After the last atom.
        breaks: First atom of each line but the first.
        need_ms: Shortest time that it must be shown.
        reading_ms: How long it takes to read; longer than need_ms where speech is too fast.
    """

    start: int
    end: int
    breaks: tuple[int, ...]
    need_ms: int
    reading_ms: int


@dataclass(frozen=True, slots=True)
class _Runs:
    """Runs of atoms that may be cues, ordered by their start.

    Attributes:
        of: Per start, where its runs begin in the lists; one more entry than there are atoms.
        ends: After the last atom of each.
        costs: Of each.
        needs_ms: How long each takes to read.
    """

    of: list[int]
    ends: list[int]
    costs: list[float]
    needs_ms: list[int]


def choose(atoms: Atoms, rules: LayoutRules, *, end_ms: int = 0) -> tuple[Draft, ...]:
    """Divide atoms into cues and lines.

    Args:
        atoms: Measured words.
        rules: What cues must keep to.
        end_ms: End of the media, 0 when unknown.
    """
    if not atoms.words:
        return ()
    runs = _runs(atoms, rules)
    return tuple(
        Draft(start, end, line_breaks(atoms, rules, start, end), need_ms, full_ms)
        for start, end, need_ms, full_ms in _cheapest(atoms, rules, runs, end_ms)
    )


def line_breaks(atoms: Atoms, rules: LayoutRules, start: int, end: int) -> tuple[int, ...]:
    """Where atoms that fit a cue break into lines: at the least cost."""
    found = _lines(atoms, rules, start, end, rules.lines)
    return () if found is None else found[1]


def _lines(
    atoms: Atoms, rules: LayoutRules, start: int, end: int, lines: int
) -> tuple[float, tuple[int, ...]] | None:
    """The cost of the best lines and their breaks, None where they do not fit."""
    total_px = _width_px(atoms, start, end)
    if end - start == 1 or _fits(atoms, rules, start, end):
        return 0.0, ()
    best: tuple[float, tuple[int, ...]] | None = None
    for at in range(start + 1, end) if lines > 1 else ():
        if not _fits(atoms, rules, start, at) and at - start > 1:
            break
        rest = _lines(atoms, rules, at, end, lines - 1)
        if rest is None:
            continue
        uneven = lines * _width_px(atoms, start, at) / max(total_px, 1.0) - 1
        cost = atoms.costs[at] + _BALANCE * abs(uneven) + _TOP_HEAVY * (uneven > 0) + rest[0]
        if best is None or cost < best[0]:
            best = cost, (at, *rest[1])
    return best


def _width_px(atoms: Atoms, start: int, end: int) -> float:
    return sum(atoms.widths_px[start:end]) + sum(atoms.spaces_px[start + 1 : end])


def _fits(atoms: Atoms, rules: LayoutRules, start: int, end: int) -> bool:
    chars = sum(atoms.chars[start:end]) + sum(atoms.space_chars[start + 1 : end])
    return chars <= rules.line_chars and _width_px(atoms, start, end) <= rules.text_px


class _Sums:
    """Widths, characters and the like of every run of `n` atoms at once.

    All arrays are float64 or bool of shape (atoms - n + 1,): one entry per start.
    """

    __slots__ = ("chars", "costs", "rules", "space_chars", "spaces_px", "widths_px")

    def __init__(self, atoms: Atoms, rules: LayoutRules) -> None:
        self.rules = rules
        self.spaces_px = np.array(atoms.spaces_px)
        self.space_chars = np.array(atoms.space_chars)
        self.widths_px = _prefix(np.array(atoms.widths_px) + self.spaces_px)
        self.chars = _prefix(np.array(atoms.chars) + self.space_chars)
        self.costs = np.array(atoms.costs)

    def run_px(self, n: int) -> Floats:
        return _over(self.widths_px, n) - self.spaces_px[: len(self.spaces_px) - n + 1]

    def run_chars(self, n: int) -> Floats:
        return _over(self.chars, n) - self.space_chars[: len(self.space_chars) - n + 1]

    def one_line(self, n: int) -> Floats:
        """0 where a run fits one line, else infinity; one atom always does."""
        # A hair more: sums of many widths differ in their last digits.
        fits = (self.run_px(n) <= self.rules.text_px + 1e-6) & (
            self.run_chars(n) <= self.rules.line_chars
        )
        return np.where(fits | (n == 1), 0.0, np.inf)


def _prefix(values: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(values)])


def _over(prefix: Floats, n: int) -> Floats:
    return prefix[n:] - prefix[: len(prefix) - n]


def _line_costs(sums: _Sums, most: int) -> list[Floats]:
    """Per length 1 … most, what the best lines of each run cost; infinity where they do not fit."""
    single = [sums.one_line(n) for n in range(1, most + 1)]
    longest = max(n for n, cost in enumerate(single, 1) if np.isfinite(cost).any())
    rest = single
    for lines in range(2, sums.rules.lines + 1):
        found = []
        for n in range(1, most + 1):
            total_px = np.maximum(sums.run_px(n), 1.0)
            count = len(total_px)
            best = np.full(count, np.inf)
            for top in range(1, min(longest, n - 1) + 1):
                below = rest[n - top - 1][top : top + count]
                if not np.isfinite(below).any():
                    continue
                uneven = lines * sums.run_px(top)[:count] / total_px - 1
                cost = sums.costs[top : top + count] + _BALANCE * np.abs(uneven)
                cost += _TOP_HEAVY * (uneven > 0) + single[top - 1][:count] + below
                np.minimum(best, cost, out=best)
            found.append(np.where(np.isfinite(single[n - 1]), 0.0, best))
        rest = found
    return rest


def _runs(atoms: Atoms, rules: LayoutRules) -> _Runs:
    """Every run of atoms that may be a cue, with its cost."""
    sums = _Sums(atoms, rules)
    starts_ms = np.array([word.span.start_ms for word in atoms.words])
    ends_ms = np.array([word.span.end_ms for word in atoms.words])
    sections = np.array(atoms.sections)
    most = _longest_run(sums, rules)
    lines = _line_costs(sums, most)
    after = _after_costs(atoms, starts_ms, ends_ms)
    inside = _prefix(_inside_costs(atoms, starts_ms, ends_ms))
    next_ms = np.append(starts_ms[1:], _FOREVER_MS)
    pauses_ms = next_ms - ends_ms
    parts: list[tuple[NDArray[Any], ...]] = []
    for n in range(1, most + 1):
        count = len(starts_ms) - n + 1
        last = slice(n - 1, n - 1 + count)
        first = slice(0, count)
        chars = sums.run_chars(n)
        slot_ms = next_ms[last] - rules.grid_gap_ms - starts_ms[first]
        full_ms = MS_PER_SECOND * chars / rules.cps
        room = np.maximum(0.0, 1 - chars / (rules.lines * rules.line_chars))
        brief = np.maximum(0.0, 1 - slot_ms / _BRIEF_MS)
        cost = _CUE + lines[n - 1] + after[last] + (inside[n : n + count] - inside[1 : 1 + count])
        cost += _ROOM_LEFT * room**2 + _BRIEF * np.minimum(1.0, brief)
        cost += _TOO_FAST * (full_ms > rules.max_ms)
        cost += _OPEN_GAP * ((pauses_ms[last] < CLOSE_BELOW_MS) & (slot_ms > rules.max_ms))
        allowed = np.isfinite(cost) & (sections[first] == sections[last])
        if n > 1:
            allowed &= ends_ms[last] - starts_ms[first] <= rules.max_ms
        at = np.flatnonzero(allowed)
        parts.append((at, at + n, cost[at], full_ms[at]))
    start, end, cost, full_ms = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(start, kind="stable")
    needs = np.ceil(full_ms[order] / STEP_MS - 1e-9) * STEP_MS
    needs = np.clip(needs, ceil_step(rules.min_ms), max(floor_step(rules.max_ms), STEP_MS))
    of = np.searchsorted(start[order], np.arange(len(starts_ms) + 1))
    return _Runs(
        of.tolist(),
        end[order].tolist(),
        cost[order].tolist(),
        needs.astype(np.int64).tolist(),
    )


def _longest_run(sums: _Sums, rules: LayoutRules) -> int:
    """Most atoms that any cue can hold."""
    room = rules.lines * rules.line_chars + (rules.lines - 1)
    n, total = 1, len(sums.costs)
    while n < total and (sums.run_chars(n + 1) <= room).any():
        n += 1
    return n


def _after_costs(atoms: Atoms, starts_ms: NDArray[Any], ends_ms: NDArray[Any]) -> Floats:
    """What it costs to end a cue with each atom: less before a pause."""
    pauses_s = np.clip((starts_ms[1:] - ends_ms[:-1]) / MS_PER_SECOND, 0.0, _MOST_PAUSE_S)
    forced = np.diff(np.array(atoms.sections)) > 0
    cost = np.where(forced, 0.0, _END * np.array(atoms.costs)[1:] - pauses_s)
    return np.append(cost, 0.0)


def _inside_costs(atoms: Atoms, starts_ms: NDArray[Any], ends_ms: NDArray[Any]) -> Floats:
    """What it costs to have the edge before each atom inside a cue."""
    pauses_s = np.maximum(0.0, starts_ms[1:] - ends_ms[:-1]) / MS_PER_SECOND
    is_sentence = np.array(atoms.costs)[1:] == SENTENCE
    edge = np.where(
        is_sentence, _SENTENCE_INSIDE, np.where(np.array(atoms.opens)[1:], _UTTERANCE_INSIDE, 0.0)
    )
    return np.concatenate([[0.0], edge + _PAUSE_INSIDE * pauses_s])


# A way to a boundary: its cost, the earliest end of its last cue (ms), where that cue starts, its
# shortest time (ms), its reading time (ms), and the way before it.
_Way = tuple[float, int, int, int, int, Any]


def _cheapest(
    atoms: Atoms, rules: LayoutRules, runs: _Runs, end_ms: int
) -> list[tuple[int, int, int, int]]:
    """The cues of the cheapest division: (start, end, need_ms, reading_ms) of each."""
    total, gap_ms = len(atoms.words), rules.grid_gap_ms
    starts_ms = [floor_step(word.span.start_ms) for word in atoms.words]
    ends_ms = [ceil_step(word.span.end_ms) for word in atoms.words]
    heard_ms = [0] * (total + 1)  # a cue up to here is heard out
    for j in range(1, total):
        heard_ms[j] = min(ends_ms[j - 1], starts_ms[j] - gap_ms)
    heard_ms[total] = ends_ms[-1]
    limit_ms = max(end_ms, ends_ms[-1]) if end_ms else _FOREVER_MS
    # Beyond these ends of a cue, the next one is too late.
    late_ms = [0, *(ms + LAG_MS - gap_ms for ms in starts_ms[1:]), limit_ms]
    min_ms = ceil_step(rules.min_ms)
    ways: list[list[_Way]] = [[] for _ in range(total + 1)]
    ways[0] = [(0.0, -gap_ms, 0, 0, 0, None)]
    for i in range(total):
        word_ms = starts_ms[i]
        from_ms = max(0, word_ms - LEAD_MS)
        for way in _kept(ways[i], from_ms - gap_ms):
            start_ms = max(from_ms, way[1] + gap_ms)
            so_far = way[0] + _lateness(start_ms - word_ms)
            for k in range(runs.of[i], runs.of[i + 1]):
                j, need_ms = runs.ends[k], runs.needs_ms[k]
                cost, ended_ms = so_far + runs.costs[k], max(start_ms + need_ms, heard_ms[j])
                ways[j].append((cost, ended_ms, i, need_ms, need_ms, way))
                if ended_ms > late_ms[j]:
                    for short_ms, cut_ms, price in _cuts(
                        start_ms, need_ms, heard_ms[j], late_ms[j], min_ms
                    ):
                        ways[j].append((cost + price, cut_ms, i, short_ms, need_ms, way))
        if i:
            ways[i] = []  # those still needed are held by the ways after them
    return _followed(min(ways[total], key=itemgetter(0)), total)


def _cuts(
    start_ms: int, need_ms: int, heard_ms: int, late_ms: int, min_ms: int
) -> Iterator[tuple[int, int, float]]:
    """Shorter times for a cue that makes the next one late: (shortest time, its end, price)."""
    end_ms = max(start_ms + need_ms, heard_ms)
    choices = [(min_ms, 0.0)]
    if start_ms + min_ms > late_ms + _DRIFT_MS:
        choices.append((STEP_MS, _FLASH))
    for short_ms, price in choices:
        cut_ms = max(start_ms + short_ms, heard_ms)
        if cut_ms < end_ms:
            yield short_ms, cut_ms, price + _TOO_FAST * (1 + (end_ms - cut_ms) / need_ms)


def _kept(ways: Sequence[_Way], no_earlier_ms: int) -> list[_Way]:
    """The cheapest ways, each of which ends earlier than all cheaper ones as far as it matters."""
    kept: list[_Way] = []
    earliest_ms = _FOREVER_MS
    for way in sorted(ways, key=itemgetter(0, 1)):
        ended_ms = max(way[1], no_earlier_ms)
        if ended_ms < earliest_ms:
            kept.append(way)
            earliest_ms = ended_ms
            if ended_ms == no_earlier_ms or len(kept) == _MOST_LABELS:
                break
    return kept


def _lateness(late_ms: int) -> float:
    if late_ms <= 0:
        return 0.0
    if late_ms <= LAG_MS:
        return (late_ms / LAG_MS) ** 2
    return _TOO_LATE + 40 * (late_ms - LAG_MS) / MS_PER_SECOND


def _followed(way: _Way, end: int) -> list[tuple[int, int, int, int]]:
    """The cues of a way, first to last."""
    found = []
    while way[5] is not None:
        _, _, start, need_ms, full_ms, before = way
        found.append((start, end, need_ms, full_ms))
        way, end = before, start
    return found[::-1]
