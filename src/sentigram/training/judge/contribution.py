"""What each modality is worth, measured: take it away and score again.

Gates are no contributions: a gate near 1 may multiply a vector near 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

Values = Mapping[frozenset[str], float]
NONE = "none"
_Name = TypeVar("_Name", bound=str)


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
    return {used: float(value(used)) for used in coalitions(modalities)}


def coalitions(modalities: Sequence[_Name]) -> Iterator[frozenset[_Name]]:
    """Every subset of the modalities, from none to all."""
    for size in range(len(modalities) + 1):
        for used in combinations(modalities, size):
            yield frozenset(used)


def coalition_name(used: Collection[str]) -> str:
    """Such as `audio+text`, and `none`."""
    return "+".join(sorted(used)) or NONE


def coalition_of(name: str) -> frozenset[str]:
    """The coalition of a name; runs of earlier versions called words and voice `both`."""
    if name == "both":
        return frozenset({"text", "audio"})
    return frozenset() if name == NONE else frozenset(name.split("+"))


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
