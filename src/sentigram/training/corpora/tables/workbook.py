"""Excel's workbooks: the values of the first sheet, row by row.

A workbook (ECMA-376, Office Open XML) is an archive of XML. It is read as a stream, formulas as the
values that were last computed, dates as the numbers that Excel keeps; macros and all other parts
are not looked at. It is read here, and not by a library, because the fast one lays out every cell
between the first and the last, so that a file of four kilobytes ends the process, and the careful
one took 50 µs a cell: a table of features has millions.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.parsers import expat

from sentigram.errors import InputError
from sentigram.reading import WORKBOOK, read_bytes, size_text
from sentigram.training.corpora.item import Note, silent
from sentigram.training.corpora.tables.table import Line, Table

MOST_UNPACKED_BYTES = 2_000_000_000  # 14,000 rows of 1,074 numbers are 700 MB
MOST_TEXT_LENGTH = 1_000_000  # of one cell; Excel itself keeps 32,767 characters
MOST_CELLS = 100_000_000
MOST_TEXTS = 10_000_000
_MOST_COLUMNS = 16_384  # XFD, the last column of Excel
_CHUNK_BYTES = 1 << 16
_MARK = b"PK\x03\x04"
_DAMAGE = (
    expat.ExpatError,
    ValueError,
    LookupError,
    OSError,
    EOFError,
    RuntimeError,  # of an archive with a password; NotImplementedError is one
    zipfile.BadZipFile,
    zlib.error,
)


def open_workbook(path: Path, *, note: Note = silent) -> Table:
    """Open the first sheet of a workbook; its first row is the header.

    Args:
        path: A .xlsx or .xlsm file.
        note: Told where there are other sheets, which are not read.

    Raises:
        InputError: It is absent, too large, damaged, protected by a password, or empty.
    """
    data = _checked(path)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        sheets = _sheets(archive)
        texts = _texts(archive)
    except _DAMAGE as error:
        raise InputError(_damaged(path, error)) from error
    if not sheets:
        message = f"{path}: holds no sheet with cells"
        raise InputError(message)
    (name, part), *others = sheets
    if others:
        unread = ", ".join(title for title, _ in others)
        note(f"{path}: the sheet {name} is read; not read: {unread}")
    lines = _lines(archive, part, texts, path)
    header = next(lines, None)
    if header is None:
        message = f"{path}: the sheet {name} is empty"
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
    except _DAMAGE as error:
        raise InputError(_damaged(path, error)) from error
    if n_bytes > MOST_UNPACKED_BYTES:
        message = (
            f"{path}: unpacks to {size_text(n_bytes)}, where {size_text(MOST_UNPACKED_BYTES)} is "
            "the most that is read; save it as .csv"
        )
        raise InputError(message)
    return data


_Start = Callable[[str, dict[str, str]], None]
_End = Callable[[str], None]


class _Walk:
    """Walks through a part of the archive; names come without their prefixes.

    Args:
        start: Told of each element that begins, and its attributes.
        end: Told of each element that ends.
    """

    def __init__(self, start: _Start, end: _End = lambda _name: None) -> None:
        self.text: list[str] = []
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._first
        parser.CharacterDataHandler = self.text.append
        parser.StartDoctypeDeclHandler = _refuse_doctype
        self._parser, self._start, self._end = parser, start, end

    def _first(self, name: str, about: dict[str, str]) -> None:
        """The first element tells whether names have prefixes; most writers use none."""
        start, end = self._start, self._end
        has_prefix = ":" in name
        self._parser.StartElementHandler = (
            (lambda name, about: start(_local(name), about)) if has_prefix else start
        )
        self._parser.EndElementHandler = (lambda name: end(_local(name))) if has_prefix else end
        start(_local(name), about)

    def over(self, archive: zipfile.ZipFile, part: str) -> Iterator[None]:
        """Walk on, a chunk at a time."""
        with archive.open(part) as file:
            while chunk := file.read(_CHUNK_BYTES):
                self._parser.Parse(chunk, False)  # noqa: FBT003  (it takes no keywords)
                if sum(map(len, self.text)) > MOST_TEXT_LENGTH:
                    message = f"a text of it has more than {MOST_TEXT_LENGTH:,} characters"
                    raise ValueError(message)
                yield
        self._parser.Parse(b"", True)  # noqa: FBT003
        yield


def _local(name: str) -> str:
    return name.rpartition(":")[2] if ":" in name else name


def _refuse_doctype(*_about: object) -> None:
    raise ValueError("it declares a document type, which no workbook does")


def _sheets(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """The title and the part of each sheet of cells, in their order."""
    parts = {own: part for own, part, kind in _relations(archive) if kind.endswith("/worksheet")}
    found: list[tuple[str, str]] = []

    def start(name: str, about: dict[str, str]) -> None:
        if name == "sheet":
            own = next((value for key, value in about.items() if _local(key) == "id"), "")
            if own in parts:
                found.append((about.get("name", own), parts[own]))

    for _ in _Walk(start).over(archive, "xl/workbook.xml"):
        pass
    return found


def _relations(archive: zipfile.ZipFile) -> list[tuple[str, str, str]]:
    """Id, part and kind of all that the workbook is made of."""
    found: list[tuple[str, str, str]] = []

    def start(name: str, about: dict[str, str]) -> None:
        if name == "Relationship" and about.get("TargetMode") != "External":
            part = posixpath.normpath(posixpath.join("/xl", about["Target"])).lstrip("/")
            found.append((about["Id"], part, about["Type"]))

    for _ in _Walk(start).over(archive, "xl/_rels/workbook.xml.rels"):
        pass
    return found


def _texts(archive: zipfile.ZipFile) -> list[str]:
    """The texts that cells refer to by number."""
    part = next((p for _, p, kind in _relations(archive) if kind.endswith("/sharedStrings")), "")
    if not part:
        return []
    found: list[str] = []
    own: list[str] = []
    state = {"spoken": 0}  # how a text is read aloud, in Japanese, is no part of it

    def start(name: str, _about: dict[str, str]) -> None:
        state["spoken"] += name == "rPh"
        walk.text.clear()

    def end(name: str) -> None:
        if name == "t" and not state["spoken"]:
            own.extend(walk.text)
        elif name == "si":
            found.append("".join(own))
            own.clear()
        state["spoken"] -= name == "rPh"
        walk.text.clear()

    walk = _Walk(start, end)
    for _ in walk.over(archive, part):
        if len(found) > MOST_TEXTS:
            message = f"it holds more than {MOST_TEXTS:,} texts"
            raise ValueError(message)
    return found


class _Rows:
    """Gathers the rows of a sheet."""

    def __init__(self, texts: list[str], where: str) -> None:
        self._texts, self._where = texts, where
        self._number, self._place = 0, 0
        self._n_in_row = 0  # cells, also empty ones
        self._kind = ""
        self._cells: list[object] = []
        self._parts: list[str] = []
        self._spoken = 0
        self._known: dict[str, int] = {}  # letters of columns that were met → their places
        self.walk = _Walk(self._start, self._end)
        self.done: list[Line] = []
        self.n_cells = 0

    def _start(self, name: str, about: dict[str, str]) -> None:
        if name in ("v", "t"):
            self.walk.text.clear()
        elif name == "c":
            self._kind = about.get("t", "n")
            self._parts.clear()
            self._n_in_row += 1
            if self._n_in_row > _MOST_COLUMNS:
                message = f"a row has more than {_MOST_COLUMNS:,} cells"
                raise ValueError(message)
            place = len(self._cells)
            if "r" in about:
                letters = about["r"].rstrip("0123456789")
                place = self._known.get(letters, -1)
                if place < 0:
                    place = self._known[letters] = _column(letters)
            self._place = place
            if not len(self._cells) <= place < _MOST_COLUMNS:
                raise ValueError("cells of a row are not in their order")
        elif name == "row":
            number = int(about.get("r", self._number + 1))
            if number <= self._number:
                raise ValueError("rows are not in their order")
            self._number = number
            self._n_in_row = 0
            self._cells = []
        elif name == "rPh":
            self._spoken += 1

    def _end(self, name: str) -> None:
        if name == "c":
            text = "".join(self._parts)
            if len(text) > MOST_TEXT_LENGTH:
                message = f"a cell has more than {MOST_TEXT_LENGTH:,} characters"
                raise ValueError(message)
            value = self._value(text)
            if value is not None:
                self._cells += [None] * (self._place - len(self._cells))
                self._cells.append(value)
        elif name == "v":
            self._parts[:] = self.walk.text
        elif name == "t":
            if not self._spoken:
                self._parts += self.walk.text
        elif name == "row":
            self.n_cells += len(self._cells) + 1
            if self._cells:
                self.done.append(Line(f"{self._where}:{self._number}", tuple(self._cells)))
        elif name == "rPh":
            self._spoken -= 1

    def _value(self, text: str) -> object:
        match self._kind:
            case "n":
                if not text.strip():
                    return None
                return int(text) if text.isdecimal() and len(text) < 16 else float(text)
            case "s":
                number = int(text)
                if number < 0:
                    raise ValueError("a cell refers to no text")
                return self._texts[number] or None
            case "b":
                return text.strip() == "1"
            case "e":  # #N/A, #DIV/0!
                return None
        return text or None


def _lines(archive: zipfile.ZipFile, part: str, texts: list[str], path: Path) -> Iterator[Line]:
    """Rows that hold anything, with the numbers that Excel shows."""
    rows = _Rows(texts, str(path))
    steps = rows.walk.over(archive, part)
    while True:
        try:
            next(steps)
        except StopIteration:
            return
        except _DAMAGE as error:
            raise InputError(_damaged(path, error)) from error
        if rows.n_cells > MOST_CELLS:
            message = f"{path}: lays claim to more than {MOST_CELLS:,} cells; save it as .csv"
            raise InputError(message)
        yield from rows.done
        rows.done.clear()


def _column(letters: str) -> int:
    """The place of a column such as AB, from 0."""
    if not 1 <= len(letters) <= 3 or not all("A" <= letter <= "Z" for letter in letters):
        message = f"a cell is in a column called {letters[:20]!r}"
        raise ValueError(message)
    place = 0
    for letter in letters:
        place = 26 * place + ord(letter) - ord("A") + 1
    return place - 1


def _fitted(line: Line, n: int) -> Line:
    """A line with as many cells as the header has names: empty ones at the end are not stored."""
    cells = line.cells[:n] + (None,) * (n - len(line.cells))
    surplus = [cell for cell in line.cells[n:] if cell is not None]
    if surplus:
        message = f"{line.where}: more cells than the {n} columns that have a name"
        raise InputError(message)
    return Line(line.where, cells)


def _damaged(path: Path, error: BaseException) -> str:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return f"{path}: not a workbook that can be read ({reason}); save it anew, or as .csv"
