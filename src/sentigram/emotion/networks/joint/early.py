"""Early fusion: embeddings of sound and words end to end, and a perceptron over both."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sentigram.emotion.networks.heads import Heads
from sentigram.emotion.networks.inputs import Inputs
from sentigram.emotion.networks.joint.config import EarlyFusionConfig
from sentigram.emotion.networks.joint.sentence import sentence_vector
from sentigram.emotion.networks.network import Network
from sentigram.emotion.networks.output import NetworkOutput
from sentigram.emotion.networks.spectrogram.masked import mean_over_time
from sentigram.emotion.networks.spectrogram.resnet18 import MAP_FRAMES, ResNet18Body


class EarlyFusion(Network):
    """ResNet-18 and a sentence's vector.

    Args:
        config: Sizes.
        n_classes: Emotions that are told apart.
    """

    def __init__(self, config: EarlyFusionConfig, n_classes: int) -> None:
        super().__init__(config, n_classes)
        self.audio = ResNet18Body(config.audio.width)
        self.dropout = nn.Dropout(config.dropout)
        self.heads = Heads(
            config.fused_width,
            config.hidden,
            n_classes,
            dropout=config.dropout,
            has_vad=config.vad_head,
        )

    map_frames = MAP_FRAMES

    def maps(self, inputs: Inputs) -> tuple[Tensor, Tensor]:
        """What the last convolution says, (batch, channels, n, bands), and its mask (batch, n)."""
        maps, mask = self.audio(inputs["audio"])
        return maps, mask

    def read_maps(self, maps: Tensor, mask: Tensor, inputs: Inputs) -> NetworkOutput:
        """What the network says of its last maps and of the words."""
        sound = mean_over_time(maps, mask)
        fused = torch.cat([sound, sentence_vector(inputs["text"])], dim=-1)
        logits, vad = self.heads(self.dropout(fused), inputs["text"].mask)
        return NetworkOutput(logits=logits, vad=vad, fused=fused)

    def forward(self, inputs: Inputs) -> NetworkOutput:
        """Read a batch; see `Network`."""
        return self.read_maps(*self.maps(inputs), inputs)
