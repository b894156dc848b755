"""An encoder that keeps what it encoded on disk: other heads read the same sound at once.

Frames are kept in half precision, which moves scores by less than a thousandth.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from sentigram.core.document import EnginePart
from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.emotion.encoders.compact.frames import SpanEncoder, SpanFrames, VoiceEncoder

_VERSION = "2"  # raise when the encoder's code changes what it gives, so that caches are made anew


class KeptFrames:
    """Encodes each recording once, and finds it again by its samples and stretches.

    Args:
        folder: Where frames are kept, about 14 MB per minute of speech.
        encoder: What encodes; the bundled one if None.
    """

    def __init__(self, folder: Path, *, encoder: SpanEncoder | None = None) -> None:
        self._folder = folder
        self._encoder = encoder or VoiceEncoder()

    @property
    def part(self) -> EnginePart:
        """Of the encoder that it asks."""
        return self._encoder.part

    def encode_spans(self, audio: Audio, spans: Sequence[Span]) -> Iterator[SpanFrames]:
        """Frames of each stretch, as the encoder gave them, in half precision."""
        path = self._folder / f"frames-{self._digest(audio, spans)}.npz"
        if not path.is_file():
            self._keep(path, tuple(self._encoder.encode_spans(audio, spans)))
        with np.load(path, allow_pickle=False) as kept:
            firsts, lengths, frames = (
                kept["firsts"],
                kept["lengths"],
                kept["frames"].astype(np.float32),
            )
        pieces = np.split(frames, np.cumsum(lengths)[:-1])
        return iter([SpanFrames(int(a), b) for a, b in zip(firsts, pieces, strict=True)])

    def _keep(self, path: Path, found: Sequence[SpanFrames]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        np.savez(
            part,
            firsts=np.array([frames.first for frames in found]),
            lengths=np.array([len(frames.frames) for frames in found]),
            frames=np.concatenate([frames.frames for frames in found]).astype(np.float16),
        )
        part.replace(path)

    def _digest(self, audio: Audio, spans: Sequence[Span]) -> str:
        samples = np.ascontiguousarray(audio.samples, np.float32)
        digest = hashlib.sha256(f"{_VERSION} {self.part} {audio.sample_rate_hz}".encode())
        digest.update(samples.tobytes())
        digest.update(np.array([(s.start_ms, s.end_ms) for s in spans], np.int64).tobytes())
        return digest.hexdigest()[:24]
