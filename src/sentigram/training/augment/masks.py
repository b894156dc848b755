"""SpecAugment (Park et al. 2019) on batches of training spectrograms, drawn anew each time.

Masked values become the mean of what the example holds; padding stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sentigram.core.arrays import Bools, Ints64
from sentigram.emotion.encoders.tokens import Kind
from sentigram.emotion.networks.inputs import Sequences
from sentigram.training.augment.config import AugmentConfig, SpecAugment
from sentigram.training.dataset.examples import Batch, Table, TrainSet, require_train
from sentigram.training.fit.batches import collate

if TYPE_CHECKING:
    import torch

_KIND: Kind = "audio"
_AT_ONCE = 64


@dataclass(frozen=True, slots=True, eq=False)
class Masking:
    """Masks the spectrograms of training batches; made by `masking`, for a TrainSet only.

    Attributes:
        rows: (n,) the training rows, sorted, each once.
        steps: Masks, and whether the examples of each class get them, (n_classes,).
    """

    rows: Ints64
    steps: tuple[tuple[SpecAugment, Bools], ...]

    def __call__(self, batch: Batch) -> Batch:
        """The batch with masks that torch's own generator draws.

        Raises:
            TypeError: Some of its rows are not of the training set.
        """
        if not np.isin(batch.rows.cpu().numpy(), self.rows).all():
            message = "masks are for batches of the training set; this one holds other rows"
            raise TypeError(message)
        given = batch.inputs[_KIND]
        for step, classes in self.steps:
            import torch

            chosen = torch.from_numpy(classes).to(batch.labels.device)[batch.labels]
            given = masked(given, step, chosen)
        return replace(batch, inputs={**batch.inputs, _KIND: given})


def masking(train: TrainSet, config: AugmentConfig) -> Masking | None:
    """The masks of a training set; None where there are none to draw.

    Args:
        train: Whose batches are masked.
        config: What each class gets.

    Raises:
        TypeError: A held-out set was given.
    """
    require_train(train, what="masking")
    tokens = train.table.tokens.get(_KIND)
    classes = train.table.classes
    wanted = [config.masks(name) for name in classes]
    steps: Sequence[SpecAugment] = list(dict.fromkeys(s for own in wanted for s in own))
    if tokens is None or tokens.numbers != "values" or not steps:
        return None
    # a mask that a class has twice is drawn twice
    most = {step: max(own.count(step) for own in wanted) for step in steps}
    return Masking(
        np.unique(train.rows),
        tuple(
            (step, np.array([own.count(step) > time for own in wanted]))
            for step in steps
            for time in range(most[step])
        ),
    )


def masked(given: Sequences, step: SpecAugment, chosen: torch.Tensor) -> Sequences:
    """Mask stretches of time and of bands.

    Args:
        given: Values (batch, longest, n_bands).
        step: How many and how wide.
        chosen: bool (batch,), which examples.

    Returns:
        The same with masked values; what is padding, or not chosen, is equal to the bit.
    """
    import torch

    values, inside = given.values, given.mask  # (batch, longest, n_bands), (batch, longest)
    n, longest, n_bands = values.shape
    device = values.device
    lengths = inside.sum(dim=1)
    hidden = torch.zeros(n, longest, n_bands, dtype=torch.bool, device=device)
    widest = torch.minimum(
        torch.full_like(lengths, step.time_frames), (lengths * step.time_share).long()
    )
    for _ in range(step.time_masks):
        hidden |= _stretches(widest, lengths, longest)[:, :, None]
    narrow = torch.full_like(lengths, min(step.bands, n_bands))
    for _ in range(step.band_masks):
        hidden |= _stretches(narrow, torch.full_like(lengths, n_bands), n_bands)[:, None, :]
    hidden &= inside[:, :, None] & chosen[:, None, None]
    summed = (values * inside[:, :, None]).sum(dim=(1, 2))
    mean = summed / (lengths * n_bands).clamp(min=1)  # (batch,)
    return given._replace(values=torch.where(hidden, mean[:, None, None], values))


def masked_table(train: TrainSet, config: AugmentConfig, *, seed: int) -> TrainSet:
    """Every row masked once and for all: how the original protocol treats its test as well.

    Only the placebo study wants this; training masks batches.

    Args:
        train: All rows of the study.
        config: What each class gets.
        seed: Of the draws.
    """
    import torch

    masks = masking(train, config)
    if masks is None:
        return train
    table = train.table
    tokens = table.tokens[_KIND]
    values = np.array(tokens.values)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for at in range(0, len(masks.rows), _AT_ONCE):
            rows = masks.rows[at : at + _AT_ONCE]
            found = masks(collate(table, rows.tolist())).inputs[_KIND].values.numpy()
            for row, own in zip(rows, found, strict=True):
                start, end = tokens.starts[row], tokens.starts[row + 1]
                values[start:end] = own[: end - start]
    changed: Table = replace(table, tokens={**table.tokens, _KIND: replace(tokens, values=values)})
    return TrainSet(changed, train.rows)


def _stretches(widest: torch.Tensor, lengths: torch.Tensor, size: int) -> torch.Tensor:
    """One stretch each, bool (batch, size): width from 0 to the widest, inside of the length."""
    import torch

    # drawn on the CPU, so that every device masks alike
    drawn = torch.rand(2, len(lengths)).to(lengths.device)
    width = torch.minimum((drawn[0] * (widest + 1)).long(), lengths)
    start = (drawn[1] * (lengths - width + 1)).long()
    place = torch.arange(size, device=lengths.device)
    return (place >= start[:, None]) & (place < (start + width)[:, None])
