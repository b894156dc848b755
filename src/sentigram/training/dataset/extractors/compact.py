"""Sound through the bundled audio encoder: frames, or statistics of overlapping windows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sentigram.core.media import Audio
from sentigram.emotion.encoders.compact.acoustics import HOP_SAMPLES, SAMPLE_RATE_HZ
from sentigram.emotion.encoders.compact.frame_tokens import CompactTokens
from sentigram.emotion.encoders.compact.frames import CompactAudioEncoder
from sentigram.emotion.encoders.compact.pooling import POOLED_WIDTH, pool
from sentigram.emotion.encoders.tokens import EncoderInfo
from sentigram.training.dataset.extractors.tokens import AudioFeatures
from sentigram.training.shipped.voice.features import load

Floats = NDArray[np.float32]

_WINDOW_FRAMES = round(1.0 * SAMPLE_RATE_HZ / HOP_SAMPLES)
_HOP_FRAMES = _WINDOW_FRAMES // 2


class CompactFeatures:
    """The whole clip, then one-second windows every half second, float32 (n, POOLED_WIDTH)."""

    def __init__(self) -> None:
        self._encoder = CompactAudioEncoder()

    @property
    def info(self) -> EncoderInfo:
        """The bundled encoder's name, version and digest."""
        part = self._encoder.part
        what = f"{part.id} {part.version}, statistics of the clip and of 1 s windows"
        return EncoderInfo("compact", "audio", POOLED_WIDTH, what, part.sha256)

    def encode(self, batch: Sequence[str] | Sequence[Path]) -> list[Floats]:
        """Encode clips given by path."""
        return [self._tokens(self._encoder.encode(load(Path(path)))) for path in batch]

    @staticmethod
    def _tokens(frames: Floats) -> Floats:
        last = max(1, len(frames) - _WINDOW_FRAMES + _HOP_FRAMES)
        windows = [pool(frames[i : i + _WINDOW_FRAMES]) for i in range(0, last, _HOP_FRAMES)]
        return np.stack([pool(frames), *windows])


class CompactFrames(AudioFeatures):
    """Frames themselves, averaged over 96 ms, float32 (n, FRAME_WIDTH).

    Clips of more than 15 s are heard at once here, and in pieces at work: stores that were made
    before there were pieces stay what they are.
    """

    def __init__(self) -> None:
        self._compact = CompactTokens()
        super().__init__(self._compact)

    def _tokens(self, clip: Audio) -> Floats:
        return self._compact.encode_clip(clip.samples)
