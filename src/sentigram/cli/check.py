"""`sentigram check`: subtitles against the rules of caption guides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sentigram.cli.flags import as_flags
from sentigram.errors import InputError, UsageError

if TYPE_CHECKING:
    from sentigram.check.checking import CheckOptions
    from sentigram.check.report_page import CheckedFile

_VIOLATIONS = 1
_FORMATS = ("text", "json", "table", "html")


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
    form: Annotated[
        str, typer.Option("--format", help="text, json, table or html (a page).")
    ] = "text",
    fix: Annotated[
        bool, typer.Option("--fix", help="Write a corrected copy: talk.fixed.srt.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for corrected copies.")] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Also write the report to this file: report.html or report.json."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace copies, and the report.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Only the sum of each file, not each finding.")
    ] = False,
) -> None:
    """Check subtitles: lines, reading speed, times, contrast, flashes. Exit 1 on violations."""
    from sentigram.cli.check_output import Outcome, check_report_file, printed, write_report
    from sentigram.cli.reporter import ConsoleReporter

    if form not in _FORMATS:
        message = f"--format {form!r}: choose from {', '.join(_FORMATS)}"
        raise UsageError(message)
    _refuse_idle(fix=fix, out=out, report=report, overwrite=overwrite)
    if report is not None:
        check_report_file(report, files, overwrite=overwrite)
    options = _options(profile, culture, age, language, fps, size, rules, skip)
    if video is not None:
        from sentigram.check.checking import video_facts

        options = video_facts(video, options)
    reporter = ConsoleReporter()
    shows_page = form == "html" or (report is not None and report.suffix.lower() == ".html")
    checked: list[CheckedFile] = []
    unread: list[str] = []
    code = 0
    for path in files:
        try:
            one = (
                _corrected(path, options, out=out, overwrite=overwrite)
                if fix
                else _checked(path, options, proposes=shows_page)
            )
        except InputError as error:
            if len(files) == 1:
                raise
            reporter.warn(str(error))
            unread.append(as_flags(str(error)))
            code = max(code, error.exit_code)
            continue
        for remark in one.report.remarks:
            reporter.warn(f"{path}: {remark}")
        printed(one, path, form, is_fix=fix, quiet=quiet)
        checked.append(one)
        code = max(code, _VIOLATIONS if one.report.n_violations else 0)
    write_report(Outcome(checked, unread, options), form, report, overwrite=overwrite)
    if code:
        raise typer.Exit(code)


def _refuse_idle(*, fix: bool, out: Path | None, report: Path | None, overwrite: bool) -> None:
    """Refuse options that would do nothing.

    Raises:
        UsageError: There is one.
    """
    if out is not None and not fix:
        message = (
            "--out: belongs to --fix, which writes copies; to write the report to a file, "
            "give --report FILE"
        )
        raise UsageError(message)
    if overwrite and not fix and report is None:
        message = "--overwrite: belongs to --fix and --report, which write files"
        raise UsageError(message)


def _corrected(
    path: Path, options: CheckOptions, *, out: Path | None, overwrite: bool
) -> CheckedFile:
    """Correct one file into a copy, and check that."""
    from sentigram.check.fix.fixing import correct_file
    from sentigram.check.report_page import CheckedFile

    made = correct_file(path, options, folder=out, overwrite=overwrite)
    return CheckedFile(made.report, made.changes, copy=str(made.path or ""))


def _checked(path: Path, options: CheckOptions, *, proposes: bool) -> CheckedFile:
    """Check one file, and find out what would be corrected, if that will be shown."""
    from sentigram.check.checking import check_file
    from sentigram.check.fix.fixing import proposed
    from sentigram.check.report_page import CheckedFile

    report = check_file(path, options)
    if not proposes:
        return CheckedFile(report)
    try:
        return CheckedFile(report, proposed(path, report, options))
    except UsageError as error:
        return CheckedFile(report, obstacle=as_flags(str(error)))


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
