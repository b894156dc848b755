"""Features in a table: a column for each number, or a list of numbers in one cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.errors import InputError
from sentigram.training.corpora.tables.columns import named
from sentigram.training.corpora.tables.table import Line

# As printed: a list, or one within array(…) or tensor(…)
_OUTER = re.compile(r"[a-z.]*\s*\(?\s*\[(?P<inner>.*)\]", re.DOTALL)
_BETWEEN = re.compile(r"[\s,;]+")


class RowError(ValueError):
    """A row cannot be used, and why; the others can."""


@dataclass(frozen=True, slots=True)
class Group:
    """Columns that make one vector.

    Attributes:
        name: What they have in common.
        places: Of the columns, in their order.
    """

    name: str
    places: tuple[int, ...]

    def values(self, line: Line) -> Floats32:
        """The numbers of a line, float32 (width,), or (n_tokens, width) of a list of lists.

        Raises:
            RowError: There are none, or they are no finite numbers.
        """
        if len(self.places) == 1:
            values = _numbers(line.cells[self.places[0]], self.name)
        else:
            values = np.empty(len(self.places), np.float32)
            for i, place in enumerate(self.places):
                values[i] = _number(line.cells[place], self.name)
        if not values.size:
            message = f"{self.name} is empty"
            raise RowError(message)
        if not np.isfinite(values).all():
            message = f"{self.name} has a cell that is empty, no number, or not finite"
            raise RowError(message)
        return values


def find_group(path: Path, header: Sequence[str], name: str) -> Group:
    """The columns of a group: V1 itself, V1_0 to V1_511, V1.0, V1[0], or V1 many times.

    Args:
        path: Of the table, for messages.
        header: Its columns.
        name: Of the group, as written; else in any case.

    Raises:
        InputError: There is none, a number is missing or there twice, or V1 may mean two things.
    """
    for fold in (str, str.casefold):
        exact = [i for i, column in enumerate(header) if fold(column) == fold(name)]
        numbered = _numbered([fold(column) for column in header], fold(name))
        if exact or numbered:
            return Group(name, _places(path, name, exact, numbered))
    message = f"{path}:1: no column {name} or {name}_0; found {named(header) or 'nothing'}"
    raise InputError(message)


def joined(parts: Iterable[Floats32]) -> Floats32:
    """Groups side by side, float32 (n_tokens, width).

    Raises:
        RowError: One has more steps in time than another.
    """
    rows = [part[None] if part.ndim == 1 else part for part in parts]
    lengths = sorted({len(row) for row in rows})
    if len(lengths) > 1:
        message = f"its groups have {' and '.join(map(str, lengths))} steps in time"
        raise RowError(message)
    return np.concatenate(rows, axis=1)


def _numbered(header: Sequence[str], name: str) -> dict[int, list[int]]:
    """Number → the columns that bear it. V10 is no tenth V1: such need a mark in between."""
    mark = r"[ _.\-\[(]" + ("" if name[-1:].isdecimal() else "?")
    form = re.compile(rf"{re.escape(name)}{mark}(?P<number>\d{{1,6}})[\])]?")
    found: dict[int, list[int]] = {}
    for place, column in enumerate(header):
        match = form.fullmatch(column)
        if match is not None:
            found.setdefault(int(match["number"]), []).append(place)
    return found


def _places(
    path: Path, name: str, exact: Sequence[int], numbered: dict[int, list[int]]
) -> tuple[int, ...]:
    if not numbered:
        return tuple(exact)  # one, or the same name above each
    if exact:
        # pandas calls columns of one name V1, V1.1, V1.2
        if len(exact) > 1 or 0 in numbered:
            message = f"{path}:1: {name} may be a column, or {name}_0 and so on; rename one"
            raise InputError(message)
        numbered = {0: list(exact), **numbered}
    twice = [number for number, places in numbered.items() if len(places) > 1]
    if twice:
        message = f"{path}:1: {len(twice)} numbers of {name} are there twice, such as {twice[0]}"
        raise InputError(message)
    first = min(numbered)
    missing = [n for n in range(first, max(numbered) + 1) if n not in numbered]
    if missing or first > 1:
        gap = missing[0] if missing else 0
        message = f"{path}:1: {name} has columns up to {max(numbered)}, and none of number {gap}"
        raise InputError(message)
    return tuple(numbered[number][0] for number in sorted(numbered))


def _number(cell: object, name: str) -> float:
    match cell:
        case bool():
            return float(cell)
        case int() | float():
            return float(cell)
        case None:
            return float("nan")
        case str():
            try:
                return float(cell) if cell.strip() else float("nan")
            except ValueError:
                pass
    message = f"{name} has a cell that is no number: {str(cell)[:40]!r}"
    raise RowError(message)


def _numbers(cell: object, name: str) -> Floats32:
    if isinstance(cell, list):
        try:
            values = np.asarray(cell, np.float32)
        except (TypeError, ValueError):
            values = np.empty((0, 0, 0), np.float32)
        if values.ndim in (1, 2):
            return values
        message = f"{name} is no list of numbers"
        raise RowError(message)
    if not isinstance(cell, str):
        return np.array([_number(cell, name)], np.float32)
    if "..." in cell or "…" in cell:
        message = f"{name} was cut where it was written: its cell holds '...' in place of numbers"
        raise RowError(message)
    match = _OUTER.match(cell.strip())
    inner = (match["inner"] if match else cell).strip()
    if inner.startswith("[") and inner.endswith("]"):
        inner = inner[1:-1]  # some keep a batch of one
    if "[" in inner:
        message = f"{name} is a list of lists; only JSON tables keep sequences in a cell"
        raise RowError(message)
    pieces = [piece for piece in _BETWEEN.split(inner) if piece]
    return np.array([_number(piece, name) for piece in pieces], np.float32)
