"""Losses that draw two domains nearer, and scores of a model on a domain without labels.

A loss takes embeddings of labelled source and unlabelled target examples; none sees a label.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from sentigram.core.arrays import Floats64

Method = Literal["dann", "mmd", "coral"]

_STEEPNESS = 10.0  # of the schedule of λ (Ganin et al. 2016, section 5.2.2)
_KERNELS = (0.25, 0.5, 1.0, 2.0, 4.0)  # widths, times the mean squared distance (Long et al. 2015)
_LARGEST_WEIGHT = 100.0  # of one example: one that no source example is like decides nothing


class AdaptationLoss(Protocol):
    """Says how far two domains are apart; those with weights are torch modules."""

    def __call__(self, source: Tensor, target: Tensor, progress: float) -> Tensor:
        """Compare embeddings.

        Args:
            source: (n_source, width).
            target: (n_target, width).
            progress: Share of training that is done, 0 to 1.

        Returns:
            A scalar to minimize.
        """
        ...


def build_adaptation(method: str, width: int) -> AdaptationLoss:
    """Make a loss for embeddings of a width.

    Args:
        method: dann, mmd or coral.
        width: Of the embeddings.

    Raises:
        ValueError: There is no such method.
    """
    makers: dict[str, Callable[[], AdaptationLoss]] = {
        "dann": lambda: DomainAdversary(width),
        "mmd": lambda: mmd,
        "coral": lambda: coral,
    }
    if method not in makers:
        message = f"adaptation {method}: choose one of {', '.join(makers)}"
        raise ValueError(message)
    return makers[method]()


class DomainAdversary(nn.Module):
    """DANN: a discriminator tells the domains apart, the network learns that it cannot.

    Its gradient reaches the network multiplied by −λ, λ = 2 / (1 + exp(−10 p)) − 1 (Ganin et al.
    2016); the discriminator itself learns at full rate.

    Args:
        width: Of the embeddings.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.discriminator = nn.Sequential(
            nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(),
            nn.Linear(width, 1),
        )  # fmt: skip

    def forward(self, source: Tensor, target: Tensor, progress: float) -> Tensor:
        """Cross-entropy of the domains, each counting half."""
        strength = reversal_strength(progress)
        ours, theirs = (
            self.discriminator(reversed_gradient(part, strength)).squeeze(-1).float()
            for part in (source, target)
        )
        return (functional.softplus(ours).mean() + functional.softplus(-theirs).mean()) / 2


def reversal_strength(progress: float) -> float:
    """λ of gradient reversal, from 0 at the start to nearly 1 at the end."""
    return 2 / (1 + math.exp(-_STEEPNESS * progress)) - 1


def reversed_gradient(values: Tensor, strength: float) -> Tensor:
    """The same values, through which gradients flow times −strength."""
    flipped: Tensor = _Reversal.apply(values, strength)  # type: ignore[no-untyped-call]
    return flipped


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, strength: float) -> Tensor:
        ctx.strength = strength
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        return -ctx.strength * slopes[0], None


def mmd(source: Tensor, target: Tensor, progress: float = 0.0) -> Tensor:  # noqa: ARG001
    """Squared maximum mean discrepancy under a mean of five Gaussian kernels.

    The biased estimate (Gretton et al. 2012, eq. 5): never below 0, and 0 for equal samples.
    exp(−d² / (s · m)), m the mean squared distance of all pairs, which takes no gradient.

    Args:
        source: (n_source, width).
        target: (n_target, width).
        progress: Not used.
    """
    both = torch.cat([_full(source), _full(target)])  # (n, width)
    with torch.autocast(both.device.type, enabled=False):
        # embeddings share a large mean at times; without it squares keep more digits
        centred = both - both.detach().mean(dim=0)
        squares = centred.square().sum(dim=1)
        gaps = (squares[:, None] + squares[None, :] - 2 * centred @ centred.T).clamp_min(0)
        n = len(both)
        scale = gaps.detach().sum() / max(1, n * n - n)
        scale = scale.clamp_min(torch.finfo(gaps.dtype).tiny)
        kernel = torch.stack([(-gaps / (width * scale)).exp() for width in _KERNELS]).mean(dim=0)
        signs = torch.cat(
            [
                both.new_full((len(source),), 1 / len(source)),
                both.new_full((len(target),), -1 / len(target)),
            ]
        )
        return signs @ kernel @ signs


def coral(source: Tensor, target: Tensor, progress: float = 0.0) -> Tensor:  # noqa: ARG001
    """‖C_s − C_t‖²_F / (4 d²) of the covariances (Sun & Saenko 2016, eq. 1).

    Args:
        source: (n_source, width); one example has no covariance and counts as zeros.
        target: (n_target, width).
        progress: Not used.
    """
    width = source.shape[1]
    with torch.autocast(source.device.type, enabled=False):
        gap = _covariance(_full(source)) - _covariance(_full(target))
        return gap.square().sum() / (4 * width * width)


def prediction_entropy(probs: Floats64) -> float:
    """Mean entropy of a model's readings in nats: lower is surer (Morerio et al. 2018).

    A model that calls everything by one name is sure, too: never the only thing to look at.

    Args:
        probs: (n, n_classes), rows sum to 1.
    """
    logs = np.log(probs, out=np.zeros_like(probs), where=probs > 0)
    return float(-(probs * logs).sum(axis=1).mean())


def _covariance(values: Tensor) -> Tensor:
    """Unbiased, (width, width)."""
    centred = values - values.mean(dim=0)
    return centred.T @ centred / max(1, len(values) - 1)


def _full(values: Tensor) -> Tensor:
    return values.float() if values.dtype in (torch.bfloat16, torch.float16) else values
