"""Reads files whole, within bounds: regular files only, none larger than its kind may be.

Files come from strangers. A pipe would wait for ever, a device never ends, and a file that is small
on disk can cost a hundred times as much once it is parsed: so each kind of file has a largest size,
and where it is parsed a largest number of values, in the one table below.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sentigram.errors import (
    DocumentError,
    InputError,
    SentigramError,
    ThemeError,
    TranscriptError,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file, and what one of it may cost.

    Attributes:
        name: What messages call one.
        largest_bytes: On disk.
        why: What that is measured by, for messages.
        most_values: Numbers, texts, lists and tables in it; each takes up to 100 bytes of memory.
        error: Raised for a file that is none of it.
    """

    name: str
    largest_bytes: int
    why: str
    most_values: int = 1_000_000
    error: type[SentigramError] = InputError


DOCUMENT = Kind(
    "a Sentigram Document", 32_000_000, "three hours are 9 MB", 2_500_000, DocumentError
)
THEME = Kind("a theme", 256_000, "the longest that ships is 4 kB", 20_000, ThemeError)
SETTINGS = Kind("a settings file", 64_000, "one with every option is 3 kB", 2_000)
SUBTITLES = Kind(
    "a transcript",
    50_000_000,
    "a day of speech is 3 MB, and fonts may be inside",
    error=TranscriptError,
)
RECOGNIZED = Kind(
    "the JSON of a recognizer",
    SUBTITLES.largest_bytes,
    "a day of words with their times is 20 MB",
    5_000_000,
    TranscriptError,
)
MODEL_CARD = Kind("a model's card", 16_000_000, "the longest that ships is 14 kB")
MODEL_PART = Kind("a small file of a model", 8_000_000, "settings and vocabularies are 2 MB")
KEPT_TEXT = Kind("a text of the cache", DOCUMENT.largest_bytes, "three hours are 9 MB")
KEPT_ARRAYS = Kind("arrays of the cache", 1_000_000_000, "what networks make of hours of sound")
STATISTICS = Kind("statistics of a network's inputs", 1 << 24, "two rows for each modality")
WEIGHTS = Kind("weights of a trained network", 9_000_000_000, "what its card says is no larger")
EXPERIMENT = Kind("an experiment file", 256_000, "one with every setting is 4 kB", 20_000)
STAMPED = Kind("a recording or a result", 100_000_000_000, "larger ones are read in pieces")
RECORD = Kind("a batch's record", 256_000, "one with every kind of result is 6 kB", 2_000)
RUN_FILE = Kind(
    "a file of an experiment", 200_000_000, "it grows with the corpus, slowly", 10_000_000
)
TABLE = Kind("a table of a corpus", 200_000_000, "tables of corpora are some MB", 5_000_000)
FEATURE_TABLE = Kind(
    "a table of features", 2_000_000_000, "14,000 rows of 1,074 numbers are 300 MB"
)
WORKBOOK = Kind("a workbook", 500_000_000, "14,000 rows of 1,074 numbers are 150 MB; save as .csv")
FEATURES = Kind("pickled features", 4 * 2**30, "store larger ones as .npz")


def read_bytes(path: Path, kind: Kind, *, most_bytes: int | None = None) -> bytes:
    """Read a whole file.

    Links are followed. What is read is counted while it is read, as files may grow.

    Args:
        path: The file.
        kind: What it is to be.
        most_bytes: A smaller limit that is known of this one; that of its kind if None.

    Raises:
        SentigramError: It is no regular file, or larger than its kind may be: `kind.error`.
        OSError: It cannot be opened or read.
        ValueError: Its name holds a NUL.
    """
    limit = kind.largest_bytes if most_bytes is None else min(most_bytes, kind.largest_bytes)
    with open_regular(path, kind) as file:
        size = os.fstat(file.fileno()).st_size
        if size <= limit:
            data = file.read(limit + 1)
            if len(data) <= limit:
                return data
            size = len(data)  # it grew, or is of a kind whose size is not known before
    message = (
        f"{path}: is too large for {kind.name}: {size_text(size)}, where {size_text(limit)} is "
        f"the most that is read ({kind.why})"
    )
    raise kind.error(message)


def read_text(path: Path, kind: Kind) -> str:
    """Read a whole file of UTF-8, with a byte order mark or without: see `read_bytes`.

    Raises:
        UnicodeDecodeError: It is not UTF-8; a ValueError.
    """
    return read_bytes(path, kind).decode("utf-8-sig")


def open_regular(path: Path, kind: Kind) -> BinaryIO:
    """Open a regular file for reading; anything else is not waited for.

    Raises:
        SentigramError: It is something else: `kind.error`.
        OSError: It cannot be opened.
        ValueError: Its name holds a NUL.
    """
    wanted = ("O_BINARY", "O_CLOEXEC", "O_NONBLOCK", "O_NOCTTY")  # as far as the system has them
    flags = os.O_RDONLY
    for name in wanted:
        flags |= getattr(os, name, 0)
    handle = os.open(path, flags)
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    message = f"{path}: is {_what(mode)}, not {kind.name}"
    raise kind.error(message)


def size_text(n_bytes: int) -> str:
    """A size for people."""
    if n_bytes >= 10**9:
        return f"{n_bytes / 1e9:.1f} GB"
    if n_bytes >= 10**6:
        return f"{n_bytes / 1e6:.0f} MB"
    return f"{n_bytes / 1e3:.0f} kB" if n_bytes >= 10**3 else f"{n_bytes} bytes"


def stays_inside(path: Path, folder: Path) -> bool:
    """Whether a path that is there, its links followed, is in a folder or below it."""
    try:
        return path.resolve(strict=True).is_relative_to(folder.resolve(strict=True))
    except (OSError, RuntimeError):  # a link that leads nowhere, or in a circle
        return False


def real(path: Path) -> Path:
    """A path with its links followed, as far as they lead somewhere."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # in a circle
        return path.absolute()


def _what(mode: int) -> str:
    """What a file is that is no regular one."""
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISFIFO(mode):
        return "a pipe"
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        return "a device"
    return "not a regular file"
