"""What is told while an experiment trains, by a clock that the test turns."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sentigram.training.fit.epochs import EpochRecord
from sentigram.training.fit.telling import EVENTS, Teller, duration, peak_memory_gb
from tests.fakes import Recorder


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def record(epoch: int, ua: float = 0.5) -> EpochRecord:
    return EpochRecord(epoch, 1.5, 1.0, 0.0, 0.0, 0.0, 1.25, ua, 0.4, 0.001)


def part(epochs: int = 4, fold: str = "fold-2") -> Any:
    return SimpleNamespace(system="vga", fold=fold, run=0, training=SimpleNamespace(epochs=epochs))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def heard() -> Recorder:
    return Recorder()


def teller(heard: Recorder, clock: Clock, n: int = 2, **more: Any) -> Teller:
    more = {"progress": lambda _share: None, **more}
    return Teller(heard, more.pop("progress"), n, clock=clock, memory=lambda: 1.25, **more)


def train(watch: Any, clock: Clock, *, epochs: int, seconds: float, batches: int = 2) -> None:
    for epoch in range(epochs):
        for at in range(batches):
            clock.now += seconds / batches
            watch.batch(epoch, (at + 1) / batches, 50)
        watch.epoch(record(epoch, ua=0.5 + 0.1 * (epoch == 1)))


def test_a_line_an_epoch_says_what_came_of_it_and_how_long_it_takes(heard, clock):
    told = teller(heard, clock)
    with told.network(part()) as watch:
        train(watch, clock, epochs=4, seconds=20)
    first, *_, last = heard.notes
    assert first == (
        "1/2 vga, fold-2, run 1: epoch 1/4, loss 1.500, validation loss 1.250, UA 0.500; "
        "5.0 examples/s, 1.2 GB, about 2 min left"  # three more epochs, and four of the other
    )
    assert last == (
        "1/2 vga, fold-2, run 1: 4 epochs in 1 min, best validation UA 0.600 in epoch 2, "
        "1.2 GB, about 1 min left"
    )
    assert len(heard.notes) == 5


def test_short_epochs_do_not_flood(heard, clock):
    told = teller(heard, clock, n=10)
    for _ in range(10):
        with told.network(part(epochs=30)) as watch:
            train(watch, clock, epochs=30, seconds=0.1)
    assert len(heard.notes) == 10
    assert all("best validation UA" in line for line in heard.notes)


def test_long_epochs_are_told_of_each_minute(heard, clock):
    told = teller(heard, clock)
    with told.network(part(epochs=1)) as watch:
        train(watch, clock, epochs=1, seconds=300, batches=30)
    within = [line for line in heard.notes if "of it" in line]
    assert len(within) == 4
    assert "epoch 1/1, 20% of it; 5.0 examples/s" in within[0]


def test_networks_of_an_earlier_sitting_are_passed_over_and_take_no_time(heard, clock):
    shares: list[float] = []
    told = teller(heard, clock, n=3, progress=shares.append)
    with told.network(part()):
        clock.now += 0.5  # only read
    assert heard.notes == []
    with told.network(part(fold="fold-3")) as watch:
        watch.epoch(record(0))
        watch.epoch(record(1))
        assert heard.notes == []
        clock.now += 20
        watch.batch(2, 1.0, 100)
        watch.epoch(record(2))
    assert heard.notes[0].startswith("2/3 vga, fold-3")
    assert "about 2 min left" in heard.notes[0]  # one epoch and 4 of the last, 20 s each: 100 s
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(2 / 3)


def test_of_several_processes_one_tells(heard, clock, tmp_path: Path):
    told = teller(heard, clock)
    with told.network(part(), tmp_path / "logs", is_main=False) as watch:
        train(watch, clock, epochs=2, seconds=20)
    assert heard.notes == []
    assert not (tmp_path / "logs").exists()


def test_one_event_file_holds_all_epochs_of_all_sittings(heard, clock, tmp_path: Path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    class StoppedError(Exception):
        pass

    def first_sitting() -> None:
        with teller(heard, clock).network(part(), tmp_path) as watch:
            train(watch, clock, epochs=2, seconds=1)
            raise StoppedError

    with pytest.raises(StoppedError):
        first_sitting()
    with teller(heard, clock).network(part(), tmp_path) as watch:
        for epoch in range(4):  # the first two come again from the state
            watch.epoch(record(epoch))
    (file,) = tmp_path.glob(EVENTS)
    events = EventAccumulator(str(file))
    events.Reload()
    assert [event.step for event in events.Scalars("validation/ua")] == [0, 1, 2, 3]
    assert "learning_rate" in events.Tags()["scalars"]


def test_durations_are_rough():
    assert [duration(s) for s in (3.2, 59, 90, 3000, 7900)] == [
        "3 s", "59 s", "2 min", "50 min", "2 h 12 min",
    ]  # fmt: skip


def test_memory_is_of_this_process():
    assert 0.05 < peak_memory_gb() < 100
