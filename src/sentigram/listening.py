"""Finds the words of a recording: heard by a transcriber, or given by the user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from sentigram.core.document import Document, DocumentMedia, EnginePart, dumps, loads
from sentigram.core.emotion import NEUTRAL, EmotionTrack, LabelSet, WordEmotion
from sentigram.core.media import Audio, MediaInfo
from sentigram.core.protocols import Reporter, Transcriber
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript
from sentigram.errors import DocumentError
from sentigram.media.audio import releasing
from sentigram.memory import FolderMemory
from sentigram.outputs import check_apart, work_folder

if TYPE_CHECKING:
    from sentigram.asr.given import GivenSource


_WORDS = "words"


@dataclass(frozen=True, slots=True)
class HearOptions:
    """How a media file becomes a Document.

    Attributes:
        language: ISO 639-1 code, None to detect (or the transcriber's own).
        transcript: A transcript that the user gives.
        use_sidecar: Whether to take transcripts found beside or inside the video.
        audio_stream: Which audio stream, counted from 0; None for the default one.
        slice: Only this stretch, None for all.
        results: Files that this run writes: the transcript must not be one of them.
        shots: Whether to look for changes of shot, which captions then keep to.
    """

    language: str | None = None
    transcript: Path | None = None
    use_sidecar: bool = True
    audio_stream: int | None = None
    slice: Span | None = None
    results: tuple[Path, ...] = ()
    shots: bool = False


def listen(
    info: MediaInfo,
    audio: Audio,
    transcriber: Callable[[], Transcriber],
    options: HearOptions,
    reporter: Reporter,
) -> tuple[Transcript, tuple[EnginePart, ...]]:
    """Find words with their times: given ones where there are any, else heard ones.

    Args:
        info: The media file.
        audio: Its sound.
        transcriber: Loads the transcriber; not called where the words are given with their times.
        options: What the user asked for.
        reporter: Is told what was chosen.

    Returns:
        Repaired and segmented words, and the parts that found them.

    Raises:
        TranscriptError: A given transcript cannot be used.
        UsageError: It would be overwritten by a result.
        MissingError: A model or tool is not installed.
    """
    from sentigram.asr.given import find_given  # noqa: PLC0415
    from sentigram.asr.repair import repair  # noqa: PLC0415
    from sentigram.asr.segment import segment  # noqa: PLC0415

    source = find_given(
        info,
        transcript=options.transcript,
        use_sidecar=options.use_sidecar,
        language=options.language,
        audio_stream=options.audio_stream,
        warn=reporter.warn,
    )
    if source is None:
        transcript = _heard(audio, transcriber(), options, reporter)
        parts: tuple[EnginePart, ...] = (transcriber().part,)
    else:
        reporter.note(source.line)
        check_apart(source.path, options.results)
        transcript = _given(source, info, audio, transcriber, options, reporter)
        parts = (EnginePart("transcript", source.kind),)
    if any(word.timing == "estimated" for word in transcript.words()):
        transcript, aligner = _aligned(transcript, audio, reporter)
        parts = (*parts, *aligner)
    return segment(repair(transcript, audio)), parts


def shots(
    info: MediaInfo, options: HearOptions, reporter: Reporter, *, workdir: Path
) -> tuple[int, ...]:
    """Changes of shot in ms, where they are asked for and there is a picture."""
    if not options.shots or not info.has_video:
        return ()
    from sentigram.media.shots import find_shots  # noqa: PLC0415

    with reporter.stage("shots") as progress:
        return find_shots(info, workdir=workdir, progress=progress)


def remember_words(
    memory: FolderMemory,
    media: DocumentMedia,
    transcript: Transcript,
    parts: tuple[EnginePart, ...],
) -> None:
    """Keep words as a Document whose emotions are not read yet."""
    unread = WordEmotion(NEUTRAL, (1.0,), 0.0)
    labels = LabelSet((NEUTRAL,))
    n_words = sum(len(utterance.words) for utterance in transcript.utterances)
    track = EmotionTrack(labels, (unread,) * n_words)
    memory.remember_text(_WORDS, dumps(Document(media, transcript, track, parts)))


def recall_words(memory: FolderMemory) -> tuple[Transcript, tuple[EnginePart, ...]] | None:
    """The words that an earlier run found, and what found them."""
    text = memory.recall_text(_WORDS)
    if text is None:
        return None
    try:
        document = loads(text)
    except DocumentError:  # of another version, or damaged: listen again
        return None
    return document.transcript, document.engine


def _heard(
    audio: Audio, transcriber: Transcriber, options: HearOptions, reporter: Reporter
) -> Transcript:
    """What the transcriber hears, in the slice if there is one."""
    span = options.slice or Span(0, audio.duration_ms)
    piece = audio if options.slice is None else replace(audio, samples=audio.cut(span))
    with reporter.stage("words") as progress:
        heard = transcriber.transcribe(
            piece,
            language=options.language,
            progress=releasing(audio, progress),
            note=reporter.note,
        )
    return _shift(heard, span.start_ms) if span.start_ms else heard


def _given(
    source: GivenSource,
    info: MediaInfo,
    audio: Audio,
    transcriber: Callable[[], Transcriber],
    options: HearOptions,
    reporter: Reporter,
) -> Transcript:
    """A given transcript; one without times is placed with the help of what is heard."""
    from sentigram.asr.anchor import anchor  # noqa: PLC0415
    from sentigram.asr.given import read_given  # noqa: PLC0415

    with work_folder() as work:
        given = read_given(source, info, workdir=work)
    for warning in given.warnings:
        reporter.warn(warning)
    transcript = given.transcript
    if options.language:
        transcript = replace(transcript, language=options.language)
    if not given.has_times and transcript.language in ("", "en"):
        heard = _heard(audio, transcriber(), replace(options, slice=None), reporter)
        transcript = anchor(transcript, heard)
    if options.slice is None:
        return transcript
    kept = tuple(u for u in transcript.utterances if u.span.overlap_ms(options.slice))
    return replace(transcript, utterances=kept)


def _aligned(
    transcript: Transcript, audio: Audio, reporter: Reporter
) -> tuple[Transcript, tuple[EnginePart, ...]]:
    """Word times by forced alignment, where the language can be aligned."""
    from sentigram.asr.align import align  # noqa: PLC0415

    language = transcript.language or "en"
    if language != "en":
        reporter.note(f"word times are estimated: there is no alignment for {language!r} yet")
        return transcript, ()
    with reporter.stage("word times") as progress:
        told = releasing(audio, progress)
        aligned = align(transcript, audio, language=language, progress=told)
    part = EnginePart("aligner", "pocketsphinx-en-us", metadata.version("pocketsphinx"))
    return aligned, (part,)


def _shift(transcript: Transcript, by_ms: int) -> Transcript:
    def moved(span: Span) -> Span:
        return Span(span.start_ms + by_ms, span.end_ms + by_ms)

    return replace(
        transcript,
        utterances=tuple(
            replace(
                utterance,
                span=moved(utterance.span),
                words=tuple(replace(w, span=moved(w.span)) for w in utterance.words),
            )
            for utterance in transcript.utterances
        ),
    )
