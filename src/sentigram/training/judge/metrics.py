"""Metrics for classes, dimensions and calibration, and intervals from drawing clusters.

Metrics of labels are functions of a confusion matrix and take any number of them at once, so that
a bootstrap over thousands of draws is one matrix product: see `resampling`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sentigram.core.arrays import Bools, Floats64, Ints64
from sentigram.training.judge.intervals import (
    UNDEFINED,
    Ends,
    Interval,
    interval_of,
    no_interval,
    of_clusters,
    too_few,
    words,
)

N_BINS = 15


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric with its 95 % confidence interval.

    Attributes:
        value: The metric on all examples.
        low: Lower end of the interval, None where it is unknown.
        high: Upper end, None where it is unknown.
        unknown: Why there is no interval; empty where there is one.
    """

    value: float
    low: float | None
    high: float | None
    unknown: str = ""

    def __str__(self) -> str:
        return words(self.value, Interval(self.low, self.high, self.unknown))


@dataclass(frozen=True, slots=True, eq=False)
class ClassTable:
    """What became of each class; every array is float64 (..., n_classes).

    Attributes:
        precision: Share of its guesses that are right; 0 where it was never guessed.
        recall: Share of its examples that were found; 0 where it has none.
        f1: Harmonic mean of both; 0 where both are 0.
        support: How many examples it has.
    """

    precision: Floats64
    recall: Floats64
    f1: Floats64
    support: Floats64


def confusion_matrix(truth: Ints64, guess: Ints64, n_classes: int) -> Ints64:
    """Count examples by class and guess.

    Args:
        truth: (n,) indices.
        guess: (n,) indices.
        n_classes: How many there are.

    Returns:
        int64 (n_classes, n_classes), rows are the truth.
    """
    cells = np.bincount(truth * n_classes + guess, minlength=n_classes * n_classes)
    return cells.reshape(n_classes, n_classes)  # (truth, guess)


def class_table(confusion: NDArray[np.number]) -> ClassTable:
    """Precision, recall, F1 and support of each class.

    Args:
        confusion: (..., n_classes, n_classes), rows are the truth.
    """
    counts = np.asarray(confusion, float)
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    support, guessed = counts.sum(axis=-1), counts.sum(axis=-2)
    return ClassTable(
        precision=_ratio(hits, guessed),
        recall=_ratio(hits, support),
        f1=_ratio(2 * hits, support + guessed),
        support=support,
    )


def unweighted_accuracy_of(confusion: NDArray[np.number]) -> Floats64:
    """Mean recall over the classes that occur in truth (UA), (...,)."""
    table = class_table(confusion)
    return _ratio(table.recall.sum(axis=-1), (table.support > 0).sum(axis=-1))


def weighted_accuracy_of(confusion: NDArray[np.number]) -> Floats64:
    """Share of right guesses (WA), which weights each class by its size, (...,)."""
    counts = np.asarray(confusion, float)
    return _ratio(np.trace(counts, axis1=-2, axis2=-1), counts.sum(axis=(-2, -1)))


def macro_f1_of(confusion: NDArray[np.number]) -> Floats64:
    """Mean F1 over all classes in truth or guess, (...,)."""
    counts = np.asarray(confusion, float)
    occurs = (counts.sum(axis=-1) + counts.sum(axis=-2)) > 0
    return _ratio(class_table(counts).f1.sum(axis=-1), occurs.sum(axis=-1))


def weighted_f1_of(confusion: NDArray[np.number]) -> Floats64:
    """Mean F1, each class weighted by how many examples it has, (...,)."""
    table = class_table(confusion)
    return _ratio((table.f1 * table.support).sum(axis=-1), table.support.sum(axis=-1))


def unweighted_accuracy(truth: Ints64, guess: Ints64) -> float:
    """Mean recall over the classes that occur in truth (UA)."""
    return float(unweighted_accuracy_of(_confusion(truth, guess)))


def weighted_accuracy(truth: Ints64, guess: Ints64) -> float:
    """Share of right guesses (WA)."""
    return float(np.mean(truth == guess))


def macro_f1(truth: Ints64, guess: Ints64) -> float:
    """Mean F1 over all classes in truth or guess."""
    return float(macro_f1_of(_confusion(truth, guess)))


def weighted_f1(truth: Ints64, guess: Ints64) -> float:
    """Mean F1, each class weighted by how many examples it has."""
    return float(weighted_f1_of(_confusion(truth, guess)))


def confidence_bins(confidence: Floats64, n_bins: int = N_BINS) -> Ints64:
    """The equal-width bin of each confidence, (n,); 1 falls in the last."""
    return np.minimum((confidence * n_bins).astype(np.int64), n_bins - 1)


def expected_calibration_error(probs: Floats64, truth: Ints64, *, n_bins: int = N_BINS) -> float:
    """Top-label ECE with equal-width bins (Guo et al. 2017, eq. 3).

    Args:
        probs: (n_items, n_labels), rows sum to 1.
        truth: (n_items,) label indices.
        n_bins: Equal-width confidence bins.
    """
    confidence = probs.max(axis=1)
    gap = (probs.argmax(axis=1) == truth) - confidence
    # Σ (n_b / n) |accuracy_b − confidence_b| = Σ |Σ_b (right − confidence)| / n
    sums = np.bincount(confidence_bins(confidence, n_bins), weights=gap, minlength=n_bins)
    return float(np.abs(sums).sum() / len(truth))


def squared_errors(probs: Floats64, truth: Ints64) -> Floats64:
    """Squared distance of each row from its one-hot truth, (n,) in [0, 2]."""
    hit = probs[np.arange(len(truth)), truth]
    return np.asarray((probs**2).sum(axis=1) - 2 * hit + 1)


def brier(probs: Floats64, truth: Ints64) -> float:
    """Multi-class Brier score: mean squared distance from the one-hot truth (Brier 1950).

    Args:
        probs: (n_items, n_labels), rows sum to 1.
        truth: (n_items,) label indices.
    """
    return float(squared_errors(probs, truth).mean())


def risk_coverage(confidence: Floats64, wrong: Bools) -> tuple[Floats64, Floats64]:
    """Error among the examples that are at least so sure, for every threshold.

    Equal confidences cannot be told apart by a threshold, so they are taken together.

    Args:
        confidence: (n,).
        wrong: (n,) whether the guess is.

    Returns:
        Coverage and risk, each (n_thresholds,), coverage rising to 1.
    """
    order = np.argsort(-confidence, kind="stable")
    errors = np.cumsum(wrong[order])
    last = np.flatnonzero(np.diff(confidence[order], append=-np.inf))  # of each run of equals
    return (last + 1) / len(order), errors[last] / (last + 1)


def area_under_risk_coverage(confidence: Floats64, wrong: Bools) -> float:
    """Mean risk over all coverages (AURC; Geifman et al. 2019); 0 is best."""
    coverage, risk = risk_coverage(confidence, wrong)
    return float(np.sum(np.diff(coverage, prepend=0.0) * risk))


def moments(truth: Floats64, guess: Floats64) -> Floats64:
    """What correlations are made of: 1, x, y, x², y², xy of each pair, (n, 6)."""
    ones = np.ones_like(truth, float)
    return np.stack([ones, truth, guess, truth**2, guess**2, truth * guess], axis=-1)  # (n, 6)


def ccc_of(sums: Floats64) -> Floats64:
    """Concordance correlation (Lin 1989) from sums of `moments`, (..., 6) → (...,).

    2·cov / (var_x + var_y + (mean_x − mean_y)²), with variances over n; 0 where all is constant.
    """
    mean_x, mean_y, var_x, var_y, cov = _spread(sums)
    return _ratio(2 * cov, var_x + var_y + (mean_x - mean_y) ** 2)


def pearson_of(sums: Floats64) -> Floats64:
    """Pearson's r from sums of `moments`, (..., 6) → (...,); 0 where one side is constant."""
    _, _, var_x, var_y, cov = _spread(sums)
    return _ratio(cov, np.sqrt(np.maximum(var_x, 0) * np.maximum(var_y, 0)))


def ccc(truth: Floats64, guess: Floats64) -> float:
    """Concordance correlation (Lin 1989), 0 where both are constant."""
    return float(ccc_of(_centred(truth, guess)))


def pearson(truth: Floats64, guess: Floats64) -> float:
    """Pearson's r, 0 where one side is constant."""
    return float(pearson_of(_centred(truth, guess)))


def draw_counts(n_clusters: int, *, n_draws: int, seed: int) -> Ints64:
    """How often each cluster is in each bootstrap draw, (n_draws, n_clusters)."""
    rng = np.random.default_rng(seed)
    return np.stack(
        [
            np.bincount(rng.integers(0, n_clusters, n_clusters), minlength=n_clusters)
            for _ in range(n_draws)
        ]
    )


def bootstrap(
    metric: Callable[[Ints64], float],
    clusters: Sequence[str],
    *,
    n_draws: int = 1000,
    seed: int = 0,
    within: Ends | None = None,
    unit: str = "clusters",
) -> Estimate:
    """Interval of any metric from drawing whole clusters with replacement; see `intervals`.

    Of one model as it is: the seed that it was trained with stays out of it. `resampling` makes
    the same draws at once for metrics that are made of sums.

    Args:
        metric: Takes item indices (n,) and returns the metric on those items.
        clusters: The cluster of each item; items of one cluster are drawn together. Where speakers
            and dialogues are known, these are the groups that both connect:
            `grouping.connected`.
        n_draws: Bootstrap draws.
        seed: Seed of the generator.
        within: The ends of the metric, such as (0, 1); None for differences.
        unit: What the clusters are, in the plural, for the words that stand for an interval where
            they are too few.
    """
    names, inverse = np.unique(np.asarray(clusters), return_inverse=True)
    sizes = np.bincount(inverse, minlength=len(names))
    value = metric(np.arange(len(inverse)))
    found = no_interval(too_few(sizes, unit))
    if not found.unknown:
        draws = _draws(metric, inverse, sizes, n_draws=n_draws, seed=seed)
        if np.isfinite(draws).all():
            found = interval_of(value, [of_clusters(draws, sizes)], within=within)
        else:
            found = no_interval(UNDEFINED)
    return Estimate(value, found.low, found.high, found.unknown)


def _draws(
    metric: Callable[[Ints64], float],
    cluster_of: NDArray[np.intp],
    sizes: NDArray[np.intp],
    *,
    n_draws: int,
    seed: int,
) -> Floats64:
    """The metric in each draw of clusters, (n_draws,)."""
    order = np.argsort(cluster_of, kind="stable")
    starts = np.cumsum(sizes) - sizes
    rng = np.random.default_rng(seed)
    draws = np.empty(n_draws)
    for i in range(n_draws):
        drawn = rng.integers(0, len(sizes), len(sizes))
        lengths = sizes[drawn]
        shifts = starts[drawn] - (np.cumsum(lengths) - lengths)
        draws[i] = metric(order[np.arange(lengths.sum()) + np.repeat(shifts, lengths)])
    return draws


def _confusion(truth: Ints64, guess: Ints64) -> Ints64:
    n_classes = int(max(truth.max(initial=0), guess.max(initial=0))) + 1
    return confusion_matrix(truth, guess, n_classes)


def _ratio(above: NDArray[np.number], below: NDArray[np.number]) -> Floats64:
    """Above by below, 0 where below is 0."""
    shape = np.broadcast_shapes(np.shape(above), np.shape(below))
    zeros = np.zeros(shape)
    return np.asarray(np.divide(above, below, out=zeros, where=np.asarray(below) > 0))


def _centred(truth: Floats64, guess: Floats64) -> Floats64:
    """Sums of moments about the mean of truth, so that a large mean costs no digits."""
    middle = float(np.mean(truth))
    return np.asarray(moments(truth - middle, guess - middle).sum(axis=0))


def _spread(sums: Floats64) -> tuple[Floats64, Floats64, Floats64, Floats64, Floats64]:
    """Means, variances and covariance, each (...,)."""
    n = np.maximum(sums[..., 0], 1)
    mean_x, mean_y, x2, y2, xy = (sums[..., i] / n for i in range(1, 6))
    return mean_x, mean_y, x2 - mean_x**2, y2 - mean_y**2, xy - mean_x * mean_y
