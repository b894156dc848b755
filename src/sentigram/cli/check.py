"""`sentigram check`: subtitles against the rules of caption guides."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sentigram.errors import InputError, UsageError

if TYPE_CHECKING:
    from sentigram.check.checking import CheckOptions
    from sentigram.check.fix.retiming import CueChange

_VIOLATIONS = 1
_FORMATS = ("text", "json", "table")


def check(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", help="SRT, VTT, ASS, TTML, MicroDVD, SAMI, …, Documents."
        ),
    ],
    *,
    profile: Annotated[
        str, typer.Option(help="Comma-separated: netflix, bbc, shorts, sdh and others.")
    ] = "",
    culture: Annotated[str, typer.Option(help="Theme that Documents are laid out in.")] = "western",
    age: Annotated[str, typer.Option(help="Readers: child, teen, adult or senior.")] = "adult",
    language: Annotated[
        str, typer.Option(help="Code or English name; the file's own, or found out, if not given.")
    ] = "",
    fps: Annotated[
        str, typer.Option(help="Frames a second of the video: 25, 29.97 or 30000/1001.")
    ] = "",
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT of the video.")] = "",
    video: Annotated[
        Path | None, typer.Option(help="The video: its frame rate, size and changes of shot.")
    ] = None,
    rules: Annotated[str, typer.Option(help="Only these rules, comma-separated.")] = "",
    skip: Annotated[str, typer.Option(help="Not these rules, comma-separated.")] = "",
    form: Annotated[str, typer.Option("--format", help="text, json or table.")] = "text",
    fix: Annotated[
        bool, typer.Option("--fix", help="Write a corrected copy: talk.fixed.srt.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for corrected copies.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace copies.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Only the sum of each file, not each finding.")
    ] = False,
) -> None:
    """Check subtitles: lines, reading speed, times, contrast, flashes. Exit 1 on violations."""
    from sentigram.cli.reporter import ConsoleReporter

    if form not in _FORMATS:
        message = f"--format {form!r}: choose from {', '.join(_FORMATS)}"
        raise UsageError(message)
    if not fix and (out is not None or overwrite):
        message = (
            f"{'--overwrite' if overwrite else '--out'}: belongs to --fix, which writes copies"
        )
        raise UsageError(message)
    options = _options(profile, culture, age, language, fps, size, rules, skip)
    if video is not None:
        from sentigram.check.checking import video_facts

        options = video_facts(video, options)
    reporter = ConsoleReporter()
    collected: list[dict[str, Any]] = []
    code = 0
    for path in files:
        try:
            violations = _one(
                path,
                options,
                form,
                collected,
                reporter.warn,
                fix=fix,
                out=out,
                overwrite=overwrite,
                quiet=quiet,
            )
        except InputError as error:
            if len(files) == 1:
                raise
            reporter.warn(str(error))
            code = max(code, error.exit_code)
        else:
            code = max(code, _VIOLATIONS if violations else 0)
    if form == "json":
        from sentigram.cli.reporter import print_line

        print_line(json.dumps(collected, indent=1, ensure_ascii=True))
    if code:
        raise typer.Exit(code)


def _one(
    path: Path,
    options: CheckOptions,
    form: str,
    collected: list[dict[str, Any]],
    warn: Callable[[str], None],
    *,
    fix: bool,
    out: Path | None,
    overwrite: bool,
    quiet: bool,
) -> int:
    """Check one file, and correct it if asked; the violations that are left."""
    from sentigram.check.checking import check_file
    from sentigram.check.fix.fixing import correct_file
    from sentigram.check.reports import as_json
    from sentigram.cli.check_output import show
    from sentigram.cli.reporter import print_line, printable

    changes: Sequence[CueChange] = ()
    target = ""
    if fix:
        corrected = correct_file(path, options, folder=out, overwrite=overwrite)
        report, changes, target = corrected.report, corrected.changes, str(corrected.path or "")
    else:
        report = check_file(path, options)
    for remark in report.remarks:
        warn(f"{path}: {remark}")
    if form == "json":
        collected.append(as_json(report, changes, target))
    else:
        show(report, changes, str(path), target, form, quiet=quiet)
        if fix and not target:
            print_line(printable(f"{path}: nothing that --fix corrects, so there is no copy"))
    return report.n_violations


def _options(
    profile: str, culture: str, age: str, language: str, fps: str, size: str, rules: str, skip: str
) -> CheckOptions:
    from sentigram.check.checking import CheckOptions
    from sentigram.check.rules.catalogue import chosen
    from sentigram.cli.check_output import fps_of, language_of, size_of

    return CheckOptions(
        profiles=_listed(profile),
        culture=culture,
        age=age,
        language=language_of(language),
        fps=fps_of(fps),
        size=size_of(size),
        wanted=chosen(_listed(rules), _listed(skip)),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
