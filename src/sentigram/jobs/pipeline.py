"""One video's way through the program: `hear` makes a Document, `draw` makes results of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sentigram import registry
from sentigram.core.document import Document, DocumentMedia, EnginePart, dumps
from sentigram.core.excerpt import cut_document, nothing_said, sentence_bounds
from sentigram.core.media import Audio, MediaInfo
from sentigram.core.protocols import (
    NO_MEMORY,
    EmotionModel,
    Renderer,
    RenderJob,
    Reporter,
    Transcriber,
)
from sentigram.core.style import Motion, StyledLook, StyledTrack
from sentigram.core.time import Span, format_clock, format_tenths
from sentigram.core.transcript import Transcript
from sentigram.errors import MediaError, OutputError, UsageError
from sentigram.files import check_apart, whole_file, work_folder, write_text
from sentigram.render.kinds import CLIPS, NEED_MEDIA
from sentigram.store.memory import FolderMemory, memory_of
from sentigram.words.listening import (
    MAY_DIFFER,
    HearOptions,
    find_transcript,
    listen,
    recall_document,
    remember_document,
    shots,
)

if TYPE_CHECKING:
    from sentigram.media.commands import BurnOptions

_CANVAS_WITHOUT_PICTURE = (1280, 720)


@dataclass(frozen=True, slots=True)
class DrawOptions:
    """How a Document looks.

    Attributes:
        culture: Theme layer.
        age: Theme layer.
        profiles: Theme layers over the age: guidelines, shapes, needs of viewers.
        motion: none, subtle or full.
        theme: A theme file of the user's, None for the shipped ones.
        canvas: Picture size for sound without a picture, (width_px, height_px).
        background: `#rrggbb` behind sound without a picture.
        encoder: Name of the video encoder.
        crf: Quality of the video; smaller is better and larger.
        preset: Speed of the video encoder.
        audio_stream: Which audio stream goes into a video, from 0; None for the default one.
        slice: Only this stretch, moved out to whole sentences; None for all.
        clip_width_px: Width of GIF and WebP clips, 0 for the kind's own.
    """

    culture: str = "western"
    age: str = "adult"
    profiles: tuple[str, ...] = ()
    motion: Motion = "subtle"
    theme: Path | None = None
    canvas: tuple[int, int] = _CANVAS_WITHOUT_PICTURE
    background: str = "#101418"
    encoder: str = "libx264"
    crf: int = 20
    preset: str = "medium"
    audio_stream: int | None = None
    slice: Span | None = None
    clip_width_px: int = 0


@dataclass(frozen=True)  # no slots: its parts are cached in its __dict__
class Engine:
    """The models of this process; each is loaded once, when it is first needed.

    Attributes:
        transcriber_name: In the registry.
        model_name: In the registry.
        transcriber_options: Keyword arguments of the transcriber.
        model_options: Keyword arguments of the emotion model.
    """

    transcriber_name: str = "moonshine"
    model_name: str = "bundled"
    transcriber_options: tuple[tuple[str, object], ...] = ()
    model_options: tuple[tuple[str, object], ...] = ()

    @cached_property
    def transcriber(self) -> Transcriber:
        """Hears words."""
        made: Transcriber = registry.factory("transcriber", self.transcriber_name)(
            **dict(self.transcriber_options)
        )
        return made

    @cached_property
    def model(self) -> EmotionModel:
        """Reads emotions."""
        made: EmotionModel = registry.factory("model", self.model_name)(**dict(self.model_options))
        return made


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording whose words are known; the sound is mapped from a file that goes with the scope.

    Attributes:
        media: The file, for its Document.
        audio: Its sound.
        transcript: Its words with their times.
        parts: What found them.
        only: The slice that these words are enough for; None where they are all.
    """

    media: DocumentMedia
    audio: Audio
    transcript: Transcript
    parts: tuple[EnginePart, ...]
    only: Span | None = None


def hear(
    source: Path,
    engine: Engine,
    options: HearOptions,
    reporter: Reporter,
    *,
    memory: FolderMemory | None = None,
) -> Document:
    """Turn a video or audio file into a Document.

    Args:
        source: The file.
        engine: The models.
        options: How it is heard.
        reporter: Is told of stages and warnings.
        memory: What stages of an earlier run left, and where this one leaves what it makes.

    Returns:
        All that is said, or the sentences of the slice.

    Raises:
        MediaError: The file cannot be used, or nothing is said in it.
        InputError: Nothing is said in the slice.
        UsageError: The slice begins after the end, or a result would replace the transcript.
        TranscriptError: A given transcript cannot be used.
        MissingError: A model or tool is not installed.
    """
    _ = engine.model.parts  # now: missing weights must not show after minutes of work
    document = None if memory is None else heard_before(source, options, reporter, memory)
    if document is None:
        with hearing(source, engine, options, reporter, memory=memory) as heard:
            document = feel(heard, engine, reporter, memory=memory)
    if options.slice is None:
        return document
    return cut_document(document, sentence_bounds(document, options.slice))


def memory_for(source: Path, engine: Engine, options: HearOptions) -> FolderMemory:
    """Where hearing leaves what it finds: the same sound, words, settings and models find it again.

    Raises:
        MediaError: The file cannot be used.
        TranscriptError: A transcript beside it cannot be read.
        UsageError: A result would replace the transcript.
        MissingError: A model is not installed.
    """
    from sentigram.media.probe import probe

    parts = engine.model.parts
    info = probe(source, audio_stream=options.audio_stream)
    given = find_transcript(info, options, warn=lambda _text: None)  # `listen` says it
    chosen = (*engine.transcriber_options, *engine.model_options)
    files = [value for _, value in chosen if isinstance(value, Path)]
    if given is not None:
        check_apart(given.path, options.results)
        files.append(given.path)
    return memory_of(source, (options.key, engine, parts), files=files)


def heard_before(
    source: Path, options: HearOptions, reporter: Reporter, memory: FolderMemory
) -> Document | None:
    """The Document that an earlier run left, None where there is none.

    Args:
        source: The file.
        options: How it is heard; with a slice, the Document may be only for that slice.
        reporter: Is told that it is taken up.
        memory: From `memory_for`.

    Raises:
        UsageError: The slice begins after the end.
    """
    only = None
    document = recall_document(memory, None)
    if document is None and options.slice is not None:
        only = options.slice
        document = recall_document(memory, only)
    if document is None:
        return None
    _check_slice(source, options.slice, document.media.duration_ms)
    note = "takes up what an earlier run heard: nothing is heard again"
    reporter.note(note if only is None else f"{note}; {MAY_DIFFER}")
    memory.use()
    media = replace(document.media, name=source.name)
    if not options.shots:
        media = replace(media, shots_ms=())
    elif not media.shots_ms:
        media = replace(media, shots_ms=_shots(source, options, reporter))
    return replace(document, media=media)


def _shots(source: Path, options: HearOptions, reporter: Reporter) -> tuple[int, ...]:
    from sentigram.media.probe import probe

    info = probe(source, audio_stream=options.audio_stream)
    with work_folder() as work:
        return shots(info, options, reporter, workdir=work)


@contextmanager
def hearing(
    source: Path,
    engine: Engine,
    options: HearOptions,
    reporter: Reporter,
    *,
    memory: FolderMemory | None = None,
) -> Iterator[Heard]:
    """Decode a file and find its words: the first half of `hear`, with its arguments and errors.

    The second half of one file may run beside the first half of the next.
    """
    from sentigram.media.audio import decode
    from sentigram.media.probe import probe

    info = probe(source, audio_stream=options.audio_stream)
    with work_folder() as work:
        with reporter.stage("decode") as progress:
            audio = decode(
                info,
                audio_stream=options.audio_stream,
                workdir=work,
                warn=reporter.warn,
                progress=progress,
            )
        duration_ms = max(info.duration_ms, audio.duration_ms)
        _check_slice(source, options.slice, duration_ms)
        media = DocumentMedia(
            name=source.name,
            duration_ms=duration_ms,
            width_px=info.width_px,
            height_px=info.height_px,
            fps=info.fps,
            shots_ms=shots(info, options, reporter, workdir=work),
        )
        found = listen(info, audio, lambda: engine.transcriber, options, reporter, memory=memory)
        _check_said(source, found.transcript, options.slice)
        only = options.slice if found.is_sample else None
        yield Heard(media, audio, found.transcript, found.parts, only)


def feel(
    heard: Heard, engine: Engine, reporter: Reporter, *, memory: FolderMemory | None = None
) -> Document:
    """Read the emotions of a recording whose words are known: the second half of `hear`.

    The words of a slice are read with those that are spread over the recording, whose voices they
    are compared with. What was read is kept, where there is a memory, until the caller forgets it.
    """
    from sentigram.media.audio import releasing

    model = engine.model
    advice = model.advice(heard.transcript.language)
    if advice:
        reporter.note(advice)
    with reporter.stage("emotions") as progress:
        track = model.read(
            heard.transcript,
            heard.audio,
            progress=releasing(heard.audio, progress),
            memory=memory if memory is not None and heard.only is None else NO_MEMORY,
        )
    document = Document(
        media=heard.media,
        transcript=heard.transcript,
        track=track,
        engine=(*heard.parts, *model.parts),
    )
    if memory is not None:
        try:
            remember_document(memory, document, heard.only)
        except OutputError as error:  # the work is done: what is wanted of it can still be drawn
            reporter.warn(f"what was heard is not kept for the next run: {error}")
    return document


def _check_said(source: Path, transcript: Transcript, span: Span | None) -> None:
    if span is not None and transcript.utterances:
        if not any(word.span.overlap_ms(span) for word in transcript.words()):
            raise nothing_said(source.name, span)
    elif not transcript.utterances:
        message = (
            f"{source}: no speech found, so there is nothing to caption; "
            "if there are words, give them with --transcript FILE"
        )
        raise MediaError(message)


def _check_slice(source: Path, span: Span | None, duration_ms: int) -> None:
    if span is not None and span.start_ms >= duration_ms:
        message = (
            f"--preview: begins at {format_clock(span.start_ms)}, but {source} ends at "
            f"{format_clock(duration_ms)}; choose an earlier stretch"
        )
        raise UsageError(message)


def draw(
    document: Document,
    media: MediaInfo | None,
    paths: Mapping[str, Path],
    options: DrawOptions,
    reporter: Reporter,
    *,
    overwrite: bool,
) -> Document:
    """Write results of a Document, each whole or not at all.

    Args:
        document: The words and readings.
        media: The video or sound; None where only the Document is at hand.
        paths: Kind of result (see `render.kinds.SUFFIXES`) to path.
        options: How it looks.
        reporter: Is told of stages and warnings.
        overwrite: Whether files that exist may be replaced.

    Returns:
        What they show: the Document, or the sentences of the slice.

    Raises:
        InputError: Nothing is said in the slice.
        UsageError: A result needs the media file, which is not at hand, or a clip would be long.
        ThemeError: The theme cannot be used.
        OutputError: A result cannot be written.
    """
    _check_media(document, media, paths, options)
    whole = document
    if options.slice is not None:
        shown = _shown(whole, options.slice, paths, reporter)
        document, options = cut_document(whole, shown), replace(options, slice=shown)
    # The Document comes first: after a kill, everything else can be made from it.
    if "json" in paths:
        write_text(paths["json"], dumps(document), overwrite=overwrite)
    kinds = [kind for kind in paths if kind != "json"]
    if not kinds:
        return document
    job = _job(whole, document, media, options, reporter, kinds=kinds)
    for kind in kinds:
        renderer = _renderer(kind, options)
        with (
            reporter.stage(kind) as progress,
            whole_file(paths[kind], overwrite=overwrite) as part,
        ):
            renderer.render(job, part, progress=progress)
    return document


def _shown(document: Document, asked: Span, kinds: Collection[str], reporter: Reporter) -> Span:
    """The stretch that all results of a slice show; clips among them keep their length."""
    longest_ms = None
    if CLIPS.intersection(kinds):
        from sentigram.media.clips import LONGEST_MS

        longest_ms = LONGEST_MS
    shown = sentence_bounds(document, asked, longest_ms=longest_ms)
    if shown.start_ms < asked.start_ms or shown.end_ms > asked.end_ms:
        reporter.note(
            f"shows {format_tenths(shown.start_ms)}–{format_tenths(shown.end_ms)}, "
            "so that the preview begins and ends with sentences"
        )
    return shown


def check_look(options: DrawOptions, kinds: Collection[str]) -> None:
    """Find out before the work whether results can be drawn.

    Raises:
        UsageError: No such culture or age.
        ThemeError: The theme cannot be used.
        MissingError: A video or clip is wanted and ffmpeg, libass in it, or an encoder is missing.
    """
    from sentigram.style.theme.theme import load

    load(culture=options.culture, age=options.age, profiles=options.profiles, file=options.theme)
    if not NEED_MEDIA.intersection(kinds):
        return
    from sentigram.media.ffmpeg import find_ffmpeg, require_libass

    ffmpeg = find_ffmpeg()
    if "video" in kinds:
        from sentigram.media.commands import encoder_options

        require_libass(ffmpeg)
        encoder_options(ffmpeg, _encoding(options))
    if "mkv" in kinds:
        from sentigram.media.muxing import check_whole

        check_whole(options.slice)
    for kind in CLIPS.intersection(kinds):
        from sentigram.media.clips import ClipOptions, check_encoder, check_length

        ClipOptions(kind="gif", width_px=options.clip_width_px)  # raises for a wrong width
        check_length(kind, options.slice, 0)
        check_encoder(ffmpeg, kind)


def _check_media(
    document: Document,
    media: MediaInfo | None,
    kinds: Collection[str],
    options: DrawOptions,
) -> None:
    """Find out before anything is written whether the media serve what is wanted of them."""
    needing = [kind for kind in kinds if kind in NEED_MEDIA]
    if needing and media is None:
        message = (
            f"{document.media.name}: the video is not beside the Document; put it there, "
            f"or leave {', '.join(needing)} out of --to"
        )
        raise UsageError(message)
    for kind in CLIPS.intersection(kinds):
        from sentigram.media.clips import check_length

        check_length(kind, options.slice, document.media.duration_ms)


def _job(
    whole: Document,
    document: Document,
    media: MediaInfo | None,
    options: DrawOptions,
    reporter: Reporter,
    *,
    kinds: Collection[str],
) -> RenderJob:
    """Style the Document for one look, and for all of them where a page needs them.

    A slice is taken out of the whole when that is styled, so that it looks as it does there.
    """
    from sentigram.style import styling
    from sentigram.style.text import fonts
    from sentigram.style.theme.advice import no_glyph, warnings_of
    from sentigram.style.theme.theme import load

    profiles = _profiles(whole, options)
    theme = load(culture=options.culture, age=options.age, profiles=profiles, file=options.theme)
    has_picture = document.media.width_px > 0
    width_px, height_px = (0, 0) if has_picture else options.canvas
    with reporter.stage("style"):
        track = styling.style(
            whole, theme, width_px=width_px, height_px=height_px, motion=options.motion
        )
        looks: tuple[StyledLook, ...] = ()
        if "html" in kinds:
            looks = styling.looks(
                whole,
                file=options.theme,
                first=(options.culture, options.age),
                profiles=profiles,
                alternatives=styling.NEEDS,
            )
        elif "timeline" in kinds:  # needs the colours of every emotion
            looks = (styling.look(whole, theme),)
        if options.slice is not None:
            track, looks = _excerpt(whole, track, looks, options.slice)
    for warning in warnings_of(theme, document.track.labels.names):
        reporter.warn(warning)
    lacking = fonts.uncovered(track)
    if lacking:
        reporter.warn(no_glyph(lacking))
    return RenderJob(document, track, looks, options.motion, media, options.slice)


def _excerpt(
    whole: Document, track: StyledTrack, looks: Sequence[StyledLook], span: Span
) -> tuple[StyledTrack, tuple[StyledLook, ...]]:
    """What `cut_document` keeps, as it was styled."""
    from sentigram.style.layout.excerpt import cut_looks, cut_track

    places = [i for i, word in enumerate(whole.transcript.words()) if word.span.overlap_ms(span)]
    words = range(places[0], places[-1] + 1)
    return cut_track(track, words, span), cut_looks(looks, words)


def _profiles(document: Document, options: DrawOptions) -> tuple[str, ...]:
    """The profiles that were asked for; upright video keeps to the rules of short videos first."""
    media = document.media
    width_px, height_px = (media.width_px, media.height_px) if media.width_px else options.canvas
    is_upright = height_px > width_px
    return ("shorts", *options.profiles) if is_upright else options.profiles


def _renderer(kind: str, options: DrawOptions) -> Renderer:
    make = registry.factory("renderer", kind)
    made: Renderer
    if kind == "video":
        made = make(
            _encoding(options), audio_stream=options.audio_stream, background=options.background
        )
    elif kind in CLIPS:
        made = make(width_px=options.clip_width_px, background=options.background)
    else:
        made = make()
    return made


def _encoding(options: DrawOptions) -> BurnOptions:
    from sentigram.media.commands import BurnOptions

    return BurnOptions(encoder=options.encoder, crf=options.crf, preset=options.preset)
