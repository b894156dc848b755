"""The fusion network: what words and voice say together, and the simpler networks beside it.

Inputs are token sequences with masks. Tokens of both modalities are projected to one width; in
`cross` and `vga` each modality attends to the other, in both directions, over several layers. `vga`
adds λ·M to the attention logits, M(i, j) = −‖v_i − v_j‖₂ with v learnt VAD projections of query and
key: tokens that feel alike attend to each other. Over a single key the softmax is 1 whatever M is,
so sequences of one token leave the guidance without effect and without gradient; training refuses.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from sentigram.model.fusion_config import FusionConfig

_MARKS = 2  # context, and what the example is about


@dataclass(frozen=True, slots=True, eq=False)
class FusionOutput:
    """What the network says of a batch.

    Attributes:
        logits: (batch, n_classes).
        vad: (batch, 3) in [-1, 1]; NaN without a VAD head.
        text_embedding: (batch, d_contrast) for MICL, or None.
        audio_embedding: (batch, d_contrast) for MICL, or None.
        gates: (batch, 2, hidden) sigmoid gates of text and audio, (batch, 3) softmax gates of text,
            audio and interaction, or None.
        fused: (batch, d) what the heads read.
    """

    logits: Tensor
    vad: Tensor
    text_embedding: Tensor | None
    audio_embedding: Tensor | None
    gates: Tensor | None
    fused: Tensor


class FusionNetwork(nn.Module):
    """Reads one emotion per example from tokens of words, of the voice, or of both.

    Args:
        config: Sizes and choices.
        n_classes: Emotions that are told apart.
    """

    def __init__(self, config: FusionConfig, n_classes: int) -> None:
        super().__init__()
        self.config, self.n_classes = config, n_classes
        variant, hidden = config.variant, config.hidden
        if variant != "audio":
            self.text = Modality(config.d_text, config)
        if variant != "text":
            self.audio = Modality(config.d_audio, config)
        if variant in ("cross", "vga"):
            self.layers = nn.ModuleList(CrossLayer(config) for _ in range(config.n_layers))
        if variant in ("cross", "vga") and config.gate != "none":
            self.gate = Gate(hidden, config.gate)
        if variant == "late":
            self.text_head = _mlp(hidden, hidden, n_classes, config.dropout)
            self.audio_head = _mlp(hidden, hidden, n_classes, config.dropout)
            self.balance = nn.Parameter(torch.zeros(()))
        else:
            self.head = _mlp(config.fused_width, hidden, n_classes, config.dropout)
        if config.vad_head:
            self.vad_head = _mlp(config.fused_width, hidden // 2, 3, config.dropout)
        if config.d_contrast and variant not in ("text", "audio"):
            self.text_projector = _mlp(hidden, hidden, config.d_contrast, 0.0)
            self.audio_projector = _mlp(hidden, hidden, config.d_contrast, 0.0)

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
            text: (batch, n_words, d_text); None where the variant does not read words.
            text_mask: bool (batch, n_words), True for tokens; all False withholds the words of an
                example.
            text_marked: bool (batch, n_words), True for what the example is about.
            audio: (batch, n_frames, d_audio); None where the variant does not hear.
            audio_mask: bool (batch, n_frames).
            audio_marked: bool (batch, n_frames).
        """
        variant = self.config.variant
        text_mask, audio_mask = self._withheld(text_mask, audio_mask)
        if variant in ("text", "audio"):
            own = (text, text_mask, text_marked)
            if variant == "audio":
                own = (audio, audio_mask, audio_marked)
            read = self.text if variant == "text" else self.audio
            pooled = read.pool(*read(*own))
            return self._read(pooled, self.head(pooled), None, None, None)
        words, word_mask = self.text(text, text_mask, text_marked)
        voice, voice_mask = self.audio(audio, audio_mask, audio_marked)
        if variant in ("cross", "vga"):
            for layer in self.layers:
            text, audio = layer(tokens["text"], masks["text"], tokens["audio"], masks["audio"])
            tokens = {"text": text, "audio": audio}
        if self.norms:
            tokens = {name: norm(tokens[name]) for name, norm in self.norms.items()}
        return {name: pool(tokens[name], masks[name]) for name, pool in self.pools.items()}


def build(config: FusionConfig, n_classes: int) -> FusionNetwork:
    """Make a network with random weights."""
    return FusionNetwork(config, n_classes)


def _mlp(width: int, hidden: int, out: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, out)
    )


def _forward(config: FusionConfig) -> nn.Sequential:
    hidden = config.hidden
    return nn.Sequential(nn.LayerNorm(hidden), _mlp(hidden, 2 * hidden, hidden, config.dropout))


def _positions(tokens: Tensor) -> Tensor:
    """Sinusoids of the position (Vaswani et al. 2017), small beside the tokens, (n, hidden)."""
    n, hidden = tokens.shape[1:]
    place = torch.arange(n, device=tokens.device, dtype=torch.float32)[:, None]
    half = (hidden + 1) // 2
    rate = torch.exp(-torch.arange(half, device=tokens.device) * (9.21 / half))  # ln 10,000
    angles = place * rate
    waves = torch.cat([angles.sin(), angles.cos()], dim=1)[:, :hidden]
    return (0.1 * waves).to(tokens.dtype)
