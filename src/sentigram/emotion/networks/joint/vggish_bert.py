"""VGGish of the sound beside BERT of the words, and fully connected layers over both."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

from sentigram.emotion.networks.heads import LinearHeads
from sentigram.emotion.networks.inputs import Inputs
from sentigram.emotion.networks.joint.config import VggishBertConfig
from sentigram.emotion.networks.joint.sentence import sentence_vector
from sentigram.emotion.networks.language.text_side import TextSide
from sentigram.emotion.networks.network import Network
from sentigram.emotion.networks.output import NetworkOutput
from sentigram.emotion.networks.spectrogram.vggish import VggishEncoder


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

    def forward(self, inputs: Inputs) -> NetworkOutput:
        """Read a batch; see `Network`."""
        sound = self.encoder.of_clips(inputs["audio"])
        both = torch.cat(
            [sound, sentence_vector(self.text(inputs["text"])).to(sound.dtype)], dim=-1
        )
        fused = self.layers(both)
        logits, vad = self.heads(fused)
        return NetworkOutput(logits=logits, vad=vad, fused=fused)
