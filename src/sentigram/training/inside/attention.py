"""Attention weights of a network, computed beside it from what its layers were given.

The layers themselves use kernels that never hold the weights. Here each attention is given the
same queries, keys and values once more, slowly, and its result is kept beside the layer's own, so
that whoever wants to can check that they are equal; what the network says is not touched.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from sentigram.emotion.encoders.tokens import KINDS, Kind
from sentigram.emotion.networks.inputs import Inputs
from sentigram.emotion.networks.output import NetworkOutput

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from sentigram.emotion.networks.fusion.network import CrossAttention

# Which side asks in a layer of cross-attention, and which is asked.
_CROSS: Mapping[str, tuple[Kind, Kind]] = {
    "text_asks": ("text", "audio"),
    "audio_asks": ("audio", "text"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Attended:
    """What one attention layer did with a batch.

    Attributes:
        layer: The module's name in the network, such as `layers.0.text_asks`.
        asking: Whose tokens ask.
        asked: Whose tokens are asked; the same for attention of tokens to each other.
        weights: (batch, heads, n_queries, n_keys); the weights of each query sum to 1. Layers that
            may also take nothing have a last key that stands for it.
        recomputed: What the weights give of the values, after all that follows in the layer.
        said: What the layer itself gave; equal to `recomputed` but for rounding.
    """

    layer: str
    asking: Kind
    asked: Kind
    weights: Tensor
    recomputed: Tensor
    said: Tensor


def attention(
    network: torch.nn.Module, inputs: Inputs
) -> tuple[NetworkOutput, tuple[Attended, ...]]:
    """Read a batch and tell what attended to what; nothing where nothing attends.

    Args:
        network: In evaluation mode while this runs.
        inputs: What it reads.

    Returns:
        What the network says, and its attention layers in their order.
    """
    import torch

    was_training = network.training
    network.eval()
    kept: list[Attended] = []
    with torch.no_grad(), _watched(network, kept):
        output: NetworkOutput = network(inputs)
    network.train(was_training)
    return output, tuple(kept)


def attending(network: torch.nn.Module) -> tuple[str, ...]:
    """Names of the layers that `attention` tells of."""
    return tuple(name for name, *_ in _layers(network))


def _layers(network: torch.nn.Module) -> Iterator[tuple[str, nn.Module, Kind, Kind]]:
    """Attention layers by name, and who asks whom."""
    from torch import nn

    from sentigram.emotion.networks.fusion.network import CrossAttention

    for name, module in network.named_modules():
        own = name.rpartition(".")[2]
        if isinstance(module, CrossAttention) and own in _CROSS:
            yield name, module, *_CROSS[own]
        elif isinstance(module, nn.MultiheadAttention):
            if own in KINDS:  # words ask that modality
                yield name, module, "text", cast("Kind", own)
            elif own == "self_attn":
                yield name, module, "audio", "audio"


@contextmanager
def _watched(network: torch.nn.Module, kept: list[Attended]) -> Iterator[None]:
    from sentigram.emotion.networks.fusion.network import CrossAttention

    def watch(
        module: Any, args: Any, kwargs: Any, said: Any, *, name: str, asking: Kind, asked: Kind
    ) -> None:
        is_cross = isinstance(module, CrossAttention)
        weights, recomputed = (_cross if is_cross else _plain)(module, *args, **kwargs)
        own = said if is_cross else said[0]
        kept.append(Attended(name, asking, asked, weights, recomputed, own))

    handles = [
        module.register_forward_hook(
            partial(watch, name=name, asking=asking, asked=asked), with_kwargs=True
        )
        for name, module, asking, asked in _layers(network)
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _cross(
    module: CrossAttention,
    stream: Tensor,
    asking: Tensor,
    asked: Tensor,
    mask: Tensor,
    bias: Tensor | None,
) -> tuple[Tensor, Tensor]:
    """Weights of a layer of cross-attention, by definition, and what they lead to."""
    query, key, value = (
        part.unflatten(-1, (module.n_heads, -1)).transpose(1, 2)  # (batch, heads, n, head_dim)
        for part in (module.query(asking), module.key(asked), module.value(asked))
    )
    logits = query @ key.transpose(2, 3) / math.sqrt(query.shape[-1])
    if bias is not None:
        logits = logits + bias.unsqueeze(1)
    weights = logits.masked_fill(~mask[:, None, None, :], -math.inf).softmax(dim=-1)
    joined = (weights @ value).transpose(1, 2).flatten(2)  # (batch, n_queries, hidden)
    stream = stream + module.out(joined)
    recomputed: Tensor = stream + module.feed_forward(stream)
    return weights, recomputed


def _plain(
    module: nn.MultiheadAttention,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    key_padding_mask: Tensor | None = None,
    attn_mask: Tensor | None = None,
    **_kwargs: Any,
) -> tuple[Tensor, Tensor]:
    """Weights of torch's own attention, by definition, and what they lead to."""
    import torch

    n_heads = module.num_heads
    weight, bias = module.in_proj_weight, module.in_proj_bias
    matrices = (
        weight.chunk(3)
        if weight is not None
        else (module.q_proj_weight, module.k_proj_weight, module.v_proj_weight)
    )
    asking, keys, values = (
        torch.nn.functional.linear(given, matrix, own)
        for given, matrix, own in zip((query, key, value), matrices, bias.chunk(3), strict=True)
    )
    outside = torch.zeros(keys.shape[:2], device=keys.device, dtype=keys.dtype)
    if key_padding_mask is not None:
        hides = key_padding_mask
        outside = (
            outside.masked_fill(hides, -math.inf) if hides.dtype == torch.bool else outside + hides
        )
    if module.add_zero_attn:  # a key and a value of zeros, which stand for nothing
        keys, values = (torch.nn.functional.pad(part, (0, 0, 0, 1)) for part in (keys, values))
        outside = torch.nn.functional.pad(outside, (0, 1))
    asking, keys, values = (
        part.reshape(*part.shape[:2], n_heads, -1).transpose(1, 2)
        for part in (asking, keys, values)
    )
    logits = asking @ keys.transpose(2, 3) / math.sqrt(asking.shape[-1])
    logits = logits + outside[:, None, None, :]
    if attn_mask is not None:
        logits = (
            logits.masked_fill(attn_mask, -math.inf)
            if attn_mask.dtype == torch.bool
            else logits + attn_mask
        )
    weights = logits.softmax(dim=-1)
    joined = (weights @ values).transpose(1, 2).flatten(2)
    return weights, module.out_proj(joined)
