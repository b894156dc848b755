"""Valence, arousal and dominance of emotion words: a prior, where a corpus has no annotations.

Means of Russell & Mehrabian 1977, "Evidence for a three-factor theory of emotions", table of 151
terms, in [-1, 1]; neutral is the origin. Whoever trains on them regresses a table lookup, so cards
say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LABEL_VAD: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        "anger": (-0.51, 0.59, 0.25),
        "disgust": (-0.60, 0.35, 0.11),
        "excitement": (0.62, 0.75, 0.38),
        "fear": (-0.64, 0.60, -0.43),
        "frustration": (-0.64, 0.52, 0.35),
        "happiness": (0.81, 0.51, 0.46),
        "neutral": (0.00, 0.00, 0.00),
        "sadness": (-0.63, -0.27, -0.33),
        "surprise": (0.40, 0.67, -0.13),
    }
)
