"""Whose turn a source is, where several batches work on one folder."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from sentigram.files import output_error
from sentigram.jobs.record import RecordFile, make_folder

_GLANCE_SECONDS = 0.5


@contextmanager
def claimed(
    record: RecordFile, *, while_waiting: Callable[[], None] | None = None
) -> Iterator[bool]:
    """Claim a source for the time of the block; the claim of a process that dies is gone.

    Args:
        record: Of the source.
        while_waiting: Called now and then until whoever is at it has done; None to wait for nobody.

    Returns:
        Whether it is claimed now: False where another is at it.

    Raises:
        OutputError: There is no place for the claim.
    """
    make_folder(record.claim.parent)
    lock = FileLock(record.claim)
    try:
        is_mine = _acquired(lock, while_waiting)
    except OSError as error:
        raise output_error(record.claim, error) from error
    if not is_mine:
        yield False
        return
    try:
        yield True
    finally:
        with contextlib.suppress(OSError):  # while it is held: nobody else can have it by now
            record.claim.unlink()
        lock.release()


def _acquired(lock: FileLock, while_waiting: Callable[[], None] | None) -> bool:
    while True:
        try:
            lock.acquire(timeout=0 if while_waiting is None else _GLANCE_SECONDS)
        except Timeout:
            if while_waiting is None:
                return False
            while_waiting()
        else:
            return True
