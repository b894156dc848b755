"""Tokens of the bundled audio encoder: its frames, averaged over 96 ms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sentigram.core.arrays import Floats32
from sentigram.core.document import EnginePart
from sentigram.core.media import Audio
from sentigram.core.time import MS_PER_SECOND, Span
from sentigram.emotion.encoders.compact.acoustics import HOP_SAMPLES, SAMPLE_RATE_HZ
from sentigram.emotion.encoders.compact.frames import FRAME_WIDTH, CompactAudioEncoder
from sentigram.emotion.encoders.pieces import grouped
from sentigram.emotion.encoders.tokens import EncoderInfo, SpanTokens

NAME = "compact-frames"
_HOP_MS = HOP_SAMPLES * MS_PER_SECOND // SAMPLE_RATE_HZ  # 24 ms
_GROUP_FRAMES = 4


class CompactTokens:
    """Tokens of 96 ms, float32 (n, FRAME_WIDTH).

    Args:
        n_threads: Threads of the encoder; 0 for as many as there are cores.
    """

    def __init__(self, *, n_threads: int = 0) -> None:
        self._encoder = CompactAudioEncoder(n_threads=n_threads)

    @property
    def info(self) -> EncoderInfo:
        """What checkpoints that are trained on its tokens remember of it."""
        part = self.part
        what = f"{part.id} {part.version}, frames averaged over {_GROUP_FRAMES * _HOP_MS} ms"
        return EncoderInfo(NAME, "audio", FRAME_WIDTH, what, part.sha256)

    @property
    def part(self) -> EnginePart:
        """For the Document's engine list."""
        return self._encoder.part

    def encode_clip(self, samples: Floats32) -> Floats32:
        """Tokens of a clip that is heard at once, however long: float32 (n, FRAME_WIDTH).

        Args:
            samples: float32 (n_samples,) at 16 kHz. Up to 15 s, `encode_spans` gives the same.
        """
        return grouped(self._encoder.encode(samples), _GROUP_FRAMES)

    def encode_spans(self, audio: Audio, spans: Sequence[Span]) -> Iterator[SpanTokens]:
        """Tokens of each stretch, in order, each sound encoded once, holding few in memory.

        Args:
            audio: 16 kHz.
            spans: In any order; long ones are encoded in pieces of at most 15 s.
        """
        for frames in self._encoder.encode_spans(audio, spans):
            values = grouped(frames.frames, _GROUP_FRAMES)
            yield SpanTokens(frames.first * _HOP_MS, _GROUP_FRAMES * _HOP_MS, values)
