"""Changes of training examples; each takes a TrainSet, so that no held-out example is changed.

A type checker refuses a HeldOutSet, and so does every function at run time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np

from sentigram.core.arrays import Floats64
from sentigram.errors import UsageError
from sentigram.training.audit.protocol_record import Placebo
from sentigram.training.dataset.examples import Table, Tokens, TrainSet, require_train

THIS_RUN: Literal["this run"] = "this run"


def oversample(train: TrainSet, *, seed: int) -> TrainSet:
    """Repeat examples of small classes until every class is as large as the largest.

    Each example stays; which are repeated is drawn.
    """
    require_train(train, what="oversample")
    rng = np.random.default_rng(seed)
    labels = train.table.labels[train.rows]
    sizes = np.bincount(labels)
    rows = [train.rows]
    for label in np.flatnonzero(sizes):
        own = train.rows[labels == label]
        rows.append(rng.choice(own, int(sizes.max()) - len(own)))
    return TrainSet(train.table, np.concatenate(rows))


def noise_by_label(
    train: TrainSet,
    *,
    deviations: Mapping[str, float],
    placebo: Placebo | Literal["this run"],
    seed: int,
) -> TrainSet:
    """Add noise whose size depends on the label: seed 3's class-differentiated augmentation.

    What it does tells the label, so a network may learn the noise and nothing else. It therefore
    wants to see what the same pipeline scores on label-free data.

    Args:
        train: The examples.
        deviations: Class → deviation of its noise.
        placebo: That score; or THIS_RUN when this is the run that finds it out.
        seed: Of the noise.

    Raises:
        UsageError: A class has no deviation, or the pipeline scores above chance without labels.
    """
    require_train(train, what="noise_by_label")
    missing = [name for name in train.table.classes if name not in deviations]
    if missing:
        message = f"noise_by_label: no deviation for {', '.join(missing)}; give one per class"
        raise UsageError(message)
    if isinstance(placebo, Placebo) and not placebo.is_at_chance:
        message = (
            f"noise_by_label: the same pipeline scores {placebo.score:.2f} on label-free data, "
            f"where chance is {placebo.chance:.2f}: it tells the label. Use gaussian_noise, or "
            "find the leak with sentigram audit"
        )
        raise UsageError(message)
    sizes = np.array([deviations[name] for name in train.table.classes])
    return _noisy(train, sizes[train.table.labels[train.rows]], seed)


def _noisy(train: TrainSet, deviations: Floats64, seed: int) -> TrainSet:
    """Add noise of a deviation per row, (n,)."""
    table = _selected(train)
    rng = np.random.default_rng(seed)
    changed = replace(
        table,
        tokens={kind: _noisy_tokens(t, deviations, rng) for kind, t in table.tokens.items()},
    )
    return TrainSet(changed, np.arange(len(changed)))


def _noisy_tokens(tokens: Tokens, deviations: Floats64, rng: np.random.Generator) -> Tokens:
    size = np.repeat(deviations, np.diff(tokens.starts)).astype(np.float32)[:, None]
    noise = rng.standard_normal(tokens.values.shape, dtype=np.float32)
    return replace(tokens, values=tokens.values + size * noise)


def _selected(train: TrainSet) -> Table:
    """The training rows as a table of their own."""
    table, rows = train.table, train.rows.tolist()
    texts = ("ids", "speakers", "dialogues", "corpora", "sentences", "groups")
    return replace(
        table,
        labels=table.labels[train.rows],
        vad=table.vad[train.rows],
        tokens={kind: _selected_tokens(tokens, rows) for kind, tokens in table.tokens.items()},
        **{name: tuple(getattr(table, name)[row] for row in rows) for name in texts},
    )


def _selected_tokens(tokens: Tokens, rows: list[int]) -> Tokens:
    places = [np.arange(tokens.starts[row], tokens.starts[row + 1]) for row in rows]
    lengths = [len(place) for place in places]
    taken = np.concatenate([np.array([], np.int64), *places])
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Tokens(tokens.values[taken], starts, tokens.marked[taken])
