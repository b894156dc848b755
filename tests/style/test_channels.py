"""Which channel of type says what, in every profile: emotion and speaker never share one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sentigram.core.document import Document
from sentigram.core.style import Style, StyleKey
from sentigram.style.styling import resolve, style
from sentigram.style.theme.layers import known_presets, known_profiles
from sentigram.style.theme.theme import Theme, load
from tests.documents import LABELS, document

_DOCS = Path(__file__).parents[2] / "docs" / "looks.md"
_STYLES: tuple[Style, ...] = ("categories", "dimensions", "prosody", "plain")
_OWN = '[caption]\nspeakers = ["#ffffff", "#ffff00", "#00ffff", "#00ff00"]\n'


def _looks() -> Iterator[tuple[str, Theme]]:
    """Every way to draw words that ships, by the flag that asks for it."""
    for drawn in _STYLES:
        yield f"`--style {drawn}`", load(style=drawn)
    for name in known_presets():
        yield f"`--preset {name}`", load(profiles=(name,))
    for name in known_profiles():
        yield f"`--profile {name}`", load(profiles=(name,))


def table() -> str:
    """What colour, the other channels, names and dashes say, in Markdown; equal rows are one."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for name, theme in _looks():
        rows.setdefault(_said(theme), []).append(name)
    head = ["| worn | colour | letters | names in brackets | dashes |", "|---|---|---|---|---|"]
    return "\n".join(
        [*head, *(f"| {', '.join(of)} | {' | '.join(row)} |" for row, of in rows.items())]
    )


def _said(theme: Theme) -> tuple[str, ...]:
    caption = theme.caption
    speakers = "who speaks" if caption.speakers else ""
    if theme.is_plain:
        colour, shapes = speakers or "nothing", "nothing"
    elif theme.dimensions:
        sides = [side for rule in theme.dimensions for side in (rule.low, rule.high)]
        is_filled = any("fill" in side for side in sides)
        colour = "how it is said" if is_filled else speakers or "nothing"
        shapes = "how it is said"
    else:
        colour, shapes = "emotion", "emotion"
    names = "yes" if caption.sdh or caption.speakers else "no"
    has_room = caption.lines > 1 and not caption.words
    return (
        colour,
        shapes,
        names,
        "yes" if has_room else "no: one line" if caption.lines < 2 else "no",
    )


def test_the_documentation_says_which_channel_says_what() -> None:
    text = _DOCS.read_text(encoding="utf-8")
    shown = text.partition(f"{Path(__file__).name} -->\n")[2].partition("\n<!-- /channels")[0]
    assert shown == table()


def _moody() -> Document:
    """Five people in every mood, neutral too."""
    made = document(*((f"We all say {name} here now.", name) for name in LABELS for _ in range(2)))
    named = tuple(
        replace(one, speaker=f"S{number % 5}")
        for number, one in enumerate(made.transcript.utterances)
    )
    return replace(made, transcript=replace(made.transcript, utterances=named))


def _has_own_colour(key: StyleKey, theme: Theme) -> bool:
    """Whether a word's emotion, or how it is said, has the letters' colour."""
    if theme.is_plain:
        return False
    filled = {rule.name for rule in theme.dimensions if "fill" in rule.low or "fill" in rule.high}
    moved = any(name in filled for name, _ in key.steps)
    return moved or (key.level > 0 and not theme.dimensions)


@pytest.mark.parametrize("own", [False, True], ids=["as shipped", "with colours for speakers"])
def test_no_word_has_the_colour_of_two(own: bool, tmp_path: Path) -> None:
    """Neither in what ships, nor where a file gives speakers colours."""
    file = None
    if own:
        file = tmp_path / "mine.toml"
        file.write_text(_OWN, encoding="utf-8")
    made, n_felt, n_told = _moody(), 0, 0
    worn = [load(profiles=(name,), file=file) for name in (*known_presets(), *known_profiles())]
    for theme in (*(load(style=name, file=file) for name in _STYLES), *worn):
        bare = replace(theme, caption=replace(theme.caption, speakers=()))
        for key in style(made, theme, motion="none").styles:
            is_felt = _has_own_colour(key, theme)
            assert not (is_felt and key.speaker), (theme.name, key.slug)
            if is_felt:
                n_felt += 1
                fills = {resolve(one, key, motion="none").fill for one in (theme, bare)}
                assert len(fills) == 1, (theme.name, key.slug)
            n_told += bool(key.speaker)
    assert n_felt
    assert n_told
