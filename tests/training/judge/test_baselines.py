from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest

from sentigram.errors import InputError
from sentigram.training.dataset.examples import Table
from sentigram.training.judge.baselines import chance, majority, reference_rows, tf_idf
from sentigram.training.judge.comparison import compare
from sentigram.training.judge.evaluation import evaluate
from sentigram.training.judge.predictions import read_predictions, write_predictions
from sentigram.training.splits.folds import Fold, SplitPlan

CLASSES = ("angry", "happy", "sad")
WORDS = (("hate", "furious"), ("great", "love"), ("cry", "lost"))


def make_table(n=300, *, words=True, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, n, p=(0.2, 0.5, 0.3))
    said = [f"I {rng.choice(WORDS[label])} the {rng.choice(['dog', 'day'])}" for label in labels]
    return Table(
        ids=tuple(f"toy/{i}" for i in range(n)),
        classes=CLASSES,
        labels=labels,
        tokens={},
        vad=np.full((n, 3), np.nan, np.float32),
        speakers=tuple(f"toy/s{i % 6}" for i in range(n)),
        dialogues=("",) * n,
        corpora=("toy",) * n,
        sentences=tuple(said) if words else ("",) * n,
        groups=("",) * n,
    )


def make_plan(table, n_folds=3):
    folds = []
    for k in range(n_folds):
        held = [i for i in range(len(table)) if int(table.speakers[i][-1]) % n_folds == k]
        rest = [i for i in range(len(table)) if i not in set(held)]
        folds.append(
            Fold(
                f"fold-{k}",
                tuple(table.ids[i] for i in rest[20:]),
                tuple(table.ids[i] for i in rest[:20]),
                tuple(table.ids[i] for i in held),
            )
        )
    return SplitPlan("leave-speakers-out", 0, (), tuple(folds))


def test_rows_are_readings_of_every_test_example(tmp_path):
    table = make_table()
    plan = make_plan(table)
    rows = reference_rows(table, plan)
    assert [row.system for row in rows] == ["chance", "majority", "tf-idf"]
    for row in rows:
        assert sorted(row.ids) == sorted(table.ids)
        where = {name: i for i, name in enumerate(table.ids)}
        at = [where[name] for name in row.ids]
        np.testing.assert_array_equal(row.truth, table.labels[at])
        np.testing.assert_array_equal(row.speakers, np.array(table.speakers)[at])
        np.testing.assert_allclose(row.probs.sum(axis=1), 1)
    write_predictions(tmp_path / "p.parquet", rows)
    assert [row.system for row in read_predictions(tmp_path / "p.parquet")] == [
        "chance", "majority", "tf-idf",
    ]  # fmt: skip


def test_chance_scores_chance_and_is_as_unsure_as_it_should_be():
    table = make_table(3000)
    row = chance(table, make_plan(table))
    score = evaluate([row], n_draws=100).systems[0].overall.scores
    assert score["ua"].value == pytest.approx(1 / 3, abs=0.03)
    assert score["brier"].value == pytest.approx(2 / 3, abs=1e-5)
    assert score["ece"].value < 0.03
    again = chance(table, make_plan(table), run=1)
    assert np.mean(row.guess == again.guess) == pytest.approx(1 / 3, abs=0.05)


def test_majority_is_that_of_training_not_of_test():
    table = make_table()
    table.labels[:] = 1
    plan = make_plan(table, 2)
    held = set(plan.folds[0].test)
    in_test = np.array([name in held for name in table.ids])
    table.labels[in_test] = 2  # fold 0 tests on label 2 and trains on label 1
    row = majority(table, plan)
    assert set(row.guess[row.folds == "fold-0"]) == {1}
    assert set(row.guess[row.folds == "fold-1"]) == {2}


def test_words_that_tell_the_label_are_learnt():
    table = make_table()
    row = tf_idf(table, make_plan(table))
    assert np.mean(row.guess == row.truth) > 0.95


@pytest.mark.slow
def test_words_of_meld_are_better_than_its_majority(shared_data):
    """Trained on the official training split and tested on dev; seven classes."""
    folder = shared_data / "meld"
    if not (folder / "train_sent_emo.csv").is_file():
        pytest.skip(f"no MELD at {folder}")
    rows = []
    for split in ("train", "dev"):
        with (folder / f"{split}_sent_emo.csv").open(encoding="utf-8", newline="") as file:
            rows += [(split, i, row) for i, row in enumerate(csv.DictReader(file))]
    classes = tuple(sorted({row["Emotion"] for *_, row in rows}))
    ids = [f"{split}/{i}" for split, i, _ in rows]
    table = replace(
        make_table(len(rows)),
        ids=tuple(ids),
        classes=classes,
        labels=np.array([classes.index(row["Emotion"]) for *_, row in rows]),
        sentences=tuple(row["Utterance"] for *_, row in rows),
        speakers=tuple(row["Speaker"] for *_, row in rows),
        dialogues=tuple(f"{split}/{row['Dialogue_ID']}" for split, _, row in rows),
    )
    parts = {split: tuple(i for i in ids if i.startswith(split)) for split in ("train", "dev")}
    plan = SplitPlan("official", 0, (), (Fold("dev", parts["train"], (), parts["dev"]),))
    found = reference_rows(table, plan)
    (whole, *_) = evaluate(found, n_draws=2).systems
    assert whole.overall.unknown.endswith("examples hang together by speakers and dialogues")
    given = evaluate(found, n_draws=200, given_speakers=True)
    scores = {s.name: s.overall.scores for s in given.systems}
    assert scores["majority"]["ua"].value == pytest.approx(1 / 7)
    assert scores["tf-idf"]["macro_f1"].low > 0.25  # .348; majority .085
    assert scores["tf-idf"]["weighted_f1"].low > scores["majority"]["weighted_f1"].high
    pair = [("tf-idf", "majority")]
    assert compare(found, pair, n_draws=2)[0].verdict == "unknown"
    assert compare(found, pair, n_draws=500, given_speakers=True)[0].worded == "better"


def test_shuffled_labels_score_chance():
    table = make_table(900)
    np.random.default_rng(1).shuffle(table.labels)
    score = evaluate([tf_idf(table, make_plan(table))], n_draws=50).systems[0].overall.scores["ua"]
    assert score.value == pytest.approx(1 / 3, abs=0.07)


def test_words_of_test_are_not_read_in_training():
    table = make_table()
    plan = make_plan(table)
    before = tf_idf(table, plan)
    held = set(plan.folds[0].test)
    changed = Table(
        **{
            name: getattr(table, name) for name in Table.__dataclass_fields__ if name != "sentences"
        },
        sentences=tuple(
            "new words only" if name in held and name != plan.folds[0].test[0] else sentence
            for name, sentence in zip(table.ids, table.sentences, strict=True)
        ),
    )
    after = tf_idf(changed, plan)
    np.testing.assert_array_equal(before.logits[0], after.logits[0])


def test_without_words_there_is_no_row_of_words():
    table = make_table(words=False)
    assert [r.system for r in reference_rows(table, make_plan(table))] == ["chance", "majority"]


def test_a_fold_without_words_or_with_one_label_is_read_as_majority_reads_it():
    table = make_table()
    plan = make_plan(table, 2)
    held = set(plan.folds[0].test)
    in_test = np.array([name in held for name in table.ids])
    table.labels[~in_test] = 1
    row = tf_idf(table, plan)
    assert set(row.guess[row.folds == "fold-0"]) == {1}
    assert np.isfinite(row.logits).all()


def test_an_id_that_is_not_in_the_data_is_named():
    table = make_table()
    plan = SplitPlan("x", 0, (), (Fold("one", ("toy/0",), (), ("toy/nine",)),))
    with pytest.raises(InputError, match="plan, fold one: 1 ids are not in the data, such as"):
        majority(table, plan)
