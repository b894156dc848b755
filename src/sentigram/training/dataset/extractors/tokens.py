"""Features for training are the tokens that the engine works with, of whole texts and clips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.core.transcript import Utterance, Word
from sentigram.emotion.encoders.compute import Compute, resolve
from sentigram.emotion.encoders.named import audio_tokens, kind_of, text_tokens
from sentigram.emotion.encoders.tokens import AudioTokens, EncoderInfo, TextTokens
from sentigram.training.shipped.voice.features import load

Floats = NDArray[np.float32]


class TextFeatures:
    """One vector per word of a text, float32 (n_words, width).

    Args:
        encoder: Of sentences.
    """

    def __init__(self, encoder: TextTokens) -> None:
        self._encoder = encoder

    @property
    def info(self) -> EncoderInfo:
        """The encoder's."""
        return self._encoder.info

    def encode(self, batch: Sequence[str] | Sequence[Path]) -> list[Floats]:
        """Encode texts; a text without words becomes one zero vector."""
        instant = Span(0, 0)
        words = [tuple(Word(w, instant) for w in str(text).split()) for text in batch]
        utterances = [Utterance(str(i), instant, own) for i, own in enumerate(words) if own]
        encoded = iter(self._encoder.encode(utterances))
        nothing = np.zeros((1, self.info.width), np.float32)
        return [next(encoded).vectors if own else nothing for own in words]


class AudioFeatures:
    """Tokens of a clip, float32 (n_tokens, width).

    Args:
        encoder: Of stretches of a recording.
    """

    def __init__(self, encoder: AudioTokens) -> None:
        self._encoder = encoder

    @property
    def info(self) -> EncoderInfo:
        """The encoder's."""
        return self._encoder.info

    def encode(self, batch: Sequence[str] | Sequence[Path]) -> list[Floats]:
        """Encode clips given by path."""
        return [self._tokens(Audio(load(Path(path)))) for path in batch]

    def _tokens(self, clip: Audio) -> Floats:
        (tokens,) = self._encoder.encode_spans(clip, [Span(0, clip.duration_ms)])
        return tokens.values


def named(name: str) -> TextFeatures | AudioFeatures:
    """Features by a model's name, such as `bert:bert-base-uncased`.

    They are made in float32 whatever the machine, so that stores agree; tokens in bfloat16 differ
    from them by less than networks are sensitive to.

    Args:
        name: A family and a name in the store or a path.

    Raises:
        UsageError: There is no such family.
        MissingError: The model is not on this machine.
    """
    compute = Compute(resolve().device, "float32")
    if kind_of(name) == "text":
        return TextFeatures(text_tokens(name, compute))
    return AudioFeatures(audio_tokens(name, compute))
