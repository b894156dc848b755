"""Makes docs/contact-sheets/: every emotion at every strength, drawn by libass on black and white.

python docs/make_contact_sheets.py [SHEET …]

A raised voice has a row as emotions have. Each cell is a frame of a real ASS file. Palettes are
shown on black, and beside it as viewers of that dichromacy see them by the simulation of
sentigram.style.colour.vision.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sentigram.core.emotion import RAISED, plain_name
from sentigram.core.style import (
    N_LEVELS,
    Canvas,
    Cue,
    StyledRun,
    StyledTrack,
    StyledWord,
    StyleKey,
)
from sentigram.core.time import Span
from sentigram.media.commands import FONTS_NAME, SUBTITLES_NAME
from sentigram.media.ffmpeg import find_ffmpeg, require_libass, run
from sentigram.render.picture.burn import subtitles_folder
from sentigram.style.colour.vision import MATRICES, visions
from sentigram.style.styling import STRESS_FROM, legend_keys, resolve
from sentigram.style.text import fonts, letters
from sentigram.style.theme.theme import Theme, ages, cultures, load

HERE = Path(__file__).resolve().parent
Ground = Literal["black", "white", "simulated"]
PHRASES: Mapping[str, str] = {
    "neutral": "as I said",
    RAISED: "hear me!",
    "happiness": "lovely day!",
    "sadness": "all gone",
    "anger": "enough!",
    "frustration": "not again",
    "fear": "who is it?",
    "disgust": "ugh, no",
    "surprise": "oh, you!",
    "calm": "breathe in",
    "excitement": "here we go!",
}
BASE_PX, CELL_PX = 22, (250, 58)
LARGE_CELL_PX = (320, 68)
LEFT_PX, HEAD_PX, GAP_PX = 130, 62, 26
PAPER, PEN, FAINT = "#1c1e24", "#f0f0f4", "#9a9dac"


@dataclass(frozen=True, slots=True)
class Look:
    """One theme on a sheet."""

    culture: str
    age: str
    profiles: tuple[str, ...] = ()

    @property
    def theme(self) -> Theme:
        """The theme, loaded."""
        return load(culture=self.culture, age=self.age, profiles=self.profiles)

    @property
    def grounds(self) -> tuple[Ground, Ground]:
        """What the cells lie on: left and right."""
        return ("black", "simulated") if visions(self.profiles) else ("black", "white")


@dataclass(frozen=True, slots=True)
class Cell:
    """One picture on a sheet."""

    look: Look
    key: StyleKey
    ground: Ground


def sheets() -> dict[str, tuple[Look, ...]]:
    """The looks on each sheet, by its name."""
    found = {culture: tuple(Look(culture, age) for age in ages()) for culture in cultures()}
    for culture in ("western", "eastern"):
        needs = ("low-vision", "dyslexia")
        found[f"{culture}-needs"] = tuple(Look(culture, "adult", (need,)) for need in needs)
        found[f"{culture}-palettes"] = tuple(Look(culture, "adult", (kind,)) for kind in MATRICES)
    return found


def cells(look: Look) -> tuple[Cell, ...]:
    """Neutral, and each emotion and a raised voice at every level, on both grounds."""
    order = {name: i for i, name in enumerate(look.theme.emotions)}
    keys = sorted(legend_keys(look.theme), key=lambda key: (order[key.emotion], key.level))
    return tuple(Cell(look, key, ground) for ground in look.grounds for key in keys)


def main(names: list[str]) -> None:
    """Draw the sheets that are named, or all."""
    (HERE / "contact-sheets").mkdir(exist_ok=True)
    for name, looks in sheets().items():
        if not names or name in names:
            out = HERE / "contact-sheets" / f"{name}.webp"
            sheet(name, looks).save(out, quality=46, method=6)
            print(f"{out} {out.stat().st_size / 1000:.0f} kB")  # noqa: T201


def sheet(name: str, looks: tuple[Look, ...]) -> Image.Image:
    """One picture: a block of rows for each look, a row for each emotion."""
    size = LARGE_CELL_PX if name.endswith("-needs") else CELL_PX
    n_rows = len(looks[0].theme.emotions)
    block_px = HEAD_PX + n_rows * size[1] + GAP_PX
    width_px = LEFT_PX + 2 * N_LEVELS * size[0] + GAP_PX
    paper = Image.new("RGB", (width_px, len(looks) * block_px + GAP_PX), PAPER)
    for i, look in enumerate(looks):
        _block(paper, look, top_px=GAP_PX + i * block_px, size=size)
    return paper


def _block(paper: Image.Image, look: Look, *, top_px: int, size: tuple[int, int]) -> None:
    pen, theme = ImageDraw.Draw(paper), look.theme
    bold, plain = (
        ImageFont.truetype(str(fonts.face("Poppins", weight, italic=False).path), px)
        for weight, px in ((600, 26), (500, 15))
    )
    pen.text((LEFT_PX, top_px), theme.name, font=bold, fill=PEN)
    for side, ground in enumerate(look.grounds):
        title = "as it is seen" if ground == "simulated" else f"on {ground}"
        left_px = LEFT_PX + side * N_LEVELS * size[0]
        for level in range(1, N_LEVELS + 1):
            text = f"{title}, strength {level}"
            at = (left_px + (level - 1) * size[0], top_px + 38)
            pen.text(at, text, font=plain, fill=FAINT)
    rows = {name: i for i, name in enumerate(theme.emotions)}
    for name, row in rows.items():
        at = (GAP_PX // 2, top_px + HEAD_PX + row * size[1] + size[1] // 2 - 10)
        pen.text(at, plain_name(name), font=plain, fill=FAINT)
    grounds = {ground: "white" if ground == "white" else "black" for ground in look.grounds}
    for side, (ground, color) in enumerate(grounds.items()):
        shown = [cell for cell in cells(look) if cell.ground == ground]
        frames = _draw(shown, size, color)
        if ground == "simulated":
            frames = as_seen(frames, look.profiles)
        for cell, pixels in zip(shown, frames, strict=True):
            column = side * N_LEVELS + max(0, cell.key.level - 1)
            at = (
                LEFT_PX + column * size[0],
                top_px + HEAD_PX + rows[cell.key.emotion] * size[1],
            )
            paper.paste(Image.fromarray(pixels), at)


def _draw(shown: list[Cell], size: tuple[int, int], color: str) -> NDArray[np.uint8]:
    """Frames (cell, height, width, 3): one cue a second in one ASS file."""
    look, theme = shown[0].look, shown[0].look.theme
    keys = {cell.key for cell in shown}
    keys |= {StyleKey(k.emotion, k.level, is_emphasis=True) for k in keys if k.level >= STRESS_FROM}
    track = StyledTrack(
        Canvas(*size, BASE_PX, safe=0.98, bottom=0.12),
        tuple(_cue(i, cell.key, theme) for i, cell in enumerate(shown)),
        {key: resolve(theme, key, motion="none") for key in sorted(keys)},
        "en",
        ", ".join((look.culture, look.age, *look.profiles)),
    )
    ffmpeg = find_ffmpeg()
    require_libass(ffmpeg)
    source = f"color=c={color}:s={size[0]}x{size[1]}:r=1:d={len(shown)}"
    draw = f"format=gbrp,ass={SUBTITLES_NAME}:fontsdir={FONTS_NAME}"
    with subtitles_folder(track, motion="none") as folder:
        argv = [ffmpeg.path, "-v", "error", "-f", "lavfi", "-i", source, "-vf", draw]
        argv += ["-pix_fmt", "rgb24", "-f", "rawvideo", "file:cells.rgb"]
        run(argv, cwd=folder)
        frames = np.fromfile(folder / "cells.rgb", dtype=np.uint8)
    return frames.reshape(len(shown), size[1], size[0], 3)  # (cell, height, width, 3)


def _cue(second: int, key: StyleKey, theme: Theme) -> Cue:
    shown = Span(second * 1000, second * 1000 + 900)
    said = Span(shown.end_ms - 100, shown.end_ms)  # after the frame: no word is the active one
    case = resolve(theme, key, motion="none").transform
    words = []
    for i, text in enumerate(PHRASES[key.emotion].split()):
        runs: tuple[StyledRun, ...] = letters.runs(
            letters.transformed(text, case), key, stress_from=STRESS_FROM
        )
        words.append(StyledWord(i, said, runs))
    return Cue(shown, (tuple(words),))


def as_seen(pixels: NDArray[np.uint8], profiles: tuple[str, ...]) -> NDArray[np.uint8]:
    """Pictures (…, 3) as a viewer of the dichromacy sees them."""
    value = pixels / 255.0
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(MATRICES[visions(profiles)[0]]).T, 0, 1)
    gamma = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
    out: NDArray[np.uint8] = (gamma * 255).round().astype(np.uint8)
    return out


if __name__ == "__main__":
    main(sys.argv[1:])
