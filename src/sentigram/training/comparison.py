"""Whether one system is better than another: paired, by whole clusters, corrected for many looks.

Both systems are read on the same draws of clusters, so what is hard about a speaker or a dialogue
counts against both alike. A difference that its own interval or the corrected p does not bear out
is no difference, and is never worded as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sentigram.errors import InputError, UsageError
from sentigram.training.evaluation import by_system, same_examples
from sentigram.training.metrics import Floats, percentile_interval
from sentigram.training.predictions import Predictions
from sentigram.training.resampling import (
    HEADLINE,
    LOWER_IS_BETTER,
    UA,
    Draws,
    draw_metrics,
    make_draws,
)

Verdict = Literal["better", "worse", "no difference"]

N_DRAWS = 5000  # the least p is 2 / 5001: small enough to survive a correction over 100 pairs
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Comparison:
    """One system against another, by one metric.

    Attributes:
        first: The system that the verdict is about.
        second: The other.
        metric: Of resampling.HEADLINE.
        difference: First less second; means over runs.
        low: Lower end of its 95 % interval.
        high: Upper end.
        p: Two-sided, from the share of draws on the other side of 0; never below 2 / 2ⁿ for n
            clusters, which is the least that a sign test could give.
        p_corrected: After Holm, over all comparisons that were made together.
        verdict: About the first.
    """

    first: str
    second: str
    metric: str
    difference: float
    low: float
    high: float
    p: float
    p_corrected: float
    verdict: Verdict

    def __str__(self) -> str:
        if self.verdict == "no difference":
            return f"no difference ({self.first} − {self.second}: {self._numbers()})"
        return f"{self.first} is {self.verdict} than {self.second}: {self._numbers()}"

    def _numbers(self) -> str:
        return (
            f"Δ {self.metric} {self.difference:+.3f} [{self.low:+.3f}, {self.high:+.3f}], "
            f"p {self.p_corrected:.3g}"
        )


def compare(
    predictions: Sequence[Predictions],
    pairs: Sequence[tuple[str, str]],
    *,
    metrics: Sequence[str] = (UA,),
    n_draws: int = N_DRAWS,
    seed: int = 0,
) -> tuple[Comparison, ...]:
    """Compare pairs of systems; all that is compared in one call is one Holm family.

    Args:
        predictions: All systems and runs.
        pairs: First and second system; the verdict is about the first.
        metrics: Of resampling.HEADLINE.
        n_draws: Bootstrap draws.
        seed: Of the draws.

    Raises:
        InputError: A system is not there, or both did not read the same examples.
        UsageError: An unknown metric.
    """
    unknown = [name for name in metrics if name not in HEADLINE]
    if unknown:
        message = f"no metric {', '.join(unknown)}; choose from {', '.join(HEADLINE)}"
        raise UsageError(message)
    systems = by_system(predictions)
    wanted = {name for pair in pairs for name in pair}
    _check(systems, wanted)
    if not pairs:
        return ()
    draws = make_draws(systems[pairs[0][0]][0].clusters, n_draws=n_draws, seed=seed)
    means = {name: _mean_over_runs(systems[name], metrics, draws) for name in wanted}
    found = [
        (first, second, metric, means[first][metric] - means[second][metric])
        for metric in metrics
        for first, second in pairs
        if metric in means[first] and metric in means[second]
    ]
    # of n clusters, all may lean one way by chance with 2 / 2ⁿ: no bootstrap of few knows better
    least = 2.0 ** (1 - draws.n_clusters)
    values = [max(least, p_value(differences[1:])) for *_, differences in found]
    return tuple(
        _decided(*row, p, corrected)
        for row, p, corrected in zip(found, values, holm(values), strict=True)
    )


def against_all(
    predictions: Sequence[Predictions],
    system: str,
    *,
    metrics: Sequence[str] = (UA,),
    n_draws: int = N_DRAWS,
    seed: int = 0,
) -> tuple[Comparison, ...]:
    """Compare one system with every other; see `compare`."""
    names = dict.fromkeys(part.system for part in predictions)
    pairs = [(system, other) for other in names if other != system]
    return compare(predictions, pairs, metrics=metrics, n_draws=n_draws, seed=seed)


def p_value(differences: Floats) -> float:
    """Two-sided p from bootstrap differences (n_draws,), never 0.

    Twice the smaller share of draws on either side of 0, the observed one counted in (Davison and
    Hinkley 1997, eq. 4.11).
    """
    n = len(differences) + 1
    below = (1 + int(np.sum(differences <= 0))) / n
    above = (1 + int(np.sum(differences >= 0))) / n
    return min(1.0, 2 * min(below, above))


def holm(values: Sequence[float]) -> tuple[float, ...]:
    """Step-down correction of p-values for having looked often (Holm 1979), in the given order."""
    n = len(values)
    order = np.argsort(values, kind="stable")
    scaled = np.asarray(values, float)[order] * (n - np.arange(n))
    corrected = np.empty(n)
    corrected[order] = np.minimum(np.maximum.accumulate(scaled), 1)
    return tuple(map(float, corrected))


def _check(systems: dict[str, tuple[Predictions, ...]], wanted: set[str]) -> None:
    absent = sorted(wanted - set(systems))
    if absent:
        message = f"no readings of {', '.join(absent)}; there are {', '.join(systems)}"
        raise InputError(message)
    names = sorted(wanted)
    for name in names[1:]:
        if not same_examples(systems[names[0]][0], systems[name][0]):
            message = (
                f"{names[0]} and {name} were not tested on the same examples, so they cannot be "
                "compared in pairs; train them in one experiment"
            )
            raise InputError(message)


def _mean_over_runs(
    runs: Sequence[Predictions], metrics: Sequence[str], draws: Draws
) -> dict[str, Floats]:
    found = [draw_metrics(run, draws, names=metrics) for run in runs]
    return {
        name: np.mean([run[name] for run in found], axis=0) for name in metrics if name in found[0]
    }


def _decided(
    first: str,
    second: str,
    metric: str,
    differences: Floats,
    p: float,
    corrected: float,
) -> Comparison:
    low, high = percentile_interval(differences[1:])
    difference = float(differences[0])
    verdict: Verdict = "no difference"
    if (low > 0 or high < 0) and corrected < LEVEL:
        gains = (difference > 0) != (metric in LOWER_IS_BETTER)
        verdict = "better" if gains else "worse"
    return Comparison(first, second, metric, difference, low, high, p, corrected, verdict)
