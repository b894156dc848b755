"""Counts what a recognizer gets wrong: words, and when they start; with 95 % intervals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sentigram.words.alignment.by_recognition import matches
from sentigram.words.alignment.pronunciation import spoken

_N_DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Rate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """In per cent."""
        return f"{self.value:6.1%} [{self.low:.1%}, {self.high:.1%}]"


def plain(text: str, language: str = "en") -> list[str]:
    """Words as they are said: lower case, no punctuation; English numbers in words, no tags."""
    if language == "en":
        return [re.sub(r"'", "", word) for part in text.split() for word in spoken(part)]
    words = ("".join(c for c in part if c.isalnum()) for part in text.casefold().split())
    return [word for word in words if word]


def distance(said: Sequence[str], heard: Sequence[str]) -> int:
    """Levenshtein distance in words."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, start=1):
        above = row
        row = [i]
        for j, other in enumerate(heard, start=1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (word != other)))
    return row[-1]


def error_rate(errors: Sequence[int], lengths: Sequence[int], clusters: Sequence[str]) -> Rate:
    """Errors per word; intervals by draws of whole clusters.

    Args:
        errors: Of each recording; their differences for a difference of two systems.
        lengths: Words that are said in each.
        clusters: Whose each is, such as the speaker.
    """
    names = sorted(set(clusters))
    at = np.array([names.index(cluster) for cluster in clusters])
    wrong = np.bincount(at, weights=errors, minlength=len(names))
    said = np.bincount(at, weights=lengths, minlength=len(names))
    draws = np.random.default_rng(0).integers(0, len(names), (_N_DRAWS, len(names)))
    rates = wrong[draws].sum(axis=1) / said[draws].sum(axis=1)
    low, high = np.percentile(rates, (2.5, 97.5))
    return Rate(wrong.sum() / said.sum(), float(low), float(high))


def start_errors(
    heard: Sequence[tuple[str, int]], marked: Sequence[tuple[str, float]], language: str = "en"
) -> dict[int, float]:
    """How far each marked word that was heard starts from its mark: index → ms, signed."""
    mine = ["".join(plain(text, language)) for text, _ in heard]
    true = ["".join(plain(text, language)) for text, _ in marked]
    return {j: heard[i][1] - marked[j][1] for i, j in matches(mine, true)}


def summary(errors: Sequence[float]) -> str:
    """Median, mean, 90th percentile and worst of absolute errors in ms."""
    if not len(errors):
        return "   none matched"
    sizes = np.abs(np.array(errors))
    return (
        f"{np.median(sizes):6.0f} {sizes.mean():6.1f} {np.percentile(sizes, 90):5.0f} "
        f"{sizes.max():6.0f}"
    )


def mean_interval(clusters: Sequence[Sequence[float]]) -> Rate:
    """Mean absolute error in ms; intervals by draws of whole clusters."""
    sums = np.array([np.abs(np.array(one)).sum() for one in clusters if len(one)])
    counts = np.array([len(one) for one in clusters if len(one)])
    draws = np.random.default_rng(0).integers(0, len(counts), (_N_DRAWS, len(counts)))
    means = sums[draws].sum(axis=1) / counts[draws].sum(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return Rate(sums.sum() / counts.sum(), float(low), float(high))
