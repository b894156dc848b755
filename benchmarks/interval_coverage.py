"""How often 95 % intervals hold the truth, and how often equal systems are called different.

    python benchmarks/interval_coverage.py [--trials 400]

Readings are made up, so that the truth is known: dialogues nested in speakers, who differ. Three
tables. The first is of one system and of the paired difference of two, a single run each, against
the truth for all speakers: the intervals that reports print, and beside them what they replaced,
percentiles of draws of whole speakers, and of dialogues. The second is of one system whose seeds
vary, against the truth for all speakers and seeds. In the third, six systems are one configuration
with other seeds, and all 15 pairs are compared: any verdict is wrong.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
from simulated import Design, simulate, true_scores

from sentigram.training.judge.comparison import Comparison, compare
from sentigram.training.judge.evaluation import scored
from sentigram.training.judge.predictions import Predictions
from sentigram.training.judge.resampling import (
    MACRO_F1,
    UA,
    WA,
    WEIGHTED_F1,
    draw_metrics,
    make_draws,
)

N_DRAWS = 300
METRICS = {WA: "accuracy", UA: "UA", MACRO_F1: "macro-F1"}
SIZES = (3, 5, 10, 20, 50)
UNEVEN = 0.7  # a speaker in six has twice the median, or half
SEED = 0.15  # makes accuracy vary over seeds by about .015
FIRST, SECOND = "system-0", "system-1"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=400)
    n_trials = parser.parse_args().trials
    began = time.process_time()
    print(f"share of {n_trials} simulations whose 95 % interval holds the truth\n")
    print("| speakers | of | " + " | ".join(METRICS.values()) + " |")
    print("|---|---|" + "---|" * len(METRICS))
    for unevenness in (0.0, UNEVEN):
        design = Design(5, unevenness=unevenness, skills=(0.8, 1.0))
        truth = true_scores(design, list(METRICS))
        for n_speakers in SIZES:
            sized = replace(design, n_speakers=n_speakers)
            for line in coverage(sized, truth, n_trials):
                print(line, flush=True)
    print("\n| speakers | runs | " + " | ".join(METRICS.values()) + " |")
    print("|---|---|" + "---|" * len(METRICS))
    varies = Design(5, seed=SEED)
    truth = true_scores(varies, list(METRICS), n_runs=60)
    for n_speakers in (5, 20):
        for n_runs in (2, 3, 5):
            sized = replace(varies, n_speakers=n_speakers)
            print(over_seeds(sized, truth, n_runs, n_trials), flush=True)
    print("\n| speakers | runs of each | simulations with a verdict, after Holm |")
    print("|---|---|---|")
    for n_speakers in (10, 50):
        for n_runs in (1, 2, 3, 5):
            same = Design(n_speakers, seed=SEED, skills=(0.8,) * 6)
            print(verdicts(same, n_runs, n_trials // 4), flush=True)
    print(f"\n{time.process_time() - began:.0f} s of one core")


def coverage(design: Design, truth: dict[str, dict[str, float]], n_trials: int) -> list[str]:
    """Rows of the first table."""
    hits: dict[str, list[list[bool | None]]] = {}
    for trial in range(n_trials):
        parts = simulate(design, 1, np.random.default_rng([trial, design.n_speakers]))
        first = parts[0]
        speakers = make_draws(first.clusters, n_draws=N_DRAWS, seed=trial)
        dialogues = make_draws(first.dialogue_clusters, n_draws=N_DRAWS, seed=trial)
        drawn = [draw_metrics(part, speakers, names=list(METRICS)) for part in parts]
        nested = draw_metrics(first, dialogues, names=list(METRICS))
        found = compare(parts, [(FIRST, SECOND)], metrics=list(METRICS), n_draws=N_DRAWS)
        gaps = {metric: truth[FIRST][metric] - truth[SECOND][metric] for metric in METRICS}
        rows: dict[str, list[bool | None]] = {
            "one system": [
                within(scored([drawn[0][m]], speakers.sizes), truth[FIRST][m]) for m in METRICS
            ],
            "one system, percentiles": [between(drawn[0][m][1:], truth[FIRST][m]) for m in METRICS],
            "one system, percentiles over dialogues": [
                between(nested[m][1:], truth[FIRST][m]) for m in METRICS
            ],
            "difference": [within(one, gaps[one.metric]) for one in found],
            "difference, percentiles": [
                between((drawn[0][m] - drawn[1][m])[1:], gaps[m]) for m in METRICS
            ],
        }
        for name, row in rows.items():
            hits.setdefault(name, []).append(row)
    size = f"{design.n_speakers}{', uneven' if design.unevenness else ''}"
    return [f"| {size} | {name} | {' | '.join(shares(rows))} |" for name, rows in hits.items()]


def over_seeds(
    design: Design, truth: dict[str, dict[str, float]], n_runs: int, n_trials: int
) -> str:
    """A row of the second table."""
    hits = []
    for trial in range(n_trials):
        parts = simulate(design, n_runs, np.random.default_rng([trial, n_runs]))
        draws = make_draws(parts[0].clusters, n_draws=N_DRAWS, seed=trial)
        drawn = [draw_metrics(part, draws, names=list(METRICS)) for part in parts]
        hits.append(
            [
                within(scored([run[m] for run in drawn], draws.sizes), truth[FIRST][m])
                for m in METRICS
            ]
        )
    return f"| {design.n_speakers} | {n_runs} | {' | '.join(shares(hits))} |"


def verdicts(design: Design, n_runs: int, n_trials: int) -> str:
    """A row of the third table."""
    wrong = 0
    for trial in range(n_trials):
        parts = simulate(design, n_runs, np.random.default_rng([trial, n_runs]))
        wrong += any(one.verdict in ("better", "worse") for one in all_pairs(parts))
    what = ", all with the words: variance of seeds unknown" if n_runs == 1 else ""
    return f"| {design.n_speakers} | {n_runs} | {wrong / n_trials:.3f} of {n_trials}{what} |"


def all_pairs(parts: Sequence[Predictions]) -> tuple[Comparison, ...]:
    """Every system against every other, by weighted F1."""
    names = list(dict.fromkeys(part.system for part in parts))
    return compare(parts, list(combinations(names, 2)), metrics=(WEIGHTED_F1,), n_draws=N_DRAWS)


def within(found: Any, truth: float) -> bool | None:
    """Whether an interval holds the truth; None where none is given."""
    low, high = found.low, found.high
    return None if low is None or high is None else low <= truth <= high


def between(draws: np.ndarray, truth: float) -> bool:
    """The same for percentiles of draws."""
    low, high = np.percentile(draws, (2.5, 97.5))
    return bool(low <= truth <= high)


def shares(rows: Sequence[Sequence[bool | None]]) -> list[str]:
    """How often, by metric, among the simulations with an interval; how many had none."""
    cells = []
    for column in zip(*rows, strict=True):
        known = [hit for hit in column if hit is not None]
        if not known:
            cells.append("no interval")
            continue
        left_out = "" if len(known) == len(column) else f" (none in {len(column) - len(known)})"
        cells.append(f"{np.mean(known):.3f}{left_out}")
    return cells


if __name__ == "__main__":
    main()
