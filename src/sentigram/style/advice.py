"""What a theme allows but had better not do: told as warnings, never as errors."""

from __future__ import annotations

import difflib
from itertools import combinations

from sentigram.core.emotion import NEUTRAL
from sentigram.core.style import N_LEVELS, StyleKey, TextStyle
from sentigram.style import fonts
from sentigram.style.engine import resolve
from sentigram.style.theme import Theme


def warnings_of(theme: Theme, labels: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Sentences for the user of a theme; none for the themes that ship.

    Args:
        theme: A theme that loaded without error.
        labels: The emotions of a Document, to name those without a rule.

    Returns:
        Fonts that do not ship, emotions that only colour and size tell apart (WCAG 2.2, 1.4.1),
        and labels without a rule.
    """
    return (*_unknown_fonts(theme), *_lookalikes(theme), *_unnamed(theme, labels))


def _unknown_fonts(theme: Theme) -> tuple[str, ...]:
    out = []
    for emotion, rule in theme.rules.items():
        if rule.family not in fonts.families():
            near = difflib.get_close_matches(rule.family, fonts.families(), n=1, cutoff=0.6)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            out.append(
                f"theme {theme.name}: emotion.{emotion}.family: {rule.family!r} does not ship: "
                f"each viewer needs it installed, and line breaks are estimated{hint}"
            )
    return tuple(out)


def _cues(look: TextStyle) -> tuple[object, ...]:
    return (
        look.family,
        look.weight,
        look.italic,
        look.transform,
        look.spacing_em,
        look.underline,
    )


def _lookalikes(theme: Theme) -> tuple[str, ...]:
    out: dict[str, None] = {}
    for level in range(1, N_LEVELS + 1):
        looks = {
            emotion: _cues(
                resolve(theme, StyleKey(emotion, 0 if emotion == NEUTRAL else level), motion="none")
            )
            for emotion in theme.emotions
        }
        for one, other in combinations(sorted(looks), 2):
            if looks[one] == looks[other]:
                out[
                    f"theme {theme.name}: {one} and {other} differ by colour and size only; "
                    "give one another family, weight, slant, case, spacing or underline"
                ] = None
    return tuple(out)


def _unnamed(theme: Theme, labels: tuple[str, ...]) -> tuple[str, ...]:
    names = theme.unnamed(labels)
    if not names:
        return ()
    message = (
        f"theme {theme.name}: no rule for {', '.join(names)}: shown as underlined neutral text; "
        f"add [emotion.{names[0]}]"
    )
    return (message,)
