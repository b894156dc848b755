"""Bootstrap over clusters, all draws at once, for metrics that are made of sums over examples.

A draw takes every cluster some whole number of times. A metric made of sums therefore needs the
sums of each cluster only, and a thousand draws are one product of counts and sums.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sentigram.core.arrays import Bools, Floats64, Ints64
from sentigram.training.judge.intervals import UNIT, Ends
from sentigram.training.judge.metrics import (
    N_BINS,
    ccc_of,
    class_table,
    confidence_bins,
    draw_counts,
    macro_f1_of,
    moments,
    squared_errors,
    unweighted_accuracy_of,
    weighted_accuracy_of,
    weighted_f1_of,
)
from sentigram.training.judge.predictions import Predictions

DIMENSIONS = ("valence", "arousal", "dominance")
UA, WA, MACRO_F1, WEIGHTED_F1, ECE, BRIER, AURC = (
    "ua", "wa", "macro_f1", "weighted_f1", "ece", "brier", "aurc",
)  # fmt: skip
CCC = tuple(f"ccc_{name}" for name in DIMENSIONS)
HEADLINE = (UA, WA, MACRO_F1, WEIGHTED_F1, ECE, BRIER, AURC, *CCC)
LOWER_IS_BETTER = frozenset({ECE, BRIER, AURC})
ENDS: Mapping[str, Ends] = {
    **dict.fromkeys((UA, WA, MACRO_F1, WEIGHTED_F1, ECE, AURC), UNIT),
    BRIER: (0.0, 2.0),
    **dict.fromkeys(CCC, (-1.0, 1.0)),
}

_OF_CONFUSION: Mapping[str, Callable[[Floats64], Floats64]] = {
    UA: unweighted_accuracy_of,
    WA: weighted_accuracy_of,
    MACRO_F1: macro_f1_of,
    WEIGHTED_F1: weighted_f1_of,
}

_BLOCK = 250  # draws that are multiplied at once


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Bootstrap draws of clusters; the first row takes every cluster once.

    Attributes:
        cluster_of: (n_items,) the position of each item's cluster.
        counts: int16 (1 + n_draws, n_clusters) how often each is taken.
    """

    cluster_of: Ints64
    counts: NDArray[np.int16]

    @property
    def n_clusters(self) -> int:
        """How many clusters there are."""
        return int(self.counts.shape[1])

    @property
    def sizes(self) -> Ints64:
        """How many examples each cluster has, (n_clusters,)."""
        return np.asarray(np.bincount(self.cluster_of, minlength=self.n_clusters), np.int64)

    def sums(self, columns: Floats64) -> Floats64:
        """Sum per-item columns (n_items, d) within each draw, (1 + n_draws, d)."""
        if self.n_clusters == len(columns):  # every item is its own
            grouped = columns[np.argsort(self.cluster_of)]
        else:
            grouped = np.stack(
                [
                    np.bincount(self.cluster_of, weights=column, minlength=self.n_clusters)
                    for column in columns.T
                ],
                axis=-1,
            )  # (n_clusters, d)
        return self.times(grouped)

    def times(self, grouped: Floats64) -> Floats64:
        """Sum what each cluster has, (n_clusters, d), within each draw, (1 + n_draws, d)."""
        # Counts of all draws as floats would fill memory.
        blocks = np.array_split(self.counts, -(-len(self.counts) // _BLOCK))
        return np.concatenate([block.astype(float) @ grouped for block in blocks])


def make_draws(clusters: Sequence[str] | Ints64, *, n_draws: int, seed: int) -> Draws:
    """Draw clusters with replacement; the same clusters and seed give the same draws.

    Args:
        clusters: (n_items,) names or numbers.
        n_draws: How many.
        seed: Of the draws.
    """
    names, cluster_of = np.unique(np.asarray(clusters), return_inverse=True)
    counts = draw_counts(len(names), n_draws=n_draws, seed=seed)
    whole = np.ones((1, len(names)), np.int16)
    return Draws(np.asarray(cluster_of, np.int64), np.concatenate([whole, counts]))


def draw_metrics(
    predictions: Predictions, draws: Draws, *, names: Collection[str] = HEADLINE
) -> Mapping[str, Floats64]:
    """Headline metrics in every draw, (1 + n_draws,) each; the first is on all items.

    Concordance is left out where no item has both an annotation and a reading.

    Args:
        predictions: (n_items,) one system, one run.
        draws: Over the same items.
        names: Which of HEADLINE.
    """
    confusions = draw_confusions(predictions, draws)
    found = {name: of(confusions) for name, of in _OF_CONFUSION.items() if name in names}
    probs, truth = predictions.probs, predictions.truth
    confidence = probs.max(axis=1)
    right = predictions.guess == truth
    sizes = np.maximum(confusions.sum(axis=(1, 2)), 1)
    if ECE in names:
        found[ECE] = _calibration(confidence, right, draws) / sizes
    if BRIER in names:
        found[BRIER] = draws.sums(squared_errors(probs, truth)[:, None])[:, 0] / sizes
    if AURC in names:
        found[AURC] = _risk_area(confidence, ~right, draws)
    return found | _concordance(predictions, draws, names)


def draw_confusions(predictions: Predictions, draws: Draws) -> Floats64:
    """The confusion matrix of each draw, (1 + n_draws, n_classes, n_classes)."""
    n = len(predictions.classes)
    cells = predictions.truth * n + predictions.guess
    keys = draws.cluster_of * (n * n) + cells
    grouped = np.bincount(keys, minlength=draws.n_clusters * n * n).reshape(-1, n * n)
    return draws.times(grouped.astype(float)).reshape(-1, n, n)  # (draw, truth, guess)


def draw_class_metrics(predictions: Predictions, draws: Draws) -> Mapping[str, Floats64]:
    """Precision, recall and F1 of each class in each draw, (1 + n_draws, n_classes) each."""
    table = class_table(draw_confusions(predictions, draws))
    return {"precision": table.precision, "recall": table.recall, "f1": table.f1}


def _calibration(confidence: Floats64, right: Bools, draws: Draws) -> Floats64:
    """Σ over bins of |Σ (right − confidence)|, (1 + n_draws,)."""
    keys = draws.cluster_of * N_BINS + confidence_bins(confidence)
    size = draws.n_clusters * N_BINS
    grouped = np.asarray(np.bincount(keys, weights=right - confidence, minlength=size), float)
    return np.asarray(np.abs(draws.times(grouped.reshape(-1, N_BINS))).sum(axis=1))


def _risk_area(confidence: Floats64, wrong: Bools, draws: Draws) -> Floats64:
    """Area under risk and coverage of each draw, (1 + n_draws,); see `metrics.risk_coverage`."""
    order = np.argsort(-confidence, kind="stable")
    last = np.flatnonzero(np.diff(confidence[order], append=-np.inf))
    clusters, errors = draws.cluster_of[order], wrong[order].astype(float)
    areas = np.empty(len(draws.counts))
    for i, counts in enumerate(draws.counts):  # a row at a time: all of them would fill memory
        weights = counts[clusters].astype(float)
        covered = np.cumsum(weights)[last]
        risk = np.cumsum(weights * errors)[last] / np.maximum(covered, 1)
        areas[i] = np.sum(np.diff(covered, prepend=0.0) * risk) / max(covered[-1], 1)
    return areas


def _concordance(
    predictions: Predictions, draws: Draws, names: Collection[str]
) -> dict[str, Floats64]:
    found = {}
    for i, name in enumerate(CCC):
        if name not in names:
            continue
        truth, guess = predictions.vad_truth[:, i], predictions.vad[:, i]
        known = np.isfinite(truth) & np.isfinite(guess)
        if known.sum() > 1:
            rows = np.zeros((len(truth), 6))
            rows[known] = moments(truth[known], guess[known])
            found[name] = ccc_of(draws.sums(rows))
    return found
