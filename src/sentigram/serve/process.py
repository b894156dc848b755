"""Starts a job's process, listens to it, and ends it with all that it started.

The process gets what it is to do on its standard input, and tells what happens on its standard
output, a line of JSON each. What it says on its standard error is for whoever runs the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentigram.core.time import MS_PER_MINUTE
from sentigram.serve.isolation import available
from sentigram.serve.job_folder import HEARD, WORK, Job
from sentigram.serve.limits import Limits

Hear = Callable[[str, Mapping[str, Any]], None]
"""Called with the name and the data of an event."""

PROGRAM: tuple[str, ...] = ("-P", "-m", "sentigram.serve.child")
"""What Python is told to run."""

NAMES = frozenset(
    {"length", "stage", "note", "recognized", "words", "readings"}
)  # that a queue passes on
_LONGEST_LINE = 4_000_000  # of what the process tells: two hundred readings take some 60,000
_MOST_TOLD_BYTES = 32_000_000  # in all: two hours of speech take some seven
_SHOWN_LINES = 20  # of what it says to whoever runs the server
_MEASURE_S = 30.0
_WATCH_EVERY_S = 1.0
# What a process needs of the environment; the server's token and other secrets are not among it.
_KEPT = (
    "LANG", "LC_ALL", "PATH", "PYTHONPATH", "VIRTUAL_ENV", "SYSTEMROOT",
    "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH",
    "SENTIGRAM_FFMPEG", "SENTIGRAM_MODELS",
)  # fmt: skip

_TOO_LONG = "it took longer than the {:g} minutes that a job may take here"
_TOO_MUCH_DISK = "it took more disk than there is for jobs here"
_KILLED = "it was ended by the system: it took more memory or time than a job may take here"
_FAULT = "something went wrong here; whoever runs the server sees what"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended.

    Attributes:
        error: Why it failed, fit for visitors; "" where all went well.
        detail: The same for whoever runs the server.
        answer: What it made, as it says.
    """

    error: str = ""
    detail: str = ""
    answer: Mapping[str, Any] | None = None


class Process:
    """One process of a job.

    Args:
        job: Whose folder it works in; it sees the paths of no other.
        limits: What it may take.
        emotions: Whether it may read emotions.
        free_bytes: Tells how much disk is left.
        engine: What the operator chose of `endpoints.OF_SERVER`, as texts.
    """

    def __init__(
        self,
        job: Job,
        limits: Limits,
        *,
        emotions: bool,
        free_bytes: Callable[[], int],
        engine: Mapping[str, str] | None = None,
    ) -> None:
        self._job, self._limits, self._emotions = job, limits, emotions
        self._free_bytes, self._engine = free_bytes, engine or {}
        self._process: asyncio.subprocess.Process | None = None
        self._started = time.monotonic()
        self._why = ""
        self._is_unwanted = False

    @property
    def elapsed_s(self) -> float:
        """For how long it has been running."""
        return time.monotonic() - self._started

    async def run(self, hear: Hear) -> Ended:
        """Hear the recording, read its emotions and draw what is asked for."""
        return await self._ask("hear", self._limits.job_minutes * 60, hear)

    async def measure(self, hear: Hear) -> Ended:
        """Find out how long the recording is, and whether it can be heard at all."""
        return await self._ask("measure", _MEASURE_S, hear)

    async def draw(self, options: Mapping[str, str], *, seconds: float) -> Ended:
        """Draw the job's Document as the options say."""
        return await self._ask("draw", seconds, _nobody, options=options)

    async def page(
        self, options: Mapping[str, str], page: Mapping[str, str], *, seconds: float
    ) -> Ended:
        """Draw the page of the job's Document, for this server."""
        return await self._ask("page", seconds, _nobody, options=options, page=page)

    async def check(self, options: Mapping[str, str], *, seconds: float) -> Ended:
        """Check the job's Document against the guidelines."""
        return await self._ask("check", seconds, _nobody, options=options)

    def kill(self, why: str = "") -> None:
        """End it with all that it started; it has a process group of its own."""
        self._why = self._why or why
        self._is_unwanted = True
        if self._process is not None and self._process.returncode is None:
            if hasattr(os, "killpg"):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _ask(
        self,
        task: str,
        seconds: float,
        hear: Hear,
        *,
        options: Mapping[str, str] | None = None,
        page: Mapping[str, str] | None = None,
    ) -> Ended:
        work = self._job.path / f"{WORK}-{secrets.token_hex(4)}"
        for folder in (work, self._job.files, self._job.path / HEARD):
            folder.mkdir(mode=0o700, exist_ok=True)
        record = self._job.record
        spec = {
            "task": task,
            "folder": str(self._job.path),
            "source": record.source,
            "document": self._job.document_path.name,
            "transcript": record.transcript,
            "options": {**(record.options if options is None else options), **self._engine},
            "emotions": self._emotions,
            "longest_ms": int(self._limits.longest_minutes * MS_PER_MINUTE),
            "memory_bytes": self._limits.memory_mb * 1_000_000,
            "file_bytes": max(1, min(self._free_bytes(), self._limits.disk_bytes)),
            "cpu_seconds": int(seconds * (os.cpu_count() or 1)) + 1,
            "parent": os.getpid(),
            "page": dict(page or {}),
            "ways": await asyncio.to_thread(available),
        }
        self._started = time.monotonic()
        try:
            return await self._talk(spec, work, seconds, hear)
        finally:
            self.kill()
            await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)

    async def _talk(self, spec: Mapping[str, Any], work: Path, seconds: float, hear: Hear) -> Ended:
        process = self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *PROGRAM,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=work,
            env=environment(work),
            start_new_session=True,
            limit=_LONGEST_LINE,
        )
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise AssertionError  # all are pipes
        if self._is_unwanted:  # since it was begun to be started
            self.kill()
        said: deque[str] = deque(maxlen=_SHOWN_LINES)
        listeners = [
            asyncio.create_task(_collect(process.stderr, said)),
            asyncio.create_task(self._watch_disk()),
        ]
        told: dict[str, Any] = {}
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                process.stdin.write(json.dumps(spec).encode())
                await process.stdin.drain()
                process.stdin.close()
            async with asyncio.timeout(seconds):
                await _listen(process.stdout, hear, told)
                await process.wait()
        except TimeoutError:
            self.kill(_TOO_LONG.format(seconds / 60))
        except ValueError as error:  # a line that is too long, or no JSON
            self.kill(_FAULT)
            said.append(str(error))
        finally:
            self.kill()
            await process.wait()
            listeners[1].cancel()
            await asyncio.gather(*listeners, return_exceptions=True)
        return self._ended(process.returncode or 0, told, "\n".join(said))

    def _ended(self, code: int, told: Mapping[str, Any], said: str) -> Ended:
        if self._why:
            return Ended(self._why, said)
        if "failed" in told:
            return Ended(
                str(told["failed"]["error"]), str(told["failed"].get("detail", "")) or said
            )
        if code < 0:
            return Ended(_KILLED, f"signal {-code}\n{said}")
        if code or "done" not in told:
            return Ended(_FAULT, f"exit status {code}\n{said}")
        return Ended(answer=told["done"])

    async def _watch_disk(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            if self._free_bytes() < 0:
                self.kill(_TOO_MUCH_DISK)


def environment(work: Path) -> dict[str, str]:
    """The environment of a job's process: no secret of the server, and no place but its own."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    if "PYTHONPATH" in kept:  # it works in another folder
        places = kept["PYTHONPATH"].split(os.pathsep)
        kept["PYTHONPATH"] = os.pathsep.join(str(Path(place).absolute()) for place in places)
    own = {name: str(work) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    return {
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "HF_HUB_OFFLINE": "1",
        **kept,
        **own,
        "SENTIGRAM_MODELS": kept.get("SENTIGRAM_MODELS", str(_store())),
        "SENTIGRAM_CACHE": str(work.parent / HEARD),
    }


def _store() -> Path:
    from sentigram.store.folder import store_folder

    return store_folder()


async def _listen(stream: asyncio.StreamReader, hear: Hear, told: dict[str, Any]) -> None:
    """Pass on what the process tells, and keep its last word.

    Raises:
        ValueError: It says what nobody understands.
    """
    n_bytes = 0
    while line := await stream.readline():
        n_bytes += len(line)
        if n_bytes > _MOST_TOLD_BYTES:
            message = "it tells too much"
            raise ValueError(message)
        name, data = json.loads(line)
        if name in ("done", "failed"):
            told[name] = data
        elif name in NAMES:
            hear(name, data)


async def _collect(stream: asyncio.StreamReader, said: deque[str]) -> None:
    while piece := await stream.read(65_536):
        said.extend(piece.decode("utf-8", "replace").splitlines())


def _nobody(_name: str, _data: Mapping[str, Any]) -> None:
    """Tell nobody."""
