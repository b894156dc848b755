"""What networks of several modalities read of words: vectors, or a model that learns."""

from __future__ import annotations

from torch import nn

from sentigram.emotion.networks.inputs import Sequences
from sentigram.emotion.networks.language.config import LanguageModelConfig
from sentigram.emotion.networks.language.pieces import LanguageModel


class TextSide(nn.Module):
    """Vectors of words, which a model of the BERT family makes of word pieces where there is one.

    Args:
        config: Without an architecture, there is none.
    """

    def __init__(self, config: LanguageModelConfig) -> None:
        super().__init__()
        self.language = LanguageModel(config) if config.architecture else None

    def forward(self, given: Sequences) -> Sequences:
        """Vectors as they are given, or the class token of each text, (batch, 1, width)."""
        if self.language is None:
            return given
        found: Sequences = self.language(given)
        return found
