"""What epochs draw, counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sentigram.training.config import CurriculumConfig, TrainingConfig
from sentigram.training.dataset.assemble import assemble
from sentigram.training.dataset.examples import HeldOutSet, TrainSet
from sentigram.training.fit.curriculum import difficulty, growing
from sentigram.training.fit.sampling import Shuffled, draw_of
from tests.training import synthetic


@pytest.fixture
def train_set(tmp_path: Path) -> TrainSet:
    table = assemble(
        [synthetic.corpus(tmp_path, n=90, signal=4.0)], synthetic.experiment(tmp_path).data
    )
    return TrainSet(table, np.arange(60))


def few_and_many(train_set: TrainSet) -> TrainSet:
    """Two of one class, eighteen of another."""
    labels = train_set.table.labels
    rows = [np.flatnonzero(labels == 0)[:2], np.flatnonzero(labels == 1)[:18]]
    return TrainSet(train_set.table, np.concatenate(rows))


def counts(train_set: TrainSet, config: TrainingConfig, *, epochs: int = 1) -> np.ndarray:
    draw, rng = draw_of(train_set, config, seed=0), np.random.default_rng(0)
    drawn = [row for epoch in range(epochs) for row in draw.rows(rng, epoch)]
    assert len(drawn) == sum(draw.size(epoch) for epoch in range(epochs))
    return np.bincount(drawn, minlength=len(train_set.table))


def test_a_balanced_sampler_draws_labels_evenly(train_set: TrainSet):
    few = few_and_many(train_set)
    found = counts(few, TrainingConfig(sampler="balanced"), epochs=100)
    assert found[few.rows[:2]].sum() / found.sum() == pytest.approx(0.5, abs=0.05)
    assert isinstance(draw_of(few, TrainingConfig(), seed=0), Shuffled)


@pytest.mark.parametrize("n", [1, 5, 18, 25])
def test_samples_per_class_are_exactly_so_many(train_set: TrainSet, n: int):
    few = few_and_many(train_set)
    found = counts(few, TrainingConfig(samples_per_class=n))
    rare, common = found[few.rows[:2]], found[few.rows[2:]]
    assert rare.sum() == common.sum() == n
    assert rare.max() - rare.min() <= 1
    assert common.max() - common.min() <= 1


def test_easy_examples_come_first_and_every_class_has_its_share(train_set: TrainSet):
    loss = dict(zip(train_set.rows.tolist(), difficulty(train_set, seed=1), strict=True))
    labels = train_set.table.labels
    draw = growing(train_set, CurriculumConfig(start=0.25, epochs=3), seed=1)
    first = draw.rows(np.random.default_rng(0), 0)
    for label in range(3):
        own = train_set.rows[labels[train_set.rows] == label]
        taken = [row for row in own if row in first]
        left = [row for row in own if row not in first]
        assert len(taken) == np.ceil(0.25 * len(own))
        assert max(loss[row] for row in taken) <= min(loss[row] for row in left)
    assert [draw.share(epoch) for epoch in range(5)] == [0.25, 0.5, 0.75, 1, 1]
    assert sorted(draw.rows(np.random.default_rng(0), 3)) == train_set.rows.tolist()


def test_mislabelled_examples_are_the_hardest(train_set: TrainSet):
    labels = train_set.table.labels.copy()
    wrong = train_set.rows[:6]
    labels[wrong] = (labels[wrong] + 1) % 3
    table = replace(train_set.table, labels=labels)
    loss = difficulty(replace(train_set, table=table), seed=0)
    assert loss[:6].mean() > 2 * loss[6:].mean()


def test_the_reference_model_never_saw_what_it_judges(train_set: TrainSet):
    """Without signal what it loses is what guessing loses, however often a row is copied."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, len(train_set.table))
    noise = {
        kind: replace(part, values=rng.standard_normal(part.values.shape).astype(np.float32))
        for kind, part in train_set.table.tokens.items()
    }
    table = replace(train_set.table, labels=labels, tokens=noise)
    rows = np.tile(train_set.rows, 3)
    assert difficulty(TrainSet(table, rows), seed=0).mean() > 0.9 * np.log(3)
    own = np.stack([table.tokens["text"].of(row).mean(axis=0) for row in rows])
    seen = LogisticRegression(C=100).fit(own, labels[rows]).predict_proba(own)
    assert -np.log(seen[np.arange(len(rows)), labels[rows]]).mean() < 0.9 * np.log(3)


def test_word_pieces_are_counted_and_not_averaged(train_set: TrainSet):
    tokens = dict(train_set.table.tokens)
    words = tokens["text"]
    owners = np.repeat(np.arange(len(train_set.table)), np.diff(words.starts))
    ids = (100 + train_set.table.labels[owners])[:, None].astype(np.float32)
    tokens = {"text": replace(words, values=ids, numbers="ids")}
    loss = difficulty(TrainSet(replace(train_set.table, tokens=tokens), train_set.rows), seed=0)
    assert loss.max() < 0.5


def test_held_out_rows_are_never_drawn(train_set: TrainSet):
    held_out = HeldOutSet(train_set.table, train_set.rows, "validation")
    for use in (
        lambda: draw_of(held_out, TrainingConfig(), seed=0),
        lambda: difficulty(held_out, seed=0),
    ):
        with pytest.raises(TypeError, match="takes a TrainSet, not HeldOutSet"):
            use()
