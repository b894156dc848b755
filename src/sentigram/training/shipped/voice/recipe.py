"""The recipe of the voice model: speakers' offsets, means of emotions, two discriminants.

Each speaker under each condition has an offset of their own; what an emotion adds to it is the same
for all (`decompose`). From that decomposition come the means of the labels, the noise within one
label, and how far offsets wander, from which the two heads of `voice_model` are made. No label is
worth more for being frequent: every speaker counts each of theirs alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sentigram.core.arrays import Bools, Floats32, Floats64, Ints64
from sentigram.core.emotion import NEUTRAL, LabelSet
from sentigram.emotion.voice_model import Head, VoiceModel
from sentigram.training.corpora.item import Item
from sentigram.training.corpora.labels import LABEL_VAD

LABELS = LabelSet(("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"))
FOLDED = {"calm": "neutral"}  # RAVDESS has two kinds of neutral

LABEL_VALUES = np.array([LABEL_VAD[name] for name in LABELS])

SHRINKAGE = 0.4  # of the covariance toward a multiple of the identity
OFFSETS_COUNT = 0.5  # share of the offsets' covariance that the absolute head allows for
KINDS = (0, 1, 2)  # windows of each clip that it learns from: whole, middle, one that is drawn
_ROUNDS = 8


@dataclass(frozen=True, slots=True, eq=False)
class VoiceCorpus:
    """Clips of one or several corpora with their windows.

    Attributes:
        items: The clips.
        vectors: Condition to (n_items, N_KINDS, VOICE_WIDTH).
    """

    items: tuple[Item, ...]
    vectors: Mapping[str, Floats32]

    @property
    def labels(self) -> Ints64:
        """(n_items,) indices into LABELS."""
        names = (item.labels[0] for item in self.items)
        return np.array([LABELS.index(FOLDED.get(name, name)) for name in names])

    @property
    def speakers(self) -> NDArray[np.str_]:
        """(n_items,) speaker ids, unique over corpora."""
        return np.array([f"{item.corpus}/{item.speaker}" for item in self.items])

    def take(self, keep: Bools) -> VoiceCorpus:
        """The clips where `keep` is true."""
        items = tuple(item for item, kept in zip(self.items, keep, strict=True) if kept)
        return VoiceCorpus(items, {name: array[keep] for name, array in self.vectors.items()})


def concatenate(corpora: Sequence[VoiceCorpus]) -> VoiceCorpus:
    """One corpus of several, over the conditions that all have."""
    common = set.intersection(*(set(corpus.vectors) for corpus in corpora))
    return VoiceCorpus(
        tuple(item for corpus in corpora for item in corpus.items),
        {n: np.concatenate([c.vectors[n] for c in corpora]) for n in sorted(common)},
    )


@dataclass(frozen=True, slots=True, eq=False)
class HeardClips:
    """Clips of one speaker that are heard together.

    Attributes:
        rows: (n,) positions in the corpus.
        kinds: (n,) which window of each clip.
        condition: What happened to the sound.
    """

    rows: Ints64
    kinds: Ints64
    condition: str

    def pooled(self, corpus: VoiceCorpus) -> Floats64:
        """(n, VOICE_WIDTH)."""
        return corpus.vectors[self.condition][self.rows, self.kinds].astype(float)


@dataclass(frozen=True, slots=True, eq=False)
class Decomposition:
    """Features as offset + mean of the label + noise.

    Attributes:
        means: (n_labels, d), against neutral; 0 for labels that do not occur.
        offsets: (n_groups, d), of each group's neutral.
        noise: (d, d) covariance of the noise, every group's labels counted alike.
        known: (n_labels,) which labels occur.
    """

    means: Floats64
    offsets: Floats64
    noise: Floats64
    known: Bools


@dataclass(frozen=True, slots=True, eq=False)
class VoiceStatistics:
    """All that a model needs of its corpus.

    Attributes:
        parts: Of the features, normalized: less `mean`, by `deviation`.
        mean: (d,).
        deviation: (d,) within groups.
    """

    parts: Decomposition
    mean: Floats64
    deviation: Floats64


def fit(corpus: VoiceCorpus) -> VoiceModel:
    """Fit both heads on all conditions of a corpus of training speakers; nothing is calibrated."""
    return model_of(statistics(corpus))


def statistics(corpus: VoiceCorpus) -> VoiceStatistics:
    """Decompose the features of all conditions of a corpus; groups are speakers under each."""
    labels = np.repeat(corpus.labels, len(KINDS))
    people = np.repeat(corpus.speakers, len(KINDS))
    parts = [array[:, KINDS].reshape(len(labels), -1) for array in corpus.vectors.values()]
    inputs = np.concatenate(parts).astype(np.float64)
    truth = np.tile(labels, len(parts))
    groups = np.concatenate([np.char.add(people, f" {name}") for name in corpus.vectors])
    mean, deviation = inputs.mean(axis=0), _within(inputs, groups)
    return VoiceStatistics(decompose((inputs - mean) / deviation, truth, groups), mean, deviation)


def model_of(
    known: VoiceStatistics, *, shrinkage: float = SHRINKAGE, offsets_count: float = OFFSETS_COUNT
) -> VoiceModel:
    """Make both heads; nothing is calibrated.

    Args:
        known: Of the training speakers.
        shrinkage: Of the covariance toward a multiple of the identity.
        offsets_count: Share of the offsets' covariance that the absolute head allows for.
    """
    found, deviation = known.parts, known.deviation
    wander = np.cov(found.offsets.T, bias=True)
    absolute, relative = (_head(known, extra, shrinkage) for extra in (offsets_count * wander, 0.0))
    projected = relative.weight * deviation  # scores of normalized features
    of_means = found.means @ projected.T + _bias(projected, found.means)  # (label, score)
    return VoiceModel(
        labels=LABELS,
        absolute=absolute,
        relative=relative,
        centre=of_means[found.known].mean(axis=0),
        calm=of_means[LABELS.index(NEUTRAL)],
        spread=float(np.trace(projected @ found.noise @ projected.T)),
        label_vad=LABEL_VALUES,
        known=found.known,
    )


def decompose(inputs: Floats64, truth: Ints64, groups: NDArray[np.str_]) -> Decomposition:
    """Split features into offsets of groups, means of labels, and noise, by alternating means.

    Args:
        inputs: (n, d).
        truth: (n,) label indices.
        groups: (n,) such as a speaker under a condition.
    """
    names, group = np.unique(groups, return_inverse=True)
    n_labels = len(LABELS)
    cell = group * n_labels + truth
    counts = np.bincount(cell, minlength=len(names) * n_labels).reshape(-1, n_labels)
    order = np.argsort(cell, kind="stable")
    firsts = np.flatnonzero(np.diff(cell[order], prepend=-1))
    sums = np.zeros((len(names) * n_labels, inputs.shape[1]))
    sums[cell[order][firsts]] = np.add.reduceat(inputs[order], firsts, axis=0)
    occurs = counts > 0
    cells = sums.reshape(len(names), n_labels, -1) / np.maximum(counts, 1)[:, :, None]
    means = np.zeros((n_labels, inputs.shape[1]))
    offsets = np.zeros((len(names), inputs.shape[1]))
    for _ in range(_ROUNDS):
        rest = np.where(occurs[:, :, None], cells - means, 0)
        offsets = rest.sum(axis=1) / occurs.sum(axis=1)[:, None]
        rest = np.where(occurs[:, :, None], cells - offsets[:, None], 0)
        means = rest.sum(axis=0) / np.maximum(occurs.sum(axis=0), 1)[:, None]
    neutral = means[LABELS.index(NEUTRAL)].copy()
    known = np.asarray(occurs.any(axis=0), np.bool_)
    means = np.where(known[:, None], means - neutral, 0)
    offsets += neutral
    noise = inputs - offsets[group] - means[truth]
    weight = 1 / counts[group, truth]
    covariance = (noise * (weight / weight.sum())[:, None]).T @ noise
    return Decomposition(means, offsets, covariance, known)


def _head(known: VoiceStatistics, extra: Floats64 | float, shrinkage: float) -> Head:
    """Linear discriminant against neutral, for features that are not normalized."""
    found, deviation = known.parts, known.deviation
    d = len(found.noise)
    covariance = (1 - shrinkage) * (found.noise + extra)
    covariance[np.diag_indices(d)] += shrinkage * np.trace(found.noise) / d
    weight = np.asarray(np.linalg.solve(covariance, found.means.T).T, np.float64)
    middle = found.offsets.mean(axis=0)
    bias = _bias(weight, found.means) - weight @ (known.mean / deviation + middle)
    return Head(weight / deviation, bias, temperature=1.0)


def _bias(weight: Floats64, means: Floats64) -> Floats64:
    return np.asarray(-0.5 * (weight * means).sum(axis=1))


def _within(inputs: Floats64, groups: NDArray[np.str_]) -> Floats64:
    """Deviation within groups, each counted alike, (d,)."""
    variances = [inputs[groups == name].var(axis=0) for name in np.unique(groups)]
    return np.asarray(np.sqrt(np.mean(variances, axis=0)) + 1e-6)
