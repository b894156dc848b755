"""In how many lines the words show what is felt.

A felt emotion shows in the words or leaves them neutral: p(x | felt e) = (1 - π) p(x | neutral) +
π p(x | e). Evidence gives p(x | e) / p(x | neutral), so lines of one label give the likeliest π.
Where labels were given to words alone it should be near 1, which checks evidence and method.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import brentq

from sentigram.core.arrays import Floats64, Ints64
from sentigram.core.emotion import NEUTRAL
from sentigram.training.judge.intervals import shown
from sentigram.training.judge.metrics import bootstrap
from sentigram.training.shipped.text.data import LABELS

ALL = "all"


def share_shown(log_ratios: Floats64) -> float:
    """The likeliest π, in [0, 1].

    Args:
        log_ratios: (n,) log p(x | e) - log p(x | neutral) of lines in which e is felt.
    """
    excess = np.expm1(log_ratios)

    def slope(share: float) -> float:  # of the log likelihood, which is concave
        return float((excess / (1 + share * excess)).sum())

    if slope(0.0) <= 0:
        return 0.0
    if slope(1.0) >= 0:
        return 1.0
    return float(brentq(slope, 0.0, 1.0))


def measure(
    found: Floats64, truth: Ints64, clusters: Sequence[str], *, n_draws: int
) -> dict[str, Any]:
    """π of each emotion and of all together.

    Args:
        found: (n, 7) evidence of lines.
        truth: (n,) their label indices.
        clusters: (n,) what the bootstrap draws.
        n_draws: Of the bootstrap.

    Returns:
        A JSON value. `on neutral` is the same fit on lines whose label is neutral: what is above 0
        there is false evidence. Emotions without a line are left out.
    """
    neutral = LABELS.index(NEUTRAL)
    ratios = found - found[:, [neutral]]
    own = ratios[np.arange(len(truth)), truth]  # (n,)
    emotions = [label for label in LABELS if label != NEUTRAL]
    rows = {label: np.flatnonzero(truth == LABELS.index(label)) for label in emotions}
    rows[ALL] = np.flatnonzero(truth != neutral)
    shares: dict[str, Any] = {}
    for name, chosen in rows.items():
        if not len(chosen):
            continue
        e = bootstrap(_of(own[chosen]), [clusters[i] for i in chosen.tolist()], n_draws=n_draws)
        shares[name] = {"n": len(chosen), "value": e.value, "low": e.low, "high": e.high}
        if name != ALL:
            false = ratios[truth == neutral, LABELS.index(name)]
            shares[name]["on neutral"] = share_shown(false)
    return shares


def as_text(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Write what `measure` found on several corpora for people."""
    lines = ["share of lines whose words show what is felt, in brackets what neutral lines show:"]
    for name, shares in found.items():
        lines.append(f"  {name}")
        lines += [
            f"    {label:12}{shown(v)}, {v['n']} lines"
            + (f" ({v['on neutral']:.3f})" if "on neutral" in v else "")
            for label, v in shares.items()
        ]
    return "\n".join(lines)


def _of(log_ratios: Floats64) -> Callable[[Ints64], float]:
    return lambda rows: share_shown(log_ratios[rows])
