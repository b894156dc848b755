"""Cues: which words stand together, in which lines, and how long they stay.

Numbers follow the Netflix timed-text and BBC subtitle guides: at most 42 characters in a line
(less for East Asian scripts and upright video) and two lines, 833 to 7000 ms, 20 characters a
second for adults and 17 for children, two frames between cues, 68 % of a 16:9 picture's width.
`fitting` measures words and divides long ones, `breaks` knows good places to break, `timing` says
when cues come and go; here the cheapest of all divisions into cues and lines is found.

Each run of words that fits a cue has a cost: how well it breaks, how even its lines are, whether it
runs over the end of a sentence or a pause, how full and how short it is. Dynamic programming finds
the division of all words with the least sum. It also follows the earliest moment at which each cue
may end, so that a burst of fast speech shares a cue with the pause beside it, or a cue begins a
little late, before anybody has to read faster than the rules allow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentigram.core.arrays import Floats64
from sentigram.core.style import Canvas, Cue, StyledWord, StyleKey, TextStyle
from sentigram.core.time import MS_PER_SECOND, Span
from sentigram.core.transcript import Transcript
from sentigram.style.layout.fitting import Atoms, shown_text
from sentigram.style.layout.fitting import atoms as fit
from sentigram.style.layout.limits import CLOSE_BELOW_MS, LayoutRules
from sentigram.style.layout.lines import Sums, line_breaks, line_costs, prefix_sums
from sentigram.style.layout.timing import (
    LAG_MS,
    LEAD_MS,
    STEP_MS,
    Slot,
    ceil_step,
    floor_step,
    times,
)
from sentigram.style.text.breaks import BOUND, SENTENCE
from sentigram.style.text.measure import Measure

__all__ = ["lay_out", "shown_text"]


def lay_out(
    transcript: Transcript,
    words: Sequence[StyledWord],
    styles: Mapping[StyleKey, TextStyle],
    canvas: Canvas,
    rules: LayoutRules,
    *,
    end_ms: int = 0,
    shots_ms: Sequence[int] = (),
) -> tuple[Cue, ...]:
    """Put words into cues.

    Every word is shown once, in order. A word too wide for a line is divided into pieces that
    share its index and its time; no hyphen is added. Speech that is faster than the reading speed
    for so long that no division helps stays verbatim: its cues are shown as long as there is room.

    Args:
        transcript: Utterances; cues never join two speakers.
        words: Every word, styled.
        styles: What their keys look like; the neutral one too where speakers are named.
        canvas: Picture.
        rules: See LayoutRules.
        end_ms: End of the media, which no cue outlasts; 0 when unknown.
        shots_ms: Where the picture changes; see `timing.times`.

    Returns:
        Cues in order of time, not overlapping; their times are whole centiseconds.
    """
    fitted = fit(transcript, words, Measure(canvas, styles, language=rules.language), rules)
    drafts = choose(fitted, rules, end_ms=end_ms)
    slots = [
        Slot(
            fitted.words[draft.start].span.start_ms,
            fitted.words[draft.end - 1].span.end_ms,
            draft.need_ms,
            draft.reading_ms,
        )
        for draft in drafts
    ]
    spans = times(slots, rules, end_ms=end_ms, shots_ms=shots_ms)
    return tuple(
        Cue(
            span=span,
            lines=tuple(
                fitted.words[a:b] for a, b in pairwise((draft.start, *draft.breaks, draft.end))
            ),
            speaker=fitted.speakers[draft.start],
            label=fitted.labels[draft.start],
        )
        for draft, span in zip(drafts, spans, strict=True)
    )


# Weights, in units of break_cost. Cues: each one, its last break, the end of a sentence or of an
# utterance inside it, a second of pause inside it, room left in it, and less than _BRIEF_MS.
_CUE, _END, _SENTENCE_INSIDE, _UTTERANCE_INSIDE, _PAUSE_INSIDE = 1.0, 1.5, 1.2, 0.6, 2.5
_ROOM_LEFT, _BRIEF, _BRIEF_MS, _MOST_PAUSE_S = 0.5, 0.8, 1500, 1.0
# Rules in danger: too fast to read, a gap that cannot close, a start beyond LAG_MS.
_TOO_FAST, _OPEN_GAP, _TOO_LATE = 15.0, 5.0, 16.0
# Half of the shortest time, and a flash that nobody sees: as bad as so many cues too fast to read.
_GLIMPSE, _FLASH = 3.5, 7.0
# In speech that is too fast for long, no division helps: good lines come first.
_FAST_ANYWAY, _MANY_TOO_FAST = 1.0, 3
_DRIFT_MS = 1000  # a cue later than this behind its words serves nobody: rather a flash
_MOST_LABELS = 4  # ways kept per boundary: the cheapest ones, each of which ends earlier
_FLOOD = 5.0  # times the reading speed; the fastest speech is half of that
_MOST_IN_FLOOD = 6  # ways on from a word there, the cheapest: nobody can read any of them
_FOREVER_MS = 1 << 50


@dataclass(frozen=True, slots=True)
class CueDraft:
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


def choose(atoms: Atoms, rules: LayoutRules, *, end_ms: int = 0) -> tuple[CueDraft, ...]:
    """Divide atoms into cues and lines.

    Args:
        atoms: Measured words.
        rules: What cues must keep to.
        end_ms: End of the media, 0 when unknown.
    """
    if not atoms.words:
        return ()
    units, edges = _units(atoms, rules)
    runs = _runs(units, rules)
    prices = [_TOO_FAST] * len(edges)
    found = _cheapest(units, rules, runs, end_ms, prices)
    hopeless = _hopeless(found)
    if hopeless:
        for start, end in hopeless:
            prices[start + 1 : end + 1] = [_FAST_ANYWAY] * (end - start)
        found = _cheapest(units, rules, runs, end_ms, prices)
    return tuple(
        CueDraft(
            edges[start],
            edges[end],
            tuple(edges[at] for at in line_breaks(units, rules, start, end)),
            need_ms,
            full_ms,
        )
        for start, end, need_ms, full_ms in found
    )


def _units(atoms: Atoms, rules: LayoutRules) -> tuple[Atoms, list[int]]:
    """Atoms with those of a phrase put together, and where each begins; then how many there are.

    What has no space in it and no place to break stays whole, as far as it fits a line.
    """
    starts = [0]
    chars, px = atoms.chars[0], atoms.widths_px[0]
    for i in range(1, len(atoms.words)):
        chars, px = chars + atoms.chars[i], px + atoms.widths_px[i]
        is_one = (
            atoms.words[i].joined
            and atoms.costs[i] >= BOUND
            and atoms.sections[i] == atoms.sections[i - 1]
            and chars <= rules.line_chars
            and px <= rules.text_px
            and atoms.words[i].span.end_ms - atoms.words[starts[-1]].span.start_ms <= rules.max_ms
        )
        if not is_one:
            starts.append(i)
            chars, px = atoms.chars[i], atoms.widths_px[i]
    edges = [*starts, len(atoms.words)]
    if len(starts) == len(atoms.words):
        return atoms, edges
    pairs = list(pairwise(edges))
    spans = [Span(atoms.words[a].span.start_ms, atoms.words[b - 1].span.end_ms) for a, b in pairs]
    return Atoms(
        words=tuple(
            replace(atoms.words[a], span=span) for a, span in zip(starts, spans, strict=True)
        ),
        speakers=tuple(atoms.speakers[a] for a in starts),
        labels=tuple(atoms.labels[a] for a in starts),
        widths_px=tuple(sum(atoms.widths_px[a:b]) for a, b in pairs),
        spaces_px=tuple(atoms.spaces_px[a] for a in starts),
        chars=tuple(sum(atoms.chars[a:b]) for a, b in pairs),
        space_chars=tuple(atoms.space_chars[a] for a in starts),
        costs=tuple(atoms.costs[a] for a in starts),
        sections=tuple(atoms.sections[a] for a in starts),
        opens=tuple(atoms.opens[a] for a in starts),
    ), edges


def _hopeless(found: Sequence[tuple[int, int, int, int]]) -> list[tuple[int, int]]:
    """Stretches in which several cues in a row are too fast: there, lines matter more."""
    stretches = []
    for is_cut, group in groupby(found, key=lambda cue: cue[2] < cue[3]):
        cues = list(group)
        if is_cut and len(cues) >= _MANY_TOO_FAST:
            stretches.append((cues[0][0], cues[-1][1]))
    return stretches


def _runs(atoms: Atoms, rules: LayoutRules) -> _Runs:
    """Every run of atoms that may be a cue, with its cost."""
    sums = Sums(atoms, rules)
    starts_ms = np.array([word.span.start_ms for word in atoms.words])
    ends_ms = np.array([word.span.end_ms for word in atoms.words])
    sections = np.array(atoms.sections)
    most = min(_longest_run(sums, rules), rules.words or len(atoms.words))
    lines = line_costs(sums, most)
    after = _after_costs(atoms, starts_ms, ends_ms)
    inside = prefix_sums(_inside_costs(atoms, starts_ms, ends_ms))
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
    order = np.lexsort((cost, start))
    is_flood = _floods(sums, starts_ms, ends_ms, most, rules)[start[order]]
    place = np.arange(len(order)) - np.searchsorted(start[order], start[order])
    order = np.sort(order[~is_flood | (place < _MOST_IN_FLOOD)])
    order = order[np.argsort(start[order], kind="stable")]
    needs = np.ceil(full_ms[order] / STEP_MS - 1e-9) * STEP_MS
    needs = np.clip(needs, ceil_step(rules.min_ms), max(floor_step(rules.max_ms), STEP_MS))
    of = np.searchsorted(start[order], np.arange(len(starts_ms) + 1))
    return _Runs(
        of.tolist(),
        end[order].tolist(),
        cost[order].tolist(),
        needs.astype(np.int64).tolist(),
    )


def _floods(
    sums: Sums, starts_ms: NDArray[Any], ends_ms: NDArray[Any], most: int, rules: LayoutRules
) -> NDArray[np.bool_]:
    """Per atom, whether what follows is faster than anybody speaks: such times are none."""
    first = np.arange(len(starts_ms))
    last = np.minimum(first + most, len(first)) - 1
    chars = np.append(sums.run_chars(most), np.zeros(most - 1))[: len(first)]
    length_ms = ends_ms[last] - starts_ms[first]
    is_flood: NDArray[np.bool_] = MS_PER_SECOND * chars > _FLOOD * rules.cps * length_ms
    return is_flood


def _longest_run(sums: Sums, rules: LayoutRules) -> int:
    """Most atoms that any cue can hold."""
    room = rules.lines * rules.line_chars + (rules.lines - 1)
    n, total = 1, len(sums.costs)
    while n < total and (sums.run_chars(n + 1) <= room).any():
        n += 1
    return n


def _after_costs(atoms: Atoms, starts_ms: NDArray[Any], ends_ms: NDArray[Any]) -> Floats64:
    """What it costs to end a cue with each atom: less before a pause."""
    pauses_s = np.clip((starts_ms[1:] - ends_ms[:-1]) / MS_PER_SECOND, 0.0, _MOST_PAUSE_S)
    forced = np.diff(np.array(atoms.sections)) > 0
    cost = np.where(forced, 0.0, _END * np.array(atoms.costs)[1:] - pauses_s)
    return np.append(cost, 0.0)


def _inside_costs(atoms: Atoms, starts_ms: NDArray[Any], ends_ms: NDArray[Any]) -> Floats64:
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
    atoms: Atoms, rules: LayoutRules, runs: _Runs, end_ms: int, prices: Sequence[float]
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
    # Shorter times for a cue that makes the next one late, and their prices beside that of a cue
    # too fast to read; all but the first where it would come too late to serve anybody.
    cuts = ((min_ms, 0.0), (ceil_step(min_ms / 2), _GLIMPSE), (STEP_MS, _FLASH))
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
                if ended_ms <= late_ms[j]:
                    continue
                is_far = start_ms + min_ms > late_ms[j] + _DRIFT_MS
                for short_ms, price in cuts if is_far else cuts[:1]:
                    cut_ms = max(start_ms + short_ms, heard_ms[j])
                    if cut_ms < ended_ms:
                        price_j = prices[j] * (price + 1 + (ended_ms - cut_ms) / need_ms)
                        ways[j].append((cost + price_j, cut_ms, i, short_ms, need_ms, way))
        if i:
            ways[i] = []  # those still needed are held by the ways after them
    return _followed(min(ways[total], key=itemgetter(0)), total)


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
