"""Reports of run folders, and the command that prints them."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import typer
from sklearn.metrics import precision_recall_fscore_support
from typer.testing import CliRunner

from sentigram.cli.report import report as command
from sentigram.errors import InputError, OutputError
from sentigram.training.judge.evaluation import read_evaluation
from sentigram.training.judge.metrics import expected_calibration_error
from sentigram.training.judge.predictions import write_predictions
from sentigram.training.report import folder as run_folder
from sentigram.training.report.folder import read_report, report_run, write_plots
from sentigram.training.splits.folds import Fold, SplitPlan
from tests.training.readings import in_dialogues, make_readings

PICTURES = (
    *("classes", "confusion", "curves", "labels", "precision-recall", "reliability"),
    "risk-coverage",
)


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "toy"
    for system in ("vga", "text"):
        part = folder / "parts" / system / "run-0" / "fold-0"
        part.mkdir(parents=True)
        epoch = {"loss": 1.0, "validation_loss": 1.2, "validation_ua": 0.4}
        (part / "history.json").write_text(json.dumps([epoch, epoch]))
        encoders = {kind: {"name": f"my-{kind}"} for kind in ("text", "audio")}
        (part / "network.card.json").write_text(json.dumps({"encoders": encoders}))
    (folder / "plan.json").write_text(json.dumps({"scheme": "leave-out", "sha256": "ab" * 32}))
    findings = [
        {"rule": "unknown-speaker", "severity": "report", "message": "nobody knows"},
        {"rule": "speakers", "severity": "fail", "message": "two are shared"},
    ]
    (folder / "audit.json").write_text(json.dumps({"findings": findings}))
    readings = [make_readings(skill=2.0), make_readings("text", skill=0.5)]
    write_predictions(folder / "predictions.parquet", readings)
    return folder


@pytest.fixture
def call():
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(command)

    def invoke(*args):
        return CliRunner().invoke(app, [str(arg) for arg in args], catch_exceptions=False)

    return invoke


def test_a_run_is_evaluated_into_its_folder(run, monkeypatch):
    known = {("my-text", "toy"): "clean", ("my-audio", "toy"): "label-exposed"}
    monkeypatch.setattr(run_folder, "exposures", lambda _encoders, _corpora: known)
    metrics, text = report_run(run)
    found = read_evaluation(run / "metrics.json")
    assert json.loads(metrics)["systems"][0]["name"] == found.systems[0].name == "vga"
    markdown = (run / "report.md").read_text()
    for line in (
        "split: leave-out, plan abababababab",
        "the audit fails: speakers: two are",
        "the audit says: unknown-speaker: nobody knows",
    ):
        assert line in markdown
        assert line in text
    rows = {line.split("|")[1].strip(): line for line in markdown.splitlines() if "|" in line}
    assert "vga − text" in rows
    headline = markdown.split("## Headline")[1].split("##")[0]
    shown = {line.split("|")[1].strip(): line for line in headline.splitlines() if "|" in line}
    assert "label-exposed" in shown["vga"]
    assert "● clean" in shown["text"]  # it reads words only


def test_confidence_is_that_of_the_cards_temperature(run):
    folder = run / "parts" / "vga" / "run-0"
    readings = make_readings(skill=2.0)
    before = read_report(run)
    assert "Logits as they are" in before.as_markdown()
    for fold, temperature in (("fold-0", 0.5), ("fold-1", 2.0), ("fold-2", 4.0)):
        (folder / fold).mkdir(exist_ok=True)
        card = {"encoders": {}, "calibration": {"temperature": temperature}}
        (folder / fold / "network.card.json").write_text(json.dumps(card))
    report = read_report(run)
    by = np.array([{"fold-0": 0.5, "fold-1": 2.0, "fold-2": 4.0}[fold] for fold in readings.folds])
    scaled = replace(readings, logits=readings.logits / by[:, None])
    scores = report.evaluation.system("vga").overall.scores
    assert scores["ece"].value == pytest.approx(
        expected_calibration_error(scaled.probs, scaled.truth)
    )
    old = before.evaluation.system("vga").overall.scores
    assert scores["ece"].value != old["ece"].value
    assert scores["ua"] == old["ua"]
    assert report.evaluation.system("text") == before.evaluation.system("text")
    assert "gave: vga 0.50–4.00. Other rows as they are." in report.as_markdown()
    (folder / "fold-1" / "network.card.json").write_text('{"calibration": {"temperature": 0}}')
    with pytest.raises(InputError, match="temperature 0 is no positive number"):
        read_report(run)


def test_the_plan_is_digested_anew(run):
    plan = SplitPlan("leave-out", 3, ("aa",), (Fold("one", ("a",), ("b",), ("c", "d")),))
    (run / "plan.json").write_text(json.dumps(asdict(plan) | {"sha256": "ab" * 32}))
    assert read_report(run).about.plan_sha256 == plan.sha256


@pytest.mark.slow
def test_dialogues_are_reported_only_where_nothing_else_can_be_drawn(run):
    assert read_report(run).given is None
    parts = [in_dialogues(make_readings(skill=2.0)), in_dialogues(make_readings("text"))]
    write_predictions(run / "predictions.parquet", parts)
    report = read_report(run)
    assert report.comparisons[0].verdict == "unknown"
    assert report.given.comparisons[0].low is not None
    assert "Headline, over dialogues, given these speakers" in report.as_text()
    few = [in_dialogues(make_readings(), 3), in_dialogues(make_readings("text"), 3)]
    write_predictions(run / "predictions.parquet", few)
    assert read_report(run).given is None
    assert all(path.stat().st_size > 1000 for path in write_plots(read_report(run)))


@pytest.mark.slow
def test_pictures_lie_beside_the_readings(run):
    paths = write_plots(read_report(run))
    assert sorted(path.name for path in paths) == sorted(
        f"{name}{suffix}" for name in PICTURES for suffix in (".png", ".svg")
    )
    assert all(path.parent == run / "plots" and path.stat().st_size > 1000 for path in paths)


def test_the_classification_report_is_scikit_learn_s(run):
    report_run(run)
    text = (run / "classification_report.txt").read_text()
    vga, words = make_readings(skill=2.0), make_readings("text", skill=0.5)
    assert text.startswith("vga, run 1, all folds\n")
    for part in (vga, words):
        truth, guess = (np.array(vga.classes)[each] for each in (part.truth, part.guess))
        rows = precision_recall_fscore_support(truth, guess, labels=vga.classes, zero_division=0)
        own = text.split(f"{part.system}, run 1, all folds\n")[1].split(", run")[0]
        found = {line.split()[0]: line.split()[1:] for line in own.splitlines() if line.split()}
        for i, name in enumerate(vga.classes):
            assert found[name] == [*(f"{row[i]:.4f}" for row in rows[:3]), str(rows[3][i])]
        assert found["accuracy"][0] == f"{np.mean(truth == guess):.4f}"


def test_readings_alone_are_enough(tmp_path):
    write_predictions(tmp_path / "predictions.parquet", [make_readings()])
    report = read_report(tmp_path)
    assert "curves" not in {path.stem for path in write_plots(report)}
    assert "split" not in report.as_markdown()


def test_damaged_files_are_named(run):
    (run / "plan.json").write_text("{")
    with pytest.raises(InputError, match=r"plan\.json: not JSON"):
        read_report(run)


def test_the_command_prints_tables_and_writes_markdown(run, call, tmp_path):
    result = call(run, "--out", tmp_path / "report.md")
    assert result.exit_code == 0
    assert "Headline" in result.output
    assert "not run" in result.output
    assert (tmp_path / "report.md").read_text().startswith("# toy\n")
    assert (run / "plots" / "confusion.svg").is_file()
    with pytest.raises(OutputError, match="add `overwrite`"):
        call(run, "--out", tmp_path / "report.md")


def test_the_command_prints_json_of_one_run_or_several(run, call):
    one = json.loads(call(run, "--json", "--no-plots").output)
    assert one["systems"][0]["overall"]["scores"]["ua"]["value"] > 0.5
    assert not (run / "plots").exists()
    several = json.loads(call(run, run.parent / "toy", "--json", "--no-plots").output)
    assert several[str(run)] == one


def test_a_folder_without_readings_says_what_to_do(call, tmp_path):
    with pytest.raises(InputError, match=r"no predictions; make them with: sentigram train"):
        call(tmp_path)
