"""Documents that a person changed: found when their recording is rendered again, and never lost."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sentigram.core.document import SUFFIX, Document, read_document
from sentigram.core.protocols import Reporter
from sentigram.core.seal import corrected_words, holds_corrections, is_untouched, resealed
from sentigram.errors import DocumentError, OutputError
from sentigram.files import output_error
from sentigram.jobs.carry_over import carry_over
from sentigram.jobs.results import PREVIEW, stem

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
        why = "holds corrections"
        if self.document.seal is None:
            why = "does not say whether it was corrected"
        return (
            f"{self.path} {why}: its words and feelings are used and nothing is heard again, "
            "whatever `language`, `speakers`, `sound-model`, the engine or a transcript beside it "
            "say; `rehear` hears anew, and carries corrections over"
        )


def find_corrected(source: Path, folder: Path) -> Corrected | None:
    """The Document of a recording that a person changed: among its results, or beside it.

    One that a person changed itself comes before a copy that Sentigram wrote of one.

    Args:
        source: The recording.
        folder: Where its results go.

    Raises:
        DocumentError: A file of that name cannot be read, or was changed and is of another
            recording, or there are two that say different things: each way would lose something.
    """
    name = f"{stem(source)}{SUFFIX}"
    homes = {home.resolve(): home for home in (source.parent, folder)}
    found = [one for home in homes.values() if (one := _corrected(home / name, source))]
    changed = [one for one in found if not is_untouched(one.document)]
    if len(changed) > 1 and changed[0].document != changed[1].document:
        message = (
            f"{changed[0].path} and {changed[1].path} hold different corrections; put them "
            "together in one of the two, and remove the other"
        )
        raise DocumentError(message)
    return next(iter((*changed, *found)), None)


def _corrected(path: Path, source: Path) -> Corrected | None:
    if not os.path.lexists(path):
        return None
    otherwise = "hear anew with `rehear` and `overwrite`, which keep it"
    if not path.is_file():
        message = f"{path}: is a link to nowhere, or no file; mend it, or {otherwise}"
        raise DocumentError(message)
    try:
        document = read_document(path)
    except DocumentError as error:
        message = f"{error}; mend it, or {otherwise}"
        raise DocumentError(message) from error
    if not holds_corrections(document):
        return None
    if document.media.name != source.name:
        message = (
            f"{path}: is the Document of {document.media.name}, not of {source.name}, and may hold "
            f"corrections; rename one of the two files, or {otherwise}"
        )
        raise DocumentError(message)
    return Corrected(path, document)


def preview_line(source: Path, folder: Path) -> str:
    """What to say of a corrected Document of a preview, which no other run uses; "" for none."""
    path = folder / f"{stem(source)}{PREVIEW}{SUFFIX}"
    try:
        if not path.is_file() or is_untouched(read_document(path)):
            return ""
    except DocumentError:
        return ""
    return f"{path} was corrected, and is not used here: it is drawn when it is rendered itself"


def keep_changed(path: Path, new: Document) -> Path | None:
    """Before a Document is written over: keep the one that is there, if corrections would be lost.

    Args:
        path: Of the Document.
        new: What will be there.

    Returns:
        Where it is kept: `talk.sentigram.json.bak`, `.bak2` …; None where nothing would be lost.

    Raises:
        OutputError: It cannot be kept.
    """
    if not os.path.lexists(path) or not _would_be_lost(path, new):
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


def _would_be_lost(path: Path, new: Document) -> bool:
    if not path.is_file():  # a link to nowhere now may lead somewhere again
        return True
    try:
        old = read_document(path)
    except (DocumentError, OSError):
        return True
    if not is_untouched(old):
        return old != resealed(new)
    if not holds_corrections(old):
        return False
    # A copy of a corrected one: it is made again from that, with what is in it.
    return not holds_corrections(new) or not corrected_words(old) <= corrected_words(new)


def _names(path: Path) -> Iterator[Path]:
    for number in range(1, 1000):
        yield path.with_name(f"{path.name}{_KEPT}{'' if number == 1 else number}")


def _link(path: Path, kept: Path) -> None:
    """A second name for a file, which then may be replaced; a copy where there are no links."""
    if path.is_symlink():
        kept.symlink_to(path.readlink())
        return
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
        n, name = carried.n_carried, corrected.path.name
        what = "correction" if n == 1 else "corrections"
        reporter.note(f"{n} {what} of {name} {'is' if n == 1 else 'are'} carried over")
    for line in carried.left[:_MOST_LEFT]:
        reporter.warn(f"a correction does not fit what is heard now: {line}")
    if len(carried.left) > _MOST_LEFT:
        n_more = len(carried.left) - _MOST_LEFT
        reporter.warn(f"and {n_more} more corrections do not fit; they are in the kept Document")
    return carried.document
