"""Word vectors of the bundled text encoder."""

from __future__ import annotations

from sentigram.emotion.encoders.compact.text import MiniLmEncoder
from sentigram.training.dataset.extractors.tokens import TextFeatures


class MiniLmFeatures(TextFeatures):
    """One vector per word, float32 (n_words, 384), each the mean over the word's tokens."""

    def __init__(self) -> None:
        super().__init__(MiniLmEncoder(n_threads=0))
