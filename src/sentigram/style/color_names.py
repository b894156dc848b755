"""What a colour is called, for legends and screen readers."""

from __future__ import annotations

from functools import cache

from sentigram.style.contrast import Oklch, from_hex

_BLACK_BELOW, _WHITE_FROM = 0.35, 0.95  # OKLCH lightness
_GREY_BELOW, _DULL_BELOW = 0.045, 0.10  # chroma
_PALE_FROM, _DARK_BELOW = 0.79, 0.72  # lightness
# Where one name ends and the next begins, in degrees of hue; looked at on a wheel of lightness 0.75.
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
        if seen.lightness < _BLACK_BELOW:
            return "black"
        return "white" if seen.lightness >= _WHITE_FROM else "grey"
    if seen.lightness < _BLACK_BELOW:
        return "dark " + _hue_name(seen)
    is_dull = seen.chroma < _DULL_BELOW
    name = _hue_name(seen)
    if name in ("orange", "golden") and seen.lightness < _DARK_BELOW:
        return "brown" if is_dull or name == "golden" else name
    if name == "green" and is_dull:
        return "sage-green"
    if name == "violet" and seen.lightness >= _PALE_FROM:
        return "pale violet"
    if name == "yellow" and seen.lightness < _DARK_BELOW:
        return "olive"
    return name


def _hue_name(seen: Oklch) -> str:
    return next(name for end, name in _NAMES if seen.hue < end)
