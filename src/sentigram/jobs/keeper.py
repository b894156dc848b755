"""Writes down what becomes of a source while its results are made."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sentigram.core.document import Document, dumps, is_document
from sentigram.core.media import MediaInfo
from sentigram.core.seal import digest_of
from sentigram.errors import MediaError, SentigramError, TranscriptError
from sentigram.files import write_text
from sentigram.jobs.job import Job
from sentigram.jobs.record import Record, RecordFile, Written
from sentigram.jobs.stamps import WHOLE_BYTES, Stamp, sha256_of, stamp_of
from sentigram.jobs.up_to_date import asked_key, heard_key, result_keys

_MOST_WRITTEN = 2  # a run may be stopped when a new file is recorded and the old one is still there
_OF_THE_FILE = (MediaError, TranscriptError)  # trying again will not help


class Keeper:
    """Keeps the record of one job: each result is in it before it takes its place.

    Whatever the moment a run is killed at, the next one knows which files are Sentigram's own.

    Args:
        file: Where the record is.
        record: What is known before the results are drawn.
        keys: By kind of result.
        aside: Where the Document is kept, None if it is a result itself.
    """

    def __init__(
        self, file: RecordFile, record: Record, keys: Mapping[str, str], aside: Path | None
    ) -> None:
        self._file, self._record, self._keys, self._aside = file, record, keys, aside
        self._drawn: set[str] = set()

    def before_placed(self, kind: str, part: Path) -> None:
        """Write down a result that is about to take its place.

        Raises:
            OutputError: The record cannot be written.
        """
        written = Written(self._keys[kind], stamp_of(part, whole_bytes=WHOLE_BYTES))
        self._drawn.add(kind)
        earlier = self._record.results.get(kind, ())
        kept = (*earlier, written)[-_MOST_WRITTEN:]
        self._record = replace(self._record, results={**self._record.results, kind: kept})
        self._file.write(self._record)

    def finish(self, shown: Document) -> str:
        """Write down that all is done.

        Args:
            shown: The Document that the results show.

        Returns:
            What is to be said of other results, which show an earlier state; "" for nothing.

        Raises:
            OutputError: The record cannot be written.
        """
        digest = digest_of(shown)
        results = {
            kind: (replace(written[-1], document=digest) if kind in self._drawn else written[-1],)
            for kind, written in self._record.results.items()
            if written
        }
        self._record = replace(
            self._record,
            document=digest,
            results=results,
            state="done",
            error="",
            asked="",
        )
        if self._aside is not None:
            write_text(self._aside, dumps(shown), overwrite=True)
        self._file.write(self._record)
        return self._file.line_behind(self._record, digest)


class NoKeeper:
    """Where nobody keeps a record."""

    def before_placed(self, kind: str, part: Path) -> None:
        """Write nothing down."""

    def finish(self, shown: Document) -> str:
        """Write nothing down."""
        del shown
        return ""


def keeper_of(
    job: Job,
    document: Document,
    media: MediaInfo | None,
    *,
    is_new: bool,
    stamp: Stamp | None = None,
) -> Keeper | NoKeeper:
    """What keeps the record of a job whose Document is known.

    Args:
        job: The job.
        document: What its results show.
        media: The recording, None where it is not at hand.
        is_new: The Document was heard now.
        stamp: Of the recording when it began to be heard: what it holds since nobody has heard.

    Raises:
        OSError: The recording cannot be read.
    """
    if not (job.keeps_record or job.record.is_there):
        return NoKeeper()
    record = replace(job.record.read() or Record(name=job.source.name), state="begun")
    if stamp is None and media is not None:
        stamp = stamp_of(media.path)
    is_of_recording = not is_document(job.source)
    if is_of_recording and (is_new or record.source is None):
        record = replace(
            record,
            name=job.source.name,
            source=stamp,
            sha256=sha256_of(job.source),
            heard=heard_key(job, record),
        )
    aside = job.record.aside if is_of_recording and "json" not in job.paths else None
    return Keeper(job.record, record, result_keys(job, document, stamp), aside)


@contextmanager
def failure_kept(job: Job) -> Iterator[None]:
    """Where the block fails, write down why, as far as that is possible."""
    try:
        yield
    except SentigramError as error:
        record = job.record.read() or Record(name=job.source.name)
        with contextlib.suppress(OSError, SentigramError):
            asked = asked_key(job, record) if isinstance(error, _OF_THE_FILE) else ""
            job.record.write(replace(record, state="failed", error=str(error), asked=asked))
        raise
