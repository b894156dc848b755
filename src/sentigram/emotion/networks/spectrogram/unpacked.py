"""An LSTM in both directions over clips of unequal length, without packing them.

Packed sequences have sizes that depend on what is in a mask, which a graph for other runtimes
cannot have. Here each direction runs over the whole padded batch, the backward one over each clip
turned round within its own length, so that padding comes after everything that counts.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

_DIRECTIONS = ("", "_reverse")


def unpacked(lstm: nn.LSTM, frames: Tensor, lengths: Tensor) -> Tensor:
    """What `lstm` gives for packed sequences, zero where padded; in evaluation mode only.

    Args:
        lstm: Bidirectional, `batch_first`, with biases.
        frames: (batch, n, width).
        lengths: int (batch,), at least 1.

    Returns:
        (batch, n, 2 · hidden).
    """
    places = torch.arange(frames.shape[1], device=frames.device)
    inside = (places < lengths.unsqueeze(1)).unsqueeze(2).to(frames.dtype)  # (batch, n, 1)
    turned = (lengths.unsqueeze(1) - 1 - places).clamp_min(0)  # (batch, n)
    states = frames
    for layer in range(lstm.num_layers):
        found = []
        for direction in _DIRECTIONS:
            given = _turned(states, turned) if direction else states
            start = frames.new_zeros((1, frames.shape[0], lstm.hidden_size))
            names = (f"{part}_l{layer}{direction}" for part in ("weight_ih", "weight_hh"))
            biases = (f"{part}_l{layer}{direction}" for part in ("bias_ih", "bias_hh"))
            weights = [getattr(lstm, name) for name in (*names, *biases)]
            options = (True, 1, 0.0, False, False, True)  # biases, a layer, …, batch first
            out = torch.lstm(given, (start, start), weights, *options)[0]
            found.append(_turned(out, turned) if direction else out)
        states = torch.cat(found, dim=2) * inside
    return states


def _turned(values: Tensor, places: Tensor) -> Tensor:
    """Frames in another order, (batch, n, width)."""
    return values.gather(1, places.unsqueeze(2).expand(-1, -1, values.shape[2]))
