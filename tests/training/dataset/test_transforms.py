from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from label_free import noise_table
from mypy import api

from sentigram.errors import UsageError
from sentigram.training.audit.protocol_record import Placebo
from sentigram.training.dataset.examples import HeldOutSet, TrainSet
from sentigram.training.dataset.transforms import (
    THIS_RUN,
    balanced_weights,
    gaussian_noise,
    mixup,
    noise_by_label,
    oversample,
)

_ROOT = Path(__file__).resolve().parents[3]
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


def test_balanced_weights_are_those_of_scikit_learn():
    from sklearn.utils.class_weight import compute_sample_weight

    theirs = compute_sample_weight("balanced", _LABELS[_ROWS])
    np.testing.assert_allclose(balanced_weights(TRAIN), theirs / theirs.sum())


def test_noise_has_its_size_and_leaves_the_original_alone():
    before = _TABLE.audio.values.copy()
    noisy = gaussian_noise(TRAIN, deviation=2.0, seed=0)
    np.testing.assert_array_equal(_TABLE.audio.values, before)
    change = noisy.table.audio.values - before.reshape(64, 5, 50)[_ROWS].reshape(-1, 50)
    assert abs(change.std() - 2) < 0.05
    assert noisy.table.ids == tuple(_TABLE.ids[row] for row in _ROWS)
    assert noisy.table.labels[noisy.rows].tolist() == _LABELS[_ROWS].tolist()


def test_an_example_that_is_there_twice_is_changed_twice():
    noisy = gaussian_noise(TrainSet(_TABLE, np.array([3, 3])), deviation=1.0, seed=0).table
    assert len(noisy) == 2
    assert not np.array_equal(noisy.audio.of(0), noisy.audio.of(1))


def test_noise_by_label_differs_by_label():
    noisy = noise_by_label(TRAIN, deviations=_SIZES, placebo=THIS_RUN, seed=0).table
    for label, size in enumerate(_SIZES.values()):
        rows = np.flatnonzero(noisy.labels == label)
        change = [noisy.audio.of(r) - _TABLE.audio.of(int(_ROWS[r])) for r in rows]
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


def test_mixup_pairs_training_rows():
    mixed = mixup(TRAIN, alpha=0.4, seed=0)
    assert mixed.rows.tolist() == _ROWS.tolist()
    assert sorted(mixed.partners) == _ROWS.tolist()
    assert (mixed.weights >= 0.5).all()
    assert (mixed.weights <= 1).all()


_CALLS = {
    "oversample": "oversample(SET, seed=0)",
    "balanced_weights": "balanced_weights(SET)",
    "gaussian_noise": "gaussian_noise(SET, deviation=1.0, seed=0)",
    "noise_by_label": "noise_by_label(SET, deviations={}, placebo=THIS_RUN, seed=0)",
    "mixup": "mixup(SET, alpha=1.0, seed=0)",
}


@pytest.mark.parametrize("name", _CALLS)
def test_held_out_examples_are_refused_at_run_time(name: str):
    scope = {name: globals()[name], "THIS_RUN": THIS_RUN, "SET": HELD}
    with pytest.raises(TypeError, match=f"{name} changes examples, so it takes a TrainSet"):
        eval(_CALLS[name], scope)  # noqa: S307


def test_held_out_examples_are_refused_by_the_type_checker(tmp_path: Path):
    lines = [
        "from sentigram.training.dataset.examples import HeldOutSet, TrainSet",
        f"from sentigram.training.dataset.transforms import THIS_RUN, {', '.join(_CALLS)}",
        "def sound(given: TrainSet) -> None:",
        *(f"    {call.replace('SET', 'given', 1)}" for call in _CALLS.values()),
        "def wrong(given: HeldOutSet) -> None:",
        *(f"    {call.replace('SET', 'given', 1)}" for call in _CALLS.values()),
    ]
    snippet = tmp_path / "snippet.py"
    snippet.write_text("\n".join(lines) + "\n")
    said, _, _ = api.run(
        [
            f"--config-file={_ROOT / 'pyproject.toml'}",
            f"--cache-dir={_ROOT / '.mypy_cache'}",
            "--follow-imports=silent",
            str(snippet),
        ]
    )
    refused = [line for line in said.splitlines() if 'incompatible type "HeldOutSet"' in line]
    assert len(refused) == len(_CALLS), said
    assert f"Found {len(_CALLS)} errors in 1 file" in said
