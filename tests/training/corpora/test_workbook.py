"""Workbooks of Excel, made by openpyxl and by hand; openpyxl is also the second opinion."""

from __future__ import annotations

import datetime as dt
import io
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
    assert texts == ["Hi", "1", "2.5", "True", "45293.12783564815", "", "é"]


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
NAMESPACE = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = b'<worksheet xmlns="%s"><sheetData>' % NAMESPACE
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


ROW = b'<row r="1"><c r="A1" t="inlineStr"><is><t>text</t></is></c></row>'
END = b"</sheetData></worksheet>"


def test_far_cells_cost_nothing(tmp_path: Path):
    """A file of four kilobytes that names the last cell of Excel ends other readers."""
    far = b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>'
    (line,) = open_table(changed(tmp_path / "t.xlsx", SHEET, HEAD + ROW + far + END)).lines
    assert line == Line(f"{tmp_path / 't.xlsx'}:1048576", (1,))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b'<row r="1"/>', "rows are not in their order"),
        (b'<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row>', "not in their order"),
        (b'<row r="2"><c r="XFE2"><v>1</v></c></row>', "not in their order"),
        (b'<row r="2"><c r="AAAA2"><v>1</v></c></row>', "a cell is called 'AAAA2'"),
        (b'<row r="2"><c r="a2"><v>1</v></c></row>', "a cell is called 'a2'"),
        (b'<row r="2"><c r="A2" t="s"><v>-1</v></c></row>', "refers to no text"),
        (b'<row r="2"><c r="A2"><v>one</v></c></row>', "could not convert"),
    ],
)
def test_cells_that_cannot_be_are_named(tmp_path: Path, row: bytes, reason: str):
    path = changed(tmp_path / "t.xlsx", SHEET, HEAD + ROW + row + END)
    with pytest.raises(InputError, match=rf"t\.xlsx: not a workbook .*{reason}"):
        list(open_table(path).lines)


def test_prefixes_phonetic_texts_and_errors_of_cells(tmp_path: Path):
    sheet = (HEAD + ROW + b"".join([
        b'<row r="3"><c r="A3" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r>',
        b'<rPh sb="0" eb="1"><t>ha</t></rPh></is></c></row>',
        b'<row r="4"><c r="A4" t="e"><v>#N/A</v></c></row>',
        b'<row r="5"><c r="A5" t="b"><v>1</v></c></row>',
        b"<row><c><f>1+1</f><v>2</v></c></row>",
    ]) + END)  # fmt: skip
    plain = changed(tmp_path / "t.xlsx", SHEET, sheet)
    expected = [(3, ("ab",)), (5, (True,)), (6, (2,))]
    found = [(int(one.where.rpartition(":")[2]), one.cells) for one in open_table(plain).lines]
    assert found == expected
    prefixed = sheet.replace(b"</", b"</x:").replace(b"<", b"<x:").replace(b"<x:/x:", b"</x:")
    prefixed = prefixed.replace(b"xmlns=", b"xmlns:x=")
    other = changed(tmp_path / "u.xlsx", SHEET, prefixed)
    assert [one.cells for one in open_table(other).lines] == [cells for _, cells in expected]


def test_the_reader_of_others_reads_the_same(tmp_path: Path):
    rng = np.random.default_rng(0)
    rows: list[list[Any]] = [[f"c{i}" for i in range(30)]]
    for i in range(40):
        cells = rng.normal(size=30).tolist()
        cells[i % 30] = ("é <&> \n x", None, 7, -3, True, 1e-300, "", 10**14)[i % 8]
        rows.append(cells)
    path = saved(tmp_path / "t.xlsx", rows)
    book = openpyxl.load_workbook(path, data_only=True)
    expected = [tuple(row) for row in book.active.iter_rows(min_row=2, values_only=True)]
    assert [line.cells for line in open_table(path).lines] == expected


def test_what_it_unpacks_to_and_claims_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    wide = b'<row r="2"><c r="XFD2"><v>1</v></c></row>'
    path = changed(tmp_path / "t.xlsx", SHEET, HEAD + ROW + wide + END)
    with pytest.raises(InputError, match="more cells than the 1 columns"):
        list(open_table(path).lines)
    monkeypatch.setattr(workbook, "MOST_CELLS", 1000)
    with pytest.raises(InputError, match="more than 1,000 cells"):
        open_table(path)
    monkeypatch.setattr(workbook, "MOST_UNPACKED_BYTES", 1000)
    with pytest.raises(InputError, match="unpacks to"):
        open_table(path)


def excels(path: Path, texts: bytes, cells: bytes) -> Path:
    """As Excel has it: cells refer to texts that stand in a part of their own."""
    saved(path, [["text"]])
    names = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relation = f'<Relationship Type="{names}/sharedStrings" Target="sharedStrings.xml" Id="x"/>'
    form = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    additions = {
        "xl/_rels/workbook.xml.rels": relation,
        "[Content_Types].xml": f'<Override PartName="/xl/sharedStrings.xml" ContentType="{form}"/>',
    }
    parts = {
        "xl/sharedStrings.xml": b"<sst xmlns='%s'>%s</sst>" % (NAMESPACE, texts),
        SHEET: HEAD + cells + END,
    }
    whole = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(whole, "w") as new:
        for part in old.namelist():
            more = additions.get(part)
            if more is not None:
                head, mark, tail = old.read(part).decode().rpartition("</")
                parts[part] = f"{head}{more}{mark}{tail}".encode()
            elif part not in parts:
                new.writestr(part, old.read(part))
        for part, data in parts.items():
            new.writestr(part, data)
    path.write_bytes(whole.getvalue())
    return path


CELLS = b"".join(
    b'<row r="%d"><c r="A%d" t="s"><v>%d</v></c></row>' % (i + 1, i + 1, i) for i in range(4)
)


def test_texts_that_cells_refer_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    texts = b"".join([
        b"<si><t>head</t></si>",
        b"<si><r><t>a </t></r><r><t>b</t></r><rPh sb='0' eb='1'><t>ha</t></rPh></si>",
        b"<si/>",
        b'<si><t xml:space="preserve"> c\xc3\xa9</t></si>',
    ])  # fmt: skip
    path = excels(tmp_path / "t.xlsx", texts, CELLS)
    assert [line.cells for line in open_table(path).lines] == [("a b",), (" cé",)]
    book = openpyxl.load_workbook(path)
    assert [cell.value for cell in book.active["A"]] == ["head", "a b", None, " cé"]
    monkeypatch.setattr(workbook, "MOST_TEXTS", 3)
    with pytest.raises(InputError, match="more than 3 texts"):
        open_table(path)
