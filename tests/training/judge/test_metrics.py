from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp
from sklearn import metrics as oracle

from sentigram.training.judge import metrics


@st.composite
def labelled(draw, max_classes=6):
    n_classes = draw(st.integers(2, max_classes))
    labels = st.lists(st.integers(0, n_classes - 1), min_size=1, max_size=40)
    truth = np.array(draw(labels))
    indices = st.integers(0, n_classes - 1)
    guess = np.array(draw(st.lists(indices, min_size=len(truth), max_size=len(truth))))
    return truth, guess, n_classes


@st.composite
def probabilities(draw):
    truth, _, n_classes = draw(labelled())
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    return rng.dirichlet(np.ones(n_classes), len(truth)), truth


@given(labelled())
def test_label_metrics_agree_with_scikit_learn(given_):
    truth, guess, n_classes = given_
    average = {
        "macro_f1": oracle.f1_score(truth, guess, average="macro", zero_division=0.0),
        "weighted_f1": oracle.f1_score(truth, guess, average="weighted", zero_division=0.0),
        "weighted_accuracy": oracle.accuracy_score(truth, guess),
    }
    for name, expected in average.items():
        assert getattr(metrics, name)(truth, guess) == pytest.approx(expected), name
    present = np.unique(truth)
    recall = oracle.recall_score(truth, guess, labels=present, average="macro", zero_division=0.0)
    assert metrics.unweighted_accuracy(truth, guess) == pytest.approx(recall)
    matrix = metrics.confusion_matrix(truth, guess, n_classes)
    np.testing.assert_array_equal(
        matrix, oracle.confusion_matrix(truth, guess, labels=range(n_classes))
    )
    table = metrics.class_table(matrix)
    expected_table = oracle.precision_recall_fscore_support(
        truth, guess, labels=range(n_classes), zero_division=0.0
    )
    for found, wanted in zip(
        (table.precision, table.recall, table.f1, table.support), expected_table, strict=True
    ):
        np.testing.assert_allclose(found, wanted)


def test_matrices_are_measured_one_by_one_in_a_stack():
    stack = np.random.default_rng(0).integers(0, 5, (7, 3, 4, 4))
    for name in ("unweighted_accuracy_of", "weighted_accuracy_of", "macro_f1_of", "weighted_f1_of"):
        of = getattr(metrics, name)
        assert of(stack).shape == (7, 3)
        assert of(stack)[2, 1] == pytest.approx(float(of(stack[2, 1])))


@given(probabilities())
def test_calibration_error_agrees_with_torchmetrics(given_):
    import torch
    from torchmetrics.functional.classification import multiclass_calibration_error

    probs, truth = given_
    expected = multiclass_calibration_error(
        torch.tensor(probs), torch.tensor(truth), num_classes=probs.shape[1], n_bins=metrics.N_BINS
    )
    found = metrics.expected_calibration_error(probs, truth)
    assert found == pytest.approx(float(expected), abs=1e-6)


@given(probabilities())
def test_brier_agrees_with_its_definition(given_):
    probs, truth = given_
    slow = sum(
        sum((p - (k == label)) ** 2 for k, p in enumerate(row))
        for row, label in zip(probs, truth, strict=True)
    ) / len(truth)
    assert metrics.brier(probs, truth) == pytest.approx(slow)


@given(
    st.lists(
        st.tuples(st.sampled_from([0.1, 0.3, 0.5, 0.9]), st.booleans()), min_size=1, max_size=25
    )
)
def test_risk_coverage_agrees_with_every_threshold_tried(rows):
    confidence, wrong = np.array([c for c, _ in rows]), np.array([w for _, w in rows])
    coverage, risk = metrics.risk_coverage(confidence, wrong)
    thresholds = sorted(set(confidence), reverse=True)
    np.testing.assert_allclose(coverage, [np.mean(confidence >= t) for t in thresholds])
    np.testing.assert_allclose(risk, [np.mean(wrong[confidence >= t]) for t in thresholds])
    slow = np.mean([np.mean(wrong[confidence >= c]) for c in confidence])
    assert metrics.area_under_risk_coverage(confidence, wrong) == pytest.approx(slow)


def test_area_is_smaller_when_the_wrong_are_unsure():
    wrong = np.array([True, True, False, False])
    unsure = metrics.area_under_risk_coverage(np.array([0.1, 0.2, 0.8, 0.9]), wrong)
    sure = metrics.area_under_risk_coverage(np.array([0.9, 0.8, 0.2, 0.1]), wrong)
    assert unsure == pytest.approx((0 + 0 + 1 / 3 + 2 / 4) / 4)
    assert sure == pytest.approx((1 + 1 + 2 / 3 + 2 / 4) / 4)


@given(st.integers(3, 50), st.integers(0, 1000), st.floats(-50, 50), st.floats(0.1, 10))
def test_correlations_agree_with_torchmetrics(n, seed, shift, scale):
    import torch
    from torchmetrics.functional import concordance_corrcoef, pearson_corrcoef

    rng = np.random.default_rng(seed)
    truth = rng.normal(size=n)
    guess = scale * (truth + rng.normal(size=n)) + shift
    pair = (torch.tensor(guess), torch.tensor(truth))
    assert metrics.pearson(truth, guess) == pytest.approx(float(pearson_corrcoef(*pair)), abs=1e-7)
    # Lin's variances are over n; torchmetrics' are over n − 1, so its gap of means counts less.
    gap = (truth.mean() - guess.mean()) ** 2
    spread = truth.var() + guess.var()
    other = float(concordance_corrcoef(*pair))
    expected = other * (spread * n / (n - 1) + gap) / (spread + gap) * (n - 1) / n
    assert metrics.ccc(truth, guess) == pytest.approx(expected, abs=1e-7)


def test_concordance_is_one_for_equals_and_falls_with_shift_and_scale():
    truth = np.linspace(-1, 1, 50)
    assert metrics.ccc(truth, truth) == pytest.approx(1)
    assert metrics.pearson(truth, 2 * truth + 1) == pytest.approx(1)
    assert metrics.ccc(truth, 2 * truth + 1) < 0.7
    assert metrics.ccc(truth, np.zeros(50)) == pytest.approx(0, abs=1e-12)


def test_bootstrap_draws_whole_clusters():
    clusters = ["a", "a", "b", "c", "c", "c", "d", "e"]
    seen = []

    def metric(rows):
        seen.append(tuple(rows))
        return float(len(rows))

    metrics.bootstrap(metric, clusters, n_draws=50, seed=3)
    assert len(seen) == 51
    for rows in seen:
        counts = np.bincount(rows, minlength=8)
        assert counts[0] == counts[1]
        assert counts[3] == counts[4] == counts[5]
        assert counts[[0, 2, 3, 6, 7]].sum() == 5


@pytest.mark.parametrize("n", [5, 40])
def test_bootstrap_gives_the_interval_of_student_for_a_mean(n):
    """With one value per cluster, the textbook interval is known."""
    values = np.random.default_rng(n).normal(size=n)
    found = metrics.bootstrap(
        lambda i: float(values[i].mean()), [str(k) for k in range(n)], n_draws=20_000
    )
    expected = ttest_1samp(values, 0).confidence_interval(0.95)
    width = expected.high - expected.low
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=0.02 * width)


@pytest.mark.slow
def test_bootstrap_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    hits = 0
    for trial in range(200):
        values = rng.normal(size=5)
        found = metrics.bootstrap(
            lambda i, v=values: float(v[i].mean()), [str(k) for k in range(5)],
            n_draws=200, seed=trial,
        )  # fmt: skip
        hits += found.low <= 0 <= found.high
    assert hits >= 0.91 * 200  # percentiles cover .82; less than .91 of .95 by luck once in 100


def test_bootstrap_of_few_clusters_says_that_they_are_few():
    found = metrics.bootstrap(lambda _: 0.5, ["a", "b", "c", "c"], unit="speakers")
    assert (found.value, found.low, found.high) == (0.5, None, None)
    assert str(found) == (
        "0.500 (interval unknown: too few speakers: 3, at least 5 of similar size are needed)"
    )


def test_bootstrap_of_one_cluster_says_that_all_hang_together():
    found = metrics.bootstrap(lambda _: 0.5, ["a"] * 1200)
    assert str(found) == ("0.500 (interval unknown: all 1,200 examples hang together by clusters)")


def test_bootstrap_without_spread_or_values_has_no_interval():
    clusters = list("abcdef")
    assert metrics.bootstrap(lambda _: 0.25, clusters).unknown == "the same in every draw"
    undefined = metrics.bootstrap(lambda i: 1.0 if len(set(i)) == 6 else float("nan"), clusters)
    assert undefined.unknown == "not defined in some draws"


def test_bootstrap_stays_between_the_ends_of_a_metric():
    right = np.array([1.0] * 11 + [0.0])
    clusters = [str(i // 2) for i in range(12)]
    free = metrics.bootstrap(lambda i: float(right[i].mean()), clusters)
    kept = metrics.bootstrap(lambda i: float(right[i].mean()), clusters, within=(0, 1))
    assert free.high > 1
    assert kept.low < kept.value < kept.high < 1


def test_bootstrap_of_thousands_of_items_takes_seconds_at_most():
    rng = np.random.default_rng(0)
    truth, guess = rng.integers(0, 7, 5000), rng.integers(0, 7, 5000)
    start = time.perf_counter()
    metrics.bootstrap(
        lambda i: metrics.unweighted_accuracy(truth[i], guess[i]), [str(i) for i in range(5000)]
    )
    assert time.perf_counter() - start < 10  # 0.3 s on a quiet core
