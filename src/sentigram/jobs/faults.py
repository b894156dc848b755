"""Whose fault a failure is: by that one knows whether trying again may help, and where.

file      what is in the recording, or what was asked for: never tried again
memory    too little of it: tried again with less at once
machine   a full disk, a missing model, too few handles: tried again on another machine
internal  everything else: tried again once, in a fresh process
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from typing import Literal

from sentigram.errors import MissingError, ResourceError, SentigramError

Fault = Literal["", "file", "memory", "machine", "internal"]

# torch, CTranslate2 and CUDA; C++; ONNX Runtime
_NO_MEMORY = re.compile(r"out of memory|bad_alloc|[Ff]ailed to allocate memory|bad allocation")
_OF_THE_MACHINE = frozenset(
    {
        *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ESTALE),
        *(errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOTCONN, errno.ETIMEDOUT),
    }
)


def fault_of(error: BaseException) -> Fault:
    """Whose fault an error is, by what it says and by what it was raised from."""
    chain = tuple(_chain(error))
    if any(map(_is_of_memory, chain)):
        return "memory"
    if any(map(_is_of_machine, chain)):
        return "machine"
    return "file" if isinstance(error, SentigramError) else "internal"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _is_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        return True
    return isinstance(error, RuntimeError) and bool(_NO_MEMORY.search(str(error)))


def _is_of_machine(error: BaseException) -> bool:
    if isinstance(error, ResourceError | MissingError):
        return True
    return isinstance(error, OSError) and error.errno in _OF_THE_MACHINE
