"""How wide text is, shaped by HarfBuzz as libass and browsers do."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from sentigram.core.style import Animation, Canvas, StyledWord, StyleKey, TextStyle
from sentigram.style.text import fonts
from sentigram.style.text.letters import clusters, is_emoji, is_joining

# The widest that a word becomes while it moves; renderers stay within it.
GROWTH: Mapping[Animation, float] = MappingProxyType(
    {
        "none": 1.0,
        "bounce": 1.0,
        "fade": 1.0,
        "shake": 1.0,
        "pulse": 1.06,
        "tremble": 1.0,
        "pop": 1.08,
        "sway": 1.0,
        "glow": 1.0,
    }
)

_WIDE_EM = 1.0  # an East Asian character, or a picture, in whichever font the player finds
_OTHER_EM = 0.65  # any other character that no face draws
_AS_EMOJI = "\ufe0f"  # the character before it is to be drawn in colour
_UNKNOWN_FAMILY = 1.15  # head room for a font of the user's that is not at hand


class Measure:
    """Widths on one canvas, in its styles; each word is shaped once."""

    __slots__ = ("_base_px", "_language", "_space_px", "_styles", "_widths_px")

    def __init__(
        self, canvas: Canvas, styles: Mapping[StyleKey, TextStyle], *, language: str = ""
    ) -> None:
        self._base_px = canvas.base_px
        self._styles = styles
        self._language = language
        self._widths_px: dict[tuple[str, StyleKey], float] = {}
        self._space_px: dict[tuple[StyleKey, fonts.Face | None], float] = {}

    def word_px(self, word: StyledWord) -> float:
        """Width of a word at its largest, its outline not counted."""
        return sum(self.run_px(run.text, run.style) for run in word.runs)

    def run_px(self, text: str, key: StyleKey) -> float:
        """Width of a run at its largest, letter spacing included.

        Letters that join (Arabic, Devanagari) have none: see `letters.is_joining`. Nor have emoji:
        a renderer that spaces letters would take them apart.
        """
        width_px = self._widths_px.get((text, key))
        if width_px is None:
            look = self._styles[key]
            em = advance_em(text, look.family, look.weight, look.italic, self._language)
            if look.spacing_em and not is_joining(text):
                em += look.spacing_em * sum(not is_emoji(one) for one in clusters(text))
            width_px = em * look.size_em * self._base_px * GROWTH[look.animation]
            self._widths_px[text, key] = width_px
        return width_px

    def space_px(self, word: StyledWord) -> float:
        """Width of a space in a word's last style, in the face of its last letters."""
        run = word.runs[-1]
        look = self._styles[run.style]
        last = fonts.pieces(run.text, look.family, look.weight, look.italic, self._language)[-1]
        width_px = self._space_px.get((run.style, last.face))
        if width_px is None:
            em = look.spacing_em + (
                advance_em(" ", look.family, look.weight, look.italic)
                if last.face is None
                else _shape_em(" ", last.face)
            )
            width_px = em * look.size_em * self._base_px * GROWTH[look.animation]
            self._space_px[run.style, last.face] = width_px
        return width_px


def advance_em(
    text: str,
    family: str,
    weight: int,
    italic: bool,  # noqa: FBT001
    language: str = "",
) -> float:
    """Width of a text in em, without letter spacing; each piece is shaped in the face it gets.

    What no face draws comes from whichever font a player finds: East Asian characters and
    pictures are counted as square, others as 0.65 em.
    """
    known = family in fonts.families()
    asked = family if known else fonts.families()[0]
    width_em = _width_em(fonts.pieces(text, asked, weight, italic, language))
    return width_em * (1.0 if known else _UNKNOWN_FAMILY)


@cache
def _width_em(pieces: tuple[fonts.FontRun, ...]) -> float:
    return sum(
        _shape_em(piece.text, piece.face)
        if piece.face is not None
        else sum(map(_guess_em, clusters(piece.text)))
        for piece in pieces
    )


def _guess_em(cluster: str) -> float:
    if _AS_EMOJI in cluster:
        return _WIDE_EM
    return max(map(_char_em, cluster))


def _char_em(char: str) -> float:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0.0
    return _WIDE_EM if unicodedata.east_asian_width(char) in "WF" else _OTHER_EM


def _shape_em(text: str, face: fonts.Face) -> float:
    import uharfbuzz

    font, units_per_em = hb_font(face)
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    uharfbuzz.shape(font, buffer, {})
    units = sum(position.x_advance for position in buffer.glyph_positions or ())  # None for ""
    return float(units) / units_per_em


@cache
def hb_font(face: fonts.Face) -> tuple[Any, int]:
    """A face as HarfBuzz takes it, and its units per em."""
    import uharfbuzz

    shaped = uharfbuzz.Face(uharfbuzz.Blob(face.path.read_bytes()))
    return uharfbuzz.Font(shaped), int(shaped.upem)
