"""How far people, or a model and people, give the same labels, beyond what chance would give.

Both measures are undefined where every label is the same: chance then agrees as well as anybody.
"""

from __future__ import annotations

import numpy as np

from sentigram.training.metrics import Ints, confusion_matrix

ABSENT = -1  # in place of a label that a person did not give


def cohens_kappa(first: Ints, second: Ints, n_labels: int) -> float | None:
    """Agreement of two sets of labels beyond chance (Cohen 1960), None where it is undefined.

    Args:
        first: (n,) indices of labels; words that ABSENT marks in either are left out.
        second: (n,) the same of another.
        n_labels: How many labels there are.
    """
    both = (first != ABSENT) & (second != ABSENT)
    counts = confusion_matrix(first[both], second[both], n_labels)
    total = int(counts.sum())
    # integers to the last step: whether chance agrees everywhere is then exact
    by_chance = int((counts.sum(axis=0) * counts.sum(axis=1)).sum())
    if by_chance == total**2:
        return None
    return (total * int(np.trace(counts)) - by_chance) / (total**2 - by_chance)


def krippendorffs_alpha(ratings: Ints, n_labels: int) -> float | None:
    """Agreement of any number of people beyond chance, for labels without an order.

    Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", nominal metric. Words with
    fewer than two labels say nothing and are left out.

    Args:
        ratings: (n_words, n_people) indices of labels, ABSENT where a person gave none.
        n_labels: How many labels there are.

    Returns:
        1 where all agree, 0 where they agree as by chance; None where it is undefined.
    """
    counts = (ratings[:, :, None] == np.arange(n_labels)).sum(axis=1)  # (n_words, n_labels)
    per_word = counts.sum(axis=1)  # (n_words,)
    counts, per_word = counts[per_word > 1], per_word[per_word > 1]
    per_label = counts.sum(axis=0)  # (n_labels,)
    total = int(per_label.sum())
    expected = total**2 - int((per_label**2).sum())
    if expected == 0:
        return None
    observed = float(((per_word**2 - (counts**2).sum(axis=1)) / (per_word - 1)).sum())
    return 1 - (total - 1) * observed / expected


def majority(ratings: Ints, n_labels: int) -> Ints:
    """The label that more than half of the people gave each word, (n_words,); ABSENT without one.

    Args:
        ratings: (n_words, n_people) indices of labels; a word with fewer than two has no majority.
        n_labels: How many labels there are.
    """
    counts = (ratings[:, :, None] == np.arange(n_labels)).sum(axis=1)  # (n_words, n_labels)
    per_word = counts.sum(axis=1)
    is_decided = (per_word > 1) & (2 * counts.max(axis=1) > per_word)
    return np.where(is_decided, counts.argmax(axis=1), ABSENT)
