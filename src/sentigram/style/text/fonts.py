"""The fonts at hand: which faces there are, and which of them draws which letters.

Faces ship, or a theme brings them: those are known by their family's name from when the theme is
loaded (`bring`), since a style names its family and nothing else. A theme that brings another font
under the same name takes its place.
"""

from __future__ import annotations

import io
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sentigram.assets import asset
from sentigram.core.style import StyledTrack, StyleKey
from sentigram.errors import MissingError
from sentigram.style.text.scripts import ALPHABETS, EMOJI, ScriptRun, segments

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
        path: TrueType or OpenType file.
        embeds: Whether its licence lets it be embedded in files.
    """

    family: str
    weight: int
    italic: bool
    path: Path
    embeds: bool = True


@dataclass(frozen=True, slots=True)
class Fallback:
    """A family that steps in for letters that other families lack.

    Attributes:
        family: One that ships.
        scripts: What it is made for, as ISO 15924 codes.
        languages: ISO 639-1 codes of those that take it before others of the same script.
    """

    family: str
    scripts: frozenset[str]
    languages: frozenset[str]


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
    folder = asset("fonts/fonts.toml").parent
    return tuple(
        Face(e["family"], e["weight"], e["italic"], folder / e["file"]) for e in _table()["font"]
    )


@cache
def fallbacks() -> tuple[Fallback, ...]:
    """The families that step in, in the order in which they are asked.

    Raises:
        MissingError: The installation is incomplete.
    """
    return tuple(
        Fallback(e["family"], frozenset(e["scripts"]), frozenset(e["languages"]))
        for e in _table()["fallback"]
    )


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(asset("fonts/fonts.toml").read_text(encoding="utf-8"))


# Of this thread or task alone: one theme's fonts are not another's.
_BROUGHT: ContextVar[Mapping[str, tuple[Face, ...]]] = ContextVar(
    "brought",
    default=MappingProxyType({}),
)
TALLEST_EM = 8.0  # higher lines than that are a damaged font's


def bring(brought: Iterable[Face]) -> None:
    """Make the faces known that a theme brings, in place of those that another one brought.

    Until the next call in this thread they stand before faces that ship under the same name; what
    is drawn without a theme's fonts begins with a call without any.
    """
    by_family: dict[str, tuple[Face, ...]] = {}
    for one in brought:
        by_family[one.family] = (*by_family.get(one.family, ()), one)
    _BROUGHT.set(by_family)


def brought() -> tuple[Face, ...]:
    """Every face that the theme brought."""
    return tuple(one for own in _BROUGHT.get().values() for one in own)


@cache
def shipped_families() -> tuple[str, ...]:
    """Names of the families that ship, each once."""
    return tuple(dict.fromkeys(one.family for one in faces()))


def families() -> tuple[str, ...]:
    """Names of the families that ship or were brought, each once."""
    return tuple(dict.fromkeys((*shipped_families(), *_BROUGHT.get())))


def face(family: str, weight: int, italic: bool) -> Face:  # noqa: FBT001  (a triple, as in CSS)
    """The nearest face at hand: right slant before right weight; a tie goes to the bolder.

    Raises:
        MissingError: No face of this family ships or was brought.
    """
    own = _BROUGHT.get().get(family)
    found = _shipped_face(family, weight, italic) if own is None else _nearest(own, weight, italic)
    if found is None:
        message = f"font family {family!r} does not ship; there are: {', '.join(families())}"
        raise MissingError(message)
    return found


@cache
def _shipped_face(family: str, weight: int, italic: bool) -> Face | None:  # noqa: FBT001
    return _nearest([f for f in faces() if f.family == family], weight, italic)


def _nearest(candidates: Sequence[Face], weight: int, italic: bool) -> Face | None:  # noqa: FBT001
    return min(
        candidates,
        key=lambda f: (f.italic != italic, abs(f.weight - weight), -f.weight),
        default=None,
    )


@dataclass(frozen=True, slots=True)
class FontRun:
    """Letters that one face draws.

    Attributes:
        text: Part of a run, whole grapheme clusters.
        face: One that ships; None where only the viewer's own fonts may have the letters.
    """

    text: str
    face: Face | None


def pieces(
    text: str,
    family: str,
    weight: int,
    italic: bool,  # noqa: FBT001
    language: str = "",
) -> tuple[FontRun, ...]:
    """A run of text in parts, each in a face that draws it.

    The style's own face where it draws all letters of one script in a row, else the first
    fallback family that does, in its nearest weight. Where none has all of them, each grapheme
    cluster finds its own. Spaces, digits and punctuation stay with the letters before them (or
    after them, at the start), so that a word is shaped as one. A face that lacks letters of the
    language's alphabet draws none of its words: half a sentence in another font is no style.

    Args:
        text: A run.
        family: The family that the style asks for; one that does not ship keeps all letters.
        weight: 100 … 900.
        italic: Slanted.
        language: ISO 639-1; Japanese and Chinese draw some characters differently.

    Returns:
        Parts that together are the text, in its order; neighbours differ in face.
    """
    if family not in families():
        return (FontRun(text, None),)
    own = face(family, weight, italic)
    if _characters(own).issuperset(text) and _writes(own, language):
        return (FontRun(text, own),)
    return _divided(text, own, weight, language)


@lru_cache(maxsize=1 << 15)
def _divided(text: str, own: Face, weight: int, language: str) -> tuple[FontRun, ...]:
    parts = segments(text)
    chosen: list[list[tuple[str, Face | None]]] = [
        _strong(part, own, weight, language) if part.scripts else [] for part in parts
    ]
    # Digits and marks beside an emoji stay with the letters beyond it: its face has digits too.
    with_letters = [bool(part.scripts - {EMOJI}) for part in parts]
    after: list[Face | None] = [None]
    for drawn, has_letters in zip(reversed(chosen), reversed(with_letters), strict=True):
        after.append(drawn[0][1] if has_letters else after[-1])
    before = None
    for i, part in enumerate(parts):
        if with_letters[i]:
            before = chosen[i][-1][1]
        elif not part.scripts:
            near = (before, after[-2 - i], own)
            chosen[i] = _shared(part, near, weight, language)
    out: list[FontRun] = []
    for cluster, drawn_by in (pair for pairs in chosen for pair in pairs):
        if out and (out[-1].face == drawn_by or not _visible(cluster)):
            out[-1] = FontRun(out[-1].text + cluster, out[-1].face)
        else:
            out.append(FontRun(cluster, drawn_by))
    return tuple(out)


def _strong(
    part: ScriptRun, own: Face, weight: int, language: str
) -> list[tuple[str, Face | None]]:
    """Faces of letters: one that draws them all, before each gets its own."""
    letters = _visible("".join(part.clusters))
    asked = [own, *_asked(part.scripts, weight, language)]
    if "Latn" in part.scripts and not _writes(own, language):
        asked = [*asked[1:], own]
    whole = next((of for of in asked if _characters(of).issuperset(letters)), None)
    if whole is not None:
        return [(cluster, whole) for cluster in part.clusters]
    return [(cluster, _first(cluster, asked)) for cluster in part.clusters]


def _shared(
    part: ScriptRun, near: tuple[Face | None, ...], weight: int, language: str
) -> list[tuple[str, Face | None]]:
    """Faces of what all scripts share: that of the letters around, if it draws them."""
    out: list[tuple[str, Face | None]] = []
    asked = [of for of in near if of is not None]
    for cluster in part.clusters:
        drawn_by = _first(cluster, asked)
        if drawn_by is None:
            drawn_by = _first(cluster, _asked(frozenset(), weight, language))
        elif out and out[-1][1] is not None and _first(cluster, (out[-1][1],)):
            drawn_by = out[-1][1]
        out.append((cluster, drawn_by))
    return out


def _first(cluster: str, asked: Iterable[Face]) -> Face | None:
    letters = _visible(cluster)
    return next((of for of in asked if _characters(of).issuperset(letters)), None)


@cache
def _writes(of: Face, language: str) -> bool:
    """Whether a face has the Latin alphabet of a language."""
    return _characters(of).issuperset(ALPHABETS.get(language, ""))


@cache
def _asked(scripts: frozenset[str], weight: int, language: str) -> tuple[Face, ...]:
    """Fallback faces for these scripts, best first; all of them for no script.

    Kana make a text Japanese, whatever language is claimed.
    """
    if scripts & {"Hira", "Kana"}:
        language = "ja"
    fitting = [f for f in fallbacks() if not scripts or f.scripts & scripts]
    fitting.sort(key=lambda f: language not in f.languages)  # stable: else the order of the table
    found = (_shipped_face(f.family, weight, italic=False) for f in fitting)
    return tuple(one for one in found if one is not None)


def draws_emoji(of: Face) -> bool:
    """Whether a face is the one that steps in for emoji, in the colour of the words around."""
    return any(of.family == f.family for f in fallbacks() if EMOJI in f.scripts)


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
    return frozenset(_shaped(of).unicodes)


@cache
def _characters(of: Face) -> frozenset[str]:
    """What a face draws, as characters, and what needs no drawing."""
    return frozenset(map(chr, coverage(of) | _INVISIBLE))


def _visible(text: str) -> str:
    return "".join(char for char in text if ord(char) not in _INVISIBLE)


def uncovered(track: StyledTrack) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Characters that no face that ships draws: worth a warning.

    A player then takes another font, if the viewer's machine has one.

    Returns:
        Each such grapheme cluster once, in order of appearance, with the families that were
        asked: the style's own ones and every fallback for the script.
    """
    lacking: dict[str, dict[str, None]] = {}
    for text, family, weight, italic in dict.fromkeys(_texts(track)):
        if family not in families():
            continue
        for piece in pieces(text, family, weight, italic, track.language):
            if piece.face is None:
                for part in segments(piece.text):
                    asked = _asked(part.scripts, weight, track.language)
                    tried = dict.fromkeys((family, *(of.family for of in asked)))
                    for cluster in filter(_visible, part.clusters):
                        lacking.setdefault(cluster, {}).update(tried)
    return tuple((cluster, tuple(tried)) for cluster, tried in lacking.items())


def used(track: StyledTrack) -> dict[Face, str]:
    """The faces that a track needs, fallbacks too, each with every character it draws, sorted."""
    return needed(_texts(track), track.language)


def needed(texts: Iterable[tuple[str, str, int, bool]], language: str = "") -> dict[Face, str]:
    """The faces that texts need, each with every character it draws, sorted.

    Args:
        texts: Text, family, weight, slant; families that do not ship are left out.
        language: See `pieces`.
    """
    chars: dict[Face, set[str]] = {}
    for text, family, weight, italic in dict.fromkeys(texts):
        for piece in pieces(text, family, weight, italic, language):
            if piece.face is not None:
                chars.setdefault(piece.face, set()).update(piece.text)
    return {of: "".join(sorted(found)) for of, found in chars.items()}


def _texts(track: StyledTrack) -> Iterable[tuple[str, str, int, bool]]:
    neutral = track.styles.get(StyleKey("neutral", 0))
    for cue in track.cues:
        for number in range(len(cue.lines)):
            if neutral is not None and (opening := cue.opening(number)):
                yield opening, neutral.family, neutral.weight, neutral.italic
        for line in cue.lines:
            for word in line:
                for run in word.runs:
                    look = track.styles[run.style]
                    yield run.text, look.family, look.weight, look.italic
                # The space after a word, which its last letters' face need not draw.
                yield " ", look.family, look.weight, look.italic


def _shaped(of: Face) -> Any:
    """A face as HarfBuzz reads it, which no table of characters makes run out of memory."""
    import uharfbuzz

    return uharfbuzz.Face(uharfbuzz.Blob(of.path.read_bytes()))


def _open(of: Face) -> Any:
    from fontTools.ttLib import TTFont

    try:
        return TTFont(io.BytesIO(of.path.read_bytes()), lazy=True)
    except OSError as error:
        message = f"font {of.path.name} cannot be read ({error}); reinstall sentigram"
        raise MissingError(message) from error
