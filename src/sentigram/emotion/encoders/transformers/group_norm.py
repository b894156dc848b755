"""The group norm of wav2vec 2.0 base models, over each piece's own frames."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class PieceNorm(nn.Module):
    """What a group norm makes of each piece by itself, for pieces of unequal length in a batch.

    Base models normalize each channel over all frames of their input. Upstream, padding counts as
    sound there, so that frames depend on the length of what else is in the batch.

    Args:
        norm: One channel per group.
        kernel: Width in samples of the convolution before it.
        stride: Of that convolution.
    """

    def __init__(self, norm: nn.GroupNorm, *, kernel: int, stride: int) -> None:
        super().__init__()
        self.norm, self._kernel, self._stride = norm, kernel, stride
        self._lengths: list[int] = []

    def begin(self, n_samples: Sequence[int]) -> None:
        """Say how long each piece of the next batch is; none where all are alike."""
        self._lengths = [(n - self._kernel) // self._stride + 1 for n in n_samples]

    def forward(self, x: Tensor) -> Tensor:
        """Normalize (batch, channels, frames); frames outside a piece become 0."""
        if not self._lengths:
            normal: Tensor = self.norm(x)
            return normal
        out = torch.empty_like(x)
        for row, own, length in zip(out, x, self._lengths, strict=True):
            row[:, :length] = self.norm(own[None, :, :length])[0]
            row[:, length:] = 0
        return out
