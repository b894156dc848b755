"""`sentigram batch`: a folder of media files."""

from __future__ import annotations

import json
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
    from sentigram.jobs.one_source import Result

STATUS = "batch status"
_SOME_FAILED = 1
_STATES = ("done", "skipped", "kept", "failed")
_ANOTHER = "another `report`"

EXAMPLES = (
    "sentigram batch recordings",
    "sentigram batch recordings --to srt,html --out captions --report report.json",
    "sentigram batch recordings --language en --strict --quiet",
)


@with_flags
def batch(
    folder: Annotated[Path, typer.Argument(help="Folder; the folders below it count too.")],
    settings: Settings,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Compare all of each source with what it was, not a sample."),
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try again what failed for what is in the file.")
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

    What is up to date is skipped, and a stopped batch goes on where it was. Another look, kind or
    theme is drawn from the Documents in seconds; a file that you edited is left alone. Several
    batches share one folder; sentigram batch status FOLDER says how far they are.
    One failure never stops the rest; the exit code is 1 when there was one.
    """
    from sentigram.cli.reporter import ConsoleReporter, in_one_line, print_line
    from sentigram.core.document import is_document
    from sentigram.files import check_free, made_folder, write_text
    from sentigram.jobs.batch import run
    from sentigram.jobs.one_source import Again

    engine_line = settings.engine.chosen.line
    if report is not None:
        if report.suffix != ".json" or is_document(report):
            message = f"`report {report}`: needs a name of its own that ends with .json"
            raise UsageError(message)
        check_free([report], overwrite=settings.overwrite, may_make=True, instead=_ANOTHER)
    with ConsoleReporter(quiet=quiet) as reporter:
        reporter.note(engine_line)
        results = run(
            folder,
            settings,
            reporter,
            again=Again(verify=verify, retry_failed=retry_failed),
            on_start=lambda source, number, total: reporter.title(
                f"[{number}/{total}] {source.relative_to(folder)}"
            ),
        )
        results = tuple(
            replace(
                result,
                error=in_one_line(as_flags(result.error)),
                left_alone=tuple(map(as_flags, result.left_alone)),
            )
            for result in results
        )
        if not results:
            reporter.warn(f"{folder}: no video or audio file in it, nor in the folders below it")
    text = json.dumps([result.as_json() for result in results], indent=1)
    if report is not None:
        with made_folder(report.parent):
            write_text(report, f"{text}\n", overwrite=settings.overwrite, instead=_ANOTHER)
    if as_json:
        print_line(text)
    else:
        _print_table(results, folder)
    if any(result.is_wanting for result in results):
        raise typer.Exit(_SOME_FAILED)
    named = ((str(result.source.relative_to(folder)), result.concerns) for result in results)
    fail_if_strict(named, strict=strict)


def _print_table(results: tuple[Result, ...], folder: Path) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from sentigram.cli.reporter import printable

    table = Table("file", "status", "words", "time", "note", box=None, pad_edge=False)
    for result in results:
        made = result.made
        table.add_row(
            Text(printable(str(result.source.relative_to(folder)))),
            result.status,
            "" if made is None else str(len(made.document.track.readings)),
            "" if made is None else f"{made.seconds:.1f} s",
            Text(printable(as_flags(_note(result)))),
        )
    console = Console()
    console.print(table)
    counts = {s: sum(r.status == s for r in results) for s in _STATES}
    console.print(", ".join(f"{n} {s}" for s, n in counts.items() if n or s != "kept"))


def _note(result: Result) -> str:
    return result.error or next(iter((*result.left_alone, *result.concerns)), "")


def status(
    folder: Annotated[Path, typer.Argument(help="Folder of a batch.")],
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
    from sentigram.jobs.status import status as status_of

    found = tuple(status_of(folder, out))
    if as_json:
        print_line(json.dumps([one.as_json() for one in found], indent=1))
        return
    table = Table("file", "status", "note", box=None, pad_edge=False)
    for one in found:
        name = printable(str(one.source.relative_to(folder)))
        table.add_row(Text(name), one.how, Text(printable(as_flags(one.detail))))
    console = Console()
    console.print(table)
    counts = Counter(one.how for one in found)
    console.print(", ".join(f"{n} {how}" for how, n in counts.items()) or "no recordings")
