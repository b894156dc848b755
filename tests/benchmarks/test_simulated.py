from __future__ import annotations

import numpy as np
import pytest
from simulated import Design, simulate, true_scores

from sentigram.training.judge.comparison import compare
from sentigram.training.judge.evaluation import scored
from sentigram.training.judge.resampling import MACRO_F1, UA, WA, draw_metrics, make_draws

METRICS = (WA, UA, MACRO_F1)


@pytest.fixture(scope="module")
def truth():
    return true_scores(Design(5, skills=(0.8, 1.0)), METRICS)


def test_runs_and_systems_read_the_same_examples():
    parts = simulate(Design(6, skills=(0.5, 1.5)), 2, np.random.default_rng(0))
    names = [(part.system, part.run) for part in parts]
    assert names == [("system-0", 0), ("system-0", 1), ("system-1", 0), ("system-1", 1)]
    assert all((part.truth == parts[0].truth).all() for part in parts)
    assert parts[0].clustered_by == "speakers"
    assert len(set(parts[0].clusters)) == 6
    assert np.mean([p.guess == p.truth for p in parts[2:]]) > np.mean(
        [p.guess == p.truth for p in parts[:2]]
    )


def test_seeds_vary_as_much_as_the_design_says():
    rng = np.random.default_rng(0)
    still = simulate(Design(300, seed=0.0), 8, rng)
    moved = simulate(Design(300, seed=0.4), 8, rng)
    spread = [np.std([np.mean(p.guess == p.truth) for p in parts]) for parts in (still, moved)]
    assert spread[1] > 3 * spread[0]


def test_the_true_score_is_that_of_many_speakers(truth):
    (part,) = simulate(Design(3000), 1, np.random.default_rng(9))
    assert np.mean(part.guess == part.truth) == pytest.approx(truth["system-0"][WA], abs=0.012)


@pytest.mark.parametrize("n_speakers", [5, 10])
def test_intervals_hold_the_truth_where_percentiles_over_dialogues_do_not(truth, n_speakers):
    """A loose bound; `benchmarks/interval_coverage.py` prints the figures of the docs."""
    n_trials, hits, old = 80, [], []
    for trial in range(n_trials):
        parts = simulate(
            Design(n_speakers, skills=(0.8, 1.0)), 1, np.random.default_rng([trial, n_speakers])
        )
        draws = make_draws(parts[0].clusters, n_draws=150, seed=trial)
        drawn = draw_metrics(parts[0], draws, names=METRICS)
        (gap,) = compare(parts, [("system-0", "system-1")], metrics=(WA,), n_draws=150)
        difference = truth["system-0"][WA] - truth["system-1"][WA]
        row = [gap.low <= difference <= gap.high]
        for metric in METRICS:
            found = scored([drawn[metric]], draws.sizes)
            row.append(found.low <= truth["system-0"][metric] <= found.high)
        hits.append(row)
        dialogues = make_draws(parts[0].dialogue_clusters, n_draws=150, seed=trial)
        nested = draw_metrics(parts[0], dialogues, names=METRICS)
        ends = {metric: np.percentile(nested[metric][1:], (2.5, 97.5)) for metric in METRICS}
        old.append([low <= truth["system-0"][m] <= high for m, (low, high) in ends.items()])
    assert (np.mean(hits, axis=0) >= 0.88).all()  # .95 less three deviations of 80 trials
    assert (np.mean(old, axis=0) < 0.88).all()
