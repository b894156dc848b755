"""Clears what runs left that were killed, and never what a living run is at.

A run holds a lock on each file that it has not finished, and on a file in its work folder. The
system lets go of locks when a process ends, however it ends; so whoever gets the lock of such a
file knows that nobody is at it, whatever clocks and process numbers say. Where there are no such
locks (Windows), leftovers stay.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PART = ".sentigram-part-"
"""What the name of a file begins with that is being written, before eight characters of chance."""

WORK = "sentigram-work-"
"""The same of a folder for temporary files."""

LOCK = ".lock"
"""The file in it that is locked."""

_CHANCE = "[a-z0-9_]{8}"
_PART = re.compile(rf"{re.escape(PART)}{_CHANCE}(\.\w+)?")
_WORK = re.compile(rf"{re.escape(WORK)}{_CHANCE}")


def hold(handle: int, path: Path) -> bool:
    """Mark a file as one that this run is at, until its handle is closed.

    Args:
        handle: Of the file, just made and open.
        path: Where it is.

    Returns:
        Whether it still is there; another run may have cleared it in between.
    """
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:  # the other run is at clearing it
        return False
    except OSError:  # a file system without locks: nobody clears there
        return True
    return _is_at(handle, path)


@cache
def clear_parts(folder: Path) -> None:
    """Remove unfinished files of dead runs from a folder, once for each folder and process."""
    for path in _matching(folder, _PART):
        _clear(path, path, Path.unlink)


@cache
def clear_work(folder: Path) -> None:
    """Remove the work folders of dead runs from a folder for temporary files, once."""
    for path in _matching(folder, _WORK):
        _clear(path / LOCK, path, shutil.rmtree)


def _matching(folder: Path, shape: re.Pattern[str]) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if shape.fullmatch(path.name)]
    except OSError:
        return []


def _clear(lock: Path, path: Path, remove: Callable[[Path], object]) -> None:
    """Remove a path if it is this user's and nobody holds its lock."""
    if fcntl is None:
        return
    with suppress(OSError):
        if path.is_symlink() or path.lstat().st_uid != os.geteuid():
            return
        handle = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if stat.S_ISREG(os.fstat(handle).st_mode):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_at(handle, lock):
                    remove(path)
        finally:
            os.close(handle)


def _is_at(handle: int, path: Path) -> bool:
    """Whether an open file is the one that a path leads to."""
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except OSError:
        return False
