"""The CSS of the looks: every emotion at every level, for every culture, age and profile.

The page's root wears a class for its culture, one for its age and one for each group of profiles
that exclude each other (`c0 a2 p1 q0`); a rule names them only as far as it depends on them, and
what most looks share needs none. So looks may be many: what they differ in is written once.
Rules set custom properties, and the hand-written style sheet decides what a caption, the transcript
and the legend make of them.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations
from operator import itemgetter

from sentigram.core.emotion import NEUTRAL
from sentigram.core.style import N_LEVELS, Canvas, StyledLook, StyleKey, TextStyle, WordMark
from sentigram.style.colour.contrast import MINIMUM_RATIO, from_hex, luminance, ratio, to_hex

# What words of the transcript stand on, as in base.css: the page, the mark of the word that is said
# (--wash), and of one that was searched for (--found).
PAPER, NIGHT = ("#fbfaf7", "#e4ecf4", "#fff0b8"), ("#161514", "#26323f", "#4d4216")
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
_Place = tuple[str, ...]  # the classes of a look: culture, age, groups of profiles


def looks_css(looks: Sequence[StyledLook], canvas: Canvas) -> str:
    """Rules for every style of every look.

    Raises:
        ValueError: A colour is not `#rrggbb`.
    """
    return "\n".join(
        [
            _geometry(canvas),
            *_rules(looks, _type, of=StyledLook.drawn),
            # Apart, because ages change widths and profiles change colours.
            *_rules(looks, _ink, of=StyledLook.drawn),
            *_rules(looks, _stroke, of=StyledLook.drawn),
            *_rules(looks, _box, of=StyledLook.drawn),
            *_rules(looks, lambda style: f"--size:{_number(style.size_em)}", of=StyledLook.drawn),
            *_rules(looks, _move, of=StyledLook.drawn),
            # Each ground in a block of its own: a rule that names a look beats one that does not.
            "@media print,(prefers-color-scheme: light){",
            *_inks(looks, PAPER),
            "}",
            "@media screen and (prefers-color-scheme: dark){",
            *_inks(looks, NIGHT),
            "}",
        ]
    )


def mark_css(mark: WordMark) -> str:
    """The colours of the word that is being said, where its mark has any."""
    names = {"fill": mark.fill, "outline": mark.outline or mark.ground, "ground": mark.ground}
    set_ = ";".join(f"--mark-{name}:{_checked(value)}" for name, value in names.items() if value)
    return f".captions{{{set_}}}" if set_ else ""


def profile_name(look: StyledLook) -> str:
    """The profiles of a look as one value of data-profile, "" for none."""
    return "+".join(look.profiles)


def look_classes(looks: Sequence[StyledLook]) -> tuple[_Place, ...]:
    """The classes that the page's root wears for each look: culture, age, groups of profiles."""
    columns = [[look.culture for look in looks], [look.age for look in looks]]
    columns += [
        ["+".join(name for name in look.profiles if name in group) for look in looks]
        for group in _groups(looks)
    ]
    numbered = []
    for letter, names in zip("ca" + string.ascii_lowercase[15:], columns, strict=False):
        order = list(dict.fromkeys(names))
        numbered.append([f"{letter}{order.index(name)}" for name in names])
    return tuple(zip(*numbered, strict=True))


def _groups(looks: Sequence[StyledLook]) -> list[list[str]]:
    """Profiles that only some looks wear, those together of which no look wears two."""
    worn = [frozenset(look.profiles) for look in looks]
    names = dict.fromkeys(name for look in looks for name in look.profiles)
    groups: list[list[str]] = []
    for name in names:
        if all(name in profiles for profiles in worn):
            continue
        near = set().union(*(profiles for profiles in worn if name in profiles))
        free = next((group for group in groups if near.isdisjoint(group)), None)
        if free is None:
            groups.append([name])
        else:
            free.append(name)
    return groups


def css_string(text: str) -> str:
    """Quote any text for CSS; everything but plain letters and digits is escaped by number."""
    return '"' + _PLAIN.sub(lambda match: f"\\{ord(match.group()):x} ", text) + '"'


@cache
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
    column = _number(canvas.column_side)
    return f":root{{--ratio:{_number(sides)};--base-share:{_number(base)};--column-side:{column}}}"


def _type(style: TextStyle) -> str:
    generic = "serif" if "serif" in style.family.lower() else "sans-serif"
    return (
        f"font-family:{css_string(style.family)},var(--fallback,system-ui),"
        f"{css_string('Poppins')},system-ui,{generic};"
        f"font-weight:{style.weight};font-style:{'italic' if style.italic else 'normal'};"
        f"letter-spacing:{_number(style.spacing_em)}em;text-transform:{style.transform};"
        f"text-decoration:{'underline' if style.underline else 'none'}"
    )


def _ink(style: TextStyle) -> str:
    return f"--fill:{_checked(style.fill)};--outline:{_checked(style.outline)}"


def _stroke(style: TextStyle) -> str:
    return f"--stroke:{_number(0.0 if style.box else style.outline_em)}"


def _box(style: TextStyle) -> str:
    box = _checked(style.box) if style.box else "transparent"
    return f"--box:{box};--boxed:{int(bool(style.box))}"


def _move(style: TextStyle) -> str:
    if style.animation == "none":
        return "--move:none;--move-time:0s;--move-count:1"
    seconds, count = _MOVES[style.animation]
    return f"--move:move-{style.animation};--move-time:{seconds}s;--move-count:{count}"


def _inks(looks: Sequence[StyledLook], grounds: tuple[str, ...]) -> Iterator[str]:
    """Colours for text on the page itself, and for the swatch of each emotion.

    Plain words are in ink there, so what has neutral's own colour is too: a raised voice in a grey
    that suits pictures would look fainter than the words around it.
    """
    neutral = StyleKey(NEUTRAL, 0)
    plain = {look.styles[neutral].fill for look in looks if neutral in look.styles}

    def declare(style: TextStyle) -> str:
        if style.fill in plain:
            return "--tint:var(--ink)"
        tint = _checked(style.fill)
        for ground in grounds:  # each step goes away from all of them
            tint = readable(tint, ground)
        return f"--tint:{tint}"

    def declare_swatch(style: TextStyle) -> str:
        if style.fill in plain:
            return "--swatch:var(--ink)"
        return f"--swatch:{readable(_checked(style.fill), grounds[0], minimum=_VISIBLE)}"

    yield from _rules(
        looks,
        declare,
        wanted=lambda key: key.level > 0 or bool(key.steps),
        of=lambda look, key: look.drawn(key) if look.dimensions else look.styles[key],
    )
    yield from _rules(
        looks,
        declare_swatch,
        wanted=lambda key: key.level == N_LEVELS and not key.is_marked,
    )


def _rules(
    looks: Sequence[StyledLook],
    declare: Declare,
    *,
    wanted: Callable[[StyleKey], bool] = lambda _key: True,
    of: Callable[[StyledLook, StyleKey], TextStyle] = lambda look, key: look.styles[key],
) -> Iterator[str]:
    """One rule per different declaration, with every selector that it holds for.

    What is drawn is `of=StyledLook.drawn`; what stands for an emotion is its own style, also in
    looks that draw none.
    """
    made: dict[TextStyle, str] = {}
    by_key: dict[StyleKey, dict[_Place, str]] = {}
    for look, place in zip(looks, look_classes(looks), strict=True):
        for key in look.styles:
            if wanted(key):
                style = of(look, key)
                if style not in made:
                    made[style] = declare(style)
                by_key.setdefault(key, {})[place] = made[style]
    selectors: dict[str, dict[str, list[str]]] = {}
    for key, declared in sorted(by_key.items()):
        for scope, text in _scopes(declared):
            name = f".s-{_PLAIN.sub('_', key.slug)}"
            selectors.setdefault(text, {}).setdefault(scope, []).append(name)
    for text, scopes in selectors.items():
        where = (f"{scope}{_any(names)}" for scope, names in scopes.items())
        yield f"{','.join(where)}{{{text}}}"


def _scopes(declared: Mapping[_Place, str]) -> Iterator[tuple[str, str]]:
    """The declarations with the looks that they are for, the commonest one for all others first.

    A scope has more specificity than none, so the exceptions win over what holds everywhere.
    """
    counts = Counter(declared.values())
    common = max(counts, key=lambda text: counts[text])
    yield "", common
    if len(counts) == 1:
        return
    parts = _parts(declared)
    scopes: dict[str, dict[tuple[str, ...], None]] = {}
    for place, text in declared.items():
        if text != common:
            scopes.setdefault(text, {})[tuple(place[i] for i in parts)] = None
    for text, places in scopes.items():
        yield f"{_any(['.' + '.'.join(place) for place in places])} ", text


def _parts(declared: Mapping[_Place, str]) -> tuple[int, ...]:
    """The fewest classes of a look that tell which declaration it gets."""
    n_parts = len(next(iter(declared)))
    for count in range(1, n_parts):
        for parts in combinations(range(n_parts), count):
            seen: dict[object, str] = {}
            told_by = itemgetter(*parts)
            if all(
                seen.setdefault(told_by(place), text) == text for place, text in declared.items()
            ):
                return parts
    return tuple(range(n_parts))


def _any(selectors: Sequence[str]) -> str:
    return selectors[0] if len(selectors) == 1 else f":is({','.join(selectors)})"


def _checked(colour: str) -> str:
    if not _COLOUR.fullmatch(colour):
        message = f"colour {colour!r}: write #rrggbb"
        raise ValueError(message)
    return colour.lower()


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
