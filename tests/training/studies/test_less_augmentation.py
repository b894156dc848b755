from __future__ import annotations

from pathlib import Path

import pytest

from sentigram.errors import UsageError
from sentigram.training.fit.experiment import Bench, divide, open_bench, part_of
from sentigram.training.studies.ablation import ablations
from tests.training import spoken

EVERY_KIND = {
    "everyone": [{"kind": "specaugment"}, [{"kind": "reverb"}, {"kind": "noise"}]],
    "policies": {"anger": [{"kind": "pitch"}], "neutral": [{"kind": "tempo"}, {"kind": "codec"}]},
}


def bench(folder: Path, **changes: object) -> Bench:
    spoken.corpus(folder, n=12)
    return open_bench(spoken.experiment(folder, **changes))


def test_each_kind_is_switched_off(tmp_path: Path):
    one = bench(tmp_path, augment=EVERY_KIND, model={"family": "cnn-bilstm", "channels": [4]})
    full, *rows = ablations(one)
    assert full.name == "full"
    assert full.augment is None
    kinds = ["specaugment", "reverb", "noise", "pitch", "tempo", "codec"]
    assert [row.name for row in rows] == [
        *(f"no-{kind}" for kind in kinds), "no-policies", "no-augmentation",
    ]  # fmt: skip
    for kind, row in zip(kinds, rows, strict=False):
        assert set(row.augment.kinds) == set(kinds) - {kind}
    assert rows[-2].augment.kinds == ("specaugment", "reverb", "noise")
    assert rows[-1].augment.kinds == ()
    # what is left out is not trained on, whatever the experiment says
    fold = one.plan.folds[0]
    part = part_of(one, rows[-1], 0, fold.name, *divide(one, fold))
    assert len(part.train.rows) == len(fold.train)
    assert part.augment.kinds == ()


def test_a_network_without_parts_needs_augmentation_to_be_ablated(tmp_path: Path):
    with pytest.raises(UsageError, match="has no parts to leave out"):
        ablations(bench(tmp_path))
    masks = {"everyone": [{"kind": "specaugment"}]}
    assert [row.name for row in ablations(bench(tmp_path, augment=masks))] == [
        "full", "no-specaugment",
    ]  # fmt: skip


def test_rows_that_would_be_the_same_are_there_once(tmp_path: Path):
    by_class = {"everyone": [{"kind": "tempo"}], "policies": {"anger": [{"kind": "pitch"}]}}
    assert [row.name for row in ablations(bench(tmp_path, augment=by_class))] == [
        "full", "no-tempo", "no-pitch", "no-augmentation",
    ]  # fmt: skip
