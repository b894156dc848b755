"""Frames that libass draws of our ASS, as pixels."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sentigram.core.arrays import Bools
from sentigram.core.style import Motion, StyledTrack
from sentigram.media.commands import FONTS_NAME, SUBTITLES_NAME
from sentigram.media.ffmpeg import find_ffmpeg, require_libass, run
from sentigram.render.picture.burn import Flavour, subtitles_folder

_BOX = re.compile(r"x1:(\d+) x2:(\d+) y1:(\d+) y2:(\d+)")
_GRAY = 128


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


def frame_png(
    track: StyledTrack,
    time_ms: int,
    out: Path,
    *,
    motion: Motion = "none",
    source: str = "",
    flavour: Flavour = "effects",
) -> tuple[str, ...]:
    """Draw the captions of one moment over an ffmpeg lavfi source; what libass said of fonts."""
    ffmpeg = find_ffmpeg()
    require_libass(ffmpeg)
    canvas = track.canvas
    source = source or f"color=c=black:s={canvas.width_px}x{canvas.height_px}"
    # RGB throughout: through YUV, colours would come back rounded.
    draw = (
        f"format=gbrp,setpts=PTS+{time_ms}/1000/TB,ass={SUBTITLES_NAME}:fontsdir={FONTS_NAME},"
        "setpts=PTS-STARTPTS"
    )
    with subtitles_folder(track, motion=motion, flavour=flavour) as folder:
        argv = [ffmpeg.path, "-v", "info", "-f", "lavfi", "-i", source, "-vf", draw]
        argv += ["-frames:v", "1", "-update", "1", "-f", "image2", "-c:v", "png"]
        said = run([*argv, f"file:{out.absolute()}"], cwd=folder)
    return tuple(line for line in said if line.startswith("fontselect:") or "glyph" in line.lower())


def ink(pixels: NDArray[np.int16]) -> Bools:
    """Where a picture differs from its top left corner, (height, width)."""
    mask: Bools = np.abs(pixels - pixels[0, 0]).max(axis=2) > 40
    return mask


def film(
    track: StyledTrack, *, fps: int, motion: Motion, flavour: Flavour = "effects"
) -> NDArray[np.uint8]:
    """Every frame of a track over gray, (n_frames, height, width), by luminance."""
    out = _drawn(track, fps, motion, flavour, ["-f", "rawvideo", "pipe:1"], "format=gray")
    canvas = track.canvas
    return np.frombuffer(out.stdout, np.uint8).reshape(-1, canvas.height_px, canvas.width_px)


def ink_box(
    track: StyledTrack, *, fps: int, motion: Motion, flavour: Flavour = "effects"
) -> tuple[int, int, int, int]:
    """The smallest box around all that is drawn, ever: (left, top, right, bottom), inclusive."""
    find = f"format=gray,lutyuv=y='abs(val-{_GRAY})',bbox=min_val=30"
    out = _drawn(track, fps, motion, flavour, ["-f", "null", "-"], find)
    boxes = np.array(_BOX.findall(out.stderr.decode()), dtype=int)
    if len(boxes) == 0:
        message = f"nothing was drawn: {out.stderr.decode()[-500:]}"
        raise AssertionError(message)
    left, right, top, bottom = boxes.T
    return left.min(), top.min(), right.max(), bottom.max()


def _drawn(
    track: StyledTrack, fps: int, motion: Motion, flavour: Flavour, output: list[str], last: str
) -> subprocess.CompletedProcess[bytes]:
    canvas = track.canvas
    seconds = track.cues[-1].span.end_ms / 1000
    source = f"color=c=gray:s={canvas.width_px}x{canvas.height_px}:r={fps}:d={seconds}"
    filters = f"format=gray,ass=captions.ass:fontsdir=fonts,{last}"
    with subtitles_folder(track, motion=motion, flavour=flavour) as folder:
        argv = [find_ffmpeg().path, "-v", "info", "-f", "lavfi", "-i", source, "-vf", filters]
        return subprocess.run([*argv, *output], cwd=folder, capture_output=True, check=True)
