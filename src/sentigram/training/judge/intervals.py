"""95 % intervals and p-values from two sources of variance: who was tested, and which seed trained.

Clusters (speakers with their dialogues) are drawn by a bootstrap. Its percentiles are too narrow
for few clusters, so that only its standard error is used: with √(G / (G − 1)) for G clusters and
Student's t of G − 1 degrees of freedom, on the logit scale for metrics that have two ends. Where
clusters differ in size, G is their effective number. Seeds add the variance of a mean over runs.

Both sources have few degrees of freedom. Their squared half-widths are added, each with its own t
(Howe 1974; Zou and Donner 2008), which no sample variance that is small by luck can undercut:
`python benchmarks/interval_coverage.py` shows what that covers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sentigram.core.arrays import Floats64, Ints64

Ends = tuple[float, float]

LEVEL = 0.05
UNIT: Ends = (0.0, 1.0)
FEWEST_CLUSTERS = 5
FEWEST_EFFECTIVE = 3.0  # clusters of very different size count less

ONE_RUN = "variance of seeds unknown"
CONSTANT = "the same in every draw"
AT_AN_END = "at the end of its range"
UNDEFINED = "not defined in some draws"

GROUPS = "groups connected by "  # how components are named: groups connected by speakers and …

_LEAST_P = 1e-12
_MOST_OVER = 3  # times the distance to the nearer end, up to which the logit's slope is trusted


@dataclass(frozen=True, slots=True)
class Variance:
    """How much a figure varies by one source.

    Attributes:
        value: The estimated variance.
        df: Its degrees of freedom.
    """

    value: float
    df: float


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval, or why there is none.

    Attributes:
        low: Lower end, None where it is unknown.
        high: Upper end, None where it is unknown.
        unknown: Why there is none; empty where there is one.
    """

    low: float | None
    high: float | None
    unknown: str = ""


def no_interval(why: str) -> Interval:
    """An interval that cannot be given."""
    return Interval(None, None, why)


def words(value: float, interval: Interval, *, sign: str = "") -> str:
    """A figure and its interval, or the words that it has none.

    Args:
        value: The figure.
        interval: Its own.
        sign: `+` to show the sign always.
    """
    if interval.low is None or interval.high is None:
        return f"{value:{sign}.3f} (interval unknown: {interval.unknown})"
    return f"{value:{sign}.3f} [{interval.low:{sign}.3f}, {interval.high:{sign}.3f}]"


def shown(figure: Mapping[str, float | None], form: str = ".3f") -> str:
    """A figure of a JSON report, with its interval where it has one.

    Args:
        figure: `value`, `low` and `high`; both ends are None where the interval is unknown.
        form: Of each number.
    """
    value, low, high = (figure[name] for name in ("value", "low", "high"))
    if low is None or high is None:
        return f"{value:{form}} (no interval)"
    return f"{value:{form}} [{low:{form}}, {high:{form}}]"


def effective_number(sizes: Ints64) -> float:
    """How many clusters of equal size these are worth, (Σ n)² / Σ n² (Kish 1965)."""
    counts = np.asarray(sizes, float)
    return float(counts.sum() ** 2 / (counts**2).sum())


def too_few(sizes: Ints64, unit: str) -> str:
    """Why no interval can be drawn from clusters of these sizes; empty where one can.

    Args:
        sizes: (n_clusters,) how many examples each has, 1 at least.
        unit: What they are, in the plural, such as `speakers`.
    """
    if len(sizes) >= FEWEST_CLUSTERS and effective_number(sizes) >= FEWEST_EFFECTIVE:
        return ""
    n, largest = int(np.sum(sizes)), int(np.max(sizes))
    if 2 * largest > n:
        how_many = f"all {n:,}" if largest == n else f"{largest:,} of {n:,}"
        return f"{how_many} examples hang together by {unit.removeprefix(GROUPS)}"
    return f"too few {unit}: {len(sizes)}, at least {FEWEST_CLUSTERS} of similar size are needed"


def of_clusters(draws: Floats64, sizes: Ints64) -> Variance:
    """The variance over clusters, from bootstrap draws of them.

    Args:
        draws: (n_draws,) the figure in each draw.
        sizes: (n_clusters,) how many examples each cluster has.
    """
    df = effective_number(sizes) - 1
    return Variance(float(np.var(draws, ddof=1)) * (df + 1) / df, df)


def of_runs(values: Sequence[float]) -> Variance | None:
    """The variance of a mean over runs that differ in their seed; None where there is one run."""
    n = len(values)
    return Variance(float(np.var(values, ddof=1)) / n, n - 1) if n > 1 else None


def together(variances: Sequence[Variance]) -> Variance:
    """The sum of variances of one kind, with the degrees of freedom of Welch and Satterthwaite."""
    total = sum(part.value for part in variances)
    if total == 0:
        return Variance(0.0, max((part.df for part in variances), default=1.0))
    return Variance(total, total**2 / sum(part.value**2 / part.df for part in variances))


def half_width(sources: Sequence[Variance], level: float = LEVEL) -> float:
    """Half of the interval's width, √ Σ t²·variance over the sources."""
    return math.sqrt(sum(_t(level, part.df) ** 2 * part.value for part in sources))


def interval_of(
    value: float, sources: Sequence[Variance], *, within: Ends | None = None
) -> Interval:
    """A 95 % interval.

    Args:
        value: The figure.
        sources: Its variance by clusters and, where it is known, by runs.
        within: The ends of the metric; the interval stays between them. None for metrics without
            ends, and for differences.
    """
    half = half_width(sources)
    if half == 0:
        return no_interval(CONSTANT)
    if within is None:
        return Interval(value - half, value + half)
    low, high = within
    if not low < value < high:
        return no_interval(AT_AN_END)
    if half > _MOST_OVER * min(value - low, high - value):
        # a slope at a point says nothing of ends so far away: 0.006 would get [0.000, 0.996]
        return Interval(max(low, value - half), min(high, value + half))
    middle = math.log((value - low) / (high - value))
    half *= (high - low) / ((value - low) * (high - value))  # the slope of the logit
    lower, upper = (low + (high - low) * _logistic(z) for z in (middle - half, middle + half))
    return Interval(lower, upper)


def p_value(value: float, sources: Sequence[Variance]) -> float | None:
    """Two-sided p of a difference that is 0 in truth: the level whose interval ends at 0.

    None where the difference is not 0 and nothing varies.
    """
    if half_width(sources) == 0:
        return 1.0 if value == 0 else None
    low, high = math.log(_LEAST_P), 0.0
    for _ in range(60):  # halves the range of log p, to 10⁻¹⁶
        middle = (low + high) / 2
        if half_width(sources, math.exp(middle)) > abs(value):
            low = middle
        else:
            high = middle
    return math.exp(high)


def _t(level: float, df: float) -> float:
    """Student's t that is exceeded on either side with probability `level`."""
    from scipy.special import stdtrit

    return -float(stdtrit(df, level / 2))


def _logistic(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))
