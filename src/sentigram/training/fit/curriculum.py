"""Easy examples first: what a small model that did not see them loses on them (Bengio et al. 2009).

The reference model reads the mean of each modality's tokens, and of word pieces which there are. It
is fitted on four fifths of the training examples and judges the last fifth, five times: what a
model has seen is easy to it. Nothing held out has a part in it, by type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sentigram.core.arrays import Floats64, Ints64
from sentigram.training.config import CurriculumConfig
from sentigram.training.dataset.examples import Tokens, TrainSet, require_train

_PARTS = 5
_DIRECTIONS = 64  # of the pooled features, that the reference model reads at most
_WORDS = 1024  # bins that numbers of word pieces are counted in
_LEAST = 1e-9  # chance of a class that the reference model never met


@dataclass(frozen=True, slots=True, eq=False)
class Growing:
    """The easiest rows at first, all of them in the end.

    Attributes:
        classes: Positions of each class, the easiest first.
        start: Share of each class in the first epoch.
        epochs: From which on all are drawn.
    """

    classes: tuple[Ints64, ...]
    start: float
    epochs: int

    def share(self, epoch: int) -> float:
        """Of each class that an epoch draws."""
        return min(1.0, self.start + (1 - self.start) * epoch / self.epochs)

    def size(self, epoch: int) -> int:
        """Of all classes."""
        return len(self._easiest(epoch))

    def rows(self, rng: np.random.Generator, epoch: int) -> Ints64:
        """The easiest of each class, shuffled."""
        return np.asarray(rng.permutation(self._easiest(epoch)), np.int64)

    def _easiest(self, epoch: int) -> Ints64:
        share = self.share(epoch)
        parts = [own[: int(np.ceil(share * len(own)))] for own in self.classes]
        return np.concatenate(parts)


def growing(train: TrainSet, config: CurriculumConfig, *, seed: int) -> Growing:
    """A curriculum of training rows.

    Args:
        train: Training rows only: this is a transform.
        config: How it grows.
        seed: Of the reference model.
    """
    loss = difficulty(train, seed=seed)
    rows = train.rows[np.argsort(loss, kind="stable")]
    labels = train.table.labels[rows]
    classes = tuple(rows[labels == label] for label in np.unique(labels))
    return Growing(classes, config.start, config.epochs)


def difficulty(train: TrainSet, *, seed: int) -> Floats64:
    """How much the reference model loses on each training row, (n,), −log p of its label.

    Args:
        train: Training rows only: this is a transform.
        seed: Of the fifths.
    """
    require_train(train, what="difficulty")
    rows = train.rows
    given = np.concatenate(
        [_pooled(tokens, rows) for tokens in train.table.tokens.values()], axis=1
    )  # (n, d)
    labels = train.table.labels[rows]
    # copies of a row are judged by who saw none of them
    distinct = np.random.default_rng(seed).permutation(np.unique(rows))
    part_of = dict(
        zip(distinct.tolist(), (np.arange(len(distinct)) % _PARTS).tolist(), strict=True)
    )
    parts = np.array([part_of[row] for row in rows.tolist()])
    loss = np.full(len(rows), -np.log(_LEAST))
    for part in range(_PARTS):
        judged = parts == part
        if judged.any() and not judged.all():
            loss[judged] = _losses(given[~judged], labels[~judged], given[judged], labels[judged])
    return loss


def _losses(seen: Floats64, known: Ints64, given: Floats64, truth: Ints64) -> Floats64:
    """−log p of given rows by a regression on seen ones, (n,)."""
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    classes = np.unique(known)
    if len(classes) < 2:
        return np.where(truth == classes[0], 0.0, -np.log(_LEAST))
    n_directions = min(_DIRECTIONS, *seen.shape)
    model: Any = make_pipeline(
        StandardScaler(),
        PCA(n_directions, whiten=True, svd_solver="randomized", random_state=0),
        LogisticRegression(C=0.1, max_iter=200, tol=1e-3),
    )
    model.fit(seen, known)
    chances = model.predict_proba(given)  # (n, classes)
    at = np.searchsorted(classes, truth).clip(max=len(classes) - 1)
    own = np.where(classes[at] == truth, chances[np.arange(len(truth)), at], _LEAST)
    return np.asarray(-np.log(np.maximum(own, _LEAST)))


def _pooled(tokens: Tokens, rows: Ints64) -> Floats64:
    """The mean of each row's own tokens, (n, d); of word pieces, how often each bin occurs."""
    found = []
    for row in rows.tolist():
        at = slice(tokens.starts[row], tokens.starts[row + 1])
        own = np.asarray(tokens.values[at][tokens.marked[at]], float)  # (n_tokens, d)
        if tokens.numbers == "ids":
            bins = own[:, 0].astype(np.int64) % _WORDS
            found.append(np.bincount(bins, minlength=_WORDS) / max(1, len(own)))
        else:
            found.append(own.mean(axis=0) if len(own) else np.zeros(tokens.width))
    return np.stack(found)
