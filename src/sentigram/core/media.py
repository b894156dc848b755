"""What a media file holds, its decoded sound, and how video is made."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from sentigram.core.option import Option, settle
from sentigram.core.spread import HERE, Spread
from sentigram.core.time import Span, ms_from_samples, samples_from_ms
from sentigram.errors import UsageError

if TYPE_CHECKING:  # numpy comes with it
    from sentigram.core.arrays import Floats32

SAMPLE_RATE_HZ = 16_000

_PANEL = "Video"
_CRF = (0, 51)
_SIDES_PX = (64, 8192)
_CLIP_WIDTHS_PX = (64, 1920)
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_COLOUR = re.compile(r"#?([0-9a-fA-F]{6})")


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """One stream of a media file.

    Attributes:
        index: Its number among all streams of the file.
        kind: video, audio or subtitle; cover pictures and data streams are not listed.
        codec: The codec's ffmpeg name.
        language: ISO 639 tag as the file gives it, or "".
        title: As the file gives it, or "".
        is_default: The file marks the stream as default.
        is_text: For a subtitle stream: text, not pictures.
        is_forced: It holds only what needs translating, such as signs.
        start_ms: Where it begins against the start of the presentation; may be before it.
        end_ms: Where it ends according to the file's header, None where that does not say.
        is_readable: Its codec is known.
        is_silent: It was looked through and holds no sound; only done where there are several.
    """

    index: int
    kind: Literal["video", "audio", "subtitle"]
    codec: str
    language: str = ""
    title: str = ""
    is_default: bool = False
    is_text: bool = False
    is_forced: bool = False
    start_ms: int = 0
    end_ms: int | None = None
    is_readable: bool = True
    is_silent: bool = False


@dataclass(frozen=True, slots=True)
class Hdr:
    """How a picture of high dynamic range is coded; its primaries are those of BT.2020.

    Attributes:
        transfer: pq (SMPTE ST 2084) or hlg (ARIB STD-B67).
        display: What it was graded on, as x265 writes it: `G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)`
            in units of 0.00002 and 0.0001 cd/m², or "".
        light: Its lightest pixel and lightest average in cd/m², `1000,400`, or "".
        peak_nits: The lightest that is to be expected, in cd/m².
    """

    transfer: Literal["pq", "hlg"]
    display: str = ""
    light: str = ""
    peak_nits: int = 1000


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """A media file as it is shown: all that is asked of it, found in one look.

    Attributes:
        path: Where it lies.
        duration_ms: Length of the longest stream.
        width_px: Width as displayed (rotation and pixel aspect applied); 0 without video.
        height_px: Height as displayed; 0 without video.
        fps: Frames per second; 0 without video.
        streams: Video, audio and subtitle streams in file order.
        audio: The audio stream that counts, None without sound.
        n_attachments: How many files, usually fonts, are attached.
        times_jump: A broadcast-like format (.ts), whose times do not begin at 0.
        hdr: How the picture is coded if its dynamic range is high, None otherwise.
        is_audio_asked: The audio stream was chosen by the user.
    """

    path: Path
    duration_ms: int
    width_px: int
    height_px: int
    fps: Fraction
    streams: tuple[StreamInfo, ...]
    audio: StreamInfo | None = None
    n_attachments: int = 0
    times_jump: bool = False
    hdr: Hdr | None = None
    is_audio_asked: bool = False

    @property
    def has_video(self) -> bool:
        """Whether there is a moving picture (cover art does not count)."""
        return any(stream.kind == "video" for stream in self.streams)

    @property
    def audio_start_ms(self) -> int:
        """Start of the audio stream that counts, not before that of the presentation."""
        return 0 if self.audio is None else max(0, self.audio.start_ms)

    def streams_of(self, kind: str) -> tuple[StreamInfo, ...]:
        """The streams of one kind, in file order."""
        return tuple(stream for stream in self.streams if stream.kind == kind)

    def lost_start_ms(self, *used: StreamInfo) -> int:
        """How much too early ffmpeg would put streams when it reads only these of the file.

        Where times jump, it counts from the start of the streams that it uses, not of the
        presentation.
        """
        if not self.times_jump or not used:
            return 0
        return max(0, min(stream.start_ms for stream in used))


@dataclass(frozen=True, slots=True)
class PictureTiming:
    """When pictures are shown.

    Attributes:
        start_ms: Of the first one.
        end_ms: Of the last one.
        longest_ms: How long a picture stays at most before the next one comes.
        sound_end_ms: Where the sound ends that is heard; 0 without any.
        fps: How fast pictures come, apart from pauses; None where there are too few to tell.
    """

    start_ms: int
    end_ms: int
    longest_ms: int
    sound_end_ms: int
    fps: Fraction | None = None


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        message = f"`size {text!r}`: write WIDTHxHEIGHT, for example 1280x720"
        raise UsageError(message)
    return int(width), int(height)


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoOptions:
    """How videos and clips are made.

    Raises:
        UsageError: A number, a size or a name cannot be.
    """

    crf: Annotated[
        int, Option("Quality; smaller is better.", _PANEL, least=_CRF[0], most=_CRF[1])
    ] = 20
    preset: Annotated[str, Option("Speed of the encoder.", _PANEL, name="encoder-preset")] = (
        "medium"
    )
    encoder: Annotated[
        str,
        Option("libx264, libx265, or hardware: h264_nvenc, h264_qsv, h264_videotoolbox …", _PANEL),
    ] = "libx264"
    size: Annotated[
        tuple[int, int],
        Option(
            "WIDTHxHEIGHT for sound without a picture.",
            _PANEL,
            read=_size,
        ),
    ] = (1280, 720)
    background: Annotated[str, Option("#rrggbb behind sound without a picture.", _PANEL)] = (
        "#101418"
    )
    clip_width: Annotated[
        int, Option("Width of gif and webp, 64 to 1920; 0 for 480 and 640.", _PANEL)
    ] = 0

    def __post_init__(self) -> None:
        settle(self)
        for name, value in (("encoder", self.encoder), ("encoder-preset", self.preset or "-")):
            if not _NAME.fullmatch(value):
                message = f"`{name} {value!r}`: not a name that ffmpeg has for it"
                raise UsageError(message)
        low, high = _SIDES_PX
        if not all(low <= side <= high and side % 2 == 0 for side in self.size):
            shown = "x".join(map(str, self.size))
            message = f"`size {shown!r}`: each side must be even, from {low} to {high}"
            raise UsageError(message)
        colour = _COLOUR.fullmatch(self.background)
        if colour is None:
            message = f"`background {self.background!r}`: write #rrggbb, for example #101418"
            raise UsageError(message)
        object.__setattr__(self, "background", f"#{colour[1].lower()}")
        low, high = _CLIP_WIDTHS_PX
        if self.clip_width and not low <= self.clip_width <= high:
            message = f"`clip_width {self.clip_width}`: choose from {low} to {high}"
            raise UsageError(message)


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Decoded mono sound.

    Sample 0 is the start of the presentation: a track that starts late begins with silence, so
    times in the sound are times in the video.

    Attributes:
        samples: float32 (n_samples,) in [-1, 1]; may be a memory map.
        sample_rate_hz: 16,000 unless said otherwise.
        speech_start_ms: Where the stream itself begins; nothing was recorded before.
        spread: Where what costs much is worked on, part by part.
    """

    samples: Floats32 = field(repr=False)
    sample_rate_hz: int = SAMPLE_RATE_HZ
    speech_start_ms: int = 0
    spread: Spread = field(default=HERE, repr=False)

    @property
    def duration_ms(self) -> int:
        """Length in milliseconds."""
        return ms_from_samples(len(self.samples), self.sample_rate_hz)

    def cut(self, span: Span) -> Floats32:
        """The samples of a span, float32 (n,); shorter where the span leaves the sound."""
        start = samples_from_ms(span.start_ms, self.sample_rate_hz)
        return self.samples[start : samples_from_ms(span.end_ms, self.sample_rate_hz)]
