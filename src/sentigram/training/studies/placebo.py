"""Trains a policy of augmentation that knows the label where there is no label to learn.

The labels are dealt out anew among the examples, so that all a network can find is the traces of
the alterations. Two protocols are run on them: the experiment's own, which alters training examples
only and must score chance; and the original one of class-differentiated augmentation, which alters
every example by its label and then divides at random. What the latter scores is the flaw's, and not
a result: it is written to placebo.json and never to predictions.parquet.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sentigram.core.arrays import Ints64
from sentigram.core.protocols import Reporter
from sentigram.training.audit.placebo import (
    Labels,
    PlaceboRow,
    PlaceboStudy,
    Protocol,
    read_study,
    write_study,
)
from sentigram.training.augment.config import NO_AUGMENTATION
from sentigram.training.augment.masks import masked_table
from sentigram.training.dataset.assemble import normalized, statistics
from sentigram.training.dataset.examples import HeldOutSet, Table, TrainSet
from sentigram.training.fit.augmented import augmented, prepare_copies
from sentigram.training.fit.experiment import (
    Bench,
    System,
    begin,
    divide,
    join_folds,
    part_of,
    systems,
)
from sentigram.training.fit.network import NetworkRun, train_network
from sentigram.training.judge.metrics import unweighted_accuracy
from sentigram.training.judge.predictions import Predictions

if TYPE_CHECKING:
    from accelerate import Accelerator

_PLACE = "placebo"
_TRAIN, _VALIDATION = 0.8, 0.9  # of the original protocol: 80 : 10 : 10


def placebo_study(
    bench: Bench,
    out: Path,
    *,
    accelerator: Accelerator,
    reporter: Reporter,
    source: Bench | None = None,
) -> PlaceboStudy:
    """Run both protocols on drawn labels, and the original one on the true ones.

    Args:
        bench: The experiment; its own system is the one that is tried, once each.
        out: The run's folder; what is done in it is not done again.
        accelerator: Device, precision, processes.
        reporter: Told what goes on.
        source: What is learnt first, in studies of transfer; only the folder remembers it.

    Raises:
        InputError: The folder holds another experiment.
        UsageError: The features cannot be made of altered clips.
    """
    begin(bench, out, accelerator=accelerator, source=source)
    if (found := read_study(out)) is not None:
        return found
    blind = label_free(bench)
    with accelerator.main_process_first(), reporter.stage("placebo's copies") as progress:
        for number, one in enumerate((bench, blind)):
            prepare_copies(one, one.config.augment, everything=True)
            progress((number + 1) / 2)
    system = systems(bench)[0]
    wanted: list[tuple[Bench, Protocol, Labels]] = [
        (blind, "original", "drawn"),
        (blind, "honest", "drawn"),
        (bench, "original", "true"),
    ]
    rows = []
    with reporter.stage("placebo") as progress:
        for number, (one, protocol, labels) in enumerate(wanted):
            place = out / _PLACE / f"{protocol}-{labels}-labels"
            parts = [_original(one, system)] if protocol == "original" else _honest(one, system)
            done = [train_network(part, place, accelerator=accelerator) for part in parts]
            readings = join_folds([one for one in done if one is not None])
            rows.append(_row(readings, protocol, labels))
            progress((number + 1) / len(wanted))
    study = PlaceboStudy(tuple(rows))
    if accelerator.is_main_process:
        write_study(out, study)
    accelerator.wait_for_everyone()
    return study


def label_free(bench: Bench) -> Bench:
    """The same examples with their labels dealt out anew, and without VAD, which would tell them.

    Policies follow the labels that are dealt.
    """
    rng = np.random.default_rng((bench.config.augment.seed, bench.config.split.seed))
    table = bench.table
    dealt: Table = replace(
        table, labels=rng.permutation(table.labels), vad=np.full_like(table.vad, np.nan)
    )
    return replace(bench, table=dealt)


def _honest(bench: Bench, system: System) -> list[NetworkRun]:
    """The experiment's own protocol: by its plan, training examples altered."""
    return [part_of(bench, system, 0, fold.name, *divide(bench, fold)) for fold in bench.plan.folds]


def _original(bench: Bench, system: System) -> NetworkRun:
    """Every example altered by its label, test as well; then divided at random."""
    config = bench.config
    everyone = TrainSet(bench.table, np.arange(len(bench.table), dtype=np.int64))
    scaled = {kind for kind, info in bench.encoders.items() if info.numbers == "values"}
    measured = statistics(bench.table, everyone, scaled)
    table = normalized(bench.table, measured, config.data)
    marked = augmented(bench, config.augment, TrainSet(table, everyone.rows), measured)
    marked = masked_table(marked, config.augment, seed=config.augment.seed)
    n = len(marked.rows)
    order: Ints64 = np.random.default_rng(config.split.seed).permutation(marked.rows)
    train, validation, test = np.split(order, [int(_TRAIN * n), int(_VALIDATION * n)])
    return part_of(
        bench,
        replace(system, augment=NO_AUGMENTATION),  # all is done
        0,
        "random",
        measured,
        TrainSet(marked.table, train),
        HeldOutSet(marked.table, validation, "validation"),
        HeldOutSet(marked.table, test, "test"),
    )


def _row(readings: Predictions, protocol: Protocol, labels: Labels) -> PlaceboRow:
    counts = np.bincount(readings.truth, minlength=len(readings.classes))
    counts = counts[counts > 0]
    # the variance of a mean over classes is that of as many examples of even classes
    n = int(len(counts) ** 2 / np.sum(1 / counts))
    score = unweighted_accuracy(readings.truth, readings.guess)
    return PlaceboRow(protocol, labels, float(score), 1 / len(counts), n)
