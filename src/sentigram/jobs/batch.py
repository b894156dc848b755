"""A folder of media files: found, planned and worked through; one failure never stops the rest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from sentigram.core.document import Document, read_document
from sentigram.core.protocols import Reporter
from sentigram.errors import DocumentError, InputError, SentigramError
from sentigram.jobs.job import Job, Settings, check, plan
from sentigram.jobs.prefetch import Turn, in_turn
from sentigram.jobs.results import is_own_output
from sentigram.jobs.run import HeardJob, Made, concerns, draw_job, hear_job

_VIDEO = "mp4 m4v mov mkv webm avi wmv flv mpg mpeg ts mts m2ts 3gp ogv"
_SOUND = "mp3 m4a aac wav flac ogg oga opus wma aiff aif"
MEDIA_SUFFIXES = frozenset(f".{name}" for name in f"{_VIDEO} {_SOUND}".split())

Status = Literal["done", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file of a batch.

    Attributes:
        source: The media file.
        status: done now, skipped because all its results were there, or failed.
        made: What was made, None unless done.
        error: Why it failed, "" unless failed.
        kept: The Document of a skipped file, where there is one.
    """

    source: Path
    status: Status
    made: Made | None = None
    error: str = ""
    kept: Document | None = None

    @property
    def concerns(self) -> tuple[str, ...]:
        """Speech without words, and warnings about the sound or the words, as far as is known."""
        document = self.kept if self.made is None else self.made.document
        return () if document is None else concerns(document)

    def as_json(self) -> dict[str, Any]:
        """One entry of the report."""
        detail = {} if self.made is None else self.made.as_json()
        return {
            "source": str(self.source),
            "status": self.status,
            **detail,
            **({"error": self.error} if self.error else {}),
        }


def find_media_files(folder: Path) -> tuple[Path, ...]:
    """Media files in a folder and the folders below it, by name; hidden and own files left out.

    Raises:
        InputError: It is not a folder.
    """
    if not folder.is_dir():
        message = f"{folder}: not a folder; for single files use: sentigram render FILE"
        raise InputError(message)
    return tuple(sorted(_walk(folder)))


def run(
    folder: Path,
    settings: Settings,
    reporter: Reporter,
    *,
    on_start: Callable[[Path, int, int], None] = lambda _source, _number, _total: None,
) -> tuple[Result, ...]:
    """Make the results of every media file in a folder.

    With `settings.out`, the folder's tree is repeated there. What is there already is kept, unless
    `settings.overwrite`; a Document from a killed run is taken up again.

    Raises:
        InputError: It is not a folder.
        SentigramError: The settings are wrong: see `jobs.job.check`.
    """
    sources = find_media_files(folder)
    check(settings)
    owners: dict[Path, Path] = {}
    works = (partial(_hear, source, folder, settings, owners) for source in sources)
    results = []
    for number, (source, turn) in enumerate(zip(sources, in_turn(works, reporter), strict=True)):
        on_start(source, number + 1, len(sources))
        results.append(_draw(source, turn, reporter))
    return tuple(results)


def _hear(
    source: Path,
    folder: Path,
    settings: Settings,
    owners: dict[Path, Path],
    reporter: Reporter,
    stack: ExitStack,
) -> Result | HeardJob:
    """Plan one file and find its words; `owners` remembers which file each result belongs to."""
    if settings.out is not None:
        settings = replace(settings, out=settings.out / source.parent.relative_to(folder))
    resume = not settings.overwrite
    (job,) = plan([source], settings, is_checked=True)
    for path in job.paths.values():
        owner = owners.setdefault(path.absolute(), source)
        if owner != source:
            error = f"{source}: would become {path.name}, as {owner.name} does; rename one"
            return Result(source, "failed", error=error)
    if resume and _is_done(job):
        return Result(source, "skipped", kept=_kept(job))
    return hear_job(job, reporter, stack, resume=resume)


def _draw(source: Path, turn: Turn[Result | HeardJob], reporter: Reporter) -> Result:
    """Do the rest of one file."""
    try:
        heard = turn.result()
        if isinstance(heard, Result):
            return heard
        return Result(source, "done", draw_job(heard, reporter))
    except SentigramError as error:
        return Result(source, "failed", error=str(error))
    except Exception as error:  # noqa: BLE001  (a fault of ours must not stop the rest either)
        return Result(source, "failed", error=f"internal error: {type(error).__name__}: {error}")


def _is_done(job: Job) -> bool:
    return all(path.exists() for path in job.paths.values())


def _kept(job: Job) -> Document | None:
    """The Document among the results of an earlier run."""
    try:
        return read_document(job.paths["json"]) if "json" in job.paths else None
    except DocumentError:  # it was made by somebody else, and is not touched
        return None


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            path = Path(root, name)
            if (
                path.suffix.lower() in MEDIA_SUFFIXES
                and not name.startswith(".")
                and not is_own_output(path)
            ):
                yield path
