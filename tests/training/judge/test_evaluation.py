from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t
from sklearn.metrics import f1_score, recall_score

from sentigram.errors import InputError
from sentigram.training.judge import metrics
from sentigram.training.judge.evaluation import (
    as_json,
    evaluate,
    in_order,
    read_evaluation,
    scored,
    take,
    write_evaluation,
)
from sentigram.training.judge.resampling import draw_metrics, make_draws
from tests.training.readings import in_dialogues, make_readings


def measured(*predictions, **options):
    return evaluate(predictions, n_draws=200, **options)


def test_values_are_means_over_runs_and_deviations_are_theirs():
    runs = [make_readings(run=r) for r in range(3)]
    score = measured(*runs).systems[0].overall.scores["ua"]
    single = [recall_score(r.truth, r.guess, average="macro") for r in runs]
    assert score.runs == pytest.approx(single)
    assert score.value == pytest.approx(np.mean(single))
    assert score.std == pytest.approx(np.std(single, ddof=1))
    assert score.low < score.value < score.high
    assert not score.is_one_seed


def test_interval_averages_runs_inside_each_draw():
    runs = [make_readings(run=r) for r in range(2)]
    score = measured(*runs, seed=4).systems[0].overall.scores["macro_f1"]
    draws = make_draws(in_order(runs[0]).clusters, n_draws=200, seed=4)
    both = [draw_metrics(in_order(run), draws)["macro_f1"] for run in runs]
    without_seeds = scored([np.mean(both, axis=0)], draws.sizes)
    at = [{name: row for row, name in enumerate(run.ids)} for run in runs]
    ids = sorted(at[0], key=lambda i: (runs[0].folds[at[0][i]], i))
    clusters = [f"{cluster:02d}" for cluster in in_order(runs[0]).clusters]

    def mean_f1(rows):
        return float(
            np.mean(
                [
                    f1_score(
                        run.truth[[where[ids[i]] for i in rows]],
                        run.guess[[where[ids[i]] for i in rows]],
                        average="macro",
                    )
                    for run, where in zip(runs, at, strict=True)
                ]
            )
        )

    expected = metrics.bootstrap(mean_f1, clusters, n_draws=200, seed=4, within=(0, 1))
    assert (without_seeds.low, without_seeds.high) == pytest.approx((expected.low, expected.high))
    assert score.low < expected.low
    assert score.high > expected.high


def test_seeds_are_in_the_interval_as_the_variance_of_a_mean():
    """Runs that say the same of every cluster: all that is left is Student's t over runs."""
    values = [0.5, 0.6, 0.55, 0.7]
    n_clusters = 40
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1e-6, 1001)
    draws = [value + noise for value in values]
    draws = [np.concatenate([[value], one[1:]]) for value, one in zip(values, draws, strict=True)]
    found = scored(draws, np.full(n_clusters, 5))
    mean, half = np.mean(values), t.ppf(0.975, 3) * np.std(values, ddof=1) / 2
    slope = 1 / (mean * (1 - mean))
    middle = np.log(mean / (1 - mean))
    expected = [1 / (1 + np.exp(-(middle + sign * half * slope))) for sign in (-1, 1)]
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=1e-5)


def test_runs_that_agree_have_intervals_but_no_deviation_and_a_single_one_has_none():
    same = [make_readings(), replace(make_readings(), run=1)]
    score = measured(*same).systems[0].overall.scores["ua"]
    assert score.std == 0
    assert score.high > score.low
    assert measured(same[0]).systems[0].overall.scores["ua"].std is None


def test_one_run_says_that_the_variance_of_its_seeds_is_unknown():
    found = measured(make_readings(), make_readings("majority"))
    score = found.system("vga").overall.scores["ua"]
    assert found.system("vga").is_one_seed
    assert str(score) == f"{score.short}, variance of seeds unknown"
    assert not found.system("majority").is_one_seed
    assert "seeds" not in str(found.system("majority").overall.scores["ua"])
    everything = measured(make_readings(), without_seed=("vga",))
    assert not everything.system("vga").is_one_seed


def test_where_speakers_meet_in_dialogues_all_hang_together():
    parts = [in_dialogues(make_readings()), in_dialogues(make_readings(run=1))]
    found = measured(*parts)
    overall = found.systems[0].overall
    assert overall.n_clusters == 1
    assert found.clustered_by == "groups connected by speakers and dialogues"
    assert overall.unknown == "all 240 examples hang together by speakers and dialogues"
    assert all((s.low, s.high) == (None, None) for s in overall.scores.values())
    assert str(overall.scores["ua"]).endswith(f" (interval unknown: {overall.unknown})")
    given = measured(*parts, given_speakers=True)
    assert given.clustered_by == "dialogues, given these speakers"
    assert given.systems[0].overall.n_clusters == 20
    assert given.systems[0].overall.scores["ua"].low is not None


def test_few_speakers_give_no_interval():
    found = measured(make_readings(n_speakers=4)).systems[0]
    why = "too few speakers: 4, at least 5 of similar size are needed"
    assert found.overall.unknown == why
    assert found.overall.scores["ua"].short.endswith(" [unknown]")
    assert found.classes[0].f1.unknown == why


def test_groups_and_corpora_are_measured_apart_where_there_are_several():
    part = make_readings(corpora=("toy", "play"))
    result = measured(part).systems[0]
    assert [(s.kind, s.name) for s in result.slices] == [
        ("group", "improvised"), ("group", "scripted"), ("corpus", "play"), ("corpus", "toy"),
    ]  # fmt: skip
    for piece, of in (("group", part.groups), ("corpus", part.corpora)):
        for found in (s for s in result.slices if s.kind == piece):
            rows = of == found.name
            assert found.n == rows.sum()
            expected = metrics.unweighted_accuracy(part.truth[rows], part.guess[rows])
            assert found.scores["ua"].value == pytest.approx(expected)
    assert measured(make_readings(groups=("",))).systems[0].slices == ()


def test_missing_baselines_are_named():
    found = measured(make_readings(), make_readings("chance"), make_readings("text"))
    assert found.not_run == ("majority", "tf-idf", "audio", "concat")


def test_tables_of_classes_bins_and_folds_hold_every_example():
    part = make_readings()
    result = measured(part).systems[0]
    assert sum(row.support for row in result.classes) == len(part.ids)
    assert np.sum(result.confusion) == len(part.ids)
    assert sum(b.n for b in result.bins) == len(part.ids)
    ece = sum(b.n / len(part.ids) * abs(b.accuracy - b.confidence) for b in result.bins)
    assert ece == pytest.approx(result.overall.scores["ece"].value)
    assert result.risk_coverage[-1] == pytest.approx((1, 1 - np.mean(part.guess == part.truth)))
    assert list(result.fold_ua) == ["fold-0", "fold-1", "fold-2"]
    rows = part.folds == "fold-1"
    expected = recall_score(part.truth[rows], part.guess[rows], average="macro")
    assert result.fold_ua["fold-1"] == pytest.approx(expected)


def test_the_order_of_examples_changes_nothing():
    part = make_readings()
    shuffled = take(part, np.random.default_rng(1).permutation(len(part.ids)))
    assert as_json(measured(part)) == as_json(measured(shuffled))


def test_labels_without_skill_score_chance():
    score = measured(make_readings(skill=0.0, n=2000)).systems[0].overall.scores["ua"]
    assert score.low < 0.25 < score.high


def test_json_round_trip(tmp_path):
    found = measured(make_readings(), make_readings(run=1), make_readings("text", with_vad=False))
    write_evaluation(tmp_path / "metrics.json", found)
    assert read_evaluation(tmp_path / "metrics.json") == found


def test_what_is_no_evaluation_is_refused(tmp_path):
    path = tmp_path / "metrics.json"
    path.write_text('{"classes": 4}')
    with pytest.raises(InputError, match="not an evaluation"):
        read_evaluation(path)
    write_evaluation(path, replace(measured(make_readings()), version=99))
    with pytest.raises(InputError, match="version 99"):
        read_evaluation(path)


def test_runs_that_read_different_examples_are_refused():
    part = make_readings()
    with pytest.raises(InputError, match="runs of vga read different examples"):
        measured(part, replace(take(part, np.arange(100)), run=1))


def test_other_classes_are_refused():
    other = replace(make_readings("text"), classes=("a", "b", "c", "d"))
    with pytest.raises(InputError, match="one at a time"):
        measured(make_readings(), other)


def test_no_readings_are_refused():
    with pytest.raises(InputError, match="no readings"):
        evaluate([])


def test_a_system_that_was_not_evaluated_is_named():
    with pytest.raises(InputError, match="no system late; there are vga"):
        measured(make_readings()).system("late")
