"""What each modality is worth, measured: take it away and score again.

Gates are no contributions: a gate near 1 may multiply a vector near 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from sentigram.core.arrays import Floats64

Values = Mapping[frozenset[str], float]


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one modality is worth, in units of the metric.

    Attributes:
        modality: Its name.
        alone: The metric with nothing but it.
        drop: How much the metric loses when it alone is taken away.
        shapley: Its mean worth over all orders in which modalities may be added; these sum to the
            metric with all minus the metric with none.
    """

    modality: str
    alone: float
    drop: float
    shapley: float


def contributions(
    predict: Callable[[bool, bool], Floats64], metric: Callable[[Floats64], float]
) -> tuple[Contribution, ...]:
    """Measure words and voice.

    Args:
        predict: Takes whether words and whether the voice are used, returns (n, n_classes).
        metric: Of what predict returned; larger is better.
    """
    values = coalition_values(
        ("text", "audio"), lambda used: metric(predict("text" in used, "audio" in used))
    )
    return contributions_of(values)


def contributions_of(values: Values) -> tuple[Contribution, ...]:
    """Contributions from the value of every coalition, in the names' order.

    Raises:
        ValueError: A coalition is missing.
    """
    worth, drops = shapley(values), leave_one_out(values)
    return tuple(
        Contribution(name, values[frozenset({name})], drops[name], worth[name]) for name in worth
    )


def coalition_values(
    modalities: Sequence[str], value: Callable[[frozenset[str]], float]
) -> dict[frozenset[str], float]:
    """The value of every subset of the modalities, from none to all."""
    sizes = range(len(modalities) + 1)
    return {
        frozenset(used): float(value(frozenset(used)))
        for size in sizes
        for used in combinations(modalities, size)
    }


def leave_one_out(values: Values) -> dict[str, float]:
    """v(all) − v(all but one), for each modality.

    Raises:
        ValueError: A coalition is missing.
    """
    everyone = _everyone(values)
    return {name: values[everyone] - values[everyone - {name}] for name in sorted(everyone)}


def shapley(values: Values) -> dict[str, float]:
    """Exact Shapley values (Shapley 1953): Σ_S |S|! (n − |S| − 1)! / n! · (v(S ∪ i) − v(S)).

    Raises:
        ValueError: A coalition is missing.
    """
    everyone = _everyone(values)
    n = len(everyone)
    shares = [1 / (n * math.comb(n - 1, size)) for size in range(n)]
    return {
        name: math.fsum(
            shares[len(others)] * (values[others | {name}] - value)
            for others, value in values.items()
            if name not in others
        )
        for name in sorted(everyone)
    }


def _everyone(values: Values) -> frozenset[str]:
    everyone = frozenset[str]().union(*values)
    if len(values) != 2 ** len(everyone):
        message = (
            f"{len(values)} coalitions of {len(everyone)} modalities are known; exact values need "
            f"all {2 ** len(everyone)}, the empty one included"
        )
        raise ValueError(message)
    return everyone
