"""One source and the results that are wanted of it: planned before the work, then done."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentigram.core.document import Document
from sentigram.core.protocols import Reporter
from sentigram.errors import DocumentError, MediaError, UsageError
from sentigram.listening import HearOptions
from sentigram.outputs import check_free, is_document, make_folder, targets
from sentigram.pipeline import (
    DrawOptions,
    Engine,
    draw,
    find_media,
    hear,
    read_document,
)

_PREVIEW = ".preview"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is wanted of every source.

    Attributes:
        kinds: Kinds of result, keys of `outputs.SUFFIXES`.
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
        emotions = Counter(reading.label for reading in self.document.track.readings)
        return {
            "source": str(self.source),
            "outputs": {kind: str(path) for kind, path in self.paths.items()},
            "duration_ms": self.document.media.duration_ms,
            "language": self.document.transcript.language,
            "words": len(self.document.track.readings),
            "emotions": dict(emotions.most_common()),
            "seconds": round(self.seconds, 2),
        }


def plan(sources: Sequence[Path], settings: Settings, *, check: bool = True) -> tuple[Job, ...]:
    """Find every fault that can be found before the work.

    Args:
        sources: Media files and Documents.
        settings: What is wanted.
        check: Also check that the results can be written.

    Raises:
        MediaError: A source is not there or is a folder.
        UsageError: Two sources would write the same file, or nothing is left to write.
        OutputError: A result is in the way, or its folder cannot be written to.
    """
    if settings.hear.transcript is not None and len(sources) > 1:
        message = "--transcript belongs to one source; render the others apart"
        raise UsageError(message)
    jobs = tuple(_job(source, settings) for source in sources)
    owners: dict[Path, Path] = {}
    for job in jobs:
        for path in job.paths.values():
            owner = owners.setdefault(path.absolute(), job.source)
            if owner is not job.source:
                message = (
                    f"{owner} and {job.source} would both become {path}; "
                    "rename one, or render them apart with different --out"
                )
                raise UsageError(message)
    if settings.out is not None:
        make_folder(settings.out)
    if check:
        for job in jobs:
            check_free(tuple(job.paths.values()), overwrite=settings.overwrite)
    return jobs


def work(job: Job, settings: Settings, reporter: Reporter, *, resume: bool = False) -> Made:
    """Do a job.

    Args:
        job: From `plan`.
        settings: The same as for `plan`.
        reporter: Is told what goes on.
        resume: Keep results that exist, and take the Document among them as done.
    """
    started = time.perf_counter()
    paths = {k: p for k, p in job.paths.items() if not (resume and p.exists())}
    saved = job.paths.get("json")
    if is_document(job.source):
        document = read_document(job.source)
        media = find_media(job.source, document)
    else:
        from sentigram.media.probe import probe  # noqa: PLC0415

        if resume and saved is not None and "json" not in paths:
            document = read_document(saved)
        else:
            document = hear(job.source, settings.engine, settings.hear, reporter)
        media = probe(job.source, audio_stream=settings.hear.audio_stream)
    draw(document, media, paths, settings.draw, reporter, overwrite=settings.overwrite)
    return Made(job.source, paths, document, time.perf_counter() - started)


def _job(source: Path, settings: Settings) -> Job:
    if not source.exists():
        message = f"{source}: no such file"
        raise (DocumentError if is_document(source) else MediaError)(message)
    if source.is_dir():
        message = f"{source}: is a folder; for many files use: sentigram batch FOLDER"
        raise MediaError(message)
    kinds = settings.kinds
    infix = "" if settings.draw.slice is None else _PREVIEW
    if is_document(source) and settings.out is None and not infix:
        kinds = tuple(kind for kind in kinds if kind != "json")  # it is there already: the source
        if settings.kinds and not kinds:
            message = f"{source}: is a Document already; ask for another kind with --to"
            raise UsageError(message)
    return Job(source, targets(source, kinds, folder=settings.out, infix=infix))
