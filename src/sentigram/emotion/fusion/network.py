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
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from sentigram.emotion.fusion.config import FusionConfig

_MARK_DEVIATION = 0.02
_ORDER_SCALE = 0.1  # normalized tokens have deviation 1: order must not drown them
_LONGEST_WAVE = 10_000.0  # tokens (Vaswani et al. 2017, section 3.5)
_FOCUS = 4.0  # marked tokens start with e⁴ = 55 times the weight of their context
_POOL_BIAS = 2.0  # a lone token starts with weight σ(2) = 0.88, ten with 0.99 together


class TokenReader(nn.Module):
    """Brings the tokens of one modality to the network's width.

    Adds a learnt embedding to marked tokens, and sinusoids of the distance from the first of them,
    so that a word is told from its context and what precedes it from what follows.

    Args:
        width: Of the tokens given.
        hidden: Of those returned.
        dropout: On those returned.
        learns_absence: Whether what stands in for an absent modality is learnt. Only training
            that withholds modalities can teach it, so without, it is zeros.
    """

    def __init__(self, width: int, hidden: int, *, dropout: float, learns_absence: bool) -> None:
        super().__init__()
        self.projection = nn.Linear(width, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.mark = nn.Parameter(torch.randn(hidden) * _MARK_DEVIATION)
        self.order_scale = nn.Parameter(torch.tensor(_ORDER_SCALE))
        self.dropout = nn.Dropout(dropout)
        absence = nn.Parameter(torch.randn(hidden) * _MARK_DEVIATION) if learns_absence else None
        self.register_parameter("absence", absence)
        self.absence: nn.Parameter | None

    def forward(self, values: Tensor, mask: Tensor, marked: Tensor) -> tuple[Tensor, Tensor]:
        """Project tokens; an example without any gets one stand-in.

        Args:
            values: (batch, n, width), n ≥ 1; anything where mask is False.
            mask: bool (batch, n), True for real tokens.
            marked: bool (batch, n), True for tokens that the example is about.

        Returns:
            Tokens (batch, n, hidden), and their mask (batch, n) with at least one True per row.
        """
        marked = marked & mask
        clean = values.masked_fill(~mask.unsqueeze(-1), 0.0)
        tokens = self.norm(self.projection(clean))  # (batch, n, hidden)
        places = torch.arange(mask.shape[1], device=mask.device)
        distance = places - marked.int().argmax(dim=1, keepdim=True)  # (batch, n)
        tokens = tokens + self.order_scale * sinusoids(distance, tokens)
        tokens = self.dropout(tokens + marked.unsqueeze(-1) * self.mark)
        stands_in = ~mask.any(dim=1, keepdim=True) & (places == 0)  # (batch, n)
        absence = torch.zeros_like(self.mark) if self.absence is None else self.absence
        # `where` and not an index: every process then has a gradient for absence in every step
        tokens = torch.where(stands_in.unsqueeze(-1), absence.to(tokens.dtype), tokens)
        return tokens, mask | stands_in


class AttentionPool(nn.Module):
    """One vector of a sequence: a weighted sum with learnt scores.

    Weights share 1 with a silent rival whose score is 0 and whose value is zero, so a lone token
    is weighed too. Under plain softmax its weight would be 1 and its score without effect. Marked
    tokens have a fixed head start: a small corpus cannot teach which of seven utterances is meant.

    Args:
        hidden: Width of the tokens.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.score = nn.Linear(hidden, 1)
        nn.init.constant_(self.score.bias, _POOL_BIAS)

    def forward(self, tokens: Tensor, mask: Tensor, marked: Tensor) -> Tensor:
        """Pool.

        Args:
            tokens: (batch, n, hidden).
            mask: bool (batch, n).
            marked: bool (batch, n), True for tokens that the example is about.

        Returns:
            (batch, hidden).
        """
        scores = self.score(tokens).squeeze(-1)  # (batch, n)
        context = mask & ~marked & (mask & marked).any(dim=1, keepdim=True)
        scores = (scores - _FOCUS * context).masked_fill(~mask, -math.inf)
        with_rival = functional.pad(scores, (0, 1))  # (batch, n + 1)
        weights = with_rival.softmax(dim=-1)[:, :-1]
        return (weights.unsqueeze(1) @ tokens).squeeze(1)  # (batch, hidden)


def sinusoids(distance: Tensor, like: Tensor) -> Tensor:
    """Sines and cosines of distances at geometric wavelengths (Vaswani et al. 2017).

    Args:
        distance: int (batch, n), may be negative.
        like: (batch, n, hidden), gives width and type.

    Returns:
        (batch, n, hidden): sines, then cosines.
    """
    hidden = like.shape[-1]
    n_waves = (hidden + 1) // 2
    exponents = torch.arange(n_waves, device=like.device) / n_waves
    angles = distance.unsqueeze(-1) * _LONGEST_WAVE**-exponents  # (batch, n, n_waves)
    waves = torch.cat([angles.sin(), angles.cos()], dim=-1)[..., :hidden]
    return waves.to(like.dtype)


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


class Heads(nn.Module):
    """Class logits and VAD of one vector.

    Args:
        width: Of the vector.
        hidden: Of the layer between.
        n_classes: How many there are.
        dropout: Before the last layer.
        has_vad: Whether VAD is read.
    """

    def __init__(
        self, width: int, hidden: int, n_classes: int, *, dropout: float, has_vad: bool
    ) -> None:
        super().__init__()
        self.classes = perceptron(width, hidden, n_classes, dropout=dropout)
        self.vad = perceptron(width, hidden, N_DIMENSIONS, dropout=dropout) if has_vad else None

    def forward(self, fused: Tensor, _present: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, width) → logits (batch, n_classes), VAD (batch, 3) in [-1, 1] or NaN."""
        if self.vad is None:
            return self.classes(fused), unknown_vad(fused)
        return self.classes(fused), torch.tanh(self.vad(fused))


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


def perceptron(width: int, hidden: int, out: int, *, dropout: float) -> nn.Sequential:
    """Two layers with GELU and dropout between them."""
    return nn.Sequential(
        nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, out)
    )


def unknown_vad(like: Tensor) -> Tensor:
    """NaN (batch, 3)."""
    return like.new_full((len(like), N_DIMENSIONS), torch.nan)


N_DIMENSIONS = 3  # valence, arousal, dominance
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
