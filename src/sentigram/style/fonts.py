"""The fonts that ship: which faces there are, what they cover, and subsets to embed."""

from __future__ import annotations

import io
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from sentigram.assets import asset
from sentigram.core.style import StyledTrack
from sentigram.errors import MissingError

Flavor = Literal["woff2"]

# What text may hold without any font drawing it: spaces, joiners, direction marks, selectors.
_INVISIBLE = frozenset(
    [
        *(*range(0x21), 0x7F, 0xA0, 0xAD, 0x2028, 0x2029, 0x202F, 0x2060, 0x3000, 0xFEFF),
        *(*range(0x2000, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)),
        *range(0xFE00, 0xFE10),
    ]
)


@dataclass(frozen=True, slots=True)
class Face:
    """One static font file.

    Attributes:
        family: Name that libass, fontconfig and browsers find it by.
        weight: 100 … 900, as the file's OS/2 table says.
        italic: Slanted.
        path: TrueType file.
    """

    family: str
    weight: int
    italic: bool
    path: Path


@dataclass(frozen=True, slots=True)
class Metrics:
    """Vertical measures, in font units.

    Attributes:
        units_per_em: Font units in an em.
        win_ascent: OS/2 usWinAscent.
        win_descent: OS/2 usWinDescent.
        ascent: hhea ascent, what browsers put above the baseline.
        descent: hhea descent, below the baseline, positive.
        cap_height: Height of capitals.
    """

    units_per_em: int
    win_ascent: int
    win_descent: int
    ascent: int
    descent: int
    cap_height: int

    @property
    def ass_size_per_em(self) -> float:
        """ASS font size that draws an em of 1.

        libass, like VSFilter, fits winAscent + winDescent into the font size, not the em.
        """
        return (self.win_ascent + self.win_descent) / self.units_per_em


@cache
def faces() -> tuple[Face, ...]:
    """Every face of fonts.toml, in its order.

    Raises:
        MissingError: The installation is incomplete.
    """
    table = asset("fonts/fonts.toml")
    entries = tomllib.loads(table.read_text(encoding="utf-8"))["font"]
    return tuple(
        Face(e["family"], e["weight"], e["italic"], table.parent / e["file"]) for e in entries
    )


@cache
def families() -> tuple[str, ...]:
    """Names of the families that ship, each once."""
    return tuple(dict.fromkeys(face.family for face in faces()))


@cache
def face(family: str, weight: int, italic: bool) -> Face:  # noqa: FBT001  (a triple, as in CSS)
    """The nearest face that ships: right slant before right weight; a tie goes to the bolder.

    Raises:
        MissingError: No face of this family ships.
    """
    candidates = [f for f in faces() if f.family == family]
    if not candidates:
        message = f"font family {family!r} does not ship; there are: {', '.join(families())}"
        raise MissingError(message)
    return min(candidates, key=lambda f: (f.italic != italic, abs(f.weight - weight), -f.weight))


@dataclass(frozen=True, slots=True)
class Piece:
    """Letters that one face draws.

    Attributes:
        text: Part of a run, whole grapheme clusters.
        face: One that ships; None where only the viewer's own fonts may have the letters.
    """

    text: str
    face: Face | None


@cache
def pieces(
    text: str, family: str, weight: int, italic: bool, language: str = ""
) -> tuple[Piece, ...]:  # noqa: FBT001
    """A run of text in parts, each in a face that draws it.

    Args:
        text: A run.
        family: The family that the style asks for; one that does not ship keeps all letters.
        weight: 100 … 900.
        italic: Slanted.
        language: ISO 639-1; Japanese and Chinese draw some characters differently.

    Returns:
        Parts that together are the text, in its order.
    """
    del language
    if family not in families():
        return (Piece(text, None),)
    return (Piece(text, face(family, weight, italic)),)


@cache
def metrics(of: Face) -> Metrics:
    """Vertical measures of a face."""
    font = _open(of)
    os2, hhea = font["OS/2"], font["hhea"]
    return Metrics(
        units_per_em=font["head"].unitsPerEm,
        win_ascent=os2.usWinAscent,
        win_descent=os2.usWinDescent,
        ascent=hhea.ascent,
        descent=-hhea.descent,
        cap_height=getattr(os2, "sCapHeight", 0) or round(0.7 * font["head"].unitsPerEm),
    )


@cache
def coverage(of: Face) -> frozenset[int]:
    """Code points that a face draws."""
    return frozenset(_open(of).getBestCmap())


def missing_glyphs(text: str, of: Face) -> tuple[str, ...]:
    """Visible characters of the text that a face cannot draw, each once, in order."""
    known = coverage(of)
    return tuple(dict.fromkeys(c for c in text if ord(c) not in known and ord(c) not in _INVISIBLE))


def uncovered(track: StyledTrack) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Characters that the bundled fonts cannot draw where the track needs them.

    A player then takes another font, if the viewer's machine has one: worth a warning.

    Returns:
        Each such character once, in order of appearance, with the families that lack it.
    """
    lacking: dict[str, dict[str, None]] = {}
    for text, family, weight, italic in _texts(track):
        if family in families():
            for char in missing_glyphs(text, face(family, weight, italic)):
                lacking.setdefault(char, {})[family] = None
    return tuple((char, tuple(tried)) for char, tried in lacking.items())


def used(track: StyledTrack) -> dict[Face, str]:
    """The bundled faces that a track needs, each with every character it draws, sorted."""
    chars: dict[Face, set[str]] = {}
    for text, family, weight, italic in _texts(track):
        if family in families():
            chars.setdefault(face(family, weight, italic), set()).update(text)
    return {of: "".join(sorted(found)) for of, found in chars.items()}


def _texts(track: StyledTrack) -> Iterable[tuple[str, str, int, bool]]:
    for cue in track.cues:
        for line in cue.lines:
            for word in line:
                for run in word.runs:
                    look = track.styles[run.style]
                    yield run.text, look.family, look.weight, look.italic


def subset(of: Face, text: str, *, flavor: Flavor | None = None) -> bytes:
    """A font with only the characters of a text, to embed in one document.

    Kerning, ligatures and marks keep working; names, weights and vertical measures stay.

    Args:
        of: Face to take.
        text: Any text; order and repetition do not matter.
        flavor: None for TrueType (ASS, MKV), woff2 for the web.

    Returns:
        The font file. Repeated calls are answered from memory.
    """
    return _subset(of, "".join(sorted(set(text) | {" "})), flavor)


@cache
def _subset(of: Face, chars: str, flavor: Flavor | None) -> bytes:
    from fontTools import subset as tools  # noqa: PLC0415  (slow to import)

    options = tools.Options(hinting=False, notdef_outline=True, glyph_names=False)
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 17]  # copyright and licence travel along
    options.flavor = flavor
    options.recalc_timestamp = False  # the same text gives the same bytes
    font = tools.load_font(io.BytesIO(of.path.read_bytes()), options)
    subsetter = tools.Subsetter(options)
    subsetter.populate(text=chars)
    subsetter.subset(font)
    out = io.BytesIO()
    tools.save_font(font, out, options)
    return out.getvalue()


def _open(of: Face) -> Any:  # noqa: ANN401  (fontTools ships no types)
    from fontTools.ttLib import TTFont  # noqa: PLC0415  (slow to import)

    try:
        return TTFont(io.BytesIO(of.path.read_bytes()), lazy=True)
    except OSError as error:
        message = f"font {of.path.name} cannot be read ({error}); reinstall sentigram"
        raise MissingError(message) from error
