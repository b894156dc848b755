"""Frames that libass draws of our ASS, as pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sentigram.core.style import Motion, StyledTrack
from sentigram.render.burn import Flavour, frame_png


def draw(
    track: StyledTrack,
    time_ms: int,
    folder: Path,
    *,
    motion: Motion = "none",
    background: str = "black",
    flavour: Flavour = "editable",
) -> tuple[NDArray[np.int16], tuple[str, ...]]:
    """Pixels (height, width, 3) and what libass said about fonts."""
    out = folder / "frame.png"
    source = f"color=c={background}:s={track.canvas.width_px}x{track.canvas.height_px}"
    said = frame_png(track, time_ms, out, motion=motion, source=source, flavour=flavour)
    with Image.open(out) as image:
        return np.asarray(image.convert("RGB"), dtype=np.int16), said


def ink(pixels: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Where a picture differs from its top left corner, (height, width)."""
    mask: NDArray[np.bool_] = np.abs(pixels - pixels[0, 0]).max(axis=2) > 40
    return mask
