"""BERT, fine-tuned: a linear layer over the class token, all trained (Devlin et al. 2019)."""

from __future__ import annotations

from torch import nn

from sentigram.emotion.networks.heads import LinearHeads
from sentigram.emotion.networks.inputs import Inputs
from sentigram.emotion.networks.language.config import BertConfig
from sentigram.emotion.networks.language.pieces import LanguageModel
from sentigram.emotion.networks.network import Network
from sentigram.emotion.networks.output import NetworkOutput


class Bert(Network):
    """Emotions of words alone, from a model that learns.

    Args:
        config: Sizes; the architecture is known.
        n_classes: Emotions that are told apart.
    """

    def __init__(self, config: BertConfig, n_classes: int) -> None:
        super().__init__(config, n_classes)
        self.language = LanguageModel(config.language)
        self.dropout = nn.Dropout(config.dropout)
        self.heads = LinearHeads(config.fused_width, n_classes, has_vad=config.vad_head)

    def forward(self, inputs: Inputs) -> NetworkOutput:
        """Read a batch; see `Network`."""
        fused = self.language(inputs["text"]).values[:, 0]  # (batch, width)
        logits, vad = self.heads(self.dropout(fused))
        return NetworkOutput(logits=logits, vad=vad, fused=fused)
