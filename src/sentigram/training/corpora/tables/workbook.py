"""Excel's workbooks: the values of the first sheet, row by row.

A workbook is an archive of XML. openpyxl reads it as a stream, formulas as the values that were
last computed, and never runs macros; what the archive unpacks to, and how many cells a sheet lays
claim to, is bounded here.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sentigram.errors import InputError, MissingError
from sentigram.reading import WORKBOOK, read_bytes, size_text
from sentigram.training.corpora.item import Note, silent
from sentigram.training.corpora.tables.table import Line, Table

MOST_UNPACKED_BYTES = 4_000_000_000
MOST_CELLS = 100_000_000
_MARK = b"PK\x03\x04"


def open_workbook(path: Path, *, note: Note = silent) -> Table:
    """Open the first sheet of a workbook; its first row is the header.

    Args:
        path: A .xlsx or .xlsm file.
        note: Told where there are other sheets, which are not read.

    Raises:
        InputError: It is absent, too large, damaged, protected by a password, or empty.
        MissingError: openpyxl is not installed.
    """
    try:
        from openpyxl import load_workbook
    except ModuleNotFoundError as error:
        message = f"{path}: reading workbooks needs openpyxl; run: pip install 'sentigram[train]'"
        raise MissingError(message) from error
    data = _checked(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what Excel can do and a table does not need
            book = load_workbook(
                io.BytesIO(data), read_only=True, data_only=True, keep_links=False, rich_text=False
            )
            sheets = book.worksheets
    except Exception as error:
        # What is damaged makes the reader raise nearly anything; all of it means this
        raise InputError(_damaged(path, error)) from error
    if not sheets:
        message = f"{path}: holds no sheet with cells"
        raise InputError(message)
    if len(sheets) > 1:
        others = ", ".join(sheet.title for sheet in sheets[1:])
        note(f"{path}: the sheet {sheets[0].title} is read; not read: {others}")
    sheets[0].reset_dimensions()  # what a file claims about its size is not trusted
    lines = _lines(sheets[0], path)
    header = next(lines, None)
    if header is None:
        message = f"{path}: the sheet {sheets[0].title} is empty"
        raise InputError(message)
    names = ["" if cell is None else str(cell).strip() for cell in header.cells]
    while names and not names[-1]:
        names.pop()
    return Table(path, tuple(names), (_fitted(line, len(names)) for line in lines))


def _checked(path: Path) -> bytes:
    """The file, once it is known to unpack to no more than is bearable."""
    try:
        data = read_bytes(path, WORKBOOK)
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror or error})"
        raise InputError(message) from error
    if not data.startswith(_MARK):
        message = (
            f"{path}: not a workbook of Excel 2007 or later; if it is an older one, or protected "
            "by a password, save it anew as .xlsx"
        )
        raise InputError(message)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            n_bytes = sum(part.file_size for part in archive.infolist())
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(_damaged(path, error)) from error
    if n_bytes > MOST_UNPACKED_BYTES:
        message = (
            f"{path}: unpacks to {size_text(n_bytes)}, where {size_text(MOST_UNPACKED_BYTES)} is "
            "the most that is read; save it as .csv"
        )
        raise InputError(message)
    return data


def _lines(sheet: Any, path: Path) -> Iterator[Line]:
    """Rows that hold anything, with the numbers that Excel shows."""
    n_cells = 0
    rows = iter(sheet.iter_rows(values_only=True))
    number = 0
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except Exception as error:
            raise InputError(_damaged(path, error)) from error
        number += 1
        n_cells += len(cells) + 1
        if n_cells > MOST_CELLS:
            message = f"{path}: lays claim to more than {MOST_CELLS:,} cells; save it as .csv"
            raise InputError(message)
        if any(cell is not None for cell in cells):
            yield Line(f"{path}:{number}", cells)


def _fitted(line: Line, n: int) -> Line:
    """A line with as many cells as the header has names: empty ones at the end are not stored."""
    cells = line.cells[:n] + (None,) * (n - len(line.cells))
    surplus = [cell for cell in line.cells[n:] if cell is not None]
    if surplus:
        message = f"{line.where}: more cells than the {n} columns that have a name"
        raise InputError(message)
    return Line(line.where, cells)


def _damaged(path: Path, error: Exception) -> str:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return f"{path}: not a workbook that can be read ({reason}); save it anew, or as .csv"
