"""The bundled emotion model: words through MiniLM, voice through Moonshine's encoder, joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sentigram.cards import card_sha256, read_card
from sentigram.core.document import EnginePart
from sentigram.core.emotion import NEUTRAL, EmotionTrack, Evidence, LabelSet, WordEmotion
from sentigram.core.media import Audio
from sentigram.core.protocols import Progress, TextFeatures, no_progress
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance
from sentigram.encoders.moonshine import CompactAudioEncoder, SpanEncoder
from sentigram.encoders.pooling import POOLED_WIDTH, pool
from sentigram.encoders.text import TextEncoder, TextHeads, load_heads
from sentigram.model import vocal
from sentigram.model.join import JoinParameters, evidence, log_normalize, shares
from sentigram.model.smoothing import own_share, smooth

Floats = NDArray[np.float64]

_TEXT_SHARE_OF_PROGRESS = 0.3
_LOCAL_WORDS = 3.0  # deviation of the bell that picks a word's neighbours
_LOCAL_SHARE = 0.5  # the rest is the whole sentence
_TEXT_WINDOW_WORDS = 8  # about as many words bear on a word's reading as its window holds
# Windows of one sentence are read from one voice in one mood: they are one witness, not several,
# up to the length over which moods last anyway.
_ONE_WITNESS_MS = 4000
_NEW_SENTENCE_MS = 3000  # a new sentence makes a change of emotion as likely as this much time
_EDGE_MS = 250  # windows may reach this far out of their utterance


@dataclass(frozen=True, slots=True, eq=False)
class Cues:
    """What one modality says about every word, before it is joined.

    Attributes:
        evidence: (n_words, n_labels) log likelihood ratios, raised to the words' shares.
        vad: (n_words, 3).
    """

    evidence: Floats
    vad: Floats


class BundledEmotionModel:
    """Reads every word of a recording; see the cards beside the weights for how well.

    Args:
        voice: Another voice model than the shipped one, for evaluation.
        parameters: Other parameters of the join.
        audio_encoder: Another encoder, such as one that remembers.
    """

    def __init__(
        self,
        *,
        voice: vocal.VoiceModel | None = None,
        parameters: JoinParameters | None = None,
        audio_encoder: SpanEncoder | None = None,
    ) -> None:
        self._given = (voice, parameters, audio_encoder)

    @property
    def labels(self) -> LabelSet:
        """Seven: Ekman's six and neutral."""
        return self._voice.labels

    @property
    def parts(self) -> tuple[EnginePart, ...]:
        """For the Document's engine list."""
        card = read_card("voice")
        digest = card["files"]["voice.safetensors"]["sha256"]
        join = read_card("join")
        return (
            self._text_encoder.part,
            self._audio_encoder.part,
            EnginePart("voice model", card["name"], str(card["version"]), digest),
            EnginePart("join", join["name"], str(join["version"]), card_sha256("join")),
        )

    def read(
        self, transcript: Transcript, audio: Audio, *, progress: Progress = no_progress
    ) -> EmotionTrack:
        """One reading per word, smoothed over time, neutral where the model is unsure.

        Raises:
            MissingError: Weights are absent or damaged.
        """
        utterances = transcript.utterances
        if not utterances:
            return EmotionTrack(self.labels, ())
        words = self._words(utterances)
        progress(_TEXT_SHARE_OF_PROGRESS)
        sound = self._sound(
            utterances,
            audio,
            lambda s: progress(_TEXT_SHARE_OF_PROGRESS + s * (1 - _TEXT_SHARE_OF_PROGRESS)),
        )
        gaps_ms = _gaps(utterances)
        text = self._parameters.text_weight * words.evidence
        voiced = self._parameters.audio_weight * sound.evidence
        joint, only_voice, only_words = (
            smooth(e, self._parameters.log_prior, gaps_ms, tau_ms=self._parameters.tau_ms)
            for e in (text + voiced, voiced, text)
        )
        share = self._parameters.text_vad_share
        return EmotionTrack(
            self.labels,
            _decide(
                joint,
                share * words.vad + (1 - share) * sound.vad,
                shares(joint, only_voice, only_words),
                self.labels,
                self._parameters.abstain_below,
            ),
        )

    def _words(self, utterances: Sequence[Utterance]) -> Cues:
        """What the words say: each is read in its sentence, with its neighbours in front."""
        features = self._text_encoder.encode(utterances)
        vectors = np.concatenate([_in_context(f) for f in features]).astype(np.float32)
        counts = np.concatenate([np.full(len(f.n_tokens), len(f.n_tokens)) for f in features])
        log_probs = log_normalize(self._heads.logits(vectors).astype(float))
        share = 1 / np.minimum(counts, _TEXT_WINDOW_WORDS)
        return Cues(
            evidence(log_probs, self._heads.log_prior.astype(float)) * share[:, None],
            self._heads.vad(vectors).astype(float),
        )

    def _sound(self, utterances: Sequence[Utterance], audio: Audio, progress: Progress) -> Cues:
        """What the voice says: each word from the two seconds around it."""
        n_words = sum(len(utterance.words) for utterance in utterances)
        pooled = np.empty((n_words, POOLED_WIDTH), np.float32)
        windows = [window for u in utterances for window in _windows(u, audio.duration_ms)]
        encoded = self._audio_encoder.encode_spans(audio, [u.span for u in utterances])
        at = 0
        for utterance, frames in zip(utterances, encoded, strict=True):
            for _ in utterance.words:
                pooled[at] = pool(frames.cut(windows[at]))
                at += 1
            progress(at / n_words)
        speakers = [utterance.speaker for utterance in utterances for _ in utterance.words]
        spans = [word.span for utterance in utterances for word in utterance.words]
        starts = np.array([span.start_ms for span in spans])
        ends = np.array([span.end_ms for span in spans])
        share = own_share(starts, ends, _witnesses(utterances))
        log_probs = self._voice.read(pooled, speakers, (ends - starts) / 1000)
        return Cues(
            evidence(log_probs, self._voice.log_prior) * share[:, None],
            np.exp(log_probs) @ self._voice.label_vad,
        )

    @cached_property
    def _text_encoder(self) -> TextEncoder:
        return TextEncoder(n_threads=0)

    @cached_property
    def _audio_encoder(self) -> SpanEncoder:
        return self._given[2] or CompactAudioEncoder()

    @cached_property
    def _heads(self) -> TextHeads:
        return load_heads()

    @cached_property
    def _voice(self) -> vocal.VoiceModel:
        return self._given[0] or vocal.load()

    @cached_property
    def _parameters(self) -> JoinParameters:
        return self._given[1] or load_parameters()


def load_parameters() -> JoinParameters:
    """The shipped join."""
    card = read_card("join")
    return JoinParameters(
        log_prior=np.log(list(card["prior"].values())),
        text_weight=card["text_weight"],
        audio_weight=card["audio_weight"],
        tau_ms=card["tau_ms"],
        abstain_below=card["abstain_below"],
        text_vad_share=np.array(card["text_vad_share"]),
    )


def _in_context(features: TextFeatures) -> Floats:
    """Each word's vector: half its neighbours, weighted by a bell, half the whole sentence."""
    n_words = len(features.n_tokens)
    distance = np.arange(n_words)[:, None] - np.arange(n_words)
    near = np.exp(-0.5 * (distance / _LOCAL_WORDS) ** 2) * features.n_tokens
    near = near / near.sum(axis=1, keepdims=True)
    whole = features.n_tokens / features.n_tokens.sum()
    weights = _LOCAL_SHARE * near + (1 - _LOCAL_SHARE) * whole
    return np.asarray(weights @ features.vectors, float)  # (n_words, d_text)


def _windows(utterance: Utterance, duration_ms: int) -> list[Span]:
    """The sound that each word is read from: two seconds around it, inside its utterance."""
    low = max(0, utterance.span.start_ms - _EDGE_MS)
    high = min(duration_ms, utterance.span.end_ms + _EDGE_MS)
    spans = []
    for word in utterance.words:
        centre = (word.span.start_ms + word.span.end_ms) // 2
        start = max(low, min(centre - vocal.WINDOW_MS // 2, high - vocal.WINDOW_MS))
        spans.append(Span(start, max(start, min(start + vocal.WINDOW_MS, high))))
    return spans


def _witnesses(utterances: Sequence[Utterance]) -> NDArray[np.int64]:
    """How much speech around each word is one witness, (n_words,) in milliseconds."""
    lengths = [min(u.span.duration_ms, _ONE_WITNESS_MS) for u in utterances]
    return np.repeat(lengths, [len(u.words) for u in utterances])


def _gaps(utterances: Sequence[Utterance]) -> NDArray[np.int64]:
    """Time since each word's predecessor, for the chain; -1 where the speaker changes."""
    gaps: list[int] = []
    previous: Utterance | None = None
    for utterance in utterances:
        starts = [word.span.start_ms for word in utterance.words]
        if previous is None or utterance.speaker != previous.speaker:
            gaps.append(-1)
        else:
            gaps.append(starts[0] - previous.words[-1].span.start_ms + _NEW_SENTENCE_MS)
        gaps += [after - before for before, after in pairwise(starts)]
        previous = utterance
    return np.array(gaps, np.int64)


def _decide(
    joint: Floats, vad: Floats, share: Floats, labels: LabelSet, abstain_below: float
) -> tuple[WordEmotion, ...]:
    """Label, intensity and evidence of every word.

    The intensity grows with the posterior above the threshold and with arousal's distance from
    rest: 0 for neutral, never 0 for another label.
    """
    readings = []
    for probs, vad_row, (text, audio) in zip(joint, vad, share, strict=True):
        best = int(probs.argmax())
        name = labels.names[best]
        certain = probs[best] >= abstain_below and name != NEUTRAL
        above = (probs[best] - abstain_below) / (1 - abstain_below)
        intensity = float(np.clip(0.25 + 0.6 * above + 0.15 * abs(vad_row[1]), 0.05, 1))
        v, a, d = (round(float(np.clip(x, -1, 1)), 3) for x in vad_row)
        readings.append(
            WordEmotion(
                label=name if certain else NEUTRAL,
                probs=_rounded(probs),
                intensity=round(intensity, 3) if certain else 0.0,
                vad=(v, a, d),
                evidence=Evidence(round(float(text), 3), round(float(audio), 3)),
            )
        )
    return tuple(readings)


def _rounded(probs: Floats) -> tuple[float, ...]:
    """Four digits, still summing to 1: the best label takes what rounding leaves."""
    rounded = [round(float(p), 4) for p in probs]
    best = int(probs.argmax())
    rounded[best] = round(rounded[best] + 1 - sum(rounded), 4)
    return tuple(rounded)
