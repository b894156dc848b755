"""Which examples are trained on, chosen by, and tested on: frozen by hash.

A plan is written before anything is trained. Validation is cut from the training groups by the
same rule as test, so that model selection never sees a test speaker, dialogue or session.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Fold:
    """One division of the examples.

    Attributes:
        name: Such as `session1` or `fold-3`.
        train: Example ids that weights are fitted on; an id twice counts twice.
        validation: Ids that epochs and settings are chosen by.
        test: Ids that are scored once.
    """

    name: str
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class SplitPlan:
    """All folds of an experiment.

    Attributes:
        scheme: How it was made, such as `leave-one-session-out`.
        seed: Of the draws.
        manifests: The sha256 of each manifest that it divides.
        folds: In order.
    """

    scheme: str
    seed: int
    manifests: tuple[str, ...]
    folds: tuple[Fold, ...]

    @cached_property
    def sha256(self) -> str:
        """Digest of everything above."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()
