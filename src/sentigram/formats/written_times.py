"""Times as people and programs write them: other arrows, wide digits, points for commas.

Translators' editors, OCR and machine translation change `00:00:05,350 --> 00:00:07,690` in ways
that a person still reads: `00：00：05,350 -> 00：00：07,690`. What is read here is what a person
would read; everything else is no time.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from sentigram.formats.parsing import clock_ms

_COLONS = ":：∶﹕︓ː꞉"
_COMMAS = ",，、﹐､٫"
_POINTS = ".．。｡"
_MINUSES = r"\-‐‑‒–—―−－﹣⁃"
_GREATER = ">＞﹥›»"
_ARROWS = "→⇒⟶⟹➔➜➞➝➙⇾"
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u061c"
_AS_ASCII = str.maketrans(
    {
        **dict.fromkeys(_COLONS, ":"),
        **dict.fromkeys(_COMMAS, ","),
        **dict.fromkeys(_POINTS, "."),
        **dict.fromkeys(_MINUSES[1:], "-"),
        **dict.fromkeys(_GREATER, ">"),
        **dict.fromkeys(_ARROWS, "->"),
        **dict.fromkeys(_INVISIBLE, None),
        "＝": "=",
        "；": ";",
        "’": "'",
    }
)
_TAKEN_FOR_DIGITS = str.maketrans("OolI|", "00111")  # by OCR

_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_NEXT_NUMBER = re.compile(r" ?([:.,;']) ?(\d{1,9})(?!\d)", re.ASCII)
_SPACED_FRACTION = re.compile(r" (\d{3})(?!\d)", re.ASCII)
_ARROW = re.compile(r"\s*((?:-\s?){1,4}>{1,2}|={1,3}>|-{2,4})\s*")
_WEAK_ARROW = re.compile(r"\s*(?:-|~|>+|\s)\s*")
_LONGEST_LINE = 400  # of one that may be times: what is hostile must not make this slow
_LEAST_DIGITS = 4
_BEGINNING = re.compile(rf"\s*[{_MINUSES}{_INVISIBLE}OolI|\d]")
_MOST_NUMBERS = 4
_LONGEST_HOURS = 5


@dataclass(frozen=True, slots=True)
class TimesLine:
    """A line of times.

    Attributes:
        start_ms: May be negative, or after the end.
        end_ms: As start_ms.
        rest: What stands behind them.
    """

    start_ms: int
    end_ms: int
    rest: str


@dataclass(frozen=True, slots=True)
class _Clock:
    at_ms: int
    is_full: bool  # with a fraction, as programs write it
    end: int


def as_ascii(line: str) -> str:
    """A line whose digits, colons, dashes and arrows are those of ASCII."""
    line = line.translate(_AS_ASCII).replace("&gt;", ">")
    if line.isascii():
        return line
    return "".join(_digit(c) for c in line)


def times_line(line: str) -> TimesLine | None:
    """Read a line that begins with two times, None where it does not.

    With an arrow of any kind times may be short (`1:02 -> 1:05`); without one, as in `00:00:01.0 -
    00:00:02.5`, both must have fractions: `10:30 - 11:45` may be said.
    """
    if len(line) > _LONGEST_LINE or not _BEGINNING.match(line):
        return None
    written = as_ascii(line).strip()
    found = _two_times(written)
    if found is None and _may_be_misread(written):
        found = _two_times(written.translate(_TAKEN_FOR_DIGITS))
    return found


def is_attempt(line: str) -> bool:
    """Whether a line is meant as times, though nobody can say which."""
    if len(line) > _LONGEST_LINE:
        return False
    written = as_ascii(line).strip()
    arrow = _ARROW.search(written)
    if arrow is None:
        digits = sum(c.isdecimal() for c in written)
        marks = sum(c in ":," for c in written)
        return (
            digits >= 2 * _LEAST_DIGITS and marks >= 4 and not re.search(r"[^\d\s:.,;>-]", written)
        )
    before, after = written[: arrow.start()], written[arrow.end() :]
    sides = [_is_numbers(before), _is_numbers(after)]
    n_digits = sum(c.isdecimal() for c in written)
    return n_digits >= _LEAST_DIGITS and (all(sides) or (any(sides) and ">" in arrow[0]))


def _is_numbers(text: str) -> bool:
    """Whether a text could have been a time."""
    head = text.split(maxsplit=1)[0] if text.split() else ""
    digits = sum(c.isdecimal() for c in head)
    return digits >= 3 and any(c in ":.,;" for c in head)


def _may_be_misread(line: str) -> bool:
    """Whether there is a letter where digits are."""
    return bool(re.match(r"[\dOolI|]{1,2}:[\dOolI|]{1,2}[:,.]", line)) and "-" in line


def _two_times(line: str) -> TimesLine | None:
    first = _clock(line, 0)
    if first is None:
        return None
    arrow = _ARROW.match(line, first.end)
    weak = None if arrow else _WEAK_ARROW.match(line, first.end)
    between = arrow or weak
    second = _clock(line, between.end()) if between else None
    if second is None or (not arrow and not (first.is_full and second.is_full)):
        return None
    if line[second.end : second.end + 1] in (":", ";"):  # `00:00:xx`: a part is unreadable
        return None
    return TimesLine(first.at_ms, second.at_ms, line[second.end :].strip())


def _clock(line: str, start: int) -> _Clock | None:
    """A time that begins at a place of a line: 1:02, 1:02.5, 0:01:02 or 00:01:02,500."""
    sign = line[start : start + 1] == "-"
    match = _NUMBER.match(line, start + sign)
    if match is None:
        return None
    numbers, marks, end = [match[0]], [], match.end()
    while len(numbers) < _MOST_NUMBERS and (following := _NEXT_NUMBER.match(line, end)):
        marks.append(following[1])
        numbers.append(following[2])
        end = following.end()
    if len(numbers) == _MOST_NUMBERS - 1 and (spaced := _SPACED_FRACTION.match(line, end)):
        marks.append(" ")
        numbers.append(spaced[1])
        end = spaced.end()
    parts = _parts(numbers, marks)
    if parts is None:
        return None
    hours, minutes, seconds, fraction = parts
    if len(hours) > _LONGEST_HOURS or len(minutes) > 2 or len(seconds) > 2:
        return None
    at_ms = clock_ms(hours, minutes, seconds, fraction)
    return _Clock(-at_ms if sign else at_ms, bool(fraction), end)


def _parts(numbers: list[str], marks: list[str]) -> tuple[str, str, str, str] | None:
    """Hours, minutes, seconds and fraction; what is not written is "0" or ""."""
    match numbers:
        case [hours, minutes, seconds, fraction]:
            return hours, minutes, seconds, fraction
        case [minutes, seconds, fraction] if (marks[0] != marks[1] and marks[1] in ",.") or len(
            fraction
        ) == 3:
            return "0", minutes, seconds, fraction
        case [hours, minutes, seconds]:
            return hours, minutes, seconds, ""
        case [minutes, seconds] if marks[0] == ":":
            return "0", minutes, seconds, ""
    return None


def _digit(c: str) -> str:
    if c.isascii():
        return c
    value = unicodedata.digit(c, None)
    return str(value) if value is not None and unicodedata.category(c) == "Nd" else c
