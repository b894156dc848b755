from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sentigram.errors import InputError, UsageError
from sentigram.training.audit.experiments import audit_bench
from sentigram.training.augment.config import AugmentConfig
from sentigram.training.augment.rows import with_copies
from sentigram.training.dataset.assemble import normalized, scaling, statistics
from sentigram.training.dataset.examples import HeldOutSet, TrainSet
from sentigram.training.dataset.features import open_store
from sentigram.training.dataset.manifest import read_manifest
from sentigram.training.fit.augmented import (
    augmented,
    copies_by_id,
    learnt_ids,
    prepare_copies,
    with_copies_in_plan,
    write_copies,
)
from sentigram.training.fit.experiment import Bench, divide, open_bench, part_of, systems
from tests.training import spoken

POLICIES: dict[str, Any] = {
    "everyone": [{"kind": "noise", "snr_db": 10}],
    "policies": {"anger": [{"kind": "tempo", "rate": 0.8}]},
    "placebo": "skip",
}


def bench(folder: Path, **changes: Any) -> Bench:
    spoken.corpus(folder, n=24)
    return open_bench(spoken.experiment(folder, augment=POLICIES, **changes))


def n_copies(one: Bench, ids: set[str]) -> int:
    """One each, and one more of those that are angry."""
    return sum(1 + ("anger" in e.labels) for e in one.examples if e.id in ids)


def test_copies_join_the_training_rows_of_their_fold_and_no_others(tmp_path: Path):
    one = bench(tmp_path)
    assert prepare_copies(one, one.config.augment) == n_copies(one, learnt_ids(one.plan))
    for fold in one.plan.folds:
        part = part_of(one, systems(one)[0], 0, fold.name, *divide(one, fold))
        table = part.train.table
        copied = [table.ids[row] for row in part.train.rows if "#" in table.ids[row]]
        origins = {name.partition("#")[0] for name in copied}
        assert origins == set(fold.train)
        for held_out in (part.validation, part.test):
            names = [held_out.table.ids[row] for row in held_out.rows]
            assert not any("#" in name for name in names)
            assert not origins & set(names)
        by_id = dict(zip(table.ids, table.labels.tolist(), strict=True))
        for name in copied:
            assert by_id[name] == by_id[name.partition("#")[0]]


def test_a_copy_is_its_original_with_another_sound(tmp_path: Path):
    one = bench(tmp_path, data={"context": 1})
    prepare_copies(one, one.config.augment)
    fold = one.plan.folds[0]
    measured, train, _, _ = divide(one, fold)
    found = augmented(one, one.config.augment, train, measured).table
    raw = open_store(one.config.data.features, "logmel")
    copies = {
        c.example.id: c for own in copies_by_id(one, one.config.augment).values() for c in own
    }
    place = {name: row for row, name in enumerate(found.ids)}
    tokens = found.tokens["audio"]
    n = 0
    for name, row in place.items():
        if "#" not in name:
            continue
        n += 1
        origin = place[name.partition("#")[0]]
        marked = tokens.marked[tokens.starts[row] : tokens.starts[row + 1]]
        before = tokens.marked[tokens.starts[origin] : tokens.starts[origin + 1]]
        # what was said before it is heard as it was
        np.testing.assert_array_equal(tokens.of(row)[~marked], tokens.of(origin)[~before])
        own = raw.get(copies[name].example)
        wanted = measured["audio"](own.astype(np.float32))
        np.testing.assert_allclose(tokens.of(row)[marked], wanted, atol=0.02)
        for values in (found.speakers, found.sentences, found.dialogues, found.corpora):
            assert values[row] == values[origin]
        if "#tempo" in name:
            assert marked.sum() == pytest.approx(before.sum() / 0.8, abs=2)
    assert n == n_copies(one, {*fold.train})
    np.testing.assert_array_equal(
        tokens.values[: tokens.starts[24]], train.table.tokens["audio"].values
    )


@pytest.mark.parametrize("how", ["none", "train", "recording"])
def test_more_tokens_are_scaled_as_the_tables_own(tmp_path: Path, how: str):
    spoken.corpus(tmp_path, n=24)
    one = open_bench(spoken.experiment(tmp_path, data={"normalize_audio": how}))
    measured = statistics(one.table, TrainSet(one.table, np.arange(9)), {"audio"})
    wanted = normalized(one.table, measured, one.config.data).tokens["audio"]
    scale = scaling(one.table, "audio", measured, one.config.data)
    for row, speaker in enumerate(one.table.speakers):
        own = scale(one.table.tokens["audio"].of(row), speaker)
        np.testing.assert_allclose(own, wanted.of(row), atol=0.01)


def test_a_held_out_set_gets_no_copies(tmp_path: Path):
    one = bench(tmp_path)
    prepare_copies(one, one.config.augment)
    store = open_store(one.config.data.features, "logmel")
    copies = copies_by_id(one, one.config.augment)
    for role in ("validation", "test"):
        held_out = HeldOutSet(one.table, np.arange(5), role)
        with pytest.raises(TypeError, match="takes a TrainSet, not HeldOutSet"):
            with_copies(held_out, copies, store, scale=lambda v, _s: v)  # type: ignore[arg-type]


def test_copies_that_were_not_made_are_named(tmp_path: Path):
    one = bench(tmp_path)
    measured, train, _, _ = divide(one, one.plan.folds[0])
    with pytest.raises(InputError, match="prepare copies"):
        augmented(one, one.config.augment, train, measured)


def test_the_audit_knows_every_copy_and_finds_it_in_training_only(tmp_path: Path):
    one = bench(tmp_path)
    found = {f.rule: f for f in audit_bench(one, tmp_path / "run")}
    assert {r for r, f in found.items() if f.severity == "fail"} == {"label-dependent-augmentation"}
    assert "never run on label-free data" in found["label-dependent-augmentation"].message
    assert "augment.placebo: run" in found["label-dependent-augmentation"].remedy
    examples, plan = with_copies_in_plan(one, one.config.augment)
    assert sum(bool(e.origin) for e in examples) == n_copies(one, learnt_ids(one.plan))
    assert all(any("#" in name for name in fold.train) for fold in plan.folds)
    write_copies(one, one.config.augment, tmp_path)
    rows = read_manifest(tmp_path / "copies.parquet").examples
    assert {row.id: row.origin for row in rows} == {e.id: e.origin for e in examples if e.origin}


@pytest.mark.parametrize(
    ("augment", "data", "reason"),
    [
        ({"policies": {"joy": [{"kind": "pitch"}]}}, {}, "joy is no class; there are anger"),
        ({"everyone": [{"kind": "noise"}]}, {"audio": None, "text": "logmel"}, "names no features"),
    ],
)
def test_what_cannot_be_altered_is_refused(
    tmp_path: Path, augment: dict[str, Any], data: dict[str, Any], reason: str
):
    from sentigram.emotion.encoders.tokens import EncoderInfo
    from sentigram.training.fit.augmented import check_augmentation

    config = AugmentConfig.model_validate(augment)
    encoders = {} if data else {"audio": EncoderInfo("logmel", "audio", 64, "m")}
    with pytest.raises(UsageError, match=reason):
        check_augmentation(config, spoken.CLASSES, encoders)


def test_bands_are_masked_on_spectrograms_only():
    from sentigram.emotion.encoders.tokens import EncoderInfo
    from sentigram.training.fit.augmented import check_augmentation

    config = AugmentConfig.model_validate({"everyone": [{"kind": "specaugment"}]})
    time_only = AugmentConfig.model_validate(
        {"everyone": [{"kind": "specaugment", "band_masks": 0}]}
    )
    compact = {"audio": EncoderInfo("compact", "audio", 64, "m")}
    with pytest.raises(UsageError, match="set band_masks: 0"):
        check_augmentation(config, spoken.CLASSES, compact)
    check_augmentation(time_only, spoken.CLASSES, compact)
    check_augmentation(config, spoken.CLASSES, {"audio": EncoderInfo("logmel", "audio", 64, "m")})
