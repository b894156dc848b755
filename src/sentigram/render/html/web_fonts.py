"""The bundled fonts that a page needs, cut down to its letters, as `@font-face` rules."""

from __future__ import annotations

import base64
import string
from collections.abc import Callable, Iterable, Sequence

from sentigram.core.style import StyledLook, StyledWord, StyleKey
from sentigram.render.html.css import css_string
from sentigram.style.text import fonts
from sentigram.style.text.subsets import subset

UI_FAMILY = "Poppins"
UI_WEIGHTS = (500, 600)
_UI_LETTERS = string.printable + "–—‘’“”…·×−→←↑↓é"


def page_letters(
    looks: Sequence[StyledLook], page_text: str, emotions: Sequence[str], language: str = ""
) -> dict[fonts.Face, str]:
    """Which letters each bundled face draws, in any look, in the legend or around it.

    Args:
        looks: All looks of the page; families that do not ship are left to the viewer's system.
        page_text: Everything that stands outside styled words: names, plain transcript.
        emotions: Names that the legend writes in the style of every emotion.
        language: ISO 639-1, of the words.

    Returns:
        Faces with their letters; those that step in for others come last, the language's own first.
    """
    sets: dict[fonts.Face, set[str]] = {}
    for weight in UI_WEIGHTS:
        of = fonts.face(UI_FAMILY, weight, italic=False)
        sets[of] = set(_UI_LETTERS)  # no fallback for the arrows on buttons: every system has them
        _add(sets, set(page_text), of, language)
    names = " ".join(emotions)
    legend = set(names + names.upper() + names.title())
    known: dict[int, dict[StyleKey, set[str]]] = {}
    done: set[fonts.Face] = set()
    for look in looks:
        words = _texts_of(look.words, known)
        for key, style in look.styles.items():
            if style.family not in fonts.families():
                continue
            of = fonts.face(style.family, style.weight, style.italic)
            if of not in done:
                _add(sets, legend, of, language)
                done.add(of)
            _add(sets, words.get(key, ()), of, language)
    ordered = sorted(sets, key=_order(language))
    return {of: "".join(sorted(filter(_is_character, sets[of]))) for of in ordered}


def _add(
    sets: dict[fonts.Face, set[str]], texts: Iterable[str], of: fonts.Face, language: str
) -> None:
    """Give the letters of texts to the faces that draw them where the style's own face is `of`."""
    for text in texts:
        for piece in fonts.pieces(text, of.family, of.weight, of.italic, language):
            if piece.face is not None:
                sets.setdefault(piece.face, set()).update(piece.text)


def _order(language: str) -> Callable[[fonts.Face], int]:
    """Key that sorts faces by who is asked first: 0 for a style's own, then the fallbacks."""
    stepping_in = sorted(fonts.fallbacks(), key=lambda f: language not in f.languages)
    ranks = {f.family: rank for rank, f in enumerate(stepping_in, 1)}
    return lambda of: ranks.get(of.family, 0)


def _is_character(code: str) -> bool:
    """No font draws half of a surrogate pair, which JSON may hold."""
    return not "\ud800" <= code <= "\udfff"


def _texts_of(
    words: tuple[StyledWord, ...], known: dict[int, dict[StyleKey, set[str]]]
) -> dict[StyleKey, set[str]]:
    """Runs by style; looks that share their words are read once."""
    if id(words) not in known:
        texts = known[id(words)] = {}
        for word in words:
            for run in word.runs:
                texts.setdefault(run.style, set()).add(run.text)
    return known[id(words)]


def font_css(letters: dict[fonts.Face, str]) -> str:
    """One `@font-face` rule per face, the font itself inside as WOFF2.

    `--fallback` lists the families that step in, for the end of every `font-family`.
    """
    stepping_in = {f.family for f in fonts.fallbacks()}
    families = dict.fromkeys(face.family for face in letters if face.family in stepping_in)
    names = ",".join(map(css_string, families)) or "system-ui"
    rules = [_rule(face, text) for face, text in letters.items()]
    return "\n".join([*rules, f":root{{--fallback:{names}}}"])


def _rule(face: fonts.Face, text: str) -> str:
    data = base64.b64encode(subset(face, text, flavor="woff2")).decode("ascii")
    return (
        f"@font-face{{font-family:{css_string(face.family)};font-weight:{face.weight};"
        f"font-style:{'italic' if face.italic else 'normal'};font-display:block;"
        f'src:url("data:font/woff2;base64,{data}") format("woff2")}}'
    )
