"""Tokens of speech by wav2vec 2.0, WavLM or HuBERT, in batches that change no frame."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from sentigram.core.arrays import Floats32
from sentigram.core.document import EnginePart
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.time import Span
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.pieces import (
    FRAMES_PER_TOKEN,
    HOP_MS,
    HOP_SAMPLES,
    WINDOW_SAMPLES,
    encode_spans,
    n_frames,
)
from sentigram.emotion.encoders.tokens import EncoderInfo, SpanTokens
from sentigram.emotion.encoders.transformers import files
from sentigram.emotion.encoders.transformers.word_vectors import check_layer, layer_words
from sentigram.errors import InputError


class PieceNorm(nn.Module):
    """What a group norm makes of each piece by itself, for pieces of unequal length in a batch.

    Base models normalize each channel over all frames of their input. Upstream, padding counts as
    sound there, so that frames depend on the length of what else is in the batch.

    Args:
        norm: One channel per group.
        kernel: Width in samples of the convolution before it.
        stride: Of that convolution.
    """

    def __init__(self, norm: nn.GroupNorm, *, kernel: int, stride: int) -> None:
        super().__init__()
        self.norm, self._kernel, self._stride = norm, kernel, stride
        self._lengths: list[int] = []

    def begin(self, n_samples: Sequence[int]) -> None:
        """Say how long each piece of the next batch is; none where all are alike."""
        self._lengths = [(n - self._kernel) // self._stride + 1 for n in n_samples]

    def forward(self, x: Tensor) -> Tensor:
        """Normalize (batch, channels, frames); frames outside a piece become 0."""
        if not self._lengths:
            normal: Tensor = self.norm(x)
            return normal
        out = torch.empty_like(x)
        for row, own, length in zip(out, x, self._lengths, strict=True):
            row[:, :length] = self.norm(own[None, :, :length])[0]
            row[:, length:] = 0
        return out


Layer = int | Literal["mean"]

PREFIX = "wav2vec"  # of the names of its features
FAMILIES = ("wav2vec2", "wavlm", "hubert")
# Sound that is encoded at once, padding included: a second of it takes 7 MB in the first
# convolution of a network in float32, and a CPU only loses by padding.
_BATCH_SAMPLES = {"cpu": 12 * SAMPLE_RATE_HZ, "mps": 60 * SAMPLE_RATE_HZ}
_BATCH_SAMPLES_GPU = 240 * SAMPLE_RATE_HZ
_WAVLM_MASKS = "Support for mismatched key_padding_mask"  # torch to transformers, not to us


class TransformerAudioEncoder:
    """Tokens of speech, each the mean of some frames of 20 ms.

    Args:
        model: From the store, or a name there, or a folder in the hub's format.
        compute: Where it runs. It computes in float32 whatever the precision: in bfloat16, clips of
            a base-size network with random weights pooled to vectors of cosine .996 only.
        layer: Whose output is taken: -1 for the last, 0 for what goes into the first block, mean
            for the mean over what comes out of each block.
        group: Frames per token.

    Raises:
        MissingError: The model or transformers is not here.
        InputError: Its files are damaged, or it is of another kind.
        UsageError: It has no such layer.
    """

    def __init__(
        self,
        model: files.Model,
        *,
        compute: Compute,
        layer: Layer = -1,
        group: int = FRAMES_PER_TOKEN,
    ) -> None:
        self._model = files.stored(model, "audio encoder")
        self._name = model if isinstance(model, str) else model.name
        self._extractor = files.load_feature_extractor(self._model)
        self._compute, self._group = replace(compute, precision="float32"), group
        self._network = files.load_network(self._model, self._compute)
        config = self._network.config
        _check_kind(config, self._extractor, self._model.name)
        self._layer = layer if layer == "mean" else check_layer(config, layer, self._model.name)
        self._norm = _exact_norm(self._network)
        # Its batch norm moves the zeros of padding before a convolution spreads them
        self._only_alike = bool(getattr(config, "conv_pos_batch_norm", False))

    @property
    def info(self) -> EncoderInfo:
        """What checkpoints that are trained on its tokens remember of it."""
        layer = "mean of layers" if self._layer == "mean" else layer_words(self._layer)
        return EncoderInfo(
            f"{PREFIX}:{self._name}",
            "audio",
            int(self._network.config.hidden_size),
            f"{self._model.name}, {layer}, means over {self._group * HOP_MS} ms",
            self.part.sha256,
        )

    @property
    def part(self) -> EnginePart:
        """For the Document's engine list."""
        return files.part(self._model)

    def encode_spans(self, audio: Audio, spans: Sequence[Span]) -> Iterator[SpanTokens]:
        """Tokens of each stretch, in order, each sound encoded once, holding few in memory.

        Args:
            audio: 16 kHz.
            spans: In any order; long ones are encoded in pieces of at most 10 s, in context.
        """
        budget = _BATCH_SAMPLES.get(self._compute.device, _BATCH_SAMPLES_GPU)
        return encode_spans(audio, spans, self.encode, budget=budget, group=self._group)

    def encode(self, waves: Sequence[Floats32]) -> list[Floats32]:
        """Frames of some pieces of 16 kHz sound, each as if by itself.

        Args:
            waves: float32 (n_samples,) each, at least 400 samples.

        Returns:
            float32 (n_frames, width) each.
        """
        lengths = [len(wave) for wave in waves]
        if len(set(lengths)) > 1 and self._only_alike:
            return [self.encode([wave])[0] for wave in waves]
        batch = np.zeros((len(waves), max(lengths)), np.float32)
        for row, wave in zip(batch, waves, strict=True):
            row[: len(wave)] = self._extractor(
                wave, sampling_rate=SAMPLE_RATE_HZ, return_attention_mask=False
            )["input_values"][0]
        frames = self._run(batch, lengths)
        return [row[: n_frames(n)] for row, n in zip(frames, lengths, strict=True)]

    def _run(self, batch: Floats32, lengths: Sequence[int]) -> Floats32:
        """A padded batch (batch, samples) to float32 (batch, frames, width)."""
        import torch

        like = next(self._network.parameters())
        given = torch.from_numpy(batch).to(like.device, like.dtype)
        mask = None
        if len(set(lengths)) > 1:
            ends = torch.tensor(lengths, device=like.device)[:, None]
            mask = (torch.arange(batch.shape[1], device=like.device)[None] < ends).long()
        if self._norm is not None:
            self._norm.begin(() if mask is None else lengths)
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", _WAVLM_MASKS)
            out = self._network(given, attention_mask=mask, output_hidden_states=self._layer != -1)
            if self._layer == "mean":
                chosen = torch.stack([h.float() for h in out.hidden_states[1:]]).mean(0)
            elif self._layer == -1:
                chosen = out.last_hidden_state
            else:
                chosen = out.hidden_states[self._layer]
        frames: Floats32 = chosen.float().cpu().numpy()
        return frames


def _check_kind(config: Any, extractor: Any, name: str) -> None:
    """Make sure that a network's frames lie where they are taken to lie.

    Raises:
        InputError: They do not, or it is no network of these families.
    """
    hop = int(np.prod(getattr(config, "conv_stride", [0])))
    window, step = 1, 1
    for kernel, stride in zip(
        getattr(config, "conv_kernel", []), getattr(config, "conv_stride", []), strict=False
    ):
        window += (kernel - 1) * step
        step *= stride
    wanted = (
        ("model_type", config.model_type in FAMILIES, f"one of {', '.join(FAMILIES)}"),
        ("conv_stride", hop == HOP_SAMPLES, f"a frame every {HOP_SAMPLES} samples"),
        ("conv_kernel", window == WINDOW_SAMPLES, f"frames of {WINDOW_SAMPLES} samples"),
        ("add_adapter", not getattr(config, "add_adapter", False), "false"),
    )
    for key, is_met, expected in wanted:
        if not is_met:
            found = getattr(config, key, None)
            message = f"{name}: {key} is {found!r:.80}, expected {expected}; give another encoder"
            raise InputError(message)
    rate = getattr(extractor, "sampling_rate", SAMPLE_RATE_HZ)
    if rate != SAMPLE_RATE_HZ:
        message = f"{name}: hears {rate} Hz; give an encoder of {SAMPLE_RATE_HZ} Hz"
        raise InputError(message)


def _exact_norm(network: Any) -> Any:
    """Put a norm that knows each piece's length in the place of a group norm; None without one."""
    if network.config.feat_extract_norm != "group":
        return None
    first = network.feature_extractor.conv_layers[0]
    kernel, stride = network.config.conv_kernel[0], network.config.conv_stride[0]
    first.layer_norm = PieceNorm(first.layer_norm, kernel=kernel, stride=stride)
    return first.layer_norm
