"""Opens a table by what its name ends in: .csv, .tsv, .jsonl, .json, .xlsx."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sentigram.data_files import json_of, read_json
from sentigram.errors import InputError
from sentigram.reading import FEATURE_TABLE, TABLE, read_bytes, read_text
from sentigram.training.corpora.item import Note, silent
from sentigram.training.corpora.tables.table import Line, Table
from sentigram.training.corpora.tables.workbook import open_workbook

_DELIMITERS = (",", ";", "\t")


def open_table(path: Path, *, note: Note = silent) -> Table:
    """Open a table.

    Args:
        path: A file; SUFFIXES says which.
        note: Told of parts that are not read.

    Raises:
        InputError: It is absent, too large, of another form, or empty.
    """
    if path.suffix.lower() not in _OPENERS:
        message = f"{path}: not a table that is read; these are: {', '.join(SUFFIXES)}"
        raise InputError(message)
    if not path.is_file():
        message = f"{path}: no such corpus file; give the folder that holds it"
        raise InputError(message)
    try:
        return _OPENERS[path.suffix.lower()](path, note)
    except (OSError, ValueError) as error:
        raise InputError(_unreadable(path, error)) from error


def _text_table(path: Path, note: Note) -> Table:
    """Cells between commas, semicolons or tabs, whichever the header has."""
    del note
    # not kept open: whoever stops at a damaged line need not close it
    lines = io.TextIOWrapper(io.BytesIO(read_bytes(path, FEATURE_TABLE)), "utf-8-sig", newline="")
    first = lines.readline()
    lines.seek(0)
    delimiter = max(_DELIMITERS, key=lambda mark: (first.count(mark), mark == ","))
    # SpeechBrain writes spaces after its commas
    rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    try:
        header = tuple(name.strip() for name in next(rows, ()))
    except csv.Error as error:
        raise InputError(_unreadable(path, error)) from error
    if not any(header):
        message = f"{path}: holds no header line"
        raise InputError(message)
    return Table(path, header, _cells(path, header, rows))


def _cells(path: Path, header: Sequence[str], rows: Any) -> Iterator[Line]:
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except (OSError, ValueError, csv.Error) as error:
            raise InputError(_unreadable(path, error)) from error
        where = f"{path}:{rows.line_num}"
        if not cells:
            continue  # an empty line
        if len(cells) != len(header):
            found = "more" if len(cells) > len(header) else "fewer"
            names = ", ".join(header[:20])
            message = f"{where}: {found} cells than the {len(header)} columns {names}"
            raise InputError(message)
        yield Line(where, tuple(cells))


def _json_lines(path: Path, note: Note) -> Table:
    """An object a line."""
    del note
    records, n_values = [], 0
    for number, text in enumerate(read_text(path, TABLE).split("\n"), start=1):
        if not text.strip():
            continue
        where = f"{path}:{number}"
        n_values += 1 + text.count(",") + text.count("[") + text.count("{")
        if n_values > TABLE.most_values:
            message = f"{where}: more than {TABLE.most_values:,} values; save it as .csv"
            raise InputError(message)
        try:
            record = json_of(text, TABLE, where)
        except ValueError as error:
            message = f"{where}: not JSON ({error})"
            raise InputError(message) from error
        records.append((where, record))
    return _of_records(path, records)


def _json_table(path: Path, note: Note) -> Table:
    """A list of objects, or an object of id → object, as SpeechBrain and EmoBox have them."""
    del note
    given = read_json(path, TABLE)
    if isinstance(given, dict):
        named = {
            name: {"id": name, **record} if isinstance(record, dict) else record
            for name, record in given.items()
        }
        return _of_records(path, [(f"{path}: {name}", one) for name, one in named.items()])
    if isinstance(given, list):
        return _of_records(path, [(f"{path}: entry {i}", one) for i, one in enumerate(given)])
    message = f"{path}: holds {type(given).__name__}; expected a list, or an object of id → object"
    raise InputError(message)


def _of_records(path: Path, records: Sequence[tuple[str, object]]) -> Table:
    names: dict[str, None] = {}
    checked: list[tuple[str, Mapping[str, object]]] = []
    for where, record in records:
        if not isinstance(record, dict):
            message = f"{where}: is {type(record).__name__}; expected an object of column → cell"
            raise InputError(message)
        names |= dict.fromkeys(record)
        checked.append((where, record))
    if len(names) * len(checked) > 10 * TABLE.most_values:
        message = f"{path}: {len(checked):,} rows with {len(names):,} different columns"
        raise InputError(message)
    lines = (Line(where, tuple(one.get(name) for name in names)) for where, one in checked)
    return Table(path, tuple(names), lines)


def _unreadable(path: Path, error: Exception) -> str:
    return f"{path}: cannot be read as UTF-8 text in columns ({error}); download it again"


_OPENERS: Mapping[str, Callable[[Path, Note], Table]] = {
    ".csv": _text_table,
    ".tsv": _text_table,
    ".jsonl": _json_lines,
    ".json": _json_table,
    ".xlsx": lambda path, note: open_workbook(path, note=note),
    ".xlsm": lambda path, note: open_workbook(path, note=note),
}
SUFFIXES = tuple(_OPENERS)
