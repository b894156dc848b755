"""Two processes train one network together."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sentigram.training.config import as_yaml
from sentigram.training.judge.predictions import read_predictions
from tests.training import synthetic


@pytest.mark.slow
def test_two_processes_write_one_run(tmp_path: Path):
    synthetic.corpus(tmp_path, n=60)
    config = synthetic.experiment(
        tmp_path,
        split={"k": 2, "accept": ["shared-dialogue"]},
        training={"epochs": 1},
        baselines=[],
    )
    (tmp_path / "x.yaml").write_text(as_yaml(config))
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "-m"]
    command += ["sentigram", "train", "x.yaml", "--device", "cpu", "--quiet"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("Headline") == 1
    run = tmp_path / "runs" / "toy"
    assert json.loads((run / "environment.json").read_text())["processes"] == 2
    readings = read_predictions(run / "predictions.parquet")[0]
    assert len(set(readings.ids)) == 60
