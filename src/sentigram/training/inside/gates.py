"""Gates of fusion networks: their means per emotion and per corpus (the table of the first system).

A gate multiplies a vector whose length it does not know: a gate of 0.9 over a vector near zero lets
nothing through. So gates are no contributions, and stand beside what was measured by taking each
modality away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sentigram.core.arrays import Floats64, Ints64
from sentigram.emotion.networks.fusion.config import FusionConfig

if TYPE_CHECKING:
    from torch import Tensor

    from sentigram.emotion.networks.network import Network

INTERACTION = "interaction"


@dataclass(frozen=True, slots=True)
class GateRow:
    """Mean gates of some test examples.

    Attributes:
        corpus: Of the examples, "" for all.
        emotion: Their true class, "" for all.
        n: How many they are.
        means: Of each gate, in the order of `gate_names`.
        deviations: Over the examples.
    """

    corpus: str
    emotion: str
    n: int
    means: tuple[float, ...]
    deviations: tuple[float, ...]


def gate_names(network: Network) -> tuple[str, ...]:
    """What a network's gates let through; nothing where it has none."""
    config = network.config
    if not isinstance(config, FusionConfig) or not config.is_gated:
        return ()
    kinds = ("text", "audio")
    return (*kinds, INTERACTION) if config.gate == "softmax" else kinds


def gates_of(gates: Tensor) -> Floats64:
    """One number per part and example, (batch, n_parts): the mean where each number has a gate."""
    found = gates.detach().double().cpu()
    return np.asarray((found.mean(dim=-1) if found.ndim == 3 else found).numpy())


def gate_rows(
    gates: Floats64, truth: Ints64, corpora: Sequence[str], classes: Sequence[str]
) -> tuple[GateRow, ...]:
    """Means of all, per emotion, per corpus, and of several corpora per emotion of each.

    Args:
        gates: (n, n_parts).
        truth: (n,) indices into classes.
        corpora: (n,) names.
        classes: Names.
    """
    names = np.array(corpora)
    several = [str(name) for name in np.unique(names)] if len(set(corpora)) > 1 else []
    wanted = [("", "")]
    wanted += [("", emotion) for emotion in classes]
    wanted += [(corpus, emotion) for corpus in several for emotion in ("", *classes)]
    rows = []
    for corpus, emotion in wanted:
        chosen = np.ones(len(gates), bool) if not corpus else names == corpus
        if emotion:
            chosen &= truth == classes.index(emotion)
        if chosen.any():
            part = gates[chosen]
            rows.append(
                GateRow(
                    corpus,
                    emotion,
                    int(chosen.sum()),
                    tuple(part.mean(axis=0).tolist()),
                    tuple(part.std(axis=0).tolist()),
                )
            )
    return tuple(rows)
