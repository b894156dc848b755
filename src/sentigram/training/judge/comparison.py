"""Whether one system is better than another: paired, by whole clusters, corrected for many looks.

Both systems are read on the same draws of clusters, so what is hard about a speaker or a dialogue
counts against both alike. The seeds of both vary on their own, and count too; with one run of a
system the verdict is of that run, and says that the variance of its seeds is unknown. A difference
that the corrected p does not bear out is no difference, and is never worded as one; where clusters
are too few to tell, the verdict is unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sentigram.core.arrays import Floats64
from sentigram.errors import InputError, UsageError
from sentigram.training.judge.evaluation import WITHOUT_SEED, by_system, is_one_seed, same_examples
from sentigram.training.judge.intervals import (
    LEVEL,
    ONE_RUN,
    Interval,
    Variance,
    interval_of,
    no_interval,
    of_clusters,
    of_runs,
    p_value,
    together,
    too_few,
    words,
)
from sentigram.training.judge.predictions import GIVEN_SPEAKERS, Predictions
from sentigram.training.judge.resampling import (
    HEADLINE,
    LOWER_IS_BETTER,
    UA,
    Draws,
    draw_metrics,
    make_draws,
)

Verdict = Literal["better", "worse", "no difference", "unknown"]

N_DRAWS = 5000  # the standard error of a difference is then known to 1 %


@dataclass(frozen=True, slots=True)
class Comparison:
    """One system against another, by one metric.

    Attributes:
        first: The system that the verdict is about.
        second: The other.
        metric: Of resampling.HEADLINE.
        difference: First less second; means over runs.
        low: Lower end of its 95 % interval, None where it is unknown.
        high: Upper end, None where it is unknown.
        p: Two-sided, None where it is unknown; never below 2 / 2ⁿ for n clusters, which is the
            least that a sign test could give.
        p_corrected: After Holm, over all comparisons that were made together.
        verdict: About the first.
        unknown: Why there is no interval; empty where there is one.
        one_seed: Which of the two were trained with one seed only, whose variance is unknown and
            left out.
    """

    first: str
    second: str
    metric: str
    difference: float
    low: float | None
    high: float | None
    p: float | None
    p_corrected: float | None
    verdict: Verdict
    unknown: str = ""
    one_seed: tuple[str, ...] = ()

    @property
    def worded(self) -> str:
        """The verdict, and what it leaves out."""
        return f"{self.verdict}; {ONE_RUN}" if self.one_seed else self.verdict

    def __str__(self) -> str:
        interval = words(self.difference, Interval(self.low, self.high, self.unknown), sign="+")
        numbers = f"Δ {self.metric} {interval}"
        if self.p_corrected is not None:
            numbers += f", p {self.p_corrected:.3g}"
        if self.one_seed:
            numbers += f"; one run of {' and of '.join(self.one_seed)}, {ONE_RUN}"
        match self.verdict:
            case "better" | "worse":
                return f"{self.first} is {self.verdict} than {self.second}: {numbers}"
            case "no difference" | "unknown":
                return f"{self.verdict} ({self.first} − {self.second}: {numbers})"


def compare(
    predictions: Sequence[Predictions],
    pairs: Sequence[tuple[str, str]],
    *,
    metrics: Sequence[str] = (UA,),
    n_draws: int = N_DRAWS,
    seed: int = 0,
    given_speakers: bool = False,
    without_seed: Collection[str] = WITHOUT_SEED,
) -> tuple[Comparison, ...]:
    """Compare pairs of systems; all that is compared in one call is one Holm family.

    Args:
        predictions: All systems and runs.
        pairs: First and second system; the verdict is about the first.
        metrics: Of resampling.HEADLINE.
        n_draws: Bootstrap draws.
        seed: Of the draws.
        given_speakers: Draw dialogues alone; verdicts then are of these very speakers.
        without_seed: Systems that no seed changes, so that one run of them is all there is.

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
    part = systems[pairs[0][0]][0]
    clusters = part.dialogue_clusters if given_speakers else part.clusters
    draws = make_draws(clusters, n_draws=n_draws, seed=seed)
    why = too_few(draws.sizes, GIVEN_SPEAKERS if given_speakers else part.clustered_by)
    one_seed = {name for name in wanted if is_one_seed(name, systems[name], without_seed)}
    drawn = {
        name: [draw_metrics(run, draws, names=metrics) for run in systems[name]] for name in wanted
    }
    found = [
        _difference(
            pair, metric, [[run[metric] for run in drawn[name]] for name in pair], draws, why
        )
        for metric in metrics
        for pair in pairs
        if all(metric in run for name in pair for run in drawn[name])
    ]
    return _corrected(
        [
            replace(one, one_seed=tuple(n for n in (one.first, one.second) if n in one_seed))
            for one in found
        ]
    )


def against_all(
    predictions: Sequence[Predictions],
    system: str,
    *,
    metrics: Sequence[str] = (UA,),
    n_draws: int = N_DRAWS,
    seed: int = 0,
    without_seed: Collection[str] = WITHOUT_SEED,
) -> tuple[Comparison, ...]:
    """Compare one system with every other; see `compare`."""
    names = dict.fromkeys(part.system for part in predictions)
    pairs = [(system, other) for other in names if other != system]
    return compare(
        predictions, pairs, metrics=metrics, n_draws=n_draws, seed=seed, without_seed=without_seed
    )


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


def _difference(
    pair: tuple[str, str], metric: str, sides: Sequence[Sequence[Floats64]], draws: Draws, why: str
) -> Comparison:
    """One difference, not yet corrected; each run of either side is (1 + n_draws,)."""
    first, second = (np.mean(runs, axis=0) for runs in sides)
    difference = float(first[0] - second[0])
    interval, p = no_interval(why), None
    if not why:
        sources = [of_clusters((first - second)[1:], draws.sizes), _of_seeds(sides)]
        interval = interval_of(difference, sources)
        p = p_value(difference, sources)
    if p is not None:
        # of n clusters, all may lean one way by chance with 2 / 2ⁿ: no t of few knows better
        p = max(2.0 ** (1 - draws.n_clusters), p)
    ends = (interval.low, interval.high)
    return Comparison(*pair, metric, difference, *ends, p, None, "unknown", interval.unknown)


def _of_seeds(sides: Sequence[Sequence[Floats64]]) -> Variance:
    """The variance of the difference by the seeds of both, as far as it is known."""
    found = (of_runs([float(run[0]) for run in runs]) for runs in sides)
    return together([part for part in found if part])


def _corrected(found: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """Comparisons with p after Holm over those that have one, and verdicts."""
    known = [i for i, one in enumerate(found) if one.p is not None]
    values = holm([p for one in found if (p := one.p) is not None])
    done = list(found)
    for i, p in zip(known, values, strict=True):
        done[i] = replace(found[i], p_corrected=p, verdict=_verdict(found[i], p))
    return tuple(done)


def _verdict(found: Comparison, p: float) -> Verdict:
    if p >= LEVEL:
        return "no difference"
    gains = (found.difference > 0) != (found.metric in LOWER_IS_BETTER)
    return "better" if gains else "worse"
