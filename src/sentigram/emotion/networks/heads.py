"""What reads the embedding of an example: class logits, and valence, arousal and dominance."""

from __future__ import annotations

import torch
from torch import Tensor, nn

N_DIMENSIONS = 3  # valence, arousal, dominance


class Heads(nn.Module):
    """Class logits and VAD of one vector.

    Args:
        width: Of the vector.
        hidden: Of the layer between.
        n_classes: How many there are.
        dropout: Before the last layer.
        has_vad: Whether VAD is read.
    """

    def __init__(
        self, width: int, hidden: int, n_classes: int, *, dropout: float, has_vad: bool
    ) -> None:
        super().__init__()
        self.classes = perceptron(width, hidden, n_classes, dropout=dropout)
        self.vad = perceptron(width, hidden, N_DIMENSIONS, dropout=dropout) if has_vad else None

    def forward(self, fused: Tensor, _present: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, width) → logits (batch, n_classes), VAD (batch, 3) in [-1, 1] or NaN."""
        if self.vad is None:
            return self.classes(fused), unknown_vad(fused)
        return self.classes(fused), torch.tanh(self.vad(fused))


class LinearHeads(nn.Module):
    """One linear layer for each head, as the networks of papers end.

    Args:
        width: Of the vector.
        n_classes: How many there are.
        has_vad: Whether VAD is read.
    """

    def __init__(self, width: int, n_classes: int, *, has_vad: bool) -> None:
        super().__init__()
        self.classes = nn.Linear(width, n_classes)
        self.vad = nn.Linear(width, N_DIMENSIONS) if has_vad else None

    def forward(self, fused: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, width) → logits (batch, n_classes), VAD (batch, 3) in [-1, 1] or NaN."""
        if self.vad is None:
            return self.classes(fused), unknown_vad(fused)
        return self.classes(fused), torch.tanh(self.vad(fused))


def perceptron(width: int, hidden: int, out: int, *, dropout: float) -> nn.Sequential:
    """Two layers with GELU and dropout between them."""
    return nn.Sequential(
        nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, out)
    )


def unknown_vad(like: Tensor) -> Tensor:
    """NaN (batch, 3)."""
    return like.new_full((len(like), N_DIMENSIONS), torch.nan)
