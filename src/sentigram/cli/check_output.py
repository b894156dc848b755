"""What `sentigram check` prints and writes, and how it reads frame rates and sizes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from sentigram.errors import UsageError

if TYPE_CHECKING:
    from sentigram.check.checking import CheckOptions, Report
    from sentigram.check.report_page import CheckedFile

_HIGHEST_FPS = 1000
_REPORT_SUFFIXES = (".html", ".json")
_ANOTHER = "another `report`"


def check_report_file(path: Path, files: Sequence[Path], *, overwrite: bool) -> None:
    """Find out before the work whether the report can be written.

    Args:
        path: Where it shall go.
        files: What is checked: it must not take the place of one.
        overwrite: Whether a file that exists may be replaced.

    Raises:
        UsageError: Its name does not say what it is, or it would replace what is checked.
        OutputError: It cannot be written there.
    """
    from sentigram.files import check_free

    if path.suffix.lower() not in _REPORT_SUFFIXES:
        message = f"--report {path}: write a name that ends in {' or '.join(_REPORT_SUFFIXES)}"
        raise UsageError(message)
    if any(one.exists() and path.exists() and path.samefile(one) for one in files):
        message = f"--report {path}: is a file that is checked; write another name"
        raise UsageError(message)
    check_free([path], overwrite=overwrite, may_make=True, instead=_ANOTHER)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of all files.

    Attributes:
        checked: Those that could be read.
        unread: Why the others could not.
        options: What they were checked against.
    """

    checked: Sequence[CheckedFile]
    unread: Sequence[str]
    options: CheckOptions

    def as_json(self) -> str:
        """The report for programs."""
        from sentigram.check.reports import as_json

        reports = [as_json(one.report, one.changes, one.copy) for one in self.checked]
        return json.dumps(reports, indent=1, ensure_ascii=True)

    def as_html(self) -> str:
        """The report as a page."""
        from sentigram.check.report_page import report_page

        return report_page(
            self.checked,
            unread=self.unread,
            made=datetime.now().astimezone(),
            profiles=self.options.profiles,
            age=self.options.age,
        )


_WHOLE = {"json": Outcome.as_json, "html": Outcome.as_html}


def write_report(outcome: Outcome, form: str, path: Path | None, *, overwrite: bool) -> None:
    """Print the report of all files where the format is one of them, and write it to a file.

    Args:
        outcome: What became of all files.
        form: As it was asked for; text and tables are printed already.
        path: The file, None for none.
        overwrite: Whether one that exists may be replaced.

    Raises:
        OutputError: It cannot be written.
    """
    from sentigram.cli.reporter import print_line
    from sentigram.files import made_folder, write_text

    if form in _WHOLE:
        print_line(_WHOLE[form](outcome).rstrip("\n"))
    if path is not None:
        text = _WHOLE[path.suffix.lower().removeprefix(".")](outcome).rstrip("\n")
        with made_folder(path.parent):
            write_text(path, f"{text}\n", overwrite=overwrite, instead=_ANOTHER)


def printed(one: CheckedFile, path: Path, form: str, *, is_fix: bool, quiet: bool) -> None:
    """Print what was found in one file as text or as a table; other formats are of all files.

    Args:
        one: What was found, and changed.
        path: The file that was read.
        form: text or table, or another one.
        is_fix: Whether it was to be corrected.
        quiet: Only the sum.
    """
    from sentigram.check.reports import change_lines, summary, text_lines
    from sentigram.cli.reporter import print_line, printable

    if form in _WHOLE:
        return
    if not quiet and one.copy:
        for line in change_lines(str(path), one.changes):
            print_line(printable(line))
    if one.copy:
        print_line(printable(f"written: {one.copy}; what is left in it:"))
    if quiet:
        print_line(printable(summary(one.report)))
    elif form == "table":
        _table(one.report)
        print_line(printable(summary(one.report)))
    else:
        for line in text_lines(one.report):
            print_line(printable(line))
    if is_fix and not one.copy:
        print_line(printable(f"{path}: nothing that --fix corrects, so there is no copy"))


def _table(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from sentigram.check.reports import COLUMNS, table_row
    from sentigram.cli.reporter import printable

    table = Table(*COLUMNS, box=None)
    for finding in report.findings:
        style = "red" if finding.severity == "violation" else "yellow"
        mark, *cells = map(printable, table_row(finding))
        table.add_row(Text(mark, style=style), *map(Text, cells))
    if report.findings:
        Console().print(table)


def language_of(text: str) -> str:
    """The code of a language by its code or name; "" for "".

    Raises:
        UsageError: There is no such language.
    """
    from sentigram.core.language import language_option

    return language_option(text) or ""


def fps_of(text: str) -> Fraction:
    """Read a frame rate; 0 for "".

    Raises:
        UsageError: It is not one.
    """
    if not text:
        return Fraction(0)
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        value = Fraction(0)
    if not 1 <= value <= _HIGHEST_FPS:
        message = f"--fps {text!r}: write frames a second, for example 25, 29.97 or 30000/1001"
        raise UsageError(message)
    # 29.97 means 30000/1001: the fraction that is meant has 1001 below.
    near = Fraction(round(value * 1001 / 1000) * 1000, 1001)
    return near if value.denominator > 1 and abs(near - value) < Fraction(1, 100) else value


def size_of(text: str) -> tuple[int, int]:
    """Read WIDTHxHEIGHT; (0, 0) for "".

    Raises:
        UsageError: It is not a size.
    """
    if not text:
        return 0, 0
    width, _, height = text.lower().partition("x")
    fits = width.isdecimal() and height.isdecimal() and len(text) < 12
    if not fits or not (16 <= int(width) <= 16384 and 16 <= int(height) <= 16384):
        message = f"--size {text!r}: write WIDTHxHEIGHT, for example 1920x1080"
        raise UsageError(message)
    return int(width), int(height)
