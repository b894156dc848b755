"""Fonts inside an ASS file: their encoding, and which characters they have.

They are anybody's: HarfBuzz reads them, which is made for hostile fonts, unpacks nothing, and holds
their characters as ranges; twelve bytes of a font can name a million.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uharfbuzz import Set

_FAMILY_NAMES = (1, 4, 16)
_LARGEST_FONT_CHARS = 60_000_000
_LINE_CHARS = 80


def characters(lines: Sequence[str]) -> dict[str, Container[int]]:
    """Code points of each font of a `[Fonts]` section, by family in lower case.

    Fonts that cannot be read are left out: players ignore them too.
    """
    found: dict[str, Set] = {}
    for encoded in _encoded(lines):
        for family, points in _read(uu_decode(encoded)):
            known = found.setdefault(family, points)
            known |= points
    return dict(found)


def _encoded(lines: Sequence[str]) -> Iterator[str]:
    current: list[str] = []
    for line in [*lines, "fontname:"]:
        if line.lower().startswith("fontname:"):
            if current and sum(map(len, current)) <= _LARGEST_FONT_CHARS:
                yield "".join(current)
            current = []
        else:
            current.append(line.strip())


def uu_encode(data: bytes) -> list[str]:
    """Bytes as lines of printable characters, as the ASS specification embeds files.

    Three bytes become four characters of six bits, each plus 33; no padding: one byte left over
    gives two characters, two give three.
    """
    padded = data + bytes(-len(data) % 3)
    encoded = bytearray()
    for i in range(0, len(padded), 3):
        group = int.from_bytes(padded[i : i + 3], "big")
        encoded += bytes((group >> shift & 63) + 33 for shift in (18, 12, 6, 0))
    text = encoded[: len(encoded) - (-len(data) % 3)].decode("ascii")
    return [text[i : i + _LINE_CHARS] for i in range(0, len(text), _LINE_CHARS)]


def uu_decode(text: str) -> bytes:
    """Undo the encoding that the ASS specification embeds files with: six bits a character."""
    values = bytes((ord(char) - 33) & 63 for char in text if 33 <= ord(char) <= 96)
    out = bytearray()
    for at in range(0, len(values), 4):
        group = values[at : at + 4]
        number = 0
        for value in group:
            number = number << 6 | value
        number <<= 6 * (4 - len(group))
        out += number.to_bytes(3, "big")[: max(0, len(group) - 1)]
    return bytes(out)


def _read(data: bytes) -> Iterator[tuple[str, Set]]:
    import uharfbuzz

    face = uharfbuzz.Face(uharfbuzz.Blob(data))
    points = face.unicodes
    if not points:
        return
    families = {
        face.get_name(name.name_id, name.language).casefold()
        for name in face.list_names()
        if name.name_id in _FAMILY_NAMES
    }
    for family in families - {""}:
        yield family, points.copy()
