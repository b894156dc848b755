from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated import Design, simulate

from sentigram.errors import InputError, UsageError
from sentigram.training.judge.comparison import against_all, compare, holm
from sentigram.training.judge.evaluation import take
from tests.training.readings import in_dialogues, make_readings


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
    assert (found.difference, found.low, found.p) == (0, None, 1)
    assert found.verdict == "no difference"
    assert str(found).startswith(
        "no difference (vga − copy: Δ ua +0.000 (interval unknown: the same in every draw), p 1"
    )


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
    assert 0 < found.high - found.low < 0.06  # either interval alone is about 0.1 wide
    assert found.low > -0.01


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
    assert found.low > 0.2
    assert found.p == pytest.approx(2 / 2**5)
    assert found.verdict == "no difference"
    many = [make_readings(s, n_speakers=12, skill=k) for s, k in (("good", 4.0), ("bad", 0.0))]
    assert compare(many, [("good", "bad")], n_draws=200)[0].verdict == "better"


def test_a_verdict_from_one_run_says_that_the_variance_of_seeds_is_unknown():
    parts = [make_readings(skill=3.0), make_readings("text", skill=0.0)]
    found = compare(parts, [("vga", "text")], n_draws=300)[0]
    assert found.one_seed == ("vga", "text")
    assert found.worded == "better; variance of seeds unknown"
    assert str(found).endswith("; one run of vga and of text, variance of seeds unknown")


def test_what_no_seed_changes_needs_one_run_only():
    runs = [make_readings(run=r, skill=3.0) for r in range(3)]
    rows = [*runs, make_readings("majority", skill=0.0), make_readings("text", skill=0.0)]
    known, unknown = against_all(rows, "vga", n_draws=300)
    assert (known.second, known.one_seed, known.worded) == ("majority", (), "better")
    assert (unknown.second, unknown.one_seed) == ("text", ("text",))
    fitted = against_all(rows, "vga", n_draws=300, without_seed=("majority", "text"))
    assert [one.one_seed for one in fitted] == [(), ()]


def test_seeds_widen_the_interval_and_raise_p():
    """Two systems whose runs differ by as much as the systems do."""
    runs = [
        make_readings(system, run=r, skill=base + r)
        for system, base in (("a", 1.0), ("b", 0.5))
        for r in range(3)
    ]
    found = compare(runs, [("a", "b")], n_draws=500)[0]
    same = [replace(runs[1 if run.system == "a" else 4], run=run.run) for run in runs]
    fixed = compare(same, [("a", "b")], n_draws=500)[0]
    assert found.high - found.low > 3 * (fixed.high - fixed.low)
    assert found.p > 0.2 > fixed.p
    assert found.verdict == "no difference"


def test_seeds_of_one_configuration_seldom_differ():
    """Six systems that are one configuration, three runs each, all 15 pairs after Holm."""
    design = Design(20, n_dialogues=3, seed=0.3, skills=(0.8,) * 6)
    names = [f"system-{i}" for i in range(6)]
    called = {1: 0, 3: 0}
    for n_runs in called:
        for trial in range(15):
            parts = simulate(design, n_runs, np.random.default_rng(trial))
            found = compare(
                parts, list(combinations(names, 2)), metrics=("weighted_f1",), n_draws=100
            )
            called[n_runs] += any(one.verdict in ("better", "worse") for one in found)
            assert all("variance of seeds unknown" in one.worded for one in found) == (n_runs == 1)
    assert called[3] <= 2  # .05 · 15 = 0.75; more than 2 by chance once in 25
    assert called[1] >= 5  # which is what the words are for


def test_where_all_hang_together_no_verdict_is_given_but_for_these_speakers():
    parts = [in_dialogues(make_readings(name, skill=k)) for name, k in (("a", 3.0), ("b", 0.0))]
    found = compare(parts, [("a", "b")], n_draws=300)[0]
    assert (found.verdict, found.low, found.p, found.p_corrected) == ("unknown", None, None, None)
    why = "all 240 examples hang together by speakers and dialogues"
    assert found.unknown == why
    assert str(found).startswith("unknown (a − b: Δ ua +0.")
    assert f"(interval unknown: {why})" in str(found)
    given = compare(parts, [("a", "b")], n_draws=300, given_speakers=True)[0]
    assert given.verdict == "better"
    assert given.low > 0
