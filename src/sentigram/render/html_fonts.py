"""The bundled fonts that a page needs, cut down to its letters, as `@font-face` rules."""

from __future__ import annotations

import base64
import string
from collections.abc import Sequence

from sentigram.core.style import Look, StyledWord, StyleKey
from sentigram.render.html_css import css_string
from sentigram.style import fonts

UI_FAMILY = "Poppins"
UI_WEIGHTS = (500, 600)
_UI_LETTERS = string.printable + "–—‘’“”…·×−→←↑↓é"


def page_letters(
    looks: Sequence[Look], page_text: str, emotions: Sequence[str]
) -> dict[fonts.Face, str]:
    """Which letters each bundled face draws, in any look, in the legend or around it.

    Args:
        looks: All looks of the page; families that do not ship are left to the viewer's system.
        page_text: Everything that stands outside styled words: names, plain transcript.
        emotions: Names that the legend writes in the style of every emotion.
    """
    sets: dict[fonts.Face, set[str]] = {
        fonts.face(UI_FAMILY, weight, italic=False): set(_UI_LETTERS + page_text)
        for weight in UI_WEIGHTS
    }
    names = " ".join(emotions)
    legend = set(names + names.upper() + names.title())
    known: dict[int, dict[StyleKey, set[str]]] = {}
    for look in looks:
        faces = {}
        for key, style in look.styles.items():
            if style.family in fonts.families():
                faces[key] = fonts.face(style.family, style.weight, style.italic)
                sets.setdefault(faces[key], set()).update(legend)
        for key, drawn in _letters_of(look.words, known).items():
            if key in faces:
                sets[faces[key]].update(drawn)
    return {face: "".join(sorted(filter(_is_character, sets[face]))) for face in sets}


def _is_character(code: str) -> bool:
    """No font draws half of a surrogate pair, which JSON may hold."""
    return not "\ud800" <= code <= "\udfff"


def _letters_of(
    words: tuple[StyledWord, ...], known: dict[int, dict[StyleKey, set[str]]]
) -> dict[StyleKey, set[str]]:
    """Letters by style; looks that share their words are read once."""
    if id(words) not in known:
        letters = known[id(words)] = {}
        for word in words:
            for run in word.runs:
                letters.setdefault(run.style, set()).update(run.text)
    return known[id(words)]


def font_css(letters: dict[fonts.Face, str]) -> str:
    """One `@font-face` rule per face, the font itself inside as WOFF2."""
    return "\n".join(_rule(face, text) for face, text in letters.items())


def _rule(face: fonts.Face, text: str) -> str:
    data = base64.b64encode(fonts.subset(face, text, flavor="woff2")).decode("ascii")
    return (
        f"@font-face{{font-family:{css_string(face.family)};font-weight:{face.weight};"
        f"font-style:{'italic' if face.italic else 'normal'};font-display:block;"
        f'src:url("data:font/woff2;base64,{data}") format("woff2")}}'
    )
