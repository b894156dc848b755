"""Fits the few numbers of the zero-shot reading on labelled recordings: temperatures and weights.

Nothing of emotion2vec or of the text classifier is trained. Each clip is read as the reader reads a
word, from two seconds of sound and from the text; the temperature of each and the weights of both
in the join are those that make the labels most likely. How much that helps is measured on speakers
that had no part in the fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentigram.core.arrays import Bools, Floats64, Ints64
from sentigram.core.media import Audio
from sentigram.core.protocols import Progress, no_progress
from sentigram.core.time import Span
from sentigram.core.transcript import Utterance, Word
from sentigram.emotion.decision import WINDOW_MS
from sentigram.emotion.join import States, join, log_normalize
from sentigram.emotion.zero_shot import Calibration, ZeroShotEmotionModel, join_parameters
from sentigram.errors import InputError
from sentigram.training.dataset.clips import load
from sentigram.training.dataset.manifest import Example, Manifest
from sentigram.training.fit.calibration import fit_temperature
from sentigram.training.judge.metrics import expected_calibration_error

_FOLDS = 5
_LEAST_CLIPS = 50  # fewer say little about seven labels
_MOST_WEIGHT = 3.0
_LEAST = 1e-12  # of a probability, so that its logarithm is finite
_BLOCK = 64  # clips read at once


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What both parts say of labelled clips.

    Attributes:
        voice: (n, n_labels) log probabilities, uncalibrated.
        words: The same of the text; rows without text hold all labels for equal.
        has_words: bool (n,).
        truth: (n,) indices of labels.
        speakers: (n,) ids, empty when unknown.
        states: Of the labels.
    """

    voice: Floats64
    words: Floats64
    has_words: Bools
    truth: Ints64
    speakers: NDArray[np.str_]
    states: States

    def of(self, rows: Bools) -> Read:
        """Some of the rows."""
        return replace(
            self,
            **{name: getattr(self, name)[rows] for name in self.__slots__ if name != "states"},
        )


def read_clips(
    manifests: Sequence[Manifest], model: ZeroShotEmotionModel, *, progress: Progress = no_progress
) -> Read:
    """Read every clip that carries exactly one of the reader's labels.

    Raises:
        InputError: There are too few of them.
    """
    labels = model.labels.names
    chosen = [
        (manifest, example)
        for manifest in manifests
        for example in manifest.examples
        if example.audio and len(example.labels) == 1 and example.labels[0] in labels
    ]
    if len(chosen) < _LEAST_CLIPS:
        message = f"{len(chosen)} clips carry one of {', '.join(labels)}; needs {_LEAST_CLIPS}"
        raise InputError(message)
    parts = []
    for at in range(0, len(chosen), _BLOCK):
        block = chosen[at : at + _BLOCK]
        parts.append(_read_block(block, model))
        progress(min(1.0, (at + _BLOCK) / len(chosen)))
    voice, words = (np.concatenate([part[i] for part in parts]) for i in range(2))
    return Read(
        voice=voice,
        words=words,
        has_words=np.array([bool(example.text.split()) for _, example in chosen]),
        truth=np.array([labels.index(example.labels[0]) for _, example in chosen], np.int64),
        speakers=np.array([example.speaker for _, example in chosen], np.str_),
        states=model.states,
    )


def calibrate(read: Read, on: str = "", weights: tuple[str, ...] = ()) -> Calibration:
    """The numbers that make the labels most likely.

    Args:
        read: From `read_clips`.
        on: What it was read from, for the Document.
        weights: Digests of the models that read.
    """
    with_words = read.of(read.has_words)
    found = Calibration(
        voice_temperature=fit_temperature(read.voice, read.truth),
        text_temperature=_text_temperature(with_words),
        calibrated_on=on,
        weights=weights,
    )
    if not len(with_words.truth):
        return found
    voice_weight, text_weight = _weights(with_words, found)
    return replace(found, voice_weight=voice_weight, text_weight=text_weight)


def measure(read: Read, *, seed: int = 0) -> dict[str, Any]:
    """Calibration error and likelihood before and after, on speakers that were not fitted on.

    Returns:
        Named figures; speakers are divided into five folds.
    """
    names = np.unique(read.speakers)
    rng = np.random.default_rng(seed)
    fold_of = dict(
        zip(rng.permutation(names).tolist(), np.arange(len(names)) % _FOLDS, strict=True)
    )
    folds = np.array([fold_of[name] for name in read.speakers.tolist()])
    rows: dict[str, list[Floats64]] = {"before": [], "after": []}
    truth = []
    for fold in np.unique(folds):
        held, others = read.of(folds == fold), read.of(folds != fold)
        if not len(others.truth):
            message = "all clips are of one speaker: nothing is left to measure on"
            raise InputError(message)
        rows["before"].append(posterior(held, Calibration()))
        rows["after"].append(posterior(held, calibrate(others)))
        truth.append(held.truth)
    labels = np.concatenate(truth)
    every = np.arange(len(labels))
    return {
        when: {
            "ece": expected_calibration_error(probs, labels),
            "nats": float(-np.log(np.maximum(probs[every, labels], _LEAST)).mean()),
            "accuracy": float((probs.argmax(axis=1) == labels).mean()),
        }
        for when, parts in rows.items()
        for probs in [np.concatenate(parts)]
    } | {"clips": len(labels), "speakers": len(names), "chance": 1 / read.voice.shape[1]}


def posterior(read: Read, calibration: Calibration) -> Floats64:
    """What the join says of each clip by itself, all labels being equally frequent."""
    voice = log_normalize(read.voice / calibration.voice_temperature)
    words = log_normalize(read.words / calibration.text_temperature)
    n_labels = read.voice.shape[1]
    parameters = replace(join_parameters(calibration), log_prior=np.zeros(n_labels))
    probs: Floats64 = np.exp(join(words, voice, parameters, read.states))
    return probs


def as_json(calibration: Calibration, measured: dict[str, Any]) -> dict[str, Any]:
    """What `read_calibration` reads, and the figures beside it."""
    return {**asdict(calibration), "held_out_speakers": measured}


def _read_block(
    block: Sequence[tuple[Manifest, Example]], model: ZeroShotEmotionModel
) -> tuple[Floats64, Floats64]:
    voice, utterances = [], []
    for number, (manifest, example) in enumerate(block):
        audio = Audio(load(manifest.root / example.audio))
        middle = audio.duration_ms // 2
        start = max(0, middle - WINDOW_MS // 2)
        span = Span(start, max(start + 1, min(audio.duration_ms, start + WINDOW_MS)))
        whole = Span(0, max(1, audio.duration_ms))
        said = tuple(Word(text, span) for text in example.text.split())
        heard = Utterance(f"u{number}", whole, (Word("x", span),))
        voice.append(model.voice((heard,), audio))
        utterances.append(Utterance(f"u{number}", whole, said))
    uniform = np.full((len(block), len(model.labels)), -np.log(len(model.labels)))
    with_words = [i for i, utterance in enumerate(utterances) if utterance.words]
    if with_words and model.reads_words:
        spoken = [utterances[i] for i in with_words]
        scores = model.words(spoken)
        starts = np.concatenate([[0], np.cumsum([len(u.words) for u in spoken])[:-1]])
        counts = np.array([len(u.words) for u in spoken])[:, None]
        probs = np.add.reduceat(np.exp(scores), starts, axis=0) / counts
        uniform[with_words] = np.log(probs)
    return np.concatenate(voice), uniform


def _text_temperature(read: Read) -> float:
    if not len(read.truth) or np.allclose(read.words, read.words[:, :1]):
        return 1.0  # no text, or none that tells labels apart
    return fit_temperature(read.words, read.truth)


def _weights(read: Read, calibration: Calibration) -> tuple[float, float]:
    """Weights of voice and words in the join, at most _MOST_WEIGHT each."""
    from scipy.optimize import minimize

    rows = np.arange(len(read.truth))

    def loss(weights: Floats64) -> float:
        weighed = replace(calibration, voice_weight=weights[0], text_weight=weights[1])
        likely = np.maximum(posterior(read, weighed)[rows, read.truth], _LEAST)
        return float(-np.log(likely).mean())

    found = minimize(loss, (1.0, 1.0), bounds=[(0.0, _MOST_WEIGHT)] * 2, method="L-BFGS-B")
    return float(found.x[0]), float(found.x[1])
