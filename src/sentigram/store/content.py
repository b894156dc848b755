"""What a file or a folder holds, as one digest: whoever changes a byte of it has another one.

Weights of gigabytes are not read through at each start: of large files, their size, their time of
change and samples from all over them count.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

from sentigram.errors import SentigramError
from sentigram.reading import MODEL_PART, open_regular

_WHOLE_BYTES = 32_000_000
_SAMPLE_BYTES = 1 << 16
_N_SAMPLES = 32
SAMPLED_BYTES = _SAMPLE_BYTES * _N_SAMPLES
"""Of a file no larger than this, its samples would be all of it."""


def content_of(path: Path) -> str:
    """Digest of what a file, or each file in a folder and below it, holds; "absent" without."""
    if not path.is_dir():
        return _content_of_file(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    lines = [f"{file.relative_to(path).as_posix()!r} {_content_of_file(file)}" for file in files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _content_of_file(path: Path) -> str:
    try:
        with open_regular(path, MODEL_PART) as file:
            found = os.fstat(file.fileno())
            if found.st_size <= _WHOLE_BYTES:
                return hashlib.sha256(file.read(_WHOLE_BYTES)).hexdigest()
            samples = samples_of(file, found.st_size)
            return f"{found.st_size} {found.st_mtime_ns} {samples}"
    except (SentigramError, OSError, ValueError):
        return "absent"  # whoever needs it will say so


def samples_of(file: BinaryIO, size: int) -> str:
    """Digest of two megabytes of a larger file: its beginning, its end, and even steps between."""
    digest = hashlib.sha256()
    for number in range(_N_SAMPLES):
        file.seek(number * (size - _SAMPLE_BYTES) // (_N_SAMPLES - 1))
        digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()
