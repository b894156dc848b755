"""How surely valence, read from the words, tells that a line is negative, or that it is not.

A logistic curve of one variable is fitted on MELD train and measured on MELD dev. It is for
knowing what words can decide about a voice, so it is given as log likelihood ratio too: without the
rate of negative lines in the series, which no other recording shares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.metrics import roc_auc_score

from sentigram.core.arrays import Floats64, Ints64
from sentigram.training.judge.intervals import shown
from sentigram.training.judge.metrics import bootstrap, expected_calibration_error
from sentigram.training.shipped.text.data import LABELS

NEGATIVE = ("anger", "disgust", "fear", "sadness")
QUESTIONS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "negative, or happiness": (NEGATIVE, ("happiness",)),
    "negative, or happiness or neutral": (NEGATIVE, ("happiness", "neutral")),
    "anger, or happiness or neutral": (("anger",), ("happiness", "neutral")),
}
_EDGES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1.0)  # of the table, quantiles of train


@dataclass(frozen=True, slots=True)
class Curve:
    """Log odds of the first side: intercept + slope · valence.

    Attributes:
        intercept: With the rate of the first side among the lines that it was fitted on.
        slope: Per unit of valence in [-1, 1].
        log_rate: Log odds of the first side among them; the intercept less this is a likelihood
            ratio's.
    """

    intercept: float
    slope: float
    log_rate: float

    def probs(self, valence: Floats64) -> Floats64:
        """Probability of the first side, (n,)."""
        return np.asarray(1 / (1 + np.exp(-self.intercept - self.slope * valence)), float)


def fit_curve(valence: Floats64, is_first: Ints64) -> Curve:
    """Fit by likelihood; both sides must occur."""
    sign = 2.0 * is_first - 1

    def loss(x: Floats64) -> float:
        return float(np.logaddexp(0, -sign * (x[0] + x[1] * valence)).mean())

    intercept, slope = minimize(loss, np.zeros(2), method="BFGS").x
    rate = float(is_first.mean())
    return Curve(float(intercept), float(slope), float(np.log(rate / (1 - rate))))


@dataclass(frozen=True, slots=True, eq=False)
class ValenceReadings:
    """Valence of lines.

    Attributes:
        valence: (n,) in [-1, 1].
        truth: (n,) label indices.
        clusters: (n,) what the bootstrap draws.
    """

    valence: Floats64
    truth: Ints64
    clusters: Sequence[str]

    def asked(
        self, question: tuple[tuple[str, ...], tuple[str, ...]]
    ) -> tuple[Floats64, Ints64, list[str]]:
        """Valence, whether it is the first side, and cluster of the lines on either side."""
        first, second = ([LABELS.index(name) for name in side] for side in question)
        rows = np.flatnonzero(np.isin(self.truth, [*first, *second]))
        is_first = np.isin(self.truth[rows], first).astype(np.int64)
        return self.valence[rows], is_first, [self.clusters[i] for i in rows.tolist()]


def measure(train: ValenceReadings, dev: ValenceReadings, *, n_draws: int) -> dict[str, Any]:
    """Fit on train, measure on both, for each question.

    Returns:
        A JSON value: the curve; area under the ROC of low valence on train and dev; loss in nats
        and calibration error on dev; per range of valence the share of the first side in train and
        dev beside what the curve says of dev.
    """
    return {
        name: _measured(train.asked(question), dev.asked(question), n_draws)
        for name, question in QUESTIONS.items()
    }


def as_text(found: Mapping[str, Any]) -> str:
    """Write what `measure` found for people."""
    lines = ["what the valence of the words tells on MELD:"]
    for name, of in found.items():
        curve = of["curve"]
        ratio = curve["intercept"] - curve["log rate"]
        lines.append(
            f"  {name}: log odds {curve['intercept']:+.3f} {curve['slope']:+.3f} v, "
            f"as likelihood ratio {ratio:+.3f} {curve['slope']:+.3f} v"
        )
        lines += [
            f"    area under ROC, {split}: {shown(area)}"
            for split, area in ((split, of[split]) for split in ("train", "dev"))
        ]
        lines.append(
            f"    dev: loss {of['loss']:.3f} (by the rate alone {of['loss by rate']:.3f}), "
            f"ECE {of['ECE']:.3f}"
        )
        lines.append("    valence           share in train   in dev   by the curve   lines of dev")
        lines += [
            f"    {row['from']:+.2f} to {row['to']:+.2f}    {_two(row['train']):>12}"
            f"{_two(row['dev']):>10}{_two(row['curve']):>12}{row['n']:>14}"
            for row in of["ranges"]
        ]
    return "\n".join(lines)


def _measured(
    train: tuple[Floats64, Ints64, list[str]], dev: tuple[Floats64, Ints64, list[str]], n_draws: int
) -> dict[str, Any]:
    curve = fit_curve(train[0], train[1])
    probs = curve.probs(dev[0])
    both = np.stack([1 - probs, probs], axis=1)  # (n, 2)
    edges = np.quantile(train[0], _EDGES)
    inner = edges[1:-1]
    parts = [np.searchsorted(inner, valence, side="right") for valence in (train[0], dev[0])]
    return {
        "curve": {"intercept": curve.intercept, "slope": curve.slope, "log rate": curve.log_rate},
        "train": _area(*train, n_draws),
        "dev": _area(*dev, n_draws),
        "loss": _loss(probs, dev[1]),
        "loss by rate": _loss(np.full(len(probs), dev[1].mean()), dev[1]),
        "ECE": expected_calibration_error(both, dev[1]),
        "ranges": [
            {
                "from": float(edges[k]),
                "to": float(edges[k + 1]),
                "train": _mean(train[1][parts[0] == k]),
                "dev": _mean(dev[1][parts[1] == k]),
                "curve": _mean(probs[parts[1] == k]),
                "n": int((parts[1] == k).sum()),
            }
            for k in range(len(edges) - 1)
        ],
    }


def _area(
    valence: Floats64, is_first: Ints64, clusters: list[str], n_draws: int
) -> dict[str, float | None]:
    e = bootstrap(
        lambda rows: float(roc_auc_score(is_first[rows], -valence[rows])), clusters, n_draws=n_draws
    )
    return {"value": e.value, "low": e.low, "high": e.high}


def _loss(probs: Floats64, is_first: Ints64) -> float:
    return float(-np.log(np.where(is_first == 1, probs, 1 - probs)).mean())


def _mean(values: Floats64 | Ints64) -> float | None:
    return float(values.mean()) if len(values) else None


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
