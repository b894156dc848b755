"""What a media file holds, read with PyAV without decoding more than one picture."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from sentigram.core.document import Document
from sentigram.core.media import MediaInfo, StreamInfo
from sentigram.core.time import MS_PER_SECOND
from sentigram.errors import MediaError, resource_error
from sentigram.media.commands import PROTOCOLS, file_url
from sentigram.media.hdr import hdr_of
from sentigram.media.rates import HIGHEST_FPS, measured_fps
from sentigram.media.sound import (
    HIGHEST_HZ,
    LOWEST_HZ,
    TIMES_JUMP,
    UNTIMED,
    last_packet,
    packets,
)
from sentigram.media.stated import mp3_ms, tag_ms, wav_ms
from sentigram.media.tracks import heard_audio, meant_audio, silent_streams

if TYPE_CHECKING:
    from av.container import InputContainer

_US_PER_SECOND = 1_000_000
_LONGEST_MS = 30 * 24 * 3600 * MS_PER_SECOND
_MEASURED_PACKETS = 300
_COUNT_OFF = Fraction(11, 10)
_SAME_FPS = Fraction(501, 500)
_TRIED_PACKETS = 500  # before a picture must have come
_TEXT_CODECS = frozenset(
    {"ass", "ssa", "subrip", "srt", "webvtt", "mov_text", "text", "microdvd", "ttml"}
)
# Demuxers that make a picture out of anything: text as a terminal shows it, single images.
_NOT_MEDIA = frozenset({"tty", "lavfi", "image2", "bin", "xbin", "adf", "idf"})
# Lists of files and addresses: whose files those are, nobody here knows. Known by what they hold.
_LISTS = frozenset({"concat", "hls", "dash", "sdp", "rtsp", "rtp", "imf"})
_LISTS_BEGIN = (b"#EXTM3U", b"ffconcat", b"v=0", b"[playlist]", b"[Reference]", b"<asx", b"<ASX")
_BLANK = b"\xef\xbb\xbf \t\r\n"
_KINDS = ("video", "audio", "subtitle")


def probe(path: Path, *, audio_stream: int | None = None) -> MediaInfo:
    """Look into a media file.

    Args:
        path: A video or audio file.
        audio_stream: The audio stream that counts, numbered among audio streams from 0; None for
            the default one.

    Raises:
        MediaError: No such file, not a media file, damaged, without picture and sound, with sound
            of a rate that cannot be, or without the audio stream that is asked for.
    """
    with open_media(path) as container:
        streams = tuple(_streams(container, path))
        if not any(stream.kind in ("video", "audio") for stream in streams):
            message = f"{path}: has neither picture nor sound" + (
                "; give subtitles with `transcript FILE`" if streams else ""
            )
            raise MediaError(message)
        duration_ms = _duration_ms(container)
        if audio_stream is None:
            streams = _listened(path, streams)
        sound = _chosen_audio(path, streams, audio_stream)
        if sound is not None:
            heard: Any = container.streams[sound.index]
            _check_rate(heard.rate, path)
        width, height, fps, hdr = 0, 0, Fraction(0), None
        shown = next((stream for stream in streams if stream.kind == "video"), None)
        if shown is not None:
            picture = container.streams[shown.index]
            if picture.codec_context is None:
                raise _undecodable(picture, path)
            fps = _fps(container, picture, duration_ms)
            frame = _first_frame(container, picture)
            width, height = _displayed_size(picture, frame, path)
            hdr = hdr_of(picture, frame)
        return MediaInfo(
            path=path,
            duration_ms=duration_ms,
            width_px=width,
            height_px=height,
            fps=fps,
            streams=streams,
            audio=sound,
            n_attachments=sum(stream.type == "attachment" for stream in container.streams),
            times_jump=bool(container.format.flags & TIMES_JUMP),
            hdr=hdr,
            is_audio_asked=audio_stream is not None,
        )


def _listened(path: Path, streams: tuple[StreamInfo, ...]) -> tuple[StreamInfo, ...]:
    """The streams, those without sound marked, where one of several is to be heard."""
    sounds = [stream for stream in streams if stream.kind == "audio"]
    readable = [stream.index for stream in sounds if stream.is_readable]
    if len(sounds) < 2 or not readable:
        return streams
    with open_media(path) as container:
        silent = silent_streams(container, readable, meant_audio(sounds).index)
    return tuple(replace(s, is_silent=s.index in silent) for s in streams)


def _chosen_audio(
    path: Path, streams: Sequence[StreamInfo], audio_stream: int | None
) -> StreamInfo | None:
    """The audio stream that counts: the N-th one, else the one that is meant and sounds.

    Raises:
        MediaError: There is no such one; the message lists those that there are.
    """
    sounds = [stream for stream in streams if stream.kind == "audio"]
    if audio_stream is None:
        return heard_audio(sounds) if sounds else None
    if not sounds:
        raise no_sound(path)
    if not 0 <= audio_stream < len(sounds):
        told = (", ".join(filter(None, (s.codec, s.language, s.title))) for s in sounds)
        listed = "; ".join(f"{n}: {what}" for n, what in enumerate(told))
        message = f"{path}: `audio_stream {audio_stream}`: choose from {listed}"
        raise MediaError(message)
    return sounds[audio_stream]


def _check_rate(rate_hz: int | None, path: Path) -> None:
    """Refuse sound that is made to fill disks: at one sample a second, a second becomes hours.

    Raises:
        MediaError: No recording has this rate.
    """
    if rate_hz and not LOWEST_HZ <= rate_hz <= HIGHEST_HZ:
        message = (
            f"{path}: states {rate_hz} samples a second, where speech has from {LOWEST_HZ} to "
            f"{HIGHEST_HZ}; it is damaged, or made to fill the disk"
        )
        raise MediaError(message)


def no_sound(path: Path) -> MediaError:
    """The error for a file in which nothing can be heard."""
    return MediaError(
        f"{path}: has no sound, so there is nothing to hear; choose a file with sound, "
        "or render a Document (talk.sentigram.json) that was made from one"
    )


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """Open a file with PyAV, silently and without touching the network.

    Raises:
        MediaError: No such file, a folder, empty, not a media file, a list of other files, or
            damaged; also where that shows only inside the block.
        ResourceError: The machine lacks memory or file handles for it.
    """
    import av
    import av.logging

    _check_file(path)
    av.logging.set_level(av.logging.PANIC)
    options = {"protocol_whitelist": PROTOCOLS, "format_whitelist": _formats()}
    try:
        with av.open(file_url(path), options=options) as container:
            name = container.format.name
            if name in _NOT_MEDIA or name.endswith("_pipe"):
                message = f"{path}: is not video or audio, but {container.format.long_name}"
                raise MediaError(message)
            yield container
    except (av.FFmpegError, OSError, ValueError, MemoryError, UnicodeError) as error:
        raise resource_error(error) or _unreadable(path, error) from error


@cache
def _formats() -> str:
    """The formats that may be opened, as ffmpeg takes them: none that names other files."""
    import av

    return ",".join(sorted(av.formats_available - _LISTS))


def _check_file(path: Path) -> None:
    try:
        if path.is_dir():
            message = f"{path}: is a folder; for many files use: sentigram batch FOLDER"
            raise MediaError(message)
        if not path.exists():
            message = f"{path}: no such file"
            raise MediaError(message)
        if not path.is_file():
            message = f"{path}: is not a file"
            raise MediaError(message)
        if path.stat().st_size == 0:
            message = f"{path}: is empty (0 bytes); the copy or download may have failed"
            raise MediaError(message)
    except (OSError, ValueError) as error:  # a name that is too long, or with a NUL
        message = f"{path!s:.200}: cannot be opened ({error})"
        raise MediaError(message) from error


def _unreadable(path: Path, error: Exception) -> MediaError:
    if isinstance(error, PermissionError):
        return MediaError(f"{path}: may not be read; check its permissions")
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        head = b""
    if head[4:8] in (b"ftyp", b"mdat", b"wide", b"free"):
        return MediaError(
            f"{path}: is damaged: an MP4 whose index (moov) is missing, as when a recording or "
            "download was cut off; fetch it again, or repair it with a tool such as untrunc"
        )
    if head.lstrip(_BLANK).startswith(_LISTS_BEGIN) or b"<MPD" in head:
        return MediaError(
            f"{path}: is a list that names other files or addresses, which are not opened; give "
            "the video itself"
        )
    if head and b"\0" not in head:
        return MediaError(
            f"{path}: is text, not video or audio; give a transcript with `transcript FILE`"
        )
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return MediaError(f"{path}: is not a video or audio file that can be read ({reason})")


def _streams(container: InputContainer, path: Path) -> Iterator[StreamInfo]:
    from av.stream import Disposition

    start_us = container.start_time or 0
    for stream in container.streams:
        cover = stream.disposition & (Disposition.attached_pic | Disposition.still_image)
        if stream.type not in _KINDS or cover:
            continue
        codec = _codec(stream)
        yield StreamInfo(
            index=stream.index,
            kind=cast("Literal['video', 'audio', 'subtitle']", stream.type),
            codec=codec,
            language=_known_language(stream.metadata.get("language", "")),
            title=stream.metadata.get("title", ""),
            is_default=bool(stream.disposition & Disposition.default),
            is_text=stream.type == "subtitle" and codec in _TEXT_CODECS,
            is_forced=bool(stream.disposition & Disposition.forced),
            start_ms=_start_ms(stream, start_us),
            end_ms=_stated_end_ms(container, stream, path),
            is_readable=stream.codec_context is not None,
        )


def _codec(stream: Any) -> str:
    """The codec's name, not that of the decoder that is used for it (libdav1d, mp3float)."""
    context = stream.codec_context
    if context is None:
        return "unknown"
    return str(getattr(context.codec, "canonical_name", None) or context.name)


def _known_language(tag: str) -> str:
    return "" if tag.lower() in ("und", "unk", "mis", "zxx") else tag


def _start_ms(stream: Any, start_us: int) -> int:
    if stream.start_time is None or stream.time_base is None:
        return 0
    start = stream.start_time * stream.time_base - Fraction(start_us, _US_PER_SECOND)
    ms: int = math.floor(start * MS_PER_SECOND + Fraction(1, 2))
    return ms


def _stated_end_ms(container: InputContainer, stream: Any, path: Path) -> int | None:
    """Where a stream ends according to the file itself, None where that does not say."""
    name = container.format.name
    if name == "mp3" and stream.type == "audio":
        return mp3_ms(path, stream.rate or 0)
    if name in UNTIMED or container.format.flags & TIMES_JUMP:
        return None  # what there is was guessed from the first or last packets
    if name == "wav" and stream.type == "audio":
        return wav_ms(path) or _end_ms(stream, 0)
    return _end_ms(stream, container.start_time or 0) or tag_ms(dict(stream.metadata))


def _end_ms(stream: Any, start_us: int) -> int | None:
    """Where a stream ends according to the demuxer, None where that does not say."""
    if not stream.duration or stream.time_base is None:
        return None
    length_ms: int = round(stream.duration * stream.time_base * MS_PER_SECOND)
    return _start_ms(stream, start_us) + length_ms


def _duration_ms(container: InputContainer) -> int:
    """Length of the longest stream; measured where the header does not give it or lies."""
    start_us = container.start_time or 0
    ends = (_end_ms(s, start_us) for s in container.streams if s.type in ("video", "audio"))
    candidates = [end_ms for end_ms in ends if end_ms is not None]
    if container.duration:
        candidates.append(round(Fraction(container.duration, _US_PER_SECOND) * MS_PER_SECOND))
    stated_ms = max(candidates, default=0)
    jumps = bool(container.format.flags & TIMES_JUMP)
    if 0 < stated_ms <= _LONGEST_MS and not jumps and container.format.name not in UNTIMED:
        return stated_ms
    measured_ms = round(last_packet(container) * MS_PER_SECOND)
    container.seek(0)
    return measured_ms


def _fps(container: InputContainer, stream: Any, duration_ms: int) -> Fraction:
    """Frames per second; measured where the header gives none, or more than there are.

    Where frames are counted (.mp4), the rate is an average. Elsewhere what is stated as a rate may
    be the time base: a browser's recording counts milliseconds.
    """
    stated = next(
        (
            Fraction(rate)
            for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate)
            if rate and 0 < rate <= HIGHEST_FPS
        ),
        None,
    )
    measured = _measured_fps(container, stream)
    if stated and measured:
        off = stated / measured
        # A count is of all frames, and beats the first ones; it is a little off where the last
        # frame is stated too short.
        is_true = off > _COUNT_OFF or off < 1 if stream.frames else off < _SAME_FPS
        return stated if is_true else measured
    if stated or measured:
        return stated or measured or Fraction(0)
    return Fraction(MS_PER_SECOND, max(1, duration_ms))  # one picture, shown throughout


def _measured_fps(container: InputContainer, stream: Any) -> Fraction | None:
    """The rate of the first frames, None where there are too few to tell."""
    times = []
    for packet in packets(container, [stream.index]):
        if packet.pts is not None:
            times.append(packet.pts)
        if len(times) == _MEASURED_PACKETS:
            break
    container.seek(0)
    return measured_fps(times, Fraction(stream.time_base or 1))


def _first_frame(container: InputContainer, stream: Any) -> Any:
    """The first picture that can be decoded, None where none can."""
    import av

    # A damaged start is no reason to refuse the rest.
    with contextlib.suppress(av.FFmpegError):
        for n, packet in enumerate(packets(container, [stream.index])):
            frames = packet.decode()
            if frames:
                return frames[0]
            if n == _TRIED_PACKETS:
                break
    return None


def _undecodable(stream: Any, path: Path) -> MediaError:
    return MediaError(f"{path}: its picture cannot be decoded ({_codec(stream)})")


def _displayed_size(stream: Any, frame: Any, path: Path) -> tuple[int, int]:
    """Size after rotation with square pixels, which is how players show it."""
    width, height = stream.codec_context.width, stream.codec_context.height
    aspect, rotation = stream.sample_aspect_ratio, 0
    if frame is not None:  # only decoded pictures tell the rotation
        width, height, rotation = frame.width, frame.height, frame.rotation
    if not width or not height:
        raise _undecodable(stream, path)
    if aspect and aspect > 0:
        width = max(1, round(width * Fraction(aspect)))
    if round(rotation / 90) % 2:
        width, height = height, width
    return width, height


def find_media(
    document_path: Path, document: Document, *, audio_stream: int | None = None
) -> MediaInfo | None:
    """Probe the media file that a Document names, if it lies beside it."""
    name = document.media.name
    beside = document_path.parent / name
    if Path(name).name != name or not beside.is_file():  # a Document is hostile: no other folder
        return None
    return probe(beside, audio_stream=audio_stream)
