"""Which training examples an epoch learns from, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sentigram.core.arrays import Floats64, Ints64
from sentigram.training.config import TrainingConfig
from sentigram.training.dataset.examples import TrainSet, require_train
from sentigram.training.fit.curriculum import Growing, growing


class Draw(Protocol):
    """The rows of an epoch."""

    def size(self, epoch: int) -> int:
        """How many there are; an epoch counts from 0."""
        ...

    def rows(self, rng: np.random.Generator, epoch: int) -> Ints64:
        """The positions themselves, (size,), in the order in which they are learnt from."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Shuffled:
    """Every row once.

    Attributes:
        among: (n,) positions; a row twice counts twice.
    """

    among: Ints64

    def size(self, epoch: int) -> int:
        """All."""
        del epoch
        return len(self.among)

    def rows(self, rng: np.random.Generator, epoch: int) -> Ints64:
        """All, shuffled."""
        del epoch
        return np.asarray(rng.permutation(self.among), np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """As many rows as there are, with replacement.

    Attributes:
        among: (n,) positions.
        shares: (n,) chance of each to be drawn; sums to 1.
    """

    among: Ints64
    shares: Floats64

    def size(self, epoch: int) -> int:
        """As many as there are."""
        del epoch
        return len(self.among)

    def rows(self, rng: np.random.Generator, epoch: int) -> Ints64:
        """Drawn by their shares."""
        del epoch
        return np.asarray(rng.choice(self.among, len(self.among), p=self.shares), np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class PerClass:
    """The same number of each class, as the fifth system draws them.

    All of a class as often as they fit, then as many of them as are lacking, none twice: no example
    is drawn more than once oftener than another of its class.

    Attributes:
        classes: Positions of each class that there is.
        n: Of each class.
    """

    classes: tuple[Ints64, ...]
    n: int

    def size(self, epoch: int) -> int:
        """Of all classes."""
        del epoch
        return self.n * len(self.classes)

    def rows(self, rng: np.random.Generator, epoch: int) -> Ints64:
        """Of all classes, shuffled."""
        del epoch
        drawn = []
        for own in self.classes:
            drawn.append(np.tile(own, self.n // len(own)))
            drawn.append(rng.choice(own, self.n % len(own), replace=False))
        return np.asarray(rng.permutation(np.concatenate(drawn)), np.int64)


def draw_of(train: TrainSet, config: TrainingConfig, *, seed: int) -> Draw:
    """How the epochs of an experiment draw.

    Args:
        train: Training rows only: this is a transform.
        config: Names a sampler, a number per class, or a curriculum.
        seed: Of the reference model of a curriculum.
    """
    require_train(train, what="draw_of")
    if config.curriculum is not None:
        found: Growing = growing(train, config.curriculum, seed=seed)
        return found
    if config.samples_per_class is not None:
        labels = train.table.labels[train.rows]
        classes = tuple(train.rows[labels == label] for label in np.unique(labels))
        return PerClass(classes, config.samples_per_class)
    weights = sampling_weights(train, config.sampler)
    if weights is None:
        return Shuffled(train.rows)
    return Weighted(train.rows, np.asarray(weights, float) / np.sum(weights))


def sampling_weights(train: TrainSet, sampler: str) -> Sequence[float] | None:
    """The chance of each training row to be drawn, (n,); None for all alike.

    Args:
        train: Training rows only: this is a transform.
        sampler: `shuffled`, `balanced` over labels, or `corpora`, over corpora.
    """
    require_train(train, what="sampling_weights")
    if sampler == "shuffled":
        return None
    table = train.table
    keys = table.labels if sampler == "balanced" else np.array(table.corpora)
    _, inverse, counts = np.unique(keys[train.rows], return_inverse=True, return_counts=True)
    return list(1.0 / counts[inverse])
