"""Networks and batches for tests of the fusion network: small, seeded, of unequal lengths."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from sentigram.emotion.networks.fusion.config import FusionConfig
from sentigram.emotion.networks.fusion.network import FusionNetwork, FusionOutput, build
from sentigram.training.dataset.examples import Batch

N_CLASSES = 4
SMALL = FusionConfig(d_text=12, d_audio=10, hidden=16, n_layers=2, n_heads=2, d_contrast=8)
PAIRS = ("concat", "late", "cross", "vga")
VARIANTS = ("text", "audio", *PAIRS)


def network(seed: int = 0, *, n_classes: int = N_CLASSES, **changes: Any) -> FusionNetwork:
    """A network in evaluation mode; changes are to SMALL."""
    torch.manual_seed(seed)
    return build(FusionConfig(**{**SMALL.model_dump(), **changes}), n_classes).eval()


def batch(
    n: int = 8,
    *,
    seed: int = 0,
    d_text: int = SMALL.d_text,
    d_audio: int = SMALL.d_audio,
    words: tuple[int, int] = (2, 6),
    frames: tuple[int, int] = (2, 9),
    n_classes: int = N_CLASSES,
) -> Batch:
    """Noise, zero where padded; words and frames are the least and most tokens."""
    draws = torch.Generator().manual_seed(seed)
    text, text_mask, text_marked = _sequences(n, d_text, words, draws)
    audio, audio_mask, audio_marked = _sequences(n, d_audio, frames, draws)
    vad = torch.rand((n, 3), generator=draws) * 2 - 1
    vad[::3] = torch.nan
    return Batch(
        text=text,
        text_mask=text_mask,
        text_marked=text_marked,
        audio=audio,
        audio_mask=audio_mask,
        audio_marked=audio_marked,
        labels=torch.arange(n) % n_classes,
        vad=vad,
        rows=torch.arange(n),
    )


def read(model: FusionNetwork, given: Batch, **changes: Any) -> FusionOutput:
    """The network on a batch; changes are to the batch."""
    given = replace(given, **changes)
    return model(
        given.text,
        given.text_mask,
        given.text_marked,
        given.audio,
        given.audio_mask,
        given.audio_marked,
    )


def _sequences(n: int, width: int, lengths: tuple[int, int], draws: torch.Generator) -> Any:
    least, most = lengths
    sizes = torch.randint(least, most + 1, (n,), generator=draws)
    sizes[0] = most
    mask = torch.arange(most) < sizes[:, None]
    values = torch.randn((n, most, width), generator=draws) * mask[..., None]
    marked = mask & (torch.arange(most) >= sizes[:, None] // 2)  # what comes before is context
    return values, mask, marked
