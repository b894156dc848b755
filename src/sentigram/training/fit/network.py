"""One trained network of an experiment: one system, one run, one fold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sentigram.core.arrays import Ints64
from sentigram.emotion.encoders.tokens import EncoderInfo, Kind
from sentigram.emotion.networks.config import NetworkConfig
from sentigram.emotion.networks.scaling import InputStatistics, save_inputs
from sentigram.errors import UsageError
from sentigram.files import whole_file, write_text
from sentigram.training.augment.config import NO_AUGMENTATION, AugmentConfig
from sentigram.training.augment.masks import masking
from sentigram.training.config import ObjectiveConfig, TrainingConfig
from sentigram.training.dataset.examples import HeldOutSet, Table, TrainSet
from sentigram.training.fit.batches import collate, held_out_batches, to_device
from sentigram.training.fit.calibration import assumed_prior, fit_temperature
from sentigram.training.fit.epochs import Adaptation, EpochRecord, Outputs, Watch, fit, predict
from sentigram.training.judge.contribution import coalition_name, coalitions
from sentigram.training.judge.predictions import Predictions, read_predictions, write_predictions

if TYPE_CHECKING:
    import torch
    from accelerate import Accelerator

    from sentigram.emotion.networks.inputs import Inputs
    from sentigram.emotion.networks.network import Network

NETWORK = "network"
_STATE = "state.safetensors"
_PREDICTIONS = "predictions.parquet"
WITHHELD = "withheld.parquet"
FUSED = "fused.npy"
_HISTORY = "history.json"
_AT_ONCE = 64
_PROBE = 8  # examples of each kind that tell whether every parameter can learn


@dataclass(frozen=True, slots=True, eq=False)
class NetworkRun:
    """What is trained, on what.

    Attributes:
        system: Name of the row in the report.
        run: Which of several runs.
        fold: Name of the fold.
        model: The network; its widths are those of the features.
        objective: What is minimized.
        training: How.
        train: Fitted on, normalized.
        validation: Picks the epoch, normalized.
        test: Scored once, normalized; None trains without a test.
        statistics: What the tokens were normalized by.
        encoders: What the tokens were made by.
        initial: A network to start from, None for random weights.
        adaptation: Another domain to draw nearer.
        augment: What is masked in batches; altered copies are in `train` already.
        about: More for the card, such as the hash of the split.
    """

    system: str
    run: int
    fold: str
    model: NetworkConfig
    objective: ObjectiveConfig
    training: TrainingConfig
    train: TrainSet
    validation: HeldOutSet
    test: HeldOutSet | None
    statistics: Mapping[Kind, InputStatistics] = field(default_factory=dict)
    encoders: Mapping[Kind, EncoderInfo] = field(default_factory=dict)
    initial: Network | None = None
    adaptation: Adaptation | None = None
    augment: AugmentConfig = NO_AUGMENTATION
    about: Mapping[str, Any] = field(default_factory=dict)

    def place(self, out: Path) -> Path:
        """The part's folder."""
        return out / "parts" / self.system / f"run-{self.run}" / self.fold


def train_network(
    part: NetworkRun,
    out: Path,
    *,
    accelerator: Accelerator,
    watch: Watch | None = None,
) -> Predictions | None:
    """Train, save and read the test examples once; a part that is done is only read.

    Args:
        part: What to train.
        out: The run's folder.
        accelerator: Device, precision, processes.
        watch: Told of each batch and epoch.

    Returns:
        Readings of the test examples; None without a test.

    Raises:
        UsageError: Some of the network's parameters can never learn from these features.
    """
    folder = part.place(out)
    done = folder / _HISTORY  # written last
    if done.is_file():
        return read_predictions(folder / _PREDICTIONS)[0] if part.test is not None else None
    folder.mkdir(parents=True, exist_ok=True)
    network, objective = _made(part)
    if part.initial is None:
        _measure(network, part.train, accelerator)
    history = fit(
        network,
        objective,
        part.train,
        part.validation,
        part.training,
        accelerator=accelerator,
        seed=part.training.seed + part.run,
        state_file=folder / _STATE,
        adaptation=part.adaptation,
        watch=watch or Watch(),
        masks=masking(part.train, part.augment),
    )
    readings = None
    if part.test is not None:
        network.to(accelerator.device)
        outputs = predict(network, part.test)
        readings = as_predictions(outputs, part.test.table, part.system, part.run, part.fold)
        if accelerator.is_main_process:
            _save_readings(part, folder, network, outputs, readings)
        network.to("cpu")
    if accelerator.is_main_process:
        _save(part, folder, network, history, _calibration(part, network))
    accelerator.wait_for_everyone()
    return readings


def check_learnable(part: NetworkRun, out: Path) -> None:
    """Make sure, before anything is trained, that every parameter of a network can learn.

    Args:
        part: What is to be trained; one that is done is not looked at.
        out: The run's folder.

    Raises:
        UsageError: Some can never learn from these features.
    """
    if not (part.place(out) / _HISTORY).is_file():
        _made(part)


def as_predictions(outputs: Outputs, table: Table, system: str, run: int, fold: str) -> Predictions:
    """Readings with what evaluation needs to know of each example."""
    rows = outputs.rows

    def names(values: tuple[str, ...]) -> Any:
        return np.array([values[row] for row in rows], np.str_)

    return Predictions(
        system=system,
        run=run,
        classes=table.classes,
        ids=names(table.ids),
        folds=np.full(len(rows), fold),
        truth=table.labels[rows],
        logits=outputs.logits,
        vad_truth=table.vad[rows].astype(float),
        vad=outputs.vad,
        speakers=names(table.speakers),
        dialogues=names(table.dialogues),
        corpora=names(table.corpora),
        groups=names(table.groups),
    )


def class_counts(table: Table, rows: Ints64) -> Ints64:
    """How often each class occurs in the rows, (n_classes,)."""
    return np.bincount(table.labels[rows], minlength=len(table.classes))


def _made(part: NetworkRun) -> tuple[Network, Callable[..., Any]]:
    """The network, seeded, and its objective; every parameter can learn."""
    import torch

    from sentigram.emotion.networks.registry import build
    from sentigram.training.fit.losses import Objective, balanced

    table = part.train.table
    torch.manual_seed(part.training.seed + part.run)
    network = build(part.model, len(table.classes))
    if part.initial is not None:
        _start_from(network, part.initial)
    else:
        network.take_initial_weights()
    weights = None
    if part.objective.class_weights == "balanced" and not part.training.draws_evenly:
        weights = balanced(class_counts(table, part.train.rows))
    objective = Objective(part.objective, weights)
    _check_reachable(part, network, objective)
    return network, objective


def _measure(network: Network, train: TrainSet, accelerator: Accelerator) -> None:
    """Let the network measure what is fitted on training examples, each read once."""
    # batches of like length, which held-out sets come in; nothing of these is held out
    read_once = HeldOutSet(train.table, np.unique(train.rows), "validation")

    def training() -> Iterator[Inputs]:
        for batch in held_out_batches(read_once, _AT_ONCE):
            yield to_device(batch, accelerator.device).inputs

    network.to(accelerator.device)
    network.measure(training)
    network.to("cpu")


def _start_from(network: Network, initial: Network) -> None:
    """Take over weights; heads that only one of both has, for want of targets, stay out.

    Raises:
        UsageError: The networks are not of the same make.
    """
    wanted = network.state_dict()
    given = {name: value for name, value in initial.state_dict().items() if name in wanted}
    differing = {*wanted, *initial.state_dict()} - set(given)
    odd = [name for name in differing if not (".vad." in name or name.startswith("projectors."))]
    odd += [name for name, value in given.items() if value.shape != wanted[name].shape]
    if odd:
        message = (
            f"the network to start from is another one: {min(odd)} differs; give both one model"
        )
        raise UsageError(message)
    network.load_state_dict(given, strict=False)


def _check_reachable(
    part: NetworkRun, network: torch.nn.Module, objective: Callable[..., Any]
) -> None:
    from sentigram.training.fit.reachability import unreachable

    table = part.train.table
    # those with the most tokens, and some with VAD targets: what learns from any learns from these
    lengths = np.asarray(sum(np.diff(tokens.starts) for tokens in table.tokens.values()))
    longest = part.train.rows[np.argsort(-lengths[part.train.rows], kind="stable")][:_PROBE]
    aimed = part.train.rows[np.isfinite(table.vad[part.train.rows]).all(axis=1)][:_PROBE]
    names = unreachable(
        network, collate(table, np.concatenate([longest, aimed]).tolist()), objective
    )
    if names:
        message = (
            f"{part.system}: {len(names)} parameters get no gradient from these features, such as "
            f"{names[0]}; attention over a single token is constant: give features with several "
            "tokens, or set data.context, or use variant text, audio, concat or late"
        )
        raise UsageError(message)


def _save_readings(
    part: NetworkRun, folder: Path, network: Network, outputs: Outputs, readings: Predictions
) -> None:
    """Readings of the test examples; of several modalities also of every subset; embeddings."""
    write_predictions(folder / _PREDICTIONS, [readings])
    if part.test is not None and len(network.config.modalities) > 1:
        withheld = [
            as_predictions(
                predict(network, part.test, used=used),
                part.test.table,
                coalition_name(used),
                part.run,
                part.fold,
            )
            for used in coalitions(network.config.modalities)
        ]
        write_predictions(folder / WITHHELD, withheld)
    with whole_file(folder / FUSED, overwrite=True) as file, file.open("wb") as stream:
        np.save(stream, outputs.fused.astype(np.float32), allow_pickle=False)


def _calibration(part: NetworkRun, network: Network) -> dict[str, Any]:
    """Fitted on the examples that picked the epoch: never on those that are tested."""
    table, rows = part.validation.table, part.validation.rows
    outputs = predict(network, part.validation)
    counts = class_counts(part.train.table, part.train.rows)
    prior = assumed_prior(counts, part.objective, part.training)
    return {
        "temperature": fit_temperature(outputs.logits, table.labels[outputs.rows]),
        "prior": dict(zip(table.classes, prior.tolist(), strict=True)),
        "fitted_on": f"{len(rows)} validation examples, each read as a whole",
    }


def _save(
    part: NetworkRun,
    folder: Path,
    network: Network,
    history: tuple[EpochRecord, ...],
    calibration: Mapping[str, Any],
) -> None:
    from sentigram.emotion.networks.checkpoint import save_checkpoint

    card = {
        "system": part.system,
        "run": part.run,
        "fold": part.fold,
        "seed": part.training.seed + part.run,
        "classes": list(part.train.table.classes),
        "encoders": {kind: asdict(info) for kind, info in part.encoders.items()},
        "objective": part.objective.model_dump(mode="json"),
        "training": part.training.model_dump(mode="json"),
        "epochs": len(history),
        "calibration": calibration,
        **part.about,
    }
    save_checkpoint(folder, NETWORK, network, card)
    save_inputs(folder, part.statistics)
    lines = json.dumps([asdict(record) for record in history], indent=1)
    write_text(folder / _HISTORY, lines + "\n", overwrite=True)
    (folder / _STATE).unlink(missing_ok=True)
