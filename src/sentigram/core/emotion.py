"""Emotion readings: which emotion a word carries, how strongly, and on what evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

NEUTRAL = "neutral"
BY_HAND_INTENSITY = 0.75  # how strongly a label shows that a person set without an intensity

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Ordered emotion names; travels with the model, and probabilities follow its order."""

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in self.names:
            if not _NAME.fullmatch(name):
                message = f"label {name!r}: use lower-case letters, digits and _, 32 at most"
                raise ValueError(message)
        if NEUTRAL not in self.names or len(set(self.names)) != len(self.names):
            message = f"labels {', '.join(self.names)}: need {NEUTRAL!r}, and each name once"
            raise ValueError(message)

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def index(self, name: str) -> int:
        """Position of a name.

        Raises:
            ValueError: The name is not in the set.
        """
        return self.names.index(name)


@dataclass(frozen=True, slots=True)
class Evidence:
    """How much each modality moved the reading: text + audio = 1, or both 0 where neither did.

    Measured by leaving one out: the distance between the joint reading and the reading without
    that modality, as a share of both distances.
    """

    text: float
    audio: float


@dataclass(frozen=True, slots=True)
class WordEmotion:
    """The reading of one word.

    Attributes:
        label: The decision; neutral where the model abstains.
        probs: One per label, sums to 1, calibrated and smoothed over time.
        intensity: In [0, 1]; 0 for a neutral word that the model read.
        vad: Valence, arousal, dominance in [-1, 1], or None.
        evidence: Share of text and audio, or None where it was not measured.
    """

    label: str
    probs: tuple[float, ...]
    intensity: float
    vad: tuple[float, float, float] | None = None
    evidence: Evidence | None = None
    withheld: bool = False

    def is_by_hand(self, labels: LabelSet) -> bool:
        """Whether a person set the label.

        A model only writes neutral or its most probable label, and gives every label other than
        neutral an intensity above 0; whatever breaks this rule was edited.
        """
        if self.label == NEUTRAL:
            return False
        return self.intensity == 0 or self.probs[labels.index(self.label)] < max(self.probs)

    def confidence(self, labels: LabelSet) -> float:
        """Probability of the label; 1 where a person set it."""
        return 1.0 if self.is_by_hand(labels) else self.probs[labels.index(self.label)]

    def shown_intensity(self, labels: LabelSet) -> float:
        """The intensity to draw: of the reading, or the default for a label set by hand."""
        if self.is_by_hand(labels) and self.intensity == 0:
            return BY_HAND_INTENSITY
        return self.intensity


@dataclass(frozen=True, slots=True)
class EmotionTrack:
    """One reading per word of a transcript, in its order."""

    labels: LabelSet
    readings: tuple[WordEmotion, ...]
