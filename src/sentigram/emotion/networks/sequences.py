"""Tokens of a modality become vectors of a network's width, and a sequence becomes one vector."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

_MARK_DEVIATION = 0.02
_ORDER_SCALE = 0.1  # normalized tokens have deviation 1: order must not drown them
_LONGEST_WAVE = 10_000.0  # tokens (Vaswani et al. 2017, section 3.5)
_FOCUS = 4.0  # marked tokens start with e⁴ = 55 times the weight of their context
_POOL_BIAS = 2.0  # a lone token starts with weight σ(2) = 0.88, ten with 0.99 together


class TokenReader(nn.Module):
    """Brings the tokens of one modality to the network's width.

    Adds a learnt embedding to marked tokens, and sinusoids of the distance from the first of them,
    so that a word is told from its context and what precedes it from what follows.

    Args:
        width: Of the tokens given.
        hidden: Of those returned.
        dropout: On those returned.
        learns_absence: Whether what stands in for an absent modality is learnt. Only training
            that withholds modalities can teach it, so without, it is zeros.
    """

    def __init__(self, width: int, hidden: int, *, dropout: float, learns_absence: bool) -> None:
        super().__init__()
        self.projection = nn.Linear(width, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.mark = nn.Parameter(torch.randn(hidden) * _MARK_DEVIATION)
        self.order_scale = nn.Parameter(torch.tensor(_ORDER_SCALE))
        self.dropout = nn.Dropout(dropout)
        absence = nn.Parameter(torch.randn(hidden) * _MARK_DEVIATION) if learns_absence else None
        self.register_parameter("absence", absence)
        self.absence: nn.Parameter | None

    def forward(self, values: Tensor, mask: Tensor, marked: Tensor) -> tuple[Tensor, Tensor]:
        """Project tokens; an example without any gets one stand-in.

        Args:
            values: (batch, n, width), n ≥ 1; anything where mask is False.
            mask: bool (batch, n), True for real tokens.
            marked: bool (batch, n), True for tokens that the example is about.

        Returns:
            Tokens (batch, n, hidden), and their mask (batch, n) with at least one True per row.
        """
        marked = marked & mask
        clean = values.masked_fill(~mask.unsqueeze(-1), 0.0)
        tokens = self.norm(self.projection(clean))  # (batch, n, hidden)
        places = torch.arange(mask.shape[1], device=mask.device)
        distance = places - marked.int().argmax(dim=1, keepdim=True)  # (batch, n)
        tokens = tokens + self.order_scale * sinusoids(distance, tokens)
        tokens = self.dropout(tokens + marked.unsqueeze(-1) * self.mark)
        stands_in = ~mask.any(dim=1, keepdim=True) & (places == 0)  # (batch, n)
        absence = torch.zeros_like(self.mark) if self.absence is None else self.absence
        # `where` and not an index: every process then has a gradient for absence in every step
        tokens = torch.where(stands_in.unsqueeze(-1), absence.to(tokens.dtype), tokens)
        return tokens, mask | stands_in


class AttentionPool(nn.Module):
    """One vector of a sequence: a weighted sum with learnt scores.

    Weights share 1 with a silent rival whose score is 0 and whose value is zero, so a lone token
    is weighed too. Under plain softmax its weight would be 1 and its score without effect. Marked
    tokens have a fixed head start: a small corpus cannot teach which of seven utterances is meant.

    Args:
        hidden: Width of the tokens.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.score = nn.Linear(hidden, 1)
        nn.init.constant_(self.score.bias, _POOL_BIAS)

    def forward(self, tokens: Tensor, mask: Tensor, marked: Tensor) -> Tensor:
        """Pool.

        Args:
            tokens: (batch, n, hidden).
            mask: bool (batch, n).
            marked: bool (batch, n), True for tokens that the example is about.

        Returns:
            (batch, hidden).
        """
        scores = self.score(tokens).squeeze(-1)  # (batch, n)
        context = mask & ~marked & (mask & marked).any(dim=1, keepdim=True)
        scores = (scores - _FOCUS * context).masked_fill(~mask, -math.inf)
        with_rival = functional.pad(scores, (0, 1))  # (batch, n + 1)
        weights = with_rival.softmax(dim=-1)[:, :-1]
        return (weights.unsqueeze(1) @ tokens).squeeze(1)  # (batch, hidden)


def sinusoids(distance: Tensor, like: Tensor) -> Tensor:
    """Sines and cosines of distances at geometric wavelengths (Vaswani et al. 2017).

    Args:
        distance: int (batch, n), may be negative.
        like: (batch, n, hidden), gives width and type.

    Returns:
        (batch, n, hidden): sines, then cosines.
    """
    hidden = like.shape[-1]
    n_waves = (hidden + 1) // 2
    exponents = torch.arange(n_waves, device=like.device) / n_waves
    angles = distance.unsqueeze(-1) * _LONGEST_WAVE**-exponents  # (batch, n, n_waves)
    waves = torch.cat([angles.sin(), angles.cos()], dim=-1)[..., :hidden]
    return waves.to(like.dtype)
