"""Adapting a network to a corpus whose labels are not looked at: DANN, MMD, CORAL.

The source is learnt with its labels; the target's training split is read without them. The weight
of each adaptation loss is chosen by an unsupervised score on the target's training split, the
mutual information of examples and classes (Bridle et al. 1991); the choice that the test labels
would have made stands in a row of its own, named oracle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sentigram.core.protocols import Reporter
from sentigram.training.dataset.examples import HeldOutSet
from sentigram.training.fit.epochs import Adaptation, predict
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
from sentigram.training.judge.metrics import unweighted_accuracy
from sentigram.training.judge.predictions import Predictions, write_predictions
from sentigram.training.judge.sealed import READINGS, write_sealed
from sentigram.training.splits.folds import Fold
from sentigram.training.studies.transfer import SOURCE_ONLY, check_same_classes, source_part

if TYPE_CHECKING:
    from accelerate import Accelerator

METHODS = ("dann", "mmd", "coral")
WEIGHTS = (0.1, 1.0)
TARGET_ONLY = "target-only"


def adapt(
    source: Bench,
    target: Bench,
    methods: Sequence[str],
    out: Path,
    *,
    accelerator: Accelerator,
    reporter: Reporter,
) -> tuple[Predictions, ...]:
    """Train with each method and weight, and choose the weight without target labels.

    Args:
        source: Whose labels are learnt.
        target: Whose labels are only used to test, and to train the row `target-only`.
        methods: Of METHODS.
        out: The run's folder.
        accelerator: Device, precision, processes.
        reporter: Told what goes on.
    """
    check_same_classes(source, target)
    begin(target, out, accelerator=accelerator, source=source)
    system = systems(target)[0]
    found: dict[tuple[str, int], list[Predictions]] = {}
    folds = [(fold, r) for fold in target.plan.folds for r in range(target.config.training.runs)]
    with reporter.stage("adapt") as progress:
        teller = Teller(reporter, progress, len(folds) * (2 + len(methods) * len(WEIGHTS)))
        for fold, run in folds:
            rows = _fold(source, target, system, methods, fold, run, out, accelerator, teller)
            for name, row in rows.items():
                found.setdefault((name, run), []).append(row)
    from sentigram.training.judge.baselines import reference_rows

    readings = [join_folds(parts) for parts in found.values()]
    readings += reference_rows(target.table, target.plan)
    if accelerator.is_main_process:
        write_sealed(out, readings, target.plan)
    return tuple(readings)


def _fold(
    source: Bench,
    target: Bench,
    system: System,
    methods: Sequence[str],
    fold: Fold,
    run: int,
    out: Path,
    accelerator: Accelerator,
    teller: Teller,
) -> dict[str, Predictions]:
    """All rows of one fold, by name."""
    base = replace(source_part(source, system, run), fold=fold.name)
    measured, unlabelled, validation, test = divide(target, fold)
    rows = {
        SOURCE_ONLY: _train(replace(base, system=SOURCE_ONLY), test, out, accelerator, teller)[0]
    }
    for method in methods:
        tried: dict[float, tuple[Predictions, float]] = {}
        for weight in WEIGHTS:
            part = _adapted(base, method, weight, unlabelled)
            tried[weight] = _train(part, test, out, accelerator, teller)
        rows[method] = _named(tried[max(tried, key=lambda w: tried[w][1])][0], method)
        best = max(tried, key=lambda w: _accuracy(tried[w][0]))
        rows[f"{method}-oracle"] = _named(tried[best][0], f"{method}-oracle")
    own = part_of(
        target, replace(system, name=TARGET_ONLY), run, fold.name, measured, unlabelled,
        validation, test,
    )  # fmt: skip
    supervised = teller.train(own, out, accelerator=accelerator)
    if supervised is not None:
        rows[TARGET_ONLY] = supervised
    return rows


def _adapted(base: NetworkRun, method: str, weight: float, unlabelled: object) -> NetworkRun:
    from sentigram.training.dataset.examples import TrainSet
    from sentigram.training.studies.adaptation_losses import build_adaptation

    if not isinstance(unlabelled, TrainSet):
        message = "adaptation reads the target's training split"
        raise TypeError(message)
    loss = build_adaptation(method, base.model.fused_width)
    return replace(
        base,
        system=f"{method}-{weight:g}",
        adaptation=Adaptation(unlabelled, loss, weight),
        about={**base.about, "adaptation": {"method": method, "weight": weight}},
    )


def _train(
    part: NetworkRun, test: HeldOutSet, out: Path, accelerator: Accelerator, teller: Teller
) -> tuple[Predictions, float]:
    """Train on the source; read the target's test, and score without labels."""
    from sentigram.emotion.networks.checkpoint import load_checkpoint
    from sentigram.training.studies.adaptation_losses import prediction_entropy

    teller.train(part, out, accelerator=accelerator)
    network, _ = load_checkpoint(part.place(out) / f"{NETWORK}.card.json")
    readings = as_predictions(predict(network, test), test.table, part.system, part.run, part.fold)
    write_predictions(part.place(out) / READINGS, [readings])
    if part.adaptation is None:
        return readings, 0.0
    target = part.adaptation.target
    seen = HeldOutSet(target.table, np.unique(target.rows), "validation")
    outputs = predict(network, seen)
    probs = replace(readings, logits=outputs.logits).probs
    # sure of each example, and not of the same class for all (mutual information)
    spread = prediction_entropy(probs.mean(axis=0, keepdims=True))
    return readings, spread - prediction_entropy(probs)


def _accuracy(readings: Predictions) -> float:
    return unweighted_accuracy(readings.truth, readings.guess)


def _named(readings: Predictions, name: str) -> Predictions:
    return replace(readings, system=name)
