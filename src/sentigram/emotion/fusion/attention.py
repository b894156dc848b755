"""Cross-attention between words and voice, in both directions, guided by VAD affinity.

Seeds 1 and 2 add the affinity to the logits of a softmax over one key, where it has no effect.
Here queries and keys are sequences.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

N_DIMENSIONS = 3  # valence, arousal, dominance
_FEED_FORWARD = 2  # times hidden; corpora are small
_TINY = 1e-12  # under the root: the slope of a distance of 0 is then 0 and not NaN


def vad_affinity(queries: Tensor, keys: Tensor) -> Tensor:
    """M(i, j) = −‖v_i − v_j‖₂, with a gradient of 0 where both are equal.

    Args:
        queries: (batch, n_queries, 3).
        keys: (batch, n_keys, 3).

    Returns:
        (batch, n_queries, n_keys), at most 0.
    """
    gaps = queries.unsqueeze(2) - keys.unsqueeze(1)  # (batch, n_queries, n_keys, 3)
    return math.sqrt(_TINY) - (gaps.square().sum(dim=-1) + _TINY).sqrt()


class CrossAttention(nn.Module):
    """One modality asks the other; then feed-forward, both with residuals, norms before.

    Args:
        hidden: Width of both modalities.
        n_heads: Divides hidden.
        dropout: In attention and feed-forward.
    """

    def __init__(self, hidden: int, n_heads: int, *, dropout: float) -> None:
        super().__init__()
        self.n_heads, self.chance = n_heads, dropout
        self.query = nn.Linear(hidden, hidden)
        # a bias of keys adds the same to all logits of a query: softmax would cancel it
        self.key = nn.Linear(hidden, hidden, bias=False)
        self.value = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, hidden)
        self.dropout = nn.Dropout(dropout)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(hidden),
            nn.Linear(hidden, _FEED_FORWARD * hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(_FEED_FORWARD * hidden, hidden),
            nn.Dropout(dropout),
        )

    def forward(
        self, stream: Tensor, asking: Tensor, asked: Tensor, mask: Tensor, bias: Tensor | None
    ) -> Tensor:
        """Update one modality by the other.

        Args:
            stream: (batch, n_queries, hidden), what is added to.
            asking: The same, normalized.
            asked: (batch, n_keys, hidden), normalized.
            mask: bool (batch, n_keys), with at least one True per row.
            bias: (batch, n_queries, n_keys), added to the logits; None for standard attention.

        Returns:
            (batch, n_queries, hidden).
        """
        query, key, value = (
            part.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)  # (batch, heads, n, head_dim)
            for part in (self.query(asking), self.key(asked), self.value(asked))
        )
        kept = mask[:, None, None, :]  # (batch, 1, 1, n_keys)
        if bias is not None:
            kept = bias.to(query.dtype).unsqueeze(1).masked_fill(~kept, -math.inf)
        found = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=kept, dropout_p=self.chance if self.training else 0.0
        )
        joined = found.transpose(1, 2).flatten(2)  # (batch, n_queries, hidden)
        stream = stream + self.dropout(self.out(joined))
        updated: Tensor = stream + self.feed_forward(stream)
        return updated


class CrossLayer(nn.Module):
    """Words ask the voice and the voice asks the words, at the same time.

    Args:
        hidden: Width of both modalities.
        n_heads: Divides hidden.
        dropout: In attention and feed-forward.
        vad_lambda: λ, the weight of the VAD affinity; 0 leaves it out with its parameters.
    """

    def __init__(self, hidden: int, n_heads: int, *, dropout: float, vad_lambda: float) -> None:
        super().__init__()
        self.vad_lambda = vad_lambda
        self.text_norm, self.audio_norm = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.text_asks = CrossAttention(hidden, n_heads, dropout=dropout)
        self.audio_asks = CrossAttention(hidden, n_heads, dropout=dropout)
        if vad_lambda > 0:
            self.text_vad = nn.Linear(hidden, N_DIMENSIONS)
            self.audio_vad = nn.Linear(hidden, N_DIMENSIONS)

    def forward(
        self, text: Tensor, text_mask: Tensor, audio: Tensor, audio_mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Update both modalities by each other.

        Args:
            text: (batch, n_words, hidden).
            text_mask: bool (batch, n_words).
            audio: (batch, n_frames, hidden).
            audio_mask: bool (batch, n_frames).

        Returns:
            Both, in their shapes.
        """
        words, frames = self.text_norm(text), self.audio_norm(audio)
        bias = self._bias(words, frames)
        turned = None if bias is None else bias.transpose(1, 2)  # (batch, n_frames, n_words)
        return (
            self.text_asks(text, words, frames, audio_mask, bias),
            self.audio_asks(audio, frames, words, text_mask, turned),
        )

    def _bias(self, words: Tensor, frames: Tensor) -> Tensor | None:
        """λ·M, (batch, n_words, n_frames)."""
        if not self.vad_lambda:
            return None
        # small distances are differences of large numbers: not in half precision
        with torch.autocast(words.device.type, enabled=False):
            ours, theirs = (
                torch.tanh(layer(part.to(layer.weight.dtype)))
                for layer, part in ((self.text_vad, words), (self.audio_vad, frames))
            )
            return self.vad_lambda * vad_affinity(ours, theirs)
