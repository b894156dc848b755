from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from sentigram.cli.audit import audit
from sentigram.training.audit.protocol_record import ProtocolRecord, write_record
from sentigram.training.config import as_yaml
from sentigram.training.dataset.manifest import Manifest, write_manifest
from sentigram.training.splits.folds import write_plan
from tests.training import synthetic
from tests.training.protocols import example, plan

pytest.importorskip("sentigram.training.dataset.fingerprint")
_APP = typer.Typer()
_APP.command()(audit)
TEXTS = ("nobody saw the red kite", "we leave at ten", "is it raining yet", "my keys, please")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A folder with what an audit reads of a run."""
    examples = tuple(example(name, text=text) for name, text in zip("abcd", TEXTS, strict=True))
    manifest = Manifest("c", tmp_path, examples)
    write_manifest(tmp_path / "made.parquet", manifest, overwrite=False)
    given = replace(plan("ab", "c", "d"), manifests=(manifest.sha256,))
    write_plan(tmp_path / "plan.json", given, overwrite=False)
    record = ProtocolRecord((), "test", {"audio": "train"})
    write_record(tmp_path / "protocol.json", record, overwrite=False)
    (tmp_path / "experiment.yaml").write_text(as_yaml(synthetic.experiment(tmp_path)))
    return tmp_path


def test_a_run_that_is_sound(run: Path):
    done = CliRunner().invoke(_APP, [str(run)])
    assert done.exit_code == 0
    assert done.stdout.startswith("report label-in-features\n")  # there are none to look at
    assert "not looked at" in done.stdout
    assert done.stdout.endswith("no rule fails\n")


def test_anyones_split_fails_with_its_remedy(run: Path):
    theirs = run / "theirs.csv"
    theirs.write_text("id,split\nc/a,train\nc/b,train\nc/a,test\n")
    arguments = [str(theirs), "--manifest", str(run / "made.parquet"), "--json"]
    done = CliRunner().invoke(_APP, arguments)
    assert done.exit_code == 1
    found = {row["rule"]: row for row in json.loads(done.stdout)}
    assert found["duplicated-across-split"]["severity"] == "fail"
    assert found["duplicated-across-split"]["remedy"].startswith("split first")
    assert found["no-record"]["severity"] == "report"
    done = CliRunner().invoke(_APP, arguments[:-1])
    assert "duplicated-across-split" in done.stdout
    assert done.stdout.endswith("3 rules fail\n")


@pytest.mark.parametrize("columns", [80, 60])
def test_findings_fit_the_terminal_and_are_whole(
    run: Path, monkeypatch: pytest.MonkeyPatch, columns: int
):
    monkeypatch.setenv("COLUMNS", str(columns))
    theirs = run / "theirs.csv"
    theirs.write_text("id,split\nc/a,train\nc/b,train\nc/a,test\n")
    arguments = [str(theirs), "--manifest", str(run / "made.parquet")]
    shown = CliRunner().invoke(_APP, arguments).stdout
    assert max(map(len, shown.splitlines())) <= columns
    flowing = " ".join(shown.split())
    for row in json.loads(CliRunner().invoke(_APP, [*arguments, "--json"]).stdout):
        for part in (row["rule"], row["message"], row["remedy"]):
            assert part in flowing


def test_a_record_is_read(run: Path):
    write_record(run / "other.json", ProtocolRecord((), "test_maximum"), overwrite=False)
    done = CliRunner().invoke(_APP, [str(run), "--record", str(run / "other.json")])
    assert done.exit_code == 1
    assert "selection-on-test" in done.stdout


def test_without_manifests(run: Path):
    done = CliRunner().invoke(_APP, [str(run / "plan.json")])
    assert "give --manifest" in str(done.exception)
