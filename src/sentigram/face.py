"""What Python code calls: a few functions over the jobs, whose names and meaning stay."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sentigram.core.document import SUFFIX, Document, dumps, is_document, read_document
from sentigram.core.media import VideoOptions
from sentigram.core.protocols import Reporter, SilentReporter
from sentigram.core.time import Span
from sentigram.errors import SentigramError, UsageError
from sentigram.files import check_free, work_folder
from sentigram.jobs.engine import Engine
from sentigram.jobs.results import kind_of
from sentigram.style.look import Look
from sentigram.words.heard_or_given import HearOptions

if TYPE_CHECKING:
    from fractions import Fraction

    from sentigram.check.checking import CheckOptions, Report
    from sentigram.check.fix.fixing import Corrected
    from sentigram.core.media import MediaInfo
    from sentigram.formats.track import SubtitleTrack

File = str | os.PathLike[str]


# What the command line has an option for, and Python says with the path itself.
_IN_PYTHON = (
    ("give `out DIR`", "choose another path"),
    ("choose another `out`", "choose another path"),
    (" out of `to`", " out"),
    ("ask for another kind with `to`", "ask for another kind"),
    ("`to ", "`"),
)


@contextmanager
def in_python() -> Iterator[None]:
    """Spell messages that name what only the command line has."""
    try:
        yield
    except SentigramError as error:
        raise type(error)(*map(_spelled_in_python, error.lines)) from error


def _spelled_in_python(line: str) -> str:
    for typed, written in _IN_PYTHON:
        line = line.replace(typed, written)
    return line


def hear(
    path: File,
    *,
    engine: Engine | str = "auto",
    language: str | None = None,
    transcript: File | None = None,
    use_sidecar: bool = True,
    audio_stream: int | None = None,
    shots: bool = False,
    emotions: bool = True,
    speakers: int | str = "auto",
    speaker_names: Iterable[str] = (),
    preview: Span | str | None = None,
    reporter: Reporter | None = None,
) -> Document:
    """Turn a video or a recording into a Document: words, their times, and an emotion for each.

    Args:
        path: Video or sound, of any format that ffmpeg reads.
        engine: What hears and reads: `auto`, `bundled`, `full`, or an `Engine`, which keeps its
            models for the next call.
        language: ISO 639-1 code of what is spoken; detected if not given.
        transcript: The words, if you have them: SRT, VTT, ASS, TTML, TXT, Whisper JSON or older
            formats.
        use_sidecar: Whether to take a transcript that lies beside or inside the video.
        audio_stream: Which audio stream, from 0; the default one if not given.
        shots: Whether to look for changes of shot, so that captions start and end with them.
        emotions: Whether to read emotions; without, no model of them is loaded, words have no
            reading, and the Document says so.
        speakers: `auto`, `off`, or how many people speak; names that come with words stay.
        speaker_names: What they are called, by first speech: `("Ann", "Ben")`, or each for
            another: `("Speaker 2=Ben",)`.
        preview: Only this stretch, with whole sentences: `"1:00-1:30"`.
        reporter: Is told of stages, choices and warnings, of the words as soon as they are known,
            and of their readings.

    Raises:
        MediaError: The file cannot be used, or nothing is said in it.
        InputError: Nothing is said in the stretch.
        TranscriptError: The transcript cannot be used.
        UsageError: Options contradict each other.
        MissingError: A model or a tool is not installed.
    """
    from sentigram.jobs.hear import hear as hear_file
    from sentigram.media.probe import probe

    source = Path(path)
    if is_document(source):
        message = f"{source}: is a Document already; load it"
        raise UsageError(message)
    return hear_file(
        probe(source, audio_stream=audio_stream),
        Engine(engine) if isinstance(engine, str) else engine,
        HearOptions(
            language=language,
            transcript=None if transcript is None else Path(transcript),
            use_sidecar=use_sidecar,
            audio_stream=audio_stream,
            shots=shots,
            emotions=emotions,
            speakers=str(speakers),
            speaker_names=tuple(speaker_names),
        ),
        reporter or SilentReporter(),
        preview=_stretch(preview),
    )


def load(path: File) -> Document:
    """Read a Document that was saved, or corrected by hand or on the page.

    Raises:
        DocumentError: It is not there, not readable, or not a valid Document.
    """
    return read_document(Path(path))


@in_python()
def render(
    document: Document,
    paths: File | Iterable[File],
    *,
    look: Look | None = None,
    media: File | None = None,
    video: VideoOptions | None = None,
    preview: Span | str | None = None,
    overwrite: bool = False,
    reporter: Reporter | None = None,
) -> tuple[Path, ...]:
    """Draw a Document, each result whole or not at all.

    Args:
        document: Words and readings.
        paths: The files to write. What each is, its name says: `.html`, `.ass`, `.effects.ass`,
            `.srt`, `.vtt`, `.ttml`, `.srv3`, `.sentigram.json`, `.mp4`, `.mkv`, `.gif`, `.webp` or
            `.timeline.png`.
        look: Culture, age, profiles, motion and theme.
        media: The video or sound, for what shows it; if not given, the file of the Document's
            name beside the first result, where there is one.
        video: How videos and clips are made.
        preview: Only this stretch, with whole sentences: `"1:00-1:30"`.
        overwrite: Whether files that exist may be replaced.
        reporter: Is told of stages and warnings.

    Returns:
        The paths.

    Raises:
        UsageError: A name says no kind of result, or a kind cannot be made of this.
        ThemeError: The theme cannot be used.
        OutputError: A result cannot be written.
        MissingError: A tool is not installed.
    """
    from sentigram.jobs.draw import draw

    asked = [paths] if isinstance(paths, str | os.PathLike) else paths
    targets = [Path(path) for path in asked]
    named: dict[str, Path] = {}
    for path in targets:
        kind = kind_of(path)
        if kind in named:
            message = f"{path}: is of the same kind as {named[kind]}; draw one after the other"
            raise UsageError(message)
        named[kind] = path
    if not targets:
        return ()
    check_free(targets, overwrite=overwrite)
    info = _media(document, media, targets[0])
    for path in targets:
        if info is not None and path.exists() and path.samefile(info.path):
            message = f"{path}: the result would replace its own source; choose another name"
            raise UsageError(message)
    draw(
        document,
        info,
        named,
        reporter or SilentReporter(),
        look=look or Look(),
        video=video or VideoOptions(),
        preview=_stretch(preview),
        replaces=named if overwrite else (),
    )
    return tuple(targets)


def check(
    what: File | Document,
    *,
    look: Look | None = None,
    language: str = "",
    video: File | None = None,
) -> Report:
    """Check subtitles, or a Document as its renders would be, against the guides' rules.

    Args:
        what: An SRT, WebVTT, ASS or TTML file, a saved Document, or a Document.
        look: The guidelines that count are its profiles, such as netflix or bbc.
        language: ISO 639-1 code; the file's own, or found out, if not given.
        video: Tells the frame rate, the size and the changes of shot.

    Returns:
        A report: `findings`, `n_violations`, `counts()` of each rule that is broken.

    Raises:
        InputError: The file cannot be read.
        UsageError: No such culture, age or profile.
    """
    from sentigram.check.checking import check_file

    options = _check_options(look, language, video)
    if not isinstance(what, Document):
        return check_file(Path(what), options)
    with work_folder() as work:
        path = work / f"document{SUFFIX}"
        path.write_text(dumps(what), encoding="utf-8")
        report = check_file(path, options)
    name = what.media.name
    return replace(report, name=name, track=replace(report.track, name=name))


@in_python()
def fix(
    path: File,
    *,
    look: Look | None = None,
    language: str = "",
    video: File | None = None,
    folder: File | None = None,
    overwrite: bool = False,
) -> Corrected:
    """Correct what can be corrected without a person, into a copy: `talk.fixed.srt`.

    Args:
        path: An SRT, WebVTT or ASS file.
        look: See `check`.
        language: See `check`.
        video: See `check`.
        folder: Where the copy goes; beside the file if not given.
        overwrite: Whether an earlier copy may be replaced.

    Returns:
        The `path` of the copy, None where nothing was changed, the `changes` with their reasons,
        and the `report` of the copy.

    Raises:
        InputError: The file cannot be read.
        UsageError: It is of a kind that cannot be corrected.
        OutputError: The copy cannot be written.
    """
    from sentigram.check.fix.fixing import correct_file

    return correct_file(
        Path(path),
        _check_options(look, language, video),
        folder=None if folder is None else Path(folder),
        overwrite=overwrite,
    )


def read_subtitles(path: File, *, fps: Fraction | None = None) -> SubtitleTrack:
    """Read a subtitle file of anybody's: what it says, when, and how it looks.

    Args:
        path: SRT, WebVTT, ASS, TTML, Whisper's JSON, SAMI, MicroDVD and others.
        fps: Frames a second, for formats that count in frames and do not say.

    Raises:
        TranscriptError: It cannot be read; with the line where it is broken.
    """
    from sentigram import formats

    return formats.read(Path(path), fps=fps)


def text_of(document: Document, kind: str, look: Look | None) -> str:
    """One kind of result as text: what `Document.to_srt` and its like give."""
    from sentigram import registry
    from sentigram.jobs.draw import draw

    with work_folder() as work:
        path = work / f"document{registry.suffixes()[kind]}"
        draw(document, None, {kind: path}, SilentReporter(), look=look or Look())
        return path.read_bytes().decode("utf-8-sig")


def _stretch(preview: Span | str | None) -> Span | None:
    from sentigram.jobs.job import stretch

    return stretch(preview) if isinstance(preview, str) else preview


def _media(document: Document, media: File | None, beside: Path) -> MediaInfo | None:
    from sentigram.media.probe import find_media, probe

    return find_media(beside, document) if media is None else probe(Path(media))


def _check_options(look: Look | None, language: str, video: File | None) -> CheckOptions:
    from sentigram.check.checking import CheckOptions, video_facts

    look = look or Look()
    if look.theme is not None:
        message = (
            "`theme`: captions are checked against the guides, not against a theme; leave it out"
        )
        raise UsageError(message)
    options = CheckOptions(
        profiles=look.worn, culture=look.culture, age=look.age, language=language
    )
    return options if video is None else video_facts(Path(video), options)
