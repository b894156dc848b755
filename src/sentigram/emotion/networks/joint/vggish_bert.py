"""VGGish of the sound beside BERT of the words, and fully connected layers over both."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from sentigram.emotion.networks.heads import LinearHeads
from sentigram.emotion.networks.inputs import Inputs
from sentigram.emotion.networks.joint.config import VggishBertConfig
from sentigram.emotion.networks.joint.sentence import sentence_vector
from sentigram.emotion.networks.language.text_side import TextSide
from sentigram.emotion.networks.network import Network
from sentigram.emotion.networks.output import NetworkOutput
from sentigram.emotion.networks.spectrogram.vggish import MAP_FRAMES, VggishEncoder


class VggishBert(Network):
    """Two embeddings and a perceptron.

    Args:
        config: Sizes.
        n_classes: Emotions that are told apart.
    """

    def __init__(self, config: VggishBertConfig, n_classes: int) -> None:
        super().__init__(config, n_classes)
        self.encoder = VggishEncoder(config.audio)
        self.encoder.requires_grad_(not config.audio.frozen)
        self.text = TextSide(config.language)
        widths = (config.audio.fused_width + config.text_width, *config.hidden)
        layers: list[nn.Module] = []
        for given, out in pairwise(widths):
            layers += [nn.Linear(given, out), nn.ReLU(), nn.Dropout(config.dropout)]
        self.layers = nn.Sequential(*layers)
        self.heads = LinearHeads(config.fused_width, n_classes, has_vad=config.vad_head)

    map_frames = MAP_FRAMES

    def maps(self, inputs: Inputs) -> tuple[Tensor, Tensor]:
        """What the last convolution says, (batch, channels, n, bands), and its mask (batch, n)."""
        return self.encoder.maps(inputs["audio"])

    def read_maps(self, maps: Tensor, mask: Tensor, inputs: Inputs) -> NetworkOutput:
        """What the network says of its last maps and of the words."""
        sound = self.encoder.of_maps(maps, mask)
        said = sentence_vector(self.text(inputs["text"]))
        both = torch.cat([sound, said.to(sound.dtype)], dim=-1)
        fused = self.layers(both)
        logits, vad = self.heads(fused)
        return NetworkOutput(logits=logits, vad=vad, fused=fused)

    def forward(self, inputs: Inputs) -> NetworkOutput:
        """Read a batch; see `Network`."""
        return self.read_maps(*self.maps(inputs), inputs)
