"""The networks of a run, each with the test examples of its fold: those that it never saw."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats64, Ints64
from sentigram.emotion.networks.checkpoint import load_checkpoint
from sentigram.emotion.networks.network import Network
from sentigram.errors import InputError, UsageError
from sentigram.training.config import read_config
from sentigram.training.dataset.examples import HeldOutSet
from sentigram.training.fit.experiment import PLAN, Bench, divide, open_bench
from sentigram.training.fit.network import NETWORK
from sentigram.training.judge.predictions import read_predictions
from sentigram.training.splits.folds import Fold, read_plan

_RECORDED = "predictions.parquet"
_ALIKE = 2e-3  # of a logit: other processors and other batches round otherwise


@dataclass(frozen=True, slots=True, eq=False)
class TrainedFold:
    """A network of a run and what it was tested on.

    Attributes:
        fold: Its name.
        network: In evaluation mode.
        test: The examples that it was tested on, normalized as for training.
        folder: Of its files.
        temperature: What its logits are divided by before they are probabilities, from its card.
    """

    fold: str
    network: Network
    test: HeldOutSet
    folder: Path
    temperature: float

    def check(self, rows: Ints64, logits: Floats64) -> None:
        """Make sure that it still says what was recorded when it was tested.

        Args:
            rows: (n,) positions in the table of the test.
            logits: (n, n_classes), what it says now.

        Raises:
            InputError: It says something else, or nothing was recorded.
        """
        recorded = read_predictions(self.folder / _RECORDED)[0]
        where = {name: i for i, name in enumerate(recorded.ids.tolist())}
        for row, now in zip(rows, logits, strict=True):
            name = self.test.table.ids[row]
            then = recorded.logits[where[name]] if name in where else None
            if then is None or np.abs(now - then).max() > _ALIKE * max(1.0, np.abs(then).max()):
                message = (
                    f"{self.folder}: of {name} the network says something else than when it was "
                    "tested; the features or the files of the run were changed since: train again"
                )
                raise InputError(message)


def open_run(folder: Path) -> Bench:
    """What a run's networks were trained and tested on.

    Args:
        folder: The run's.

    Raises:
        InputError: It is no run's folder, or its data are not there any more, or others.
    """
    if not (folder / "experiment.yaml").is_file():
        message = f"{folder}: not the folder of a run; make one with: sentigram train EXPERIMENT"
        raise InputError(message)
    bench = open_bench(read_config(folder / "experiment.yaml"))
    if read_plan(folder / PLAN, bench.manifests).sha256 != bench.plan.sha256:
        message = (
            f"{folder}: its manifests give another split now than when it was begun; make them as "
            "they were, or train again"
        )
        raise InputError(message)
    return bench


def systems_of(folder: Path) -> tuple[str, ...]:
    """Systems of a run that have networks, the run's own first.

    Raises:
        InputError: There is none.
    """
    parts = folder / "parts"
    found = {path.name for path in parts.iterdir() if path.is_dir()} if parts.is_dir() else set()
    if not found:
        message = f"{folder}: no networks are in it; train it first: sentigram train EXPERIMENT"
        raise InputError(message)
    recorded = folder / _RECORDED
    order = [part.system for part in read_predictions(recorded)] if recorded.is_file() else []
    return tuple(dict.fromkeys([*(name for name in order if name in found), *sorted(found)]))


def chosen_system(folder: Path, wanted: str | None) -> str:
    """The system that was asked for, or the run's own.

    Raises:
        UsageError: The run has none of that name.
    """
    names = systems_of(folder)
    if wanted is None:
        return names[0]
    if wanted not in names:
        message = f"--system {wanted}: {folder} has networks of: {', '.join(names)}"
        raise UsageError(message)
    return wanted


def runs_of(folder: Path, system: str) -> int:
    """How many runs of a system there are: seeds that each trained a network of every fold.

    Args:
        folder: The run's.
        system: One of `systems_of`.
    """
    return sum(path.is_dir() for path in (folder / "parts" / system).glob("run-*"))


def chosen_runs(folder: Path, system: str, wanted: str) -> tuple[int, ...]:
    """The runs that were asked for, from 1.

    Args:
        folder: The run's.
        system: One of `systems_of`.
        wanted: A number, or `all`.

    Raises:
        UsageError: There is no such run.
    """
    n = runs_of(folder, system)
    if wanted == "all":
        return tuple(range(1, n + 1))
    if not wanted.isdecimal() or not 1 <= int(wanted) <= n:
        message = f"--run {wanted}: {system} has {n} in {folder}; write a number from 1, or all"
        raise UsageError(message)
    return (int(wanted),)


def trained_folds(
    bench: Bench, folder: Path, system: str, *, run: int = 1
) -> Iterator[TrainedFold]:
    """A run's network of each fold, one after another.

    Args:
        bench: From `open_run`.
        folder: The run's.
        system: One of `systems_of`.
        run: Which of several, from 1.

    Raises:
        InputError: A network is not there, was trained on another split, or its fold's test holds
            what it was trained on.
    """
    for fold in bench.plan.folds:
        place = folder / "parts" / system / f"run-{run - 1}" / fold.name
        if not place.is_dir():
            message = f"{place}: no network of this fold; let the run finish: sentigram train"
            raise InputError(message)
        network, card = load_checkpoint(place / f"{NETWORK}.card.json")
        if card.get("plan_sha256") != bench.plan.sha256:
            message = f"{place}: was trained on another split than the run's plan says"
            raise InputError(message)
        if tuple(card.get("classes", ())) != bench.table.classes:
            message = f"{place}: knows other classes than the experiment: train again"
            raise InputError(message)
        _require_unseen(fold, place)
        _, _, _, test = divide(bench, fold)
        temperature = float(card.get("calibration", {}).get("temperature", 1.0))
        yield TrainedFold(fold.name, network, test, place, temperature)


def draw(bench: Bench, n: int) -> tuple[str, ...]:
    """Tested examples to look at, a class after another.

    They are drawn by the hash of their ids, so that nobody picks those that look well.

    Args:
        bench: Of the run.
        n: How many.

    Returns:
        Their ids, in the order drawn; fewer where fewer were tested.
    """
    label = dict(zip(bench.table.ids, bench.table.labels.tolist(), strict=True))
    tested = dict.fromkeys(name for fold in bench.plan.folds for name in fold.test)
    queues: list[list[str]] = [[] for _ in bench.table.classes]
    for name in sorted(tested, key=lambda name: hashlib.sha256(name.encode()).hexdigest()):
        queues[label[name]].append(name)
    turns = max(map(len, queues), default=0)
    order = [queue[i] for i in range(turns) for queue in queues if i < len(queue)]
    return tuple(order[:n])


def positions(test: HeldOutSet, ids: Sequence[str]) -> Ints64:
    """Rows of those of the ids that a fold tests, (n,), in the order of the ids."""
    where = {test.table.ids[row]: int(row) for row in test.rows}
    return np.array([where[name] for name in ids if name in where], np.int64)


def _require_unseen(fold: Fold, place: Path) -> None:
    seen = {*fold.train, *fold.validation}.intersection(fold.test)
    if seen:
        message = f"{place}: {min(seen)} is in this fold's test and among what it learnt from"
        raise InputError(message)
