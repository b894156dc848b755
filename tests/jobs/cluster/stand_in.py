"""An engine that any process can have: it hears at once, and fails as a folder of files tells it.

`kill`, `memory` and `fault` are each taken by the first worker that finds them, in mid-file: it is
ended by the system, wants memory, or meets a fault of the program. With `hold` a worker waits until
that is gone. What was heard is written down beside them, a line each.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sentigram.core.media import Audio
from sentigram.core.protocols import (
    EmotionModel,
    Note,
    Progress,
    Recognized,
    Transcriber,
    no_note,
    no_progress,
    not_told,
)
from sentigram.core.transcript import Transcript
from sentigram.jobs.engine import Engine
from tests.fakes import FakeModel, FakeTranscriber

HEARD = "heard"
_PATIENCE_S = 60


class ToldTranscriber(FakeTranscriber):
    """Hears what the fake one hears, and does what a folder tells.

    Args:
        folder: It.
        halvings: Of the batch.
    """

    def __init__(self, folder: Path, halvings: int) -> None:
        self._folder, self._halvings = folder, halvings

    def transcribe(
        self,
        audio: Audio,
        *,
        language: str | None = None,
        progress: Progress = no_progress,
        note: Note = no_note,
        warn: Note = no_note,
        recognized: Recognized = not_told,
    ) -> Transcript:
        told = f"{audio.duration_ms} {self._halvings} {os.getpid()} {_node()}\n"
        with (self._folder / HEARD).open("a") as file:
            file.write(told)
        if self._is_told("kill"):
            os.kill(os.getpid(), signal.SIGKILL)
        if self._is_told("memory"):
            raise MemoryError
        if self._is_told("fault"):
            raise ZeroDivisionError
        until = time.monotonic() + _PATIENCE_S
        while (self._folder / "hold").exists() and time.monotonic() < until:
            time.sleep(0.02)
        return super().transcribe(
            audio,
            language=language,
            progress=progress,
            note=note,
            warn=warn,
            recognized=recognized,
        )

    def _is_told(self, name: str) -> bool:
        try:
            (self._folder / name).unlink()
        except FileNotFoundError:
            return False
        return True


@dataclass(frozen=True)
class StandIn(Engine):
    """The engine.

    Attributes:
        folder: That tells it what to do.
    """

    folder: str = field(default="", repr=False)

    @cached_property
    def transcriber(self) -> Transcriber:
        return ToldTranscriber(Path(self.folder), self.halvings)

    @cached_property
    def model(self) -> EmotionModel:
        return FakeModel()


def heard(folder: Path) -> list[list[str]]:
    """What was heard: length in ms, halvings, process and node of each."""
    path = folder / HEARD
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def _node() -> str:
    """The node of Ray that this is on, as its processes know it."""
    return os.environ.get("SENTIGRAM_TEST_NODE", "here")
