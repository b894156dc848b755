"""Finds a transcript that the user already has: given, beside the video, or inside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from sentigram import formats
from sentigram.core.document import SUFFIX
from sentigram.core.language import iso_639_1, language_code
from sentigram.core.media import MediaInfo, StreamInfo
from sentigram.core.text import letters
from sentigram.errors import TranscriptError
from sentigram.formats.decoding import text_of
from sentigram.formats.marks import MARKER, is_own
from sentigram.formats.parsing import shown
from sentigram.formats.track import SubtitleTrack
from sentigram.media.commands import subtitle_argv, subtitle_suffix
from sentigram.media.ffmpeg import find_ffmpeg, run
from sentigram.reading import real, stays_inside
from sentigram.words.given.word_times import GivenTranscript, transcript_of

# Whose names nothing else has. What is named otherwise may be anything: other subtitles that we
# cannot read, notes, a download; it is taken only if it is what its name says.
_USUAL = frozenset({".srt", ".vtt", ".ass", ".ssa", ".txt", ".json"})
_NOT_BESIDE = frozenset({".ttml", ".dfxp", ".xml"})  # what we write too, and it bears no mark
_LANGUAGE_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{2,8})*(?:\.(?:sdh|cc|hi|orig))?")
# Translations of signs, and talk about the film, are not what is said in it.
_NOT_SPEECH = re.compile(r"forced|sign|song|comment", re.IGNORECASE)
_LETTERS_PER_MINUTE = (40, 2500)  # of a text that may be what is said; speech has 500 to 1100


@dataclass(frozen=True, slots=True)
class GivenSource:
    """Where a transcript is.

    Attributes:
        kind: given with --transcript, a sidecar beside the video, or a stream inside it.
        path: The file; for a stream, the video.
        line: One line for the user: what was chosen, and how to choose otherwise.
        language: ISO 639-1 code, "" when unknown.
        stream: For a stream.
    """

    kind: Literal["given", "sidecar", "stream"]
    path: Path
    line: str
    language: str = ""
    stream: StreamInfo | None = None


def find_given(
    media: MediaInfo,
    *,
    transcript: Path | None,
    use_sidecar: bool,
    language: str | None = None,
    warn: Callable[[str], None],
) -> GivenSource | None:
    """Look for a transcript in the order of trust.

    Args:
        media: The video or sound.
        transcript: What the user gives with --transcript.
        use_sidecar: Whether to look beside and inside the video.
        language: What is spoken, ISO 639-1; None for what the audio stream says.
        warn: Told, in one line, of files that look like transcripts and are not taken.

    Raises:
        TranscriptError: A sidecar cannot be read.
    """
    if transcript is not None:
        line = f"transcript: {shown(transcript.name)} (`transcript`)"
        return GivenSource("given", transcript, line, language or "")
    if not use_sidecar:
        return None
    spoken = language or ""
    if not spoken and media.audio is not None:
        spoken = iso_639_1(media.audio.language)
    return _sidecar(media, spoken, warn) or _stream(media, spoken, is_asked=bool(language))


def beside(video: Path) -> tuple[Path, ...]:
    """Files beside a video that are named as its transcripts are, whatever is in them."""
    return tuple(path for path, _ in _candidates(video, warn=lambda _text: None))


def read_track(source: GivenSource, media: MediaInfo, *, workdir: Path) -> SubtitleTrack:
    """Read what `find_given` found.

    Args:
        source: What it found.
        media: The same.
        workdir: A folder for what is taken out of the video.

    Returns:
        A track whose name is what messages call it.

    Raises:
        TranscriptError: It cannot be read.
        MediaError: ffmpeg cannot take the stream out.
        MissingError: There is no ffmpeg.
    """
    if source.stream is None:
        return formats.read(source.path, fps=media.fps or None)
    out = workdir / f"subtitles{subtitle_suffix(source.stream)}"
    run(subtitle_argv(find_ffmpeg(), media, source.stream, out))
    return replace(formats.read(out), name=f"{source.path}, stream {source.stream.index}")


def read_given(source: GivenSource, media: MediaInfo, *, workdir: Path) -> GivenTranscript:
    """Read what `find_given` found, and give its words times: see `read_track`."""
    track = read_track(source, media, workdir=workdir)
    return transcript_of(track, duration_ms=media.duration_ms or None, language=source.language)


def _sidecar(media: MediaInfo, spoken: str, warn: Callable[[str], None]) -> GivenSource | None:
    found: list[tuple[Path, str]] = []
    for path, tag in _candidates(media.path, warn):
        text = _text_of(path, tag or spoken)
        kind = formats.kind_of(text, path.suffix)
        if is_own(path, text, stem=media.path.stem):
            # Its mark is the weakest: say so, where no Document of ours proves it.
            if path.suffix.lower() == ".srt" and not _has_document(media.path):
                warn(
                    f"{shown(path.name)} is Sentigram's own result, so its words are heard anew; "
                    f"if a person wrote it, give it with `transcript`"
                )
            continue
        may_be_other = path.suffix.lower() not in _USUAL or kind == "json"
        if may_be_other and not formats.grammar(kind).recognizes(text):
            continue  # other programs' notes about the video
        if kind in ("txt", "timed") and not _may_be_speech(text, media.duration_ms):
            warn(
                f"{shown(path.name)} is too short or too long to be what is said, and is left out; "
                "if it is, give it with `transcript`"
            )
            continue
        found.append((path, tag))
    fitting = [(path, tag) for path, tag in found if not tag or not spoken or tag == spoken]
    tags = {tag for _, tag in fitting if tag}
    if len(tags) > 1 and fitting[0][1]:
        names = ", ".join(shown(path.name) for path, _ in fitting)
        warn(
            f"{names} lie beside the video; say which with `language {min(tags)}` (or "
            "another), or `transcript FILE`; none is taken"
        )
        return None
    if not fitting:
        return None
    path, tag = fitting[0]
    line = f"transcript: {shown(path.name)} beside the video (`use_sidecar=False` to ignore)"
    return GivenSource("sidecar", path, line, tag or spoken)


def _has_document(video: Path) -> bool:
    return video.with_name(video.stem + SUFFIX).is_file()


def _candidates(video: Path, warn: Callable[[str], None]) -> list[tuple[Path, str]]:
    """Files named after the video: `talk.srt` before `talk.en.srt`; then by format."""
    stem = video.stem + "."
    suffixes = [suffix for suffix in formats.suffixes() if suffix not in _NOT_BESIDE]
    found: list[tuple[int, int, str, Path, str]] = []
    try:
        beside = [path for path in video.absolute().parent.iterdir() if path.name.startswith(stem)]
    except OSError:
        return []  # a folder that may be entered but not listed
    for path in beside:
        suffix = path.suffix.lower()
        if suffix not in suffixes or path.name == video.name or path.is_dir():
            continue
        middle = path.name[len(stem) : -len(suffix)]
        tag = _LANGUAGE_TAG.fullmatch(middle.lower()) if middle else None
        language = language_code(tag[1] if tag else middle)
        if middle and tag is None and not language:
            continue
        if odd := _odd(path, video):
            warn(f"{shown(path.name)} {odd}, and is passed over")
            continue
        rank = suffixes.index(suffix)
        found.append((bool(middle), rank, path.name, video.parent / path.name, language))
    return [(path, language) for *_, path, language in sorted(found)]


def _odd(path: Path, video: Path) -> str:
    """Why a path beside the video is none to read unasked, "" where it is.

    A link leads where whoever made it wants, but a person who keeps links to files may keep both:
    it may lead to where the video itself lies.
    """
    if not path.is_file():
        return "is a link that leads nowhere" if path.is_symlink() else "is not a file"
    if any(stays_inside(path, folder) for folder in (path.parent, real(video).parent)):
        return ""
    return "is a link that leads out of its folder (`transcript FILE` takes it all the same)"


def _text_of(path: Path, language: str) -> str:
    try:
        return text_of(path, language)
    except TranscriptError as error:
        if path.suffix.lower() not in _USUAL:
            return ""
        message = f"{error} (it lies beside the video; `use_sidecar=False` ignores it)"
        raise TranscriptError(message) from error


def _may_be_speech(text: str, duration_ms: int) -> bool:
    low, high = _LETTERS_PER_MINUTE
    return low * duration_ms <= letters(text) * 60_000 <= high * duration_ms


def _stream(media: MediaInfo, spoken: str, *, is_asked: bool) -> GivenSource | None:
    texts = [
        stream
        for stream in media.streams_of("subtitle")
        if stream.is_text
        and not _NOT_SPEECH.search(stream.title)
        and not stream.title.startswith(MARKER)  # our own, in an .mkv that we made
    ]
    if not texts:
        return None
    fitting = [
        stream
        for stream in texts
        if not stream.is_forced
        and (not spoken or not stream.language or iso_639_1(stream.language) == spoken)
    ]
    if not spoken:  # several languages and no word about the sound: only a default one is a hint
        fitting = _unambiguous(fitting)
    if not fitting:
        return None
    chosen = min(fitting, key=lambda s: (bool(spoken) and not s.language, not s.is_default))
    about = ", ".join(part for part in (chosen.codec, chosen.language) if part)
    line = (
        f"transcript: subtitle stream {chosen.index} ({shown(about)}) inside the video "
        "(`use_sidecar=False` to ignore)"
    )
    named = iso_639_1(chosen.language)
    return GivenSource("stream", media.path, line, named or (spoken if is_asked else ""), chosen)


def _unambiguous(streams: Sequence[StreamInfo]) -> list[StreamInfo]:
    if len({iso_639_1(stream.language) for stream in streams}) <= 1:
        return list(streams)
    return [stream for stream in streams if stream.is_default]
