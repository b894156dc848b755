"""One vector of a stretch of sound: the mean of an encoder's frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sentigram.core.document import EnginePart
from sentigram.core.media import Audio
from sentigram.core.time import MS_PER_SECOND, Span
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.tokens import EncoderInfo, SpanTokens


class PooledVoice:
    """The mean of emotion2vec's frames over a clip; at work, over the two seconds around a word.

    Args:
        model: Name in the store, or a folder.
        compute: Where it runs, and in which numbers.

    Raises:
        MissingError: The model is not on this machine.
    """

    def __init__(self, model: str, *, compute: Compute) -> None:
        from sentigram.emotion.encoders.emotion2vec.encoder import Emotion2vecEncoder

        self.frames = Emotion2vecEncoder(model, compute=compute, group=1)
        self._name = model

    @property
    def info(self) -> EncoderInfo:
        """What checkpoints remember of it."""
        info = self.frames.info
        what = f"{self.part.id}, mean of all frames, piece by piece normalized"
        name = f"emotion2vec-pooled:{self._name}"
        return EncoderInfo(name, "audio", info.width, what, info.sha256)

    @property
    def part(self) -> EnginePart:
        """For the Document's engine list."""
        return self.frames.part

    def encode_spans(self, audio: Audio, spans: Sequence[Span]) -> Iterator[SpanTokens]:
        """One token for each stretch, in order."""
        for span, found in zip(spans, self.frames.encode_spans(audio, spans), strict=True):
            length = (span.end_ms - span.start_ms) or MS_PER_SECOND
            mean = found.values.mean(axis=0, keepdims=True, dtype=np.float64)
            yield SpanTokens(found.first_ms, float(length), mean.astype(np.float32))
