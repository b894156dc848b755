"""Fonts that a theme brings: files of strangers, looked at before anything relies on them.

HarfBuzz reads them, which checks every offset and bounds its work; of what fontTools reads, only
tables of fixed length come straight from the file. All that is embedded later is cut out of the
file by HarfBuzz first.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from sentigram.style.text import fonts
from sentigram.style.text.subsets import subset

MAX_BYTES = 32 << 20  # fonts for Chinese have about 20 MB
_MOST_NAMES = 500
_STARTS = {
    b"\x00\x01\x00\x00": "",
    b"true": "",
    b"OTTO": "",
    b"ttcf": "holds several fonts; give one file per face",
    b"wOFF": "is packed for the web; give the .ttf or .otf",
    b"wOF2": "is packed for the web; give the .ttf or .otf",
}
_NEEDED = ("cmap", "head", "hhea", "hmtx", "maxp", "name", "OS/2")
_LEAST_BYTES = {"head": 54, "hhea": 36, "OS/2": 78, "name": 6}
_BOLD, _LIGHTEST, _HEAVIEST = 700, 100, 900
_OBLIQUE, _ITALIC = 1 << 9, 1
# OpenType, OS/2: the low four bits of fsType say what may be embedded, of several the freest
# counts; two more forbid to cut a font down, and to embed its outlines.
_KINDS, _EDITABLE, _NO_SUBSETS, _BITMAPS_ONLY = 0x000F, 0x0008, 0x0100, 0x0200
_TRIAL = "The quick brown fox, 0123456789"


def read_face(path: Path, family: str) -> fonts.Face:
    """A font file as a face of a family.

    Args:
        path: TrueType or OpenType, one static face.
        family: What styles call it.

    Raises:
        ValueError: It cannot be used; the message says why.
    """
    data = _bytes(path)
    start = _STARTS.get(data[:4], "is no TrueType or OpenType font")
    if start:
        raise ValueError(start)
    os2 = _tables(data)
    weight, permission, selection = (
        struct.unpack_from(">H", os2, at)[0]
        for at in (4, 8, 62)  # usWeightClass, fsType, fsSelection
    )
    kind = permission & _KINDS
    face = fonts.Face(
        family=family,
        weight=min(_HEAVIEST, max(_LIGHTEST, weight)),
        italic=bool(selection & (_ITALIC | _OBLIQUE)),
        path=path,
        embeds=(kind == 0 or bool(kind & _EDITABLE))
        and not permission & (_NO_SUBSETS | _BITMAPS_ONLY),
    )
    _try(face)
    return face


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        message = "no such file"
        raise ValueError(message)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"cannot be read ({error.strerror or error})"
        raise ValueError(message) from error
    if len(data) > MAX_BYTES:
        message = f"is larger than {MAX_BYTES >> 20} MB"
        raise ValueError(message)
    return data


def _tables(data: bytes) -> bytes:
    """Look at the tables that everything else relies on; gives back OS/2."""
    import uharfbuzz

    face = uharfbuzz.Face(uharfbuzz.Blob(data))
    tags = set(face.table_tags)
    lacking = [tag for tag in _NEEDED if tag not in tags]
    if lacking or not face.glyph_count:
        message = f"is damaged: it lacks {', '.join(lacking) or 'glyphs'}"
        raise ValueError(message)
    if "fvar" in tags:
        message = "is a variable font; give a static file for each weight"
        raise ValueError(message)
    tables: dict[str, Any] = {tag: face.reference_table(tag).data or b"" for tag in _LEAST_BYTES}
    short = [tag for tag, least in _LEAST_BYTES.items() if len(tables[tag]) < least]
    if short:
        message = f"is damaged: its table {short[0]} is cut off"
        raise ValueError(message)
    if struct.unpack_from(">H", tables["name"], 2)[0] > _MOST_NAMES:
        message = f"has more than {_MOST_NAMES} names"
        raise ValueError(message)
    return bytes(tables["OS/2"])


def _try(face: fonts.Face) -> None:
    """Do with a face what will be done with it, so that no render fails over it."""
    try:
        measures = fonts.metrics(face)
        packed = subset(face, _TRIAL, flavor="woff2")
        drawn = fonts.coverage(face)
    except Exception as error:  # whatever a damaged table makes the libraries raise
        message = f"is damaged: {type(error).__name__}: {error}"
        raise ValueError(message) from error
    if not packed or not drawn or not 0 < measures.ass_size_per_em <= fonts.TALLEST_EM:
        message = "is damaged: it draws nothing, or has no height"
        raise ValueError(message)
