"""Short work on a job's Document, in a process of its own: restyling, and checking."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sentigram.errors import InputError
from sentigram.serve.job_folder import FILES, Job
from sentigram.serve.limits import Limits
from sentigram.serve.process import Process

_PAGE = ".page-"
SECONDS = 60.0
"""Longest time that restyling or checking may take; what is made from the picture is queued."""


class DrawingFailed(InputError):  # noqa: N818  (said to a visitor as it is)
    """A Document could not be drawn or checked; the message is fit for visitors."""


async def restyle(
    job: Job, options: Mapping[str, str], limits: Limits | None = None
) -> dict[str, Path]:
    """Draw a job's Document anew.

    Args:
        job: With a Document.
        options: By command-line name, as texts: `to`, and those of the look.
        limits: Of the server.

    Returns:
        All results that there are, by kind.

    Raises:
        DrawingFailed: It cannot be drawn so.
    """
    await _ask(job, "draw", options, limits)
    return job.results()


async def draw_page(
    job: Job, options: Mapping[str, str], etag: str, limits: Limits | None = None
) -> Path:
    """Draw the page of a job's Document that saves corrections to this server; it is kept.

    Args:
        job: With a Document.
        options: By command-line name, as texts, of the look.
        etag: Of the Document.
        limits: Of the server.

    Raises:
        DrawingFailed: It cannot be drawn so.
    """
    told = json.dumps([sorted(options.items()), etag])
    name = f"{FILES}/{_PAGE}{hashlib.sha256(told.encode()).hexdigest()[:16]}.html"
    path = job.path / name
    if not job.is_own(path):
        for old in job.files.glob(f"{_PAGE}*.html"):
            old.unlink(missing_ok=True)
        process = _process(job, limits)
        page = {"id": job.id, "etag": etag, "file": name}
        ended = await process.page(options, page, seconds=SECONDS)
        if ended.error or not job.is_own(path):
            raise DrawingFailed(ended.error or "the page cannot be drawn")
    return path


async def check(
    job: Job, options: Mapping[str, str], limits: Limits | None = None
) -> dict[str, Any]:
    """Check a job's Document against the guidelines, as `sentigram check --json` says it.

    Raises:
        DrawingFailed: It cannot be checked.
    """
    return dict(await _ask(job, "check", options, limits))


async def _ask(
    job: Job, task: str, options: Mapping[str, str], limits: Limits | None
) -> Mapping[str, Any]:
    process = _process(job, limits)
    ask = process.draw if task == "draw" else process.check
    ended = await ask(options, seconds=SECONDS)
    if ended.error:
        raise DrawingFailed(ended.error)
    return ended.answer or {}


def _process(job: Job, limits: Limits | None) -> Process:
    allowed = Limits() if limits is None else limits
    return Process(job, allowed, emotions=False, free_bytes=lambda: allowed.disk_bytes)
