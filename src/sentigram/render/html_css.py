"""The CSS of the looks: every emotion at every level, for every culture and age.

The page's root carries data-culture and data-age; a rule says so only as far as it depends on them.
Rules set custom properties, and the hand-written style sheet decides what a caption, the transcript
and the legend make of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from sentigram.core.style import N_LEVELS, Canvas, Look, StyleKey, TextStyle
from sentigram.style.contrast import MINIMUM_RATIO, from_hex, luminance, ratio, to_hex

PAPER, NIGHT = "#fbfaf7", "#161514"  # the page's backgrounds, as in page.css
_VISIBLE = 3.0  # WCAG 2.2, 1.4.11, for shapes that are no text
_STEP = 0.01  # of OKLCH lightness
_YELLOW, _AMBER = (78.0, 112.0), 74.0  # OKLCH hues: dark yellow looks olive, dark amber like gold
_MIDDLE = 0.18  # luminance between dark and light

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_PLAIN = re.compile(r"[^A-Za-z0-9_-]")

# Duration in seconds and how often it plays: nothing flashes more than three times a second.
_MOVES: Mapping[str, tuple[float, int]] = {
    "bounce": (0.55, 1),
    "fade": (0.9, 1),
    "shake": (0.45, 1),
    "pulse": (0.6, 2),
    "tremble": (0.6, 1),
    "pop": (0.35, 1),
    "sway": (1.1, 1),
    "glow": (0.8, 1),
}

Declare = Callable[[TextStyle], str]


def looks_css(looks: Sequence[Look], canvas: Canvas) -> str:
    """Rules for every style of every look.

    Raises:
        ValueError: A colour is not `#rrggbb`.
    """
    return "\n".join(
        [
            _geometry(canvas),
            *_rules(looks, _type),
            *_rules(looks, _paint),
            *_rules(looks, lambda style: f"--size:{_number(style.size_em)}"),
            *_rules(looks, _move),
            *_inks(looks, PAPER),
            "@media screen and (prefers-color-scheme: dark){",
            *_inks(looks, NIGHT),
            "}",
        ]
    )


def css_string(text: str) -> str:
    """Quote any text for CSS; everything but plain letters and digits is escaped by number."""
    return '"' + _PLAIN.sub(lambda match: f"\\{ord(match.group()):x} ", text) + '"'


def readable(fill: str, background: str, *, minimum: float = MINIMUM_RATIO) -> str:
    """The fill itself, or the nearest lightness of it that reads on a plain background."""
    colour = from_hex(fill)
    step = -_STEP if luminance(background) > _MIDDLE else _STEP
    lightness = colour.lightness
    if step < 0 and _YELLOW[0] < colour.hue < _YELLOW[1] and ratio(fill, background) < minimum:
        colour = replace(colour, hue=_AMBER)
    while ratio(fill, background) < minimum:
        lightness = min(1.0, max(0.0, lightness + step))
        fill = to_hex(replace(colour, lightness=lightness))
    return fill


def _geometry(canvas: Canvas) -> str:
    sides = canvas.width_px / canvas.height_px
    base = canvas.base_px / canvas.height_px
    return f":root{{--ratio:{_number(sides)};--base-share:{_number(base)}}}"


def _type(style: TextStyle) -> str:
    generic = "serif" if "serif" in style.family.lower() else "sans-serif"
    return (
        f"font-family:{css_string(style.family)},{css_string('Poppins')},system-ui,{generic};"
        f"font-weight:{style.weight};font-style:{'italic' if style.italic else 'normal'};"
        f"letter-spacing:{_number(style.spacing_em)}em;text-transform:{style.transform};"
        f"text-decoration:{'underline' if style.underline else 'none'}"
    )


def _paint(style: TextStyle) -> str:
    box = _checked(style.box) if style.box else "transparent"
    return (
        f"--fill:{_checked(style.fill)};--outline:{_checked(style.outline)};"
        f"--stroke:{_number(style.outline_em)};--box:{box}"
    )


def _move(style: TextStyle) -> str:
    if style.animation == "none":
        return "--move:none;--move-time:0s;--move-count:1"
    seconds, count = _MOVES[style.animation]
    return f"--move:move-{style.animation};--move-time:{seconds}s;--move-count:{count}"


def _inks(looks: Sequence[Look], background: str) -> Iterator[str]:
    """Colours for text on the page itself, and for the swatch of each emotion."""

    def declare(style: TextStyle) -> str:
        return f"--tint:{readable(_checked(style.fill), background)}"

    def declare_swatch(style: TextStyle) -> str:
        return f"--swatch:{readable(_checked(style.fill), background, minimum=_VISIBLE)}"

    yield from _rules(looks, declare, wanted=lambda key: key.level > 0)
    yield from _rules(
        looks, declare_swatch, wanted=lambda key: key.level == N_LEVELS and not key.is_emphasis
    )


def _rules(
    looks: Sequence[Look],
    declare: Declare,
    *,
    wanted: Callable[[StyleKey], bool] = lambda _key: True,
) -> Iterator[str]:
    """One rule per different declaration, with every selector that it holds for."""
    made: dict[TextStyle, str] = {}
    by_key: dict[StyleKey, dict[tuple[str, str], str]] = {}
    for look in looks:
        for key, style in look.styles.items():
            if wanted(key):
                if style not in made:
                    made[style] = declare(style)
                by_key.setdefault(key, {})[look.culture, look.age] = made[style]
    selectors: dict[str, list[str]] = {}
    for key, declared in sorted(by_key.items()):
        for scope, text in _scopes(declared):
            selectors.setdefault(text, []).append(f"{scope}.s-{_PLAIN.sub('_', key.slug)}")
    for text, where in selectors.items():
        yield f"{','.join(where)}{{{text}}}"


def _scopes(declared: Mapping[tuple[str, str], str]) -> Iterator[tuple[str, str]]:
    """Attribute selectors as short as the declarations allow: none, culture, age, or both."""
    if len(set(declared.values())) == 1:
        yield "", next(iter(declared.values()))
        return
    for position, attribute in ((0, "culture"), (1, "age")):
        seen: dict[str, set[str]] = {}
        for look, text in declared.items():
            seen.setdefault(look[position], set()).add(text)
        if all(len(texts) == 1 for texts in seen.values()):
            for name, texts in seen.items():
                yield f"[data-{attribute}={css_string(name)}] ", next(iter(texts))
            return
    for (culture, age), text in declared.items():
        yield f"[data-culture={css_string(culture)}][data-age={css_string(age)}] ", text


def _checked(colour: str) -> str:
    if not _COLOUR.fullmatch(colour):
        message = f"colour {colour!r}: write #rrggbb"
        raise ValueError(message)
    return colour.lower()


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
