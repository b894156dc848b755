"""One recording of a batch: planned, heard and drawn; what became of it is a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from sentigram.core.document import Document
from sentigram.core.protocols import Reporter
from sentigram.core.seal import digest_of
from sentigram.errors import SentigramError, resource_error
from sentigram.jobs.claims import claimed
from sentigram.jobs.faults import Fault, fault_of
from sentigram.jobs.job import Job, Settings, plan
from sentigram.jobs.keeper import failure_kept
from sentigram.jobs.record import Record
from sentigram.jobs.results import targets
from sentigram.jobs.run import HeardJob, Made, concerns, draw_job, hear_job
from sentigram.jobs.twins import heard_of_twin
from sentigram.jobs.up_to_date import asked_key, to_do

Status = Literal["done", "skipped", "kept", "failed"]
FAILED_BEFORE = "(it failed so before; `retry_failed` tries it again)"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one recording of a batch.

    Attributes:
        source: The media file.
        status: done now; skipped because all its results are up to date; kept because some are
            not, and may not be replaced; or failed.
        made: What was made, None unless something was.
        error: Why it failed, "" unless failed.
        left_alone: Results that were not replaced, each with why.
        standing: The Document of a file of which nothing was made, where there is one.
        fault: What is at fault where it failed: see `jobs.faults`.
    """

    source: Path
    status: Status
    made: Made | None = None
    error: str = ""
    left_alone: tuple[str, ...] = ()
    standing: Document | None = None
    fault: Fault = ""

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
class Busy:
    """A source that another batch is at."""


@dataclass(frozen=True, slots=True)
class Again:
    """What is looked at again of what an earlier batch did.

    Attributes:
        verify: Compare all of each source with what it was, and not pieces of it.
        retry_failed: Try again what failed for what is in the file.
    """

    verify: bool = False
    retry_failed: bool = False


AS_USUAL = Again()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a batch wants of each recording.

    Attributes:
        folder: Where the recordings are; its tree is repeated in `settings.out`.
        settings: What is wanted of each.
        again: What is looked at again.
    """

    folder: Path
    settings: Settings
    again: Again = AS_USUAL

    def settings_of(self, source: Path) -> Settings:
        """The settings, with the place for the results of one recording."""
        if self.settings.out is None:
            return self.settings
        return replace(
            self.settings, out=self.settings.out / source.parent.relative_to(self.folder)
        )


def clashes(wanted: Wanted, sources: Sequence[Path]) -> Mapping[Path, str]:
    """The recordings whose results would have the names of an earlier one's, each with why.

    The reason is to be said after the recording's name.
    """
    owners: dict[Path, Path] = {}
    found: dict[Path, str] = {}
    for source in sources:
        settings = wanted.settings_of(source)
        try:
            paths = targets(source, settings.kinds, folder=settings.out)
        except SentigramError:  # said when its turn comes
            continue
        for path in paths.values():
            owner = owners.setdefault(path.absolute(), source)
            if owner != source:
                why = f"would become {path.name}, as {owner.name} does; rename one"
                found.setdefault(source, why)
    return found


def do_source(
    source: Path,
    wanted: Wanted,
    reporter: Reporter,
    *,
    waits: bool = False,
    twin: Path | None = None,
) -> Result | Busy:
    """Make the results of one recording; what goes wrong is in the result.

    Args:
        source: The recording.
        wanted: What is wanted of it.
        reporter: Is told what goes on.
        waits: Wait for another batch that is at it; else say that it is busy.
        twin: A recording with the same content, whose results are made: see `jobs.twins`.
    """
    with ExitStack() as stack:
        return draw_source(
            source,
            lambda: hear_source(source, wanted, reporter, stack, waits=waits, twin=twin),
            reporter,
        )


def hear_source(
    source: Path,
    wanted: Wanted,
    reporter: Reporter,
    stack: ExitStack,
    *,
    waits: bool,
    twin: Path | None = None,
) -> Result | HeardJob | Busy:
    """The words of a recording, or why there is nothing to do; see `do_source`.

    Args:
        source: The recording.
        wanted: What is wanted of it.
        reporter: Is told what goes on.
        stack: Holds its claim and its sound; closed after `draw_source`.
        waits: Wait for another batch that is at it.
        twin: A recording with the same content.
    """
    (job,) = plan([source], wanted.settings_of(source), is_checked=True)
    job = replace(job, keeps_record=True)
    if waits:
        with reporter.stage("waiting") as progress:
            stack.enter_context(claimed(job.record, while_waiting=lambda: progress(0.0)))
    elif not stack.enter_context(claimed(job.record)):
        return Busy()
    with failure_kept(job):
        return _left_to_do(job, wanted, reporter, stack, twin)


def draw_source(
    source: Path, heard: Callable[[], Result | HeardJob | Busy], reporter: Reporter
) -> Result | Busy:
    """Do the rest of one recording.

    Args:
        source: The recording.
        heard: Gives what `hear_source` gave, or raises what it raised.
        reporter: Is told what goes on.
    """
    try:
        known = heard()
        if not isinstance(known, HeardJob):
            return known
        with failure_kept(known.job):
            made = draw_job(known, reporter)
        left_alone = known.to_do.left_alone
        return Result(source, "kept" if left_alone else "done", made, left_alone=left_alone)
    except SentigramError as error:
        return Result(source, "failed", error=str(error), fault=fault_of(error))
    except Exception as error:  # noqa: BLE001  (a fault of ours must not stop the rest either)
        lack = resource_error(error)
        why = str(lack) if lack else f"internal error: {type(error).__name__}: {error}"
        return Result(source, "failed", error=why, fault=fault_of(error))


def _left_to_do(
    job: Job, wanted: Wanted, reporter: Reporter, stack: ExitStack, twin: Path | None
) -> Result | HeardJob:
    again = wanted.again
    record = job.record.read()
    if record is not None and record.name != job.source.name:
        record = None  # of another recording of that name
    if record is not None and _has_failed_so(job, record, again):
        error = f"{record.error} {FAILED_BEFORE}"
        return Result(job.source, "failed", error=error, fault="file")
    left = to_do(job, record, verify=again.verify)
    for line in left.left_alone:
        reporter.warn(line)
    if not left.paths:
        if record is not None and left.known is not None:
            _say_behind(job, record, left.known, reporter)
        status: Status = "kept" if left.left_alone else "skipped"
        return Result(job.source, status, left_alone=left.left_alone, standing=left.known)
    if left.known is None and twin is not None:
        (other,) = plan([twin], wanted.settings_of(twin), is_checked=True)
        if (document := heard_of_twin(job, record, other)) is not None:
            note = f"holds what {twin.name} holds: its words and readings are taken"
            left = replace(left, known=document, note=note)
    return hear_job(job, reporter, stack, to_do=left)


def _say_behind(job: Job, record: Record, shown: Document, reporter: Reporter) -> None:
    if line := job.record.line_behind(record, digest_of(shown)):
        reporter.warn(line)


def _has_failed_so(job: Job, record: Record, again: Again) -> bool:
    """Whether the same was asked of the same file before, and the file was at fault."""
    if again.retry_failed or job.settings.overwrite or not record.asked:
        return False
    return record.asked == asked_key(job, record)
