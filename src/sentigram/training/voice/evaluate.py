"""Protocols of the voice model, all on speakers that training never heard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from sentigram.encoders.pooling import HIDDEN_WIDTH
from sentigram.encoders.sound import N_COLUMNS, N_MELS
from sentigram.model.vocal import VoiceModel
from sentigram.training.corpora import emodb, nemo, ravdess
from sentigram.training.metrics import (
    Estimate,
    bootstrap,
    expected_calibration_error,
    unweighted_accuracy,
)
from sentigram.training.voice import recipe
from sentigram.training.voice.augment import CONDITIONS
from sentigram.training.voice.features import N_WINDOWS, extract
from sentigram.training.voice.recipe import LABELS, Corpus, Recording

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_TALK = "talk, half neutral"
_MODULES = (ravdess, nemo, emodb)
_EVERY = {"nemo": 3}  # its nine actors say the same 90 sentences; a third of them is plenty


def load_corpora(
    data: Path,
    cache: Path,
    *,
    conditions: Sequence[str] = tuple(CONDITIONS),
    log: Callable[[str], None] = lambda _text: None,
) -> dict[str, Corpus]:
    """Read and pool the three corpora, by name."""
    loaded = {}
    for module in _MODULES:
        items = module.read(data / module.NAME)[:: _EVERY.get(module.NAME, 1)]
        vectors = {c: extract(items, c, cache, log=log).vectors for c in conditions}
        loaded[module.NAME] = Corpus(items, vectors)
    return loaded


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Held-out predictions.

    Attributes:
        truth: (n,) label indices.
        log_probs: (n, n_labels), uncalibrated.
        speakers: (n,) for clustering.
        rows: (n,) positions in the corpus that was tested.
    """

    truth: Ints
    log_probs: Floats
    speakers: NDArray[np.str_]
    rows: Ints

    def unweighted_accuracy(self) -> Estimate:
        """UA with its speaker-clustered interval."""
        return _unweighted(self.truth, self.log_probs.argmax(axis=1), self.speakers)


def ravdess_folds(corpus: Corpus) -> dict[str, Any]:
    """The EmoBox protocol: 8 classes, 6 speaker-independent folds, whole clips, RAVDESS alone.

    Without normalization, clips are scaled by training statistics. With recording-level
    normalization, each speaker's clips (unlabelled, test speakers included) are centred and scaled
    by their own. Nothing else sees a test speaker. Rows: ours; log-mel statistics alone; chance.
    """
    names = sorted({item.labels[0] for item in corpus.items})
    truth = np.array([names.index(item.labels[0]) for item in corpus.items])
    folds = np.array([item.split for item in corpus.items])
    speakers = corpus.speakers
    clips = corpus.vectors["clean"][:, 0].astype(float)
    mel = np.r_[:N_MELS] + 2 * HIDDEN_WIDTH
    mel_only = clips[:, np.concatenate([mel, mel + N_COLUMNS])]
    table = {}
    for name, inputs in (("ours", clips), ("log-mel statistics", mel_only)):
        for normalized in (False, True):
            guess = _fold_guesses(
                _per_speaker(inputs, speakers) if normalized else inputs, truth, folds, len(names)
            )
            per_fold = [
                unweighted_accuracy(truth[folds == f], guess[folds == f]) for f in np.unique(folds)
            ]
            estimate = _unweighted(truth, guess, speakers)
            table[f"{name}, {'normalized per recording' if normalized else 'raw'}"] = {
                "mean_ua": float(np.mean(per_fold)),
                "per_fold": [round(ua, 3) for ua in per_fold],
                "ua": str(estimate),
            }
    table["chance, and always the same label"] = {"mean_ua": 1 / len(names)}
    return table


def held_out(corpora: Mapping[str, Corpus], *, seed: int = 0) -> tuple[Readings, dict[str, Any]]:
    """The shipped recipe on held-out RAVDESS speakers: 6 folds, 7 labels, 2 s windows.

    Every fold trains on the other RAVDESS speakers, nEMO and EmoDB.

    Returns:
        Readings of windows in recordings like a talk's (for calibration and the join), and a table
        of unweighted accuracy per kind of recording.
    """
    corpus = corpora["ravdess"]
    folds = np.array([item.split for item in corpus.items])
    scenes: dict[str, list[Readings]] = {}
    for fold in np.unique(folds):
        train = recipe.concatenate([corpus.take(folds != fold), corpora["nemo"], corpora["emodb"]])
        model = recipe.fit(train, seed=seed)
        for name, recordings in _scenes(corpus, folds == fold, seed).items():
            scenes.setdefault(name, []).append(read(model, corpus, recordings))
    joined = {name: concatenate(parts) for name, parts in scenes.items()}
    table = {name: {"ua": str(readings.unweighted_accuracy())} for name, readings in joined.items()}
    return joined[_TALK], table


def unknown_corpus(corpora: Mapping[str, Corpus], *, seed: int = 0) -> Readings:
    """RAVDESS read by a model that only knows the other corpora: what users' recordings are."""
    corpus = corpora["ravdess"]
    model = recipe.fit(recipe.concatenate([corpora["nemo"], corpora["emodb"]]), seed=seed)
    everything = np.ones(len(corpus.items), bool)
    return read(model, corpus, _scenes(corpus, everything, seed)[_TALK])


def cross_corpus(corpora: Mapping[str, Corpus], *, seed: int = 0) -> dict[str, Any]:
    """Train on two corpora, test on windows of the third: other actors, sentences and language."""
    table = {}
    for name, corpus in corpora.items():
        train = recipe.concatenate([other for key, other in corpora.items() if key != name])
        model = recipe.fit(train, seed=seed)
        everything = np.ones(len(corpus.items), bool)
        recordings = _scenes(corpus, everything, seed)["all clips of a speaker"]
        table[name] = {"ua": str(read(model, corpus, recordings).unweighted_accuracy())}
    return table


def read(model: VoiceModel, corpus: Corpus, recordings: Sequence[Recording]) -> Readings:
    """Read recordings, each normalized by itself."""
    rows = np.concatenate([recording.rows for recording in recordings])
    scores = [model.log_probs(model.normalizer(r.pooled(corpus))) for r in recordings]
    return Readings(corpus.labels[rows], np.concatenate(scores), corpus.speakers[rows], rows)


def fit_temperature(readings: Readings) -> float:
    """The temperature that makes held-out log likelihood best, labels weighted evenly."""
    weight = (1 / np.bincount(readings.truth, minlength=len(LABELS)).clip(1))[readings.truth]

    def loss(temperature: float) -> float:
        scores = readings.log_probs / temperature
        log_probs = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
        right = log_probs[np.arange(len(scores)), readings.truth]
        return float(-(weight * right).sum() / weight.sum())

    return float(minimize_scalar(loss, bounds=(0.3, 20), method="bounded").x)


def calibration(readings: Readings, *, n_folds: int = 6) -> Estimate:
    """ECE with the temperature fitted on other speakers than those it is measured on."""
    names = np.unique(readings.speakers)
    fold = np.array([int(np.flatnonzero(names == s)[0]) % n_folds for s in readings.speakers])
    probs = np.empty_like(readings.log_probs)
    for k in range(n_folds):
        others = Readings(
            readings.truth[fold != k],
            readings.log_probs[fold != k],
            readings.speakers[fold != k],
            readings.rows[fold != k],
        )
        scores = readings.log_probs[fold == k] / fit_temperature(others)
        probs[fold == k] = np.exp(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))
    return bootstrap(
        lambda i: expected_calibration_error(probs[i], readings.truth[i]), list(readings.speakers)
    )


def concatenate(parts: Sequence[Readings]) -> Readings:
    """All readings in one value."""
    return Readings(
        np.concatenate([part.truth for part in parts]),
        np.concatenate([part.log_probs for part in parts]),
        np.concatenate([part.speakers for part in parts]),
        np.concatenate([part.rows for part in parts]),
    )


def calibrated(readings: Readings, temperature: float) -> Readings:
    """The readings with their scores divided by a temperature."""
    scores = readings.log_probs / temperature
    return replace(readings, log_probs=scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))


def evaluate(
    corpora: Mapping[str, Corpus], readings: Readings, scenes: Mapping[str, Any]
) -> dict[str, Any]:
    """Every figure on the voice model.

    Args:
        corpora: From `load_corpora`.
        readings: From `held_out`, with `scenes`.
        scenes: Accuracy per kind of recording.
    """
    return {
        "Voice: RAVDESS, 8 classes, 6 EmoBox folds, UA": ravdess_folds(corpora["ravdess"]),
        "Shipped recipe, held-out RAVDESS speakers, 7 labels, windows up to 2 s, UA": scenes,
        "Shipped recipe, trained on the other two corpora, UA": cross_corpus(corpora),
        "Voice alone, ECE on held-out speakers": {"ece": str(calibration(readings))},
    }


def _unweighted(truth: Ints, guess: Ints, speakers: NDArray[np.str_]) -> Estimate:
    return bootstrap(lambda i: unweighted_accuracy(truth[i], guess[i]), list(speakers))


def _fold_guesses(inputs: Floats, truth: Ints, folds: NDArray[np.str_], n_labels: int) -> Ints:
    guess = np.empty(len(truth), np.int64)
    for fold in np.unique(folds):
        train, test = folds != fold, folds == fold
        mean, deviation = inputs[train].mean(axis=0), inputs[train].std(axis=0) + 1e-6
        weight, bias = recipe.discriminant(
            (inputs[train] - mean) / deviation, truth[train], n_labels
        )
        guess[test] = (((inputs[test] - mean) / deviation) @ weight.T + bias).argmax(axis=1)
    return guess


def _per_speaker(inputs: Floats, speakers: NDArray[np.str_]) -> Floats:
    normalized = np.empty_like(inputs)
    for speaker in np.unique(speakers):
        own = inputs[speakers == speaker]
        normalized[speakers == speaker] = (own - own.mean(axis=0)) / (own.std(axis=0) + 1e-3)
    return normalized


def talk_scenes(corpus: Corpus, keep: NDArray[np.bool_], *, seed: int = 0) -> tuple[Recording, ...]:
    """Recordings like a talk's, half neutral, one of each speaker of the clips that are kept."""
    return _scenes(corpus, keep, seed)[_TALK]


def _scenes(corpus: Corpus, keep: NDArray[np.bool_], seed: int) -> dict[str, tuple[Recording, ...]]:
    """Kinds of recordings that users have, drawn from the speakers of the clips that are kept."""
    rng = np.random.default_rng(seed + 1)
    labels, speakers = corpus.labels, corpus.speakers
    neutral = LABELS.index("neutral")
    scenes: dict[str, list[Recording]] = {}

    def add(name: str, rows: Ints, condition: str = "clean") -> None:
        kinds = rng.integers(1, 1 + N_WINDOWS, len(rows))
        scenes.setdefault(name, []).append(Recording(rows, kinds, condition))

    for speaker in np.unique(speakers[keep]):
        own = np.flatnonzero(keep & (speakers == speaker))
        add("all clips of a speaker", own)
        calm, moved = own[labels[own] == neutral], own[labels[own] != neutral]
        if len(calm) == 0:
            continue
        talk = np.concatenate([rng.choice(calm, len(moved)), moved])
        add(_TALK, talk)
        for condition in ("noise", "music", "codec"):
            add(f"talk, half neutral, {condition}", talk, condition)
        for _ in range(6):
            add("six clips, any mixture", rng.choice(own, 6))
        for label in np.unique(labels[own]):
            add("eight clips in one mood", rng.choice(own[labels[own] == label], 8))
    return {name: tuple(recordings) for name, recordings in scenes.items()}
