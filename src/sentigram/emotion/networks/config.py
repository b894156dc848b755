"""What every network's settings have in common; stored in the card of every checkpoint."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field

from sentigram.emotion.encoders.tokens import KINDS, EncoderInfo, Kind

_WIDEST = 2**20

Width = Annotated[int, Field(ge=1, le=_WIDEST)]


class NetworkConfig(BaseModel, ABC):
    """Settings of a network; each family adds its own.

    Attributes:
        family: Which network it is: a row of `registry.FAMILIES`.
        widths: Of the tokens of each modality that it reads; set to those of the features.
        vad_head: Whether valence, arousal and dominance are read; without it they are NaN.
        dropout: Where the family has any.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    family: str
    widths: dict[Kind, Width] = Field({})
    vad_head: bool = True
    dropout: float = Field(0.3, ge=0, lt=1)

    can_contrast: ClassVar[bool] = False
    """Whether it can have projections for MICL (`d_contrast`)."""

    made_for: ClassVar[str] = ""
    """Features that it was published with: taken before others where nobody names any."""

    @property
    def title(self) -> str:
        """Names its row in reports."""
        return self.family

    @property
    def modalities(self) -> tuple[Kind, ...]:
        """What it reads, in the order of KINDS."""
        return tuple(kind for kind in KINDS if kind in self.widths)

    @property
    @abstractmethod
    def fused_width(self) -> int:
        """Width of the embedding before the heads."""

    @property
    @abstractmethod
    def largest_matrix(self) -> int:
        """Numbers in its largest matrix, before memory is taken for it."""

    @property
    def unscaled(self) -> tuple[Kind, ...]:
        """Modalities whose tokens it must be given as they are, neither centred nor scaled."""
        return ()

    @property
    def learnt_elsewhere(self) -> tuple[str, ...]:
        """Weights that it starts from, which may have seen a corpus."""
        return ()

    def refusal(self, features: Mapping[Kind, EncoderInfo]) -> str:
        """Why it cannot read these features, "" where it can."""
        del features
        return ""

    def fitted(
        self, features: Mapping[Kind, EncoderInfo], *, has_vad: bool, contrasts: bool
    ) -> Self:
        """The same network for features at hand.

        Args:
            features: Of the experiment.
            has_vad: Whether there are VAD targets to learn from.
            contrasts: Whether MICL is among what is minimized.
        """
        changes: dict[str, object] = {
            "widths": self._read(features),
            "vad_head": has_vad,
        }
        if self.can_contrast and not contrasts:
            changes["d_contrast"] = 0
        return self.model_copy(update=changes)

    def checkpointed(self) -> Self | None:
        """The same network, which works inner activations out again; None where it keeps them."""
        return None

    def _read(self, features: Mapping[Kind, EncoderInfo]) -> dict[Kind, int]:
        """Widths of what it reads of the features; all of them, unless a family knows better."""
        return {kind: features[kind].width for kind in KINDS if kind in features}
