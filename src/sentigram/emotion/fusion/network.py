"""The fusion network: what words and voice say together, and the simpler networks beside it.

Over a single key a softmax is 1 whatever is added to its logits, so sequences of one token leave
the attention without effect and its projections without gradient; training refuses them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sentigram.emotion.fusion.attention import CrossLayer
from sentigram.emotion.fusion.config import FusionConfig
from sentigram.emotion.fusion.heads import (
    Concatenation,
    Heads,
    LateHeads,
    SigmoidGates,
    SoftmaxGates,
    perceptron,
)
from sentigram.emotion.fusion.vectors import AttentionPool, TokenReader

_GATES = {"sigmoid": SigmoidGates, "softmax": SoftmaxGates}
_STANDING_IN = ("concat", "cross", "vga")  # the heads of `late` leave out what is absent


@dataclass(frozen=True, slots=True, eq=False)
class FusionOutput:
    """What the network says of a batch.

    Attributes:
        logits: (batch, n_classes).
        vad: (batch, 3) in [-1, 1]; NaN without a VAD head.
        text_embedding: (batch, d_contrast) for MICL, or None.
        audio_embedding: (batch, d_contrast) for MICL, or None.
        gates: (batch, 2, hidden) of text and audio for `sigmoid`; (batch, 3) of text, audio and
            interaction for `softmax`; else None.
        fused: (batch, fused_width), what the heads read.
        is_pair: bool (batch,), True where words and voice were both there and neither withheld:
            MICL compares no others. None stands for all.
    """

    logits: Tensor
    vad: Tensor
    text_embedding: Tensor | None
    audio_embedding: Tensor | None
    gates: Tensor | None
    fused: Tensor
    is_pair: Tensor | None = None


class FusionNetwork(nn.Module):
    """Reads one emotion per example from tokens of words, of the voice, or of both.

    Args:
        config: Sizes and choices.
        n_classes: Emotions that are told apart.
    """

    def __init__(self, config: FusionConfig, n_classes: int) -> None:
        super().__init__()
        self.config, self.n_classes = config, n_classes
        hidden, dropout = config.hidden, config.dropout
        widths = {"text": config.d_text, "audio": config.d_audio}
        # a variant that never looks at a stand-in has none to learn
        learns_absence = config.modality_dropout > 0 and config.variant in _STANDING_IN
        self.readers = nn.ModuleDict(
            {
                name: TokenReader(
                    widths[name],
                    hidden,
                    dropout=dropout,
                    learns_absence=learns_absence,
                )
                for name in config.modalities
            }
        )
        self.pools = nn.ModuleDict({name: AttentionPool(hidden) for name in config.modalities})
        is_crossed = config.variant in ("cross", "vga")
        guidance = config.vad_lambda if config.variant == "vga" else 0.0
        self.layers = nn.ModuleList(
            CrossLayer(hidden, config.n_heads, dropout=dropout, vad_lambda=guidance)
            for _ in range(config.n_layers if is_crossed else 0)
        )
        self.join = _GATES[config.gate](hidden) if config.is_gated else Concatenation()
        has_vad = config.vad_head
        if config.variant == "late":
            self.heads: nn.Module = LateHeads(hidden, n_classes, dropout=dropout, has_vad=has_vad)
        else:
            self.heads = Heads(
                config.fused_width, hidden, n_classes, dropout=dropout, has_vad=has_vad
            )
        contrasts = config.d_contrast > 0 and len(config.modalities) > 1
        self.projectors = nn.ModuleDict(
            {
                name: perceptron(hidden, hidden, config.d_contrast, dropout=0.0)
                for name in (config.modalities if contrasts else ())
            }
        )

    def forward(
        self,
        text: Tensor | None,
        text_mask: Tensor | None,
        text_marked: Tensor | None,
        audio: Tensor | None,
        audio_mask: Tensor | None,
        audio_marked: Tensor | None,
    ) -> FusionOutput:
        """Read a batch.

        Args:
            text: (batch, n_words, d_text); None where the variant reads no words.
            text_mask: bool (batch, n_words), True for tokens; all False withholds an example's
                words.
            text_marked: bool (batch, n_words), True for what the example is about.
            audio: (batch, n_frames, d_audio); None where the variant does not hear.
            audio_mask: bool (batch, n_frames).
            audio_marked: bool (batch, n_frames).

        Raises:
            ValueError: A modality that the variant reads is None.
        """
        given = {
            "text": (text, text_mask, text_marked),
            "audio": (audio, audio_mask, audio_marked),
        }
        read: dict[str, tuple[Tensor, Tensor, Tensor]] = {}
        for name in self.config.modalities:
            values, mask, marked = given[name]
            if values is None or mask is None or marked is None:
                message = f"variant {self.config.variant} reads {name}, which the batch lacks"
                raise ValueError(message)
            read[name] = (values, mask, marked)
        masks = self._withheld({name: mask for name, (_, mask, _) in read.items()})
        tokens = {
            name: self.readers[name](values, masks[name], marked)
            for name, (values, _, marked) in read.items()
        }
        for layer in self.layers:
            (words, word_mask), (voice, voice_mask) = tokens["text"], tokens["audio"]
            words, voice = layer(words, word_mask, voice, voice_mask)
            tokens = {"text": (words, word_mask), "audio": (voice, voice_mask)}
        pooled = {
            name: self.pools[name](*pair, read[name][2] & masks[name])
            for name, pair in tokens.items()
        }
        fused, gates = self.join(tuple(pooled.values()))
        present = torch.stack([mask.any(dim=1) for mask in masks.values()], dim=1)
        logits, vad = self.heads(fused, present)
        embeddings = {name: layer(pooled[name]) for name, layer in self.projectors.items()}
        return FusionOutput(
            logits=logits,
            vad=vad,
            text_embedding=embeddings.get("text"),
            audio_embedding=embeddings.get("audio"),
            gates=gates,
            fused=fused,
            is_pair=present.all(dim=1),
        )

    def _withheld(self, masks: dict[str, Tensor]) -> dict[str, Tensor]:
        """In training, hide one modality of some examples; never both."""
        chance = self.config.modality_dropout
        if not self.training or not chance or len(masks) < 2:
            return masks
        text, audio = masks["text"], masks["audio"]
        has_both = text.any(dim=1) & audio.any(dim=1)
        drawn = torch.rand(len(text), device=text.device)
        hides_text = has_both & (drawn < chance / 2)
        hides_audio = has_both & (drawn >= 1 - chance / 2)
        return {"text": text & ~hides_text[:, None], "audio": audio & ~hides_audio[:, None]}


def build(config: FusionConfig, n_classes: int) -> FusionNetwork:
    """Make a network with random weights, from torch's generator."""
    return FusionNetwork(config, n_classes)
