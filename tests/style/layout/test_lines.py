"""Lines are even, and the quick way to find them agrees with the slow one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.style.layout import lines as under_test
from sentigram.style.layout.limits import LayoutRules
from sentigram.style.layout.lines import line_breaks
from tests.style.layout.test_cues import RULES, atoms_of, spoken


@given(spoken(most=14), st.integers(1, 3))
def test_line_costs_of_all_runs_at_once_are_those_of_each_alone(words, lines):
    rules = LayoutRules(
        line_chars=16, lines=lines, line_px=170, outline_px=0, cps=20, min_ms=833, max_ms=7000,
        gap_ms=80,
    )  # fmt: skip
    atoms = atoms_of(words, costs=[0.0] + [0.1 * (i % 7) for i in range(1, len(words))])
    all_costs = under_test.line_costs(under_test.Sums(atoms, rules), len(words))
    for n, costs in enumerate(all_costs, 1):
        for start, cost in enumerate(costs):
            alone = under_test._lines(atoms, rules, start, start + n, lines)
            assert cost == pytest.approx(np.inf if alone is None else alone[0])


def test_lines_are_even_and_the_lower_one_is_longer():
    words = [(4, i * 400, i * 400 + 400) for i in range(5)]
    assert line_breaks(atoms_of(words), RULES, 0, 5) == (2,)
    assert line_breaks(atoms_of(words), RULES, 0, 3) == ()


def test_a_word_alone_on_a_line_is_worse_than_a_break_within_a_sentence():
    words = [(n, i * 400, i * 400 + 400) for i, n in enumerate((4, 6, 6))]
    after_comma = [0.0, 0.1, 0.6]
    assert line_breaks(atoms_of(words, costs=after_comma), RULES, 0, 4) == (2,)
    steps = np.array([under_test.shape_cost(at / 100) for at in range(-100, 1)])
    assert np.diff(steps).max() < 0
    assert np.diff(steps).min() == pytest.approx(-0.016 - 0.5)
