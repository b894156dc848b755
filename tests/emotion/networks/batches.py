"""Networks and batches for tests of the fusion network: small, seeded, of unequal lengths."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from sentigram.emotion.networks.fusion.config import FusionConfig
from sentigram.emotion.networks.fusion.network import FusionNetwork
from sentigram.emotion.networks.inputs import Sequences
from sentigram.emotion.networks.output import NetworkOutput
from sentigram.training.dataset.examples import Batch

N_CLASSES = 4
D_TEXT, D_AUDIO = 12, 10
SMALL = FusionConfig(
    widths={"text": D_TEXT, "audio": D_AUDIO}, hidden=16, n_layers=2, n_heads=2, d_contrast=8
)
PAIRS = ("concat", "late", "cross", "vga")
VARIANTS = ("text", "audio", *PAIRS)


def network(seed: int = 0, *, n_classes: int = N_CLASSES, **changes: Any) -> FusionNetwork:
    """A network in evaluation mode; changes are to SMALL, `d_text` and `d_audio` to its widths."""
    torch.manual_seed(seed)
    widths = {kind: changes.pop(f"d_{kind}", width) for kind, width in SMALL.widths.items()}
    config = FusionConfig(**{**SMALL.model_dump(), "widths": widths, **changes})
    return FusionNetwork(config, n_classes).eval()


def batch(
    n: int = 8,
    *,
    seed: int = 0,
    d_text: int = D_TEXT,
    d_audio: int = D_AUDIO,
    words: tuple[int, int] = (2, 6),
    frames: tuple[int, int] = (2, 9),
    n_classes: int = N_CLASSES,
) -> Batch:
    """Noise, zero where padded; words and frames are the least and most tokens."""
    draws = torch.Generator().manual_seed(seed)
    text = _sequences(n, d_text, words, draws)
    audio = _sequences(n, d_audio, frames, draws)
    vad = torch.rand((n, 3), generator=draws) * 2 - 1
    vad[::3] = torch.nan
    return Batch(
        inputs={"text": text, "audio": audio},
        labels=torch.arange(n) % n_classes,
        vad=vad,
        rows=torch.arange(n),
    )


def read(model: FusionNetwork, given: Batch, **changes: Any) -> NetworkOutput:
    """The network on a batch, with changes such as `text` (its values) or `audio_mask`."""
    return model(changed(given, **changes).inputs)


def changed(given: Batch, **changes: Any) -> Batch:
    """A batch with other `text` (values), `text_mask`, `audio_marked` …; None takes one away."""
    inputs: dict[Any, Any] = dict(given.inputs)
    for name, value in changes.items():
        kind, _, part = name.partition("_")
        if value is None:
            inputs.pop(kind, None)
        else:
            inputs[kind] = inputs[kind]._replace(**{part or "values": value})
    return replace(given, inputs=inputs)


def _sequences(n: int, width: int, lengths: tuple[int, int], draws: torch.Generator) -> Sequences:
    least, most = lengths
    sizes = torch.randint(least, most + 1, (n,), generator=draws)
    sizes[0] = most
    mask = torch.arange(most) < sizes[:, None]
    values = torch.randn((n, most, width), generator=draws) * mask[..., None]
    marked = mask & (torch.arange(most) >= sizes[:, None] // 2)  # what comes before is context
    return Sequences(values, mask, marked)
