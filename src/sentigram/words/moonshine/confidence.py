"""How likely a heard word is right: the recognizer's probabilities, calibrated.

A decoder is too sure of itself, and the more so the less it understands: what it says of a word is
weighed with how sure it is of everything around. `benchmarks/not_english.py` fits the four numbers
in the card on recordings whose texts are known, and measures them on other speakers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sentigram.words.moonshine.model import card
from sentigram.words.moonshine.understood import Sureness
from sentigram.words.moonshine.writing import HeardWord

_LOWEST = -8.0  # log probability; below, all are as bad
_DIGITS = 3


@dataclass(frozen=True, slots=True)
class ConfidenceCurve:
    """A logistic function; numbers of the card.

    Attributes:
        bias: Of the logit.
        word: Weight of the word's log probability.
        around: Weight of the mean log probability of the piece that it stands in.
        sure: Weight of the share of the piece's tokens that the recognizer is sure of.
    """

    bias: float
    word: float
    around: float
    sure: float

    def confidence(self, word: HeardWord, piece: Sureness) -> float:
        """The probability that a word is right."""
        logit = (
            self.bias
            + self.word * max(_LOWEST, word.log_prob)
            + self.around * max(_LOWEST, piece.mean)
            + self.sure * piece.sure
        )
        return round(1 / (1 + math.exp(-logit)), _DIGITS)


def calibration() -> ConfidenceCurve:
    """The one that ships."""
    return ConfidenceCurve(**card()["confidence"])
