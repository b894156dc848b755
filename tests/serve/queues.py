"""Queues for tests: begun and ended, with jobs in them, and processes that misbehave."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from sentigram.serve import process
from sentigram.serve.feed import Event
from sentigram.serve.job_folder import Job, JobFolders, JobRecord
from sentigram.serve.limits import Limits
from sentigram.serve.queue import Queue

EXAMPLE = Path(__file__).parents[2] / "examples" / "talk.mp4"
PATIENCE_S = 120.0

# A job's process as it is, but for what it does once it is kept apart; and it says who it is.
_INSTEAD = """
import os, subprocess, sys, time
from pathlib import Path
from sentigram.serve import child

def instead(spec, teller):
{body}

child.TASKS = {{**child.TASKS, "hear": instead, "measure": lambda spec, teller: {{}}}}
sys.exit(child.main())
"""


def misbehaving(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Let jobs do something else: lines of Python, which may use `spec` and `teller`."""
    indented = "\n".join(f"    {line}" for line in body.strip().splitlines())
    monkeypatch.setattr(process, "PROGRAM", ("-c", _INSTEAD.format(body=indented)))


@asynccontextmanager
async def running(
    folders: JobFolders,
    limits: Limits | None = None,
    *,
    emotions: bool = True,
    engine: Mapping[str, str] | None = None,
) -> AsyncIterator[Queue]:
    queue = Queue(folders, limits or Limits(), emotions=emotions, engine=engine)
    await queue.start()
    try:
        yield queue
    finally:
        await queue.stop()


def job_of(folders: JobFolders, recording: Path, owner: str = "ann", **options: str) -> Job:
    """A job whose upload is whole, as one that waited when a server ended."""
    job = folders.create(owner, f"My {recording.name}", {"to": "srt", **options})
    shutil.copy(recording, job.source(recording.suffix))
    job.update(state="queued")
    return job


async def to_its_end(queue: Queue, job: Job) -> list[Event]:
    """All that a job tells."""
    async with asyncio.timeout(PATIENCE_S):
        return [event async for event in queue.feed(job.id).events()]


async def until(queue: Queue, job: Job, name: str) -> Event:
    """The first event of a name."""
    async with asyncio.timeout(PATIENCE_S):
        async for event in queue.feed(job.id).events():
            if event.name == name:
                return event
    raise AssertionError(name)


def ended(folders: JobFolders, job: Job, limits: Limits | None = None) -> JobRecord:
    """What became of one job alone."""

    async def work() -> JobRecord:
        async with running(folders, limits) as queue:
            await queue.submit(job.id)
            await to_its_end(queue, job)
            return job.record

    return at_once(work())


async def it_is(so: Callable[[], bool]) -> None:
    """Wait for something that nobody tells of."""
    async with asyncio.timeout(PATIENCE_S):
        while not so():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def at_once(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)
