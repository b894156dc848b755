"""What ffmpeg is told to make short looping pictures: animated GIF and WebP.

Like `sentigram.media.commands`: pure functions, run where SUBTITLES_NAME and FONTS_NAME lie.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from sentigram.core.media import MediaInfo, PictureTiming, VideoOptions
from sentigram.core.time import MS_PER_SECOND, Span, format_clock
from sentigram.errors import MissingError, UsageError
from sentigram.media.commands import Cut, captioned, compiled, file_url, lost_start, opened
from sentigram.media.ffmpeg import VARIABLE, FFmpeg, encoders, require_libass

ClipKind = Literal["gif", "webp"]

LONGEST_MS = 60 * MS_PER_SECOND
# GIF counts hundredths of a second: 12.5 frames a second are exactly 8 of them each.
_FPS = {"gif": Fraction(25, 2), "webp": Fraction(15)}
_WIDTH_PX = {"gif": 480, "webp": 640}
_ENCODERS = {"gif": "gif", "webp": "libwebp_anim"}
_WEBP_QUALITY = 75


def check_length(kind: str, slice_: Span | None, duration_ms: int | None) -> None:
    """Make sure that a clip is short.

    Args:
        kind: gif or webp.
        slice_: The stretch that is asked for, None for all.
        duration_ms: Of the whole, None while it is not known.

    Raises:
        UsageError: It is not.
    """
    length_ms = duration_ms if slice_ is None else slice_.duration_ms
    if length_ms is not None and length_ms > LONGEST_MS:
        message = (
            f"`to {kind}`: {format_clock(length_ms)} is too long for a clip, which may last "
            f"{LONGEST_MS // MS_PER_SECOND} s; choose a slice with `preview START-END`"
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
            f"`to {kind}`: {ffmpeg.path} was built without {_ENCODERS[kind]}; "
            f"pip install imageio-ffmpeg, or set {VARIABLE} to an ffmpeg that has it"
            + ("; or choose `to gif`" if kind == "webp" else "")
        )
        raise MissingError(message)


def clip_argv(
    ffmpeg: FFmpeg,
    info: MediaInfo,
    out: Path,
    *,
    kind: ClipKind,
    options: VideoOptions,
    timing: PictureTiming | None = None,
    slice: Span | None = None,  # noqa: A002  (the word of the command line)
) -> list[str]:
    """Draw subtitles into a stretch of the picture, make it small, and let it loop for ever.

    Args:
        ffmpeg: The program; needs libass.
        info: Picture or sound, or both; the sound is left out.
        out: The .gif or .webp to write.
        kind: gif or webp.
        options: Its width; a narrower picture is not enlarged.
        timing: Of the picture, from `timing_of`; None to take it as even and complete.
        slice: Only this stretch of the media.
    """
    cut = Cut.of(slice, timing)
    shift = lost_start(ffmpeg, info, *info.streams_of("video")[:1])
    media = opened(info.path, shift="" if cut.from_ms else shift, **cut.input_options())
    picture, filters = captioned(info, media, cut=cut, options=options, timing=timing)
    width_px = min(options.clip_width or _WIDTH_PX[kind], info.width_px or options.size[0])
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
