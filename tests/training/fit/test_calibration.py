from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sentigram.training.config import ObjectiveConfig, TrainingConfig
from sentigram.training.fit.calibration import assumed_prior, fit_temperature


def test_the_temperature_that_scores_were_multiplied_by_is_found_again():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(20_000, 4)) * 1.5
    odds = np.exp(logits)
    truth = (odds.cumsum(axis=1) / odds.sum(axis=1, keepdims=True) < rng.random((20_000, 1))).sum(1)
    assert fit_temperature(logits, truth) == pytest.approx(1, abs=0.03)
    assert fit_temperature(logits * 3, truth) == pytest.approx(3, abs=0.09)


def test_two_classes_agree_with_logistic_regression_through_the_origin():
    rng = np.random.default_rng(1)
    margin = rng.normal(size=500) * 3
    truth = (rng.random(500) < 1 / (1 + np.exp(-0.6 * margin))).astype(np.int64)
    logits = np.stack([np.zeros(500), margin], axis=1)
    fitted = LogisticRegression(C=1e9, fit_intercept=False).fit(margin[:, None], truth)
    assert fit_temperature(logits, truth) == pytest.approx(1 / fitted.coef_[0, 0], rel=1e-2)


def test_what_training_balances_is_taken_to_be_alike():
    counts = np.array([6, 3, 1])
    plain, balanced = ObjectiveConfig(class_weights="none"), ObjectiveConfig()
    training = TrainingConfig()
    assert assumed_prior(counts, plain, training).tolist() == [0.6, 0.3, 0.1]
    assert assumed_prior(counts, balanced, training).tolist() == [1 / 3] * 3
    drawn = TrainingConfig(sampler="balanced")
    assert assumed_prior(counts, plain, drawn).tolist() == [1 / 3] * 3
