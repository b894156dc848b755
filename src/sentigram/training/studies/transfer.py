"""What a network that learnt one corpus is worth on another: fine-tuning and few shots.

Every row is tested on the same target examples. The support, validation included, is drawn from
the target's training split; the test examples choose nothing. Beside each fine-tuned row stands
the same support learnt from random weights, and the source network as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sentigram.core.protocols import Reporter
from sentigram.errors import UsageError
from sentigram.training.config import ExperimentConfig
from sentigram.training.fit.epochs import predict
from sentigram.training.fit.experiment import (
    Bench,
    System,
    begin,
    divide,
    join_folds,
    part_of,
    systems,
)
from sentigram.training.fit.network import NETWORK, NetworkRun, as_predictions
from sentigram.training.fit.telling import Teller
from sentigram.training.judge.predictions import Predictions
from sentigram.training.judge.sealed import write_sealed
from sentigram.training.splits.folds import Fold, few_shot, without_test

if TYPE_CHECKING:
    from accelerate import Accelerator

    from sentigram.emotion.networks.network import Network

SOURCE_ONLY, TARGET_ONLY, FINETUNED = "source-only", "target-only-", "finetuned-"


@dataclass(frozen=True, slots=True)
class Shots:
    """How much of the target's training split may be used.

    Attributes:
        per_class: Examples per class, or None.
        percent: Share of the split, or None; exactly one of the two is given.
    """

    per_class: int | None = None
    percent: float | None = None

    def __post_init__(self) -> None:
        if (self.per_class is None) == (self.percent is None):
            message = "give either a number per class or a percentage"
            raise UsageError(message)

    def __str__(self) -> str:
        if self.percent is not None:
            return f"{self.percent:g}pct"
        return f"{self.per_class}-per-class"


def check_same_classes(source: Bench, target: Bench) -> None:
    """Make sure that a network of the source can read the target.

    Raises:
        UsageError: Classes or encoders differ.
    """
    if source.table.classes != target.table.classes:
        message = (
            f"the source has classes {', '.join(source.table.classes)}, the target "
            f"{', '.join(target.table.classes)}; give both the same data.classes and data.map"
        )
        raise UsageError(message)
    if source.encoders != target.encoders:
        message = (
            "source and target name different features; give both the same data.text and audio"
        )
        raise UsageError(message)


def pretrain(
    source: Bench,
    system: System,
    out: Path,
    *,
    run: int,
    accelerator: Accelerator,
    teller: Teller,
) -> tuple[Network, NetworkRun]:
    """Train the source network on all of its examples but those that pick the epoch."""
    from sentigram.emotion.networks.checkpoint import load_checkpoint

    part = source_part(source, system, run)
    teller.train(part, out / "source", accelerator=accelerator)
    network, _ = load_checkpoint(part.place(out / "source") / f"{NETWORK}.card.json")
    return network, part


def source_part(source: Bench, system: System, run: int) -> NetworkRun:
    """All source examples, without a test."""
    fold = without_test(source.examples, source.table.labels, source.config.split)
    measured, train, validation, _ = divide(source, fold)
    return part_of(source, system, run, fold.name, measured, train, validation, None)


def transfer(
    source: Bench,
    target: Bench,
    shots: Sequence[Shots],
    out: Path,
    *,
    accelerator: Accelerator,
    reporter: Reporter,
) -> tuple[Predictions, ...]:
    """Fine-tune the source network on parts of the target, beside learning them from nothing.

    Args:
        source: The corpus that is learnt first.
        target: The corpus that is tested; its plan says on what.
        shots: How much of its training split each row may use.
        out: The run's folder.
        accelerator: Device, precision, processes.
        reporter: Told what goes on.
    """
    check_same_classes(source, target)
    begin(target, out, accelerator=accelerator, source=source)
    system = systems(target)[0]
    found: dict[tuple[str, int], list[Predictions]] = {}
    runs = range(target.config.training.runs)
    with reporter.stage("source") as progress:
        teller = Teller(reporter, progress, len(runs))
        networks = [
            pretrain(source, system, out, run=run, accelerator=accelerator, teller=teller)[0]
            for run in runs
        ]
    total = len(target.plan.folds) * len(runs) * 2 * len(shots)
    with reporter.stage("target") as progress:
        teller = Teller(reporter, progress, total)
        for fold, run in ((f, r) for f in target.plan.folds for r in runs):
            for part in _rows(target, system, fold, run, shots, networks[run]):
                done = teller.train(part, out, accelerator=accelerator)
                if done is not None:
                    found.setdefault((part.system, run), []).append(done)
            found.setdefault((SOURCE_ONLY, run), []).append(
                _as_it_is(target, fold, run, networks[run])
            )
    from sentigram.training.judge.baselines import reference_rows

    readings = [join_folds(folds) for folds in found.values()]
    readings += reference_rows(target.table, target.plan)
    if accelerator.is_main_process:
        write_sealed(out, readings, target.plan)
    return tuple(readings)


def _rows(
    target: Bench,
    system: System,
    fold: Fold,
    run: int,
    shots: Sequence[Shots],
    network: Network,
) -> Iterator[NetworkRun]:
    labels = dict(zip(target.table.ids, target.table.labels, strict=True))
    speakers = dict(zip(target.table.ids, target.table.speakers, strict=True))
    for shot in shots:
        seed = target.config.split.seed + run
        support = few_shot(
            fold,
            np.array([labels[name] for name in fold.train]),
            per_class=shot.per_class,
            percent=shot.percent,
            groups=[speakers[name] or name for name in fold.train],
            classes=target.table.classes,
            seed=seed,
        )
        measured, train, validation, test = divide(target, support)
        named = replace(system, name=f"{TARGET_ONLY}{shot}")
        part = part_of(target, named, run, fold.name, measured, train, validation, test)
        yield part
        yield replace(part, system=f"{FINETUNED}{shot}", initial=network)


def _as_it_is(target: Bench, fold: Fold, run: int, network: Network) -> Predictions:
    _, _, _, test = divide(target, fold)
    return as_predictions(predict(network, test), test.table, SOURCE_ONLY, run, fold.name)


def same_model(source: ExperimentConfig, target: ExperimentConfig) -> ExperimentConfig:
    """The source experiment with the target's network, objective and augmentation: weights fit."""
    return source.model_copy(
        update={
            "model": target.model,
            "objective": target.objective,
            "augment": target.augment,
            "baselines": (),
        }
    )
