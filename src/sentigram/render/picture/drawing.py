"""A sheet to draw figures on with Pillow: smooth shapes, and text in the fonts that ship."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from sentigram.style.text import fonts
from sentigram.style.text.bidi import base_level, is_right_to_left, visual_order

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

Point = tuple[float, float]
Anchor = Literal["left", "middle", "right"]

PIXELS = 2  # to a unit: crisp in print and on dense screens
_FINER = 2  # shapes are drawn this much larger and reduced, which smooths their edges
_DASH, _DASH_GAP = 9.0, 6.0
_FAMILY, _WEIGHT = "Poppins", 500


class Drawing:
    """A page of which shapes are drawn first and text last, in units of PIXELS pixels.

    Args:
        width: In units.
        height: In units.
        paper: `#rrggbb`.
        language: ISO 639-1 code, for the shapes of letters.
    """

    def __init__(self, width: int, height: int, *, paper: str, language: str = "") -> None:
        from PIL import Image, ImageDraw

        self._scale = PIXELS * _FINER
        self._size = (width * PIXELS, height * PIXELS)
        self._language = language
        self._texts: list[tuple[float, float, fonts.FontRun, int, int, str]] = []
        self._shapes = Image.new("RGB", (width * self._scale, height * self._scale), paper)
        self._draw = ImageDraw.Draw(self._shapes)

    def shape(self, points: Sequence[Point], colour: str) -> None:
        """Fill a polygon."""
        self._draw.polygon([self._at(x, y) for x, y in points], fill=colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        """Fill a rectangle."""
        self.shape([(left, top), (right, top), (right, bottom), (left, bottom)], colour)

    def line(
        self, points: Sequence[Point], colour: str, width: float, *, is_dashed: bool = False
    ) -> None:
        """Draw through points, `width` units wide."""
        for part in _dashes(points) if is_dashed else [points]:
            self._draw.line(
                [self._at(x, y) for x, y in part],
                fill=colour,
                width=max(1, round(width * self._scale)),
                joint="curve",
            )

    def text(
        self,
        x: float,
        baseline: float,
        text: str,
        size: int,
        colour: str,
        *,
        weight: int = _WEIGHT,
        anchor: Anchor = "left",
        width: float | None = None,
    ) -> float:
        """Write one line.

        Args:
            x: Left end, middle or right end, as `anchor` says.
            baseline: Where letters stand.
            text: Any text without line breaks.
            size: Of an em.
            colour: `#rrggbb`.
            weight: Of the letters.
            anchor: What x means.
            width: Longer text is cut and gets an ellipsis.

        Returns:
            The width of what is written.
        """
        shown, length = text, self._length(text, size, weight)
        while width is not None and length > width and shown:
            shown = shown[:-1].rstrip()
            length = self._length(f"{shown}…", size, weight)
        if shown != text:
            shown += "…"
        at = x - {"left": 0.0, "middle": length / 2, "right": length}[anchor]
        for piece in self._pieces(shown, weight):
            self._texts.append((at, baseline, piece, size, weight, colour))
            at += _width(piece, size, weight)
        return length

    def image(self) -> Image:
        """The finished page, RGB."""
        from PIL import Image, ImageDraw

        made = self._shapes.resize(self._size, Image.Resampling.BOX)
        draw = ImageDraw.Draw(made)
        for x, y, piece, size, weight, colour in self._texts:
            at = (x * PIXELS, y * PIXELS)
            draw.text(at, piece.text, fill=colour, font=_font(piece, size, weight), anchor="ls")
        return made

    def _at(self, x: float, y: float) -> Point:
        return x * self._scale, y * self._scale

    def _pieces(self, text: str, weight: int) -> tuple[fonts.FontRun, ...]:
        """Parts from left to right."""
        tokens = re.findall(r"\s+|\S+", text) if is_right_to_left(text) else [text]
        return tuple(
            piece
            for at in visual_order(tokens, base_level(text))
            for piece in fonts.pieces(tokens[at], _FAMILY, weight, False, self._language)  # noqa: FBT003
        )

    def _length(self, text: str, size: int, weight: int) -> float:
        return sum(_width(piece, size, weight) for piece in self._pieces(text, weight))


def _width(piece: fonts.FontRun, size: int, weight: int) -> float:
    return _font(piece, size, weight).getlength(piece.text) / PIXELS


def _font(piece: fonts.FontRun, size: int, weight: int) -> FreeTypeFont:
    """The piece's face; letters that no face of ours has are shown as its boxes."""
    face = piece.face or fonts.face(_FAMILY, weight, italic=False)
    return _open(str(face.path), size * PIXELS)


@cache
def _open(path: str, size_px: int) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(path, size_px)


def _dashes(points: Sequence[Point]) -> list[list[Point]]:
    """Parts of a line of points, cut by its length into dashes and gaps."""
    parts: list[list[Point]] = []
    left, is_dash = _DASH, True
    current: list[Point] = list(points[:1])
    for (x, y), (to_x, to_y) in pairwise(points):
        length = ((to_x - x) ** 2 + (to_y - y) ** 2) ** 0.5
        done = 0.0
        while length - done > left:
            done += left
            cut = (x + (to_x - x) * done / length, y + (to_y - y) * done / length)
            if is_dash:
                parts.append([*current, cut])
            current, is_dash = [cut], not is_dash
            left = _DASH if is_dash else _DASH_GAP
        left -= length - done
        if is_dash:
            current.append((to_x, to_y))
    if is_dash and len(current) > 1:
        parts.append(current)
    return parts
