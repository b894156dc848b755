"""Does a job in two halves: finds its words; reads their emotions and draws its results.

The second half of one job may run beside the first half of the next: see `jobs.prefetch`.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sentigram.core.document import Document, is_document, read_document
from sentigram.core.media import MediaInfo
from sentigram.core.protocols import Reporter
from sentigram.core.time import format_clock
from sentigram.errors import DocumentError, MediaError
from sentigram.files import made_folder, work_folder
from sentigram.jobs.corrected import preview_line, with_corrections
from sentigram.jobs.draw import check_drawable, draw, needs_media
from sentigram.jobs.hear import (
    NOT_READ,
    Heard,
    hear_words,
    heard_before,
    memory_for,
    named,
    read_emotions,
    repeat_told,
)
from sentigram.jobs.job import Job, Settings
from sentigram.jobs.keeper import keeper_of
from sentigram.jobs.stamps import Stamp, changed_line, stamp_of
from sentigram.jobs.up_to_date import ToDo, everything
from sentigram.media.audio import decode
from sentigram.media.probe import find_media, probe
from sentigram.store.memory import FolderMemory, sweep
from sentigram.words.missed import missed_line

_SAME_LENGTH_MS = 150  # by which copies of a recording in other containers differ in length


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

    @property
    def concerns(self) -> tuple[str, ...]:
        """What `strict` minds: speech without words, and warnings about the sound or the words."""
        return concerns(self.document)

    def as_json(self) -> dict[str, Any]:
        """A summary for scripts."""
        unread = self.document.unread
        readings = enumerate(self.document.track.readings)
        emotions = Counter(reading.name for place, reading in readings if place not in unread)
        return {
            "source": str(self.source),
            "outputs": {kind: str(path) for kind, path in self.paths.items()},
            "duration_ms": self.document.media.duration_ms,
            "language": self.document.transcript.language,
            "words": len(self.document.track.readings),
            "emotions": dict(emotions.most_common()),
            "missed": [[span.start_ms, span.end_ms] for span in self.document.missed],
            "notes": list(self.document.notes),
            "seconds": round(self.seconds, 2),
        }


def concerns(document: Document) -> tuple[str, ...]:
    """What is to be looked at before captions of a Document are used, a line each."""
    missed = missed_line(document.missed)
    notes = (note for note in document.notes if note != NOT_READ)  # that was wanted
    return (*((missed,) if missed else ()), *notes)


@dataclass(frozen=True, slots=True)
class HeardJob:
    """A job whose words are known.

    Attributes:
        job: From `plan`.
        to_do: What is to be made of it.
        media: The picture and sound, as far as they are at hand.
        known: The Document, or the recording whose emotions are not read yet.
        memory: What its stages leave, None for a Document.
        seconds: How long it took so far.
        stamp: Of the recording when it began to be heard, None for a Document.
    """

    job: Job
    to_do: ToDo
    media: MediaInfo | None
    known: Document | Heard
    memory: FolderMemory | None
    seconds: float
    stamp: Stamp | None = None


def hear_job(
    job: Job, reporter: Reporter, stack: ExitStack, *, to_do: ToDo | None = None
) -> HeardJob:
    """Find the words of a job, or its Document.

    Args:
        job: From `plan`.
        reporter: Is told what goes on.
        stack: Holds the decoded sound; closed after `draw_job`.
        to_do: What is left to be made of it; all of it if not given.
    """
    started = time.perf_counter()
    to_do = everything(job) if to_do is None else to_do
    paths = to_do.paths
    if to_do.note:
        reporter.note(to_do.note)
    memory = stamp = None
    known: Document | Heard
    media: MediaInfo | None
    if is_document(job.source):
        known = read_document(job.source)
        media = _media_beside(job, known, reporter, is_needed=needs_media(paths))
    else:
        media = probe(job.source, audio_stream=job.settings.hear.audio_stream)
        stamp = stamp_of(job.source)
        if line := preview_line(job.source, job.record.folder):
            reporter.warn(line)
        if to_do.known is not None:
            known = to_do.known
            _check_same(known, media)
            repeat_told(known, reporter, preview=job.settings.preview)
        else:
            known, memory = _heard(job.settings, media, paths, reporter, stack)
    if isinstance(known, Document) and memory is None:
        known = named(known, job.settings.hear.speaker_names, reporter)
    seconds = time.perf_counter() - started
    return HeardJob(job, to_do, media, known, memory, seconds, stamp)


def _heard(
    settings: Settings,
    media: MediaInfo,
    paths: Mapping[str, Path],
    reporter: Reporter,
    stack: ExitStack,
) -> tuple[Document | Heard, FolderMemory]:
    """What an earlier run heard of a media file, or its words; and where both are kept."""
    look, video, preview = settings.look, settings.video, settings.preview
    check_drawable(paths, look, video, preview=preview, duration_ms=media.duration_ms)
    sweep()
    engine, options, results = settings.engine, settings.hear, tuple(paths.values())
    # Asks the models for their names: missing weights must not show after minutes of work.
    memory = memory_for(media, engine, options, results=results)
    before = heard_before(media, options, reporter, memory, preview=preview)
    if before is not None:
        return before, memory
    words = hear_words(
        media, engine, options, reporter, preview=preview, results=results, memory=memory
    )
    return stack.enter_context(words), memory


def draw_job(heard: HeardJob, reporter: Reporter) -> Made:
    """Read the emotions of a job whose words are known, and draw its results.

    What was heard is forgotten after a whole render, and kept after a preview, for the next run.
    """
    started = time.perf_counter()
    job, settings, document = heard.job, heard.job.settings, heard.known
    paths = heard.to_do.paths
    is_new = not isinstance(document, Document) or heard.memory is not None
    if heard.stamp is not None and (line := changed_line(job.source, heard.stamp)):
        reporter.warn(line)
        if isinstance(document, Heard):
            document = replace(document, notes=(*document.notes, line))
    if isinstance(document, Heard):
        document = read_emotions(
            document, settings.engine, reporter, memory=heard.memory, preview=settings.preview
        )
    if is_new and job.corrected is not None:
        document = with_corrections(job.corrected, document, reporter)
    with nullcontext() if settings.out is None else made_folder(settings.out):
        keeper = keeper_of(job, document, heard.media, is_new=is_new, stamp=heard.stamp)
        shown = draw(
            document,
            heard.media,
            paths,
            reporter,
            look=settings.look,
            video=settings.video,
            preview=settings.preview,
            replaces=heard.to_do.replaces,
            before_placed=keeper.before_placed,
        )
        if line := keeper.finish(shown):
            reporter.warn(line)
    if heard.memory is not None and settings.preview is None:
        heard.memory.forget()
    return Made(job.source, paths, shown, heard.seconds + time.perf_counter() - started)


def _check_same(known: Document, media: MediaInfo) -> None:
    """See that a Document is of this recording, as far as its length tells.

    Raises:
        DocumentError: It is of another one of that name.
    """
    lasts_ms = known.media.duration_ms
    if lasts_ms > media.duration_ms + _SAME_LENGTH_MS and media.audio is not None:
        with work_folder() as work:  # of what says less than there is, the sound was measured
            heard_ms = decode(media, workdir=work).duration_ms
        media = replace(media, duration_ms=max(media.duration_ms, heard_ms))
    if abs(lasts_ms - media.duration_ms) > _SAME_LENGTH_MS:
        message = (
            f"{media.path}: lasts {format_clock(media.duration_ms)}, and the Document of that name "
            f"is of {format_clock(known.media.duration_ms)} of another recording; rename one of "
            "them, or hear anew with `rehear`, which keeps corrections as .bak"
        )
        raise DocumentError(message)


def _media_beside(
    job: Job, document: Document, reporter: Reporter, *, is_needed: bool
) -> MediaInfo | None:
    """The media file of a Document; only what shows it needs it whole."""
    stream = job.settings.hear.audio_stream if is_needed else None
    try:
        return find_media(job.source, document, audio_stream=stream)
    except MediaError as error:
        if is_needed:
            raise
        reporter.warn(f"{error}; the Document is drawn without it")
        return None
