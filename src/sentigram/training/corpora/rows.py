"""Tables of text: each row knows its file and line, so that a complaint can name them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sentigram.errors import InputError
from sentigram.reading import TABLE, read_text


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row.

    Attributes:
        where: `file:line`, for messages.
        cells: Column → text, as written.
    """

    where: str
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def get(self, column: str) -> str:
        """A cell, empty where the table has no such column."""
        return self.cells.get(column, "")


def read_rows(
    path: Path,
    *,
    columns: Sequence[str] = (),
    header: Sequence[str] | None = None,
    delimiter: str = ",",
    quoted: bool = True,
) -> tuple[TableRow, ...]:
    """Read a UTF-8 table.

    Args:
        path: The file.
        columns: Names that the header line must hold.
        header: The columns of a file without a header line.
        delimiter: Between cells.
        quoted: Whether cells may be quoted; in some corpora a quotation mark is only a character.

    Raises:
        InputError: The file is absent, not UTF-8, lacks a column, or a row has too few or too many
            cells.
    """
    if not path.is_file():
        message = f"{path}: no such corpus file; give the folder that holds it"
        raise InputError(message)
    style: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    try:
        lines = io.StringIO(read_text(path, TABLE), newline="")
        reader = csv.DictReader(lines, header, delimiter=delimiter, quoting=style)
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing:
            message = (
                f"{path}:1: no column {', '.join(missing)}; "
                f"found {', '.join(reader.fieldnames or ()) or 'nothing'}"
            )
            raise InputError(message)
        return tuple(_checked(path, reader))
    except (OSError, ValueError, csv.Error) as error:
        message = f"{path}: cannot be read as UTF-8 text in columns ({error}); download it again"
        raise InputError(message) from error


def _checked(path: Path, reader: csv.DictReader[str]) -> Iterator[TableRow]:
    names = reader.fieldnames or ()
    for cells in reader:
        where = f"{path}:{reader.line_num}"
        # DictReader keeps surplus cells under None, and fills absent ones with None
        if None in cells or None in cells.values():
            found = "more" if None in cells else "fewer"
            message = f"{where}: {found} cells than the {len(names)} columns {', '.join(names)}"
            raise InputError(message)
        yield TableRow(where, cells)
