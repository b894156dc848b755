"""Finds parameters that can never learn.

The cross-attention of seeds 1 and 2 has one key per query: its softmax is 1 whatever the logits
are, so queries, keys and VAD projections have a gradient of exactly zero, and training only seems
to use them. A run with such a parameter does not start.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sentigram.emotion.networks.inputs import heeding
from sentigram.training.dataset.examples import Batch

if TYPE_CHECKING:
    import torch

# In float64 what cancels leaves about 1e-17 of the largest gradient, and what is merely small
# far more than this.
_NOTHING = 1e-13


def unreachable(
    network: torch.nn.Module, batch: Batch | Sequence[Batch], objective: Callable[..., Any]
) -> tuple[str, ...]:
    """Name the parameters whose gradient is absent or identically zero.

    A copy in float64 and without dropout is judged, so nothing of the network changes. A network
    that is trained with withheld modalities is judged with them too.

    Args:
        network: Takes what `Batch` holds.
        batch: Real examples, or several batches: a parameter that learns from any is reached.
        objective: `losses.Objective`: takes output, labels and VAD targets, returns `.total`.
    """
    import torch

    judged = copy.deepcopy(network).double().eval()
    # what is frozen is not meant to learn
    learnt = [(name, value) for name, value in judged.named_parameters() if value.requires_grad]
    names, parameters = zip(*learnt, strict=True)
    largest = torch.zeros(len(names), dtype=torch.float64)
    batches = [batch] if isinstance(batch, Batch) else list(batch)
    with torch.enable_grad():
        for part in (seen for own in batches for seen in _as_trained(judged, own)):
            output = judged(part.inputs)
            total = objective(output, part.labels, part.vad).total
            slopes = torch.autograd.grad(total, parameters, allow_unused=True)
            found = [0.0 if s is None else float(s.detach().abs().max()) for s in slopes]
            largest = torch.maximum(largest, torch.tensor(found, dtype=torch.float64))
    smallest = _NOTHING * float(largest.max())
    return tuple(
        name for name, size in zip(names, largest.tolist(), strict=True) if size <= smallest
    )


def _as_trained(network: torch.nn.Module, batch: Batch) -> Iterator[Batch]:
    """The batch in float64; where training withholds modalities, also without each of them."""
    doubled = {
        kind: given._replace(values=given.values.double()) for kind, given in batch.inputs.items()
    }
    yield replace(batch, inputs=doubled)
    config = getattr(network, "config", None)
    if getattr(config, "modality_dropout", 0) and len(doubled) > 1:
        for kind in doubled:
            yield replace(batch, inputs=heeding(doubled, set(doubled) - {kind}))
