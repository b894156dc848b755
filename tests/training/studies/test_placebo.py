"""A policy that knows the label, where there is no label to learn."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sentigram.core.protocols import SilentReporter
from sentigram.errors import InputError
from sentigram.training.audit.experiments import audit_bench
from sentigram.training.audit.placebo import PlaceboStudy, read_study
from sentigram.training.fit import telling
from sentigram.training.fit.augmented import prepare_copies
from sentigram.training.fit.experiment import Bench, make_accelerator, open_bench, run, systems
from sentigram.training.judge.predictions import read_predictions
from sentigram.training.report.folder import read_report
from sentigram.training.studies import placebo
from tests.training import garbage, spoken

BY_CLASS: dict[str, Any] = {
    "copies": 4,
    "policies": {
        "anger": [{"kind": "noise", "colour": "white", "snr_db": 5}],
        "happiness": [{"kind": "codec", "codecs": ["telephone"]}],
        "neutral": [{"kind": "noise", "colour": "brown", "snr_db": 0}],
    },
}


BRIEF = {"epochs": 8, "batch_size": 32, "learning_rate": 0.02}


@pytest.fixture(autouse=True, scope="module")
def _little_garbage() -> None:
    garbage.set_aside()


@dataclass(frozen=True)
class Done:
    """A study, and where it lies."""

    bench: Bench
    out: Path
    study: PlaceboStudy


def studied(bench: Bench, out: Path) -> PlaceboStudy:
    return placebo.placebo_study(
        bench,
        out,
        accelerator=make_accelerator(bench.config, device="cpu"),
        reporter=SilentReporter(),
    )


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    folder = tmp_path_factory.mktemp("placebo")
    torch.set_num_threads(1)
    spoken.corpus(folder, n=60)
    bench = open_bench(spoken.experiment(folder, augment=BY_CLASS, training=BRIEF))
    return Done(bench, folder / "run", studied(bench, folder / "run"))


def test_traces_of_the_policy_are_all_that_the_original_protocol_scores(done: Done):
    scores = {(row.protocol, row.labels): row.score for row in done.study.rows}
    assert scores["original", "drawn"] > 0.75
    assert scores["original", "true"] > 0.75  # these hums tell nothing of their labels either
    assert done.study.placebo.score == scores["honest", "drawn"]
    assert done.study.placebo.chance == pytest.approx(1 / 3)
    assert done.study.placebo.is_at_chance
    assert scores["honest", "drawn"] < 0.5


def test_the_labels_are_dealt_out_anew_and_nothing_else_tells_them(done: Done):
    blind = placebo.label_free(done.bench)
    before, after = done.bench.table.labels, blind.table.labels
    np.testing.assert_array_equal(np.bincount(before), np.bincount(after))
    assert 0.1 < (before == after).mean() < 0.6
    assert np.isnan(blind.table.vad).all()


def test_the_audit_believes_the_placebo_and_the_report_prints_both(done: Done):
    findings = audit_bench(done.bench, done.out)
    assert not [f for f in findings if f.severity == "fail"]
    record = json.loads((done.out / "protocol.json").read_text())
    change = record["changes"][0]
    assert change["uses_label"]
    assert change["when"] == "train_only"
    assert change["placebo"]["score"] == done.study.placebo.score
    accelerator = make_accelerator(done.bench.config, device="cpu")
    prepare_copies(done.bench, done.bench.config.augment)
    run(
        done.bench, systems(done.bench), done.out, accelerator=accelerator,
        reporter=SilentReporter(),
    )  # fmt: skip
    report = read_report(done.out)
    text = report.as_markdown()
    assert "## Placebo: augmentation by label" in text
    assert text.count("original, flawed") == 2
    assert "honest: training altered" in text
    # what the flaw scores is no row of the results
    names = {part.system for part in read_predictions(done.out / "predictions.parquet")}
    assert names == {"audio", "chance", "majority", "tf-idf"}


def test_a_study_is_read_and_not_made_twice(done: Done, monkeypatch: pytest.MonkeyPatch):
    assert read_study(done.out) == done.study
    monkeypatch.setattr(telling, "train_network", None)
    assert studied(done.bench, done.out) == done.study


def test_a_study_of_another_experiment_is_refused(done: Done):
    folder = done.bench.config.data.manifests[0].parent
    other = open_bench(spoken.experiment(folder, augment={**BY_CLASS, "copies": 1}, training=BRIEF))
    with pytest.raises(InputError, match="holds another experiment"):
        studied(other, done.out)


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"version": 1, "rows": [{}]}', '{"version": 1, "rows": []}', "{"]
)
def test_damaged_studies_are_refused(tmp_path: Path, text: str):
    (tmp_path / "placebo.json").write_text(text)
    with pytest.raises(InputError, match="not a placebo study"):
        read_study(tmp_path)
    assert read_study(tmp_path / "nowhere") is None
