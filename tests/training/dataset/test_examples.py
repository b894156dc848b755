from __future__ import annotations

import numpy as np
import pytest

from sentigram.training.augment.config import AugmentConfig
from sentigram.training.augment.masks import masked_table, masking
from sentigram.training.augment.rows import with_copies
from sentigram.training.dataset.examples import HeldOutSet
from sentigram.training.dataset.features import FeatureStore
from sentigram.training.fit.sampling import sampling_weights


def test_held_out_examples_are_refused_at_run_time():
    held = HeldOutSet(None, np.arange(2), "test")
    with pytest.raises(
        TypeError, match="sampling_weights changes examples, so it takes a TrainSet"
    ):
        sampling_weights(held, "balanced")  # type: ignore[arg-type]


def _refused_by_the_type_checker(held: HeldOutSet, store: FeatureStore) -> None:
    """Never called: `mypy` reports an ignored error that is none."""
    sampling_weights(held, "balanced")  # type: ignore[arg-type]
    masking(held, AugmentConfig())  # type: ignore[arg-type]
    masked_table(held, AugmentConfig(), seed=0)  # type: ignore[arg-type]
    with_copies(held, {}, store, scale=lambda values, _: values)  # type: ignore[arg-type]
