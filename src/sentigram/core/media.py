"""What a media file holds, and its decoded sound."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sentigram.core.time import Span, ms_from_samples, samples_from_ms

SAMPLE_RATE_HZ = 16_000


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
    """

    index: int
    kind: Literal["video", "audio", "subtitle"]
    codec: str
    language: str = ""
    title: str = ""
    is_default: bool = False
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """A media file as it is shown.

    Attributes:
        path: Where it lies.
        duration_ms: Length of the longest stream.
        width_px: Width as displayed (rotation and pixel aspect applied); 0 without video.
        height_px: Height as displayed; 0 without video.
        fps: Frames per second; 0 without video.
        audio_start_ms: Start of the chosen audio stream against the start of the presentation.
        streams: Video, audio and subtitle streams in file order.
        audio_codec: Codec of the chosen audio stream, "" without one.
    """

    path: Path
    duration_ms: int
    width_px: int
    height_px: int
    fps: Fraction
    audio_start_ms: int
    streams: tuple[StreamInfo, ...]
    audio_codec: str = ""

    @property
    def has_video(self) -> bool:
        """Whether there is a moving picture (cover art does not count)."""
        return any(stream.kind == "video" for stream in self.streams)

    def streams_of(self, kind: str) -> tuple[StreamInfo, ...]:
        """The streams of one kind, in file order."""
        return tuple(stream for stream in self.streams if stream.kind == kind)


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Decoded mono sound.

    Sample 0 is the start of the presentation: a track that starts late begins with silence, so
    times in the sound are times in the video.

    Attributes:
        samples: float32 (n_samples,) in [-1, 1]; may be a memory map.
        sample_rate_hz: 16,000 unless said otherwise.
        speech_start_ms: Where the stream itself begins; nothing was recorded before.
    """

    samples: NDArray[np.float32] = field(repr=False)
    sample_rate_hz: int = SAMPLE_RATE_HZ
    speech_start_ms: int = 0

    @property
    def duration_ms(self) -> int:
        """Length in milliseconds."""
        return ms_from_samples(len(self.samples), self.sample_rate_hz)

    def cut(self, span: Span) -> NDArray[np.float32]:
        """The samples of a span, float32 (n,); shorter where the span leaves the sound."""
        start = samples_from_ms(span.start_ms, self.sample_rate_hz)
        return self.samples[start : samples_from_ms(span.end_ms, self.sample_rate_hz)]
