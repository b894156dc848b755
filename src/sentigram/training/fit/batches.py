"""Batches of examples of unequal length, in an order that the seed and the epoch decide."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sentigram.core.arrays import Ints64
from sentigram.emotion.networks.inputs import Sequences
from sentigram.training.dataset.examples import (
    Batch,
    HeldOutSet,
    Table,
    Tokens,
    TrainSet,
    require_train,
)

if TYPE_CHECKING:
    import torch

_MOST_TOKENS = 20_000  # of a modality in a held-out batch: 64 clips of three seconds in 10 ms


class Order:
    """Batches of rows, drawn anew each epoch; the same epoch always gives the same batches.

    Args:
        rows: (n,) positions; a row twice counts twice.
        weights: (n,) chance of each to be drawn, with replacement; None shuffles.
        batch_size: Rows per batch.
        seed: Of the draws.
    """

    def __init__(
        self, rows: Ints64, *, weights: Sequence[float] | None, batch_size: int, seed: int
    ) -> None:
        self._rows, self._weights, self._seed = rows, weights, seed
        self.batch_size = batch_size
        self.drop_last = False
        self.epoch = 0

    def __len__(self) -> int:
        return math.ceil(len(self._rows) / self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        rng = np.random.default_rng((self._seed, self.epoch))
        if self._weights is None:
            drawn = rng.permutation(self._rows)
        else:
            shares = np.asarray(self._weights, float)
            drawn = rng.choice(self._rows, len(self._rows), p=shares / shares.sum())
        for at in range(0, len(drawn), self.batch_size):
            yield drawn[at : at + self.batch_size].tolist()


def sampling_weights(train: TrainSet, sampler: str) -> Sequence[float] | None:
    """The chance of each training row to be drawn, (n,); None for all alike.

    Args:
        train: Training rows only: this is a transform.
        sampler: `shuffled`, `balanced` over labels, or `corpora`, over corpora.
    """
    require_train(train, what="sampling_weights")
    if sampler == "shuffled":
        return None
    table = train.table
    keys = table.labels if sampler == "balanced" else np.array(table.corpora)
    _, inverse, counts = np.unique(keys[train.rows], return_inverse=True, return_counts=True)
    return list(1.0 / counts[inverse])


def collate(table: Table, rows: Sequence[int]) -> Batch:
    """Pad examples to the longest of them."""
    import torch

    where = np.asarray(rows, np.int64)
    return Batch(
        inputs={kind: _padded(tokens, where) for kind, tokens in table.tokens.items()},
        labels=torch.from_numpy(table.labels[where]),
        vad=torch.from_numpy(table.vad[where]),
        rows=torch.from_numpy(where),
    )


def held_out_batches(held_out: HeldOutSet, batch_size: int) -> Iterator[Batch]:
    """All examples once, those of like length together; long ones in smaller batches."""
    table = held_out.table
    lengths = [
        tokens.starts[held_out.rows + 1] - tokens.starts[held_out.rows]
        for tokens in table.tokens.values()
    ]
    places = np.lexsort(lengths)
    longest = np.max(lengths, axis=0)[places]
    at = 0
    while at < len(places):
        # padded to the longest of them, at least one example
        sizes = np.maximum.accumulate(longest[at : at + batch_size]) * np.arange(
            1, len(longest[at : at + batch_size]) + 1
        )
        n = max(1, int((sizes <= _MOST_TOKENS).sum()))
        yield collate(table, held_out.rows[places[at : at + n]].tolist())
        at += n


def to_device(batch: Batch, device: torch.device | str) -> Batch:
    """The batch on a device."""
    inputs = {
        kind: Sequences(*(part.to(device) for part in given))
        for kind, given in batch.inputs.items()
    }
    labels, vad, rows = (part.to(device) for part in (batch.labels, batch.vad, batch.rows))
    return Batch(inputs, labels, vad, rows)


def _padded(tokens: Tokens, rows: Ints64) -> Sequences:
    import torch

    lengths = tokens.starts[rows + 1] - tokens.starts[rows]
    inside = np.arange(lengths.max()) < lengths[:, None]  # (batch, longest)
    places = (tokens.starts[rows, None] + np.arange(lengths.max())).clip(max=len(tokens.values) - 1)
    values = tokens.values[places].astype(np.float32) * inside[..., None]  # (batch, longest, d)
    marked = tokens.marked[places] & inside
    return Sequences(torch.from_numpy(values), torch.from_numpy(inside), torch.from_numpy(marked))
