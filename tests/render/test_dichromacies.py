"""Speakers and emotions told apart under three dichromacies, in the pixels that libass draws.

Each word is drawn by libass and seen through a simulation of each dichromacy, pixel by pixel. Two
words are told apart by the colour that most of their letters have, or, where colours are near, by
shapes: the share of ink that both have in common.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sentigram.core.arrays import Bools, Floats64
from sentigram.core.style import (
    N_LEVELS,
    Cue,
    StyledRun,
    StyledTrack,
    StyledWord,
    StyleKey,
    TextStyle,
)
from sentigram.core.time import Span
from sentigram.style.colour.contrast import linear_of
from sentigram.style.colour.vision import LEAST_DIFFERENCE, MATRICES, Vision
from sentigram.style.layout.places import LABEL, Placer, lines_of
from sentigram.style.styling import canvas_for, resolve, style
from sentigram.style.theme.theme import Theme, load
from tests.render.frames import draw
from tests.style.layout.test_exchanges import dialogue

_SHOWN = Span(0, 1000)
_LIKE = 0.7  # of their ink: in one style words share .8 and more, in two .6 and less
_NAMES = ("Ann", "Ben", "Cleo", "Dora")
_SPEAKERS = 4
_WIDTH_PX = 600
_HEIGHT_EM = 2.2  # of a line, at most


@dataclass(frozen=True, slots=True)
class Seen:
    """A word as it was drawn.

    Attributes:
        rgb: The colour of most of its letters, in [0, 255].
        ink: Where its letters are, cut to them.
    """

    rgb: NDArray[np.int16]
    ink: Bools


def seen(
    lines: list[tuple[StyledWord, ...]],
    styles: dict[StyleKey, TextStyle],
    folder: Path,
) -> list[list[Seen]]:
    """Lines of words, all drawn on one tall picture, and what is seen of each word."""
    base = replace(canvas_for(960, 540), width_px=_WIDTH_PX)
    height_px = 2 * round(_HEIGHT_EM * base.base_px * (len(lines) + 2) / 2)
    canvas = replace(base, height_px=height_px, bottom=0.0)
    track = StyledTrack(canvas, (Cue(_SHOWN, tuple(lines)),), styles, "en", "by hand")
    pixels, _ = draw(track, 500, folder, background="gray", flavour="effects")
    out = []
    for line in Placer(track).place(track.cues[0]):
        row = []
        for placed in line.words:
            look = styles[placed.word.runs[0].style]
            left, right = round(placed.x_px), round(placed.x_px + placed.reserved_px)
            area = pixels[round(line.top_px) : round(line.bottom_px), left:right]
            row.append(_seen(area, look))
        out.append(row)
    return out


def _seen(area: NDArray[np.int16], look: TextStyle) -> Seen:
    """The commonest colour that is neither the picture's nor around the letters; its ink."""
    around = [(128, 128, 128), *(_rgb(colour) for colour in (look.outline, look.box) if colour)]
    far = np.min([np.abs(area - np.array(rgb)).max(axis=2) for rgb in around], axis=0)
    colours, counts = np.unique(area[far > 60], axis=0, return_counts=True)
    rgb = colours[counts.argmax()].astype(np.int16)
    off = [np.linalg.norm(area - np.array(other), axis=2) for other in (rgb, *around)]
    ink = np.argmin(off, axis=0) == 0
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return Seen(rgb, ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def apart(one: Seen, other: Seen, vision: Vision) -> float:
    """Distance of two colours in OKLab, as they are seen."""
    return float(np.linalg.norm(_oklab(one.rgb, vision) - _oklab(other.rgb, vision)))


def _oklab(rgb: NDArray[np.int16], vision: Vision) -> Floats64:
    """Machado's simulation of what was drawn, in OKLab (Ottosson 2020)."""
    linear = np.array(linear_of("#" + "".join(f"{value:02x}" for value in rgb)))
    seen_rgb = np.clip(np.array(MATRICES[vision]) @ linear, 0, 1)
    cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    made: Floats64 = lab @ np.cbrt(cones @ seen_rgb)
    return made


def likeness(one: Seen, other: Seen) -> float:
    """The share of ink that two words have in common, laid over each other at their lower left.

    Edges fall between pixels, each word's otherwise: the best of nine places counts.
    """
    height, width = np.maximum(one.ink.shape, other.ink.shape) + 2
    a, b = np.zeros((2, height, width), bool)
    a[height - 1 - one.ink.shape[0] : -1, 1 : 1 + one.ink.shape[1]] = one.ink
    b[height - 1 - other.ink.shape[0] : -1, 1 : 1 + other.ink.shape[1]] = other.ink
    moved = (np.roll(b, shift, axis=(0, 1)) for shift in product((-1, 0, 1), repeat=2))
    return max(float((a & c).sum() / (a | c).sum()) for c in moved)


def _words_in(theme: Theme, keys: list[StyleKey], folder: Path) -> dict[StyleKey, Seen]:
    """One word in each style."""
    styles = {key: resolve(theme, key, motion="none") for key in (*keys, StyleKey("neutral", 0))}
    lines = []
    for key in keys:
        text = "Hamburg".upper() if styles[key].transform == "uppercase" else "Hamburg"
        lines.append((StyledWord(0, _SHOWN, (StyledRun(text, key),)),))
    return {key: word for key, (word,) in zip(keys, seen(lines, styles, folder), strict=True)}


@pytest.fixture(scope="module")
def coloured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A theme file that gives speakers the BBC's colours beside emotions in type."""
    path = tmp_path_factory.mktemp("theme") / "mine.toml"
    colours = ", ".join(f'"{one}"' for one in load(profiles=("bbc",)).caption.speakers)
    path.write_text(f"[caption]\nspeakers = [{colours}]\n", encoding="utf-8")
    return path


_PLAIN = [StyleKey("neutral", 0, speaker=number) for number in range(1, _SPEAKERS + 1)]


@pytest.mark.parametrize("palette", ["", *MATRICES])
def test_no_emotion_is_taken_for_a_speaker(palette: str, coloured: Path, tmp_path: Path) -> None:
    """At every strength, by colour or, where colours are near, by the shape of the letters."""
    theme = load(file=coloured, profiles=(palette,) if palette else ())
    others = [name for name in theme.emotions if name != "neutral"]
    felt = [StyleKey(name, level) for name in others for level in range(1, N_LEVELS + 1)]
    words = _words_in(theme, [*_PLAIN, *felt], tmp_path)
    shapes = {pair: likeness(*(words[key] for key in pair)) for pair in product(felt, _PLAIN)}
    for (key, speaker), shape in shapes.items():
        for vision in MATRICES:
            colour = apart(words[key], words[speaker], vision)
            assert colour >= LEAST_DIFFERENCE or shape < _LIKE, (key.slug, speaker.slug, vision)
    for one, other in combinations(_PLAIN, 2):  # the measure: colours alone change no shape
        assert likeness(words[one], words[other]) > _LIKE


@pytest.mark.parametrize("profile", ["bbc", "broadcast"])
def test_speakers_of_near_colours_are_named(profile: str, tmp_path: Path) -> None:
    """Where a dichromacy brings two colours together, the names that are drawn differ."""
    theme = load(profiles=(profile,))
    said = [(name, "Hamburg is far away.", 500 + 3000 * n) for n, name in enumerate(_NAMES)]
    track = style(dialogue(*said), theme, width_px=960, height_px=540)
    lines = [line for cue in track.cues for line in lines_of(cue)]
    assert len(lines) == _SPEAKERS
    assert all(line[0].index == LABEL for line in lines)
    drawn = seen(lines, dict(track.styles), tmp_path)
    near = set()
    for (one, a), (other, b) in combinations(zip(_NAMES, drawn, strict=True), 2):
        assert likeness(a[1], b[1]) > _LIKE  # the same word
        for vision in MATRICES:
            if apart(a[1], b[1], vision) < LEAST_DIFFERENCE:
                near.add((one, other, vision))
                assert likeness(a[0], b[0]) < _LIKE, (one, other, vision)
    assert near == {  # white and cyan, yellow and green; white and yellow, cyan and green
        ("Ann", "Cleo", "protanopia"),
        ("Ben", "Dora", "protanopia"),
        ("Ann", "Ben", "tritanopia"),
        ("Cleo", "Dora", "tritanopia"),
    }


def test_two_in_one_cue_are_told_apart_by_a_dash(coloured: Path, tmp_path: Path) -> None:
    """Also where no name is shown, and with nothing but shapes."""
    made = dialogue(("Ann", "Coming?", 1000), ("Ben", "No.", 1700))
    track = style(made, load(file=coloured), width_px=960, height_px=540)
    (cue,) = track.cues
    bare = replace(cue, voices=tuple(replace(one, opening="-") for one in cue.voices))
    for dash, *_ in seen(list(lines_of(bare)), dict(track.styles), tmp_path):
        height, width = dash.ink.shape
        assert width > height
        assert dash.ink.mean() > 0.9
