"""The bundled audio encoder: the encoder of Moonshine tiny, and prosody beside it.

Moonshine was trained to write down words; the layers in the middle of its encoder nevertheless
carry how they are said (see the card of the voice model for what is measured).

Pieces of sound are encoded one at a time, never in batches: the model quantizes activations over
the whole batch, so that frames would depend on what else is in it (by up to 0.8 where their
deviation is 0.5, even for pieces of equal length). One at a time is also fast enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from sentigram.assets import weights
from sentigram.core.arrays import Floats32
from sentigram.core.document import EnginePart
from sentigram.core.media import Audio
from sentigram.core.time import MS_PER_SECOND, Span
from sentigram.emotion.encoders.compact.acoustics import (
    HOP_SAMPLES,
    N_COLUMNS,
    SAMPLE_RATE_HZ,
    energy,
    prosody,
)
from sentigram.emotion.encoders.compact.inner_layers import open_session
from sentigram.emotion.encoders.compact.pooling import HIDDEN_WIDTH, LAYER_WIDTH, VOICE_WIDTH
from sentigram.store.shipped import read_card

FRAME_WIDTH = HIDDEN_WIDTH + N_COLUMNS
# Outputs of the first five of six layers; the last one keeps the words rather than the voice.
_LAYERS = tuple(f"/layers.{i}/Add_1_output_0" for i in range(VOICE_WIDTH // LAYER_WIDTH))
# The second and fourth: chosen on RAVDESS, EmoDB and nEMO, each speaker held out.
_PAIR = (_LAYERS[1], _LAYERS[3])
_ENCODER = "words_encoder.ort"
_CONTEXT_MS = 500  # around a span, so that its first and last frames are heard in context
_LONGEST_MS = 15_000  # attention cost grows with the square of the length
_SHORTEST_SAMPLES = 1600  # the convolutions need some sound; shorter pieces are padded


class SpanEncoder(Protocol):
    """Encodes stretches of a recording."""

    @property
    def part(self) -> EnginePart:
        """For the Document's engine list."""
        ...

    def encode_spans(self, audio: Audio, spans: Sequence[Span]) -> Iterator[SpanFrames]:
        """Frames of each stretch."""
        ...


class CompactAudioEncoder:
    """Frames of speech, one every 24 ms: two layers, and prosody beside them.

    Args:
        n_threads: Threads of the encoder; 0 for as many as there are cores.
    """

    what = "layers 2 and 4"
    layers: tuple[str, ...] = _PAIR

    def __init__(self, *, n_threads: int = 0) -> None:
        self._n_threads = n_threads

    def _beside(self, samples: Floats32, n_frames: int) -> Floats32:
        """Columns that follow the layers, float32 (n_frames, n_columns)."""
        return prosody(samples, n_frames)

    @property
    def part(self) -> EnginePart:
        """For the Document's engine list."""
        return EnginePart(
            "audio encoder",
            f"moonshine-tiny-en encoder, {self.what}",
            str(_card()["version"]),
            encoder_sha256(),
        )

    @cached_property
    def _session(self) -> Any:
        return open_session(encoder_path(), self.layers, n_threads=self._n_threads)

    def encode(self, samples: Floats32) -> Floats32:
        """Encode one piece of 16 kHz sound by itself.

        Args:
            samples: float32 (n_samples,) in [-1, 1], seconds rather than minutes.

        Returns:
            float32 (n_frames, width); frame i covers samples 384·i to 384·(i + 1). The width is
            FRAME_WIDTH here.
        """
        if len(samples) < _SHORTEST_SAMPLES:
            samples = np.pad(samples, (0, _SHORTEST_SAMPLES - len(samples)))
        batch = np.ascontiguousarray(samples, np.float32)[None]
        mask = np.ones(batch.shape, np.int64)
        layers = self._session.run(None, {"input_values": batch, "attention_mask": mask})
        hidden = [layer[0] for layer in layers]
        return np.concatenate([*hidden, self._beside(batch[0], len(hidden[0]))], axis=1)

    def encode_spans(self, audio: Audio, spans: Sequence[Span]) -> Iterator[SpanFrames]:
        """Encode stretches of a recording, each once, holding one at a time in memory.

        Args:
            audio: 16 kHz.
            spans: In any order; long ones are encoded in pieces of at most 15 s.
        """
        for span in spans:
            n_pieces = -(-max(span.duration_ms, 1) // _LONGEST_MS)
            edges = np.linspace(span.start_ms, span.end_ms, n_pieces + 1).astype(int)
            pieces = [
                self._piece(audio, int(start), int(end), is_first=i == 0, is_last=i == n_pieces - 1)
                for i, (start, end) in enumerate(pairwise(edges))
            ]
            yield SpanFrames(pieces[0][0], np.concatenate([frames for _, frames in pieces]))

    def _piece(
        self, audio: Audio, start_ms: int, end_ms: int, *, is_first: bool, is_last: bool
    ) -> tuple[int, Floats32]:
        """Frames of a piece: outer edges keep their context, inner ones drop it."""
        per_ms = SAMPLE_RATE_HZ // MS_PER_SECOND
        first = max(0, start_ms - _CONTEXT_MS) * per_ms // HOP_SAMPLES * HOP_SAMPLES
        frames = self.encode(
            np.asarray(audio.samples[first : (end_ms + _CONTEXT_MS) * per_ms], np.float32)
        )
        low = 0 if is_first else start_ms * per_ms // HOP_SAMPLES - first // HOP_SAMPLES
        high = len(frames) if is_last else end_ms * per_ms // HOP_SAMPLES - first // HOP_SAMPLES
        return first // HOP_SAMPLES + low, frames[low:high]


class VoiceEncoder(CompactAudioEncoder):
    """Frames that the voice model reads: five layers, and the energy that tells pauses.

    The width is VOICE_WIDTH + 1.
    """

    what = "layers 1 to 5"
    layers = _LAYERS

    def _beside(self, samples: Floats32, n_frames: int) -> Floats32:
        return energy(samples, n_frames)[:, None]


class SpanFrames:
    """Frames of one stretch of a recording.

    Args:
        first: Number of the first frame, counted from the start of the recording.
        frames: float32 (n_frames, width).
    """

    __slots__ = ("first", "frames")

    def __init__(self, first: int, frames: Floats32) -> None:
        self.first = first
        self.frames = frames

    def cut(self, span: Span) -> Floats32:
        """The frames that lie in a span, at least one, float32 (n, width)."""
        per_ms = SAMPLE_RATE_HZ // MS_PER_SECOND
        low = span.start_ms * per_ms // HOP_SAMPLES - self.first
        high = -(-span.end_ms * per_ms // HOP_SAMPLES) - self.first
        low = min(max(low, 0), len(self.frames) - 1)
        return self.frames[low : max(high, low + 1)]


@cache
def encoder_path() -> Path:
    """The encoder of the bundled recognizer.

    Raises:
        MissingError: The weights are missing or damaged.
    """
    _card()
    return weights() / _ENCODER


def encoder_sha256() -> str:
    """Digest of the encoder's file."""
    return str(_card()["files"][_ENCODER]["sha256"])


@cache
def _card() -> dict[str, Any]:
    return read_card("words")
