"""A folder of media files: found, planned and worked through; one failure never stops the rest.

Several batches may work on one folder: each source is claimed by one of them, and what another has
made meanwhile counts as done.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from sentigram.core.document import Document
from sentigram.core.protocols import Reporter
from sentigram.core.seal import digest_of
from sentigram.errors import InputError, SentigramError, resource_error
from sentigram.jobs.claims import claimed
from sentigram.jobs.job import Job, Settings, check, plan
from sentigram.jobs.keeper import failure_kept
from sentigram.jobs.prefetch import Turn, in_turn
from sentigram.jobs.record import Record
from sentigram.jobs.results import is_own_output
from sentigram.jobs.run import HeardJob, Made, concerns, draw_job, hear_job
from sentigram.jobs.up_to_date import asked_key, to_do

_VIDEO = "mp4 m4v mov mkv webm avi wmv flv mpg mpeg ts mts m2ts 3gp ogv"
_SOUND = "mp3 m4a aac wav flac ogg oga opus wma aiff aif"
MEDIA_SUFFIXES = frozenset(f".{name}" for name in f"{_VIDEO} {_SOUND}".split())

Status = Literal["done", "skipped", "kept", "failed"]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file of a batch.

    Attributes:
        source: The media file.
        status: done now; skipped because all its results are up to date; kept because some are
            not, and may not be replaced; or failed.
        made: What was made, None unless something was.
        error: Why it failed, "" unless failed.
        left_alone: Results that were not replaced, each with why.
        standing: The Document of a file of which nothing was made, where there is one.
    """

    source: Path
    status: Status
    made: Made | None = None
    error: str = ""
    left_alone: tuple[str, ...] = ()
    standing: Document | None = None

    @property
    def concerns(self) -> tuple[str, ...]:
        """Speech without words, and warnings about the sound or the words, as far as is known."""
        document = self.standing if self.made is None else self.made.document
        return () if document is None else concerns(document)

    @property
    def is_wanting(self) -> bool:
        """Whether not all is there that was asked for."""
        return self.status in ("kept", "failed")

    def as_json(self) -> dict[str, Any]:
        """One entry of the report."""
        detail = {} if self.made is None else self.made.as_json()
        return {
            "source": str(self.source),
            "status": self.status,
            **detail,
            **({"left_alone": list(self.left_alone)} if self.left_alone else {}),
            **({"error": self.error} if self.error else {}),
        }


@dataclass(frozen=True, slots=True)
class _Busy:
    """A source that another batch is at."""


def find_media_files(folder: Path) -> tuple[Path, ...]:
    """Media files in a folder and the folders below it, by name; hidden and own files left out.

    Raises:
        InputError: It is not a folder.
    """
    if not folder.is_dir():
        message = f"{folder}: not a folder; for single files use: sentigram render FILE"
        raise InputError(message)
    return tuple(sorted(_walk(folder)))


@dataclass(frozen=True, slots=True)
class Again:
    """What is looked at again of what an earlier batch did.

    Attributes:
        verify: Compare all of each source with what it was, and not pieces of it.
        retry_failed: Try again what failed for what is in the file.
    """

    verify: bool = False
    retry_failed: bool = False


_AS_USUAL = Again()


def run(
    folder: Path,
    settings: Settings,
    reporter: Reporter,
    *,
    again: Again = _AS_USUAL,
    on_start: Callable[[Path, int, int], None] = lambda _source, _number, _total: None,
) -> tuple[Result, ...]:
    """Make the results of every media file in a folder.

    With `settings.out`, the folder's tree is repeated there. What is up to date is left as it is,
    and what is not is made again: from its Document, where only its look changed or a person
    corrected it. A record beside the results knows which is which.

    Raises:
        InputError: It is not a folder.
        SentigramError: The settings are wrong: see `jobs.job.check`.
    """
    sources = find_media_files(folder)
    check(settings)
    hearing = _Hearing(folder, settings, again)
    results: dict[Path, Result] = {}
    numbers = {source: number + 1 for number, source in enumerate(sources)}
    left = sources
    for waits in (False, True):
        works = (partial(hearing.hear, source, waits=waits) for source in left)
        busy = []
        for source, turn in zip(left, in_turn(works, reporter), strict=True):
            on_start(source, numbers[source], len(sources))
            result = _draw(source, turn, reporter)
            if isinstance(result, _Busy):
                reporter.note("another batch is at it; what it makes is looked at in the end")
                busy.append(source)
            else:
                results[source] = result
        left = tuple(busy)
    return tuple(results[source] for source in sources)


class _Hearing:
    """Plans files and finds their words, one at a time.

    Args:
        folder: Where they are.
        settings: What is wanted of each.
        again: What is looked at again.
    """

    def __init__(self, folder: Path, settings: Settings, again: Again) -> None:
        self._folder, self._settings, self._again = folder, settings, again
        self._owners: dict[Path, Path] = {}  # which file each result belongs to

    def hear(
        self, source: Path, reporter: Reporter, stack: ExitStack, *, waits: bool
    ) -> Result | HeardJob | _Busy:
        """The words of a file, or why there is nothing to do; its claim is held by the stack."""
        job = self._planned(source)
        for path in job.paths.values():
            owner = self._owners.setdefault(path.absolute(), source)
            if owner != source:
                error = f"{source}: would become {path.name}, as {owner.name} does; rename one"
                return Result(source, "failed", error=error)
        if waits:
            with reporter.stage("waiting") as progress:
                stack.enter_context(claimed(job.record, while_waiting=lambda: progress(0.0)))
        elif not stack.enter_context(claimed(job.record)):
            return _Busy()
        with failure_kept(job):
            return self._left_to_do(job, reporter, stack)

    def _planned(self, source: Path) -> Job:
        settings = self._settings
        if settings.out is not None:
            below = source.parent.relative_to(self._folder)
            settings = replace(settings, out=settings.out / below)
        (job,) = plan([source], settings, is_checked=True)
        return replace(job, keeps_record=True)

    def _left_to_do(self, job: Job, reporter: Reporter, stack: ExitStack) -> Result | HeardJob:
        record = job.record.read()
        if record is not None and record.name != job.source.name:
            record = None  # of another recording of that name
        if record is not None and self._has_failed_so(job, record):
            error = f"{record.error} (it failed so before; `retry_failed` tries it again)"
            return Result(job.source, "failed", error=error)
        left = to_do(job, record, verify=self._again.verify)
        for line in left.left_alone:
            reporter.warn(line)
        if not left.paths:
            if record is not None and left.known is not None:
                self._say_behind(job, record, left.known, reporter)
            status: Status = "kept" if left.left_alone else "skipped"
            return Result(job.source, status, left_alone=left.left_alone, standing=left.known)
        return hear_job(job, reporter, stack, to_do=left)

    @staticmethod
    def _say_behind(job: Job, record: Record, shown: Document, reporter: Reporter) -> None:
        if line := job.record.line_behind(record, digest_of(shown)):
            reporter.warn(line)

    def _has_failed_so(self, job: Job, record: Record) -> bool:
        """Whether the same was asked of the same file before, and the file was at fault."""
        if self._again.retry_failed or job.settings.overwrite or not record.asked:
            return False
        return record.asked == asked_key(job, record)


def _draw(
    source: Path, turn: Turn[Result | HeardJob | _Busy], reporter: Reporter
) -> Result | _Busy:
    """Do the rest of one file."""
    try:
        heard = turn.result()
        if not isinstance(heard, HeardJob):
            return heard
        with failure_kept(heard.job):
            made = draw_job(heard, reporter)
        left_alone = heard.to_do.left_alone
        return Result(source, "kept" if left_alone else "done", made, left_alone=left_alone)
    except SentigramError as error:
        return Result(source, "failed", error=str(error))
    except Exception as error:  # noqa: BLE001  (a fault of ours must not stop the rest either)
        lack = resource_error(error)
        why = str(lack) if lack else f"internal error: {type(error).__name__}: {error}"
        return Result(source, "failed", error=why)


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            path = Path(root, name)
            if (
                path.suffix.lower() in MEDIA_SUFFIXES
                and not name.startswith(".")
                and not is_own_output(path)
            ):
                yield path
