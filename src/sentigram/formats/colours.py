"""Colours as subtitle formats write them, read as `#rrggbb` and a share of transparency."""

from __future__ import annotations

import re

_NAMES = """
    black=000000 silver=c0c0c0 gray=808080 grey=808080 white=ffffff maroon=800000 red=ff0000
    purple=800080 fuchsia=ff00ff magenta=ff00ff green=008000 lime=00ff00 olive=808000
    yellow=ffff00 orange=ffa500 navy=000080 blue=0000ff teal=008080 aqua=00ffff cyan=00ffff
    transparent=000000
"""
_RGB_OF = {name: f"#{rgb}" for name, rgb in (pair.split("=") for pair in _NAMES.split())}
_HEX = re.compile(r"#?([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
_RGB = re.compile(
    r"rgba?\(\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*"
    r"(?:[,/]\s*(\d{0,4}\.?\d{0,6})(%?)\s*)?\)"
)
_ASS = re.compile(r"&?[hH]?([0-9a-fA-F]{1,8})&?")
_OPAQUE = 255


def css_colour(text: str) -> tuple[str, float] | None:
    """Read a CSS colour: a name, `#rgb`, `#rrggbb`, `#rrggbbaa`, `rgb()` or `rgba()`.

    Returns:
        `#rrggbb` and transparency (0 opaque … 1 invisible); None for anything else.
    """
    text = text.strip().lower()
    if text in _RGB_OF:
        return _RGB_OF[text], float(text == "transparent")
    if match := _HEX.fullmatch(text):
        digits = match[1] if len(match[1]) > 4 else "".join(2 * digit for digit in match[1])
        alpha = 1 - int(digits[6:], 16) / _OPAQUE if len(digits) > 6 else 0.0
        return f"#{digits[:6]}", alpha
    if match := _RGB.fullmatch(text):
        parts = [min(255, int(part)) for part in match.groups()[:3]]
        opacity = (
            float(match[4]) / (100 if match[5] else 1) if match[4] not in (None, "", ".") else 1
        )
        return "#{:02x}{:02x}{:02x}".format(*parts), 1 - min(1.0, opacity)
    return None


def ass_colour(text: str) -> tuple[str, float]:
    """Read `&HAABBGGRR`, `&HBBGGRR&` or a decimal number; black where it is none of these."""
    text = text.strip()
    if text.lstrip("-").isdecimal() and len(text) < 12:  # SSA writes decimals
        value = int(text) & 0xFFFFFFFF
    elif match := _ASS.fullmatch(text):
        value = int(match[1], 16)
    else:
        value = 0
    blue, green, red = value >> 16 & 255, value >> 8 & 255, value & 255
    return f"#{red:02x}{green:02x}{blue:02x}", (value >> 24) / _OPAQUE


def ass_alpha(text: str) -> float:
    """Read `&H80&` as a share of transparency; opaque where it is not one."""
    match = _ASS.fullmatch(text.strip())
    return (int(match[1], 16) & 255) / _OPAQUE if match else 0.0
