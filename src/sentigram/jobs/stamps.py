"""Tells whether a file is what it was, without reading all of it where it is large."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

WHOLE_BYTES = 64 * 1024 * 1024
_SAMPLE_BYTES = 64 * 1024
_N_SAMPLES = 16


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is known of a file's content.

    Attributes:
        n_bytes: Its size.
        changed_ns: When it was last written, nanoseconds.
        sample: Hash of sixteen pieces spread over it, or of all of it.
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


def stamp_of(path: Path, *, whole_bytes: int = _N_SAMPLES * _SAMPLE_BYTES) -> Stamp:
    """The stamp of a file.

    Args:
        path: The file.
        whole_bytes: Up to this size all of it is read.

    Raises:
        OSError: It cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        stat = path.stat()
        if stat.st_size <= whole_bytes:
            while piece := file.read(1024 * 1024):
                digest.update(piece)
        else:
            for number in range(_N_SAMPLES):
                file.seek((stat.st_size - _SAMPLE_BYTES) * number // (_N_SAMPLES - 1))
                digest.update(file.read(_SAMPLE_BYTES))
    return Stamp(stat.st_size, stat.st_mtime_ns, digest.hexdigest())


def sha256_of(path: Path) -> str:
    """The hash of a whole file.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
