"""Runs an experiment: every system on every fold, audited first, into one folder.

RUN/experiment.yaml     all settings, defaults written out
RUN/plan.json           which examples were trained on, chosen by and tested on
RUN/protocol.json       how the numbers were made, for the audit
RUN/audit.json          what the audit found
RUN/environment.json    versions, device
RUN/copies.parquet      altered copies of training examples, with what each was made from
RUN/parts/SYSTEM/run-R/FOLD/    network, card, history and readings of each network
RUN/logs/               TensorBoard
RUN/predictions.parquet readings of all systems: all that is ever evaluated
RUN/metrics.json        figures from them
RUN/report.md           the same for people
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sentigram.core.arrays import Ints64
from sentigram.core.protocols import Reporter, SilentReporter
from sentigram.emotion.encoders.tokens import KINDS, EncoderInfo, Kind
from sentigram.emotion.networks.config import NetworkConfig
from sentigram.emotion.networks.fusion.config import FusionConfig
from sentigram.emotion.networks.language.config import BertConfig, LanguageModelConfig
from sentigram.emotion.networks.registry import FAMILIES, network_config
from sentigram.emotion.networks.scaling import InputStatistics
from sentigram.errors import InputError, UsageError
from sentigram.files import write_text
from sentigram.reading import EXPERIMENT, read_text
from sentigram.training.augment.config import AugmentConfig
from sentigram.training.config import ExperimentConfig, ObjectiveConfig, as_yaml
from sentigram.training.dataset.assemble import assemble, labelled, normalized, statistics
from sentigram.training.dataset.examples import HeldOutSet, Table, TrainSet
from sentigram.training.dataset.joined import open_features
from sentigram.training.dataset.manifest import Example, Manifest, read_manifest
from sentigram.training.fit.accelerators import environment, fresh_accelerator
from sentigram.training.fit.augmented import augmented, check_augmentation, write_copies
from sentigram.training.fit.network import NetworkRun, check_learnable
from sentigram.training.fit.telling import Teller
from sentigram.training.judge.predictions import Predictions
from sentigram.training.judge.sealed import write_sealed
from sentigram.training.resuming import check_same_experiment
from sentigram.training.splits.folds import (
    Fold,
    SplitPlan,
    make_plan,
    read_plan,
    without_test,
    write_plan,
)

if TYPE_CHECKING:
    from accelerate import Accelerator

PREDICTIONS, PLAN = "predictions.parquet", "plan.json"


@dataclass(frozen=True, slots=True)
class System:
    """One row of a report.

    Attributes:
        name: Such as `vga` or `− gates`.
        model: The network.
        objective: What is minimized.
        augment: How its training examples are altered; None as the experiment says.
    """

    name: str
    model: NetworkConfig
    objective: ObjectiveConfig
    augment: AugmentConfig | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """What all parts of an experiment are cut from.

    Attributes:
        config: The experiment.
        manifests: The corpora.
        table: Every labelled example, not normalized.
        plan: Which examples are trained on, chosen by and tested on.
        encoders: What the tokens were made by.
    """

    config: ExperimentConfig
    manifests: tuple[Manifest, ...]
    table: Table
    plan: SplitPlan
    encoders: Mapping[Kind, EncoderInfo]

    @property
    def examples(self) -> tuple[Example, ...]:
        """Those that carry a class, in the table's order."""
        chosen = set(self.table.ids)
        return tuple(e for m in self.manifests for e in m.examples if e.id in chosen)


def open_bench(config: ExperimentConfig) -> Bench:
    """Read manifests and features, and divide the examples.

    Raises:
        InputError: A file is absent or damaged.
        UsageError: Settings do not fit the corpora.
    """
    manifests = tuple(read_manifest(path) for path in config.data.manifests)
    examples, classes, labels = labelled(manifests, config.data)
    if len(classes) < 2:
        message = f"data.classes: {', '.join(classes)}: give two classes at least to tell apart"
        raise UsageError(message)
    plan = make_plan(manifests, examples, labels, config.split)
    encoders = {
        kind: open_features(config.data.features, name).info
        for kind, name in config.data.features_named.items()
    }
    table = assemble(manifests, config.data)
    check_augmentation(config.augment, table.classes, encoders)
    return Bench(config, manifests, table, plan, encoders)


def systems(bench: Bench) -> tuple[System, ...]:
    """The experiment's own system, then its baselines that its features allow.

    Raises:
        UsageError: Its own network cannot read its features.
    """
    config, model = bench.config, bench.config.model
    if config.training.gradient_checkpointing:
        saving = model.checkpointed()
        if saving is None:
            message = (
                f"training.gradient_checkpointing: family {model.family} keeps its activations; "
                "leave it out, or save memory by a smaller batch_size with accumulate"
            )
            raise UsageError(message)
        model = saving
    if reason := model.refusal(bench.encoders):
        message = f"model: {reason}"
        raise UsageError(message)
    for kind in model.unscaled:
        if config.data.normalization(kind) != "none":
            message = (
                f"model: weights {', '.join(model.learnt_elsewhere)} were learnt on tokens as they "
                f"are, neither centred nor scaled: set data.normalize_{kind}: none"
            )
            raise UsageError(message)
    own = System(model.title, model, config.objective)
    others = [_baseline(name, config.model) for name in config.baselines if name != own.name]
    return (
        own,
        *(
            System(other.title, other, config.objective)
            for other in others
            if not other.refusal(bench.encoders)
        ),
    )


def _baseline(name: str, own: NetworkConfig) -> NetworkConfig:
    """A plain network beside the experiment's own, with its settings where it is a part of it."""
    audio, language = (getattr(own, part, None) for part in ("audio", "language"))
    if isinstance(audio, NetworkConfig) and audio.family == name:
        return audio
    if name == BertConfig().family and isinstance(language, LanguageModelConfig):
        return BertConfig(language=language)
    if name in FAMILIES:
        return network_config({"family": name})
    if isinstance(own, FusionConfig):
        # gates belong to the experiment's own system
        return own.model_copy(update={"variant": name, "gate": "none"})
    return network_config({"variant": name, "gate": "none"})


def parts(bench: Bench, rows: Sequence[System]) -> Iterator[NetworkRun]:
    """Every network of an experiment, fold by fold, so that each fold is normalized once."""
    for fold in bench.plan.folds:
        measured, train, validation, test = divide(bench, fold)
        for system in rows:
            for run in range(bench.config.training.runs):
                yield part_of(bench, system, run, fold.name, measured, train, validation, test)


def part_of(
    bench: Bench,
    system: System,
    run: int,
    fold: str,
    measured: Mapping[Kind, InputStatistics],
    train: TrainSet,
    validation: HeldOutSet,
    test: HeldOutSet | None,
) -> NetworkRun:
    """One network: widths from the features, and no head without something to learn from."""
    augment = bench.config.augment if system.augment is None else system.augment
    train = augmented(bench, augment, train, measured)
    has_vad = system.objective.vad > 0 and bool(
        np.isfinite(train.table.vad[train.rows]).all(axis=1).any()
    )
    model = system.model.fitted(
        bench.encoders, has_vad=has_vad, contrasts=system.objective.micl > 0
    )
    return NetworkRun(
        system=system.name,
        run=run,
        fold=fold,
        model=model,
        objective=system.objective,
        training=bench.config.training,
        train=train,
        validation=validation,
        test=test,
        statistics=measured,
        encoders=bench.encoders,
        augment=augment,
        about={
            "experiment": bench.config.name,
            "augment": augment.model_dump(mode="json"),
            **{f"normalize_{kind}": bench.config.data.normalization(kind) for kind in KINDS},
            "context": bench.config.data.context,
            "vad_targets": bench.config.data.vad if has_vad else "none",
            "plan_sha256": bench.plan.sha256,
            "manifests": {m.corpus: m.sha256 for m in bench.manifests},
            "licences": {m.corpus: m.licence for m in bench.manifests},
        },
    )


def divide(
    bench: Bench, fold: Fold
) -> tuple[Mapping[Kind, InputStatistics], TrainSet, HeldOutSet, HeldOutSet]:
    """The three sets of a fold, normalized by its training rows."""
    where = {name: row for row, name in enumerate(bench.table.ids)}
    train_rows, validation_rows, test_rows = (
        rows_of(where, ids, fold.name) for ids in (fold.train, fold.validation, fold.test)
    )
    scaled = {kind for kind, info in bench.encoders.items() if info.numbers == "values"}
    measured = statistics(bench.table, TrainSet(bench.table, train_rows), scaled)
    table = normalized(bench.table, measured, bench.config.data)
    return (
        measured,
        TrainSet(table, train_rows),
        HeldOutSet(table, validation_rows, "validation"),
        HeldOutSet(table, test_rows, "test"),
    )


def rows_of(where: Mapping[str, int], ids: Sequence[str], fold: str) -> Ints64:
    """Positions of ids in the table.

    Raises:
        InputError: An id is not in it.
    """
    unknown = [name for name in ids if name not in where]
    if unknown:
        message = f"plan, fold {fold}: {len(unknown)} ids are not in the data, such as {unknown[0]}"
        raise InputError(message)
    return np.array([where[name] for name in ids], np.int64)


def run(
    bench: Bench,
    rows: Sequence[System],
    out: Path,
    *,
    accelerator: Accelerator,
    reporter: Reporter,
) -> tuple[Predictions, ...]:
    """Train every system on every fold, add the rows without a network, write the readings.

    Args:
        bench: From `open_bench`.
        rows: The systems.
        out: The run's folder; what is done in it is not done again.
        accelerator: Device, precision, processes.
        reporter: Told what goes on.

    Raises:
        InputError: The folder holds another experiment.
        UsageError: Some of a network's parameters can never learn from these features.
    """
    check_folder(bench, out)
    todo = parts(bench, rows)
    first_fold = list(islice(todo, len(rows) * bench.config.training.runs))
    for part in first_fold:
        if part.run == 0:
            check_learnable(part, out)
    begin(bench, out, accelerator=accelerator)
    total = len(bench.plan.folds) * len(rows) * bench.config.training.runs
    found: dict[tuple[str, int], list[Predictions]] = {}
    with reporter.stage("train") as progress:
        teller = Teller(reporter, progress, total)
        for part in chain(first_fold, todo):
            done = teller.train(part, out, accelerator=accelerator)
            if done is not None:
                found.setdefault((part.system, part.run), []).append(done)
    from sentigram.training.judge.baselines import reference_rows

    order = [(system.name, run) for system in rows for run in range(bench.config.training.runs)]
    readings = [join_folds(found[key]) for key in order]
    readings += reference_rows(bench.table, bench.plan)
    if accelerator.is_main_process:
        write_sealed(out, readings, bench.plan)
    return tuple(readings)


def train_final(
    bench: Bench,
    system: System,
    out: Path,
    *,
    accelerator: Accelerator,
    reporter: Reporter | None = None,
) -> Path:
    """Train one network on all examples but those that pick the epoch, for use; no test.

    Args:
        bench: From `open_bench`.
        system: What is trained.
        out: The run's folder.
        accelerator: Device, precision, processes.
        reporter: Told what goes on.

    Returns:
        The folder of its checkpoint.
    """
    fold = without_test(bench.examples, bench.table.labels, bench.config.split)
    measured, train, validation, _ = divide(bench, fold)
    part = part_of(bench, system, 0, fold.name, measured, train, validation, None)
    with (reporter or SilentReporter()).stage("final") as progress:
        teller = Teller(reporter or SilentReporter(), progress, 1)
        teller.train(part, out / "final", accelerator=accelerator)
    return part.place(out / "final")


def join_folds(folds: Sequence[Predictions]) -> Predictions:
    """The readings of all folds of one system and run as one value."""
    arrays = ("ids", "folds", "truth", "logits", "vad_truth", "vad")
    names = ("speakers", "dialogues", "corpora", "groups")
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(fold, name) for fold in folds]) for name in (*arrays, *names)
    }
    return replace(folds[0], **joined)


def begin(
    bench: Bench, out: Path, *, accelerator: Accelerator, source: Bench | None = None
) -> None:
    """Write down what is about to be done.

    Args:
        bench: What is tested.
        out: The run's folder.
        accelerator: Only its main process writes.
        source: What is learnt first, in studies of transfer.

    Raises:
        InputError: The folder holds another experiment.
    """
    check_folder(bench, out, source=source)
    if not accelerator.is_main_process:
        return
    out.mkdir(parents=True, exist_ok=True)
    write_plan(out / PLAN, bench.plan, overwrite=True)
    write_copies(bench, bench.config.augment, out, source=source)
    write_text(
        out / "environment.json",
        json.dumps(environment(accelerator), indent=1) + "\n",
        overwrite=True,
    )
    for name, text in _said(bench, source).items():
        write_text(out / name, text, overwrite=True)


def check_folder(bench: Bench, out: Path, *, source: Bench | None = None) -> None:
    """Make sure that what was done in a folder was done for this experiment, on this data.

    Raises:
        InputError: The folder holds another experiment, or was begun on other data.
    """
    if not (out / "experiment.yaml").is_file():
        return
    check_same_experiment(out / "experiment.yaml", bench.config)
    learnt = out / "source.yaml"
    kept = read_text(learnt, EXPERIMENT) if learnt.is_file() else None
    if kept != _said(bench, source).get("source.yaml"):
        message = (
            f"{out}: holds another experiment (source.yaml differs); give another --out, or delete "
            "the folder"
        )
        raise InputError(message)
    if read_plan(out / PLAN, bench.manifests).sha256 != bench.plan.sha256:
        message = f"{out}: was begun on another split; give another --out, or delete the folder"
        raise InputError(message)


def _said(bench: Bench, source: Bench | None) -> dict[str, str]:
    """What the run folder says of the experiments, by file."""
    said = {"experiment.yaml": as_yaml(bench.config)}
    if source is not None:
        hashes = "".join(f"# {m.corpus} {m.sha256}\n" for m in source.manifests)
        said["source.yaml"] = hashes + as_yaml(source.config)
    return said


def make_accelerator(config: ExperimentConfig, *, device: str = "auto") -> Accelerator:
    """Device, precision and processes of an experiment.

    Raises:
        UsageError: The device is not there.
    """
    return fresh_accelerator(
        device=device,
        precision=config.training.precision,
        accumulate=config.training.accumulate,
    )
