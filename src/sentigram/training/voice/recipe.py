"""The recipe of the voice model: simulated recordings, normalization, shrunk linear discriminant.

A clip of a studio corpus is never heard alone in use: it is a stretch of a recording by one voice
through one microphone, in a mixture of moods that is mostly neutral. So training draws recordings:
a speaker, a condition, a mixture of labels, some clips or windows of them; normalizes each by its
own shrunk statistics, as at run time; and fits the head on all of them together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from sentigram.core.emotion import LabelSet
from sentigram.model.vocal import Normalizer, VoiceModel
from sentigram.training.corpora.item import Item
from sentigram.training.label_vad import LABEL_VAD
from sentigram.training.voice.features import N_WINDOWS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LABELS = LabelSet(("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"))
FOLDED = {"calm": "neutral"}  # RAVDESS has two kinds of neutral

LABEL_VALUES = np.array([LABEL_VAD[name] for name in LABELS])

# Fixed before any test fold was looked at.
SHRINKAGE = 0.5
PRIOR_WINDOWS = 10.0
RECORDINGS_PER_SPEAKER = 16
_CONDITION_SHARES = {"clean": 0.4, "noise": 0.2, "music": 0.2, "codec": 0.2}
_NEUTRAL_HEAVY = 0.5  # share of recordings in which about half of the speech is neutral
_CLIPS = (6, 60)


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Clips of one or several corpora with their pooled windows.

    Attributes:
        items: The clips.
        vectors: Condition to (n_items, 1 + N_WINDOWS, POOLED_WIDTH).
    """

    items: tuple[Item, ...]
    vectors: Mapping[str, NDArray[np.float32]]

    @property
    def labels(self) -> Ints:
        """(n_items,) indices into LABELS."""
        names = (item.labels[0] for item in self.items)
        return np.array([LABELS.index(FOLDED.get(name, name)) for name in names])

    @property
    def speakers(self) -> NDArray[np.str_]:
        """(n_items,) speaker ids, unique over corpora."""
        return np.array([f"{item.corpus}/{item.speaker}" for item in self.items])

    def take(self, keep: NDArray[np.bool_]) -> Corpus:
        """The clips where `keep` is true."""
        items = tuple(item for item, kept in zip(self.items, keep, strict=True) if kept)
        return Corpus(items, {name: array[keep] for name, array in self.vectors.items()})


def concatenate(corpora: Sequence[Corpus]) -> Corpus:
    """One corpus of several, over the conditions that all have."""
    common = set.intersection(*(set(corpus.vectors) for corpus in corpora))
    return Corpus(
        tuple(item for corpus in corpora for item in corpus.items),
        {n: np.concatenate([c.vectors[n] for c in corpora]) for n in sorted(common)},
    )


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Clips of one speaker that are heard together.

    Attributes:
        rows: (n,) positions in the corpus.
        kinds: (n,) 0 for the whole clip, else one of its windows.
        condition: What happened to the sound.
    """

    rows: Ints
    kinds: Ints
    condition: str

    def pooled(self, corpus: Corpus) -> Floats:
        """(n, POOLED_WIDTH)."""
        return corpus.vectors[self.condition][self.rows, self.kinds].astype(float)


def draw_recordings(
    corpus: Corpus, rng: np.random.Generator, *, per_speaker: int = RECORDINGS_PER_SPEAKER
) -> tuple[Recording, ...]:
    """Draw recordings of every speaker, in mixtures of labels and conditions."""
    labels, speakers = corpus.labels, corpus.speakers
    shares = {n: s for n, s in _CONDITION_SHARES.items() if n in corpus.vectors}
    total = sum(shares.values())
    drawn = []
    for speaker in np.unique(speakers):
        own = np.flatnonzero(speakers == speaker)
        for _ in range(per_speaker):
            rows = draw_mixture(own, labels, rng, n_clips=int(rng.integers(*_CLIPS)))
            drawn.append(
                Recording(
                    rows,
                    rng.integers(0, 1 + N_WINDOWS, len(rows)),
                    str(rng.choice(list(shares), p=[share / total for share in shares.values()])),
                )
            )
    return tuple(drawn)


def draw_mixture(own: Ints, labels: Ints, rng: np.random.Generator, *, n_clips: int) -> Ints:
    """Draw clips of one speaker in a random mixture of labels, (n_clips,) positions."""
    present = np.unique(labels[own])
    shares = rng.dirichlet(np.ones(len(present)))
    neutral = LABELS.index("neutral")
    if neutral in present and rng.random() < _NEUTRAL_HEAVY:
        shares = 0.5 * shares + 0.5 * (present == neutral)
    chosen = rng.choice(present, n_clips, p=shares / shares.sum())
    return np.array([rng.choice(own[labels[own] == label]) for label in chosen])


def fit(corpus: Corpus, *, seed: int = 0, temperature: float = 1.0) -> VoiceModel:
    """Fit normalizer and head on a corpus of training speakers."""
    normalizer = fit_normalizer(corpus)
    recordings = draw_recordings(corpus, np.random.default_rng(seed))
    inputs = np.concatenate([normalizer(r.pooled(corpus)) for r in recordings])
    truth = np.concatenate([corpus.labels[r.rows] for r in recordings])
    return _with_head(normalizer, *discriminant(inputs, truth, len(LABELS)), temperature)


def fit_normalizer(corpus: Corpus) -> Normalizer:
    """Mean over speakers, and deviation within them, over all conditions."""
    speakers = corpus.speakers
    means, variances = [], []
    for array in corpus.vectors.values():
        for speaker in np.unique(speakers):
            own = array[speakers == speaker].reshape(-1, array.shape[-1]).astype(float)
            means.append(own.mean(axis=0))
            variances.append(own.var(axis=0))
    return Normalizer(np.mean(means, axis=0), np.sqrt(np.mean(variances, axis=0)), PRIOR_WINDOWS)


def discriminant(inputs: Floats, truth: Ints, n_labels: int) -> tuple[Floats, Floats]:
    """Linear discriminant with a shrunk covariance and even priors.

    Returns:
        (n_labels, width) weight and (n_labels,) bias.
    """
    head = LinearDiscriminantAnalysis(
        solver="lsqr", shrinkage=SHRINKAGE, priors=np.full(n_labels, 1 / n_labels)
    )
    head.fit(inputs, truth)
    return head.coef_, head.intercept_


def _with_head(
    normalizer: Normalizer, weight: Floats, bias: Floats, temperature: float
) -> VoiceModel:
    return VoiceModel(
        labels=LABELS,
        weight=weight,
        bias=bias,
        temperature=temperature,
        log_prior=np.full(len(LABELS), -np.log(len(LABELS))),
        label_vad=LABEL_VALUES,
        normalizer=normalizer,
    )
