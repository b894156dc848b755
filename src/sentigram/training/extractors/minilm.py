"""Word vectors of the bundled text encoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sentigram.core.time import Span
from sentigram.core.transcript import Utterance, Word
from sentigram.encoders.text import TextEncoder
from sentigram.encoders.tokens import EncoderInfo

WIDTH = 384


class MiniLmFeatures:
    """One vector per word, float32 (n_words, 384), each the mean over the word's tokens."""

    def __init__(self) -> None:
        self._encoder = TextEncoder(n_threads=0)

    @property
    def info(self) -> EncoderInfo:
        """The bundled encoder's name, version and digest."""
        part = self._encoder.part
        return EncoderInfo("minilm", "text", WIDTH, f"{part.id} {part.version}", part.sha256)

    def encode(self, batch: Sequence[str] | Sequence[Path]) -> list[NDArray[np.float32]]:
        """Encode texts; a text without words becomes one zero vector."""
        instant = Span(0, 0)
        words = [tuple(Word(w, instant) for w in str(text).split()) for text in batch]
        utterances = [Utterance(str(i), instant, own) for i, own in enumerate(words) if own]
        encoded = iter(self._encoder.encode(utterances))
        return [next(encoded).vectors if own else np.zeros((1, WIDTH), np.float32) for own in words]
