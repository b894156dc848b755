"""What a worker is given and gives back: values, so that any process anywhere can have them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from sentigram.jobs.batch import SOUND_SUFFIXES
from sentigram.jobs.entry import Entry
from sentigram.jobs.faults import Fault
from sentigram.jobs.job import Settings
from sentigram.jobs.one_source import Again

# Bytes of a second, as recordings usually have them: sizes tell which of two takes longer only
# where both are of a kind.
_BYTES_A_SECOND = {".wav": 176_400, ".aiff": 176_400, ".aif": 176_400, ".flac": 90_000}
_SOUND_BYTES_A_SECOND, _VIDEO_BYTES_A_SECOND = 16_000, 400_000


@dataclass(frozen=True, slots=True)
class Share:
    """What one worker has of its machine.

    Attributes:
        cores: Processor cores.
        gpus: GPUs, or a part of one.
    """

    cores: float = 1.0
    gpus: float = 0.0


@dataclass(frozen=True, slots=True)
class Order:
    """What a run wants: the same for each worker.

    Attributes:
        folder: Of the recordings, or its URL.
        out: Of the results, or its URL; "" for beside the recordings.
        settings: What is wanted of each; with an engine that has loaded nothing.
        again: What is looked at again.
        cwd: Where relative paths begin.
        share: What each worker has of its machine; None for all of it.
    """

    folder: str
    out: str
    settings: Settings
    again: Again
    cwd: str = ""
    share: Share | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """One recording of an archive.

    Attributes:
        name: Its path below the folder, with `/`.
        n_bytes: Its size.
        beside: Of an object, other objects beside it that are brought with it.
        results: Of results at another URL, those that are brought.
        twin: The name of a recording with the same content that is done, "" for none.
        halvings: How many times Whisper's batch is halved.
        waits: Wait for another batch that is at it.
    """

    name: str
    n_bytes: int
    beside: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    twin: str = ""
    halvings: int = 0
    waits: bool = False

    @property
    def weight(self) -> float:
        """How long it seems to last, in seconds: nothing is opened to know it."""
        suffix = PurePosixPath(self.name).suffix.lower()
        usual = _SOUND_BYTES_A_SECOND if suffix in SOUND_SUFFIXES else _VIDEO_BYTES_A_SECOND
        return self.n_bytes / _BYTES_A_SECOND.get(suffix, usual)


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a worker says when it is there.

    Attributes:
        choice: Version and parts of its engine: the same on all workers, or results would differ.
        line: Which engine it is and why, for people.
        error: Why it cannot work, "" where it can.
        kind: Which of `sentigram.errors` that is.
        fault: Whose fault it is.
    """

    choice: str = ""
    line: str = ""
    error: str = ""
    kind: str = ""
    fault: Fault = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a unit.

    Attributes:
        entry: What the report says of it; None where another batch is at it.
        fault: Whose fault it is that it failed, "" unless it did.
        warnings: What was warned of.
        seconds: How long the worker was at it.
    """

    entry: Entry | None
    fault: Fault = ""
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
