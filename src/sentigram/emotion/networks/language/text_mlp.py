"""A perceptron over a sentence's vector."""

from __future__ import annotations

from torch import nn

from sentigram.emotion.networks.heads import Heads
from sentigram.emotion.networks.inputs import Inputs
from sentigram.emotion.networks.joint.sentence import sentence_vector
from sentigram.emotion.networks.language.config import TextMlpConfig
from sentigram.emotion.networks.network import Network
from sentigram.emotion.networks.output import NetworkOutput


class TextMlp(Network):
    """Emotions of words alone, from a vector that does not learn.

    Args:
        config: Sizes.
        n_classes: Emotions that are told apart.
    """

    def __init__(self, config: TextMlpConfig, n_classes: int) -> None:
        super().__init__(config, n_classes)
        self.dropout = nn.Dropout(config.dropout)
        self.heads = Heads(
            config.fused_width,
            config.hidden,
            n_classes,
            dropout=config.dropout,
            has_vad=config.vad_head,
        )

    def forward(self, inputs: Inputs) -> NetworkOutput:
        """Read a batch; see `Network`."""
        text = inputs["text"]
        fused = sentence_vector(text)
        logits, vad = self.heads(self.dropout(fused), text.mask)
        return NetworkOutput(logits=logits, vad=vad, fused=fused)
