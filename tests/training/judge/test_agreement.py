"""Agreement against published examples, scikit-learn, and slow obvious versions."""

from __future__ import annotations

from collections import defaultdict
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from sentigram.training.judge.agreement import ABSENT, cohens_kappa, krippendorffs_alpha, majority

# Krippendorff (2011), section C: four observers, twelve units, five values; dots are missing.
PUBLISHED = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""


def ratings_of(text: str) -> np.ndarray:
    rows = [
        [ABSENT if cell == "." else int(cell) - 1 for cell in line.split()]
        for line in text.strip().splitlines()
    ]
    return np.array(rows).T  # (units, observers)


ratings = st.integers(2, 4).flatmap(
    lambda n_people: st.lists(
        st.lists(st.integers(ABSENT, 2), min_size=n_people, max_size=n_people),
        min_size=1,
        max_size=12,
    )
)


def slow_alpha(rows: list[list[int]]) -> float | None:
    """From the coincidences of every ordered pair of labels that a word was given."""
    coincidences: dict[tuple[int, int], float] = defaultdict(float)
    for row in rows:
        labels = [label for label in row if label != ABSENT]
        for pair in permutations(labels, 2):
            coincidences[pair] += 1 / (len(labels) - 1)
    totals: dict[int, float] = defaultdict(float)
    for (label, _), count in coincidences.items():
        totals[label] += count
    n = sum(totals.values())
    expected = sum(totals[a] * totals[b] for a, b in permutations(totals, 2))
    if expected < 1e-9:
        return None
    observed = sum(count for (a, b), count in coincidences.items() if a != b)
    return 1 - (n - 1) * observed / expected


def test_alpha_of_the_published_example():
    assert krippendorffs_alpha(ratings_of(PUBLISHED), 5) == pytest.approx(0.743, abs=5e-4)


@given(ratings)
def test_alpha_equals_the_slow_version(rows):
    found, slow = krippendorffs_alpha(np.array(rows), 3), slow_alpha(rows)
    assert (found is None) == (slow is None)
    if slow is not None:
        assert found == pytest.approx(slow)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_kappa_equals_scikit_learns(pairs):
    first, second = np.array(pairs).T
    found = cohens_kappa(first, second, 4)
    if len({label for pair in pairs for label in pair}) == 1:
        assert found is None  # scikit-learn gives NaN and a warning
    else:
        assert found == pytest.approx(cohen_kappa_score(first, second))


def test_words_that_one_did_not_label_are_left_out():
    first = np.array([0, 1, 1, ABSENT, 2])
    second = np.array([0, 1, 0, 2, ABSENT])
    assert cohens_kappa(first, second, 3) == pytest.approx(cohen_kappa_score([0, 1, 1], [0, 1, 0]))


def test_agreement_by_everybody_on_one_label_says_nothing():
    same = np.zeros((5, 2), np.int64)
    assert krippendorffs_alpha(same, 3) is None
    assert cohens_kappa(same[:, 0], same[:, 1], 3) is None
    alone = np.array([[0, ABSENT], [1, ABSENT]])
    assert krippendorffs_alpha(alone, 3) is None
    assert cohens_kappa(alone[:, 0], alone[:, 1], 3) is None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([0, 0, 1], 0),
        ([0, 1, ABSENT], ABSENT),  # a tie
        ([2, 2, ABSENT], 2),
        ([2, ABSENT, ABSENT], ABSENT),  # one person is no majority
        ([ABSENT, ABSENT, ABSENT], ABSENT),
        ([0, 1, 2], ABSENT),
    ],
)
def test_a_majority_is_more_than_half(row, expected):
    assert majority(np.array([row]), 3).tolist() == [expected]
