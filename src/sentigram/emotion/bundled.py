"""The bundled emotion model: words through MiniLM, voice through Moonshine's encoder, joined."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np

from sentigram.core.arrays import Floats64
from sentigram.core.document import EnginePart
from sentigram.core.emotion import EmotionTrack, LabelSet
from sentigram.core.language import unread
from sentigram.core.media import Audio
from sentigram.core.protocols import NO_MEMORY, Memory, Progress, TextFeatures, no_progress
from sentigram.core.spread import in_parts
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance
from sentigram.emotion import decision, voice_model
from sentigram.emotion.decision import Cues
from sentigram.emotion.encoders.compact.frames import SpanEncoder, VoiceEncoder, encoder_path
from sentigram.emotion.encoders.compact.pooling import voice_mean
from sentigram.emotion.encoders.compact.text import MiniLmEncoder, TextHeads, load_heads
from sentigram.emotion.join import JoinParameters, States, evidence, log_normalize
from sentigram.errors import MissingError
from sentigram.store.shipped import DEFAULT_WEIGHTS, card_sha256, read_card, voice_card

_TEXT_SHARE_OF_PROGRESS = 0.3
_PART = 32  # utterances that are scored together: some seconds of work
_LOCAL_WORDS = 3.0  # deviation of the bell that picks a word's neighbours
_LOCAL_SHARE = 0.5  # the rest is the whole sentence


# numbers of the join that its card holds under their own names
JOIN_NUMBERS = (
    "text_shown",
    "text_weight",
    "voice_shown",
    "voice_weight",
    "manner",
    "tau_ms",
    "shown_from",
)


class BundledEmotionModel:
    """Reads every word of a recording; see the cards beside the weights for how well.

    Args:
        weights: Which of the shipped voice models: of `shipped.VOICE_WEIGHTS`.
        voice: Another voice model than a shipped one, for evaluation.
        parameters: Other parameters of the join.
        audio_encoder: Another encoder, such as one that remembers.
    """

    def __init__(
        self,
        *,
        weights: str = DEFAULT_WEIGHTS,
        voice: voice_model.VoiceModel | None = None,
        parameters: JoinParameters | None = None,
        audio_encoder: SpanEncoder | None = None,
    ) -> None:
        self._weights = weights
        self._given = (voice, parameters, audio_encoder)

    @property
    def labels(self) -> LabelSet:
        """Seven: Ekman's six and neutral."""
        return self._voice.labels

    @property
    def parts(self) -> tuple[EnginePart, ...]:
        """For the Document's engine list."""
        join = read_card("join")
        joined = EnginePart("join", join["name"], str(join["version"]), card_sha256("join"))
        if self._unheard:
            return (self._text_encoder.part, joined)
        name = voice_card(self._weights)
        card = read_card(name)
        digest = card["files"][f"{name}.safetensors"]["sha256"]
        return (
            self._text_encoder.part,
            self._audio_encoder.part,
            EnginePart("voice model", card["name"], str(card["version"]), digest),
            joined,
        )

    def advice(self, language: str) -> str:
        """Words are read in English, voices heard where their encoder is; one of them will do."""
        if _is_read(language):
            return f"emotions come from the words alone: {self._unheard}" if self._unheard else ""
        return f"emotions come from the voice alone: {unread('the bundled model', language)}"

    def read(
        self,
        transcript: Transcript,
        audio: Audio,
        *,
        progress: Progress = no_progress,
        memory: Memory = NO_MEMORY,
    ) -> EmotionTrack:
        """One reading per word, smoothed over time, neutral where the model is unsure.

        Raises:
            MissingError: Weights are absent or damaged, or neither words nor voice can be read.
        """
        utterances = transcript.utterances
        if not utterances:
            return EmotionTrack(self.labels, ())
        del memory  # its stages take seconds
        words = self.words(utterances) if _is_read(transcript.language) else None
        progress(_TEXT_SHARE_OF_PROGRESS)
        if words is not None and self._unheard:
            sound = Cues(np.zeros_like(words.evidence))
        else:
            sound = self.sound(
                utterances,
                audio,
                lambda s: progress(_TEXT_SHARE_OF_PROGRESS + s * (1 - _TEXT_SHARE_OF_PROGRESS)),
            )
        states = States.of(self.labels, self._voice.label_vad)
        return decision.joined(utterances, words, sound, self._parameters, states)

    def words(self, utterances: Sequence[Utterance]) -> Cues:
        """What the words say: each is read in its sentence, with its neighbours in front."""
        features = self._text_encoder.encode(utterances)
        vectors = np.concatenate([_in_context(f) for f in features]).astype(np.float32)
        log_probs = log_normalize(self._heads.logits(vectors).astype(float))
        return Cues(
            evidence(log_probs, self._heads.log_prior.astype(float)),
            self._heads.vad(vectors).astype(float),
        )

    def sound(
        self,
        utterances: Sequence[Utterance],
        audio: Audio,
        progress: Progress = no_progress,
    ) -> Cues:
        """What the voice says: each word from the two seconds around it."""
        spoken = [word for utterance in utterances for word in utterance.words]
        windows = [(u.span, tuple(decision.windows(u, audio.duration_ms))) for u in utterances]
        scores: list[Floats64] = []
        for own in audio.spread.map(self._scores, audio, in_parts(windows, _PART)):
            scores.extend(own)
            progress(len(scores) / len(spoken))
        heard = self._voice.read(
            np.stack(scores),
            [utterance.speaker for utterance in utterances for _ in utterance.words],
            [word.span.duration_ms / 1000 for word in spoken],
        )
        return Cues(heard.log_ratios, levels=heard.levels)

    def _scores(self, audio: Audio, said: Sequence[tuple[Span, Sequence[Span]]]) -> Floats64:
        """Of the windows of some utterances' words, (n_words, 2, n_labels).

        Args:
            audio: The recording.
            said: Of each utterance its span, and the window of each word.
        """
        encoded = self._audio_encoder.encode_spans(audio, [span for span, _ in said])
        scores = [
            self._voice.scores(np.stack([voice_mean(frames.cut(window)) for window in windows]))
            for (_, windows), frames in zip(said, encoded, strict=True)
        ]
        return np.concatenate(scores)

    def __reduce__(self) -> tuple[Any, ...]:
        voice, parameters, encoder = self._given
        made = partial(
            type(self),
            weights=self._weights,
            voice=voice,
            parameters=parameters,
            audio_encoder=encoder,
        )
        return made, ()  # what it has loaded stays in its process

    @cached_property
    def _text_encoder(self) -> MiniLmEncoder:
        return MiniLmEncoder(n_threads=0)

    @cached_property
    def _unheard(self) -> str:
        """Why no voice can be heard on this machine, "" where it can."""
        if self._given[2] is not None:
            return ""
        try:
            encoder_path()
        except MissingError as error:
            return str(error)
        return ""

    @cached_property
    def _audio_encoder(self) -> SpanEncoder:
        return self._given[2] or VoiceEncoder()

    @cached_property
    def _heads(self) -> TextHeads:
        return load_heads()

    @cached_property
    def _voice(self) -> voice_model.VoiceModel:
        return self._given[0] or voice_model.load(choice=self._weights)

    @cached_property
    def _parameters(self) -> JoinParameters:
        return self._given[1] or load_parameters()


def _is_read(language: str) -> bool:
    return language == "en"


def load_parameters() -> JoinParameters:
    """The shipped join."""
    card = read_card("join")
    return JoinParameters(
        log_prior=np.log(list(card["prior"].values())),
        **{name: card[name] for name in JOIN_NUMBERS},
        formulas=np.array([card["formulas"].get(name, 0.0) for name in card["prior"]]),
        text_vad_share=np.array(card["text_vad_share"]),
    )


def _in_context(features: TextFeatures) -> Floats64:
    """Each word's vector: half its neighbours, weighted by a bell, half the whole sentence."""
    n_words = len(features.n_tokens)
    distance = np.arange(n_words)[:, None] - np.arange(n_words)
    near = np.exp(-0.5 * (distance / _LOCAL_WORDS) ** 2) * features.n_tokens
    near = near / near.sum(axis=1, keepdims=True)
    whole = features.n_tokens / features.n_tokens.sum()
    weights = _LOCAL_SHARE * near + (1 - _LOCAL_SHARE) * whole
    return np.asarray(weights @ features.vectors, float)  # (n_words, d_text)
