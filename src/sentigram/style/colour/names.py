"""What a colour is called, for legends and screen readers."""

from __future__ import annotations

from functools import cache

from sentigram.style.colour.contrast import from_hex

_BLACK_BELOW, _WHITE_FROM = 0.35, 0.95  # OKLCH lightness
_GREY_BELOW, _DULL_BELOW = 0.045, 0.10  # chroma
_PALE_FROM, _DARK_BELOW = 0.79, 0.72  # lightness
# Where one name ends and the next begins, in degrees of hue, by eye at a lightness of 0.75.
_NAMES = (
    (12.0, "pink"),
    (41.0, "red"),
    (70.0, "orange"),
    (98.0, "golden"),
    (113.0, "yellow"),
    (180.0, "green"),
    (215.0, "turquoise"),
    (280.0, "blue"),
    (325.0, "violet"),
    (360.0, "pink"),
)


@cache
def color_name(color: str) -> str:
    """An English adjective for `#rrggbb`: "red", "pale violet", "sage-green"."""
    seen = from_hex(color)
    if seen.chroma < _GREY_BELOW:
        light = "white" if seen.lightness >= _WHITE_FROM else "grey"
        return "black" if seen.lightness < _BLACK_BELOW else light
    name = next(name for end, name in _NAMES if seen.hue < end)
    if seen.lightness < _BLACK_BELOW:
        return f"dark {name}"
    is_dull, is_dark = seen.chroma < _DULL_BELOW, seen.lightness < _DARK_BELOW
    shades = {
        "orange": "brown" if is_dull and is_dark else name,
        "golden": "brown" if is_dark else name,
        "yellow": "olive" if is_dark else name,
        "green": "sage-green" if is_dull else name,
        "violet": "pale violet" if seen.lightness >= _PALE_FROM else name,
    }
    return shades.get(name, name)
