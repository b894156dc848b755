"""What ffmpeg is told to do: pure functions from values to argument lists.

A user's path is only ever an argument of its own, as `file:` and the absolute path, so that
leading dashes, colons, quotes, line breaks and percent signs mean nothing; it is never part of a
filter, where quotes and backslashes have a meaning. What filters read lies under fixed names in a
private folder that ffmpeg runs in.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from sentigram.core.media import Hdr, MediaInfo, PictureTiming, StreamInfo, VideoOptions
from sentigram.core.time import MS_PER_SECOND, Span
from sentigram.errors import MediaError, MissingError
from sentigram.media.ffmpeg import FFmpeg, encoders, pixel_formats

SUBTITLES_NAME = "captions.ass"
FONTS_NAME = "fonts"
TONES_NAME = "tones.cube"
PLAIN_FPS = Fraction(25)  # of a picture that Sentigram makes itself
SLOWEST_FPS = 12  # below it, animations and the start of words would visibly lag
# ffmpeg reads playlists and descriptions that name other places; only files may be opened.
PROTOCOLS = "file,crypto,data"

SoundPlan = Literal["copied", "encoded", "evened"]
"""Copied; encoded with its own rate and channels; encoded with one rate and two channels."""

_EVEN_HZ = 48_000
_AUDIO_BITRATE_BPS = 160_000  # of sound that cannot be copied
_WORST_CRF = 51
_DEEP_FORMATS = ("yuv420p10le", "p010le")
# Seeking in a stream without an index (.ts) lands between key frames, and the picture comes back
# only at the next one: so a slice is sought this much too early, and cut to the frame.
_PREROLL_MS = 12_000
_LEAST_SHIFT = "0.000001"
_UNSEEN_MS = 100  # so long, nobody misses a picture
_RENDER_NODE = "/dev/dri/renderD128"


def file_url(path: Path) -> str:
    """A path as ffmpeg and PyAV cannot misread it."""
    return f"file:{path.absolute()}"


def subtitle_suffix(stream: StreamInfo) -> str:
    """The kind of file that a text subtitle stream becomes without losing anything."""
    return {"ass": ".ass", "ssa": ".ass", "webvtt": ".vtt"}.get(stream.codec, ".srt")


def subtitle_argv(ffmpeg: FFmpeg, info: MediaInfo, stream: StreamInfo, out: Path) -> list[str]:
    """Write a text subtitle stream to a file whose suffix is `subtitle_suffix(stream)`."""
    codec = {".ass": "ass", ".vtt": "webvtt", ".srt": "srt"}[out.suffix]
    source = opened(info.path)[str(stream.index)]
    return compiled(ffmpeg, source, out=file_url(out), **{"c:s": codec})


def frame_argv(ffmpeg: FFmpeg, info: MediaInfo, time_ms: int, out: Path) -> list[str]:
    """Write the picture that is shown at a time as PNG, as displayed.

    Raises:
        MediaError: There is no picture.
    """
    from_ms = max(0, time_ms - _PREROLL_MS)
    seek: dict[str, Any] = {"ss": seconds(from_ms)} if from_ms else {}
    source = opened(info.path, **seek)[str(picture_stream(info).index)]
    cut = Cut(from_ms, None)
    filters = [*held(info, cut, None), f"trim=start={seconds(time_ms - from_ms)}"]
    filters.append(display_filters(info))
    return compiled(
        ffmpeg,
        source,
        out=file_url(out),
        vf=",".join(filters),
        f="image2",
        vcodec="png",
        update=1,
        **{"frames:v": 1},
    )


def burn_argv(
    ffmpeg: FFmpeg,
    info: MediaInfo,
    out: Path,
    *,
    options: VideoOptions,
    timing: PictureTiming | None = None,
    sound_plan: SoundPlan = "copied",
    slice: Span | None = None,  # noqa: A002  (the word of the command line)
) -> list[str]:
    """Draw subtitles into the picture, which becomes upright, of square pixels and even size.

    Run it where SUBTITLES_NAME and FONTS_NAME lie, and TONES_NAME if the picture's dynamic range is
    high and not kept. Times in the subtitles are those of the whole.

    Args:
        ffmpeg: The program; needs libass.
        info: Picture or sound, or both.
        out: The .mp4 to write.
        options: How it is encoded.
        timing: Of the picture, from `timing_of`; None to take it as even and complete.
        sound_plan: Whether the sound is copied as it is.
        slice: Only this stretch of the media.

    Raises:
        MissingError: ffmpeg lacks the encoder.
    """
    deep = deep_format(ffmpeg, info, options)
    quality = encoder_options(ffmpeg, options)
    sound = info.audio
    cut = Cut.of(slice, timing)
    used = [*info.streams_of("video")[:1], *([] if sound is None else [sound])]
    shift = lost_start(ffmpeg, info, *used)
    media = opened(info.path, shift="" if cut.from_ms else shift, **cut.input_options())
    picture, filters = captioned(
        info, media, cut=cut, options=options, timing=timing, keeps_hdr=bool(deep)
    )
    if options.encoder.endswith("_vaapi"):
        filters += [f"format={deep or 'nv12'}", "hwupload"]
    elif deep:
        quality["pix_fmt"] = deep
    if deep and info.hdr is not None and options.encoder == "libx265":
        # Said once, here; what else is beside the frames (Dolby Vision) is not true any more.
        quality["x265-params"] = _x265_params(info.hdr)
        filters.append("sidedata=mode=delete")
    if options.encoder.startswith(("libx265", "hevc_")):
        quality["tag:v"] = "hvc1"  # Apple's players know no other
    return compiled(
        ffmpeg,
        *([picture] if sound is None else [picture, media[str(sound.index)]]),
        out=file_url(out),
        vf=",".join(filters),
        f="mp4",
        movflags="+faststart",
        map_metadata=-1,  # a camera's place and owner are not for passing on unasked
        fps_mode="vfr",  # no more frames than there are, whatever the file calls its rate
        **quality,
        **_audio_options(sound, cut, plan=sound_plan),
    )


def captioned(
    info: MediaInfo,
    media: Any,
    *,
    cut: Cut,
    options: VideoOptions,
    timing: PictureTiming | None = None,
    keeps_hdr: bool = False,
) -> tuple[Any, list[str]]:
    """The picture of a file, or a plain one, and the filters that draw captions into it.

    Args:
        info: Picture or sound, or both.
        media: What `opened` gave for it.
        cut: The slice.
        options: Size and colour of the picture for sound without one.
        timing: Of the picture.
        keeps_hdr: Whether a high dynamic range stays; otherwise, it becomes BT.709.

    Returns:
        A stream of ffmpeg-python, and filters.
    """
    draw = f"ass={SUBTITLES_NAME}:fontsdir={FONTS_NAME}"
    if info.has_video:
        picture = media[str(picture_stream(info).index)]
        prepare = [*held(info, cut, timing), *cut.trim("trim"), display_filters(info)]
        if info.hdr is not None:
            prepare += _drawable_hdr() if keeps_hdr else tone_filters()
            after = _hdr_again(info.hdr) if keeps_hdr else []
            return picture, [*prepare, *cut.around(draw), *after]
    else:
        span = cut.span or Span(0, info.duration_ms)
        picture, prepare = _plain_picture(options, span.duration_ms), []
        if cut.span is not None:  # the background is made for the slice, and counts from 0
            prepare = [f"setpts=PTS+{seconds(span.start_ms - cut.from_ms)}/TB"]
    return picture, [*prepare, *cut.around(draw)]


def held(info: MediaInfo, cut: Cut, timing: PictureTiming | None) -> list[str]:
    """Filters that show a picture all the time that there is sound, and often enough for captions.

    The first one is shown before it comes and the last one to the end; in pauses, as screen
    recordings have them, the same one is shown again.
    """
    fps = info.fps if timing is None else max(info.fps, timing.fps or 0)
    rate = fps if fps >= SLOWEST_FPS else PLAIN_FPS
    pauses = fps < SLOWEST_FPS
    if timing is None:
        return [f"fps={rate}"] if pauses else []
    pauses = pauses or timing.longest_ms * SLOWEST_FPS > MS_PER_SECOND + SLOWEST_FPS
    end_ms = max(info.duration_ms, timing.sound_end_ms) if cut.span is None else cut.span.end_ms
    lacking_ms = max(0, end_ms - timing.end_ms)
    is_late = timing.start_ms > _UNSEEN_MS
    if not (pauses or is_late or lacking_ms > _UNSEEN_MS):
        return []
    filters = [f"fps={rate}:start_time=0" if is_late and not cut.from_ms else f"fps={rate}"]
    if lacking_ms > _UNSEEN_MS:
        filters.append(f"tpad=stop_mode=clone:stop_duration={seconds(lacking_ms)}")
    return filters


def tone_filters() -> list[str]:
    """Filters that bring a high dynamic range to BT.709, by the table TONES_NAME."""
    return [
        "scale=in_color_matrix=bt2020:out_range=full",
        "format=gbrp16le",
        f"lut3d=file={TONES_NAME}:interp=tetrahedral",
        "scale=out_color_matrix=bt709:out_range=limited",
        "format=yuv420p",
        "sidedata=mode=delete",  # what a display was told about the range
        "setparams=range=limited:color_primaries=bt709:color_trc=bt709:colorspace=bt709",
    ]


def _drawable_hdr() -> list[str]:
    """Filters to RGB, where each ffmpeg draws the very codes that it is told."""
    return [
        "scale=in_color_matrix=bt2020:out_range=full",
        "format=gbrp10le",
        "setparams=range=full",
    ]


def _hdr_again(hdr: Hdr) -> list[str]:
    transfer = {"pq": "smpte2084", "hlg": "arib-std-b67"}[hdr.transfer]
    return [
        "scale=in_range=full:out_color_matrix=bt2020:out_range=limited",
        "format=yuv420p10le",
        f"setparams=range=limited:color_primaries=bt2020:color_trc={transfer}:colorspace=bt2020nc",
    ]


def deep_format(ffmpeg: FFmpeg, info: MediaInfo, options: VideoOptions) -> str:
    """The pixel format in which an encoder keeps a picture's high dynamic range, "" if it does not.

    H.264 in 10 bit plays hardly anywhere, so that only encoders of later codecs count.
    """
    name = options.encoder
    is_later = name.startswith(("hevc_", "av1_")) or name in ("libx265", "libsvtav1")
    if info.hdr is None or not is_later:
        return ""
    if name.endswith("_vaapi"):
        return "p010le"
    known = pixel_formats(ffmpeg, name)
    return next((name for name in _DEEP_FORMATS if name in known), "")


def _x265_params(hdr: Hdr) -> str:
    """What the file says about its range goes on; ffmpeg 5.1 does not pass it by itself."""
    said = ["log-level=error", "repeat-headers=1"]
    if hdr.transfer == "pq":
        said.append("hdr10=1")
    if hdr.display:
        said.append(f"master-display={hdr.display}")
    if hdr.light:
        said.append(f"max-cll={hdr.light}")
    return ":".join(said)


@dataclass(frozen=True, slots=True)
class Cut:
    """How a slice is taken out of a file: sought to from_ms, then cut exactly.

    Attributes:
        from_ms: Where reading starts; frames count from there.
        span: The slice, None for the whole file.
    """

    from_ms: int
    span: Span | None

    @classmethod
    def of(cls, span: Span | None, timing: PictureTiming | None = None) -> Cut:
        """The cut of a slice; reading starts before the last picture, which may be held."""
        if span is None:
            return cls(0, None)
        shown_ms = span.start_ms if timing is None else min(span.start_ms, timing.end_ms)
        return cls(max(0, shown_ms - _PREROLL_MS), span)

    def input_options(self) -> dict[str, Any]:
        """Options that seek, and that stop reading in time."""
        if self.span is None:
            return {}
        seek = {"ss": seconds(self.from_ms)} if self.from_ms else {}
        return {**seek, "t": seconds(self.span.end_ms - self.from_ms)}

    def trim(self, name: str) -> list[str]:
        """The filter `trim` or `atrim`, which leaves timestamps as they are."""
        if self.span is None:
            return []
        start, end = (t - self.from_ms for t in (self.span.start_ms, self.span.end_ms))
        return [f"{name}=start={seconds(start)}:end={seconds(end)}"]

    def around(self, draw: str) -> list[str]:
        """A filter between shifts: it sees times of the whole file, the result begins at 0."""
        if self.span is None:
            return [draw]
        before = [f"setpts=PTS+{seconds(self.from_ms)}/TB"] if self.from_ms else []
        return [*before, draw, f"setpts=PTS-{seconds(self.span.start_ms)}/TB"]


def encoder_options(ffmpeg: FFmpeg, options: VideoOptions) -> dict[str, Any]:
    """Arguments of a video encoder, with the quality in its own terms.

    Raises:
        MissingError: This ffmpeg does not have the encoder.
    """
    name = options.encoder
    if name not in encoders(ffmpeg):
        known = sorted(e for e in encoders(ffmpeg) if e.startswith(("libx26", "h264_", "hevc_")))
        message = f"`encoder {name}`: {ffmpeg.path} does not have it; it has {', '.join(known)}"
        raise MissingError(message)
    arguments: dict[str, Any] = {"vcodec": name}
    family = name.rpartition("_")[2]
    if family == "nvenc":
        arguments |= {"rc": "vbr", "cq": options.crf, "b:v": 0}
    elif family == "qsv":
        arguments |= {"global_quality": max(1, options.crf)}
    elif family == "vaapi":
        arguments |= {"rc_mode": "CQP", "qp": options.crf, "vaapi_device": _RENDER_NODE}
    elif family == "videotoolbox":
        # Counts from 1 (worst) to 100 (best).
        arguments |= {"q:v": max(1, round(100 * (1 - options.crf / _WORST_CRF)))}
    else:
        arguments |= {"crf": options.crf}
    if options.preset and family not in ("vaapi", "videotoolbox"):
        arguments["preset"] = options.preset
    if family != "vaapi":
        arguments["pix_fmt"] = "yuv420p"  # what every player shows
    return arguments


def lost_start(ffmpeg: FFmpeg, info: MediaInfo, *used: StreamInfo) -> str:
    """The `-itsoffset` that puts streams where they belong when only these of a file are read.

    Where times jump, ffmpeg counts from the first of the streams that it reads. Since 6.0 that is
    made good by adding what lacks; before, an offset of any size keeps it from doing so.
    """
    shift_ms = info.lost_start_ms(*used)
    if not shift_ms:
        return ""
    return seconds(shift_ms) if ffmpeg.always_counts_from_used else _LEAST_SHIFT


def picture_stream(info: MediaInfo) -> StreamInfo:
    """The stream that is shown.

    Raises:
        MediaError: There is no picture.
    """
    pictures = info.streams_of("video")
    if not pictures:
        message = f"{info.path}: has no picture"
        raise MediaError(message)
    return pictures[0]


def display_filters(info: MediaInfo) -> str:
    """Filters that make square pixels of the displayed size; ffmpeg has rotated before them."""
    filters = [f"scale={info.width_px}:{info.height_px}", "setsar=1"]
    if info.width_px % 2 or info.height_px % 2:
        width, height = (size - size % 2 for size in (info.width_px, info.height_px))
        filters.append(f"crop={width}:{height}:0:0")
    return ",".join(filters)


def _plain_picture(options: VideoOptions, length_ms: int) -> Any:
    """A picture of one colour, as an ffmpeg-python stream."""
    colour, (width, height) = options.background[1:], options.size
    return _ffmpeg_python().input(
        f"color=c=0x{colour}:s={width}x{height}:r={PLAIN_FPS}:d={seconds(length_ms)}", f="lavfi"
    )["v:0"]


def _audio_options(sound: StreamInfo | None, cut: Cut, *, plan: SoundPlan) -> dict[str, Any]:
    if sound is None:
        return {}
    # A copy can only be cut between packets; a slice is encoded, so that it starts on time.
    if cut.span is None and plan == "copied":
        return {"acodec": "copy"}
    encoded: dict[str, Any] = {"acodec": "aac", "b:a": _AUDIO_BITRATE_BPS}
    if plan == "evened":
        encoded |= {"ar": _EVEN_HZ, "ac": 2}
    if cut.span is not None:
        start = seconds(cut.span.start_ms - cut.from_ms)
        encoded["af"] = ",".join([*cut.trim("atrim"), f"asetpts=PTS-{start}/TB"])
    return encoded


def opened(path: Path, *, shift: str = "", **options: Any) -> Any:
    """A file as an input of ffmpeg-python, its times moved later by some seconds."""
    if shift:
        options["itsoffset"] = shift
    return _ffmpeg_python().input(_raw(file_url(path)), protocol_whitelist=PROTOCOLS, **options)


def compiled(ffmpeg: FFmpeg, *streams: Any, out: str, **options: Any) -> list[str]:
    """The argument list that writes streams of ffmpeg-python to a file."""
    made = _ffmpeg_python().output(*streams, _raw(out), **options).compile(cmd=ffmpeg.path)
    return [os.fsdecode(a.encode("latin-1")) if a.startswith("file:") else a for a in made]


def _raw(url: str) -> str:
    """A character per byte: ffmpeg-python takes no names that are not UTF-8."""
    return os.fsencode(url).decode("latin-1")


def _ffmpeg_python() -> Any:
    import ffmpeg

    return ffmpeg


def seconds(time_ms: int) -> str:
    """Exact decimal seconds; a float could print an exponent."""
    return f"{time_ms // MS_PER_SECOND}.{time_ms % MS_PER_SECOND:03d}"
