"""Protocols of the voice model, all on speakers that training never heard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from sentigram.core.arrays import Bools, Floats64, Ints64
from sentigram.emotion.join import log_normalize
from sentigram.emotion.voice_model import VoiceModel
from sentigram.training.corpora import emodb, nemo, ravdess
from sentigram.training.fit.calibration import fit_temperature
from sentigram.training.judge.metrics import (
    Estimate,
    bootstrap,
    expected_calibration_error,
    unweighted_accuracy,
)
from sentigram.training.shipped.voice import recipe
from sentigram.training.shipped.voice.augment import CONDITIONS
from sentigram.training.shipped.voice.features import MIDDLE, N_KINDS, WHOLE, extract, log_mel
from sentigram.training.shipped.voice.recipe import LABELS, HeardClips, VoiceCorpus

_TALK = "talk, half neutral"
_MODULES = (ravdess, nemo, emodb)
_EVERY = {"nemo": 3}  # its nine actors say the same 90 sentences; a third of them is plenty


def load_corpora(
    data: Path,
    cache: Path,
    *,
    conditions: Sequence[str] = tuple(CONDITIONS),
    log: Callable[[str], None] = lambda _text: None,
) -> dict[str, VoiceCorpus]:
    """Read and pool the three corpora, by name."""
    loaded = {}
    for module in _MODULES:
        items = module.read(data / module.NAME)[:: _EVERY.get(module.NAME, 1)]
        vectors = {c: extract(items, c, cache, log=log) for c in conditions}
        loaded[module.NAME] = VoiceCorpus(items, vectors)
    return loaded


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Held-out predictions.

    Attributes:
        truth: (n,) label indices.
        log_probs: (n, n_labels), where all labels are equally frequent.
        levels: (n,) how far the level of the window's speaker is known.
        speakers: (n,) for clustering.
        rows: (n,) positions in the corpus that was tested.
    """

    truth: Ints64
    log_probs: Floats64
    levels: Floats64
    speakers: NDArray[np.str_]
    rows: Ints64

    def take(self, keep: Bools | Ints64) -> Readings:
        """Some of them."""
        return Readings(*(getattr(self, field.name)[keep] for field in fields(self)))

    def unweighted_accuracy(self) -> Estimate:
        """UA with its speaker-clustered interval."""
        return _unweighted(self.truth, self.log_probs.argmax(axis=1), self.speakers)


def ravdess_folds(corpus: VoiceCorpus, cache: Path) -> dict[str, Any]:
    """The EmoBox protocol: 8 classes, 6 speaker-independent folds, whole clips, RAVDESS alone.

    Without normalization, clips are scaled by training statistics. With recording-level
    normalization, each speaker's clips (unlabelled, test speakers included) are centred and scaled
    by their own. Nothing else sees a test speaker. Rows: ours; log-mel statistics alone; chance.
    """
    names = sorted({item.labels[0] for item in corpus.items})
    truth = np.array([names.index(item.labels[0]) for item in corpus.items])
    folds = np.array([item.split for item in corpus.items])
    speakers = corpus.speakers
    clips = corpus.vectors["clean"][:, WHOLE].astype(float)
    mel_only = log_mel(corpus.items, cache).astype(float)
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


def held_out(
    corpora: Mapping[str, VoiceCorpus], calibration: VoiceCalibration, *, seed: int = 0
) -> tuple[Readings, dict[str, Any]]:
    """The shipped recipe on held-out RAVDESS speakers: 6 folds, 7 labels, windows up to 2 s.

    Every fold trains on the other RAVDESS speakers, nEMO and EmoDB.

    Args:
        corpora: From `load_corpora`.
        calibration: For corpora that the model does not know.
        seed: Of the draws of recordings.

    Returns:
        Readings of windows in recordings like a talk's (for calibration and the join), and a table
        of unweighted accuracy per kind of recording.
    """
    corpus = corpora["ravdess"]
    folds = np.array([item.split for item in corpus.items])
    scenes: dict[str, list[Readings]] = {}
    for fold in np.unique(folds):
        train = recipe.concatenate([corpus.take(folds != fold), corpora["nemo"], corpora["emodb"]])
        model = calibration.of(recipe.fit(train))
        for name, recordings in draw_scenes(corpus, folds == fold, seed).items():
            scenes.setdefault(name, []).append(read(model, corpus, recordings))
    joined = {name: concatenate(parts) for name, parts in scenes.items()}
    return joined[_TALK], _table(joined)


class VoiceCalibration(NamedTuple):
    """What of a voice model depends on voices that it does not know.

    Attributes:
        absolute: Temperature of the absolute head.
        relative: Temperature of the relative head.
        spread: How widely scores spread within one mood, in units of how widely in training.
    """

    absolute: float
    relative: float
    spread: float

    def of(self, model: VoiceModel) -> VoiceModel:
        """The model with this calibration, if it is `raw`: as `recipe.fit` made it."""
        return replace(
            model,
            absolute=replace(model.absolute, temperature=self.absolute),
            relative=replace(model.relative, temperature=self.relative),
            spread=self.spread * model.spread,
        )


def mean_calibration(parts: Iterable[VoiceCalibration]) -> VoiceCalibration:
    """The mean of each number."""
    return VoiceCalibration(*np.mean(list(parts), axis=0).tolist())


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """Each corpus read by a model that knows only the others: what users' recordings are.

    Attributes:
        models: By the name of the corpus that they do not know; calibrated on the others.
        readings: The same corpora as recordings like a talk's.
        table: Unweighted accuracy per corpus and kind of recording.
        calibration: The mean over corpora of what suits them: for a model that knows them all.
    """

    models: Mapping[str, VoiceModel]
    readings: Mapping[str, Readings]
    table: Mapping[str, Any]
    calibration: VoiceCalibration


def left_out(corpora: Mapping[str, VoiceCorpus], *, seed: int = 0) -> LeftOut:
    """Train on all corpora but one, test on windows of it: other actors, sentences, language.

    The calibration of a model is the mean of those that suit the other left-out corpora, so that
    nothing of a corpus is known to the model that reads it.
    """
    raw = {
        name: recipe.fit(recipe.concatenate([c for key, c in corpora.items() if key != name]))
        for name in corpora
    }
    suited = {name: calibrate(model, corpora[name]) for name, model in raw.items()}
    models, readings, table = {}, {}, {}
    for name, corpus in corpora.items():
        others = mean_calibration(suited[key] for key in corpora if key != name)
        models[name] = others.of(raw[name])
        readings[name], table[name] = _as_recordings(models[name], corpus, seed)
    return LeftOut(models, readings, table, mean_calibration(suited.values()))


def unknown_channels(corpus: VoiceCorpus, *, n_folds: int = 5) -> VoiceCalibration:
    """A calibration from one corpus alone: unknown speakers, heard over unknown channels.

    Models of clean clips read the other conditions of speakers that they do not know. Where no
    other corpus may be used, this stands for recordings of strangers.
    """
    speakers = corpus.speakers
    names = np.unique(speakers)
    others = sorted(set(corpus.vectors) - {"clean"})
    found = []
    for fold in range(n_folds):
        test = np.isin(speakers, names[fold::n_folds])
        train = corpus.take(~test)
        model = recipe.fit(VoiceCorpus(train.items, {"clean": train.vectors["clean"]}))
        found.append(calibrate(model, corpus.take(test), conditions=others))
    return mean_calibration(found)


def calibrate(
    model: VoiceModel, corpus: VoiceCorpus, *, conditions: Sequence[str] = ()
) -> VoiceCalibration:
    """What suits a corpus that the model does not know.

    Args:
        model: As `recipe.fit` made it.
        corpus: Windows of its clips are heard, each speaker's together.
        conditions: Of the corpus; all if empty.
    """
    truth, absolute, relative, spreads = [], [], [], []
    labels, speakers = corpus.labels, corpus.speakers
    for name in conditions or corpus.vectors:
        scores = model.scores(corpus.vectors[name][:, MIDDLE])
        truth.append(labels)
        absolute.append(scores[:, 0])
        against = np.empty_like(scores[:, 1])
        for speaker in np.unique(speakers):
            own = speakers == speaker
            cells = [scores[own & (labels == k), 1] for k in np.unique(labels[own])]
            mean = np.mean([cell.mean(axis=0) for cell in cells], axis=0)
            against[own] = scores[own, 1] - mean + model.centre
            spreads += [cell.var(axis=0, ddof=1).sum() for cell in cells if len(cell) > 2]
        relative.append(against)
    known = np.concatenate(truth)
    heard = model.known[known]
    found = [
        _temperature(np.concatenate(scores)[heard][:, model.known], _ranked(known[heard], model))
        for scores in (absolute, relative)
    ]
    return VoiceCalibration(found[0], found[1], float(np.mean(spreads)) / model.spread)


def read(model: VoiceModel, corpus: VoiceCorpus, recordings: Sequence[HeardClips]) -> Readings:
    """Read recordings, each by itself."""
    rows = np.concatenate([recording.rows for recording in recordings])
    ratios, levels = [], []
    for recording in recordings:
        scores = model.scores(recording.pooled(corpus))
        found, shown = model.read_speaker(scores, len(scores))
        ratios.append(found)
        levels.append(np.full(len(found), shown))
    return Readings(
        truth=corpus.labels[rows],
        log_probs=log_normalize(np.concatenate(ratios)),
        levels=np.concatenate(levels),
        speakers=corpus.speakers[rows],
        rows=rows,
    )


def _ranked(truth: Ints64, model: VoiceModel) -> Ints64:
    """Positions among the labels that the model knows."""
    return np.asarray((np.cumsum(model.known) - 1)[truth])


def _temperature(scores: Floats64, truth: Ints64) -> float:
    """The temperature that makes held-out log likelihood best, labels weighted evenly."""
    weights = (1 / np.bincount(truth, minlength=scores.shape[1]).clip(1))[truth]
    return fit_temperature(scores, truth, weights=weights, bounds=(0.3, 50), in_logs=False)


def accuracies(model: VoiceModel, corpus: VoiceCorpus, *, seed: int = 0) -> dict[str, Any]:
    """Unweighted accuracy on a corpus that the model does not know, per kind of recording."""
    return _as_recordings(model, corpus, seed)[1]


def _as_recordings(
    model: VoiceModel, corpus: VoiceCorpus, seed: int
) -> tuple[Readings, dict[str, Any]]:
    """Readings of recordings like a talk's, and accuracy per kind of recording."""
    everything = np.ones(len(corpus.items), bool)
    scenes = {
        name: read(model, corpus, recordings)
        for name, recordings in draw_scenes(corpus, everything, seed).items()
    }
    return scenes[_TALK], _table(scenes)


def _table(scenes: Mapping[str, Readings]) -> dict[str, Any]:
    return {name: {"ua": str(found.unweighted_accuracy())} for name, found in scenes.items()}


def calibration(readings: Readings, *, n_folds: int = 6) -> Estimate:
    """ECE with the temperature fitted on other speakers than those it is measured on."""
    names = np.unique(readings.speakers)
    fold = np.array([int(np.flatnonzero(names == s)[0]) % n_folds for s in readings.speakers])
    probs = np.empty_like(readings.log_probs)
    for k in range(n_folds):
        others = readings.take(fold != k)
        temperature = _temperature(others.log_probs, others.truth)
        probs[fold == k] = np.exp(log_normalize(readings.log_probs[fold == k] / temperature))
    return bootstrap(
        lambda i: expected_calibration_error(probs[i], readings.truth[i]),
        list(readings.speakers),
        within=(0, 1),
        unit="speakers",
    )


def concatenate(parts: Sequence[Readings]) -> Readings:
    """All readings in one value."""
    return Readings(
        *(
            np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(Readings)
        )
    )


def evaluate(
    corpora: Mapping[str, VoiceCorpus],
    cache: Path,
    readings: Readings,
    scenes: Mapping[str, Any],
    unknown: LeftOut,
) -> dict[str, Any]:
    """Every figure on the voice model.

    Args:
        corpora: From `load_corpora`.
        cache: Of the baseline's features.
        readings: From `held_out`, with `scenes`.
        scenes: Accuracy per kind of recording.
        unknown: From `left_out`.
    """
    return {
        "Voice: RAVDESS, 8 classes, 6 EmoBox folds, UA": ravdess_folds(corpora["ravdess"], cache),
        "Shipped recipe, held-out RAVDESS speakers, 7 labels, windows up to 2 s, UA": scenes,
        "Shipped recipe, trained on the other two corpora, UA": dict(unknown.table),
        "Voice alone, ECE on held-out speakers": {"ece": str(calibration(readings))},
        "Voice alone, ECE on corpora that the model does not know": {
            name: str(_ece(found)) for name, found in unknown.readings.items()
        },
    }


def _ece(readings: Readings) -> Estimate:
    probs = np.exp(readings.log_probs)
    return bootstrap(
        lambda i: expected_calibration_error(probs[i], readings.truth[i]),
        list(readings.speakers),
        within=(0, 1),
        unit="speakers",
    )


def _unweighted(truth: Ints64, guess: Ints64, speakers: NDArray[np.str_]) -> Estimate:
    return bootstrap(
        lambda i: unweighted_accuracy(truth[i], guess[i]),
        list(speakers),
        within=(0, 1),
        unit="speakers",
    )


def _fold_guesses(
    inputs: Floats64, truth: Ints64, folds: NDArray[np.str_], n_labels: int
) -> Ints64:
    guess = np.empty(len(truth), np.int64)
    for fold in np.unique(folds):
        train, test = folds != fold, folds == fold
        mean, deviation = inputs[train].mean(axis=0), inputs[train].std(axis=0) + 1e-6
        head = LinearDiscriminantAnalysis(
            solver="lsqr", shrinkage=recipe.SHRINKAGE, priors=np.full(n_labels, 1 / n_labels)
        ).fit((inputs[train] - mean) / deviation, truth[train])
        guess[test] = head.predict((inputs[test] - mean) / deviation)
    return guess


def _per_speaker(inputs: Floats64, speakers: NDArray[np.str_]) -> Floats64:
    normalized = np.empty_like(inputs)
    for speaker in np.unique(speakers):
        own = inputs[speakers == speaker]
        normalized[speakers == speaker] = (own - own.mean(axis=0)) / (own.std(axis=0) + 1e-3)
    return normalized


def talk_scenes(corpus: VoiceCorpus, keep: Bools, *, seed: int = 0) -> tuple[HeardClips, ...]:
    """Recordings like a talk's, half neutral, one of each speaker of the clips that are kept."""
    return draw_scenes(corpus, keep, seed)[_TALK]


def draw_scenes(corpus: VoiceCorpus, keep: Bools, seed: int) -> dict[str, tuple[HeardClips, ...]]:
    """Kinds of recordings that users have, drawn from the speakers of the clips that are kept."""
    rng = np.random.default_rng(seed + 1)
    labels, speakers = corpus.labels, corpus.speakers
    neutral = LABELS.index("neutral")
    scenes: dict[str, list[HeardClips]] = {}

    def add(name: str, rows: Ints64, condition: str = "clean") -> None:
        kinds = rng.integers(MIDDLE + 1, N_KINDS, len(rows))
        scenes.setdefault(name, []).append(HeardClips(rows, kinds, condition))

    for speaker in np.unique(speakers[keep]):
        own = np.flatnonzero(keep & (speakers == speaker))
        add("all clips of a speaker", own)
        calm, moved = own[labels[own] == neutral], own[labels[own] != neutral]
        if len(calm) == 0:
            continue
        talk = np.concatenate([rng.choice(calm, len(moved)), moved])
        add(_TALK, talk)
        for condition in sorted(set(corpus.vectors) - {"clean"}):
            add(f"talk, half neutral, {condition}", talk, condition)
        for _ in range(6):
            add("six clips, any mixture", rng.choice(own, 6))
        for _ in range(2):
            add("twenty neutral clips", rng.choice(calm, 20))
        for label in np.unique(labels[own]):
            add("eight clips in one mood", rng.choice(own[labels[own] == label], 8))
    return {name: tuple(recordings) for name, recordings in scenes.items()}
