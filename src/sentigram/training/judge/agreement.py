"""How far people, or a model and people, give the same labels, beyond what chance would give.

Both measures are undefined where every label is the same: chance then agrees as well as anybody.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sentigram.core.arrays import Floats64, Ints64
from sentigram.training.judge.metrics import confusion_matrix

ABSENT = -1  # in place of a label that a person did not give


def cohens_kappa(first: Ints64, second: Ints64, n_labels: int) -> float | None:
    """Agreement of two sets of labels beyond chance (Cohen 1960), None where it is undefined.

    Args:
        first: (n,) indices of labels; words that ABSENT marks in either are left out.
        second: (n,) the same of another.
        n_labels: How many labels there are.
    """
    both = (first != ABSENT) & (second != ABSENT)
    return kappa_of(confusion_matrix(first[both], second[both], n_labels))


def kappa_of(confusion: NDArray[np.number]) -> float | None:
    """Cohen's κ, None where it is undefined.

    Args:
        confusion: (n_labels, n_labels) how often one gave a label where the other gave another.
    """
    # integers to the last step: whether chance agrees everywhere is then exact
    total = int(confusion.sum())
    by_chance = int((confusion.sum(axis=0) * confusion.sum(axis=1)).sum())
    if by_chance == total**2:
        return None
    return (total * int(np.trace(confusion)) - by_chance) / (total**2 - by_chance)


def krippendorffs_alpha(ratings: Ints64, n_labels: int) -> float | None:
    """Agreement of any number of people beyond chance, for labels without an order.

    Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", nominal metric. Words with
    fewer than two labels say nothing and are left out.

    Args:
        ratings: (n_words, n_people) indices of labels, ABSENT where a person gave none.
        n_labels: How many labels there are.

    Returns:
        1 where all agree, 0 where they agree as by chance; None where it is undefined.
    """
    return alpha_of(alpha_terms(ratings, n_labels).sum(axis=0))


def alpha_terms(ratings: Ints64, n_labels: int) -> Floats64:
    """What each word adds to the sums that α is made of, (n_words, 1 + n_labels).

    First its disagreement, Σ over pairs of different labels / (labels given − 1), then how often
    it was given each label; zeros for words with fewer than two labels.

    Args:
        ratings: (n_words, n_people) indices of labels, ABSENT where a person gave none.
        n_labels: How many labels there are.
    """
    counts = (ratings[:, :, None] == np.arange(n_labels)).sum(axis=1)  # (n_words, n_labels)
    given = counts.sum(axis=1)  # (n_words,)
    differing = (given**2 - (counts**2).sum(axis=1)) / np.maximum(given - 1, 1)
    terms = np.concatenate([differing[:, None], counts], axis=1)  # (n_words, 1 + n_labels)
    return np.where(given[:, None] > 1, terms, 0.0)


def alpha_of(sums: Floats64) -> float | None:
    """Krippendorff's α from sums of `alpha_terms`, (1 + n_labels,); None where it is undefined."""
    observed, per_label = float(sums[0]), sums[1:].astype(np.int64)
    total = int(per_label.sum())
    expected = total**2 - int((per_label**2).sum())
    return None if expected == 0 else 1 - (total - 1) * observed / expected


def majority(ratings: Ints64, n_labels: int) -> Ints64:
    """The label that more than half of the people gave each word, (n_words,); ABSENT without one.

    Args:
        ratings: (n_words, n_people) indices of labels; a word with fewer than two has no majority.
        n_labels: How many labels there are.
    """
    counts = (ratings[:, :, None] == np.arange(n_labels)).sum(axis=1)  # (n_words, n_labels)
    per_word = counts.sum(axis=1)
    is_decided = (per_word > 1) & (2 * counts.max(axis=1) > per_word)
    return np.where(is_decided, counts.argmax(axis=1), ABSENT)
