"""A table as it is read: a header, and lines that know where they stand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sentigram.errors import InputError


@dataclass(frozen=True, slots=True)
class Line:
    """One row.

    Attributes:
        where: `file:line`, for messages.
        cells: As many as the header has columns: texts, numbers, lists, or None for nothing.
    """

    where: str
    cells: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose lines are read one after another.

    Attributes:
        path: The file.
        header: Names of the columns, as written; a name may be there several times.
        lines: Read once.
    """

    path: Path
    header: tuple[str, ...]
    lines: Iterator[Line]


def text_of(cell: object, where: str, column: str) -> str:
    """A cell as text: whole numbers without a point, nothing as an empty text.

    Raises:
        InputError: It is a list or a table of its own.
    """
    match cell:
        case str():
            return cell
        case None:
            return ""
        case float() if cell.is_integer():
            return str(int(cell))
        case bool() | int() | float():
            return str(cell)
        case dt.date() | dt.time():
            return cell.isoformat()
    message = f"{where}: {column} is {type(cell).__name__}, where one text or number is expected"
    raise InputError(message)
