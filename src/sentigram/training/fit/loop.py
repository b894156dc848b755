"""The one training loop: device, precision, accumulation and processes are accelerate's.

Each epoch draws its order and its dropout from the seed and its own number, and its end is saved
whole, so a run that is killed goes on to the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sentigram.training.config import TrainingConfig
from sentigram.training.dataset.examples import Batch, HeldOutSet, TrainSet
from sentigram.training.fit.batches import (
    Order,
    collate,
    held_out_batches,
    sampling_weights,
    to_device,
)
from sentigram.training.fit.state import State, load_state, save_state
from sentigram.training.judge.metrics import macro_f1, unweighted_accuracy

if TYPE_CHECKING:
    import torch
    from accelerate import Accelerator

Floats = NDArray[np.float64]
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


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """What a network says of held-out rows.

    Attributes:
        rows: (n,) positions in the table.
        logits: (n, n_classes).
        vad: (n, 3).
        fused: (n, d) the embedding before the head.
    """

    rows: NDArray[np.int64]
    logits: Floats
    vad: Floats
    fused: Floats


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
    train: TrainSet,
    validation: HeldOutSet,
    config: TrainingConfig,
    *,
    accelerator: Accelerator,
    seed: int,
    state_file: Path | None = None,
    adaptation: Adaptation | None = None,
    on_epoch: Callable[[EpochRecord], None] = lambda _record: None,
) -> tuple[EpochRecord, ...]:
    """Train in place until validation stops getting better, and keep the best epoch's weights.

    Args:
        network: On the CPU; it comes back there with the weights of the best epoch.
        objective: `losses.Objective`.
        train: What is fitted on.
        validation: What picks the epoch.
        config: How.
        accelerator: Device, precision, processes.
        seed: Of order and dropout.
        state_file: Where the end of each epoch is kept; a run that finds one goes on from it.
        adaptation: Another domain.
        on_epoch: Told of each epoch.

    Returns:
        Every epoch.
    """
    run = _Run(network, objective, train, validation, config, accelerator, seed, adaptation)
    if state_file is not None and state_file.is_file():
        run.restore(load_state(state_file))
    while not run.is_done():
        on_epoch(run.epoch())
        if state_file is not None and accelerator.is_main_process:
            save_state(state_file, run.state())
    run.finish()
    return tuple(run.history)


def predict(
    network: torch.nn.Module,
    held_out: HeldOutSet,
    *,
    accelerator: Accelerator | None = None,
    use_text: bool = True,
    use_audio: bool = True,
) -> Outputs:
    """Read held-out rows, in the order of their rows.

    Args:
        network: In evaluation mode while this runs.
        held_out: What to read.
        accelerator: Where; None for where the network is.
        use_text: False withholds the words of every example.
        use_audio: False withholds the voice.
    """
    import torch

    device = next(network.parameters()).device if accelerator is None else accelerator.device
    was_training = network.training
    network.eval()
    parts: list[tuple[Any, ...]] = []
    with torch.inference_mode():
        for batch in held_out_batches(held_out, _EVALUATION_BATCH):
            moved = to_device(batch, device)
            output = forward(network, moved, use_text=use_text, use_audio=use_audio)
            parts.append((batch.rows, output.logits, output.vad, output.fused))
    network.train(was_training)
    rows, logits, vad, fused = (
        torch.cat([part[i].cpu() for part in parts]).double().numpy() for i in range(4)
    )
    order = np.argsort(rows)
    return Outputs(rows[order].astype(np.int64), logits[order], vad[order], fused[order])


def forward(
    network: torch.nn.Module, batch: Batch, *, use_text: bool = True, use_audio: bool = True
) -> Any:
    """Run a network on a batch, with or without one modality."""
    text_mask, audio_mask = batch.text_mask, batch.audio_mask
    if text_mask is not None and not use_text:
        text_mask = text_mask & False
    if audio_mask is not None and not use_audio:
        audio_mask = audio_mask & False
    return network(
        batch.text, text_mask, batch.text_marked, batch.audio, audio_mask, batch.audio_marked
    )


class _Run:
    """The state of one training run; `fit` is its only user."""

    def __init__(
        self,
        network: torch.nn.Module,
        objective: Callable[..., Any],
        train: TrainSet,
        validation: HeldOutSet,
        config: TrainingConfig,
        accelerator: Accelerator,
        seed: int,
        adaptation: Adaptation | None,
    ) -> None:
        import torch

        self._config, self._accelerator, self._seed = config, accelerator, seed
        self._validation, self._objective, self._adaptation = validation, objective, adaptation
        self._original = network
        self._parts = torch.nn.ModuleList([network])
        if adaptation is not None and isinstance(adaptation.loss, torch.nn.Module):
            self._parts.append(adaptation.loss)
        self._orders = [self._order(train)]
        loaders = [self._loader(train, self._orders[0])]
        if adaptation is not None:
            self._orders.append(self._order(adaptation.target))
            loaders.append(self._loader(adaptation.target, self._orders[1]))
        optimizer = torch.optim.AdamW(
            self._parts.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self._network, self._optimizer, *self._loaders = accelerator.prepare(
            network, optimizer, *loaders
        )
        if len(self._parts) > 1:
            self._parts[1].to(accelerator.device)
        self._updates = -(-len(self._loaders[0]) // config.accumulate)
        self._schedule = _schedule(self._optimizer.optimizer, config, self._updates)
        self.history: list[EpochRecord] = []
        self._best: dict[str, Any] = {}
        self._best_score = -np.inf
        self._best_epoch = -1

    def is_done(self) -> bool:
        done = len(self.history)
        waited = done - 1 - self._best_epoch
        return done >= self._config.epochs or (done > 0 and waited >= self._config.patience)

    def epoch(self) -> EpochRecord:
        import torch

        number = len(self.history)
        torch.manual_seed(self._seed * _EPOCH_SEEDS + number)
        for order in self._orders:
            order.epoch = number
        sums = self._train(number)
        record = self._judge(number, sums)
        score = {
            "ua": record.validation_ua,
            "macro_f1": record.validation_macro_f1,
            "loss": -record.validation_loss,
        }[self._config.select]
        if self._config.schedule == "plateau":
            self._schedule.step(-score)
        if score > self._best_score:
            self._best_score, self._best_epoch = score, number
            weights = self._accelerator.unwrap_model(self._network).state_dict()
            self._best = {name: value.detach().cpu().clone() for name, value in weights.items()}
        self.history.append(record)
        return record

    def _train(self, number: int) -> Floats:
        """One pass; the mean of total, cls, vad, micl and adaptation."""
        sums, n_batches = np.zeros(5), 0
        self._network.train()
        targets = iter(self._loaders[1]) if self._adaptation else None
        for at, batch in enumerate(self._loaders[0]):
            with self._accelerator.accumulate(self._network):
                if targets is None:
                    target = None
                elif (target := next(targets, None)) is None:
                    targets = iter(self._loaders[1])
                    target = next(targets)
                done = (number + at / len(self._loaders[0])) / self._config.epochs
                losses = self._step(to_device(batch, self._accelerator.device), target, done)
                if self._accelerator.sync_gradients and self._config.schedule == "onecycle":
                    self._schedule.step()
            sums += losses
            n_batches += 1
        return sums / n_batches

    def _step(self, batch: Batch, target: Batch | None, done: float) -> Floats:
        import torch

        if self._config.noise:
            batch = _noisy(batch, self._config.noise)
        with self._accelerator.autocast():
            output = forward(self._network, batch)
            losses = self._objective(output, batch.labels, batch.vad)
            total, drawn_nearer = losses.total, torch.zeros(())
            if self._adaptation is not None and target is not None:
                other = forward(self._network, to_device(target, self._accelerator.device))
                drawn_nearer = self._adaptation.loss(output.fused, other.fused, done)
                total = total + self._adaptation.weight * drawn_nearer
        self._accelerator.backward(total)
        if self._accelerator.sync_gradients:
            self._accelerator.clip_grad_norm_(self._parts.parameters(), self._config.clip)
        self._optimizer.step()
        self._optimizer.zero_grad()
        parts = (total, losses.cls, losses.vad, losses.micl, drawn_nearer)
        return np.array([float(part.detach()) for part in parts])

    def _judge(self, number: int, sums: Floats) -> EpochRecord:
        network = self._accelerator.unwrap_model(self._network)
        outputs = predict(network, self._validation, accelerator=self._accelerator)
        truth = self._validation.table.labels[outputs.rows]
        guess = outputs.logits.argmax(axis=1)
        top = outputs.logits.max(axis=1, keepdims=True)
        total = top[:, 0] + np.log(np.exp(outputs.logits - top).sum(axis=1))
        loss, cls, vad, micl, drawn_nearer = (float(value) for value in sums)
        return EpochRecord(
            epoch=number,
            loss=loss,
            cls=cls,
            vad=vad,
            micl=micl,
            adaptation=drawn_nearer,
            validation_loss=float(np.mean(total - outputs.logits[np.arange(len(truth)), truth])),
            validation_ua=unweighted_accuracy(truth, guess),
            validation_macro_f1=macro_f1(truth, guess),
            learning_rate=float(self._optimizer.param_groups[0]["lr"]),
        )

    def state(self) -> State:
        """Everything that the next epoch depends on."""
        return State(
            network={k: v.cpu() for k, v in self._parts_state().items()},
            optimizer=self._optimizer.optimizer.state_dict(),
            schedule=self._schedule.state_dict(),
            best=self._best,
            best_score=float(self._best_score),
            best_epoch=self._best_epoch,
            history=[asdict(record) for record in self.history],
        )

    def restore(self, state: State) -> None:
        """Go on from the end of an epoch."""
        self._load_parts(state.network)
        self._optimizer.optimizer.load_state_dict(state.optimizer)
        self._schedule.load_state_dict(state.schedule)
        self._best, self._best_score = dict(state.best), state.best_score
        self._best_epoch = state.best_epoch
        self.history = [EpochRecord(**record) for record in state.history]

    def finish(self) -> None:
        """Bring the best epoch's weights back to the CPU."""
        self._original.load_state_dict(self._best)
        self._original.to("cpu")
        self._original.eval()
        self._accelerator.free_memory()

    def _parts_state(self) -> Mapping[str, Any]:
        return dict(self._parts.state_dict())

    def _load_parts(self, weights: Mapping[str, Any]) -> None:
        self._parts.load_state_dict(weights)

    def _order(self, train: TrainSet) -> Order:
        return Order(
            train.rows,
            weights=sampling_weights(train, self._config.sampler),
            batch_size=self._config.batch_size,
            seed=self._seed,
        )

    @staticmethod
    def _loader(train: TrainSet, order: Order) -> Any:
        from torch.utils.data import DataLoader

        rows: Any = range(len(train.table))
        return DataLoader(rows, batch_sampler=order, collate_fn=lambda r: collate(train.table, r))


def _schedule(optimizer: Any, config: TrainingConfig, updates: int) -> Any:
    from torch.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau

    if config.schedule == "plateau":
        return ReduceLROnPlateau(optimizer, factor=0.5, patience=2)
    total = max(2, updates * config.epochs)
    return OneCycleLR(optimizer, max_lr=config.learning_rate, total_steps=total + 1)


def _noisy(batch: Batch, deviation: float) -> Batch:
    from dataclasses import replace

    import torch

    changed = {
        name: value + deviation * torch.randn_like(value)
        for name in ("text", "audio")
        if (value := getattr(batch, name)) is not None
    }
    return replace(batch, **changed)
