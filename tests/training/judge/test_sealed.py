from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sentigram.training.audit.readings import readings_findings
from sentigram.training.judge.predictions import Predictions, read_predictions, write_predictions
from sentigram.training.judge.sealed import READINGS, SEAL, check_readings, write_sealed
from sentigram.training.report.folder import read_report
from sentigram.training.splits.folds import Fold, SplitPlan, write_plan
from tests.training.readings import make_readings


def only(part: Predictions, keep: np.ndarray) -> Predictions:
    names = ("ids", "folds", "truth", "logits", "vad_truth", "vad", "speakers", "dialogues",
             "corpora", "groups")  # fmt: skip
    return replace(part, **{name: getattr(part, name)[keep] for name in names})


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of two systems on three folds, as it is written, with the temperatures of its cards."""
    parts = [make_readings(skill=2.0), make_readings("text")]
    folds = []
    for name in sorted(set(parts[0].folds.tolist())):
        folds.append(Fold(name, (), (), tuple(parts[0].ids[parts[0].folds == name].tolist())))
        for part in parts:
            folder = tmp_path / "parts" / part.system / "run-0" / name
            folder.mkdir(parents=True)
            write_predictions(folder / READINGS, [only(part, part.folds == name)])
            card = {"encoders": {}, "calibration": {"temperature": 2.0}}
            (folder / "network.card.json").write_text(json.dumps(card))
    plan = SplitPlan("x", 0, ("ab",), tuple(folds))
    write_plan(tmp_path / "plan.json", plan, overwrite=False)
    write_sealed(tmp_path, parts, plan)
    return tmp_path


def test_what_was_written_is_sound(run: Path):
    checked = check_readings(run, read_predictions(run / READINGS))
    assert checked.wrong == checked.unknown == ()
    assert readings_findings(run) == ()
    report = read_report(run)  # its figures are of calibrated logits, what is bound is not
    assert report.about.temperatures
    assert not any("readings" in note for note in report.about.notes)


def trimmed(part: Predictions) -> Predictions:
    """Without some of a class."""
    return only(part, (part.truth != 2) | (part.ids > "toy/0050"))


def edited(part: Predictions) -> Predictions:
    """With the wrong ones put right."""
    logits = part.logits.copy()
    logits[np.arange(len(logits)), part.truth] += 20
    return replace(part, logits=logits)


def relabelled(part: Predictions) -> Predictions:
    return replace(part, truth=(part.truth + 1) % 4)


def repeated(part: Predictions) -> Predictions:
    return only(part, np.concatenate([np.arange(240), np.flatnonzero(part.truth == 2)]))


@pytest.mark.parametrize("change", [trimmed, edited, relabelled, repeated])
@pytest.mark.parametrize("sealed_anew", [False, True])
def test_changed_readings_are_said(
    run: Path, change: Callable[[Predictions], Predictions], sealed_anew: bool
):
    parts = [change(part) for part in read_predictions(run / READINGS)]
    if sealed_anew:  # the plan and the networks still know
        seal = json.loads((run / SEAL).read_text())
        plan = SplitPlan("x", 0, ("ab",), ())
        write_sealed(run, parts, plan)
        new = json.loads((run / SEAL).read_text()) | {"plan_sha256": seal["plan_sha256"]}
        (run / SEAL).write_text(json.dumps(new))
    else:
        write_predictions(run / READINGS, parts)
    findings = readings_findings(run)
    assert findings
    assert {(f.rule, f.severity) for f in findings} == {("edited-readings", "fail")}
    text = read_report(run).as_text()
    assert "these are not the readings that were written" in text


def test_a_single_reading_is_told_as_one(run: Path):
    first, *others = read_predictions(run / READINGS)
    logits = first.logits.copy()
    logits[0, 0] += 9
    said = " ".join(check_readings(run, [replace(first, logits=logits), *others]).wrong)
    assert f"1 reading of {first.system}, run 1, is not its networks'" in said


def test_a_system_that_is_gone_and_another_plan(run: Path):
    first, _ = read_predictions(run / READINGS)
    write_predictions(run / READINGS, [first])
    said = " ".join(check_readings(run, [first]).wrong)
    assert "text, run 1, is gone" in said
    plan = json.loads((run / "plan.json").read_text())
    plan["folds"][0]["test"] = plan["folds"][0]["test"][1:]
    (run / "plan.json").write_text(json.dumps(plan))
    said = " ".join(check_readings(run, [first]).wrong)
    assert "plan.json is not the plan that they were made on" in said
    assert "has 1 that the plan does not test" in said


@pytest.mark.parametrize("whole_folder", [False, True])
def test_readings_whose_networks_say_nothing_any_more(run: Path, whole_folder: bool):
    """Edited and sealed anew, and what they could be compared with taken away."""
    plan = read_plan_of(run)
    write_sealed(run, [edited(part) for part in read_predictions(run / READINGS)], plan)
    assert [f.severity for f in readings_findings(run)] == ["fail", "fail"]
    if whole_folder:
        shutil.rmtree(run / "parts")
    else:
        for path in run.glob(f"parts/*/*/*/{READINGS}"):
            path.unlink()
    found = readings_findings(run)
    told = " ".join(finding.message for finding in found)
    assert "parts/ beside them has none" in told
    assert ("fail" in {f.severity for f in found}) == (not whole_folder)
    assert ("the readings of 3 networks of vga, run 1, are gone" in told) == (not whole_folder)
    assert "parts/ beside them has none" in read_report(run).as_text()


def read_plan_of(run: Path) -> SplitPlan:
    said = json.loads((run / "plan.json").read_text())
    folds = tuple(
        Fold(f["name"], *(tuple(f[part]) for part in ("train", "validation", "test")))
        for f in said["folds"]
    )
    return SplitPlan(said["scheme"], said["seed"], tuple(said["manifests"]), folds)


def test_runs_without_a_seal_say_so(run: Path):
    (run / SEAL).unlink()
    (told,) = readings_findings(run)
    assert (told.rule, told.severity) == ("edited-readings", "report")
    assert "is not known" in read_report(run).as_text()


def test_a_run_without_readings_has_nothing_to_check(tmp_path: Path):
    assert readings_findings(tmp_path) == ()
