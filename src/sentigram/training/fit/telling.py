"""What is told while an experiment trains: lines for people, and an event file for TensorBoard.

A line at most every ten seconds, and one where a network is done; within a long epoch one a
minute. Each says which network of how many, what the epoch came to, examples per second, the most
memory so far, and about how long the rest takes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sentigram.core.protocols import Progress, Reporter
from sentigram.training.fit.epochs import EpochRecord, Watch
from sentigram.training.fit.network import NetworkRun, train_network

if TYPE_CHECKING:
    from accelerate import Accelerator

    from sentigram.training.judge.predictions import Predictions

_BETWEEN_S = 10.0
_WHOLE_RATE = 10  # examples a second; slower ones have a decimal
_WITHIN_EPOCH_S = 60.0
_MINUTE_S, _HOUR_S = 60, 3600
EVENTS = "events.out.tfevents.*"


class Teller:
    """Tells of the networks of one experiment, one after another.

    Args:
        reporter: Told in lines.
        progress: Told the share of all networks that is done.
        n_networks: How many there are, those of earlier sittings included.
        clock: Seconds.
        memory: The most memory so far, in GB; None where nobody knows.
    """

    def __init__(
        self,
        reporter: Reporter,
        progress: Progress,
        n_networks: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        memory: Callable[[], float | None] | None = None,
    ) -> None:
        self._reporter, self._progress, self._n = reporter, progress, n_networks
        self._clock, self._memory = clock, memory or peak_memory_gb
        self._number = 0
        self._spoke = clock()
        self._durations: list[float] = []  # of networks that were trained in this sitting

    def train(self, part: NetworkRun, out: Path, *, accelerator: Accelerator) -> Predictions | None:
        """Train the next network as `train_network` does, and tell of it.

        Args:
            part: What to train.
            out: The run's folder; its event file goes to logs/ in it.
            accelerator: Device, precision, processes.
        """
        logs = out / "logs" / part.system / f"run-{part.run}" / part.fold
        with self.network(part, logs, is_main=accelerator.is_main_process) as watch:
            return train_network(part, out, accelerator=accelerator, watch=watch)

    @contextmanager
    def network(
        self, part: NetworkRun, logs: Path | None = None, *, is_main: bool = True
    ) -> Iterator[_Watch]:
        """Tell of the next network while it is trained.

        Args:
            part: The network.
            logs: The folder of its event file; None writes none.
            is_main: Whether this process tells; of several, one does.
        """
        watch = _Watch(self, part, logs if is_main else None, is_main=is_main)
        try:
            yield watch
        finally:
            watch.close()
        if watch.seconds:
            self._durations.append(watch.seconds)
            self.say(watch, watch.summary, done=1.0)
        self._number += 1
        self._progress(self._number / self._n)

    def say(self, watch: _Watch, text: str, *, done: float, after_s: float = 0.0) -> None:
        """One line.

        Args:
            watch: The network.
            text: What there is to say of it.
            done: Share of this network's epochs, at most.
            after_s: Say nothing where the last line is not so long ago.
        """
        self._progress((self._number + done) / self._n)
        if not watch.is_main or self._clock() - self._spoke < after_s:
            return
        self._spoke = self._clock()
        part = watch.part
        which = f"{self._number + 1}/{self._n} {part.system}, {part.fold}, run {part.run + 1}"
        memory = self._memory()
        shown = "" if memory is None else f"{memory:.1f} GB, "
        left = duration(self._left(watch, done))
        self._reporter.note(f"{which}: {text}, {shown}about {left} left")

    def now(self) -> float:
        """Seconds."""
        return self._clock()

    def _left(self, watch: _Watch, done: float) -> float:
        """Seconds that this network and the others take, if they are as those before."""
        whole = watch.seconds / max(done - watch.before, 1e-9)
        others = self._n - self._number - 1
        each = sum(self._durations) / len(self._durations) if self._durations else whole
        return whole * (1 - done) + others * each


class _Watch(Watch):
    """One network while it is trained."""

    def __init__(
        self, teller: Teller, part: NetworkRun, logs: Path | None, *, is_main: bool
    ) -> None:
        self.part, self.is_main = part, is_main
        self._teller, self._logs = teller, logs
        self._writer: Any = None
        self._began: float | None = None
        self._epoch_began = teller.now()
        self._n_seen, self._trained_s = 0, 0.0
        self.before = 0.0  # share of its epochs that an earlier sitting did
        self._records: list[EpochRecord] = []

    @property
    def seconds(self) -> float:
        """Since it began to learn; 0 for one that was done before."""
        return 0.0 if self._began is None else self._teller.now() - self._began

    def batch(self, epoch: int, share: float, n: int) -> None:
        """A line where the last is a minute ago."""
        if self._began is None:
            self._began = self._epoch_began
        self._n_seen += n
        self._trained_s = self._teller.now() - self._epoch_began
        if share < 1:
            epochs = self.part.training.epochs
            text = f"epoch {epoch + 1}/{epochs}, {share:.0%} of it; {self._rate}"
            done = (epoch + share) / epochs
            self._teller.say(self, text, done=done, after_s=_WITHIN_EPOCH_S)

    def epoch(self, record: EpochRecord) -> None:
        """Into the event file; and a line, for an epoch of this sitting."""
        self._records.append(record)
        if self._logs is not None:
            self._log(self._logs, record)
        if self._n_seen:
            epochs = self.part.training.epochs
            text = (
                f"epoch {record.epoch + 1}/{epochs}, loss {record.loss:.3f}, "
                f"validation loss {record.validation_loss:.3f}, UA {record.validation_ua:.3f}; "
                f"{self._rate}"
            )
            done = (record.epoch + 1) / epochs
            self._teller.say(self, text, done=done, after_s=_BETWEEN_S)
        else:
            self.before = (record.epoch + 1) / self.part.training.epochs
        self._n_seen, self._trained_s = 0, 0.0
        self._epoch_began = self._teller.now()

    def close(self) -> None:
        """It is done, or was stopped."""
        if self._writer is not None:
            self._writer.close()

    @property
    def summary(self) -> str:
        """What came of it."""
        best = max(self._records, key=lambda record: record.validation_ua)
        return (
            f"{len(self._records)} epochs in {duration(self.seconds)}, "
            f"best validation UA {best.validation_ua:.3f} in epoch {best.epoch + 1}"
        )

    @property
    def _rate(self) -> str:
        if not self._trained_s:
            return "a moment"
        rate = self._n_seen / self._trained_s
        return f"{rate:,.{0 if rate >= _WHOLE_RATE else 1}f} examples/s"

    def _log(self, folder: Path, record: EpochRecord) -> None:
        """Into one file; that of an earlier sitting, whose epochs come again, gives way to it."""
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            for old in folder.glob(EVENTS):
                old.unlink()
            self._writer = SummaryWriter(str(folder))
        for name, value in asdict(record).items():
            if name != "epoch":
                self._writer.add_scalar(
                    name.replace("validation_", "validation/"), value, record.epoch
                )
        self._writer.flush()


def duration(seconds: float) -> str:
    """Roughly how long, for people: 40 s, 3 min, 2 h 10 min."""
    if seconds < _MINUTE_S:
        return f"{seconds:.0f} s"
    minutes = round(seconds / _MINUTE_S)
    if seconds < _HOUR_S:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def peak_memory_gb() -> float | None:
    """The most memory that this process had so far, on the GPU where it uses one; in GB.

    None on Windows, which does not count it.
    """
    import torch

    if torch.cuda.is_available() and torch.cuda.max_memory_allocated():
        return torch.cuda.max_memory_allocated() / 1e9
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e9 if sys.platform == "darwin" else peak * 1024 / 1e9
