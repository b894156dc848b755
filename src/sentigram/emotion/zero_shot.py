"""Reads words without a checkpoint: what emotion2vec and a text classifier say by themselves.

"Zero-shot" means that nothing here was trained on readings of words: emotion2vec scores the two
seconds around each word, the classifier scores its sentence, and both are joined by Bayes' rule as
in the bundled engine. The Document names the reading so, and says whether it was calibrated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sentigram.core.arrays import Floats32, Floats64
from sentigram.core.document import EnginePart
from sentigram.core.emotion import EmotionTrack, LabelSet
from sentigram.core.language import unread
from sentigram.core.media import Audio
from sentigram.core.protocols import NO_MEMORY, Memory, Progress, no_progress
from sentigram.core.spread import in_parts
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance
from sentigram.data_files import read_json
from sentigram.emotion import decision
from sentigram.emotion.bundled import load_parameters
from sentigram.emotion.decision import Cues
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.emotion2vec.encoder import DEFAULT_MODEL, Emotion2vecEncoder
from sentigram.emotion.encoders.tokens import SpanTokens
from sentigram.emotion.join import JoinParameters, States, log_normalize
from sentigram.emotion.stretches import Stretch, stretches
from sentigram.errors import InputError
from sentigram.reading import MODEL_CARD
from sentigram.store.shipped import read_card

if TYPE_CHECKING:
    from sentigram.emotion.encoders.transformers.classifier import TextEmotionClassifier


def window_means(tokens: SpanTokens, spans: Sequence[Span]) -> Floats32:
    """The mean of the tokens whose centres lie in each span.

    Windows of neighbouring words share most of their tokens, so each mean is a difference of two
    running sums: the cost does not depend on how long windows are.

    Args:
        tokens: Of a stretch that the spans lie in.
        spans: Windows; one that holds no centre gets the nearest token.

    Returns:
        float32 (n_spans, width).
    """
    sums = np.zeros((len(tokens.values) + 1, tokens.values.shape[1]))
    np.cumsum(tokens.values, axis=0, dtype=np.float64, out=sums[1:])
    where = [tokens.within(span) for span in spans]
    low = np.array([part.start for part in where], np.int64)
    high = np.array([part.stop for part in where], np.int64)
    return np.asarray((sums[high] - sums[low]) / (high - low)[:, None], np.float32)


NAME = "zero-shot"
TEXT_MODEL = "roberta-go-emotions"
_VOICE_SHARE_OF_PROGRESS = 0.6
_PART = 17  # stretches that are encoded together: what `encoders.pieces` has in memory at once
_LEAST_LOG = -30.0  # of a probability that is 0: evidence stays finite


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was fitted, or 1 where nothing was.

    Attributes:
        voice_temperature: Divides the voice's log probabilities.
        text_temperature: Divides the words'.
        voice_weight: Of the voice's evidence in the join.
        text_weight: Of the words'.
        calibrated_on: What they were fitted on, "" when they were not.
        weights: Digests of the models that they were fitted for.
    """

    voice_temperature: float = 1.0
    text_temperature: float = 1.0
    voice_weight: float = 1.0
    text_weight: float = 1.0
    calibrated_on: str = ""
    weights: tuple[str, ...] = ()


class ZeroShotEmotionModel:
    """Reads every word from emotion2vec's scores and a text classifier's.

    Args:
        compute: Where both run.
        audio_model: emotion2vec with scores: a name in the store, or a folder.
        text_model: A classifier of emotions in text: a name, or a folder; None leaves words out.
        calibration: A file that `sentigram models calibrate` wrote; None for the shipped card.

    Raises:
        MissingError: A model is not on this machine.
        InputError: The calibration cannot be used.
    """

    def __init__(
        self,
        *,
        compute: Compute,
        audio_model: str = DEFAULT_MODEL,
        text_model: str | None = TEXT_MODEL,
        calibration: Path | None = None,
    ) -> None:
        self._made = partial(
            type(self),
            compute=compute,
            audio_model=audio_model,
            text_model=text_model,
            calibration=calibration,
        )
        self._card: Mapping[str, Any] = read_card(NAME)
        self._encoder = Emotion2vecEncoder(audio_model, compute=compute, group=1)
        self._classifier: TextEmotionClassifier | None = None
        if text_model is not None:
            from sentigram.emotion.encoders.transformers.classifier import TextEmotionClassifier

            self._classifier = TextEmotionClassifier(text_model, compute=compute)
        self._calibration = Calibration()
        if calibration is not None:
            self._calibration = read_calibration(calibration)
            if self._calibration.weights != self.weights:
                message = (
                    f"{calibration}: was fitted for other models than {self._encoder.part.id} and "
                    f"{text_model}; fit it again with sentigram models calibrate --overwrite, or "
                    "remove it"
                )
                raise InputError(message)

    @property
    def labels(self) -> LabelSet:
        """Seven: Ekman's six and neutral."""
        return LabelSet(tuple(self._card["labels"]))

    @property
    def parts(self) -> tuple[EnginePart, ...]:
        """For the Document's engine list."""
        on = self._calibration.calibrated_on
        state = f"calibrated on {on}" if on else "not calibrated"
        read = EnginePart("reading", f"zero-shot, {state}", str(self._card["version"]))
        text = () if self._classifier is None else (self._classifier.part,)
        return (*text, self._encoder.part, read)

    @property
    def weights(self) -> tuple[str, ...]:
        """Digests of the models that it reads with."""
        return tuple(part.sha256 for part in self.parts[:-1])

    @property
    def reads_words(self) -> bool:
        """Whether there is a text classifier."""
        return self._classifier is not None

    def advice(self, language: str) -> str:
        """Says so where the classifier does not know the language."""
        if self._heeds_words(language):
            return ""
        name = "no text classifier" if self._classifier is None else self._classifier.part.id
        return f"emotions come from the voice alone: {unread(name, language)}"

    def read(
        self,
        transcript: Transcript,
        audio: Audio,
        *,
        progress: Progress = no_progress,
        memory: Memory = NO_MEMORY,
    ) -> EmotionTrack:
        """One reading per word, smoothed over time, neutral where both are unsure."""
        utterances = transcript.utterances
        if not utterances:
            return EmotionTrack(self.labels, ())
        share = _VOICE_SHARE_OF_PROGRESS
        heard = _kept(
            "voice", memory, lambda: self.voice(utterances, audio, lambda s: progress(share * s))
        )
        c = self._calibration
        words = None
        if self._heeds_words(transcript.language):
            said = _kept(
                "words",
                memory,
                lambda: self.words(utterances, lambda s: progress(share + (1 - share) * s)),
            )
            words = Cues(log_normalize(said / c.text_temperature))
        progress(1.0)
        voice = Cues(log_normalize(heard / c.voice_temperature))
        return decision.joined(utterances, words, voice, join_parameters(c), self.states)

    @property
    def states(self) -> States:
        """Labels, and what is known of their arousal."""
        return States.of(self.labels, _label_vad(self.labels))

    def voice(
        self, utterances: Sequence[Utterance], audio: Audio, progress: Progress = no_progress
    ) -> Floats64:
        """emotion2vec's log probabilities on the window of each word, (n_words, n_labels)."""
        found = list(stretches(utterances, audio.duration_ms))
        scores: list[Floats64] = []
        n_done = 0
        for own in audio.spread.map(self._scores, audio, in_parts(found, _PART)):
            scores += own
            n_done += len(own)
            progress(n_done / len(found))
        return np.concatenate(scores)

    def _scores(self, audio: Audio, part: Sequence[Stretch]) -> list[Floats64]:
        """Of the windows of some stretches, (n_words, n_labels) each."""
        encoded = self._encoder.encode_spans(audio, [segment.span for segment in part])
        return [
            self.score(window_means(frames, segment.windows))
            for segment, frames in zip(part, encoded, strict=True)
        ]

    def __reduce__(self) -> tuple[Any, ...]:
        return self._made, ()  # what it has loaded stays in its process

    def score(self, pooled: Floats32) -> Floats64:
        """Log probabilities of our labels from means of frames, (n, n_labels).

        What emotion2vec gives to labels that are none of ours (other, unknown) is left out, and
        the rest is normalized.
        """
        names = self._encoder.labels
        mapping = self._card["voice_labels"]
        columns = [
            [i for i, name in enumerate(names) if mapping.get(name) == label]
            for label in self.labels
        ]
        if not all(columns):
            lacking = [label for label, own in zip(self.labels, columns, strict=True) if not own]
            message = (
                f"{self._encoder.part.id}: scores {', '.join(names)}, nothing for "
                f"{', '.join(lacking)}; use emotion2vec-plus-seed, -base or -large"
            )
            raise InputError(message)
        scores = self._encoder.scores(pooled)
        own = np.stack([np.logaddexp.reduce(scores[:, c], axis=1) for c in columns], axis=1)
        return log_normalize(np.maximum(own, _LEAST_LOG))

    def words(self, utterances: Sequence[Utterance], progress: Progress = no_progress) -> Floats64:
        """The classifier's log probabilities for each word, (n_words, n_labels)."""
        if self._classifier is None:
            message = "no text classifier"
            raise ValueError(message)
        read = np.concatenate(self._classifier.read(utterances, progress=progress))
        known = self._classifier.labels
        # a label that the classifier does not know is neither likely nor unlikely to it
        scores = np.full((len(read), len(self.labels)), -np.log(len(self.labels)))
        for column, label in enumerate(self.labels):
            if label in known:
                scores[:, column] = np.maximum(read[:, known.index(label)], _LEAST_LOG)
        return log_normalize(scores)

    def _heeds_words(self, language: str) -> bool:
        known = () if self._classifier is None else self._classifier.languages
        return self._classifier is not None and (not known or language in known)


def join_parameters(calibration: Calibration) -> JoinParameters:
    """The join of the bundled engine, with the weights of a calibration."""
    return replace(
        load_parameters(),
        text_weight=calibration.text_weight,
        voice_weight=calibration.voice_weight,
        text_vad_share=np.full(3, 0.5),
    )


def read_calibration(path: Path) -> Calibration:
    """Read what `sentigram models calibrate` wrote.

    Raises:
        InputError: It is absent, or a value is missing or out of range.
    """
    try:
        data = read_json(path, MODEL_CARD)
        found = Calibration(
            **{
                name: float(data[name])
                for name in (
                    "voice_temperature",
                    "text_temperature",
                    "voice_weight",
                    "text_weight",
                )
            },
            calibrated_on=str(data["calibrated_on"]),
            weights=tuple(map(str, data["weights"])),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path}: not a calibration ({error}); make one with sentigram models calibrate"
        raise InputError(message) from error
    temperatures = (found.voice_temperature, found.text_temperature)
    weights = (found.voice_weight, found.text_weight)
    if not all(1e-3 <= t <= 1e3 for t in temperatures) or not all(0 <= w <= 10 for w in weights):
        message = f"{path}: temperatures from 0.001 to 1000 and weights from 0 to 10, not {found}"
        raise InputError(message)
    return found


def _label_vad(labels: LabelSet) -> Floats64:
    """Valence, arousal and dominance of each label, (n_labels, 3), as the voice model has them."""
    from sentigram.emotion import voice_model

    known = voice_model.load()
    return known.label_vad[[known.labels.index(name) for name in labels]]


def _kept(stage: str, memory: Memory, make: Any) -> Floats64:
    """What a stage left, or what it makes now."""
    left = memory.recall(stage)
    if left is not None and "scores" in left:
        return np.asarray(left["scores"], float)
    scores: Floats64 = make()
    memory.remember(stage, {"scores": scores})
    return scores
