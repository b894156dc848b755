"""The fusion network: what words and voice say together, and the simpler networks beside it.

Over a single key a softmax is 1 whatever is added to its logits, so sequences of one token leave
the attention without effect and its projections without gradient; training refuses them.

From top to bottom: encoded tokens become vectors; words and voice attend to each other, guided by
VAD affinity; each modality is pooled, and the two become one; heads read it. Seeds 1 and 2 add the
affinity to the logits of a softmax over one key, where it has no effect; here queries and keys are
sequences.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from sentigram.emotion.encoders.tokens import Kind
from sentigram.emotion.networks.fusion.config import FusionConfig
from sentigram.emotion.networks.heads import N_DIMENSIONS, Heads, perceptron
from sentigram.emotion.networks.inputs import Inputs
from sentigram.emotion.networks.network import Network
from sentigram.emotion.networks.output import NetworkOutput
from sentigram.emotion.networks.sequences import AttentionPool, TokenReader

_BETA = 0.1  # β at the start: the interaction is a product, and wild at first


class Concatenation(nn.Module):
    """Puts vectors end to end; of one modality, that vector."""

    def forward(self, pooled: tuple[Tensor, ...]) -> tuple[Tensor, Tensor | None]:
        """(batch, hidden) each → (batch, n · hidden), and no gates."""
        return torch.cat(pooled, dim=-1), None


class SigmoidGates(nn.Module):
    """α_t ⊙ h_t + α_a ⊙ h_a + β · (h_t ⊙ h_a), α = σ(W [h_t; h_a; h_t ⊙ h_a]) (seed 2).

    Args:
        hidden: Width of each vector.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.gate = nn.Linear(3 * hidden, 2 * hidden)
        self.beta = nn.Parameter(torch.tensor(_BETA))

    def forward(self, pooled: tuple[Tensor, ...]) -> tuple[Tensor, Tensor | None]:
        """(batch, hidden) twice → (batch, hidden), and gates (batch, 2, hidden)."""
        text, audio = pooled
        both = text * audio
        gates = self.gate(torch.cat([text, audio, both], dim=-1)).sigmoid()
        gates = gates.unflatten(-1, (2, -1))  # (batch, 2, hidden)
        return gates[:, 0] * text + gates[:, 1] * audio + self.beta * both, gates


class SoftmaxGates(nn.Module):
    """g_t h_t + g_a h_a + g_i (h_t ⊙ h_a) with g ≥ 0 that sum to 1 (seed 1).

    Args:
        hidden: Width of each vector.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.gate = nn.Linear(3 * hidden, 3)

    def forward(self, pooled: tuple[Tensor, ...]) -> tuple[Tensor, Tensor | None]:
        """(batch, hidden) twice → (batch, hidden), and gates (batch, 3)."""
        text, audio = pooled
        parts = torch.stack([text, audio, text * audio], dim=1)  # (batch, 3, hidden)
        gates = self.gate(parts.flatten(1)).softmax(dim=-1)  # (batch, 3)
        return (gates.unsqueeze(1).to(parts.dtype) @ parts).squeeze(1), gates


class LateHeads(nn.Module):
    """Heads for each modality whose log probabilities are averaged with a learnt weight.

    Where one modality is absent the other is read alone.

    Args:
        hidden: Width of each modality's vector.
        n_classes: How many there are.
        dropout: Before the last layers.
        has_vad: Whether VAD is read.
    """

    def __init__(self, hidden: int, n_classes: int, *, dropout: float, has_vad: bool) -> None:
        super().__init__()
        self.text = Heads(hidden, hidden, n_classes, dropout=dropout, has_vad=has_vad)
        self.audio = Heads(hidden, hidden, n_classes, dropout=dropout, has_vad=has_vad)
        self.weight = nn.Parameter(torch.zeros(()))  # σ(0): both count alike

    def forward(self, fused: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """Read both halves.

        Args:
            fused: (batch, 2 · hidden), words then voice.
            present: bool (batch, 2).

        Returns:
            Logits (batch, n_classes) and VAD (batch, 3) in [-1, 1] or NaN.
        """
        words, voice = fused.chunk(2, dim=-1)
        (text, text_vad), (audio, audio_vad) = (
            self.text(words, present),
            self.audio(voice, present),
        )
        alone = torch.where(present[:, :1], 1.0, 0.0)
        is_mixed = (present[:, 0] == present[:, 1]).unsqueeze(-1)  # (batch, 1)
        share = torch.where(is_mixed, self.weight.sigmoid(), alone)  # of words, (batch, 1)
        logits = share * text.log_softmax(dim=-1) + (1 - share) * audio.log_softmax(dim=-1)
        return logits, share * text_vad + (1 - share) * audio_vad


_FEED_FORWARD = 2  # times hidden; corpora are small
_TINY = 1e-12  # under the root: the slope of a distance of 0 is then 0 and not NaN


def vad_affinity(queries: Tensor, keys: Tensor) -> Tensor:
    """M(i, j) = −‖v_i − v_j‖₂, with a gradient of 0 where both are equal.

    Args:
        queries: (batch, n_queries, 3).
        keys: (batch, n_keys, 3).

    Returns:
        (batch, n_queries, n_keys), at most 0.
    """
    gaps = queries.unsqueeze(2) - keys.unsqueeze(1)  # (batch, n_queries, n_keys, 3)
    return math.sqrt(_TINY) - (gaps.square().sum(dim=-1) + _TINY).sqrt()


class CrossAttention(nn.Module):
    """One modality asks the other; then feed-forward, both with residuals, norms before.

    Args:
        hidden: Width of both modalities.
        n_heads: Divides hidden.
        dropout: In attention and feed-forward.
    """

    def __init__(self, hidden: int, n_heads: int, *, dropout: float) -> None:
        super().__init__()
        self.n_heads, self.chance = n_heads, dropout
        self.query = nn.Linear(hidden, hidden)
        # a bias of keys adds the same to all logits of a query: softmax would cancel it
        self.key = nn.Linear(hidden, hidden, bias=False)
        self.value = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, hidden)
        self.dropout = nn.Dropout(dropout)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(hidden),
            nn.Linear(hidden, _FEED_FORWARD * hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(_FEED_FORWARD * hidden, hidden),
            nn.Dropout(dropout),
        )

    def forward(
        self, stream: Tensor, asking: Tensor, asked: Tensor, mask: Tensor, bias: Tensor | None
    ) -> Tensor:
        """Update one modality by the other.

        Args:
            stream: (batch, n_queries, hidden), what is added to.
            asking: The same, normalized.
            asked: (batch, n_keys, hidden), normalized.
            mask: bool (batch, n_keys), with at least one True per row.
            bias: (batch, n_queries, n_keys), added to the logits; None for standard attention.

        Returns:
            (batch, n_queries, hidden).
        """
        query, key, value = (
            part.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)  # (batch, heads, n, head_dim)
            for part in (self.query(asking), self.key(asked), self.value(asked))
        )
        kept = mask[:, None, None, :]  # (batch, 1, 1, n_keys)
        if bias is not None:
            kept = bias.to(query.dtype).unsqueeze(1).masked_fill(~kept, -math.inf)
        found = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=kept, dropout_p=self.chance if self.training else 0.0
        )
        joined = found.transpose(1, 2).flatten(2)  # (batch, n_queries, hidden)
        stream = stream + self.dropout(self.out(joined))
        updated: Tensor = stream + self.feed_forward(stream)
        return updated


class CrossLayer(nn.Module):
    """Words ask the voice and the voice asks the words, at the same time.

    Args:
        hidden: Width of both modalities.
        n_heads: Divides hidden.
        dropout: In attention and feed-forward.
        vad_lambda: λ, the weight of the VAD affinity; 0 leaves it out with its parameters.
    """

    def __init__(self, hidden: int, n_heads: int, *, dropout: float, vad_lambda: float) -> None:
        super().__init__()
        self.vad_lambda = vad_lambda
        self.text_norm, self.audio_norm = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.text_asks = CrossAttention(hidden, n_heads, dropout=dropout)
        self.audio_asks = CrossAttention(hidden, n_heads, dropout=dropout)
        if vad_lambda > 0:
            self.text_vad = nn.Linear(hidden, N_DIMENSIONS)
            self.audio_vad = nn.Linear(hidden, N_DIMENSIONS)

    def forward(
        self, text: Tensor, text_mask: Tensor, audio: Tensor, audio_mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Update both modalities by each other.

        Args:
            text: (batch, n_words, hidden).
            text_mask: bool (batch, n_words).
            audio: (batch, n_frames, hidden).
            audio_mask: bool (batch, n_frames).

        Returns:
            Both, in their shapes.
        """
        words, frames = self.text_norm(text), self.audio_norm(audio)
        bias = self._bias(words, frames)
        turned = None if bias is None else bias.transpose(1, 2)  # (batch, n_frames, n_words)
        return (
            self.text_asks(text, words, frames, audio_mask, bias),
            self.audio_asks(audio, frames, words, text_mask, turned),
        )

    def _bias(self, words: Tensor, frames: Tensor) -> Tensor | None:
        """λ·M, (batch, n_words, n_frames)."""
        if not self.vad_lambda:
            return None
        # small distances are differences of large numbers: not in half precision
        with torch.autocast(words.device.type, enabled=False):
            ours, theirs = (
                torch.tanh(layer(part.to(layer.weight.dtype)))
                for layer, part in ((self.text_vad, words), (self.audio_vad, frames))
            )
            return self.vad_lambda * vad_affinity(ours, theirs)


_GATES = {"sigmoid": SigmoidGates, "softmax": SoftmaxGates}
_CONTRASTED: tuple[Kind, ...] = ("text", "audio")
_STANDING_IN = ("concat", "cross", "vga")  # the heads of `late` leave out what is absent


class FusionNetwork(Network):
    """Reads one emotion per example from tokens of words, of the voice, or of both.

    Args:
        config: Sizes and choices.
        n_classes: Emotions that are told apart.
    """

    def __init__(self, config: FusionConfig, n_classes: int) -> None:
        super().__init__(config, n_classes)
        self.config: FusionConfig = config
        hidden, dropout = config.hidden, config.dropout
        widths = config.widths
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
        contrasts = config.d_contrast > 0 and set(_CONTRASTED) <= set(config.modalities)
        self.projectors = nn.ModuleDict(
            {
                name: perceptron(hidden, hidden, config.d_contrast, dropout=0.0)
                for name in (_CONTRASTED if contrasts else ())
            }
        )

    def forward(self, inputs: Inputs) -> NetworkOutput:
        """Read a batch.

        Args:
            inputs: Tokens of each modality that the network reads; others are left alone.

        Raises:
            ValueError: A modality that the network reads is not there.
        """
        lacking = [kind for kind in self.config.modalities if kind not in inputs]
        if lacking:
            message = f"variant {self.config.variant} reads {lacking[0]}, which the batch lacks"
            raise ValueError(message)
        read = {kind: inputs[kind] for kind in self.config.modalities}
        masks = self._withheld({kind: given.mask for kind, given in read.items()})
        tokens = {
            kind: self.readers[kind](given.values, masks[kind], given.marked)
            for kind, given in read.items()
        }
        for layer in self.layers:
            (words, word_mask), (voice, voice_mask) = tokens["text"], tokens["audio"]
            words, voice = layer(words, word_mask, voice, voice_mask)
            tokens = {"text": (words, word_mask), "audio": (voice, voice_mask)}
        pooled = {
            kind: self.pools[kind](*pair, read[kind].marked & masks[kind])
            for kind, pair in tokens.items()
        }
        fused, gates = self.join(tuple(pooled.values()))
        present = torch.stack([mask.any(dim=1) for mask in masks.values()], dim=1)
        logits, vad = self.heads(fused, present)
        pair = [i for i, kind in enumerate(masks) if kind in _CONTRASTED]
        return NetworkOutput(
            logits=logits,
            vad=vad,
            fused=fused,
            embeddings={
                kind: self.projectors[kind](pooled[kind])
                for kind in (_CONTRASTED if self.projectors else ())
            },
            gates=gates,
            is_pair=present[:, pair].all(dim=1),
        )

    def _withheld(self, masks: dict[Kind, Tensor]) -> dict[Kind, Tensor]:
        """In training, hide one modality of some examples that have them all."""
        chance = self.config.modality_dropout
        if not self.training or not chance or len(masks) < 2:
            return masks
        has_all = torch.stack([mask.any(dim=1) for mask in masks.values()]).all(dim=0)
        share = chance / len(masks)
        drawn = torch.rand(len(has_all), device=has_all.device)
        return {
            kind: mask & ~(has_all & (drawn >= i * share) & (drawn < (i + 1) * share))[:, None]
            for i, (kind, mask) in enumerate(masks.items())
        }
