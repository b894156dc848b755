"""What a text model has to beat: chance, the most frequent answer, and counted words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sentigram.training.shipped.text.data import LABELS, Corpora, single_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class CountedWords:
    """TF-IDF of words and word pairs, with a linear model, trained on the same train splits.

    Logistic regression on GoEmotions for the labels, ridge regression on EmoBank for VAD.
    """

    def __init__(self, corpora: Corpora) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression, Ridge
        from sklearn.pipeline import make_pipeline

        def features() -> TfidfVectorizer:
            return TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)

        items, truth = single_label(corpora.goemotions, "train")
        self._labels = make_pipeline(features(), LogisticRegression(C=10.0, max_iter=400, tol=1e-3))
        self._labels.fit([item.text for item in items], truth)
        rated = [item for item in corpora.emobank if item.split == "train"]
        self._vad = make_pipeline(features(), Ridge(alpha=1.0))
        self._vad.fit([item.text for item in rated], [item.vad for item in rated])

    def probs(self, texts: Sequence[str]) -> Floats:
        """Label probabilities (n_texts, 7)."""
        return np.asarray(self._labels.predict_proba(list(texts)), np.float64)

    def vad(self, texts: Sequence[str]) -> Floats:
        """Valence, arousal, dominance (n_texts, 3)."""
        return np.asarray(self._vad.predict(list(texts)), np.float64)


def majority(corpora: Corpora, n_texts: int) -> Floats:
    """The training labels' distribution for every text: its argmax is the most frequent label."""
    _, truth = single_label(corpora.goemotions, "train")
    shares = np.bincount(truth, minlength=len(LABELS)) / len(truth)
    return np.tile(shares, (n_texts, 1))


def chance(n_texts: int, *, seed: int = 0) -> Floats:
    """A uniform guess: probabilities all but equal, their argmax drawn at random."""
    rng = np.random.default_rng(seed)
    probs = np.full((n_texts, len(LABELS)), 1.0)
    probs[np.arange(n_texts), rng.integers(0, len(LABELS), n_texts)] += 1e-6
    return np.asarray(probs / probs.sum(axis=1, keepdims=True), np.float64)
