"""One source and the results that are wanted of it: planned before the work, then done."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sentigram import registry
from sentigram.core.document import SUFFIX, Document, is_document, read_document
from sentigram.core.media import MediaInfo
from sentigram.core.protocols import Reporter
from sentigram.errors import DocumentError, MediaError, UsageError
from sentigram.files import check_apart, check_folder, check_free, made_folder
from sentigram.jobs.pipeline import (
    DrawOptions,
    Engine,
    Heard,
    check_look,
    draw,
    feel,
    heard_before,
    hearing,
    memory_for,
)
from sentigram.media.probe import find_media
from sentigram.render.kinds import CLIPS, NEED_MEDIA, check_kinds, stem, targets
from sentigram.store.memory import FolderMemory, sweep
from sentigram.words.listening import HearOptions

_PREVIEW = ".preview"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is wanted of every source.

    Attributes:
        kinds: Kinds of result, keys of `render.kinds.SUFFIXES`.
        out: Folder for the results, None for beside each source.
        overwrite: Whether results that exist may be replaced.
        hear: How a media file becomes a Document.
        draw: How a Document looks.
        engine: The models, shared by all sources.
    """

    kinds: tuple[str, ...]
    out: Path | None
    overwrite: bool
    hear: HearOptions
    draw: DrawOptions
    engine: Engine


@dataclass(frozen=True, slots=True)
class Job:
    """A source, and the path of each kind of result; a Document is never its own result."""

    source: Path
    paths: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a job.

    Attributes:
        source: The source.
        paths: The files that were written, by kind.
        document: What they show.
        seconds: How long it took.
    """

    source: Path
    paths: Mapping[str, Path]
    document: Document
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """A summary for scripts."""
        emotions = Counter(reading.name for reading in self.document.track.readings)
        return {
            "source": str(self.source),
            "outputs": {kind: str(path) for kind, path in self.paths.items()},
            "duration_ms": self.document.media.duration_ms,
            "language": self.document.transcript.language,
            "words": len(self.document.track.readings),
            "emotions": dict(emotions.most_common()),
            "seconds": round(self.seconds, 2),
        }


def check(settings: Settings) -> None:
    """Find every fault in the settings before any source is looked at.

    Raises:
        UsageError: An unknown kind of result, culture, age or transcriber.
        ThemeError: The theme cannot be used.
        OutputError: The folder for results cannot be made or written to.
        MissingError: A video is wanted and its tools are missing.
    """
    check_kinds(settings.kinds)
    registry.check("transcriber", settings.engine.transcriber_name)
    check_look(settings.draw, settings.kinds)
    if settings.out is not None:
        check_folder(settings.out, may_make=True)


def plan(
    sources: Sequence[Path], settings: Settings, *, is_checked: bool = False
) -> tuple[Job, ...]:
    """Find every fault that can be found before the work.

    Args:
        sources: Media files and Documents.
        settings: What is wanted.
        is_checked: Leave out what `check` does, and do not mind results that are there.

    Raises:
        MediaError: A source is not there or is a folder.
        UsageError: Two sources would write the same file, or nothing is left to write.
        OutputError: A result is in the way, or its folder cannot be written to.
        SentigramError: See `check`.
    """
    if not is_checked:
        check(settings)
    if settings.hear.transcript is not None and len(sources) > 1:
        message = "--transcript belongs to one source; render the others apart"
        raise UsageError(message)
    jobs = tuple(_job(source, settings) for source in sources)
    owners: dict[Path, Job] = {}
    for job in jobs:
        for path in job.paths.values():
            owner = owners.setdefault(path.absolute(), job)
            if owner is not job:
                message = (
                    f"{owner.source} and {job.source} would both become {path}; "
                    "rename one, or render them apart with different --out"
                )
                raise UsageError(message)
    for job in jobs:
        paths = tuple(job.paths.values())
        if settings.hear.transcript is not None:
            check_apart(settings.hear.transcript, paths)
        if not is_checked:
            check_free(
                paths,
                overwrite=settings.overwrite,
                may_make=settings.out is not None,
                hint=_restyling(job.source),
            )
    return jobs


def _restyling(source: Path) -> str:
    """How to change only the look of what was heard before."""
    document = source.with_name(f"{stem(source)}{SUFFIX}")
    if is_document(source) or not document.is_file():
        return ""
    return f"; to change only how it looks: sentigram render {document.name} --overwrite"


@dataclass(frozen=True, slots=True)
class Begun:
    """A job whose words are known.

    Attributes:
        job: From `plan`.
        paths: The files that are still to be made, by kind.
        known: The Document, or the recording whose emotions are not read yet.
        memory: What its stages leave, None for a Document.
        seconds: How long it took so far.
    """

    job: Job
    paths: Mapping[str, Path]
    known: Document | Heard
    memory: FolderMemory | None
    seconds: float


def work(job: Job, settings: Settings, reporter: Reporter, *, resume: bool = False) -> Made:
    """Do a job: `begin` and `finish`.

    Args:
        job: From `plan`.
        settings: The same as for `plan`.
        reporter: Is told what goes on.
        resume: Keep results that exist, and take the Document among them as done.
    """
    with ExitStack() as stack:
        begun = begin(job, settings, reporter, stack, resume=resume)
        return finish(begun, settings, reporter)


def begin(
    job: Job, settings: Settings, reporter: Reporter, stack: ExitStack, *, resume: bool = False
) -> Begun:
    """Find the words of a job, or its Document.

    Args:
        job: From `plan`.
        settings: The same as for `plan`.
        reporter: Is told what goes on.
        stack: Holds the decoded sound; closed after `finish`.
        resume: Keep results that exist, and take the Document among them as done.
    """
    started = time.perf_counter()
    paths = {k: p for k, p in job.paths.items() if not (resume and p.exists())}
    saved = job.paths.get("json")
    memory = None
    known: Document | Heard
    if is_document(job.source):
        known = read_document(job.source)
        if settings.hear.shots:
            reporter.warn(
                f"--shots: {job.source} keeps the shots that it has; "
                "to look for them, render the video itself"
            )
    elif resume and saved is not None and "json" not in paths:
        known = _resumed(saved, job.source)
    else:
        _check_clips(job.source, paths, settings)
        sweep()
        options = replace(settings.hear, results=tuple(paths.values()))
        # Asks the models for their names: missing weights must not show after minutes of work.
        memory = memory_for(job.source, settings.engine, options)
        before = heard_before(job.source, options, reporter, memory)
        known = before or stack.enter_context(
            hearing(job.source, settings.engine, options, reporter, memory=memory)
        )
    return Begun(job, paths, known, memory, time.perf_counter() - started)


def finish(begun: Begun, settings: Settings, reporter: Reporter) -> Made:
    """Read the emotions of a job that was begun, and draw its results.

    What was heard is forgotten after a whole render, and kept after a preview, for the next run.
    """
    started = time.perf_counter()
    job, document, paths = begun.job, begun.known, begun.paths
    if isinstance(document, Heard):
        document = feel(document, settings.engine, reporter, memory=begun.memory)
    if is_document(job.source):
        media = _media_beside(
            job.source, document, reporter, is_needed=not NEED_MEDIA.isdisjoint(paths)
        )
    else:
        from sentigram.media.probe import probe

        media = probe(job.source, audio_stream=settings.hear.audio_stream)
    with nullcontext() if settings.out is None else made_folder(settings.out):
        shown = draw(document, media, paths, settings.draw, reporter, overwrite=settings.overwrite)
    if begun.memory is not None and settings.hear.slice is None:
        begun.memory.forget()
    seconds = begun.seconds + time.perf_counter() - started
    return Made(job.source, paths, shown, seconds)


def _check_clips(source: Path, kinds: Collection[str], settings: Settings) -> None:
    """Refuse clips of a long film before it is listened to."""
    clips = CLIPS.intersection(kinds)
    if not clips:
        return
    from sentigram.media.clips import check_length
    from sentigram.media.probe import probe

    info = probe(source, audio_stream=settings.hear.audio_stream)
    for kind in sorted(clips):
        check_length(kind, settings.draw.slice, info.duration_ms)


def _media_beside(
    path: Path, document: Document, reporter: Reporter, *, is_needed: bool
) -> MediaInfo | None:
    """The media file of a Document; only what shows it needs it whole."""
    try:
        return find_media(path, document)
    except MediaError as error:
        if is_needed:
            raise
        reporter.warn(f"{error}; the Document is drawn without it")
        return None


def _resumed(path: Path, source: Path) -> Document:
    """The Document that an earlier run saved."""
    document = read_document(path)
    if document.media.name != source.name:
        message = (
            f"{path}: is the Document of {document.media.name}, not of {source.name}; "
            "rename one of the two files, or remove the Document"
        )
        raise DocumentError(message)
    return document


def _job(source: Path, settings: Settings) -> Job:
    try:
        exists = source.exists()
    except OSError as error:
        message = f"{source!s:.200}: cannot be read ({error.strerror or error})"
        raise MediaError(message) from error
    if not exists:
        message = f"{source}: no such file"
        raise (DocumentError if is_document(source) else MediaError)(message)
    if source.is_dir():
        message = f"{source}: is a folder; for many files use: sentigram batch FOLDER"
        raise MediaError(message)
    if is_document(source) and settings.hear.transcript is not None:
        message = f"--transcript: {source} has its words already; give it with the video instead"
        raise UsageError(message)
    kinds = settings.kinds
    infix = "" if settings.draw.slice is None else _PREVIEW
    if is_document(source) and settings.out is None and not infix:
        kinds = tuple(kind for kind in kinds if kind != "json")  # it is there already: the source
        if settings.kinds and not kinds:
            message = f"{source}: is a Document already; ask for another kind with --to"
            raise UsageError(message)
    return Job(source, targets(source, kinds, folder=settings.out, infix=infix))
