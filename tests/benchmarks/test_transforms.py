from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from label_free import noise_table
from transforms import THIS_RUN, noise_by_label, oversample

from sentigram.errors import UsageError
from sentigram.training.audit.protocol_record import Placebo
from sentigram.training.dataset.examples import HeldOutSet, TrainSet

_LABELS = np.repeat([0, 1, 2], [40, 20, 4])
_TABLE = noise_table(
    np.random.default_rng(0).standard_normal((64, 5, 50)), _LABELS, ("a", "b", "c"), np.arange(64)
)
_ROWS = np.arange(2, 64, 2)  # 19, 10 and 2 of each
TRAIN = TrainSet(_TABLE, _ROWS)
HELD = HeldOutSet(_TABLE, _ROWS + 1, "test")
_SIZES = {"a": 0.0, "b": 1.0, "c": 3.0}


def test_oversampling_evens_classes_and_keeps_every_example():
    more = oversample(TRAIN, seed=0)
    assert Counter(_LABELS[more.rows].tolist()) == {0: 19, 1: 19, 2: 19}
    assert set(more.rows) == set(_ROWS)
    assert more.rows.tolist() == oversample(TRAIN, seed=0).rows.tolist()
    assert more.rows.tolist() != oversample(TRAIN, seed=1).rows.tolist()


def test_noise_by_label_differs_by_label():
    noisy = noise_by_label(TRAIN, deviations=_SIZES, placebo=THIS_RUN, seed=0).table
    heard = noisy.tokens["audio"]
    for label, size in enumerate(_SIZES.values()):
        rows = np.flatnonzero(noisy.labels == label)
        change = [heard.of(r) - _TABLE.tokens["audio"].of(int(_ROWS[r])) for r in rows]
        assert abs(np.std(change) - size) < 0.15


def test_noise_by_label_asks_what_it_scores_without_labels():
    noise_by_label(TRAIN, deviations=_SIZES, placebo=Placebo(0.34, 1 / 3, 300), seed=0)
    with pytest.raises(UsageError, match=r"scores 0\.80 on label-free data, where chance is 0\.33"):
        noise_by_label(TRAIN, deviations=_SIZES, placebo=Placebo(0.8, 1 / 3, 300), seed=0)
    with pytest.raises(UsageError, match="no deviation for c"):
        noise_by_label(TRAIN, deviations={"a": 1, "b": 1}, placebo=THIS_RUN, seed=0)


def test_a_placebo_may_be_lucky_but_not_too_lucky():
    error = np.sqrt(0.25 * 0.75 / 400)
    assert Placebo(0.25 + 2.9 * error, 0.25, 400).is_at_chance
    assert not Placebo(0.25 + 3.1 * error, 0.25, 400).is_at_chance


_CALLS = {
    "oversample": "oversample(SET, seed=0)",
    "noise_by_label": "noise_by_label(SET, deviations={}, placebo=THIS_RUN, seed=0)",
}


@pytest.mark.parametrize("name", _CALLS)
def test_held_out_examples_are_refused_at_run_time(name: str):
    scope = {name: globals()[name], "THIS_RUN": THIS_RUN, "SET": HELD}
    with pytest.raises(TypeError, match=f"{name} changes examples, so it takes a TrainSet"):
        eval(_CALLS[name], scope)  # noqa: S307
