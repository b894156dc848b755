from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sentigram.core.protocols import SilentReporter
from sentigram.errors import InputError, UsageError
from sentigram.training.audit.experiments import audit_bench
from sentigram.training.fit import telling
from sentigram.training.fit.epochs import Outputs
from sentigram.training.fit.experiment import Bench, begin, make_accelerator, open_bench
from sentigram.training.fit.network import as_predictions
from sentigram.training.judge.evaluation import evaluate
from sentigram.training.judge.predictions import Predictions
from sentigram.training.studies import adaptation
from sentigram.training.studies.adaptation import adapt
from sentigram.training.studies.transfer import Shots, same_model, transfer
from tests.fakes import Recorder
from tests.training import garbage, synthetic

QUICK = {"epochs": 4}


@pytest.fixture(autouse=True, scope="module")
def _little_garbage() -> None:
    garbage.set_aside()


def benches(folder: Path, *, shift: float = 0.0, **changes: object) -> tuple[Bench, Bench]:
    """A source, and a target that is small and shifted."""
    synthetic.corpus(folder, name="source", n=150)
    synthetic.corpus(folder, name="target", n=90, seed=3, shift=shift)
    changes = {"training": QUICK, "split": {"k": 2}, "baselines": [], **changes}
    target = synthetic.experiment(folder, "target", **changes)
    source = synthetic.experiment(folder, "source", **changes)
    return open_bench(same_model(source, target)), open_bench(target)


def ua(readings: tuple[Predictions, ...], system: str) -> float:
    return evaluate(readings, n_draws=10).system(system).overall.scores["ua"].value


@pytest.mark.slow
def test_few_shots_beside_what_they_are_worth_alone(tmp_path: Path):
    source, target = benches(tmp_path)
    readings = transfer(
        source,
        target,
        (Shots(per_class=3), Shots(percent=100)),
        tmp_path / "run",
        accelerator=make_accelerator(target.config, device="cpu"),
        reporter=(heard := Recorder()),
    )
    told = [line.split()[0] for line in heard.notes if "best validation UA" in line]
    assert told == ["1/1", *(f"{n}/8" for n in range(1, 9))]  # two folds, two shots, two rows each
    names = {part.system for part in readings}
    assert {"source-only", "finetuned-3-per-class", "target-only-3-per-class"} <= names
    assert {"finetuned-100pct", "target-only-100pct", "chance", "majority"} <= names
    assert ua(readings, "finetuned-3-per-class") > ua(readings, "target-only-3-per-class") + 0.1
    assert ua(readings, "source-only") > 0.6
    first = readings[0].ids
    for part in readings:
        np.testing.assert_array_equal(np.sort(part.ids), np.sort(first))


@pytest.mark.slow
def test_adaptation_looks_at_no_target_label(tmp_path: Path):
    brief = {"epochs": 2, "batch_size": 32}
    source, target = benches(tmp_path, shift=0.8, training=brief)
    labels = target.table.labels
    before = labels.copy()
    readings = adapt(
        source,
        target,
        ("dann", "coral"),
        tmp_path / "run",
        accelerator=make_accelerator(target.config, device="cpu"),
        reporter=(heard := Recorder()),
    )
    told = [line.split()[0] for line in heard.notes if "best validation UA" in line]
    assert told == [f"{n}/{len(told)}" for n in range(1, len(told) + 1)]
    names = {part.system for part in readings}
    wanted = {"source-only", "dann", "dann-oracle", "coral", "coral-oracle", "target-only"}
    assert wanted <= names
    for method in ("dann", "coral"):
        assert ua(readings, f"{method}-oracle") >= ua(readings, method)
    np.testing.assert_array_equal(labels, before)

    rng = np.random.default_rng(0)
    labels[:] = rng.permutation(labels)  # other target labels: what does not look at them stays
    again = adapt(
        source,
        target,
        ("dann",),
        tmp_path / "other",
        accelerator=make_accelerator(target.config, device="cpu"),
        reporter=SilentReporter(),
    )
    chosen = {part.system: part.logits for part in readings}["dann"]
    np.testing.assert_array_equal({p.system: p.logits for p in again}["dann"], chosen)


def test_classes_and_features_must_be_the_same(tmp_path: Path):
    _, target = benches(tmp_path)
    two = synthetic.experiment(tmp_path, "source", data={"classes": ["anger", "neutral"]})
    other = open_bench(two)
    with pytest.raises(UsageError, match=r"source has classes anger, neutral, the target anger,"):
        transfer(
            other, target, (Shots(percent=100),), tmp_path / "run",
            accelerator=make_accelerator(target.config, device="cpu"), reporter=SilentReporter(),
        )  # fmt: skip


def test_shots_are_a_number_or_a_share():
    assert str(Shots(percent=10)) == "10pct"
    assert str(Shots(per_class=5)) == "5-per-class"
    for wrong in ({}, {"per_class": 1, "percent": 1}):
        with pytest.raises(UsageError):
            Shots(**wrong)


def test_a_source_that_holds_the_target_s_test_is_a_leak(tmp_path: Path):
    source, target = benches(tmp_path)
    rules = {f.rule for f in audit_bench(target, tmp_path / "a", source=source)}
    assert "duplicated-across-split" not in rules
    found = audit_bench(target, tmp_path / "b", source=target)
    failed = {f.rule for f in found if f.severity == "fail"}
    assert {"duplicated-across-split", "shared-speaker"} <= failed


def test_a_folder_of_another_source_is_not_gone_on_with(tmp_path: Path):
    source, target = benches(tmp_path, training={"epochs": 1})
    accelerator = make_accelerator(target.config, device="cpu")
    begin(target, tmp_path / "run", accelerator=accelerator, source=source)
    audit_bench(target, tmp_path / "run", source=source)
    with pytest.raises(InputError, match=r"source\.yaml differs"):
        begin(target, tmp_path / "run", accelerator=accelerator, source=target)
    synthetic.corpus(tmp_path, name="target", n=84, seed=9)  # the same settings, other data
    again = open_bench(target.config)
    with pytest.raises(InputError, match=r"another split|other manifests"):
        audit_bench(again, tmp_path / "run", source=source)


def test_the_weight_is_chosen_by_the_score_without_labels_and_the_oracle_by_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    source, target = benches(tmp_path)

    def trained(part, test, _out, _accelerator, *_more):
        """Weight 1 reads every test example right; the score without labels prefers 0.1."""
        is_right = part.system.endswith("-1")
        truth = test.table.labels[test.rows]
        logits = np.eye(3)[truth if is_right else (truth + 1) % 3]
        nothing = np.full((len(truth), 3), np.nan)
        outputs = Outputs(test.rows, logits, nothing, nothing)
        readings = as_predictions(outputs, test.table, part.system, part.run, part.fold)
        return readings, 0.0 if is_right else 1.0

    monkeypatch.setattr(adaptation, "_train", trained)
    monkeypatch.setattr(telling, "train_network", lambda *_args, **_more: None)
    readings = adapt(
        source,
        target,
        ("mmd",),
        tmp_path / "run",
        accelerator=make_accelerator(target.config, device="cpu"),
        reporter=SilentReporter(),
    )
    rows = {part.system: part for part in readings}
    assert (rows["mmd"].guess != rows["mmd"].truth).all()
    assert (rows["mmd-oracle"].guess == rows["mmd-oracle"].truth).all()
