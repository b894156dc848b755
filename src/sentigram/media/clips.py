"""What ffmpeg is told to make short looping pictures: animated GIF and WebP.

Like `sentigram.media.commands`: pure functions, run where SUBTITLES_NAME and FONTS_NAME lie.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from sentigram.core.media import MediaInfo
from sentigram.core.time import MS_PER_SECOND, Span, format_clock
from sentigram.errors import MissingError, UsageError
from sentigram.media.commands import Cut, captioned, compiled, file_url, opened
from sentigram.media.ffmpeg import VARIABLE, FFmpeg, encoders, require_libass

ClipKind = Literal["gif", "webp"]

LONGEST_MS = 60 * MS_PER_SECOND
_WIDTHS = (64, 1920)
# GIF counts hundredths of a second: 12.5 frames a second are exactly 8 of them each.
_FPS = {"gif": Fraction(25, 2), "webp": Fraction(15)}
_WIDTH_PX = {"gif": 480, "webp": 640}
_ENCODERS = {"gif": "gif", "webp": "libwebp_anim"}
_WEBP_QUALITY = 75


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipOptions:
    """How a clip is made.

    Attributes:
        kind: gif or webp.
        width_px: Its width, 0 for the kind's own; a narrower picture is not enlarged.
    """

    kind: ClipKind
    width_px: int = 0

    def __post_init__(self) -> None:
        low, high = _WIDTHS
        if self.width_px and not low <= self.width_px <= high:
            message = f"--clip-width {self.width_px}: choose from {low} to {high}"
            raise UsageError(message)


def check_length(kind: str, slice_: Span | None, duration_ms: int) -> None:
    """Make sure that a clip is short.

    Args:
        kind: gif or webp.
        slice_: The stretch that is asked for, None for all.
        duration_ms: Of the whole.

    Raises:
        UsageError: It is not.
    """
    length_ms = duration_ms if slice_ is None else slice_.duration_ms
    if length_ms > LONGEST_MS:
        message = (
            f"--to {kind}: {format_clock(length_ms)} is too long for a clip, which may last "
            f"{LONGEST_MS // MS_PER_SECOND} s; choose a slice with --preview START-END"
        )
        raise UsageError(message)


def check_encoder(ffmpeg: FFmpeg, kind: str) -> None:
    """Make sure that this ffmpeg can draw captions and write a kind of clip.

    Raises:
        MissingError: It cannot.
    """
    require_libass(ffmpeg)
    if _ENCODERS[kind] not in encoders(ffmpeg):
        message = (
            f"--to {kind}: {ffmpeg.path} was built without {_ENCODERS[kind]}; "
            f"pip install imageio-ffmpeg, or set {VARIABLE} to an ffmpeg that has it"
            + ("; or choose --to gif" if kind == "webp" else "")
        )
        raise MissingError(message)


def clip_argv(
    ffmpeg: FFmpeg,
    info: MediaInfo,
    out: Path,
    *,
    options: ClipOptions,
    shift_ms: int = 0,
    slice: Span | None = None,  # noqa: A002  (the word of the command line)
    canvas: tuple[int, int] = (1280, 720),
    background: str = "#101418",
) -> list[str]:
    """Draw subtitles into a stretch of the picture, make it small, and let it loop for ever.

    Args:
        ffmpeg: The program; needs libass.
        info: Picture or sound, or both; the sound is left out.
        out: The .gif or .webp to write.
        options: Kind and width.
        shift_ms: From `probe.lost_start_ms`.
        slice: Only this stretch of the media.
        canvas: Size of the picture for sound without one, (width_px, height_px).
        background: Its colour, `#rrggbb`.

    Raises:
        UsageError: The clip would be too long, or a colour or size is none.
        MissingError: ffmpeg lacks libass or the encoder.
    """
    kind = options.kind
    check_length(kind, slice, info.duration_ms)
    check_encoder(ffmpeg, kind)
    cut = Cut.of(slice)
    media = opened(info.path, shift_ms=0 if cut.from_ms else shift_ms, **cut.input_options())
    picture, filters = captioned(info, media, cut=cut, canvas=canvas, background=background)
    width_px = min(options.width_px or _WIDTH_PX[kind], info.width_px or canvas[0])
    filters += [f"fps={_FPS[kind]}", f"scale={width_px}:-1:flags=lanczos"]
    chain = ",".join(filters)
    encoding: dict[str, Any] = {"f": kind, "vcodec": _ENCODERS[kind], "loop": 0}
    if kind == "gif":
        # One palette for the clip, weighted towards what moves; ordered dithering, because its
        # pattern stands still, which compresses well and does not flicker.
        chain += (
            ",split[shown][seen];[seen]palettegen=stats_mode=diff[palette];"
            "[shown][palette]paletteuse=dither=bayer:bayer_scale=3:diff_mode=rectangle"
        )
    else:
        encoding |= {"quality": _WEBP_QUALITY, "pix_fmt": "yuva420p"}
    return compiled(
        ffmpeg, picture, out=file_url(out), vf=chain, map_metadata=-1, an=None, **encoding
    )
