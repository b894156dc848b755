"""Settings that are tried and chosen: by validation, fold by fold, and by nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from sentigram.errors import InputError, UsageError
from sentigram.training.audit.experiments import audit_bench
from sentigram.training.config import as_yaml, check_config
from sentigram.training.fit.experiment import Bench, make_accelerator, open_bench
from sentigram.training.judge.predictions import read_predictions
from sentigram.training.studies.grid import Grid, cells_of, run_grid, selections, table
from tests.fakes import Recorder
from tests.training import garbage, synthetic

AXES = ["training.learning_rate=1e-9,.03"]


@pytest.fixture(autouse=True, scope="module")
def _little_garbage() -> None:
    garbage.set_aside()


def given(folder: Path, **changes: Any) -> dict[str, Any]:
    brief = {
        "split": {"k": 2},
        "training": {"epochs": 4, "batch_size": 16},
        "model": {"variant": "text"},
        "baselines": ["audio"],
    }
    loaded: dict[str, Any] = yaml.safe_load(
        as_yaml(synthetic.experiment(folder, **{**brief, **changes}))
    )
    return loaded


def ran(folder: Path, axes: list[str], out: Path) -> tuple[Bench, Grid, Recorder]:
    said = given(folder)
    bench = open_bench(check_config(said, where="here"))
    accelerator, heard = make_accelerator(bench.config, device="cpu"), Recorder()
    cells = cells_of(said, axes, where="here")
    return bench, run_grid(bench, cells, out, accelerator=accelerator, reporter=heard), heard


@pytest.mark.slow
def test_each_fold_takes_what_was_best_on_its_own_validation(tmp_path: Path):
    synthetic.corpus(tmp_path, n=80, signal=4.0)
    out = tmp_path / "run"
    bench, grid, heard = ran(tmp_path, AXES, out)
    slow, fast = (f"training.learning_rate={rate}" for rate in ("1e-9", ".03"))
    folds = [fold.name for fold in bench.plan.folds]
    assert grid.chosen == dict.fromkeys(folds, fast)
    assert grid.best == fast
    cells = {
        name: read_predictions(out / "cells" / name / "predictions.parquet")[0]
        for name in (slow, fast)
    }
    readings = read_predictions(out / "predictions.parquet")
    assert [part.system for part in readings][:2] == ["text", "audio"]
    np.testing.assert_array_equal(readings[0].logits, cells[fast].logits)
    for fold in folds:
        history = json.loads(
            (out / "cells" / slow / "parts/text/run-0" / fold / "history.json").read_text()
        )
        assert grid.scores[slow][fold] == max(epoch["validation_ua"] for epoch in history)
        assert (out / "parts/text/run-0" / fold / "network.safetensors").is_file()
    assert json.loads((out / "grid.json").read_text())["chosen"] == grid.chosen
    _, rows, note = table(grid)
    assert [row[0] for row in rows] == [fast, slow]
    assert rows[0][2] == ", ".join(folds)
    assert "test examples chose nothing" in note

    _, again, heard = ran(tmp_path, [f"{AXES[0]},.02"], out)  # only the new cell is trained
    assert len(again.scores) == 3
    assert sum("best validation UA" in line for line in heard.notes) == 2


def test_a_lower_loss_is_better():
    grid = Grid("loss", {"a": {"one": 1.0}, "b": {"one": 0.5}}, {"one": "b"})
    assert grid.best == "b"
    assert table(grid)[1][0][:2] == ("b", "0.500")


def test_choices_are_on_record_and_none_saw_its_own_test(tmp_path: Path):
    synthetic.corpus(tmp_path, n=90)
    bench = open_bench(check_config(given(tmp_path), where="here"))
    found = audit_bench(bench, tmp_path / "run", selections=selections(bench))
    assert "selection-on-test" not in {finding.rule for finding in found}
    record = json.loads((tmp_path / "run/protocol.json").read_text())
    of_grid = [row for row in record["selections"] if row["what"] == "settings of the grid"]
    assert [row["fold"] for row in of_grid] == [fold.name for fold in bench.plan.folds]
    assert of_grid[0]["ids"] == list(bench.plan.folds[0].validation)


def test_several_axes_are_multiplied_and_lists_stay_whole(tmp_path: Path):
    cells = cells_of(
        given(tmp_path), ["objective.vad=.1,.3", "data.normalize_text=none,train"], where="here"
    )
    assert [cell.name for cell in cells] == [
        "objective.vad=.1,data.normalize_text=none", "objective.vad=.1,data.normalize_text=train",
        "objective.vad=.3,data.normalize_text=none", "objective.vad=.3,data.normalize_text=train",
    ]  # fmt: skip
    assert {cell.config.objective.vad for cell in cells} == {0.1, 0.3}
    assert cells[0].config.baselines == ()
    wide = {**given(tmp_path), "model": {"family": "cnn-bilstm"}}
    (one, two) = cells_of(wide, ["model.channels=[8, 16],[32]"], where="here")
    assert [cell.config.model.model_dump()["channels"] for cell in (one, two)] == [(8, 16), (32,)]


@pytest.mark.parametrize(
    ("axis", "kind", "message"),
    [
        ("objective.vad", UsageError, "write section.key=value,value"),
        ("objective.vad=.1,,.3", UsageError, "write section.key=value,value"),
        ("split.k=2,3", UsageError, "split.k is the same for all cells"),
        ("training.seed=1,2", UsageError, "training.seed is the same for all cells"),
        ("objective.vad=.1,.1", UsageError, "the same settings twice"),
        ("objective.vad=.1,much", InputError, "here, objective.vad=much: wrong settings"),
    ],
)
def test_faults_say_what_to_write(tmp_path: Path, axis: str, kind: type, message: str):
    with pytest.raises(kind, match=message):
        cells_of(given(tmp_path), [axis], where="here")
