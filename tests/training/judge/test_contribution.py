"""Contributions against the average over all orders, and on games with known answers."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.training.judge.contribution import (
    coalition_values,
    contributions_of,
    leave_one_out,
    shapley,
)


def games(n: int) -> st.SearchStrategy[dict[frozenset[str], float]]:
    numbers = st.lists(st.floats(-10, 10), min_size=2**n, max_size=2**n)

    def game(values: list[float]) -> dict[frozenset[str], float]:
        left = iter(values)
        return coalition_values("abcd"[:n], lambda _used: next(left))

    return numbers.map(game)


@given(st.integers(1, 4).flatmap(games))
def test_shapley_is_the_mean_over_all_orders(values):
    everyone = sorted(frozenset().union(*values))
    sums = dict.fromkeys(everyone, 0.0)
    orders = list(permutations(everyone))
    for order in orders:
        there: frozenset[str] = frozenset()
        for name in order:
            sums[name] += values[there | {name}] - values[there]
            there |= {name}
    expected = {name: total / len(orders) for name, total in sums.items()}
    assert shapley(values) == pytest.approx(expected, abs=1e-9)


@given(st.integers(1, 4).flatmap(games))
def test_shapley_values_sum_to_what_all_add(values):
    everyone = frozenset().union(*values)
    added = values[everyone] - values[frozenset()]
    assert sum(shapley(values).values()) == pytest.approx(added, abs=1e-9)


def test_words_and_voice_by_hand():
    values = {
        frozenset(): 0.2,
        frozenset({"text"}): 0.5,
        frozenset({"audio"}): 0.4,
        frozenset({"text", "audio"}): 0.6,
    }
    audio, text = contributions_of(values)
    assert (audio.modality, audio.alone) == ("audio", 0.4)
    assert (text.modality, text.alone) == ("text", 0.5)
    assert audio.drop == pytest.approx(0.1)
    assert text.drop == pytest.approx(0.2)
    assert audio.shapley == pytest.approx(((0.4 - 0.2) + (0.6 - 0.5)) / 2)
    assert text.shapley == pytest.approx(((0.5 - 0.2) + (0.6 - 0.4)) / 2)


def test_each_coalition_is_asked_for_once():
    asked: list[frozenset[str]] = []

    def worth(used: frozenset[str]) -> float:
        asked.append(used)
        return 0.0

    coalition_values(("text", "audio", "face"), worth)
    assert len(asked) == len(set(asked)) == 8


def test_two_that_say_the_same_share_by_shapley_but_neither_is_missed():
    values = coalition_values(("a", "b"), lambda used: float(bool(used)))
    assert leave_one_out(values) == {"a": 0.0, "b": 0.0}
    assert shapley(values) == {"a": 0.5, "b": 0.5}


@pytest.mark.parametrize("measure", [shapley, leave_one_out])
def test_a_missing_coalition_is_told(measure):
    values = {frozenset({"a"}): 1.0, frozenset({"a", "b"}): 2.0, frozenset(): 0.0}
    with pytest.raises(ValueError, match=r"3 coalitions of 2 modalities .* need all 4"):
        measure(values)
