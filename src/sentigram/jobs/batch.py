"""A folder of media files: found, planned and worked through; one failure never stops the rest.

Several batches may work on one folder: each source is claimed by one of them, and what another has
made meanwhile counts as done.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path, PurePath

from sentigram.core.protocols import Reporter
from sentigram.errors import InputError
from sentigram.jobs.job import Settings, check
from sentigram.jobs.one_source import (
    AS_USUAL,
    Again,
    Busy,
    Result,
    Wanted,
    clashes,
    draw_source,
    hear_source,
)
from sentigram.jobs.prefetch import in_turn
from sentigram.jobs.results import is_own_output
from sentigram.jobs.run import HeardJob

_VIDEO = "mp4 m4v mov mkv webm avi wmv flv mpg mpeg ts mts m2ts 3gp ogv"
_SOUND = "mp3 m4a aac wav flac ogg oga opus wma aiff aif"
SOUND_SUFFIXES = frozenset(f".{name}" for name in _SOUND.split())
MEDIA_SUFFIXES = SOUND_SUFFIXES | {f".{name}" for name in _VIDEO.split()}


def find_media_files(folder: Path) -> tuple[Path, ...]:
    """Media files in a folder and the folders below it, by name; hidden and own files left out.

    Raises:
        InputError: It is not a folder.
    """
    if not folder.is_dir():
        message = f"{folder}: not a folder; for single files use: sentigram render FILE"
        raise InputError(message)
    return tuple(sorted(_walk(folder)))


def is_recording(path: PurePath) -> bool:
    """Whether a path is named as a recording is, and neither it nor a folder of it is hidden."""
    return (
        path.suffix.lower() in MEDIA_SUFFIXES
        and not any(part.startswith(".") for part in path.parts)
        and not is_own_output(path)
    )


def run(
    folder: Path,
    settings: Settings,
    reporter: Reporter,
    *,
    again: Again = AS_USUAL,
    only: Callable[[Sequence[Path]], Sequence[Path]] = lambda sources: sources,
    on_start: Callable[[Path, int, int], None] = lambda _source, _number, _total: None,
) -> tuple[Result, ...]:
    """Make the results of every media file in a folder.

    With `settings.out`, the folder's tree is repeated there. What is up to date is left as it is,
    and what is not is made again: from its Document, where only its look changed or a person
    corrected it. A record beside the results knows which is which.

    Args:
        folder: Of the recordings.
        settings: What is wanted of each.
        reporter: Is told what goes on.
        again: What is looked at again of what an earlier batch did.
        only: Chooses some of all that are there.
        on_start: Is told which is next, its number, and how many there are.

    Raises:
        InputError: It is not a folder.
        SentigramError: The settings are wrong: see `jobs.job.check`.
    """
    found = find_media_files(folder)
    check(settings)
    wanted = Wanted(folder, settings, again)
    taken = clashes(wanted, found)
    sources = only(found)
    results: dict[Path, Result] = {}
    numbers = {source: number + 1 for number, source in enumerate(sources)}

    def hear(
        source: Path, told: Reporter, stack: ExitStack, *, waits: bool
    ) -> Result | HeardJob | Busy:
        if source in taken:
            return Result(source, "failed", error=f"{source}: {taken[source]}", fault="file")
        return hear_source(source, wanted, told, stack, waits=waits)

    left = sources
    for waits in (False, True):
        works = (partial(hear, source, waits=waits) for source in left)
        busy = []
        for source, turn in zip(left, in_turn(works, reporter), strict=True):
            on_start(source, numbers[source], len(sources))
            result = draw_source(source, turn.result, reporter)
            if isinstance(result, Busy):
                reporter.note("another batch is at it; what it makes is looked at in the end")
                busy.append(source)
            else:
                results[source] = result
        left = tuple(busy)
    return tuple(results[source] for source in sources)


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(root, name) for name in files if is_recording(PurePath(name)))
