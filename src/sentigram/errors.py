"""The one exception tree, and the exit code of each branch.

    SentigramError            5
    ├── UsageError            2   an option, or a combination of them, is wrong
    ├── InputError            3   a file that the user gave cannot be used
    │   ├── MediaError        3   … as video or audio
    │   ├── TranscriptError   3   … as a transcript
    │   ├── DocumentError     3   … as a Sentigram Document
    │   └── ThemeError        3   … as a theme
    ├── OutputError           3   a result cannot be written where it was asked for
    └── MissingError          4   a model or a tool is not installed

Every message says what is wrong, where, and what to do about it. Options stand between backticks
as Python calls them, as in "`clip_width 20`: …": the command line spells them as it takes them.
"""

from __future__ import annotations

_LONGEST = 2000  # characters of a message: names in files may be as long as the files
_END = 400  # of them, from its end, where the remedy stands


class SentigramError(Exception):
    """Base of all errors that Sentigram raises on purpose."""

    exit_code = 5

    def __str__(self) -> str:
        return brief(super().__str__())


class UsageError(SentigramError):
    """An option, or a combination of them, is wrong."""

    exit_code = 2


class InputError(SentigramError):
    """A file that the user gave cannot be used."""

    exit_code = 3


class MediaError(InputError):
    """A file cannot be used as video or audio."""


class TranscriptError(InputError):
    """A file cannot be used as a transcript."""


class DocumentError(InputError):
    """A file cannot be used as a Sentigram Document."""


class ThemeError(InputError):
    """A theme file has a wrong key or value."""


class OutputError(SentigramError):
    """A result cannot be written where it was asked for."""

    exit_code = 3


class MissingError(SentigramError):
    """A model or a tool that the work needs is not installed."""

    exit_code = 4


def brief(text: str) -> str:
    """A message of a length that can be read; of a longer one the beginning and the end."""
    if len(text) <= _LONGEST:
        return text
    return f"{text[: _LONGEST - _END - 3]} … {text[-_END:]}"
