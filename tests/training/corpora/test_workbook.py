"""Workbooks of Excel, made by hand and by openpyxl, which is also the second opinion."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sentigram.errors import InputError
from sentigram.training.corpora import folder
from sentigram.training.corpora.tables import workbook
from sentigram.training.corpora.tables.opening import open_table
from sentigram.training.corpora.tables.table import Line, text_of
from tests.training.workbooks import END, HEAD, MAIN, of_rows
from tests.training.workbooks import workbook as book_of

ROW = b'<row r="1"><c r="A1" t="inlineStr"><is><t>text</t></is></c></row>'


def test_values_of_every_kind(tmp_path: Path):
    given = ["Hi", 1, 2.5, True, None, "é <&>", 10**14]
    table = open_table(of_rows(tmp_path / "t.xlsx", [list("abcdefg"), given]))
    assert table.header == tuple("abcdefg")
    (line,) = table.lines
    assert line == Line(f"{tmp_path / 't.xlsx'}:2", tuple(given))
    texts = [text_of(cell, line.where, "x") for cell in line.cells]
    assert texts == ["Hi", "1", "2.5", "True", "", "é <&>", "100000000000000"]


def test_the_reader_of_others_reads_the_same(tmp_path: Path):
    openpyxl = pytest.importorskip("openpyxl")
    rng = np.random.default_rng(0)
    book = openpyxl.Workbook()
    book.active.append([f"c{i}" for i in range(30)])
    odd = ("é <&> \n x", None, 7, -3, True, 1e-300, "", 10**14)
    for i in range(40):
        cells: list[Any] = rng.normal(size=30).tolist()
        cells[i % 30] = odd[i % len(odd)]
        book.active.append(cells)
    book.save(tmp_path / "t.xlsx")
    again = openpyxl.load_workbook(tmp_path / "t.xlsx", data_only=True)
    expected = [tuple(row) for row in again.active.iter_rows(min_row=2, values_only=True)]
    assert [line.cells for line in open_table(tmp_path / "t.xlsx").lines] == expected


def test_dates_are_the_numbers_that_excel_keeps(tmp_path: Path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["day"])
    book.active.append([dt.date(2024, 1, 2)])
    book.save(tmp_path / "t.xlsx")
    (line,) = open_table(tmp_path / "t.xlsx").lines
    assert line.cells == (45293,)  # days since 1899-12-30


CELLS = b"".join(
    b'<row r="%d"><c r="A%d" t="s"><v>%d</v></c></row>' % (i + 1, i + 1, i) for i in range(4)
)
TEXTS = b"".join([
    b"<si><t>head</t></si>",
    b"<si><r><t>a </t></r><r><t>b</t></r><rPh sb='0' eb='1'><t>ha</t></rPh></si>",
    b"<si/>",
    b'<si><t xml:space="preserve"> c\xc3\xa9</t></si>',
])  # fmt: skip


def test_texts_that_cells_refer_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    texts = b"<sst xmlns='%s'>%s</sst>" % (MAIN.encode(), TEXTS)
    path = book_of(tmp_path / "t.xlsx", HEAD + CELLS + END, texts=texts)
    assert [line.cells for line in open_table(path).lines] == [("a b",), (" cé",)]
    monkeypatch.setattr(workbook, "MOST_TEXTS", 3)
    with pytest.raises(InputError, match="more than 3 texts"):
        open_table(path)
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(path)
    assert [cell.value for cell in book.active["A"]] == ["head", "a b", "", " cé"]


def test_formulas_are_values_and_errors_are_nothing(tmp_path: Path):
    sheet = b"".join([
        HEAD, ROW,
        b'<row r="3"><c r="A3" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r>',
        b'<rPh sb="0" eb="1"><t>ha</t></rPh></is></c></row>',
        b'<row r="4"><c r="A4" t="e"><v>#N/A</v></c></row>',
        b'<row r="5"><c r="A5" t="str"><f>A3</f><v>ab</v></c></row>',
        b"<row><c><f>1+1</f><v>2</v></c></row>",
        b"<row><c><f>1+1</f></c></row>",  # nobody computed it yet
        END,
    ])  # fmt: skip
    expected = [(3, ("ab",)), (5, ("ab",)), (6, (2,))]
    lines = open_table(book_of(tmp_path / "t.xlsx", sheet)).lines
    assert [(int(one.where.rpartition(":")[2]), one.cells) for one in lines] == expected
    prefixed = sheet.replace(b"</", b"</x:").replace(b"<", b"<x:").replace(b"<x:/x:", b"</x:")
    prefixed = prefixed.replace(b"xmlns=", b"xmlns:x=")  # as some writers have it
    lines = open_table(book_of(tmp_path / "u.xlsx", prefixed)).lines
    assert [one.cells for one in lines] == [cells for _, cells in expected]


def test_a_list_of_texts(tmp_path: Path):
    rows = [["Utterance", "Emotion", "Nr"], ["Hi", "joy", 1], [None] * 3, ["Oh", "sad", 2.0]]
    notes: list[str] = []
    items = folder.read(of_rows(tmp_path / "t.xlsx", rows, "Notes"), note=notes.append)
    assert [(item.text, *item.labels) for item in items] == [("Hi", "happiness"), ("Oh", "sadness")]
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
        folder.read(of_rows(tmp_path / "t.xlsx", rows))


LAUGHS = b'<!DOCTYPE x [<!ENTITY a0 "ha">%s]>' % b"".join(
    b'<!ENTITY a%d "%s">' % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, 10)
)


@pytest.mark.parametrize(
    ("sheet", "reason"),
    [
        (b"no XML", "syntax error"),
        (HEAD, "no element found"),
        (b"", "no element found"),
        (LAUGHS + HEAD + ROW + END, "declares a document type"),
        (b"<?xml version='1.0' encoding='x'?>" + HEAD + END, "unknown encoding"),
    ],
)
def test_damaged_sheets_are_errors_that_name_the_file(tmp_path: Path, sheet: bytes, reason: str):
    with pytest.raises(InputError, match=rf"t\.xlsx: not a workbook .*{reason}"):
        open_table(book_of(tmp_path / "t.xlsx", sheet))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b'<row r="1"/>', "rows are not in their order"),
        (b'<row r="x"/>', "invalid literal"),
        (b'<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row>', "not in their order"),
        (b'<row r="2"><c r="XFE2"><v>1</v></c></row>', "not in their order"),
        (b'<row r="2"><c r="AAAA2"><v>1</v></c></row>', "a column called 'AAAA'"),
        (b'<row r="2"><c r="a2"><v>1</v></c></row>', "a column called 'a'"),
        (b'<row r="2"><c r="A2" t="s"><v>-1</v></c></row>', "refers to no text"),
        (b'<row r="2"><c r="A2" t="s"><v>9</v></c></row>', "index out of range"),
        (b'<row r="2"><c r="A2"><v>one</v></c></row>', "could not convert"),
        (b"<c/>" * 16_385, "a row has more than 16,384 cells"),
    ],
)
def test_cells_that_cannot_be_are_named(tmp_path: Path, row: bytes, reason: str):
    path = book_of(tmp_path / "t.xlsx", HEAD + ROW + row + END)
    with pytest.raises(InputError, match=rf"t\.xlsx: not a workbook .*{reason}"):
        list(open_table(path).lines)


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


def test_far_cells_cost_nothing(tmp_path: Path):
    """A file of four kilobytes that names the last cell of Excel ends other readers."""
    far = b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>'
    (line,) = open_table(book_of(tmp_path / "t.xlsx", HEAD + ROW + far + END)).lines
    assert line == Line(f"{tmp_path / 't.xlsx'}:1048576", (1,))


def test_what_it_unpacks_to_and_claims_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    wide = b'<row r="2"><c r="XFD2"><v>1</v></c></row>'
    path = book_of(tmp_path / "t.xlsx", HEAD + ROW + wide + END)
    with pytest.raises(InputError, match="more cells than the 1 columns"):
        list(open_table(path).lines)
    monkeypatch.setattr(workbook, "MOST_CELLS", 1000)
    with pytest.raises(InputError, match="more than 1,000 cells"):
        open_table(path)
    monkeypatch.setattr(workbook, "MOST_UNPACKED_BYTES", 1000)
    with pytest.raises(InputError, match="unpacks to"):
        open_table(path)


@pytest.mark.parametrize(
    "row",
    [
        b"<row>%s</row>" % (b" " * 400_000),
        b"<row><c><v>%s</v></c></row>" % (b"1" * 400_000),
        b'<row><c t="inlineStr"><is>%s</is></c></row>' % (b"<t>0123456789</t>" * 1_000),
    ],
)
def test_texts_are_bounded(tmp_path: Path, row: bytes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workbook, "MOST_TEXT_LENGTH", 1_000)
    with pytest.raises(InputError, match="more than 1,000 characters"):
        list(open_table(book_of(tmp_path / "t.xlsx", HEAD + ROW + row + END)).lines)
