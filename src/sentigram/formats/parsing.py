"""What the readers share: timestamps, numbers, and errors that name the line."""

from __future__ import annotations

import re

from sentigram.errors import TranscriptError

LONGEST_MS = 100 * 3600 * 1000  # times beyond it are mistakes
_NUMBER = re.compile(r"\s*([+-]?\d{1,9}(?:\.\d{1,9})?)")


def clock_ms(hours: str | None, minutes: str, seconds: str, fraction: str) -> int:
    """Read the parts of a timestamp; the fraction may have any number of digits."""
    whole_s = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return min(LONGEST_MS, whole_s * 1000 + int(fraction.ljust(3, "0")[:3]))


def number_of(text: str, default: float = 0.0) -> float:
    """The number that a text begins with."""
    match = _NUMBER.match(text)
    return float(match[1]) if match else default


def broken(name: str, line_number: int, what: str) -> TranscriptError:
    """An error that names the line; 0 where lines mean nothing."""
    where = f"line {line_number}: " if line_number else ""
    return TranscriptError(f"{name}: {where}{what}")


def shown(text: str) -> str:
    """A stretch of a hostile file, short and without control characters, for messages."""
    short = text if len(text) <= 60 else f"{text[:59]}…"
    return "".join(c if c.isprintable() else "�" for c in short)
