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
)
from sentigram.training.fit.sampling import Draw

if TYPE_CHECKING:
    import torch

_MOST_TOKENS = 20_000  # of a modality in a held-out batch: 64 clips of three seconds in 10 ms


class Order:
    """Batches of rows, drawn anew each epoch; the same epoch always gives the same batches.

    Args:
        draw: The rows of each epoch.
        batch_size: Rows per batch.
        seed: Of the draws.
    """

    def __init__(self, draw: Draw, *, batch_size: int, seed: int) -> None:
        self._draw, self._seed = draw, seed
        self.batch_size = batch_size
        self.drop_last = False
        self.epoch = 0

    def __len__(self) -> int:
        return self.batches(self.epoch)

    def batches(self, epoch: int) -> int:
        """How many an epoch has."""
        return math.ceil(self._draw.size(epoch) / self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        drawn = self._draw.rows(np.random.default_rng((self._seed, self.epoch)), self.epoch)
        for at in range(0, len(drawn), self.batch_size):
            yield drawn[at : at + self.batch_size].tolist()


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
