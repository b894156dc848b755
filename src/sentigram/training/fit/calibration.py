"""What a checkpoint needs so that its scores can be joined with others: a temperature, a prior."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sentigram.training.config import ObjectiveConfig, TrainingConfig
from sentigram.training.dataset.examples import Ints

Floats = NDArray[np.float64]

_LOG_RANGE = 4.0  # temperatures from e⁻⁴ to e⁴


def fit_temperature(logits: Floats, truth: Ints) -> float:
    """The temperature that makes scores of held-out examples most likely (Guo et al. 2017).

    Args:
        logits: (n, n_classes).
        truth: (n,) indices of classes.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    def loss(log_temperature: float) -> float:
        log_probs = log_softmax(logits / np.exp(log_temperature), axis=1)
        return float(-log_probs[np.arange(len(truth)), truth].mean())

    found = minimize_scalar(loss, bounds=(-_LOG_RANGE, _LOG_RANGE), method="bounded")
    return float(np.exp(found.x))


def assumed_prior(counts: Ints, objective: ObjectiveConfig, training: TrainingConfig) -> Floats:
    """How frequent a network takes each class to be, (n_classes,).

    Balanced weights or draws teach it that all are alike; otherwise it knows how frequent they
    were in training.

    Args:
        counts: (n_classes,) of training examples.
        objective: Says whether classes were weighted.
        training: Says whether they were drawn alike.
    """
    if objective.class_weights == "balanced" or training.sampler == "balanced":
        return np.full(len(counts), 1 / len(counts))
    return np.asarray(counts / counts.sum(), float)
