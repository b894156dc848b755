"""A transformer over patches of the spectrogram (Gong et al. 2021, AST), from random weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from sentigram.emotion.networks.heads import LinearHeads
from sentigram.emotion.networks.inputs import Inputs
from sentigram.emotion.networks.network import Network
from sentigram.emotion.networks.output import NetworkOutput
from sentigram.emotion.networks.sequences import sinusoids
from sentigram.emotion.networks.spectrogram.config import PatchesConfig

_DEVIATION = 0.02


class PatchEmbedding(nn.Module):
    """Cuts a spectrogram into patches and brings each to a vector.

    A patch knows its place: bands by a learnt vector, time by sinusoids, so that clips may be
    longer than those of training.

    Args:
        patch: Bands and frames of a patch.
        stride: From one patch to the next.
        n_rows: Patches above each other.
        hidden: Width of a vector.
    """

    def __init__(self, patch: int, stride: int, n_rows: int, hidden: int) -> None:
        super().__init__()
        self.patch, self.stride = patch, stride
        self.project = nn.Conv2d(1, hidden, patch, stride=stride)
        self.rows = nn.Parameter(torch.randn(n_rows, hidden) * _DEVIATION)

    def forward(self, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Cut, project, place.

        Args:
            values: (batch, n_frames, n_bands).
            mask: bool (batch, n_frames).

        Returns:
            Patches (batch, n_columns · n_rows, hidden), column by column, and their mask: a patch
            is there where it holds a real frame.
        """
        lengths = mask.sum(dim=1)
        clean = values * mask.unsqueeze(-1)
        # so much silence behind that every real frame lies in a whole patch
        more = max(0, self.patch - values.shape[1])
        more += -(values.shape[1] + more - self.patch) % self.stride
        clean = functional.pad(clean, (0, 0, 0, more))
        found = self.project(clean.unsqueeze(1))  # (batch, hidden, n_columns, n_rows)
        n_columns = found.shape[2]
        found = found.permute(0, 2, 3, 1) + self.rows  # (batch, n_columns, n_rows, hidden)
        places = torch.arange(n_columns, device=values.device).expand(len(values), -1)
        found = found + sinusoids(places, found[:, :, 0]).unsqueeze(2)
        needed = 1 + (lengths - self.patch).clamp_min(0).add(self.stride - 1) // self.stride
        inside = places < needed.unsqueeze(1)  # (batch, n_columns)
        inside = inside & mask.any(dim=1, keepdim=True)
        return found.flatten(1, 2), inside.repeat_interleave(found.shape[2], dim=1)


class AudioTransformer(Network):
    """Patches, a class token, a transformer encoder, heads.

    Args:
        config: Sizes.
        n_classes: Emotions that are told apart.
    """

    def __init__(self, config: PatchesConfig, n_classes: int) -> None:
        super().__init__(config, n_classes)
        self.patches = PatchEmbedding(config.patch, config.stride, config.n_rows, config.hidden)
        self.token = nn.Parameter(torch.randn(config.hidden) * _DEVIATION)
        self.encoder = transformer(config, dropout=config.dropout)
        self.heads = LinearHeads(config.fused_width, n_classes, has_vad=config.vad_head)

    def forward(self, inputs: Inputs) -> NetworkOutput:
        """Read a batch; see `Network`."""
        given = inputs["audio"]
        patches, inside = self.patches(given.values, given.mask)
        token = self.token.expand(len(patches), 1, -1)
        tokens = torch.cat([token, patches], dim=1)
        outside = functional.pad(~inside, (1, 0), value=False)
        fused = self.encoder(tokens, src_key_padding_mask=outside)[:, 0]
        logits, vad = self.heads(fused)
        return NetworkOutput(logits=logits, vad=vad, fused=fused)


def transformer(config: PatchesConfig, *, dropout: float) -> nn.TransformerEncoder:
    """The encoder over patches: norms before, a norm at the end."""
    layer = nn.TransformerEncoderLayer(
        config.hidden,
        config.n_heads,
        dim_feedforward=config.feed_forward * config.hidden,
        dropout=dropout,
        activation="gelu",
        batch_first=True,
        norm_first=True,
    )
    return nn.TransformerEncoder(
        layer, config.n_layers, norm=nn.LayerNorm(config.hidden), enable_nested_tensor=False
    )
