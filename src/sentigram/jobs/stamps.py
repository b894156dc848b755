"""Tells whether a file is what it was, without reading all of it where it is large."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sentigram.errors import InputError
from sentigram.reading import STAMPED, open_regular
from sentigram.store.content import SAMPLED_BYTES, samples_of

WHOLE_BYTES = 64 * 1024 * 1024
_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is known of a file's content.

    Attributes:
        n_bytes: Its size.
        changed_ns: When it was last written, nanoseconds.
        sample: Hash of pieces spread over it, or of all of it.
    """

    n_bytes: int
    changed_ns: int
    sample: str

    def is_alike(self, other: Stamp) -> bool:
        """Whether both seem to hold the same, whenever they were written."""
        return (self.n_bytes, self.sample) == (other.n_bytes, other.sample)

    def as_json(self) -> dict[str, Any]:
        """For a record."""
        return asdict(self)

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> Stamp:
        """From a record.

        Raises:
            ValueError: It is none.
        """
        try:
            return cls(int(data["n_bytes"]), int(data["changed_ns"]), str(data["sample"]))
        except (KeyError, TypeError) as error:
            message = f"not a stamp: {error}"
            raise ValueError(message) from error


def stamp_of(path: Path, *, whole_bytes: int = SAMPLED_BYTES) -> Stamp:
    """The stamp of a file.

    Args:
        path: The file.
        whole_bytes: Up to this size all of it is read.

    Raises:
        InputError: It is no regular file.
        OSError: It cannot be read.
    """
    with open_regular(path, STAMPED) as file:
        found = os.fstat(file.fileno())
        is_small = found.st_size <= whole_bytes
        sample = _sha256(file) if is_small else samples_of(file, found.st_size)
    return Stamp(found.st_size, found.st_mtime_ns, sample)


def changed_line(path: Path, before: Stamp) -> str:
    """What is to be said of a recording that is not any more what it was; "" where it is.

    Args:
        path: The recording.
        before: When it began to be heard.

    Raises:
        InputError: It is gone.
    """
    try:
        now = stamp_of(path)
    except FileNotFoundError:
        message = f"{path}: is gone: it was moved or removed while it was being heard"
        raise InputError(message) from None
    if now == before:
        return ""
    return (
        f"{path.name} was written to while it was being heard: the words may be of what it held "
        "before; hear it again when nobody writes to it"
    )


def sha256_of(path: Path) -> str:
    """The hash of a whole file.

    Raises:
        InputError: It is no regular file.
        OSError: It cannot be read.
    """
    with open_regular(path, STAMPED) as file:
        return _sha256(file)


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while piece := file.read(_PIECE_BYTES):
        digest.update(piece)
    return digest.hexdigest()
