"""Words, voice and face: words attend to each of the others, then all is joined step by step.

The fifth system attends from one vector to one vector, and a softmax over one key is 1 whatever
its logits are: queries and keys would never learn. Here words may be a sequence, voice and face as
well, and beside the keys stands one of zeros, so that attention over a single vector decides how
much of it is taken.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from sentigram.emotion.encoders.tokens import Kind
from sentigram.emotion.networks.heads import Heads
from sentigram.emotion.networks.inputs import Inputs, Sequences
from sentigram.emotion.networks.joint.config import BRANCH, TrimodalConfig
from sentigram.emotion.networks.language.text_side import TextSide
from sentigram.emotion.networks.network import Network
from sentigram.emotion.networks.output import NetworkOutput

_AUDIO_PARTS = (BRANCH, 128)  # width of the first group's branch, and of the others
_CLASSIFIER = 256


class TokenBatchNorm(nn.BatchNorm1d):
    """Batch normalization that a step with a single token passes with what was learnt so far."""

    def forward(self, values: Tensor) -> Tensor:
        """(n, width) → the same."""
        if self.training and len(values) < 2:
            return functional.batch_norm(
                values, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        return super().forward(values)


class Grouped(nn.Module):
    """A branch for each group of numbers of a vector, then a layer over all of them.

    Args:
        widths: Of the groups.
        dropout: At the end.
    """

    def __init__(self, widths: tuple[int, ...], *, dropout: float) -> None:
        super().__init__()
        self.widths = widths
        first, others = _AUDIO_PARTS
        outs = [first, *(others for _ in widths[1:])]
        self.branches = nn.ModuleList(
            _branch(width, out) for width, out in zip(widths, outs, strict=True)
        )
        self.join = nn.Sequential(nn.Linear(sum(outs), BRANCH), nn.ReLU(), nn.Dropout(dropout))

    def forward(self, values: Tensor) -> Tensor:
        """(n, sum of widths) → (n, 256)."""
        parts = torch.split(values, list(self.widths), dim=-1)
        found = [branch(part) for branch, part in zip(self.branches, parts, strict=True)]
        joined: Tensor = self.join(torch.cat(found, dim=-1))
        return joined


class Trimodal(Network):
    """Text-guided attention to voice and face.

    Args:
        config: Sizes.
        n_classes: Emotions that are told apart.
    """

    def __init__(self, config: TrimodalConfig, n_classes: int) -> None:
        super().__init__(config, n_classes)
        self.config: TrimodalConfig = config
        hidden, dropout = config.hidden, config.dropout
        self.text = TextSide(config.language)
        self.words = nn.Sequential(
            nn.Linear(config.text_width, hidden), nn.ReLU(), nn.Dropout(dropout)
        )
        self.branches = nn.ModuleDict({kind: self._of(kind) for kind in config.others})
        self.attention = nn.ModuleDict(
            {
                kind: nn.MultiheadAttention(
                    hidden,
                    config.n_heads,
                    kdim=BRANCH,
                    vdim=BRANCH,
                    add_zero_attn=True,
                    batch_first=True,
                )
                for kind in config.others
            }
        )
        self.join = nn.Sequential(
            nn.Linear(hidden * len(config.others), hidden), nn.ReLU(), nn.Dropout(dropout)
        )
        self.heads = Heads(hidden, _CLASSIFIER, n_classes, dropout=dropout, has_vad=config.vad_head)

    def forward(self, inputs: Inputs) -> NetworkOutput:
        """Read a batch; see `Network`."""
        text = self.text(inputs["text"])
        words = self.words(text.values.masked_fill(~text.mask.unsqueeze(-1), 0.0))
        # an example without words asks with what zeros come to
        asked = text.mask | (~text.mask.any(dim=1, keepdim=True) & _first(text.mask))
        guided = [self._attended(kind, words, inputs[kind]) for kind in self.config.others]
        weights = asked.unsqueeze(-1).to(words.dtype)
        pooled = [((words + found) * weights).sum(dim=1) / weights.sum(dim=1) for found in guided]
        fused = self.join(torch.cat(pooled, dim=-1))
        logits, vad = self.heads(fused, text.mask)
        return NetworkOutput(logits=logits, vad=vad, fused=fused)

    def _attended(self, kind: Kind, words: Tensor, given: Sequences) -> Tensor:
        """What words take from another modality, (batch, n_words, hidden)."""
        found = words.new_zeros((*given.mask.shape, BRANCH))
        if torch.compiler.is_exporting():  # sizes in a graph cannot depend on what is in a mask
            clean = given.values.masked_fill(~given.mask.unsqueeze(-1), 0.0)
            found = self.branches[kind](clean.flatten(0, 1)).reshape(found.shape)
        elif bool(given.mask.any()):
            tokens = self.branches[kind](given.values[given.mask])  # real ones only, (n, 256)
            found = found.to(tokens.dtype).masked_scatter(given.mask.unsqueeze(-1), tokens)
        taken, _ = self.attention[kind](
            words, found, found, key_padding_mask=~given.mask, need_weights=False
        )
        attended: Tensor = taken
        return attended

    def _of(self, kind: Kind) -> nn.Module:
        config = self.config
        width = config.widths[kind]
        if kind == "audio":
            return Grouped(config.audio_parts or (width,), dropout=config.dropout)
        return nn.Sequential(*_branch(width, BRANCH), nn.Dropout(config.dropout))


def _branch(width: int, out: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, out), nn.ReLU(), TokenBatchNorm(out))


def _first(mask: Tensor) -> Tensor:
    """True for the first token of each row."""
    return torch.arange(mask.shape[1], device=mask.device) == 0
