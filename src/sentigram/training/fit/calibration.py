"""What a checkpoint needs so that its scores can be joined with others: a temperature, a prior."""

from __future__ import annotations

import numpy as np

from sentigram.core.arrays import Floats64, Ints64
from sentigram.emotion.join import log_normalize
from sentigram.training.config import ObjectiveConfig, TrainingConfig


def fit_temperature(
    logits: Floats64,
    truth: Ints64,
    *,
    weights: Floats64 | None = None,
    bounds: tuple[float, float] = (-4.0, 4.0),
    in_logs: bool = True,
) -> float:
    """The temperature that makes scores of held-out examples most likely (Guo et al. 2017).

    Args:
        logits: (n, n_classes).
        truth: (n,) indices of classes.
        weights: (n,) of the examples; all count alike if None.
        bounds: Of what is searched.
        in_logs: Whether that is the temperature's logarithm, or the temperature.
    """
    from scipy.optimize import minimize_scalar

    def temperature(free: float) -> float:
        return float(np.exp(free)) if in_logs else free

    def loss(free: float) -> float:
        right = log_normalize(logits / temperature(free))[np.arange(len(truth)), truth]
        if weights is None:
            return float(-right.mean())
        return float(-(weights * right).sum() / weights.sum())

    return temperature(float(minimize_scalar(loss, bounds=bounds, method="bounded").x))


def assumed_prior(counts: Ints64, objective: ObjectiveConfig, training: TrainingConfig) -> Floats64:
    """How frequent a network takes each class to be, (n_classes,).

    Balanced weights or draws teach it that all are alike; otherwise it knows how frequent they
    were in training.

    Args:
        counts: (n_classes,) of training examples.
        objective: Says whether classes were weighted.
        training: Says whether they were drawn alike.
    """
    if objective.class_weights == "balanced" or training.draws_evenly:
        return np.full(len(counts), 1 / len(counts))
    return np.asarray(counts / counts.sum(), float)
