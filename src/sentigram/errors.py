"""The one exception tree, and the exit code of each branch.

    SentigramError            5
    ├── UsageError            2   an option, or a combination of them, is wrong
    ├── InputError            3   a file that the user gave cannot be used
    │   ├── MediaError        3   … as video or audio
    │   ├── TranscriptError   3   … as a transcript
    │   ├── DocumentError     3   … as a Sentigram Document
    │   └── ThemeError        3   … as a theme
    ├── OutputError           3   a result cannot be written where it was asked for
    ├── MissingError          4   a model or a tool is not installed
    └── ResourceError         4   the machine has too little memory, or too few file handles

Every message says what is wrong, where, and what to do about it. Options stand between backticks
as Python calls them, as in "`clip_width 20`: …": the command line spells them as it takes them.
"""

from __future__ import annotations

import errno
import os
import re

_MOST_LINES = 200  # of a message
_LONGEST = 2000  # characters of a message: names in files may be as long as the files
_END = 400  # of them, from its end, where the remedy stands


class SentigramError(Exception):
    """Base of all errors that Sentigram raises on purpose.

    Args:
        lines: The message; several lines where several things are wrong.
    """

    exit_code = 5

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = tuple(brief(str(line)) for line in lines[:_MOST_LINES])
        if len(lines) > _MOST_LINES:
            self.lines += (f"… and {len(lines) - _MOST_LINES:,} more",)

    def __str__(self) -> str:
        return "\n".join(self.lines)


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


class ResourceError(SentigramError):
    """The machine, or what this process may have of it, has too little of something."""

    exit_code = 4


_TOO_LITTLE_MEMORY = (
    "there is too little memory for this; close other programs, raise its limit (ulimit -v), or "
    "work on a machine with more"
)
_TOO_FEW_HANDLES = (
    "too many files are open; raise the limit (ulimit -n 1024), or close other programs"
)
_TOO_MANY_PROCESSES = (
    "no further process may be started; raise the limit (ulimit -u), or end other programs"
)
_NO_THREAD = re.compile(r"can't start new thread|pthread_create failed")  # Python's, ONNX Runtime's
_LACKS = {
    errno.ENOMEM: _TOO_LITTLE_MEMORY,
    errno.EMFILE: _TOO_FEW_HANDLES,
    errno.ENFILE: _TOO_FEW_HANDLES,
    errno.EAGAIN: _TOO_MANY_PROCESSES,
}


def resource_error(error: BaseException) -> ResourceError | None:
    """What the machine lacks, where that is the reason of an error; else None."""
    if isinstance(error, MemoryError):
        return ResourceError(_TOO_LITTLE_MEMORY)
    if isinstance(error, RuntimeError) and _NO_THREAD.search(str(error)):
        return ResourceError(_TOO_MANY_PROCESSES)
    code = getattr(error, "errno", None)
    if isinstance(error, ImportError):  # of a library, whose file could not be opened
        code = next((code for code in _LACKS if os.strerror(code) in str(error)), None)
    said = _LACKS.get(code) if isinstance(code, int) else None
    return None if said is None else ResourceError(said)


def brief(text: str) -> str:
    """A message of a length that can be read; of a longer one the beginning and the end."""
    if len(text) <= _LONGEST:
        return text
    return f"{text[: _LONGEST - _END - 3]} … {text[-_END:]}"
