"""Workbooks made by hand, so that tests need no library for them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_FORM = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET = "xl/worksheets/sheet1.xml"
HEAD = f'<worksheet xmlns="{MAIN}"><sheetData>'.encode()
END = b"</sheetData></worksheet>"


def workbook(path: Path, sheet: bytes, *, texts: bytes = b"", others: Sequence[str] = ()) -> Path:
    """Write a workbook.

    Args:
        path: The file.
        sheet: XML of the first sheet, which is called Sheet.
        texts: XML of the texts that cells refer to.
        others: Titles of more sheets, which are empty.
    """
    titles = ["Sheet", *others]
    parts = {f"xl/worksheets/sheet{i}.xml": HEAD + END for i in range(1, len(titles) + 1)}
    parts[SHEET] = sheet
    kinds = [("worksheet", part.removeprefix("xl/")) for part in parts]
    if texts:
        parts["xl/sharedStrings.xml"] = texts
        kinds.append(("sharedStrings", "/xl/sharedStrings.xml"))
    parts["xl/_rels/workbook.xml.rels"] = _relations(kinds)
    named = "".join(
        f'<sheet name="{title}" sheetId="{i}" r:id="r{i}"/>' for i, title in enumerate(titles, 1)
    )
    start = f'<workbook xmlns="{MAIN}" xmlns:r="{_KINDS}"><sheets>'
    parts["xl/workbook.xml"] = f"{start}{named}</sheets></workbook>".encode()
    parts["_rels/.rels"] = _relations([("officeDocument", "xl/workbook.xml")])
    parts["[Content_Types].xml"] = _forms(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    return path


def of_rows(path: Path, rows: Sequence[Sequence[Any]], *others: str) -> Path:
    """Write rows of texts and numbers; None is an empty cell."""
    lines = []
    for number, row in enumerate(rows, 1):
        cells = [_cell(value, f"{_letters(i)}{number}") for i, value in enumerate(row)]
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    return workbook(path, HEAD + "".join(lines).encode() + END, others=others)


def _cell(value: object, place: str) -> str:
    match value:
        case None:
            return ""
        case bool():
            return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
        case int() | float():
            return f'<c r="{place}"><v>{value!r}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def _letters(place: int) -> str:
    first, second = divmod(place, 26)
    return (_letters(first - 1) if first else "") + chr(ord("A") + second)


def _relations(kinds: Sequence[tuple[str, str]]) -> bytes:
    inner = "".join(
        f'<Relationship Id="r{i}" Type="{_KINDS}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(kinds, 1)
    )
    head = f'<Relationships xmlns="{_PACKAGE}/relationships">'
    return f"{head}{inner}</Relationships>".encode()


def _forms(parts: Mapping[str, bytes]) -> bytes:
    forms = {"xl/workbook.xml": "sheet.main", "xl/sharedStrings.xml": "sharedStrings"}
    inner = "".join(
        f'<Override PartName="/{part}" ContentType="{_FORM}.{forms.get(part, "worksheet")}+xml"/>'
        for part in parts
        if part.endswith(".xml")
    )
    default = (
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    )
    return f'<Types xmlns="{_PACKAGE}/content-types">{default}{inner}</Types>'.encode()
