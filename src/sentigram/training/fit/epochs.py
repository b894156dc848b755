"""A network on the examples of a table: trained epoch by epoch, and read on held-out rows.

Each epoch draws its order and its dropout from the seed and its own number, so that a run that is
killed goes on to the same result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sentigram.core.arrays import Floats64, Ints64
from sentigram.emotion.encoders.tokens import KINDS, Kind
from sentigram.emotion.networks.inputs import heeding
from sentigram.errors import UsageError
from sentigram.training.augment.masks import Masking
from sentigram.training.config import TrainingConfig
from sentigram.training.dataset.examples import Batch, HeldOutSet, TrainSet
from sentigram.training.fit.batches import (
    Order,
    collate,
    held_out_batches,
    to_device,
)
from sentigram.training.fit.loop import Course, train
from sentigram.training.fit.sampling import Shuffled, draw_of
from sentigram.training.fit.schedules import make_schedule
from sentigram.training.judge.metrics import macro_f1, unweighted_accuracy

if TYPE_CHECKING:
    import torch
    from accelerate import Accelerator

_EVALUATION_BATCH = 256
_EPOCH_SEEDS = 100_003  # a prime: seeds of neighbouring runs do not share epochs


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """What one epoch came to.

    Attributes:
        epoch: From 0.
        loss: Mean training objective.
        cls: Its classification part, unweighted.
        vad: Its VAD part, unweighted.
        micl: Its contrastive part, unweighted.
        adaptation: The adaptation loss, 0 without.
        validation_loss: Mean cross-entropy on validation.
        validation_ua: Unweighted accuracy on validation.
        validation_macro_f1: Macro F1 on validation.
        learning_rate: At its end.
    """

    epoch: int
    loss: float
    cls: float
    vad: float
    micl: float
    adaptation: float
    validation_loss: float
    validation_ua: float
    validation_macro_f1: float
    learning_rate: float


class Watch:
    """Is told how training goes; tells nobody."""

    def batch(self, epoch: int, share: float, n: int) -> None:
        """A batch was learnt from.

        Args:
            epoch: From 0.
            share: Of the epoch that is done.
            n: Examples in the batch.
        """

    def epoch(self, record: EpochRecord) -> None:
        """An epoch ended, now or in an earlier sitting."""


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """What a network says of held-out rows.

    Attributes:
        rows: (n,) positions in the table.
        logits: (n, n_classes).
        vad: (n, 3).
        fused: (n, d) the embedding before the head.
    """

    rows: Ints64
    logits: Floats64
    vad: Floats64
    fused: Floats64


@dataclass(frozen=True, slots=True, eq=False)
class Adaptation:
    """Unlabelled examples of another domain that training draws nearer.

    Attributes:
        target: Whose rows are read without their labels.
        loss: Takes source and target embeddings and the share of training that is done.
        weight: Of the loss.
    """

    target: TrainSet
    loss: Any
    weight: float


def fit(
    network: torch.nn.Module,
    objective: Callable[..., Any],
    train_set: TrainSet,
    validation: HeldOutSet,
    config: TrainingConfig,
    *,
    accelerator: Accelerator,
    seed: int,
    state_file: Path | None = None,
    adaptation: Adaptation | None = None,
    watch: Watch | None = None,
    masks: Masking | None = None,
) -> tuple[EpochRecord, ...]:
    """Train in place until validation stops getting better, and keep the best epoch's weights.

    Args:
        network: On the CPU; it comes back there with the weights of the best epoch.
        objective: `losses.Objective`.
        train_set: What is fitted on.
        validation: What picks the epoch.
        config: How.
        accelerator: Device, precision, processes.
        seed: Of order and dropout.
        state_file: Where the end of each epoch is kept; a run that finds one goes on from it.
        adaptation: Another domain.
        watch: Told of each batch and epoch; first of the epochs of an earlier sitting.
        masks: Of training batches; the other domain's and held-out ones are not masked.

    Returns:
        Every epoch.
    """
    import torch

    learnt = torch.nn.ModuleList([network])
    if adaptation is not None and isinstance(adaptation.loss, torch.nn.Module):
        learnt.append(adaptation.loss)
    sets = [train_set] if adaptation is None else [train_set, adaptation.target]
    # labels of the other domain draw nothing
    draws = [draw_of(train_set, config, seed=seed), *(Shuffled(one.rows) for one in sets[1:])]
    orders = [Order(draw, batch_size=config.batch_size, seed=seed) for draw in draws]
    optimizer = torch.optim.AdamW(
        _groups(learnt, config.learning_rate),
        lr=config.learning_rate,
        weight_decay=config.weight_decay,
    )
    prepared, optimizer, *loaders = accelerator.prepare(
        network,
        optimizer,
        *(_loader(o, one, config.workers) for o, one in zip(orders, sets, strict=True)),
    )
    for more in learnt[1:]:
        more.to(accelerator.device)
    updates = sum(
        math.ceil(math.ceil(orders[0].batches(e) / accelerator.num_processes) / config.accumulate)
        for e in range(config.epochs)
    )
    course = Course(
        learnt=learnt,
        optimizer=optimizer,
        schedule=make_schedule(optimizer.optimizer, config, updates),
        stages=config.epochs,
        patience=config.patience,
        clip=config.clip,
    )
    task = _Task(
        prepared, objective, validation, config, accelerator, orders, loaders, seed, adaptation,
        lambda: float(optimizer.param_groups[0]["lr"]), watch or Watch(),
        [kind for kind, tokens in train_set.table.tokens.items() if tokens.numbers == "values"],
        masks,
    )  # fmt: skip
    history = train(
        prepared,
        task,
        course,
        accelerator=accelerator,
        state_file=state_file,
        on_stage=lambda record: task.watch.epoch(EpochRecord(**record)),
    )
    return tuple(EpochRecord(**record) for record in history)


def predict(
    network: torch.nn.Module,
    held_out: HeldOutSet,
    *,
    accelerator: Accelerator | None = None,
    used: Collection[Kind] = KINDS,
) -> Outputs:
    """Read held-out rows, in the order of their rows.

    Args:
        network: In evaluation mode while this runs.
        held_out: What to read.
        accelerator: Where; None for where the network is.
        used: Modalities that the network may look at; others are withheld from every example.
    """
    import torch

    device = next(network.parameters()).device if accelerator is None else accelerator.device
    was_training = network.training
    network.eval()
    parts: list[tuple[Any, ...]] = []
    with torch.inference_mode():
        for batch in held_out_batches(held_out, _EVALUATION_BATCH):
            moved = to_device(batch, device)
            output = network(heeding(moved.inputs, used))
            parts.append((batch.rows, output.logits, output.vad, output.fused))
    network.train(was_training)
    rows, logits, vad, fused = (
        torch.cat([part[i].cpu() for part in parts]).double().numpy() for i in range(4)
    )
    order = np.argsort(rows)
    return Outputs(rows[order].astype(np.int64), logits[order], vad[order], fused[order])


@dataclass(slots=True, eq=False)
class _Task:
    """What an epoch is, for the loop.

    `scaled` are the modalities that noise may be added to, `targets` the batches of the other
    domain.
    """

    network: torch.nn.Module
    objective: Callable[..., Any]
    validation: HeldOutSet
    config: TrainingConfig
    accelerator: Accelerator
    orders: list[Order]
    loaders: list[Any]
    seed: int
    adaptation: Adaptation | None
    learning_rate: Callable[[], float]
    watch: Watch
    scaled: Collection[Kind]
    masks: Masking | None = None
    targets: Iterator[Batch] | None = None

    def batches(self, stage: int) -> Iterator[tuple[Batch, float]]:
        """One pass: batches, and the share of training that is done."""
        import torch

        torch.manual_seed(self.seed * _EPOCH_SEEDS + stage)
        for order in self.orders:
            order.epoch = stage
        self.targets = iter(self.loaders[1]) if self.adaptation else None
        n = len(self.loaders[0])
        for at, batch in enumerate(self.loaders[0]):
            yield batch, (stage + at / n) / self.config.epochs
            self.watch.batch(stage, (at + 1) / n, len(batch.rows))

    def losses(self, given: tuple[Batch, float]) -> tuple[torch.Tensor, ...]:
        """Total, classification, VAD, contrast and adaptation."""
        import torch

        batch, done = given
        target = self._next_target()
        batch = to_device(batch, self.accelerator.device)
        if self.config.noise:
            batch = _noisy(batch, self.config.noise, self.scaled)
        if self.masks is not None:
            batch = self.masks(batch)
        with self.accelerator.autocast():
            output = self.network(batch.inputs)
            losses = self.objective(output, batch.labels, batch.vad)
            total, drawn_nearer = losses.total, torch.zeros(())
            if self.adaptation is not None and target is not None:
                other = self.network(to_device(target, self.accelerator.device).inputs)
                drawn_nearer = self.adaptation.loss(output.fused, other.fused, done)
                total = total + self.adaptation.weight * drawn_nearer
        return total, losses.cls, losses.vad, losses.micl, drawn_nearer

    def _next_target(self) -> Batch | None:
        """A batch of the other domain, which begins anew where it ends before the pass does."""
        if self.targets is None:
            return None
        if (target := next(self.targets, None)) is None:
            self.targets = iter(self.loaders[1])
            target = next(self.targets)
        return target

    def judge(self, stage: int, means: Floats64) -> tuple[float, dict[str, Any]]:
        """The score that picks the epoch, and the epoch's record.

        Raises:
            UsageError: The network has diverged.
        """
        network = self.accelerator.unwrap_model(self.network)
        outputs = predict(network, self.validation, accelerator=self.accelerator)
        if not np.isfinite(outputs.logits).all():
            message = (
                f"training diverged: after epoch {stage + 1} the network gives numbers that are "
                f"not finite; lower training.learning_rate ({self.config.learning_rate:g}) or "
                f"training.clip ({self.config.clip:g}), or use training.precision no"
            )
            raise UsageError(message)
        truth = self.validation.table.labels[outputs.rows]
        guess = outputs.logits.argmax(axis=1)
        top = outputs.logits.max(axis=1, keepdims=True)
        total = top[:, 0] + np.log(np.exp(outputs.logits - top).sum(axis=1))
        loss, cls, vad, micl, drawn_nearer = means.tolist()
        record = EpochRecord(
            epoch=stage,
            loss=loss,
            cls=cls,
            vad=vad,
            micl=micl,
            adaptation=drawn_nearer,
            validation_loss=float(np.mean(total - outputs.logits[np.arange(len(truth)), truth])),
            validation_ua=unweighted_accuracy(truth, guess),
            validation_macro_f1=macro_f1(truth, guess),
            learning_rate=self.learning_rate(),
        )
        score = {
            "ua": record.validation_ua,
            "macro_f1": record.validation_macro_f1,
            "loss": -record.validation_loss,
        }[self.config.select]
        return score, asdict(record)


def _loader(order: Order, train_set: TrainSet, workers: int) -> Any:
    from torch.utils.data import DataLoader

    rows: Any = range(len(train_set.table))
    return DataLoader(
        rows,
        batch_sampler=order,
        collate_fn=partial(collate, train_set.table),
        num_workers=workers,  # begun anew each epoch, so that they change no random number
    )


def _groups(learnt: torch.nn.ModuleList, learning_rate: float) -> list[dict[str, Any]]:
    """What learns at which rate: networks say so themselves."""
    from sentigram.emotion.networks.network import Network

    groups = []
    for module in learnt:
        if isinstance(module, Network):
            groups += module.parameter_groups(learning_rate)
        elif parameters := list(module.parameters()):
            groups.append({"params": parameters, "lr": learning_rate})
    return groups


def _noisy(batch: Batch, deviation: float, scaled: Collection[Kind]) -> Batch:
    """With Gaussian noise on modalities that are scaled; names of word pieces stay as they are."""
    import torch

    inputs = {
        kind: given._replace(values=given.values + deviation * torch.randn_like(given.values))
        if kind in scaled
        else given
        for kind, given in batch.inputs.items()
    }
    return replace(batch, inputs=inputs)
