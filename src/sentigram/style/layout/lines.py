"""Where cues break into lines: even ones, the lower one rather longer, at good places."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from sentigram.core.arrays import Floats64
from sentigram.style.layout.fitting import Atoms
from sentigram.style.layout.limits import LayoutRules

# How uneven lines are, a longer one on top, and one that is less than a third of the other, in
# units of break_cost.
_BALANCE, _TOP_HEAVY, _LONELY, _LONELY_FROM = 1.6, 0.5, 0.5, 0.5
_Share = TypeVar("_Share", float, Floats64)


def shape_cost(uneven: _Share) -> _Share:
    """What the shape of lines costs.

    Args:
        uneven: How much of an even share the upper line has, less 1: from -1 to 1 in two lines.
    """
    is_lonely = abs(uneven) > _LONELY_FROM
    cost: _Share = _BALANCE * abs(uneven) + _TOP_HEAVY * (uneven > 0) + _LONELY * is_lonely
    return cost


def line_breaks(atoms: Atoms, rules: LayoutRules, start: int, end: int) -> tuple[int, ...]:
    """Where atoms that fit a cue break into lines: at the least cost."""
    found = _lines(atoms, rules, start, end, rules.lines)
    return () if found is None else found[1]


def _lines(
    atoms: Atoms, rules: LayoutRules, start: int, end: int, lines: int
) -> tuple[float, tuple[int, ...]] | None:
    """The cost of the best lines and their breaks, None where they do not fit."""
    total_px = _width_px(atoms, start, end)
    if end - start == 1 or fits(atoms, rules, start, end):
        return 0.0, ()
    best: tuple[float, tuple[int, ...]] | None = None
    for at in range(start + 1, end) if lines > 1 else ():
        if not fits(atoms, rules, start, at) and at - start > 1:
            break
        rest = _lines(atoms, rules, at, end, lines - 1)
        if rest is None:
            continue
        uneven = lines * _width_px(atoms, start, at) / max(total_px, 1.0) - 1
        cost = atoms.costs[at] + shape_cost(uneven) + rest[0]
        if best is None or cost < best[0]:
            best = cost, (at, *rest[1])
    return best


def _width_px(atoms: Atoms, start: int, end: int) -> float:
    return sum(atoms.widths_px[start:end]) + sum(atoms.spaces_px[start + 1 : end])


def fits(atoms: Atoms, rules: LayoutRules, start: int, end: int) -> bool:
    """Whether atoms `start` to `end` fit one line."""
    chars = sum(atoms.chars[start:end]) + sum(atoms.space_chars[start + 1 : end])
    return chars <= rules.line_chars and _width_px(atoms, start, end) <= rules.text_px


class Sums:
    """Widths, characters and the like of every run of `n` atoms at once.

    All arrays are float64 or bool of shape (atoms - n + 1,): one entry per start.
    """

    __slots__ = ("chars", "costs", "rules", "space_chars", "spaces_px", "widths_px")

    def __init__(self, atoms: Atoms, rules: LayoutRules) -> None:
        self.rules = rules
        self.spaces_px = np.array(atoms.spaces_px)
        self.space_chars = np.array(atoms.space_chars)
        self.widths_px = prefix_sums(np.array(atoms.widths_px) + self.spaces_px)
        self.chars = prefix_sums(np.array(atoms.chars) + self.space_chars)
        self.costs = np.array(atoms.costs)

    def run_px(self, n: int) -> Floats64:
        """Widths."""
        widths_px: Floats64 = (
            _over(self.widths_px, n) - self.spaces_px[: len(self.spaces_px) - n + 1]
        )
        return widths_px

    def run_chars(self, n: int) -> Floats64:
        """Characters."""
        chars: Floats64 = _over(self.chars, n) - self.space_chars[: len(self.space_chars) - n + 1]
        return chars

    def one_line(self, n: int) -> Floats64:
        """0 where a run fits one line, else infinity; one atom always does."""
        # A hair more: sums of many widths differ in their last digits.
        fits = (self.run_px(n) <= self.rules.text_px + 1e-6) & (
            self.run_chars(n) <= self.rules.line_chars
        )
        return np.where(fits | (n == 1), 0.0, np.inf)


def prefix_sums(values: Floats64) -> Floats64:
    """Sums of the first 0, 1, … values: one more than there are values."""
    return np.concatenate([[0.0], np.cumsum(values)])


def _over(prefix: Floats64, n: int) -> Floats64:
    difference: Floats64 = prefix[n:] - prefix[: len(prefix) - n]
    return difference


def line_costs(sums: Sums, most: int) -> list[Floats64]:
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
                cost = sums.costs[top : top + count] + shape_cost(uneven)
                cost += single[top - 1][:count] + below
                np.minimum(best, cost, out=best)
            found.append(np.where(np.isfinite(single[n - 1]), 0.0, best))
        rest = found
    return rest
