"""Reads the text that options are given: gives a value, or says what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sentigram.errors import UsageError

if TYPE_CHECKING:
    from sentigram.core.time import Span


def listed(text: str) -> tuple[str, ...]:
    """The parts of a comma-separated list."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def one_of(flag: str, value: str, allowed: tuple[str, ...]) -> None:
    """Make sure that a value is one of several.

    Raises:
        UsageError: It is not.
    """
    if value not in allowed:
        message = f"{flag} {value!r}: choose from {', '.join(allowed)}"
        raise UsageError(message)


def span(text: str) -> Span:
    """Read START-END of --preview.

    Raises:
        UsageError: It is none.
    """
    from sentigram.core.time import parse_range

    try:
        return parse_range(text)
    except UsageError as error:
        message = f"--preview: {error}"
        raise UsageError(message) from error


def size(text: str) -> tuple[int, int]:
    """Read WIDTHxHEIGHT of --size.

    Raises:
        UsageError: It is none.
    """
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        message = f"--size {text!r}: write WIDTHxHEIGHT, for example 1280x720"
        raise UsageError(message)
    sides = int(width), int(height)
    if not all(64 <= side <= 8192 and side % 2 == 0 for side in sides):
        message = f"--size {text!r}: each side must be even, from 64 to 8192"
        raise UsageError(message)
    return sides


def colour(text: str) -> str:
    """Read #rrggbb of --background.

    Raises:
        UsageError: It is none.
    """
    digits = text.removeprefix("#").lower()
    if len(digits) != 6 or any(c not in "0123456789abcdef" for c in digits):
        message = f"--background {text!r}: write #rrggbb, for example #101418"
        raise UsageError(message)
    return f"#{digits}"
