"""Documents that a person changed: found when their recording is rendered again, and never lost."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sentigram.core.document import SUFFIX, Document, read_document
from sentigram.core.protocols import Reporter
from sentigram.core.seal import is_untouched
from sentigram.errors import DocumentError, OutputError
from sentigram.files import output_error
from sentigram.jobs.carry_over import carry_over
from sentigram.jobs.results import stem

_KEPT = ".bak"
_MOST_LEFT = 5  # corrections that are told one by one


@dataclass(frozen=True, slots=True)
class Corrected:
    """A Document that a person changed, or that may have been.

    Attributes:
        path: Where it is.
        document: What it says.
    """

    path: Path
    document: Document

    @property
    def line(self) -> str:
        """What a run that uses it says."""
        why = "was changed since it was made"
        if self.document.seal is None:
            why = "does not say whether it was changed"
        return (
            f"{self.path.name} {why}, so its words and feelings are used and nothing is heard "
            "again; `rehear` hears anew and carries corrections over"
        )


def find_corrected(source: Path, folder: Path, *, infix: str = "") -> Corrected | None:
    """The Document of a recording that a person changed: among its results, or beside it.

    Args:
        source: The recording.
        folder: Where its results go.
        infix: Of the results' names: a preview has a Document of its own.

    Raises:
        DocumentError: A file of that name cannot be read, or was changed and is of another
            recording: using it or writing over it would both be wrong.
    """
    for home in dict.fromkeys((folder, source.parent)):
        for name in dict.fromkeys((f"{stem(source)}{infix}{SUFFIX}", f"{stem(source)}{SUFFIX}")):
            found = _changed(home / name, source)
            if found is not None:
                return found
    return None


def _changed(path: Path, source: Path) -> Corrected | None:
    if not path.is_file():
        return None
    try:
        document = read_document(path)
    except DocumentError as error:
        message = f"{error}; mend it, or hear anew with `rehear`, which keeps it as {_KEPT}"
        raise DocumentError(message) from error
    if is_untouched(document):
        return None
    if document.media.name != source.name:
        message = (
            f"{path}: is the Document of {document.media.name}, not of {source.name}, and may hold "
            "corrections; rename one of the two files, or hear anew with `rehear`, which keeps it "
            f"as {_KEPT}"
        )
        raise DocumentError(message)
    return Corrected(path, document)


def keep_changed(path: Path, text: str) -> Path | None:
    """Before a Document is written over: keep the one that is there, if a person changed it.

    Args:
        path: Of the Document.
        text: What will be there.

    Returns:
        Where it is kept: `talk.sentigram.json.bak`, `.bak2` …; None where nothing would be lost.

    Raises:
        OutputError: It cannot be kept.
    """
    if not path.is_file() or not _would_be_lost(path, text):
        return None
    for kept in _names(path):
        try:
            _link(path, kept)
        except FileExistsError:
            continue
        except OSError as error:
            raise output_error(kept, error) from error
        return kept
    message = f"{path}: cannot be kept, too many are already; move some of {path.name}{_KEPT}…"
    raise OutputError(message)


def _would_be_lost(path: Path, text: str) -> bool:
    try:
        with contextlib.suppress(UnicodeDecodeError):
            if path.stat().st_size == len(text.encode()) and path.read_text("utf-8") == text:
                return False
        return not is_untouched(read_document(path))
    except (DocumentError, OSError):
        return True


def _names(path: Path) -> Iterator[Path]:
    for number in range(1, 1000):
        yield path.with_name(f"{path.name}{_KEPT}{'' if number == 1 else number}")


def _link(path: Path, kept: Path) -> None:
    """A second name for a file, which then may be replaced; a copy where there are no links."""
    try:
        os.link(path, kept)
    except FileExistsError:
        raise
    except OSError:
        with kept.open("xb") as copy, path.open("rb") as original:
            shutil.copyfileobj(original, copy)


def with_corrections(corrected: Corrected, heard: Document, reporter: Reporter) -> Document:
    """What was heard anew, with the corrections that still fit; says how many, and which do not."""
    carried = carry_over(corrected.document, heard)
    if carried.n_carried:
        reporter.note(f"{carried.n_carried} corrections of {corrected.path.name} are carried over")
    for line in carried.left[:_MOST_LEFT]:
        reporter.warn(f"a correction does not fit what is heard now: {line}")
    if len(carried.left) > _MOST_LEFT:
        n_more = len(carried.left) - _MOST_LEFT
        reporter.warn(f"and {n_more} more corrections do not fit; they are in the kept Document")
    return carried.document
