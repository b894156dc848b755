from __future__ import annotations

import numpy as np
import pytest

from sentigram.training.judge import metrics
from sentigram.training.judge.evaluation import scored
from sentigram.training.judge.resampling import (
    AURC,
    BRIER,
    CCC,
    ECE,
    ENDS,
    MACRO_F1,
    UA,
    WA,
    WEIGHTED_F1,
    draw_class_metrics,
    draw_metrics,
    make_draws,
)
from tests.training.readings import make_readings


@pytest.mark.parametrize("n_speakers", [7, 150])
def test_all_draws_at_once_agree_with_one_draw_at_a_time(n_speakers):
    part = make_readings(n=150, n_speakers=n_speakers)
    fast = draw_metrics(part, make_draws(part.clusters, n_draws=300, seed=5))
    probs, truth, guess = part.probs, part.truth, part.guess
    sure, wrong = probs.max(axis=1), guess != truth
    slow = {
        UA: lambda i: metrics.unweighted_accuracy(truth[i], guess[i]),
        WA: lambda i: metrics.weighted_accuracy(truth[i], guess[i]),
        MACRO_F1: lambda i: metrics.macro_f1(truth[i], guess[i]),
        WEIGHTED_F1: lambda i: metrics.weighted_f1(truth[i], guess[i]),
        ECE: lambda i: metrics.expected_calibration_error(probs[i], truth[i]),
        BRIER: lambda i: metrics.brier(probs[i], truth[i]),
        AURC: lambda i: metrics.area_under_risk_coverage(sure[i], wrong[i]),
    } | {
        name: lambda i, k=k: metrics.ccc(part.vad_truth[i, k], part.vad[i, k])
        for k, name in enumerate(CCC)
    }
    assert set(fast) == set(slow)
    for name, metric in slow.items():
        draws = make_draws(part.clusters, n_draws=300, seed=5)
        expected = metrics.bootstrap(
            metric, part.clusters.tolist(), n_draws=300, seed=5, within=ENDS[name]
        )
        found = scored([fast[name]], draws.sizes, within=ENDS[name])
        assert fast[name][0] == pytest.approx(expected.value), name
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high)), name


def test_concordance_reads_annotated_examples_only():
    part = make_readings(n=120)
    part.vad_truth[::2] = np.nan
    part.vad[1, 0] = np.nan
    known = np.isfinite(part.vad_truth[:, 0]) & np.isfinite(part.vad[:, 0])
    found = draw_metrics(part, make_draws(part.clusters, n_draws=2, seed=0))
    expected = metrics.ccc(part.vad_truth[known, 0], part.vad[known, 0])
    assert found["ccc_valence"][0] == pytest.approx(expected)


def test_concordance_is_left_out_where_nothing_is_annotated():
    part = make_readings(with_vad=False)
    found = draw_metrics(part, make_draws(part.clusters, n_draws=2, seed=0))
    assert not set(CCC) & set(found)


def test_class_metrics_of_the_first_row_are_those_of_all_examples():
    part = make_readings()
    found = draw_class_metrics(part, make_draws(part.clusters, n_draws=3, seed=0))
    table = metrics.class_table(metrics.confusion_matrix(part.truth, part.guess, 4))
    for name in ("precision", "recall", "f1"):
        np.testing.assert_allclose(found[name][0], getattr(table, name))


def test_only_what_is_asked_for_is_measured():
    part = make_readings()
    draws = make_draws(part.clusters, n_draws=2, seed=0)
    assert set(draw_metrics(part, draws, names=(UA, AURC))) == {UA, AURC}
