"""What networks say of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sentigram.emotion.encoders.tokens import Kind

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class NetworkOutput:
    """What a network says of a batch.

    Attributes:
        logits: (batch, n_classes).
        vad: (batch, 3) in [-1, 1]; NaN without a VAD head.
        fused: (batch, width), what the heads read.
        embeddings: (batch, d_contrast) of each modality for MICL; empty without.
        gates: (batch, n_modalities, hidden) where each number has a gate of its own, (batch,
            n_parts) where each part has one; None without gates.
        is_pair: bool (batch,), True where words and voice were both there and neither withheld:
            MICL compares no others. None stands for all.
    """

    logits: Tensor
    vad: Tensor
    fused: Tensor
    embeddings: Mapping[Kind, Tensor] = field(default_factory=dict)
    gates: Tensor | None = None
    is_pair: Tensor | None = None
