"""Convolutions over clips of unequal length: what is padded counts for nothing.

Padding is set to zero before every convolution, which is what a convolution sees beyond the edge
of a clip that stands alone; and batch normalization takes its statistics over real frames only.
So a clip is read alike whatever it is batched with.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class MaskedBatchNorm(nn.BatchNorm2d):
    """Batch normalization whose statistics leave padding out."""

    def forward(self, values: Tensor, mask: Tensor | None = None) -> Tensor:
        """Normalize.

        Args:
            values: (batch, channels, n_frames, n_bands).
            mask: bool (batch, n_frames), True for real frames; None for all.
        """
        if not self.training or mask is None:
            return super().forward(values)
        kept = mask[:, None, :, None].to(values.dtype)
        count = kept.sum() * values.shape[3]
        # in full precision: sums over many frames lose their digits in half
        with torch.autocast(values.device.type, enabled=False):
            full = values.float() if values.dtype != torch.float64 else values
            kept = kept.to(full.dtype)
            mean = (full * kept).sum(dim=(0, 2, 3)) / count
            centred = (full - mean[:, None, None]) * kept
            variance = centred.square().sum(dim=(0, 2, 3)) / count
            self._follow(mean, variance, float(count))
            scale = self.weight * (variance + self.eps).rsqrt()
            normalized = centred * scale[:, None, None] + self.bias[:, None, None]
        return normalized.to(values.dtype)

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor, count: float) -> None:
        """Move the running statistics, as the plain one does: with the unbiased variance."""
        if self.running_mean is None or self.running_var is None or self.momentum is None:
            return
        unbiased = variance * count / max(1.0, count - 1)
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), self.momentum)
        self.running_var.lerp_(unbiased.to(self.running_var.dtype), self.momentum)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked += 1


def hidden(values: Tensor, mask: Tensor) -> Tensor:
    """The same with zeros where it is padded.

    Args:
        values: (batch, channels, n_frames, n_bands).
        mask: bool (batch, n_frames).
    """
    return values * mask[:, None, :, None].to(values.dtype)


def halved(mask: Tensor) -> Tensor:
    """The mask after a convolution or pool of stride 2 that keeps ⌈n / 2⌉ frames."""
    return mask[:, ::2]


def mean_over_time(values: Tensor, mask: Tensor) -> Tensor:
    """Mean over real frames and all bands, (batch, channels)."""
    count = mask.sum(dim=1, keepdim=True).clamp_min(1) * values.shape[3]
    return hidden(values, mask).sum(dim=(2, 3)) / count.to(values.dtype)
