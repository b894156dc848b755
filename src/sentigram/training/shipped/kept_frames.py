"""An encoder that remembers what it encoded: other heads read the same sound at once.

On disk frames are kept in half precision, which moves scores by less than a thousandth.
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
from sentigram.files import whole_file

_VERSION = "2"  # raise when the encoder's code changes what it gives, so that caches are made anew


class KeptFrames:
    """Encodes each recording once, and finds it again by its samples and stretches.

    Args:
        folder: Where frames are kept, about 14 MB per minute of speech; None keeps those of the
            last recording alone, in memory and as they are.
        encoder: What encodes; the bundled one if None.
    """

    def __init__(self, folder: Path | None, *, encoder: SpanEncoder | None = None) -> None:
        self._folder = folder
        self._encoder = encoder or VoiceEncoder()
        self._last: tuple[str, tuple[SpanFrames, ...]] = ("", ())

    @property
    def part(self) -> EnginePart:
        """Of the encoder that it asks."""
        return self._encoder.part

    def encode_spans(self, audio: Audio, spans: Sequence[Span]) -> Iterator[SpanFrames]:
        """Frames of each stretch."""
        digest = self._digest(audio, spans)
        if self._folder is not None:
            path = self._folder / f"frames-{digest}.npz"
            if not path.is_file():
                _write(path, tuple(self._encoder.encode_spans(audio, spans)))
            return _read(path)
        if self._last[0] != digest:
            self._last = (digest, tuple(self._encoder.encode_spans(audio, spans)))
        return iter(self._last[1])

    def _digest(self, audio: Audio, spans: Sequence[Span]) -> str:
        samples = np.ascontiguousarray(audio.samples, np.float32)
        digest = hashlib.sha256(f"{_VERSION} {self.part} {audio.sample_rate_hz}".encode())
        digest.update(samples.tobytes())
        digest.update(np.array([(s.start_ms, s.end_ms) for s in spans], np.int64).tobytes())
        return digest.hexdigest()[:24]


def _write(path: Path, found: Sequence[SpanFrames]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path, overwrite=True) as part, part.open("wb") as file:
        np.savez(
            file,
            firsts=np.array([frames.first for frames in found]),
            lengths=np.array([len(frames.frames) for frames in found]),
            frames=np.concatenate([frames.frames for frames in found]).astype(np.float16),
        )


def _read(path: Path) -> Iterator[SpanFrames]:
    with np.load(path, allow_pickle=False) as kept:
        firsts, lengths = kept["firsts"], kept["lengths"]
        frames = kept["frames"].astype(np.float32)
    pieces = np.split(frames, np.cumsum(lengths)[:-1])
    return iter([SpanFrames(int(a), b) for a, b in zip(firsts, pieces, strict=True)])
