"""How long a file itself says it is, where a demuxer only guesses."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from sentigram.core.time import MS_PER_SECOND

_FIRST_BYTES = 1 << 16
_UNKNOWN_SIZE = 0xFFFFFFFF  # of what was written to a pipe


def mp3_ms(path: Path, rate_hz: int) -> int | None:
    """Length of an .mp3 by the number of frames in its first one, None where that is not there."""
    with path.open("rb") as file:
        head = file.read(10)
        if head[:3] == b"ID3":  # its length comes in four times seven bits
            size = sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=False))
            file.seek(10 + size)
        first = file.read(_FIRST_BYTES)
    at = max(first.find(b"Xing"), first.find(b"Info"))
    if at < 0 or len(first) < at + 12 or not first[at + 7] & 1 or not rate_hz:
        return None
    n_frames = int.from_bytes(first[at + 8 : at + 12], "big")
    n_samples = 1152 if rate_hz >= 32_000 else 576  # MPEG-2 halves them
    return round(Fraction(n_frames * n_samples * MS_PER_SECOND, rate_hz)) or None


def wav_ms(path: Path) -> int | None:
    """Length of a .wav by the size of its samples in the header, None where that is not there."""
    with path.open("rb") as file:
        first = file.read(_FIRST_BYTES)
    form, data = first.find(b"fmt "), first.find(b"data")
    if form < 0 or data < 0:
        return None
    n_bytes = int.from_bytes(first[data + 4 : data + 8], "little")
    bytes_per_second = int.from_bytes(first[form + 16 : form + 20], "little")
    if n_bytes in (0, _UNKNOWN_SIZE) or not bytes_per_second:
        return None
    return round(Fraction(n_bytes * MS_PER_SECOND, bytes_per_second))


def tag_ms(metadata: dict[str, Any]) -> int | None:
    """Length of a stream in Matroska by its tag DURATION, `00:00:12.012000000`, None without."""
    text = next((str(v) for k, v in metadata.items() if k.upper().startswith("DURATION")), "")
    parts = text.strip().split(":")
    try:
        hours, minutes, seconds = int(parts[0]), int(parts[1]), Fraction(parts[2])
    except (ValueError, IndexError, ZeroDivisionError):
        return None
    return round(((hours * 60 + minutes) * 60 + seconds) * MS_PER_SECOND) or None
