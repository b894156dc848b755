"""Draws shuffled, length-sorted, augmented batches from the example pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from sentigram.training.shipped.text.data import (
    FINE_LABELS,
    LABELS,
    TextExample,
    with_names,
    without_punctuation,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tokenizers import Tokenizer

MAX_TOKENS = 96
MIN_SPAN_TOKENS = 4

# Sorting by length inside a pool of this many batches saves padding and keeps the order random.
_POOL_BATCHES = 40


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How often a text is changed before it is read.

    Attributes:
        no_punctuation: Share of texts that lose their punctuation, as recognizers write.
        names: Share of texts whose name masks become names.
        xed_share: Share of the down-weighted lines that one epoch sees.
    """

    no_punctuation: float = 0.3
    names: float = 0.5
    xed_share: float = 0.5


@dataclass(frozen=True, slots=True)
class TextBatch:
    """Tensors of one step.

    Attributes:
        ids, mask: int64 (batch, tokens).
        whole: float32 (batch, tokens), 1 on every token but padding, [CLS] and [SEP].
        part: The same, 1 on one random run of at least MIN_SPAN_TOKENS tokens.
        target: float32 (batch, 7), zeros where unlabelled.
        weight: float32 (batch,), of the classification loss.
        fine, has_fine: float32 (batch, 28), (batch,).
        vad, has_vad: float32 (batch, 3), (batch,).
    """

    ids: Tensor
    mask: Tensor
    whole: Tensor
    part: Tensor
    target: Tensor
    weight: Tensor
    fine: Tensor
    has_fine: Tensor
    vad: Tensor
    has_vad: Tensor


def epoch(
    examples: Sequence[TextExample],
    tokenizer: Tokenizer,
    *,
    batch_size: int,
    augmentation: Augmentation,
    rng: np.random.Generator,
) -> Iterator[TextBatch]:
    """Yield one pass over the pool."""
    order = [
        i
        for i in rng.permutation(len(examples))
        if not 0.0 < examples[i].weight < 1.0 or rng.random() < augmentation.xed_share
    ]
    texts = [_augmented(examples[i].text, augmentation, rng) for i in order]
    ids = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    batches: list[list[int]] = []
    size = batch_size * _POOL_BATCHES
    for start in range(0, len(order), size):
        pool = sorted(range(start, min(start + size, len(order))), key=lambda i: len(ids[i]))
        batches += [pool[i : i + batch_size] for i in range(0, len(pool), batch_size)]
    for b in rng.permutation(len(batches)):
        yield collate([examples[order[i]] for i in batches[b]], [ids[i] for i in batches[b]], rng)


def _augmented(text: str, augmentation: Augmentation, rng: np.random.Generator) -> str:
    if rng.random() < augmentation.names:
        text = with_names(text, rng)
    if rng.random() < augmentation.no_punctuation:
        text = without_punctuation(text)
    return text


def collate(
    examples: Sequence[TextExample], ids: Sequence[list[int]], rng: np.random.Generator
) -> TextBatch:
    """Pad token ids ([CLS] … [SEP]) and gather the labels."""
    ids = [row if len(row) <= MAX_TOKENS else [*row[: MAX_TOKENS - 1], row[-1]] for row in ids]
    n, width = len(ids), max(3, *(len(row) for row in ids))
    padded = np.zeros((n, width), np.int64)
    mask = np.zeros((n, width), np.int64)
    whole = np.zeros((n, width), np.float32)
    part = np.zeros((n, width), np.float32)
    for i, row in enumerate(ids):
        padded[i, : len(row)] = row
        mask[i, : len(row)] = 1
        # An empty text has [CLS] and [SEP] alone: read them rather than nothing.
        first, end = (1, len(row) - 1) if len(row) > 2 else (0, len(row))
        whole[i, first:end] = 1.0
        length = int(rng.integers(min(MIN_SPAN_TOKENS, end - first), end - first + 1))
        start = int(rng.integers(first, end - length + 1))
        part[i, start : start + length] = 1.0
    none_fine, none_vad = np.zeros(len(FINE_LABELS), np.float32), np.zeros(3, np.float32)
    return TextBatch(
        ids=torch.from_numpy(padded),
        mask=torch.from_numpy(mask),
        whole=torch.from_numpy(whole),
        part=torch.from_numpy(part),
        target=torch.from_numpy(np.stack([e.target for e in examples]).reshape(n, len(LABELS))),
        weight=torch.tensor([e.weight for e in examples]),
        fine=torch.from_numpy(
            np.stack([none_fine if e.fine is None else e.fine for e in examples])
        ),
        has_fine=torch.tensor([float(e.fine is not None) for e in examples]),
        vad=torch.from_numpy(np.stack([none_vad if e.vad is None else e.vad for e in examples])),
        has_vad=torch.tensor([float(e.vad is not None) for e in examples]),
    )
