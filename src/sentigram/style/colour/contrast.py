"""Colour: OKLCH, WCAG contrast, and the solver that makes text readable over any video.

Captions lie over pictures that nobody knows in advance. Text is judged where it is worst:

- On a box, against the box.
- Else against its outline, when the outline is at least `HALO_EM` wide: WCAG 2.2, Understanding
  1.4.3, "a wide border around the letter … acts as a halo and would be considered background".
  That ratio holds over every video. The outline's width counts in em of the base size, as large
  letters have no wider one: what makes a border wide is its share of the picture, and 0.05 em are
  a quarter of a percent of its height. On small pictures `style.styling` keeps it a whole pixel.
- Without such an outline, against black video and against white video, the lower of the two.

Sources: WCAG 2.2, "relative luminance" and "contrast ratio"; Björn Ottosson, "A perceptual color
space for image processing" (2020), for OKLab.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import cache

HALO_EM = 0.05
MINIMUM_RATIO = 4.5  # WCAG 2.2, 1.4.3, level AA
BLACK, WHITE = "#000000", "#ffffff"
DARK_OUTLINE, LIGHT_OUTLINE = "#0b0b10", "#f6f4ee"

_KEEP_SIDE_BONUS = 0.30  # lightness that may be given up before an outline changes sides
_HUELESS = 0.02  # chroma below which a hue means nothing
_HUE_KEPT = 1.5  # degrees that a solved fill may differ in hue
_STEPS = 400  # lightnesses that are tried between 0 and 1
_TRIED = 24  # lightnesses that pass and are tried for their hue: 0.06 in all
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_NUMBER = r"([-+]?(?:\d+\.?\d*|\.\d+))"
_OKLCH = re.compile(rf"oklch\(\s*{_NUMBER}(%?)\s+{_NUMBER}\s+{_NUMBER}(?:deg)?\s*\)")


@dataclass(frozen=True, slots=True)
class Oklch:
    """A colour by lightness in [0, 1], chroma from 0 (grey) to about 0.37, hue in degrees."""

    lightness: float
    chroma: float
    hue: float


@dataclass(frozen=True, slots=True)
class Ink:
    """The colours that decide whether text can be read: `#rrggbb`, box "" for none."""

    fill: str
    outline: str
    outline_em: float
    box: str = ""


def parse_color(text: str) -> str:
    """Read `#rrggbb` or `oklch(L C H)` as `#rrggbb`; chroma beyond sRGB is reduced.

    Raises:
        ValueError: The text is neither.
    """
    if _HEX.fullmatch(text):
        return text.lower()
    match = _OKLCH.fullmatch(text.strip())
    if match is None:
        message = f"{text!r} is not a colour: write #rrggbb or oklch(0.80 0.15 85)"
        raise ValueError(message)
    lightness = float(match[1]) / (100 if match[2] else 1)
    if not 0 <= lightness <= 1 or not 0 <= float(match[3]) <= 0.5:
        message = f"{text!r}: lightness runs from 0 to 1, chroma from 0 to 0.5"
        raise ValueError(message)
    return to_hex(Oklch(lightness, float(match[3]), float(match[4]) % 360))


def luminance(color: str) -> float:
    """Relative luminance of `#rrggbb` in [0, 1], as WCAG 2.2 defines it."""
    red, green, blue = linear_of(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@cache
def ratio(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21, as WCAG 2.2 defines it."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def worst_ratio(ink: Ink) -> float:
    """Contrast of text over the video that suits it least."""
    if ink.box:
        return ratio(ink.fill, ink.box)
    bare = min(ratio(ink.fill, BLACK), ratio(ink.fill, WHITE))
    if ink.outline_em < HALO_EM:
        return bare
    return max(ratio(ink.fill, ink.outline), bare)


def is_rimmed(ink: Ink) -> bool:
    """Whether letters are darker than their outline, which shows them over dark video."""
    return not ink.box and luminance(ink.fill) < luminance(ink.outline)


@cache
def solve(ink: Ink, minimum: float = MINIMUM_RATIO) -> Ink:
    """Make text readable over any video while its hue stays.

    Ink that is good enough stays untouched. Else the fill becomes lighter or darker by as little
    as will do, against its own outline or against an outline of the other side, whichever
    changes the fill less; so black stays black and gets a light outline. Ink whose outline is too
    thin to count gets a box instead, a dark one whatever the fill. A box stays: words of several
    styles share a line, and players draw one box behind it. Only a box on which neither black nor
    white reaches the minimum makes room for a darker or a lighter one.

    Returns:
        Ink with `worst_ratio(ink) >= minimum`, for a minimum up to 17.
    """
    if worst_ratio(ink) >= minimum:
        return ink
    if ink.box or ink.outline_em < HALO_EM:
        box = _usable_box(ink.box or DARK_OUTLINE, minimum)
        return replace(ink, fill=_nearest(ink.fill, (box,), minimum)[0], box=box)
    fill, outline = _nearest(ink.fill, (ink.outline, DARK_OUTLINE, LIGHT_OUTLINE), minimum)
    return replace(ink, fill=fill, outline=outline)


def _usable_box(box: str, minimum: float) -> str:
    """The box, or the ground on its side of grey where nothing can be read on it."""
    if max(ratio(box, BLACK), ratio(box, WHITE)) >= minimum:
        return box
    return LIGHT_OUTLINE if ratio(box, BLACK) > ratio(box, WHITE) else DARK_OUTLINE


def _nearest(fill: str, grounds: tuple[str, ...], minimum: float) -> tuple[str, str]:
    """The fill and ground that pass with the smallest change; the first ground is preferred."""
    here = from_hex(fill).lightness
    best: tuple[float, str, str] | None = None
    for position, ground in enumerate(grounds):
        for direction in (1, -1):
            moved = _move(fill, ground, minimum, direction)
            if moved is None:
                continue
            change = abs(from_hex(moved).lightness - here)
            cost = change + (_KEEP_SIDE_BONUS if position else 0.0)
            if best is None or cost < best[0]:
                best = (cost, moved, ground)
    if best is None:
        message = f"no lightness of {fill} reaches {minimum}:1; use a minimum of 17 or less"
        raise ValueError(message)
    return best[1], best[2]


def _move(fill: str, ground: str, minimum: float, direction: int) -> str | None:
    """The fill at the nearest lightness that passes on one side, None where there is none.

    Eight bits a channel bend the hue of pale and of dark colours: the next few lightnesses are
    tried for one whose hue is true, and without one the truest is taken.
    """
    start = from_hex(fill)
    truest: tuple[float, str] | None = None
    tried = 0
    for step in range(_STEPS + 1):
        lightness = start.lightness + direction * step / _STEPS
        if not 0 <= lightness <= 1 or tried == _TRIED:
            break
        moved = fill if step == 0 else to_hex(replace(start, lightness=lightness))
        if ratio(moved, ground) < minimum:
            continue
        tried += 1
        bent = _bent(start, from_hex(moved))
        if truest is None or bent < truest[0]:
            truest = (bent, moved)
        if bent <= _HUE_KEPT:
            break
    return None if truest is None else truest[1]


def _bent(before: Oklch, after: Oklch) -> float:
    """Degrees between two hues; 0 where one of them means nothing."""
    if min(before.chroma, after.chroma) < _HUELESS:
        return 0.0
    return abs((after.hue - before.hue + 180) % 360 - 180)


def mix(start: str, end: str, share: float) -> str:
    """The colour at `share` of the way in OKLCH, along the shorter arc of hues.

    A grey has no hue: the way from it to a colour keeps the colour's hue.
    """
    if share <= 0:
        return start
    if share >= 1:
        return end
    one, two = from_hex(start), from_hex(end)
    first = two.hue if one.chroma < _HUELESS else one.hue
    last = one.hue if two.chroma < _HUELESS else two.hue
    arc = (last - first + 180) % 360 - 180
    return to_hex(
        Oklch(
            one.lightness + (two.lightness - one.lightness) * share,
            one.chroma + (two.chroma - one.chroma) * share,
            (first + arc * share) % 360,
        )
    )


@cache
def from_hex(color: str) -> Oklch:
    """`#rrggbb` in OKLCH."""
    red, green, blue = linear_of(color)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return Oklch(lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


@cache
def to_hex(color: Oklch) -> str:
    """`#rrggbb` of an OKLCH colour; chroma is lowered until sRGB can show it."""
    hue = math.radians(color.hue)
    cos, sin = math.cos(hue), math.sin(hue)
    rgb = _linear_rgb(color.lightness, color.chroma * cos, color.chroma * sin)
    if not _is_in_gamut(rgb):
        low, high = 0.0, color.chroma
        for _ in range(24):  # halves the interval below a thousandth of an 8-bit step
            middle = (low + high) / 2
            if _is_in_gamut(_linear_rgb(color.lightness, middle * cos, middle * sin)):
                low = middle
            else:
                high = middle
        rgb = _linear_rgb(color.lightness, low * cos, low * sin)
    return from_linear(rgb)


def linear_of(color: str) -> tuple[float, float, float]:
    """Linear red, green and blue of `#rrggbb`, each in [0, 1]."""
    red, green, blue = _channels(color)
    return _linear(red), _linear(green), _linear(blue)


def from_linear(rgb: tuple[float, float, float]) -> str:
    """`#rrggbb` of linear red, green and blue; what lies outside [0, 1] is clipped."""
    return "#" + "".join(f"{round(255 * _gamma(min(1.0, max(0.0, v)))):02x}" for v in rgb)


def _linear_rgb(lightness: float, a: float, b: float) -> tuple[float, float, float]:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _is_in_gamut(rgb: tuple[float, float, float]) -> bool:
    return min(rgb) >= -1e-6 and max(rgb) <= 1 + 1e-6


def _channels(color: str) -> tuple[float, float, float]:
    return int(color[1:3], 16) / 255, int(color[3:5], 16) / 255, int(color[5:7], 16) / 255


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _gamma(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
