"""How far the batches of an archive at a URL are: only versions of objects are compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sentigram.core.protocols import SilentReporter
from sentigram.jobs.cluster.archive import Archive
from sentigram.jobs.cluster.at_url import read_objects
from sentigram.jobs.cluster.places import Place
from sentigram.jobs.job import Settings
from sentigram.jobs.status import How, SourceStatus


def status_at_url(folder: Path, out: Path | None = None) -> Iterator[SourceStatus]:
    """Say of each recording how far it is, where it or its results are at a URL.

    Who is at work on an object cannot be known: there is no `working` here.

    Args:
        folder: Of the recordings, or its URL.
        out: Where their results are, or its URL; beside them if not given.

    Raises:
        SentigramError: A place cannot be reached.
    """
    archive = Archive(folder, replace(Settings(), out=out), SilentReporter())
    for name, state in archive.look().items():
        how, detail = _how(name, state, archive.results)
        yield SourceStatus(archive.source.shown(name), how, detail)


def _how(name: str, state: str, results: Place) -> tuple[How, str]:
    known = read_objects(results, name)
    if known is None:
        return "to do", ""
    if known.source != state:
        return "changed", "the recording changed"
    if known.error:
        return "failed", known.error
    for result, was in known.results.items():
        now = results.state(result)
        if now != was:
            short = result.rpartition("/")[2]
            return "changed", f"{short} {'changed' if now else 'is gone'}"
    return "done", ""
