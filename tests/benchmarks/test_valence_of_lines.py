from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from valence_of_lines import ValenceReadings, as_text, fit_curve, measure

from sentigram.training.shipped.text.data import LABELS

ANGER, HAPPINESS, SURPRISE = (LABELS.index(name) for name in ("anger", "happiness", "surprise"))


def readings(n: int, seed: int) -> ValenceReadings:
    """Log odds of anger against happiness of 0.5 - 6 v, and surprise at any valence."""
    rng = np.random.default_rng(seed)
    valence = rng.uniform(-0.5, 0.5, n)
    is_angry = rng.random(n) < 1 / (1 + np.exp(-0.5 + 6 * valence))
    truth = np.where(is_angry, ANGER, HAPPINESS)
    truth[rng.random(n) < 0.2] = SURPRISE
    return ValenceReadings(valence, truth, [str(i // 10) for i in range(n)])


def test_the_curve_is_the_maximum_of_likelihood() -> None:
    of = readings(3000, 0)
    keep = of.truth != SURPRISE
    valence, is_first = of.valence[keep], (of.truth[keep] == ANGER).astype(np.int64)
    curve = fit_curve(valence, is_first)
    oracle = LogisticRegression(C=1e9).fit(valence[:, None], is_first)
    assert curve.intercept == pytest.approx(float(oracle.intercept_[0]), abs=1e-3)
    assert curve.slope == pytest.approx(float(oracle.coef_[0, 0]), abs=1e-2)
    np.testing.assert_allclose(
        curve.probs(valence), oracle.predict_proba(valence[:, None])[:, 1], atol=1e-3
    )
    rate = is_first.mean()
    assert curve.log_rate == pytest.approx(np.log(rate / (1 - rate)))


def test_questions_leave_other_labels_out() -> None:
    of = readings(200, 1)
    valence, is_first, clusters = of.asked((("anger",), ("happiness",)))
    assert len(valence) == len(is_first) == len(clusters) == (of.truth != SURPRISE).sum()
    assert is_first.sum() == (of.truth == ANGER).sum()


@pytest.mark.slow
def test_figures_of_a_curve_that_holds_and_of_one_that_does_not() -> None:
    train, dev = readings(6000, 2), readings(3000, 3)
    found = measure(train, dev, n_draws=50)["negative, or happiness"]
    assert found["curve"]["slope"] == pytest.approx(-6, abs=0.4)
    assert found["ECE"] < 0.04
    assert found["loss"] < found["loss by rate"] - 0.1
    area = found["dev"]
    assert 0.7 < area["low"] < area["value"] < area["high"] < 0.9
    assert sum(row["n"] for row in found["ranges"]) == (dev.truth != SURPRISE).sum()
    shares = [row["train"] for row in found["ranges"]]
    assert shares == sorted(shares, reverse=True)
    for row in found["ranges"]:
        assert row["dev"] == pytest.approx(row["curve"], abs=0.12)
    upside_down = ValenceReadings(-dev.valence, dev.truth, dev.clusters)
    wrong = measure(train, upside_down, n_draws=5)["negative, or happiness"]
    assert wrong["dev"]["value"] == pytest.approx(1 - area["value"], abs=0.01)
    assert wrong["ECE"] > 0.2


def test_text_gives_the_curve_without_the_rate() -> None:
    found = measure(readings(3000, 4), readings(500, 5), n_draws=5)
    curve = found["negative, or happiness"]["curve"]
    text = as_text(found)
    ratio = curve["intercept"] - curve["log rate"]
    assert f"as likelihood ratio {ratio:+.3f} {curve['slope']:+.3f} v" in text


def test_a_range_without_lines_has_no_share() -> None:
    dev = readings(400, 6)
    narrow = ValenceReadings(dev.valence / 10, dev.truth, dev.clusters)
    found = measure(readings(3000, 7), narrow, n_draws=5)
    first = found["negative, or happiness"]["ranges"][0]
    assert (first["n"], first["dev"], first["curve"]) == (0, None, None)
    assert "–" in as_text(found)
