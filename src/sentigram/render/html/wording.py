"""Says in plain words how a style looks, so that the legend does not depend on seeing it."""

from __future__ import annotations

from collections.abc import Iterator

from sentigram.core.style import TextStyle
from sentigram.style.colour.contrast import from_hex

_MOVES = {
    "bounce": "bounces",
    "fade": "fades in",
    "shake": "shakes",
    "pulse": "pulses",
    "tremble": "trembles",
    "pop": "pops up",
    "sway": "sways",
    "glow": "glows",
}
# Upper bounds of the OKLCH hue in degrees; names as people use them, not as CSS does.
_HUES = (
    (12, "pink"),
    (36, "red"),
    (72, "orange"),
    (112, "yellow"),
    (165, "green"),
    (205, "teal"),
    (282, "blue"),
    (322, "violet"),
    (360, "pink"),
)
_GREY_CHROMA = 0.035
_BLACK, _DARK, _PALE, _WHITE = 0.25, 0.45, 0.86, 0.95  # OKLCH lightness


def describe(style: TextStyle, *, against: TextStyle | None) -> str:
    """Name what sets a style apart: `red, capitals, larger, shakes`.

    Args:
        style: The style of an emotion.
        against: The neutral style that it is compared with, None to compare with plain text.
    """
    features = tuple(_features(style, against))
    return ", ".join(features) if len(features) > 1 else f"plain {features[0]} letters"


def colour_name(colour: str) -> str:
    """A common word for `#rrggbb`."""
    of = from_hex(colour)
    if of.chroma < _GREY_CHROMA:
        if of.lightness > _WHITE:
            return "white"
        return "black" if of.lightness < _BLACK else "grey"
    name = next(name for bound, name in _HUES if of.hue <= bound)
    if of.lightness > _PALE and name != "yellow":
        return f"pale {name}"
    return f"dark {name}" if of.lightness < _DARK else name


def _features(style: TextStyle, against: TextStyle | None) -> Iterator[str]:
    yield colour_name(style.fill)
    if style.box:
        yield f"on {colour_name(style.box)}"
    if style.transform != "none":
        yield "capitals" if style.transform == "uppercase" else "small letters"
    if style.italic:
        yield "slanted"
    if style.underline:
        yield "underlined"
    if against is not None:
        yield from _differences(style, against)


def _differences(style: TextStyle, against: TextStyle) -> Iterator[str]:
    if style.weight >= against.weight + 200:
        yield "bold"
    if style.size_em >= against.size_em * 1.05:
        yield "larger"
    elif style.size_em <= against.size_em * 0.95:
        yield "smaller"
    if style.spacing_em >= against.spacing_em + 0.03:
        yield "spread out"
    if style.family != against.family:
        yield f"in {style.family}"
    if style.animation != "none":
        yield _MOVES[style.animation]
