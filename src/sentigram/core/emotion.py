"""Emotion readings: which emotion a word carries, how strongly, and on what evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

NEUTRAL = "neutral"
# What a word shows whose voice is raised while the emotion is not known. No label can be called so,
# for a label has no hyphen: a model's own `raised` stays an emotion like any other.
RAISED = "raised-voice"
MOST_LABELS = 64  # of a Document, a model and a theme; document.schema.json says it too
# How English captions say in brackets that words are said so, where no type shows it.
MANNERS: Mapping[str, str] = MappingProxyType(
    {
        "anger": "angry",
        "calm": "calm",
        "disgust": "disgusted",
        "excitement": "excited",
        "fear": "afraid",
        "frustration": "frustrated",
        "happiness": "happy",
        "sadness": "sad",
        "surprise": "surprised",
        RAISED: "raised voice",
    }
)
BY_HAND_INTENSITY = 0.75  # how strongly a label shows that a person set without an intensity

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


def plain_name(name: str) -> str:
    """A name as people write it: `mixed_up` becomes `mixed up`, `RAISED` "raised voice"."""
    return name.replace("_", " ").replace("-", " ")


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Ordered emotion names; travels with the model, and probabilities follow its order."""

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in self.names:
            if not _NAME.fullmatch(name):
                message = f"label {name!r}: use lower-case letters, digits and _, 32 at most"
                raise ValueError(message)
        if len(self.names) > MOST_LABELS:
            message = f"{len(self.names):,} labels: at most {MOST_LABELS} can be told apart"
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
        intensity: In [0, 1]; 0 for a neutral word that the model read; how raised the voice is,
            above 0, where the label is withheld.
        vad: Valence, arousal, dominance in [-1, 1], or None.
        evidence: Share of text and audio, or None where it was not measured.
        withheld: The voice is raised, and whether in anger, joy or otherwise is not known: the
            label is neutral then. Beside another label it says that a person chose that one.
    """

    label: str
    probs: tuple[float, ...]
    intensity: float
    vad: tuple[float, float, float] | None = None
    evidence: Evidence | None = None
    withheld: bool = False

    @property
    def is_blank(self) -> bool:
        """Whether it says nothing: neutral, certain, and nothing measured.

        So it stands for a word that nobody read. A model measures something, and a person who says
        neutral writes the same: only where a Document was not read does it mean that.
        """
        measured = (self.vad, self.evidence)
        is_certain = max(self.probs) == 1 and self.intensity == 0
        return self.name == NEUTRAL and is_certain and measured == (None, None)

    @property
    def is_raised(self) -> bool:
        """Whether the reading is a raised voice without a label."""
        return self.withheld and self.label == NEUTRAL

    @property
    def name(self) -> str:
        """What the reading comes to: its label, or `RAISED` where that is withheld."""
        return RAISED if self.is_raised else self.label

    def is_by_hand(self, labels: LabelSet) -> bool:
        """Whether a person set the label, or said that the voice is raised.

        A model only writes neutral or its most probable label, and gives every label other than
        neutral an intensity above 0. It withholds neutral alone, with an intensity, and never where
        neutral is certain. Whatever breaks this rule was edited.
        """
        prob = self.probs[labels.index(self.label)]
        if self.is_raised:
            return self.intensity == 0 or prob == 1
        if self.label == NEUTRAL:
            return False
        return self.withheld or self.intensity == 0 or prob < max(self.probs)

    def by_hand(self, labels: LabelSet, label: str, intensity: float | None) -> WordEmotion:
        """The reading that a person sets, written so that `is_by_hand` knows it.

        A label that the model favoured too, at a strength of its own, loses its probabilities: it
        is then certain. So does a raised voice.

        Args:
            labels: Of the reading.
            label: One of them, or `RAISED`.
            intensity: In (0, 1]; None for `BY_HAND_INTENSITY`.
        """
        is_raised = label == RAISED
        name = NEUTRAL if is_raised else label
        made = replace(self, label=name, intensity=0.0, withheld=is_raised)
        if label == NEUTRAL or intensity in (None, BY_HAND_INTENSITY):
            return made
        if is_raised or self.probs[labels.index(name)] == max(self.probs):
            certain = tuple(float(other == name) for other in labels)
            made = replace(made, probs=certain)
        return replace(made, intensity=float(intensity or 0))

    def confidence(self, labels: LabelSet) -> float:
        """Probability of the label, 1 where a person set it; says nothing of a withheld one."""
        return 1.0 if self.is_by_hand(labels) else self.probs[labels.index(self.label)]

    def shown_intensity(self, labels: LabelSet) -> float:
        """The intensity to draw: of the reading, or the default for what was set by hand."""
        if self.is_by_hand(labels) and self.intensity == 0:
            return BY_HAND_INTENSITY
        return self.intensity


BLANK = WordEmotion(NEUTRAL, (1.0,), 0.0)
"""The reading of a word that nobody read, by `NO_LABELS`."""

NO_LABELS = LabelSet((NEUTRAL,))
"""The labels of what nobody read."""


@dataclass(frozen=True, slots=True)
class EmotionTrack:
    """One reading per word of a transcript, in its order."""

    labels: LabelSet
    readings: tuple[WordEmotion, ...]
