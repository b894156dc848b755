"""A sheet of every emotion at every level, to look a theme in the eye."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import replace
from html import escape

from sentigram.core.emotion import NEUTRAL, RAISED, plain_name
from sentigram.core.style import N_LEVELS, N_STEPS, StyledRun, StyleKey, TextStyle
from sentigram.style.colour.contrast import Ink, worst_ratio
from sentigram.style.styling import STRESS_FROM, ends_of, resolve
from sentigram.style.text import fonts, letters
from sentigram.style.text.subsets import subset
from sentigram.style.theme.advice import undrawn
from sentigram.style.theme.theme import Theme

_PHRASES = {
    NEUTRAL: "and then we went outside",
    RAISED: "listen, all of you!",
    "happiness": "what a lovely day!",
    "sadness": "nobody ever came back",
    "anger": "that is soooo unfair!",
    "frustration": "it never works the first time",
    "fear": "did you hear that?",
    "disgust": "ugh, take it away!",
    "surprise": "oh, you are here!",
    "calm": "breathe in, and let go",
    "excitement": "here we gooo!",
}
_OF_STEPS = "the same words, said so"
_UI = "Poppins"
_BASE_PX = 27
_CSP = "default-src 'none'; style-src 'unsafe-inline'; font-src data:"

_PAGE_CSS = """
:root { color-scheme: dark }
* { box-sizing: border-box }
body { margin: 0; padding: 3rem clamp(1rem, 4vw, 4rem); background: #17181d; color: #e9e9ee;
  font: 500 15px/1.5 Poppins, sans-serif }
header { max-width: 60rem; margin-bottom: 2.5rem }
h1 { font: 600 2.1rem/1.2 Poppins, sans-serif; margin: 0 0 .4rem; letter-spacing: -.01em }
header p { margin: 0; color: #a9abb8 }
section { display: grid; grid-template-columns: 15rem minmax(0, 1fr); gap: 0 2rem;
  padding: 1.4rem 0; border-top: 1px solid #2c2e37; align-items: center }
h2 { font: 600 1.05rem/1.3 Poppins, sans-serif; margin: 0 0 .2rem; text-transform: capitalize }
section > div > p { margin: 0; color: #a9abb8; font-size: .82rem; line-height: 1.45 }
.why { margin-top: .5rem !important; font-size: .72rem !important; color: #7f8290 !important }
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr));
  border-radius: 14px; overflow: hidden }
.ground { padding: .7rem 1.2rem }
.dark { background: linear-gradient(120deg, #000, #14161b 60%, #2a3238) }
.light { background: linear-gradient(300deg, #fff, #f3f1ec 60%, #d9d6cc) }
.row { display: flex; align-items: baseline; gap: 1rem; padding: .28rem 0 }
.row small { flex: 0 0 1.2rem; font: 500 .68rem/1 Poppins, sans-serif; color: #8b8e9c }
.light .row small { color: #6b6d78 }
.t { paint-order: stroke fill; stroke-linejoin: round; line-height: 1.35 }
@media (max-width: 70rem) { section { grid-template-columns: 1fr; gap: .8rem } }
@media (max-width: 48rem) { .pair { grid-template-columns: 1fr } }
"""


def preview_html(theme: Theme) -> str:
    """Every emotion of a theme at every level, over dark and over light ground.

    Where words are drawn by dimensions it is both ends of each, in every step toward them.

    The page is one file without script or network: fonts are embedded as subsets, all text is
    escaped, and a Content-Security-Policy forbids everything else. Nothing moves on it.
    """
    keys = _rows(theme)
    styles = {key: resolve(theme, key, motion="none") for ks in keys.values() for key in ks}
    loud = {
        StyleKey(key.emotion, key.level, is_emphasis=True)
        for key in styles
        if key.level >= STRESS_FROM
    }
    styles |= {key: resolve(theme, key, motion="none") for key in loud}
    sections = "".join(_section(theme, emotion, keys[emotion], styles) for emotion in keys)
    rules = "".join(f".{key.slug}{{{_css(look)}}}" for key, look in sorted(styles.items()))
    chrome = "".join(_described(theme, name) + plain_name(name) for name in keys)
    font_faces = _font_faces(_texts(theme, keys, styles), chrome=chrome + _ui_text(theme))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_CSP)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(theme.name)} – Sentigram theme</title>"
        f"<style>{font_faces}{_PAGE_CSS}{rules}</style></head>\n<body>"
        f"<header><h1>{escape(_title(theme))}</h1><p>{escape(_about(theme))}</p>"
        f"{_reasons(theme, '', 'caption')}</header>\n"
        f"{sections}</body></html>\n"
    )


def _reasons(theme: Theme, *places: str) -> str:
    """Why layers deviate at these emotions or tables, one paragraph a value."""
    return "".join(
        f'<p class="why">{escape(key)}: {escape(why.text)} ({escape(why.level)})</p>'
        for (place, key), why in theme.evidence.items()
        if place in places
    )


def _about(theme: Theme) -> str:
    """What a theme says of itself, and whether it draws emotions at all."""
    if theme.is_plain:
        return f"{theme.description} But {undrawn(theme.plain_by)}."
    return theme.description


def _title(theme: Theme) -> str:
    return theme.name[:1].upper() + theme.name[1:]


def _ui_text(theme: Theme) -> str:
    why = "".join(reason.text + reason.level for reason in theme.evidence.values())
    return (
        _title(theme)
        + _about(theme)
        + why
        + " 0123456789.:,()–"
        + "least contrast"
        + "".join(key for _, key in theme.evidence)
    )


def _rows(theme: Theme) -> dict[str, tuple[StyleKey, ...]]:
    """What is shown under which heading, from weak to strong."""
    if not theme.dimensions or theme.is_plain:
        return {emotion: tuple(_keys(emotion)) for emotion in theme.drawn}
    plain = StyleKey(NEUTRAL, 0)
    rows: dict[str, tuple[StyleKey, ...]] = {NEUTRAL: (plain,)}
    for text, end in ends_of(theme):
        ((name, last),) = end.steps
        steps = (step if last > 0 else -step for step in range(1, N_STEPS + 1))
        rows[text] = tuple(replace(plain, steps=((name, step),)) for step in steps)
    return rows


def _described(theme: Theme, name: str) -> str:
    """What a theme says of an emotion; an end of a dimension is said by its name."""
    return theme.describe(name) if name in theme.emotions else ""


def _strength(key: StyleKey) -> int:
    return abs(key.steps[0][1]) if key.steps else key.level


def _keys(emotion: str) -> Iterable[StyleKey]:
    if emotion == NEUTRAL:
        return (StyleKey(NEUTRAL, 0),)
    return (StyleKey(emotion, level) for level in range(1, N_LEVELS + 1))


def _phrase(theme: Theme, key: StyleKey) -> tuple[StyledRun, ...]:
    text = _PHRASES.get(key.emotion, f"this is {plain_name(key.emotion)}!")
    text = _OF_STEPS if key.steps else text
    look = resolve(theme, key, motion="none")
    out: list[StyledRun] = []
    for i, word in enumerate(text.split(" ")):
        runs = letters.runs(word, key, stress_from=STRESS_FROM, transform=look.transform)
        out.extend((StyledRun(" ", key), *runs) if i else runs)
    return tuple(out)


def _texts(
    theme: Theme, keys: dict[str, tuple[StyleKey, ...]], styles: dict[StyleKey, TextStyle]
) -> Iterable[tuple[str, TextStyle]]:
    for own in keys.values():
        for key in own:
            for run in _phrase(theme, key):
                yield run.text, styles[run.style]


def _font_faces(texts: Iterable[tuple[str, TextStyle]], *, chrome: str) -> str:
    needed: dict[fonts.Face, str] = {
        fonts.face(_UI, 500, italic=False): chrome,
        fonts.face(_UI, 600, italic=False): chrome.upper() + chrome,
    }
    for text, look in texts:
        if look.family in fonts.families():
            face = fonts.face(look.family, look.weight, look.italic)
            needed[face] = needed.get(face, "") + text
    out = []
    for face, text in needed.items():
        if not face.embeds:
            continue
        data = base64.b64encode(subset(face, text, flavor="woff2")).decode("ascii")
        slant = "italic" if face.italic else "normal"
        out.append(
            f'@font-face{{font-family:"{face.family}";font-weight:{face.weight};'
            f"font-style:{slant};src:url(data:font/woff2;base64,{data})}}"
        )
    return "".join(out)


def _css(look: TextStyle) -> str:
    """CSS of a style; a stroke is centred on the edge, so it is twice the outline."""
    family = look.family.replace("\\", "").replace('"', "").replace("<", "")
    stroke_em = 2 * look.outline_em / look.size_em
    rules = [
        f'font-family:"{family}",sans-serif',
        f"font-weight:{look.weight}",
        f"font-style:{'italic' if look.italic else 'normal'}",
        f"font-size:{look.size_em * _BASE_PX:.1f}px",
        f"color:{look.fill}",
        f"letter-spacing:{look.spacing_em}em",
        f"-webkit-text-stroke:{stroke_em:.3f}em {look.outline}",
    ]
    if look.underline:
        rules.append("text-decoration:underline dotted;text-underline-offset:.2em")
    if look.box:
        rules.append(f"background:{look.box};padding:.12em 0")
    return ";".join(rules)


def _section(
    theme: Theme,
    emotion: str,
    keys: tuple[StyleKey, ...],
    styles: dict[StyleKey, TextStyle],
) -> str:
    rows = "".join(
        f'<div class="row"><small>{_strength(key)}</small><span>'
        + "".join(
            f'<span class="t {run.style.slug}">{escape(run.text)}</span>'
            for run in _phrase(theme, key)
        )
        + "</span></div>"
        for key in keys
    )
    least = min(
        worst_ratio(Ink(s.fill, s.outline, s.outline_em, s.box))
        for key, s in styles.items()
        if replace(key, is_emphasis=False) in keys
    )
    reasons = _reasons(theme, emotion)
    return (
        f"<section><div><h2>{escape(plain_name(emotion))}</h2>"
        f"<p>{escape(_described(theme, emotion))}</p>"
        f"<p>least contrast {least:.1f}:1</p>{reasons}</div>"
        f'<div class="pair"><div class="ground dark">{rows}</div>'
        f'<div class="ground light">{rows}</div></div></section>\n'
    )
