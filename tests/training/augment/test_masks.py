from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sentigram.core.protocols import SilentReporter
from sentigram.emotion.networks.inputs import Sequences
from sentigram.training.augment.config import AugmentConfig, SpecAugment
from sentigram.training.augment.masks import masked, masked_table, masking
from sentigram.training.dataset.examples import Batch, HeldOutSet, Table, Tokens, TrainSet
from sentigram.training.fit import epochs
from sentigram.training.fit.batches import collate
from sentigram.training.fit.experiment import make_accelerator, open_bench, run, systems
from tests.training import synthetic

ALL = AugmentConfig.model_validate({"everyone": [{"kind": "specaugment"}]})


def table(lengths: tuple[int, ...] = (60, 25, 100, 1), bands: int = 32) -> Table:
    """Spectrograms of different lengths; labels take turns over three classes."""
    rng = np.random.default_rng(0)
    n = len(lengths)
    values = rng.standard_normal((sum(lengths), bands)).astype(np.float32)
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Table(
        ids=tuple(f"e{i}" for i in range(n)),
        classes=synthetic.CLASSES,
        labels=np.arange(n) % 3,
        tokens={"audio": Tokens(values, starts, np.ones(len(values), bool))},
        vad=np.full((n, 3), np.nan, np.float32),
        speakers=("s",) * n,
        dialogues=("",) * n,
        corpora=("made",) * n,
        sentences=("",) * n,
        groups=("",) * n,
    )


def everything(of: Table) -> TrainSet:
    return TrainSet(of, np.arange(len(of)))


def changed(before: Batch, after: Batch) -> np.ndarray:
    """bool (batch, longest, bands)."""
    return (before.inputs["audio"].values != after.inputs["audio"].values).numpy()


def many(lengths: list[int], bands: int = 24) -> Sequences:
    """Values with noise also where padding is."""
    generator = torch.Generator().manual_seed(1)
    inside = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    values = torch.randn(len(lengths), max(lengths), bands, generator=generator)
    return Sequences(values, inside, inside)


def test_masks_are_stretches_of_time_and_bands_and_never_touch_padding():
    given = many([80, 30, 50] * 20)
    step = SpecAugment(time_masks=1, time_frames=12, time_share=1.0, band_masks=1, bands=6)
    torch.manual_seed(0)
    out = masked(given, step, torch.ones(60, dtype=torch.bool))
    hidden = (out.values != given.values).numpy()
    assert not hidden[~given.mask.numpy()].any()
    widths, heights = [], []
    for own, inside in zip(hidden, given.mask.numpy(), strict=True):
        frames, bands = own[inside].all(axis=1), own[inside].all(axis=0)
        assert (own[inside] == (frames[:, None] | bands[None, :])).all()
        for line in (frames, bands):  # one stretch: it begins once
            assert (np.diff(np.concatenate([[0], line.astype(int)])) == 1).sum() <= 1
        widths.append(frames.sum())
        heights.append(bands.sum())
    assert max(widths) == 12
    assert min(widths) == 0
    assert max(heights) == 6
    assert min(heights) == 0


def test_masked_values_are_the_mean_of_what_is_heard():
    given = many([40, 15])
    out = masked(given, SpecAugment(band_masks=4, bands=10), torch.ones(2, dtype=torch.bool))
    for row in range(2):
        inside = given.mask[row]
        hidden = out.values[row] != given.values[row]
        assert hidden.any()
        mean = given.values[row][inside].mean()
        torch.testing.assert_close(out.values[row][hidden], mean.expand(int(hidden.sum())))


def test_no_mask_is_longer_than_its_share_of_the_example():
    given = many([100, 10] * 30)
    step = SpecAugment(time_masks=1, time_frames=90, time_share=0.2, band_masks=0)
    out = masked(given, step, torch.ones(60, dtype=torch.bool))
    frames = (out.values != given.values).all(dim=2).sum(dim=1)
    assert frames[0::2].max() <= 20
    assert 0 < frames[1::2].max() <= 2


def test_only_classes_with_a_policy_are_masked():
    policy = AugmentConfig.model_validate({"policies": {"anger": [{"kind": "specaugment"}]}})
    one = table((60,) * 30)
    masks = masking(everything(one), policy)
    batch = collate(one, range(30))
    hidden = changed(batch, masks(batch)).any(axis=(1, 2))
    anger = one.labels == 0
    assert not hidden[~anger].any()
    assert hidden[anger].mean() > 0.9


def test_a_class_that_has_masks_twice_gets_both():
    twice = AugmentConfig.model_validate(
        {
            "everyone": [{"kind": "specaugment", "time_masks": 0}],
            "policies": {"anger": [{"kind": "specaugment", "time_masks": 0}]},
        }
    )
    one = table((60,) * 200)
    batch = collate(one, range(200))
    hidden = changed(batch, masking(everything(one), twice)(batch)).mean(axis=(1, 2))
    anger = one.labels == 0
    assert hidden[anger].mean() > 1.4 * hidden[~anger].mean() > 0


def test_the_seed_decides_and_each_batch_is_masked_anew():
    one = table()
    masks, batch = masking(everything(one), ALL), collate(one, range(4))
    torch.manual_seed(3)
    first, second = masks(batch), masks(batch)
    torch.manual_seed(3)
    torch.testing.assert_close(masks(batch).inputs["audio"].values, first.inputs["audio"].values)
    assert (changed(batch, first) != changed(batch, second)).any()


@pytest.mark.parametrize("role", ["validation", "test"])
def test_held_out_rows_cannot_be_masked(role: Any):
    one = table()
    held_out = HeldOutSet(one, np.array([2, 3]), role)
    with pytest.raises(TypeError, match="takes a TrainSet, not HeldOutSet"):
        masking(held_out, ALL)  # type: ignore[arg-type]
    masks = masking(TrainSet(one, np.array([0, 1])), ALL)
    masks(collate(one, [1, 0]))
    with pytest.raises(TypeError, match="batches of the training set"):
        masks(collate(one, [1, 2]))


def test_without_masks_there_is_nothing_to_call():
    assert masking(everything(table()), AugmentConfig()) is None


def test_the_table_of_the_placebo_is_masked_once_and_the_original_stays():
    one = table((60, 25, 100, 5))
    before = one.tokens["audio"].values.copy()
    first, again = (masked_table(everything(one), ALL, seed=1) for _ in range(2))
    np.testing.assert_array_equal(one.tokens["audio"].values, before)
    after = first.table.tokens["audio"].values
    np.testing.assert_array_equal(after, again.table.tokens["audio"].values)
    assert 0.05 < (after != before).mean() < 0.7


def test_training_is_masked_and_reading_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Every batch of the loop, and none of those that are read, goes through the masks."""
    synthetic.corpus(tmp_path, n=36)
    small = {"split": {"k": 2}, "training": {"epochs": 1}, "baselines": [], "data": {"text": None}}
    config = synthetic.experiment(
        tmp_path,
        model={"variant": "audio"},
        objective={"micl": 0},
        augment={"everyone": [{"kind": "specaugment", "band_masks": 1, "bands": 3}]},
        **small,
    )
    seen: list[np.ndarray] = []
    original = epochs._Task.losses

    def losses(self: Any, given: Any) -> Any:
        masks = self.masks
        assert masks is not None

        def noted(batch: Batch) -> Batch:
            out = masks(batch)
            seen.append(batch.rows.numpy())
            return out

        self.masks = noted
        try:
            return original(self, given)
        finally:
            self.masks = masks

    read: list[Any] = []
    predict = epochs.predict
    monkeypatch.setattr(epochs._Task, "losses", losses)

    def noted_predict(network: Any, held_out: Any, **more: Any) -> Any:
        read.append(held_out)
        return predict(network, held_out, **more)

    monkeypatch.setattr(epochs, "predict", noted_predict)
    bench = open_bench(config)
    accelerator = make_accelerator(config, device="cpu")
    run(bench, systems(bench), tmp_path / "run", accelerator=accelerator, reporter=SilentReporter())
    place = {name: row for row, name in enumerate(bench.table.ids)}
    wanted = sorted(place[name] for fold in bench.plan.folds for name in fold.train)
    assert sorted(np.concatenate(seen).tolist()) == wanted
    assert read
    for held_out in read:
        rows = held_out.table.tokens["audio"]
        assert isinstance(held_out, HeldOutSet)
        assert rows.values.shape == bench.table.tokens["audio"].values.shape
