"""Patches of the spectrogram and words attend to each other, then both sides are read together."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sentigram.emotion.networks.fusion.network import CrossLayer
from sentigram.emotion.networks.heads import Heads
from sentigram.emotion.networks.inputs import Inputs
from sentigram.emotion.networks.joint.config import PatchCrossConfig
from sentigram.emotion.networks.network import Network
from sentigram.emotion.networks.output import NetworkOutput
from sentigram.emotion.networks.sequences import TokenReader
from sentigram.emotion.networks.spectrogram.patches import PatchEmbedding, transformer


class PatchCross(Network):
    """Cross-attention of patches and words.

    Args:
        config: Sizes.
        n_classes: Emotions that are told apart.
    """

    def __init__(self, config: PatchCrossConfig, n_classes: int) -> None:
        super().__init__(config, n_classes)
        audio, hidden, dropout = config.audio, config.audio.hidden, config.dropout
        self.patches = PatchEmbedding(audio.patch, audio.stride, audio.n_rows, hidden)
        self.encoder = transformer(audio, dropout=dropout)
        self.words = TokenReader(
            config.widths["text"], hidden, dropout=dropout, learns_absence=False
        )
        self.layers = nn.ModuleList(
            CrossLayer(hidden, audio.n_heads, dropout=dropout, vad_lambda=0.0)
            for _ in range(config.n_layers)
        )
        self.heads = Heads(
            config.fused_width, hidden, n_classes, dropout=dropout, has_vad=config.vad_head
        )

    def forward(self, inputs: Inputs) -> NetworkOutput:
        """Read a batch; see `Network`."""
        sound, text = inputs["audio"], inputs["text"]
        patches, inside = self.patches(sound.values, sound.mask)
        # a clip without sound has one patch of silence, so that there is something to ask
        inside = inside | (~inside.any(dim=1, keepdim=True) & _first(inside))
        patches = self.encoder(patches, src_key_padding_mask=~inside)
        words, said = self.words(text.values, text.mask, text.marked)
        for layer in self.layers:
            words, patches = layer(words, said, patches, inside)
        fused = torch.cat([_mean(words, said), _mean(patches, inside)], dim=-1)
        logits, vad = self.heads(fused, text.mask)
        return NetworkOutput(logits=logits, vad=vad, fused=fused)


def _mean(tokens: Tensor, mask: Tensor) -> Tensor:
    """(batch, n, hidden) → (batch, hidden), over what is there."""
    weights = mask.unsqueeze(-1).to(tokens.dtype)
    return (tokens * weights).sum(dim=1) / weights.sum(dim=1)


def _first(mask: Tensor) -> Tensor:
    """True for the first token of each row."""
    return torch.arange(mask.shape[1], device=mask.device) == 0
