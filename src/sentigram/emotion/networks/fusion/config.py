"""Sizes and choices of the fusion network; stored in the card of every checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from sentigram.emotion.encoders.tokens import KINDS, EncoderInfo, Kind
from sentigram.emotion.networks.config import NetworkConfig, Width

Variant = Literal["text", "audio", "visual", "concat", "late", "cross", "vga"]
Gate = Literal["none", "sigmoid", "softmax"]


class FusionConfig(NetworkConfig):
    """What a fusion network is made of.

    Attributes:
        variant: `text`, `audio` and `visual` read one modality; `concat` joins the pooled vectors
            of all there are; `late` adds the log probabilities of two heads; `cross` is standard
            cross-attention of words and voice in both directions; `vga` adds the VAD affinity of
            query and key to its logits.
        hidden: Width of each modality after projection.
        n_layers: Cross-attention layers.
        n_heads: Attention heads; divides hidden.
        vad_lambda: λ, the weight of the VAD affinity in attention logits.
        gate: How `cross` and `vga` fuse pooled vectors: `none` concatenates as `concat` always
            does, `sigmoid` is seed 2's form with a learnt interaction weight β, `softmax` is seed
            1's constrained form over text, audio and interaction, which sums to 1.
        modality_dropout: Chance in training that one modality of an example is withheld.
        d_contrast: Width of the MICL projections; 0 leaves them out.
    """

    family: Literal["fusion"] = "fusion"
    variant: Variant = "vga"
    widths: dict[Kind, Width] = Field({"text": 768, "audio": 1024})
    hidden: int = Field(384, ge=3)
    n_layers: int = Field(2, ge=1, le=24)
    n_heads: int = Field(8, ge=1)
    vad_lambda: float = Field(0.1, ge=0)
    gate: Gate = "sigmoid"
    modality_dropout: float = Field(0.0, ge=0, lt=1)
    d_contrast: int = Field(128, ge=0)

    can_contrast: ClassVar[bool] = True

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
    def title(self) -> str:
        """The variant: rows of one report differ in that."""
        return self.variant

    @property
    def modalities(self) -> tuple[Kind, ...]:
        """What the network reads."""
        if alone := [kind for kind in KINDS if kind == self.variant]:
            return tuple(alone)
        if self.variant == "concat":
            return super().modalities
        return ("text", "audio")

    @property
    def is_gated(self) -> bool:
        """Whether pooled vectors go through gates."""
        return self.variant in ("cross", "vga") and self.gate != "none"

    @property
    def fused_width(self) -> int:
        """Width of the embedding before the heads."""
        return self.hidden if self.is_gated else self.hidden * len(self.modalities)

    @property
    def largest_matrix(self) -> int:
        """Numbers in its largest matrix, before memory is taken for it."""
        widest = max(self.hidden, *self.widths.values(), self.d_contrast)
        return max(6 * self.hidden**2, self.fused_width * self.hidden, self.hidden * widest)

    def refusal(self, features: Mapping[Kind, EncoderInfo]) -> str:
        """Why it cannot read these features, "" where it can."""
        if self.variant in KINDS:
            needed = [self.variant]
        elif self.variant == "concat":
            needed = []
        else:
            needed = ["text", "audio"]
        lacking = [f"data.{kind}" for kind in needed if kind not in features]
        if lacking:
            return f"variant {self.variant} needs features that {' and '.join(lacking)} name"
        if self.variant == "concat" and len(features) < 2:
            return "variant concat joins two or three modalities"
        ids = [e.name for kind, e in features.items() if e.numbers == "ids" and self._reads(kind)]
        if ids:
            return f"{ids[0]} are numbers of word pieces, which only networks of text models read"
        return ""

    def _read(self, features: Mapping[Kind, EncoderInfo]) -> dict[Kind, int]:
        found = super()._read(features)
        return {kind: width for kind, width in found.items() if self._reads(kind)}

    def _reads(self, kind: Kind) -> bool:
        return self.variant == "concat" or kind in self.modalities
