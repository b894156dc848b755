"""What `sentigram check` prints, and how it reads frame rates and sizes."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from sentigram.errors import UsageError

if TYPE_CHECKING:
    from sentigram.check.checking import Report
    from sentigram.check.fix.retiming import CueChange

_HIGHEST_FPS = 1000


def show(
    report: Report, changes: Sequence[CueChange], name: str, target: str, form: str, *, quiet: bool
) -> None:
    """Print a report as text or as a table.

    Args:
        report: Of the file, or of its corrected copy.
        changes: That were made.
        name: Of the file that was read.
        target: Of the copy, "" for none.
        form: text or table.
        quiet: Only the sum.
    """
    from sentigram.check.reports import change_lines, summary, text_lines
    from sentigram.cli.reporter import print_line, printable

    if not quiet:
        for line in change_lines(name, changes):
            print_line(printable(line))
    if target:
        print_line(printable(f"written: {target}; what is left in it:"))
    if quiet:
        print_line(printable(summary(report)))
    elif form == "table":
        _table(report)
        print_line(printable(summary(report)))
    else:
        for line in text_lines(report):
            print_line(printable(line))


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
