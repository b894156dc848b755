"""Sound through the bundled audio encoder, as statistics of overlapping windows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sentigram.encoders.moonshine import FRAME_WIDTH, CompactAudioEncoder
from sentigram.encoders.pooling import POOLED_WIDTH, pool
from sentigram.encoders.sound import HOP_SAMPLES, SAMPLE_RATE_HZ
from sentigram.encoders.tokens import EncoderInfo
from sentigram.training.voice.features import load

Floats = NDArray[np.float32]

_WINDOW_FRAMES = round(1.0 * SAMPLE_RATE_HZ / HOP_SAMPLES)
_HOP_FRAMES = _WINDOW_FRAMES // 2
_GROUP_FRAMES = 4  # 96 ms


class _Compact:
    def __init__(self) -> None:
        self._encoder = CompactAudioEncoder()

    def _info(self, name: str, width: int, what: str) -> EncoderInfo:
        part = self._encoder.part
        return EncoderInfo(name, "audio", width, f"{part.id} {part.version}, {what}", part.sha256)


class CompactFeatures(_Compact):
    """The whole clip, then one-second windows every half second, float32 (n, POOLED_WIDTH)."""

    @property
    def info(self) -> EncoderInfo:
        """The bundled encoder's name, version and digest."""
        return self._info("compact", POOLED_WIDTH, "statistics of the clip and of 1 s windows")

    def encode(self, batch: Sequence[str] | Sequence[Path]) -> list[Floats]:
        """Encode clips given by path."""
        return [self._tokens(self._encoder.encode(load(Path(path)))) for path in batch]

    @staticmethod
    def _tokens(frames: Floats) -> Floats:
        last = max(1, len(frames) - _WINDOW_FRAMES + _HOP_FRAMES)
        windows = [pool(frames[i : i + _WINDOW_FRAMES]) for i in range(0, last, _HOP_FRAMES)]
        return np.stack([pool(frames), *windows])


class CompactFrames(_Compact):
    """Frames themselves, averaged over 96 ms, float32 (n, FRAME_WIDTH)."""

    @property
    def info(self) -> EncoderInfo:
        """The bundled encoder's name, version and digest."""
        return self._info("compact-frames", FRAME_WIDTH, "frames averaged over 96 ms")

    def encode(self, batch: Sequence[str] | Sequence[Path]) -> list[Floats]:
        """Encode clips given by path."""
        return [self._tokens(self._encoder.encode(load(Path(path)))) for path in batch]

    @staticmethod
    def _tokens(frames: Floats) -> Floats:
        starts = np.arange(0, len(frames), _GROUP_FRAMES)
        counts = np.minimum(_GROUP_FRAMES, len(frames) - starts)[:, None]
        return np.asarray(np.add.reduceat(frames, starts, axis=0) / counts, np.float32)
