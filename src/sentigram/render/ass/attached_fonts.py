"""Fonts inside an ASS file: names that every tool resolves alike, sizes, and the UU encoding.

libass can choose a face by numeric weight, but other tools know only regular and bold. So every
embedded face gets a family name of its own (`Poppins SemiBold Captions`); only weights 400 and 700
share one, told apart by the bold flag. The embedded fonts also get one common height above and
below the baseline: ASS takes the distance of lines from it, and Poppins alone asks for 1.76 em. The
name says that they are not the originals, which lie differently in a line.
"""

from __future__ import annotations

import io
import string
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from sentigram.core.style import StyledTrack, TextStyle
from sentigram.core.text import one_line
from sentigram.formats.ass_tags import WORD_JOINER, escape
from sentigram.formats.embedded_fonts import uu_encode
from sentigram.style.layout.places import ASCENT_EM, DESCENT_EM
from sentigram.style.text import fonts
from sentigram.style.text.bidi import CONTROLS
from sentigram.style.text.letters import is_emoji
from sentigram.style.text.subsets import subset

_REGULAR, _BOLD = 400, 700
_WEIGHT_NAMES = {
    100: "Thin",
    200: "ExtraLight",
    300: "Light",
    500: "Medium",
    600: "SemiBold",
    800: "ExtraBold",
    900: "Black",
}
_BOLD_FROM = 600  # of a font that is not ours: which of its two faces is nearer
# Of a font that is not ours nothing is known here; most have winAscent + winDescent near this.
_USUAL_SIZE_PER_EM = 1.2
# An editor must be able to correct a word: the letters that it may need travel along.
_ALWAYS = string.ascii_letters + string.digits + string.punctuation + " \u2019\u2018\u201c\u201d…–—"
# libass shapes letters of one script together, and takes that of the letters around for what joins
# emoji. Where there are none, a joiner counts as of another script than the signs that it joins,
# and they fall apart. This letter has a script, no width, and is a space to who reads the file.
FILLER = "\u3164"
JOINING_SIGNS = frozenset("\u200d\ufe0f\u20e3")
# Characters that we add to text, and the glyphs of the same font that draw them: an invisible one
# that a font lacks would make players look for another font.
_BORROWED = {0xFF5B: ord("{"), 0xFF5D: ord("}"), ord(FILLER): ord("\u200d")} | dict.fromkeys(
    map(ord, (WORD_JOINER, *CONTROLS)), ord(" ")
)
# Not printable to Python, but drawn: joiners and tags choose the forms of what stands beside them,
# and emoji may be newer than its tables.
_JOINERS = frozenset("\u200c\u200d").union(map(chr, range(0xE0020, 0xE0080)))
_LAST_BASIC = 0xFFFF  # of the characters that the older kind of a font's table may list
_MAC, _WINDOWS = (1, 0, 0), (3, 1, 0x409)


@dataclass(frozen=True, slots=True)
class AssFont:
    """How a style line asks for a face.

    Attributes:
        name: Fontname.
        bold: Bold flag.
        italic: Italic flag; a slant is synthesised where the face has none.
        size_per_em: Fontsize that draws an em of 1.
    """

    name: str
    bold: bool
    italic: bool
    size_per_em: float


@dataclass(frozen=True, slots=True)
class FontFile:
    """A font to embed.

    Attributes:
        name: File name.
        data: TrueType.
    """

    name: str
    data: bytes


def font_of(style: TextStyle) -> AssFont:
    """What a style line must say to get the style's face at the style's size."""
    if style.family not in fonts.families():
        name = one_line(style.family).replace(",", " ").strip()
        return AssFont(name, style.weight >= _BOLD_FROM, style.italic, _USUAL_SIZE_PER_EM)
    face = fonts.face(style.family, style.weight, style.italic)
    return font_of_face(face, italic=style.italic)


def middle_em(style: TextStyle) -> float:
    r"""How far the middle of a line lies above its baseline, by which `\an5` holds an event.

    With the heights that embedded fonts get it is half the height of capitals, so that words grow
    and turn around the middle of their letters; a viewer's own copy has heights of its own.
    """
    if style.family in fonts.families():
        face = fonts.face(style.family, style.weight, style.italic)
        if not face.embeds:
            of = fonts.metrics(face)
            return (of.win_ascent - of.win_descent) / 2 / of.units_per_em
    return (ASCENT_EM - DESCENT_EM) / 2


def pieces_of(text: str, style: TextStyle, language: str) -> Iterator[tuple[str, AssFont | None]]:
    """A run's text in parts with the font each needs: None is the style's own.

    Letters that no face which ships can draw stay with the style's font: a player looks for
    another one by itself.
    """
    own = font_of(style)
    for piece in fonts.pieces(text, style.family, style.weight, style.italic, language):
        # A script without italics stays upright: a slant made up by the player would distort it.
        font = None if piece.face is None else font_of_face(piece.face, italic=piece.face.italic)
        is_own = font is None or font.name == own.name
        yield piece.text, None if is_own else font


def font_files(track: StyledTrack, *, is_private: bool = False) -> tuple[FontFile, ...]:
    """Subsets of the faces that a track needs, under the names that its tags give.

    Args:
        track: Its letters are kept.
        is_private: Nobody gets the files, only the picture that is drawn with them: fonts that may
            not be embedded are among them.
    """
    needed = fonts.used(track)
    neutral = (style for key, style in track.styles.items() if key.level == 0)
    for style in neutral:  # the Default style of events that an editor adds
        if style.family in fonts.families():
            needed.setdefault(fonts.face(style.family, style.weight, style.italic), "")
    return tuple(
        FontFile(_file_name(face, number), _renamed(face, _characters(text)))
        for number, (face, text) in enumerate(needed.items(), start=1)
        if face.embeds or is_private
    )


def _file_name(face: fonts.Face, number: int) -> str:
    """The own name of a font that ships; what a theme brings may be called anything."""
    return face.path.name if face in fonts.faces() else f"theme-font-{number}.ttf"


def section(track: StyledTrack) -> list[str]:
    """Lines of the `[Fonts]` section."""
    lines = []
    for file in font_files(track):
        lines += [f"fontname: {file.name}", *uu_encode(file.data)]
    return lines


def font_of_face(face: fonts.Face, *, italic: bool) -> AssFont:
    """What a style line must say to get a face at hand, at an em of 1."""
    if not face.embeds:  # the viewer's own copy of it draws, as it is
        size_per_em = fonts.metrics(face).ass_size_per_em
        return AssFont(face.family, face.weight >= _BOLD_FROM, italic, size_per_em)
    return AssFont(
        name=_family_name(face),
        bold=face.weight == _BOLD,
        italic=italic,
        size_per_em=ASCENT_EM + DESCENT_EM,  # what libass fits into the font size
    )


def _family_name(face: fonts.Face) -> str:
    if not face.embeds:
        return face.family
    if face.weight in (_REGULAR, _BOLD):
        return f"{face.family} Captions"
    return f"{face.family} {_WEIGHT_NAMES.get(face.weight, str(face.weight))} Captions"


def _characters(text: str) -> str:
    shown = set(escape(text)) | set(text) | set(_ALWAYS)
    if not JOINING_SIGNS.isdisjoint(text):
        shown.add("\u200d")  # draws FILLER
    return "".join(sorted(char for char in shown if _is_drawn(char)))


def _is_drawn(char: str) -> bool:
    return char.isprintable() or char in _JOINERS or is_emoji(char)


@cache
def _renamed(face: fonts.Face, chars: str) -> bytes:
    from fontTools.ttLib import TTFont

    font = TTFont(io.BytesIO(subset(face, chars)), recalcTimestamp=False)
    family = _family_name(face)
    style = ("Bold" if face.weight == _BOLD else "") + (" Italic" if face.italic else "")
    style = style.strip() or "Regular"
    full = family if style == "Regular" else f"{family} {style}"
    postscript = full.replace(" ", "")
    em = font["head"].unitsPerEm
    if face.embeds:
        font["OS/2"].usWinAscent = font["hhea"].ascent = round(ASCENT_EM * em)
        font["OS/2"].usWinDescent = round(DESCENT_EM * em)
        font["hhea"].descent, font["hhea"].lineGap = -font["OS/2"].usWinDescent, 0
    table = font["name"]
    for name_id in (1, 2, 3, 4, 6, 16, 17, 21, 22):
        table.removeNames(nameID=name_id)
    for name_id, value in ((1, family), (2, style), (3, full), (4, full), (6, postscript)):
        for platform in (_MAC, _WINDOWS):
            table.setName(value, name_id, *platform)
    cmaps = font["cmap"]
    full_ones = [cmap for cmap in cmaps.tables if cmap.isUnicode() and max(cmap.cmap) > _LAST_BASIC]
    if full_ones:  # libass up to 0.17.1 takes the first table: one without emoji, if there is one
        cmaps.tables = full_ones
    for cmap in cmaps.tables:
        if cmap.isUnicode():
            for char, lender in _BORROWED.items():
                if lender in cmap.cmap:
                    cmap.cmap.setdefault(char, cmap.cmap[lender])
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()
