"""How far the batches of a folder are, from their records: nothing is opened, heard or made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from sentigram.core.document import read_document
from sentigram.core.seal import digest_of
from sentigram.errors import DocumentError, InputError
from sentigram.jobs.batch import find_media_files
from sentigram.jobs.record import Record, RecordFile
from sentigram.jobs.stamps import WHOLE_BYTES, stamp_of

How = Literal["done", "working", "stopped", "failed", "changed", "to do"]


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How far one source is.

    Attributes:
        source: The media file, or its URL.
        how: done; working, a batch is at it now; stopped, a batch was and did not finish; failed;
            changed, the source or its Document is not what the results were made from, or one of
            them shows an earlier state or is gone; to do.
        detail: Why, "" where there is nothing to say.
    """

    source: Path | str
    how: How
    detail: str = ""

    def as_json(self) -> dict[str, Any]:
        """One entry for scripts."""
        return {"source": str(self.source), "status": self.how, "detail": self.detail}


def status(folder: Path, out: Path | None = None) -> Iterator[SourceStatus]:
    """Say of each media file in a folder how far it is.

    Args:
        folder: Of the recordings.
        out: Where their results are; beside them if not given.

    Raises:
        InputError: It is not a folder.
    """
    for source in find_media_files(folder):
        home = source.parent if out is None else out / source.parent.relative_to(folder)
        yield _status(source, RecordFile(home, source.stem))


def _status(source: Path, file: RecordFile) -> SourceStatus:
    try:
        return _known_status(source, file)
    except (InputError, OSError) as error:
        return SourceStatus(source, "changed", f"cannot be read: {error}")


def _known_status(source: Path, file: RecordFile) -> SourceStatus:
    if _is_claimed(file.claim):
        return SourceStatus(source, "working")
    record = file.read()
    if record is None or record.name != source.name:
        return SourceStatus(source, "to do")
    if record.state == "failed":
        return SourceStatus(source, "failed", record.error)
    if record.state == "begun":
        return SourceStatus(source, "stopped", "the next batch goes on with it")
    changed = ", ".join(_changed(source, file, record))
    if changed:
        return SourceStatus(source, "changed", changed)
    return SourceStatus(source, "done", ", ".join(_edited(file, record)))


def _is_claimed(claim: Path) -> bool:
    if not claim.is_file():
        return False
    try:
        with FileLock(claim, timeout=0):
            return False
    except (Timeout, OSError):
        return True


def _changed(source: Path, file: RecordFile, record: Record) -> Iterator[str]:
    """What is not as it was when the results were made, and what of them is gone."""
    if record.source is not None and not stamp_of(source).is_alike(record.source):
        yield "the recording changed"
    document = file.result("json")
    if document.is_file():
        try:
            if digest_of(read_document(document)) != record.document:
                yield "its Document was corrected"
        except DocumentError:
            yield "its Document cannot be read"
    for name in file.behind(record, record.document):
        yield f"{name} shows an earlier state"
    for path in map(file.result, record.results):
        if not path.is_file():
            yield f"{path.name} is gone"


def _edited(file: RecordFile, record: Record) -> Iterator[str]:
    """Results that are not as they were written: a batch leaves them alone."""
    for kind in record.results:
        path = file.result(kind)
        if kind != "json" and not record.wrote(kind, stamp_of(path, whole_bytes=WHOLE_BYTES)):
            yield f"{path.name} was edited"
