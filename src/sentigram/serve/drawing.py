"""Short work on a job's Document, in a process of its own: restyling, and checking."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sentigram.errors import InputError
from sentigram.serve.job_folder import Job
from sentigram.serve.limits import Limits
from sentigram.serve.process import Process

SECONDS = 60.0
"""Longest time that restyling or checking may take; what is made from the picture is queued."""


class DrawingFailed(InputError):
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
    limits = Limits() if limits is None else limits
    process = Process(job, limits, emotions=False, free_bytes=lambda: limits.disk_bytes)
    ask = process.draw if task == "draw" else process.check
    ended = await ask(options, seconds=SECONDS)
    if ended.error:
        raise DrawingFailed(ended.error)
    return ended.answer or {}
