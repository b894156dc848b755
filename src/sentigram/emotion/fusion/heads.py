"""How pooled vectors of words and voice become one, and what is read from it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sentigram.emotion.fusion.attention import N_DIMENSIONS

_BETA = 0.1  # β at the start: the interaction is a product, and wild at first


class Concatenation(nn.Module):
    """Puts vectors end to end; of one modality, that vector."""

    def forward(self, pooled: tuple[Tensor, ...]) -> tuple[Tensor, Tensor | None]:
        """(batch, hidden) each → (batch, n · hidden), and no gates."""
        return torch.cat(pooled, dim=-1), None


class SigmoidGates(nn.Module):
    """α_t ⊙ h_t + α_a ⊙ h_a + β · (h_t ⊙ h_a), α = σ(W [h_t; h_a; h_t ⊙ h_a]) (seed 2).

    Args:
        hidden: Width of each vector.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.gate = nn.Linear(3 * hidden, 2 * hidden)
        self.beta = nn.Parameter(torch.tensor(_BETA))

    def forward(self, pooled: tuple[Tensor, ...]) -> tuple[Tensor, Tensor | None]:
        """(batch, hidden) twice → (batch, hidden), and gates (batch, 2, hidden)."""
        text, audio = pooled
        both = text * audio
        gates = self.gate(torch.cat([text, audio, both], dim=-1)).sigmoid()
        gates = gates.unflatten(-1, (2, -1))  # (batch, 2, hidden)
        return gates[:, 0] * text + gates[:, 1] * audio + self.beta * both, gates


class SoftmaxGates(nn.Module):
    """g_t h_t + g_a h_a + g_i (h_t ⊙ h_a) with g ≥ 0 that sum to 1 (seed 1).

    Args:
        hidden: Width of each vector.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.gate = nn.Linear(3 * hidden, 3)

    def forward(self, pooled: tuple[Tensor, ...]) -> tuple[Tensor, Tensor | None]:
        """(batch, hidden) twice → (batch, hidden), and gates (batch, 3)."""
        text, audio = pooled
        parts = torch.stack([text, audio, text * audio], dim=1)  # (batch, 3, hidden)
        gates = self.gate(parts.flatten(1)).softmax(dim=-1)  # (batch, 3)
        return (gates.unsqueeze(1).to(parts.dtype) @ parts).squeeze(1), gates


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


class LateHeads(nn.Module):
    """Heads for each modality whose log probabilities are averaged with a learnt weight.

    Where one modality is absent the other is read alone.

    Args:
        hidden: Width of each modality's vector.
        n_classes: How many there are.
        dropout: Before the last layers.
        has_vad: Whether VAD is read.
    """

    def __init__(self, hidden: int, n_classes: int, *, dropout: float, has_vad: bool) -> None:
        super().__init__()
        self.text = Heads(hidden, hidden, n_classes, dropout=dropout, has_vad=has_vad)
        self.audio = Heads(hidden, hidden, n_classes, dropout=dropout, has_vad=has_vad)
        self.weight = nn.Parameter(torch.zeros(()))  # σ(0): both count alike

    def forward(self, fused: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """Read both halves.

        Args:
            fused: (batch, 2 · hidden), words then voice.
            present: bool (batch, 2).

        Returns:
            Logits (batch, n_classes) and VAD (batch, 3) in [-1, 1] or NaN.
        """
        words, voice = fused.chunk(2, dim=-1)
        (text, text_vad), (audio, audio_vad) = (
            self.text(words, present),
            self.audio(voice, present),
        )
        alone = torch.where(present[:, :1], 1.0, 0.0)
        is_mixed = (present[:, 0] == present[:, 1]).unsqueeze(-1)  # (batch, 1)
        share = torch.where(is_mixed, self.weight.sigmoid(), alone)  # of words, (batch, 1)
        logits = share * text.log_softmax(dim=-1) + (1 - share) * audio.log_softmax(dim=-1)
        return logits, share * text_vad + (1 - share) * audio_vad


def perceptron(width: int, hidden: int, out: int, *, dropout: float) -> nn.Sequential:
    """Two layers with GELU and dropout between them."""
    return nn.Sequential(
        nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, out)
    )


def unknown_vad(like: Tensor) -> Tensor:
    """NaN (batch, 3)."""
    return like.new_full((len(like), N_DIMENSIONS), torch.nan)
