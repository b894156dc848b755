"""`sentigram batch`: a folder of media files, or an archive of them on many workers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sentigram.cli.flags import as_flags, with_flags
from sentigram.cli.short_help import HELP_ALL
from sentigram.cli.strict import STRICT, fail_if_strict
from sentigram.errors import UsageError
from sentigram.jobs.job import Settings

if TYPE_CHECKING:
    from sentigram.cli.reporter import ConsoleReporter
    from sentigram.jobs.cluster.archive import Archive, Crew
    from sentigram.jobs.cluster.pace import Pace
    from sentigram.jobs.cluster.shards import Shard
    from sentigram.jobs.entry import Entry
    from sentigram.jobs.one_source import Again

STATUS = "batch status"
_SOME_FAILED = 1
_STATES = ("done", "skipped", "kept", "failed")
_ANOTHER = "another `report`"

EXAMPLES = (
    "sentigram batch recordings",
    "sentigram batch recordings --to srt,html --out captions --report report.json",
    "sentigram batch recordings --workers 8",
)
_PANEL = "Many workers, many machines"
_PACE_SECONDS = 10.0  # between lines that say how far it is
_WATCH_SECONDS = 5.0  # between looks for new recordings


@with_flags
def batch(
    folder: Annotated[
        Path,
        typer.Argument(help="Folder, s3:// or gs:// URL, with what is below it."),
    ],
    settings: Settings,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Compare all of each source with what it was, not a sample."),
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try again what failed for what is in the file.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Processes on this machine; with --cluster, the most of them.",
            min=1,
            max=100_000,
            rich_help_panel=_PANEL,
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(help="Work on a Ray cluster: auto, or its address.", rich_help_panel=_PANEL),
    ] = None,
    cores_per_worker: Annotated[
        float,
        typer.Option(help="Cores of a worker.", min=0.01, max=4096, rich_help_panel=_PANEL),
    ] = 1.0,
    gpus_per_worker: Annotated[
        float,
        typer.Option(
            help="GPUs of a worker, or a part of one such as 0.25.",
            min=0,
            max=64,
            rich_help_panel=_PANEL,
        ),
    ] = 0.0,
    split_minutes: Annotated[
        float,
        typer.Option(
            help="Divide recordings from this length on where workers would wait; 0 for never.",
            min=0,
            max=10_000,
            rich_help_panel=_PANEL,
        ),
    ] = 30.0,
    shard: Annotated[
        str | None,
        typer.Option(
            help="One of several parts: 2/8; auto in Slurm, auto/8 in Kubernetes.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", help="Go on with what is put there, until stopped.", rich_help_panel=_PANEL
        ),
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Also write the report to this JSON file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help=STRICT)] = False,
    help_all: Annotated[bool, HELP_ALL] = False,  # noqa: ARG001  (its callback does the work)
) -> None:
    """Render every video and audio file in a folder.

    What is up to date is skipped, and a stopped batch goes on where it was.
    Another look, kind or theme is drawn from the Documents in seconds; a file
    that you edited is left alone. Several batches share one folder; sentigram
    batch status FOLDER says how far they are. One failure never stops the rest;
    the exit code is 1 when there was one.
    """
    from sentigram.cli.reporter import ConsoleReporter
    from sentigram.core.document import is_document
    from sentigram.core.time import MS_PER_MINUTE
    from sentigram.files import check_free
    from sentigram.jobs.cluster.archive import Crew
    from sentigram.jobs.cluster.places import url_of
    from sentigram.jobs.cluster.shards import shard_of
    from sentigram.jobs.cluster.units import Share
    from sentigram.jobs.one_source import Again

    part = None if shard is None else shard_of(shard)
    again = Again(verify=verify, retry_failed=retry_failed)
    share = Share(cores_per_worker, gpus_per_worker)
    crew = Crew(cluster or "", workers, share, round(split_minutes * MS_PER_MINUTE))
    at_url = bool(url_of(folder) or (settings.out is not None and url_of(settings.out)))
    if not crew.uses_ray:
        _ = settings.engine_line  # what is wrong with the choice is said before anything else
    if report is not None:
        if report.suffix != ".json" or is_document(report):
            message = f"`report {report}`: needs a name of its own that ends with .json"
            raise UsageError(message)
        check_free([report], overwrite=settings.overwrite, may_make=True, instead=_ANOTHER)
    said = _Said(folder, report, as_json=as_json, overwrite=settings.overwrite)
    with ConsoleReporter(quiet=quiet) as reporter:
        if part is not None:
            reporter.note(f"part {part} of the recordings")
        if crew.uses_ray or at_url or watch:
            with _archive(folder, settings, reporter, again, crew, part) as archive:
                rounds = _rounds(archive, reporter) if watch else iter((archive.run(),))
                for entries in rounds:
                    said.add(entries, reporter)
        else:
            said.add(_in_turn(folder, settings, reporter, again, part), reporter)
    said.all()
    if any(entry.is_wanting for entry in said.entries):
        raise typer.Exit(_SOME_FAILED)
    fail_if_strict(((entry.name, entry.concerns) for entry in said.entries), strict=strict)


def _in_turn(
    folder: Path, settings: Settings, reporter: ConsoleReporter, again: Again, part: Shard | None
) -> tuple[Entry, ...]:
    """One recording after another, in this process."""
    from sentigram.jobs.batch import run
    from sentigram.jobs.entry import entry_of

    reporter.note(settings.engine_line)
    results = run(
        folder,
        settings,
        reporter,
        again=again,
        only=lambda sources: tuple(
            source
            for source in sources
            if part is None or part.holds(source.relative_to(folder).as_posix())
        ),
        on_start=lambda source, number, total: reporter.title(
            f"[{number}/{total}] {source.relative_to(folder)}"
        ),
    )
    return tuple(entry_of(result, folder) for result in results)


@contextmanager
def _archive(
    folder: Path,
    settings: Settings,
    reporter: ConsoleReporter,
    again: Again,
    crew: Crew,
    part: Shard | None,
) -> Iterator[Archive]:
    from sentigram.jobs.cluster.archive import Archive

    def told(entry: Entry) -> None:
        if entry.status == "failed":
            reporter.note(f"{entry.name}: {entry.error}")

    archive = Archive(
        folder,
        settings,
        reporter,
        again=again,
        crew=crew,
        shard=part,
        on_pace=_now_and_then(reporter),
        on_entry=told,
    )
    archive.look()  # what is wrong with the place is said before workers are started
    with archive:
        yield archive


def _rounds(archive: Archive, reporter: ConsoleReporter) -> Iterator[tuple[Entry, ...]]:
    """What became of what is there, and of what comes, until somebody stops it."""
    from sentigram.jobs.cluster.watch import settled

    try:
        for names in settled(archive.look, lambda: time.sleep(_WATCH_SECONDS)):
            if entries := archive.run(names):
                for entry in entries:
                    if entry.status == "done":
                        reporter.note(f"{entry.name}: done")
                yield entries
            reporter.note("waiting for recordings; Ctrl-C ends it")
    except KeyboardInterrupt:
        reporter.note("stopped")


def _now_and_then(reporter: ConsoleReporter) -> Callable[[Pace], None]:
    last = time.monotonic()

    def on_pace(pace: Pace) -> None:
        nonlocal last
        if time.monotonic() - last >= _PACE_SECONDS:
            last = time.monotonic()
            reporter.note(str(pace))

    return on_pace


class _Said:
    """What was made so far, and where that is said.

    Args:
        folder: Of the recordings.
        report: A file for the report, None for none.
        as_json: The report is printed, and no table.
        overwrite: A report that is there may be replaced.
    """

    def __init__(
        self, folder: Path, report: Path | None, *, as_json: bool, overwrite: bool
    ) -> None:
        self.entries: tuple[Entry, ...] = ()
        self._folder, self._report, self._as_json = folder, report, as_json
        self._overwrite = overwrite

    def add(self, entries: tuple[Entry, ...], reporter: ConsoleReporter) -> None:
        """Take what a round made into the report; a recording that came again counts once."""
        from sentigram.cli.reporter import in_one_line
        from sentigram.files import made_folder, write_text

        told = {
            entry.name: replace(
                entry,
                error=in_one_line(as_flags(entry.error)),
                left_alone=tuple(map(as_flags, entry.left_alone)),
            )
            for entry in entries
        }
        self.entries = tuple(({entry.name: entry for entry in self.entries} | told).values())
        if not self.entries:
            reporter.warn(
                f"{self._folder}: no video or audio file in it, nor in the folders below it"
            )
        if self._report is not None:
            with made_folder(self._report.parent):
                write_text(
                    self._report, f"{self._text()}\n", overwrite=self._overwrite, instead=_ANOTHER
                )
            self._overwrite = True  # from now on it is this run's own

    def all(self) -> None:
        """Print all of it."""
        from sentigram.cli.reporter import print_line

        if self._as_json:
            print_line(self._text())
        else:
            _print_table(self.entries)

    def _text(self) -> str:
        return json.dumps([entry.as_json() for entry in self.entries], indent=1)


def _print_table(entries: tuple[Entry, ...]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from sentigram.cli.reporter import printable

    table = Table("file", "status", "words", "time", "note", box=None, pad_edge=False)
    for entry in entries:
        detail = entry.detail
        table.add_row(
            Text(printable(entry.name)),
            entry.status,
            str(detail["words"]) if detail else "",
            f"{detail['seconds']:.1f} s" if detail else "",
            Text(printable(as_flags(_note(entry)))),
        )
    console = Console()
    console.print(table)
    counts = {s: sum(entry.status == s for entry in entries) for s in _STATES}
    console.print(", ".join(f"{n} {s}" for s, n in counts.items() if n or s != "kept"))


def _note(entry: Entry) -> str:
    return entry.error or next(iter((*entry.left_alone, *entry.concerns)), "")


def status(
    folder: Annotated[Path, typer.Argument(help="Folder of a batch, or its URL.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results, as it was given to batch.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """How far the batches of a folder are: nothing is opened, heard or made."""
    from collections import Counter

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from sentigram.cli.reporter import print_line, printable
    from sentigram.jobs.cluster.places import url_of

    if url_of(folder) or (out is not None and url_of(out)):
        from sentigram.jobs.cluster.status import status_at_url

        found = tuple(status_at_url(folder, out))
    else:
        from sentigram.jobs.status import status as status_of

        found = tuple(status_of(folder, out))
    if as_json:
        print_line(json.dumps([one.as_json() for one in found], indent=1))
        return
    table = Table("file", "status", "note", box=None, pad_edge=False)
    for one in found:
        source = one.source
        name = printable(source if isinstance(source, str) else str(source.relative_to(folder)))
        table.add_row(Text(name), one.how, Text(printable(as_flags(one.detail))))
    console = Console()
    console.print(table)
    counts = Counter(one.how for one in found)
    console.print(", ".join(f"{n} {how}" for how, n in counts.items()) or "no recordings")
