"""The one training loop: networks of experiments and the text model that ships come out of it.

A stage is what lies between two looks at held-out examples: an epoch, or a number of steps. After
each one what was learnt is judged, and the weights of the best stage are kept. Device, precision,
accumulation and processes are accelerate's. The end of a stage is saved whole, so that a run that
is killed goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from sentigram.core.arrays import Floats64
from sentigram.training.fit.state import TrainingState, load_state, save_state

if TYPE_CHECKING:
    import torch
    from accelerate import Accelerator


class Task(Protocol):
    """What is learnt."""

    def batches(self, stage: int) -> Iterable[Any]:
        """What the steps of a stage learn from; nothing ends the training."""
        ...

    def losses(self, given: Any, /) -> tuple[torch.Tensor, ...]:
        """What one step minimizes, then other losses that are only told of."""
        ...

    def judge(self, stage: int, means: Floats64) -> tuple[float, dict[str, Any]]:
        """The score of a stage, more is better; and its record, of which `means` are the losses."""
        ...


@dataclass(frozen=True, slots=True)
class Average:
    """Averaged weights, which are judged and kept in place of the network's own.

    Attributes:
        decay: Of the exponential average, less in the first steps.
        every: Steps between updates.
    """

    decay: float
    every: int


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """How it is learnt.

    Attributes:
        learnt: All that gets gradients: the network, and losses with weights of their own.
        optimizer: Prepared by the accelerator.
        schedule: Of learning rates, stepped after each update; `ReduceLROnPlateau` after stages.
        stages: At most.
        patience: Stages without progress before it stops.
        clip: Largest gradient norm.
        average: None judges and keeps the network's own weights.
    """

    learnt: torch.nn.Module
    optimizer: Any
    schedule: Any
    stages: int
    patience: int
    clip: float
    average: Average | None = None


def train(
    network: torch.nn.Module,
    task: Task,
    course: Course,
    *,
    accelerator: Accelerator,
    state_file: Path | None = None,
    on_stage: Callable[[dict[str, Any]], None] = lambda _record: None,
) -> tuple[dict[str, Any], ...]:
    """Train in place, and keep the weights of the best stage.

    Args:
        network: Prepared by the accelerator; it comes back on the CPU, in evaluation mode.
        task: What is learnt.
        course: How.
        accelerator: Device, precision, processes.
        state_file: Where the end of each stage is kept; a run that finds one goes on from it.
        on_stage: Told of each record, those of an earlier sitting first.

    Returns:
        The record of each stage.
    """
    run = _Run(network, task, course, accelerator)
    if state_file is not None and state_file.is_file():
        run.restore(load_state(state_file))
        for kept in run.history:
            on_stage(kept)
    while not run.is_done() and (record := run.stage()):
        on_stage(record)
        if state_file is not None and accelerator.is_main_process:
            save_state(state_file, run.state())
    run.finish()
    return tuple(run.history)


class _Run:
    """The state of one run; `train` is its only user."""

    def __init__(
        self, network: torch.nn.Module, task: Task, course: Course, accelerator: Accelerator
    ) -> None:
        self._network, self._task, self._course = network, task, course
        self._accelerator = accelerator
        self._plain = accelerator.unwrap_model(network)
        self._average = {} if course.average is None else _copy(self._plain.state_dict())
        self._n_updates = 0
        self.history: list[dict[str, Any]] = []
        self._best: dict[str, Any] = {}
        self._best_score = -np.inf
        self._best_stage = -1

    def is_done(self) -> bool:
        done = len(self.history)
        waited = done - 1 - self._best_stage
        return done >= self._course.stages or (done > 0 and waited >= self._course.patience)

    def stage(self) -> dict[str, Any] | None:
        """Learn, then judge; None where there was nothing to learn from."""
        number = len(self.history)
        sums, n_steps = np.zeros(()), 0
        self._network.train()
        for given in self._task.batches(number):
            sums = sums + self._step(given)
            n_steps += 1
        if not n_steps:
            return None
        own = _copy(self._plain.state_dict()) if self._average else {}
        if own:
            self._plain.load_state_dict(self._average)
        score, record = self._task.judge(number, sums / n_steps)
        if score > self._best_score:
            self._best_score, self._best_stage = score, number
            self._best = _copy(self._plain.state_dict(), device="cpu")
        if own:
            self._plain.load_state_dict(own)
        if self._is_plateau:
            self._course.schedule.step(-score)
        self.history.append(record)
        return record

    def _step(self, given: Any) -> Floats64:
        course, accelerator = self._course, self._accelerator
        with accelerator.accumulate(self._network):
            losses = self._task.losses(given)
            accelerator.backward(losses[0])
            if accelerator.sync_gradients:
                accelerator.clip_grad_norm_(course.learnt.parameters(), course.clip)
            course.optimizer.step()
            course.optimizer.zero_grad()
            if accelerator.sync_gradients:
                self._n_updates += 1
                if not self._is_plateau:
                    course.schedule.step()
                if course.average is not None and self._n_updates % course.average.every == 0:
                    self._follow(course.average)
        return np.array([float(loss.detach()) for loss in losses])

    def _follow(self, average: Average) -> None:
        """Move the average toward the weights."""
        decay = min(average.decay, self._n_updates / (self._n_updates + 50))
        for name, value in self._plain.state_dict().items():
            if value.is_floating_point():
                self._average[name].lerp_(value, 1 - decay)

    @property
    def _is_plateau(self) -> bool:
        from torch.optim.lr_scheduler import ReduceLROnPlateau

        return isinstance(self._course.schedule, ReduceLROnPlateau)

    def state(self) -> TrainingState:
        """Everything that the next stage depends on."""
        return TrainingState(
            network=_copy(self._course.learnt.state_dict(), device="cpu"),
            average=self._average,
            optimizer=self._course.optimizer.optimizer.state_dict(),
            schedule=self._course.schedule.state_dict(),
            best=self._best,
            best_score=float(self._best_score),
            best_stage=self._best_stage,
            n_updates=self._n_updates,
            history=self.history,
        )

    def restore(self, state: TrainingState) -> None:
        """Go on from the end of a stage."""
        self._course.learnt.load_state_dict(state.network)
        for name, value in state.average.items():
            self._average[name].copy_(value)
        self._course.optimizer.optimizer.load_state_dict(state.optimizer)
        self._course.schedule.load_state_dict(state.schedule)
        self._best, self._best_score = dict(state.best), state.best_score
        self._best_stage, self._n_updates = state.best_stage, state.n_updates
        self.history = list(state.history)

    def finish(self) -> None:
        """Bring the best stage's weights back to the CPU."""
        if self._best:
            self._plain.load_state_dict(self._best)
        self._plain.to("cpu")
        self._plain.eval()
        self._accelerator.free_memory()


def _copy(weights: Any, device: str | None = None) -> dict[str, Any]:
    return {
        name: (value.detach() if device is None else value.detach().to(device)).clone()
        for name, value in weights.items()
    }
