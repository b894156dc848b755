"""emotion2vec's network, through FunASR's modules, in batches that change no frame.

FunASR runs one file at a time. Its network can take several, if three things are seen to:

- padded frames are set to zero before each positional convolution, or they leak into real ones
  (frames would differ by up to 2.7);
- padded keys get no attention;
- the distance bias is made for the batch at hand; FunASR keeps it per batch row, in float32, and
  it grows with the square of the longest piece ever seen.

Batches of equal length need neither mask, and are the fast case.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.emotion.encoders.emotion2vec.shape import NetworkShape, read_shape
from sentigram.store.funasr import funasr_modules, tensors_of

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from sentigram.emotion.encoders.compute import Compute

WEIGHTS = "model.safetensors"
HOP_SAMPLES = 320
WINDOW_SAMPLES = 400
_FRONT_END = ((10, 5), (3, 2), (3, 2), (3, 2), (3, 2), (2, 2), (2, 2))  # kernel, stride
_FRAMES_AT_ONCE = 64  # of all pieces of a batch together, through the front end
_PREFIXES = ("d2v_model.", "module.", "")
_NOT_NEEDED = ("modality_encoders.AUDIO.decoder.", "ema", "_ema", "center")


def n_frames(n_samples: int) -> int:
    """Frames of a piece of 16 kHz sound; 0 when it is shorter than one window."""
    for kernel, stride in _FRONT_END:
        n_samples = max(0, (n_samples - kernel) // stride + 1)
    return n_samples


def build(shape: NetworkShape) -> nn.Module:
    """FunASR's network of this shape, with random weights.

    Raises:
        MissingError: FunASR is not installed.
    """
    with funasr_modules():
        from funasr.models.emotion2vec.model import Emotion2vec

        network: nn.Module = Emotion2vec(
            model_conf=shape.for_funasr(), vocab_size=len(shape.labels) or -1
        )
    return network.eval().requires_grad_(requires_grad=False)


def load(folder: Path, compute: Compute) -> tuple[nn.Module, NetworkShape]:
    """The network whose files lie in a folder.

    Raises:
        InputError: A file is damaged or is of another network.
        MissingError: A file or FunASR is absent.
    """
    import torch

    shape = read_shape(folder)
    with torch.device("meta"):  # shapes without memory
        network = build(shape)
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    weights = folder / WEIGHTS
    tensors = tensors_of(weights, expected, prefixes=_PREFIXES, not_needed=_NOT_NEEDED)
    network.load_state_dict(tensors, assign=True)
    network.to(device=compute.device, dtype=getattr(torch, compute.precision))
    return network, shape


def encode_batch(network: Any, waves: Sequence[Floats32]) -> list[Tensor]:
    """Frames of several pieces, each the same as by itself.

    Args:
        network: From `load` or `build`.
        waves: float32 (n_samples,) each, 16 kHz, normalized, at least WINDOW_SAMPLES long.

    Returns:
        (n_frames, width) each, in the network's precision, on its device.
    """
    import torch

    encoder = network.modality_encoders["AUDIO"]
    like = encoder.project_features[2].weight
    counts = [n_frames(len(wave)) for wave in waves]
    longest = max(map(len, waves))
    padded = np.zeros((len(waves), longest), np.float32)
    for row, wave in zip(padded, waves, strict=True):
        row[: len(wave)] = wave
    with torch.inference_mode():
        source = torch.from_numpy(padded).to(like.device, like.dtype)
        x = _heard(encoder, source)  # (batch, frames, width)
        lengths = torch.tensor(counts, device=x.device)
        outside = None
        if len(set(counts)) > 1:
            outside = torch.arange(x.shape[1], device=x.device) >= lengths[:, None]
        x = x + _positions(encoder.relative_positional_encoder, x, outside)
        x = _contextualized(network, encoder, x, outside)
    return [row[:count] for row, count in zip(x, counts, strict=True)]


def _heard(encoder: Any, source: Tensor) -> Tensor:
    """The convolutional front end: (batch, samples) to (batch, frames, width).

    A frame sees its own 400 samples and nothing else, and is normalized by itself, so a waveform
    may go through in parts without changing any. On a CPU it should: the activations of ten
    seconds are 130 MB a layer, which is more than caches hold, and half of the time would go into
    mapping memory.
    """
    import torch

    n = n_frames(source.shape[1])
    at_once = n if source.device.type != "cpu" else max(_FRAMES_AT_ONCE // len(source), 8)
    parts = []
    for first in range(0, n, at_once):
        end = (min(first + at_once, n) - 1) * HOP_SAMPLES + WINDOW_SAMPLES
        parts.append(encoder.local_features(source[:, first * HOP_SAMPLES : end]))
    return torch.cat(parts, dim=1)


def _positions(layers: nn.Module, x: Tensor, outside: Tensor | None) -> Tensor:
    """The positional convolutions, each fed zeros where there is no sound: (batch, frames, width).

    FunASR's module is (norm,)? then (transpose, convolution block …, transpose).
    """
    for layer in _flat(layers):
        is_block = isinstance(layer, _sequential())
        if is_block and outside is not None:
            x = x.masked_fill(outside.unsqueeze(1), 0.0)  # (batch, width, frames)
        x = layer(x)
    return x


def _flat(layers: nn.Module) -> Iterator[nn.Module]:
    """Layers of the positional encoder in order; its convolution blocks stay whole."""
    import torch

    for layer in layers.children():
        is_block = isinstance(layer, _sequential()) and isinstance(
            next(layer.children()), torch.nn.Conv1d
        )
        if isinstance(layer, _sequential()) and not is_block:
            yield from _flat(layer)
        else:
            yield layer


def _sequential() -> type[nn.Module]:
    import torch

    return torch.nn.Sequential


def _contextualized(
    network: Any,
    encoder: Any,
    x: Tensor,
    outside: Tensor | None,
) -> Tensor:
    """All blocks: (batch, frames, width) to the same."""
    import torch
    from torch.nn import functional

    n_extra = 0
    if encoder.extra_tokens is not None:
        n_extra = encoder.extra_tokens.shape[1]
        x = torch.cat([encoder.extra_tokens.expand(len(x), -1, -1), x], dim=1)
    before, after = encoder.context_encoder, network.blocks
    distance = _distance_bias(x.shape[1] - n_extra, network, x.device)  # (heads, frames, frames)
    scales = encoder.alibi_scale.clamp_min(0).float()[:, 0]  # (1 or blocks, 1 or heads, 1, 1)
    blocked = None if outside is None else functional.pad(outside, (n_extra, 0))[:, None, None]
    mask = None
    if before.norm is not None and not before.layer_norm_first:
        x = before.norm(x)
    for i, block in enumerate((*before.blocks, *after)):
        if mask is None or len(scales) > 1:
            scaled = functional.pad(distance * scales[min(i, len(scales) - 1)], (n_extra, 0) * 2)
            mask = scaled.to(x.dtype)[None]  # (1, heads, n, n)
            if blocked is not None:
                mask = mask.masked_fill(blocked, -math.inf)  # (batch, heads, n, n)
        if i == len(before.blocks) and before.norm is not None and before.layer_norm_first:
            x = before.norm(x)
        x = _block(block, x, mask)
    if network.norm is not None:
        x = network.norm(x)
    return x[:, n_extra:]


def _block(block: Any, x: Tensor, mask: Tensor) -> Tensor:
    """One transformer block as FunASR has it in evaluation, with fused attention."""
    if block.layer_norm_first:
        x = x + _attention(block.attn, block.norm1(x), mask)
        inner: Tensor = block.mlp(block.norm2(x))
        # FunASR adds the inner layers to themselves here, not to their input: so must we
        return inner + inner
    y: Tensor = block.norm1(x + _attention(block.attn, x, mask))
    normed: Tensor = block.norm2(y + block.mlp(y))
    return normed


def _attention(attention: Any, x: Tensor, mask: Tensor) -> Tensor:
    import torch
    from torch.nn import functional

    batch, n, width = x.shape
    qkv = attention.qkv(x).view(batch, n, 3, attention.num_heads, -1)
    q, k, v = qkv.permute(2, 0, 3, 1, 4)  # (batch, heads, n, head_dim) each
    if x.device.type == "cpu" and x.dtype == torch.bfloat16:
        heads = _multiplied(q * attention.scale, k, v, mask)
    else:
        heads = functional.scaled_dot_product_attention(
            q, k, v, attn_mask=mask.expand(batch, -1, -1, -1), scale=attention.scale
        )
    mixed: Tensor = attention.proj(heads.transpose(1, 2).reshape(batch, n, width))
    return mixed


def _multiplied(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """Attention as two products: on CPUs that multiply bfloat16, twice as fast as the fused one.

    Args:
        q: (batch, heads, n, head_dim), scaled.
        k: The same shape.
        v: The same shape.
        mask: (1 or batch, heads, n, n), added to the logits.
    """
    import torch

    batch, n_heads, n, _ = q.shape
    q, k, v = (part.reshape(batch * n_heads, n, -1) for part in (q, k, v))
    bias = mask.expand(batch, -1, -1, -1).reshape(batch * n_heads, n, n)
    weights = torch.baddbmm(bias, q, k.transpose(1, 2)).softmax(dim=-1)
    return torch.bmm(weights, v).view(batch, n_heads, n, -1)


def _distance_bias(n: int, network: Any, device: torch.device) -> Tensor:
    """Minus distance in frames, times each head's slope: float32 (heads, n, n)."""
    import torch
    from funasr.models.emotion2vec.base import get_alibi

    n_heads = network.blocks[0].attn.num_heads
    slopes: Tensor = -get_alibi(2, n_heads)[:, 0, 1].to(device)  # (heads,)
    places = torch.arange(n, device=device)
    distance = (places[None] - places[:, None]).abs()  # (n, n)
    bias: Tensor = -slopes[:, None, None] * distance
    return bias
