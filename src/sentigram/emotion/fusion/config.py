"""Sizes and choices of the fusion network; stored in the card of every checkpoint."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Variant = Literal["text", "audio", "concat", "late", "cross", "vga"]
Gate = Literal["none", "sigmoid", "softmax"]
Modality = Literal["text", "audio"]


class FusionConfig(BaseModel):
    """What a fusion network is made of.

    Attributes:
        variant: `text` and `audio` read one modality; `concat` joins pooled vectors; `late` adds
            the log probabilities of two heads; `cross` is standard cross-attention in both
            directions; `vga` adds the VAD affinity of query and key to its logits.
        d_text: Width of text tokens: 768 for BERT base, 384 for MiniLM.
        d_audio: Width of audio tokens: 1024, 768, 288 …
        hidden: Width of both modalities after projection.
        n_layers: Cross-attention layers.
        n_heads: Attention heads; divides hidden.
        vad_lambda: λ, the weight of the VAD affinity in attention logits.
        gate: How `cross` and `vga` fuse pooled vectors: `none` concatenates as `concat` always
            does, `sigmoid` is seed 2's form with a learnt interaction weight β, `softmax` is seed
            1's constrained form over text, audio and interaction, which sums to 1.
        dropout: In projections, attention and heads.
        modality_dropout: Chance in training that one modality of an example is withheld.
        d_contrast: Width of the MICL projections; 0 leaves them out.
        vad_head: Whether valence, arousal and dominance are read; without it they are NaN.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    variant: Variant = "vga"
    d_text: int = Field(768, ge=1)
    d_audio: int = Field(1024, ge=1)
    hidden: int = Field(384, ge=3)
    n_layers: int = Field(2, ge=1, le=24)
    n_heads: int = Field(8, ge=1)
    vad_lambda: float = Field(0.1, ge=0)
    gate: Gate = "sigmoid"
    dropout: float = Field(0.3, ge=0, lt=1)
    modality_dropout: float = Field(0.0, ge=0, lt=1)
    d_contrast: int = Field(128, ge=0)
    vad_head: bool = True

    @model_validator(mode="after")
    def _heads_divide(self) -> FusionConfig:
        if self.hidden % self.n_heads:
            message = f"hidden {self.hidden} is not a multiple of n_heads {self.n_heads}"
            raise ValueError(message)
        if self.variant == "vga" and not self.vad_lambda:
            message = "vad_lambda 0 is no guidance; use variant cross"
            raise ValueError(message)
        return self

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """What the network reads."""
        if self.variant in ("text", "audio"):
            return (self.variant,)
        return ("text", "audio")

    @property
    def is_gated(self) -> bool:
        """Whether pooled vectors go through gates."""
        return self.variant in ("cross", "vga") and self.gate != "none"

    @property
    def fused_width(self) -> int:
        """Width of the embedding before the heads."""
        return self.hidden if self.is_gated else self.hidden * len(self.modalities)
