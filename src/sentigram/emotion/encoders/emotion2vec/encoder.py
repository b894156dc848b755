"""emotion2vec: frames of how something is said, and its own scores of emotions.

Ma et al. 2023, "emotion2vec: Self-Supervised Pre-Training for Speech Emotion Representation".
The network is FunASR's; see `emotion2vec.network` for how it is run in batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from sentigram.core.arrays import Floats32, Floats64
from sentigram.core.document import EnginePart
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.time import Span
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.pieces import FRAMES_PER_TOKEN, encode_spans
from sentigram.emotion.encoders.tokens import EncoderInfo, SpanTokens
from sentigram.emotion.encoders.transformers import files
from sentigram.errors import InputError
from sentigram.store.installed import StoredModel, find

if TYPE_CHECKING:
    from sentigram.emotion.encoders.emotion2vec.shape import NetworkShape

DEFAULT_MODEL = "emotion2vec-plus-large"
PREFIX = "emotion2vec"


# Sound that is encoded at once. A CPU gains nothing from more than it needs to keep its cores busy
# (benchmarks/word_windows.py); a GPU is idle with less.
_BATCH_SAMPLES = {"cpu": 12 * SAMPLE_RATE_HZ, "mps": 60 * SAMPLE_RATE_HZ}
_BATCH_SAMPLES_GPU = 600 * SAMPLE_RATE_HZ
_LEAST_DEVIATION = 1e-5  # of a waveform, squared: what FunASR adds before it divides
_UNUSED = "unuse"  # what FunASR calls labels that its training did not use


class Emotion2vecEncoder:
    """Tokens of speech, each the mean of some frames of 20 ms.

    Args:
        model: Name in the store, or a folder.
        compute: Where it runs, and in which numbers.
        group: Frames per token.

    Raises:
        MissingError: The model is not on this machine.
    """

    def __init__(
        self, model: str = DEFAULT_MODEL, *, compute: Compute, group: int = FRAMES_PER_TOKEN
    ) -> None:
        self._name, self._compute, self._group = model, compute, group
        self._stored: StoredModel = find(model, "audio encoder")

    @property
    def info(self) -> EncoderInfo:
        """What checkpoints remember of it."""
        part = self.part
        what = f"{part.id}, means of {self._group} frames, piece by piece normalized"
        width = self._shape.embed_dim
        return EncoderInfo(f"{PREFIX}:{self._name}", "audio", width, what, part.sha256)

    @property
    def part(self) -> EnginePart:
        """For the Document's engine list."""
        return files.part(self._stored)

    @property
    def labels(self) -> tuple[str, ...]:
        """What its own scores are of, in English; empty for a network without scores."""
        return self._shape.labels

    def encode_spans(self, audio: Audio, spans: Sequence[Span]) -> Iterator[SpanTokens]:
        """Tokens of each stretch, in order, each sound encoded once, holding few in memory."""
        budget = _BATCH_SAMPLES.get(self._compute.device, _BATCH_SAMPLES_GPU)
        yield from encode_spans(audio, spans, self.encode, budget=budget, group=self._group)

    def encode(self, waves: Sequence[Floats32]) -> list[Floats32]:
        """Frames of some pieces of 16 kHz sound, each normalized and encoded as if by itself.

        Args:
            waves: float32 (n_samples,) each, at least 400 samples.

        Returns:
            float32 (n_frames, width) each.
        """
        from sentigram.emotion.encoders.emotion2vec.network import encode_batch

        given = [_normalized(wave) for wave in waves] if self._shape.normalize else waves
        return [frames.float().cpu().numpy() for frames in encode_batch(self._network, given)]

    def scores(self, pooled: Floats32) -> Floats64:
        """Its own log probabilities of labels, from means of frames.

        FunASR takes the mean over all frames of a file and projects it; the mean of a window's
        frames gives what FunASR would say of that window, heard in its context.

        Args:
            pooled: float32 (n, width).

        Returns:
            (n, n_labels); -inf for labels that the network does not use.

        Raises:
            InputError: The network has no scores.
        """
        if not self.labels:
            message = (
                f"{self._stored.name}: was not fine-tuned, so it has no scores of its own; use "
                "emotion2vec-plus-seed, -base or -large, or give a checkpoint"
            )
            raise InputError(message)
        weight, bias = self._projection
        logits = pooled.astype(np.float64) @ weight.T + bias
        for i, name in enumerate(self.labels):
            if name.startswith(_UNUSED):
                logits[:, i] = -np.inf
        top = logits.max(axis=1, keepdims=True)
        total = top + np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
        return np.asarray(logits - total)

    @cached_property
    def _loaded(self) -> tuple[Any, NetworkShape]:
        from sentigram.emotion.encoders.emotion2vec.network import load

        return load(self._stored.folder, self._compute)

    @property
    def _network(self) -> Any:
        return self._loaded[0]

    @cached_property
    def _shape(self) -> NetworkShape:
        from sentigram.emotion.encoders.emotion2vec.shape import read_shape

        return read_shape(self._stored.folder)  # known before the network is loaded

    @cached_property
    def _projection(self) -> tuple[Floats64, Floats64]:
        layer = self._network.proj
        return layer.weight.double().cpu().numpy(), layer.bias.double().cpu().numpy()


def _normalized(wave: Floats32) -> Floats32:
    """Mean 0 and deviation 1, as FunASR's layer norm over the whole waveform."""
    centred = wave - wave.mean(dtype=np.float64)
    return np.asarray(centred / np.sqrt(np.mean(centred**2) + _LEAST_DEVIATION), np.float32)
