from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.errors import InputError, UsageError
from sentigram.training.comparison import against_all, compare, holm, p_value
from sentigram.training.evaluation import take
from tests.training.readings import make_readings


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=6))
def test_holm_agrees_with_closed_testing(values):
    """Holm is the closure of Bonferroni: p of i is the largest over all subsets that hold it."""
    n = len(values)
    for i, corrected in enumerate(holm(values)):
        subsets = [s for k in range(1, n + 1) for s in combinations(range(n), k) if i in s]
        slow = max(min(1.0, len(s) * min(values[j] for j in s)) for s in subsets)
        assert corrected == pytest.approx(slow)


def test_a_system_does_not_differ_from_itself():
    part = make_readings()
    found = compare([part, replace(part, system="copy")], [("vga", "copy")], n_draws=300)[0]
    assert (found.difference, found.low, found.high, found.p) == (0, 0, 0, 1)
    assert found.verdict == "no difference"
    assert str(found).startswith("no difference (vga − copy: Δ ua +0.000 [+0.000, +0.000]")


def test_a_clear_gain_is_better_and_its_mirror_worse():
    parts = [make_readings(skill=3.0), make_readings("text", skill=0.0)]
    gain, loss = compare(parts, [("vga", "text"), ("text", "vga")], n_draws=500)
    assert (gain.verdict, loss.verdict) == ("better", "worse")
    assert gain.difference == pytest.approx(-loss.difference)
    assert str(gain).startswith("vga is better than text: Δ ua +0.")


def test_less_error_is_better():
    parts = [make_readings(skill=3.0), make_readings("text", skill=0.0)]
    found = compare(parts, [("vga", "text")], metrics=("brier", "aurc"), n_draws=500)
    assert all(c.difference < 0 and c.verdict == "better" for c in found)


def test_pairs_use_the_same_draws_so_that_what_both_find_hard_cancels():
    first = make_readings(n=400, skill=1.0)
    nearly = first.logits.copy()
    nearly[:12] = np.eye(4)[first.truth[:12]] * 9  # better on twelve examples, equal on the rest
    found = compare(
        [first, replace(first, system="text", logits=nearly)], [("text", "vga")], n_draws=1000
    )[0]
    assert found.high - found.low < 0.05  # either interval alone is about 0.1 wide
    assert found.low >= 0


def test_p_agrees_with_a_permutation_of_signs():
    """The difference of accuracies, paired by example, against flipping who gave which answer."""
    first, second = make_readings(skill=1.0, n=600), make_readings("text", skill=0.75, n=600)
    clusters = np.array([f"s{i}" for i in range(600)])
    parts = [replace(p, speakers=clusters[np.argsort(np.argsort(p.ids))]) for p in (first, second)]
    found = compare(parts, [("vga", "text")], metrics=("wa",), n_draws=5000)[0]
    right = [p.guess[np.argsort(p.ids)] == p.truth[np.argsort(p.ids)] for p in parts]
    gap = right[0].astype(int) - right[1]
    flips = np.random.default_rng(0).choice([-1, 1], (20000, 600))
    permuted = np.mean(np.abs(flips @ gap) >= abs(gap.sum()))
    assert found.difference == pytest.approx(gap.mean())
    assert found.p == pytest.approx(permuted, abs=0.02)


def test_equal_systems_are_seldom_called_different():
    called = 0
    for seed in range(40):
        parts = [make_readings("a", seed=seed, n=300, n_speakers=60)]
        parts.append(make_readings("b", seed=seed, n=300, n_speakers=60))
        called += compare(parts, [("a", "b")], n_draws=300)[0].verdict != "no difference"
    assert called <= 6  # .05 · 40 = 2; more than 6 by chance once in 300


def test_looking_often_is_corrected_for():
    names = ["text", "audio", "concat", "late"]
    parts = [make_readings(skill=1.3), *(make_readings(name) for name in names)]
    family = against_all(parts, "vga", n_draws=500)
    assert [c.second for c in family] == names
    assert [c.p_corrected for c in family] == pytest.approx(holm([c.p for c in family]))
    alone = compare(parts, [("vga", "text")], n_draws=500)[0]
    assert alone.p == family[0].p == alone.p_corrected
    assert family[0].p_corrected >= alone.p_corrected


def test_p_is_never_zero_and_never_above_one():
    assert p_value(np.ones(999)) == pytest.approx(2 / 1000)
    assert p_value(np.zeros(999)) == 1


def test_runs_are_averaged_inside_each_draw():
    runs = [make_readings(run=r) for r in range(3)]
    other = make_readings("text")
    found = compare([*runs, other], [("vga", "text")], n_draws=100)[0]
    singles = [compare([r, other], [("vga", "text")], n_draws=100)[0].difference for r in runs]
    assert found.difference == pytest.approx(np.mean(singles))


def test_other_examples_cannot_be_compared():
    part = make_readings()
    other = take(make_readings("text"), np.arange(100))
    with pytest.raises(InputError, match="not tested on the same examples"):
        compare([part, other], [("vga", "text")])


def test_absent_systems_and_metrics_are_named():
    with pytest.raises(InputError, match="no readings of late; there are vga"):
        compare([make_readings()], [("vga", "late")])
    with pytest.raises(UsageError, match="no metric uar; choose from ua, wa"):
        compare([make_readings()], [], metrics=("uar",))
    assert compare([make_readings()], []) == ()


def test_five_speakers_cannot_show_a_difference():
    good = make_readings("good", n_speakers=5, skill=4.0)
    bad = make_readings("bad", n_speakers=5, skill=0.0)
    (found,) = compare([good, bad], [("good", "bad")], n_draws=200)
    assert found.low > 0.3
    assert found.p == pytest.approx(2 / 2**5)
    assert found.verdict == "no difference"
    many = [make_readings(s, n_speakers=12, skill=k) for s, k in (("good", 4.0), ("bad", 0.0))]
    assert compare(many, [("good", "bad")], n_draws=200)[0].verdict == "better"
