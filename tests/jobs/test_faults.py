"""Whose fault a failure is decides whether and where it is tried again."""

from __future__ import annotations

import errno

import pytest

from sentigram.errors import (
    InputError,
    MediaError,
    MissingError,
    OutputError,
    ResourceError,
    UsageError,
)
from sentigram.files import output_error
from sentigram.jobs.faults import fault_of


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (MediaError("not a video"), "file"),
        (UsageError("no such culture"), "file"),
        (OutputError("its name is too long"), "file"),
        (MemoryError(), "memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "memory"),
        (RuntimeError("CUDA failed with error out of memory"), "memory"),
        (RuntimeError("std::bad_alloc"), "memory"),
        (ResourceError("too many files are open"), "machine"),
        (MissingError("no model"), "machine"),
        (OSError(errno.ENOSPC, "No space left on device"), "machine"),
        (OSError(errno.ENOENT, "No such file"), "internal"),
        (RuntimeError("a talk about running out of money"), "internal"),
        (ZeroDivisionError(), "internal"),
    ],
)
def test_by_what_it_is(error: Exception, fault: str) -> None:
    assert fault_of(error) == fault


def test_by_what_it_was_raised_from(tmp_path) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OutputError) as raised:
        raise output_error(tmp_path / "talk.srt", full) from full
    assert fault_of(raised.value) == "machine"
    with pytest.raises(InputError) as other:
        raise InputError("cannot be decoded") from MemoryError()
    assert fault_of(other.value) == "memory"
