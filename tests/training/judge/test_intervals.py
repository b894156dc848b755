from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t, ttest_ind

from sentigram.training.judge.intervals import (
    Interval,
    Variance,
    effective_number,
    half_width,
    interval_of,
    of_clusters,
    of_runs,
    p_value,
    together,
    too_few,
    words,
)


def test_one_source_gives_the_interval_and_p_of_student():
    found = interval_of(1.0, [Variance(0.25, 6)])
    assert (found.low, found.high) == pytest.approx(
        (1 - t.ppf(0.975, 6) / 2, 1 + t.ppf(0.975, 6) / 2)
    )
    assert p_value(1.0, [Variance(0.25, 6)]) == pytest.approx(2 * t.sf(2, 6))


def test_squared_half_widths_of_two_sources_add():
    clusters, seeds = Variance(0.01, 9), Variance(0.04, 2)
    expected = math.hypot(t.ppf(0.975, 9) * 0.1, t.ppf(0.975, 2) * 0.2)
    assert half_width([clusters, seeds]) == pytest.approx(expected)


@given(
    st.floats(-1, 1).filter(lambda x: abs(x) > 1e-3),
    st.floats(1e-4, 1),
    st.floats(1, 50),
    st.floats(1e-4, 1),
    st.floats(1, 10),
)
def test_p_is_below_the_level_exactly_where_the_interval_leaves_out_zero(d, v, n, w, m):
    sources = [Variance(v, n), Variance(w, m)]
    found, p = interval_of(d, sources), p_value(d, sources)
    assert 0 < p <= 1
    if abs(p - 0.05) > 1e-9:
        assert (found.low <= 0 <= found.high) == (p > 0.05)


def test_seeds_of_two_systems_are_those_of_welch():
    first, second = [0.1, 0.4, 0.3, 0.2], [0.9, 0.5, 0.6]
    both = together([of_runs(first), of_runs(second)])
    expected = ttest_ind(first, second, equal_var=False)
    assert both.df == pytest.approx(expected.df)
    p = p_value(np.mean(first) - np.mean(second), [both])
    assert p == pytest.approx(expected.pvalue)


def test_one_run_has_no_variance_and_none_adds_nothing():
    assert of_runs([0.5]) is None
    assert together([]).value == 0
    assert together([of_runs([0.5, 0.5])]).value == 0


def test_the_draws_of_few_clusters_are_widened():
    draws = np.random.default_rng(0).normal(size=10_000)
    found = of_clusters(draws, np.array([7, 7, 7, 7, 7]))
    assert found.df == pytest.approx(4)
    assert found.value == pytest.approx(draws.var(ddof=1) * 5 / 4)


def test_clusters_of_different_size_count_less():
    assert effective_number(np.array([3, 3, 3])) == pytest.approx(3)
    assert effective_number(np.array([100, 1, 1])) == pytest.approx(102**2 / 10_002)


@given(st.floats(0.01, 0.99), st.floats(1e-4, 1), st.floats(1, 30))
def test_intervals_stay_between_the_ends(value, variance, df):
    found = interval_of(value, [Variance(variance, df)], within=(0, 1))
    assert 0 <= found.low <= value <= found.high <= 1


def test_the_logit_scale_is_about_linear_for_narrow_intervals():
    free = interval_of(0.2, [Variance(1e-8, 20)])
    kept = interval_of(0.2, [Variance(1e-8, 20)], within=(-1, 1))
    assert (kept.low, kept.high) == pytest.approx((free.low, free.high), abs=1e-7)


def test_a_figure_near_an_end_has_no_interval_of_everything():
    found = interval_of(0.006, [Variance(0.05**2, 20)], within=(0, 1))
    assert found.low == 0
    assert found.high == pytest.approx(0.006 + half_width([Variance(0.05**2, 20)]))


def test_what_does_not_vary_and_what_is_at_an_end_has_no_interval():
    assert interval_of(0.5, [Variance(0, 3)]).unknown == "the same in every draw"
    assert interval_of(1.0, [Variance(1, 3)], within=(0, 1)).unknown == "at the end of its range"
    assert p_value(0.0, [Variance(0, 3)]) == 1
    assert p_value(0.1, [Variance(0, 3)]) is None


@pytest.mark.parametrize(
    ("sizes", "why"),
    [
        ([30], "all 30 examples hang together by speakers and dialogues"),
        ([1107, 1], "1,107 of 1,108 examples hang together by speakers and dialogues"),
        ([1000, 1, 1, 1, 1, 1, 1], "1,000 of 1,006 examples hang together by speakers and"),
        ([5, 5, 5, 5], "too few groups connected by speakers and dialogues: 4, at least 5"),
        ([50, 50, 1, 1, 1], "too few groups connected by speakers and dialogues: 5, at least 5 of"),
        ([5, 5, 5, 5, 5], ""),
        ([20, 5, 5, 5, 5], ""),
    ],
)
def test_it_is_said_why_clusters_are_too_few(sizes, why):
    found = too_few(np.array(sizes), "groups connected by speakers and dialogues")
    assert found.startswith(why)
    assert bool(found) == bool(why)


def test_words_stand_for_an_interval_that_is_unknown():
    assert words(0.5, Interval(0.25, 0.75)) == "0.500 [0.250, 0.750]"
    assert words(0.5, Interval(0.25, 0.75), sign="+") == "+0.500 [+0.250, +0.750]"
    assert words(0.5, Interval(None, None, "so")) == "0.500 (interval unknown: so)"
