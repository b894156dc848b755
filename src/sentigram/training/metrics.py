"""Metrics for classification and calibration, each with a clustered-bootstrap interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric with its 95 % confidence interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def unweighted_accuracy(truth: Ints, guess: Ints) -> float:
    """Mean recall over the classes that occur in truth (UA)."""
    return float(np.mean([np.mean(guess[truth == label] == label) for label in np.unique(truth)]))


def macro_f1(truth: Ints, guess: Ints) -> float:
    """Mean F1 over all classes in truth or guess."""
    return float(f1_score(truth, guess, average="macro", zero_division=0.0))


def expected_calibration_error(probs: Floats, truth: Ints, *, n_bins: int = 15) -> float:
    """Top-label ECE with equal-width bins (Guo et al. 2017, eq. 3).

    Args:
        probs: (n_items, n_labels), rows sum to 1.
        truth: (n_items,) label indices.
        n_bins: Equal-width confidence bins.
    """
    confidence = probs.max(axis=1)
    correct = probs.argmax(axis=1) == truth
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    return float(
        sum(
            (bins == b).mean() * abs(correct[bins == b].mean() - confidence[bins == b].mean())
            for b in np.unique(bins)
        )
    )


def bootstrap(
    metric: Callable[[Ints], float],
    clusters: Sequence[str],
    *,
    n_draws: int = 1000,
    seed: int = 0,
) -> Estimate:
    """Percentile interval from resampling whole clusters (speakers, dialogues) with replacement.

    Args:
        metric: Takes item indices (n,) and returns the metric on those items.
        clusters: The cluster of each item; items of one cluster are drawn together.
        n_draws: Bootstrap draws.
        seed: Seed of the generator.
    """
    names, inverse = np.unique(np.asarray(clusters), return_inverse=True)
    members = [np.flatnonzero(inverse == i) for i in range(len(names))]
    rng = np.random.default_rng(seed)
    draws = [
        metric(np.concatenate([members[i] for i in rng.integers(0, len(names), len(names))]))
        for _ in range(n_draws)
    ]
    low, high = np.percentile(draws, [2.5, 97.5])
    return Estimate(metric(np.arange(len(inverse))), float(low), float(high))
