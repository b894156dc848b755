"""Workbooks of Excel, made by openpyxl and by hand."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from sentigram.errors import InputError
from sentigram.training.corpora import folder
from sentigram.training.corpora.tables import workbook
from sentigram.training.corpora.tables.opening import open_table
from sentigram.training.corpora.tables.table import text_of

openpyxl = pytest.importorskip("openpyxl")


def saved(path: Path, rows: list[list[Any]], *others: str) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for name in others:
        book.create_sheet(name)
    book.save(path)
    return path


def test_values_of_every_kind(tmp_path: Path):
    day = dt.datetime(2024, 1, 2, 3, 4, 5)  # noqa: DTZ001  (workbooks know no zones)
    given = ["Hi", 1, 2.5, True, day, None, "é"]
    table = open_table(saved(tmp_path / "t.xlsx", [list("abcdefg"), given]))
    assert table.header == tuple("abcdefg")
    (line,) = table.lines
    assert line.where == f"{tmp_path / 't.xlsx'}:2"
    texts = [text_of(cell, line.where, "x") for cell in line.cells]
    assert texts == ["Hi", "1", "2.5", "True", "2024-01-02T03:04:05", "", "é"]


def test_formulas_are_the_values_that_were_last_computed(tmp_path: Path):
    path = saved(tmp_path / "t.xlsx", [["text", "label", "n"], ["Hi", "fear", "=1+1"]])
    (line,) = open_table(path).lines
    assert line.cells[2] is None  # nobody computed it yet
    whole = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(whole, "w") as new:
        for name in old.namelist():
            new.writestr(
                name, old.read(name).replace(b"<v></v>", b"<v>2</v>").replace(b"<v />", b"<v>2</v>")
            )
    path.write_bytes(whole.getvalue())
    (line,) = open_table(path).lines
    assert line.cells[2] == 2


def test_a_list_of_texts(tmp_path: Path):
    rows = [
        ["Utterance", "Emotion", "Nr"],
        ["Hi", "joy", 1],
        [None, None, None],
        ["Oh", "sad", 2.0],
    ]
    notes: list[str] = []
    items = folder.read(saved(tmp_path / "t.xlsx", rows, "Notes"), note=notes.append)
    assert [(item.text, item.labels) for item in items] == [
        ("Hi", ("happiness",)),
        ("Oh", ("sadness",)),
    ]
    assert "the sheet Sheet is read; not read: Notes" in notes[0]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], "the sheet Sheet is empty"),
        ([["text", "label"], ["Hi", "joy", "more"]], ":2: more cells than the 2 columns"),
        ([["text", "label"]], "holds no rows"),
    ],
)
def test_sheets_without_a_table(tmp_path: Path, rows: list[list[Any]], expected: str):
    with pytest.raises(InputError, match=expected):
        folder.read(saved(tmp_path / "t.xlsx", rows))


def changed(path: Path, name: str, data: bytes) -> Path:
    saved(path, [["text", "label"], ["Hi", "joy"]])
    whole = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, data if part == name else old.read(part))
    path.write_bytes(whole.getvalue())
    return path


SHEET = "xl/worksheets/sheet1.xml"
HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha">%s]>' % b"".join(
    b'<!ENTITY a%d "%s">' % (i, b"&a%s;" % (b"" if i == 0 else b"%d" % (i - 1)) * 10)
    for i in range(9)
)


@pytest.mark.parametrize(
    "data",
    [
        b"no XML",
        HEAD,
        b"",
        LAUGHS
        + HEAD
        + b'<row><c t="inlineStr"><is><t>&a8;</t></is></c></row></sheetData></worksheet>',
        HEAD + b'<row r="1"><c r="A1" t="s"><v>99</v></c></row></sheetData></worksheet>',
        HEAD + b'<row r="x"><c r="A1"><v>1</v></c></row></sheetData></worksheet>',
        HEAD + b'<row r="1"><c r="??"><v>1</v></c></row></sheetData></worksheet>',
    ],
)
def test_damaged_sheets_are_errors_that_name_the_file(tmp_path: Path, data: bytes):
    with pytest.raises(InputError, match=r"t\.xlsx"):
        folder.read(changed(tmp_path / "t.xlsx", SHEET, data))


def test_what_is_no_workbook(tmp_path: Path):
    path = tmp_path / "t.xlsx"
    path.write_bytes(bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600))  # before 2007, or encrypted
    with pytest.raises(InputError, match="save it anew as"):
        open_table(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "hello")
    with pytest.raises(InputError, match="not a workbook that can be read"):
        open_table(path)
    path.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(InputError, match="not a workbook that can be read"):
        open_table(path)


def test_what_it_unpacks_to_and_claims_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    far = HEAD + b'<row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData></worksheet>'
    path = changed(tmp_path / "t.xlsx", SHEET, far)
    monkeypatch.setattr(workbook, "MOST_CELLS", 1000)
    with pytest.raises(InputError, match="more than 1,000 cells"):
        open_table(path)
    monkeypatch.setattr(workbook, "MOST_UNPACKED_BYTES", 1000)
    with pytest.raises(InputError, match="unpacks to"):
        open_table(path)
