"""Font files for tests, made of one that ships: other names, weights, licences, damage."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont

from sentigram.style.text import fonts


def made(
    path: Path,
    *,
    family: str = "Unbounded",
    weight: int = 400,
    fs_type: int = 0,
    change: Callable[[Any], None] | None = None,
) -> Path:
    """A font file with the letters of a family that ships."""
    font = TTFont(io.BytesIO(fonts.face(family, 500, italic=False).path.read_bytes()))
    font["OS/2"].usWeightClass, font["OS/2"].fsType = weight, fs_type
    if change is not None:
        change(font)
    font.save(path)
    return path


def with_table(data: bytes, tag: str, table: bytes) -> bytes:
    """A font with the bytes of one table replaced, whatever they are; checksums are not mended."""
    count = struct.unpack_from(">H", data, 4)[0]
    out = bytearray(data)
    for at in range(12, 12 + 16 * count, 16):
        if data[at : at + 4] == tag.encode("ascii"):
            struct.pack_into(">II", out, at + 8, len(out), len(table))
    return bytes(out + table)


def greedy_cmap() -> bytes:
    """A table of characters that claims a glyph for each of four thousand million of them."""
    group = struct.pack(">III", 0, 0xFFFFFFFF, 1)
    subtable = struct.pack(">HHIII", 12, 0, 16 + len(group), 0, 1) + group
    return struct.pack(">HHHHI", 0, 1, 3, 10, 12) + subtable
