"""The training commands as a researcher runs them, from a folder of clips to a report."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sentigram.cli.app import main
from tests.training import garbage, synthetic

LABELS = ("angry", "joy", "neutral")


@pytest.fixture(autouse=True, scope="module")
def _little_garbage() -> None:
    garbage.set_aside()


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def clips(folder: Path, *, n: int = 24) -> Path:
    """A folder with a CSV: hums whose pitch tells the label."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    with (folder / "mine.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "label", "speaker", "text"])
        for i in range(n):
            hum = np.sin(np.arange(8000) * (0.02 + 0.03 * (i % 3)))
            loud = np.repeat(rng.uniform(0.01, 0.3, 16), 500)  # each says it in its own way
            noise = 0.02 * rng.standard_normal(8000)
            soundfile.write(folder / f"{i}.wav", loud * hum + noise, 16000)
            rows.writerow([f"{i}.wav", LABELS[i % 3], f"s{i % 6}", f"take {i}"])
    return folder


def experiment(path: Path, **changes: object) -> Path:
    import yaml

    given = {
        "name": "mine",
        "data": {"manifests": ["runs/prepared/folder.parquet"], "audio": "compact",
                 "classes": ["anger", "happiness", "neutral"], "vad": "none"},
        "split": {"scheme": "kfold", "k": 2, "group": "speaker", "validation": 0.3},
        "model": {"variant": "audio", "hidden": 16, "n_heads": 2},
        "objective": {"micl": 0, "vad": 0},
        "training": {"epochs": 2, "batch_size": 8, "learning_rate": 0.003},
        "baselines": [],
        **changes,
    }  # fmt: skip
    path.write_text(yaml.safe_dump(given))
    return path


def test_from_clips_to_a_report(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    clips(tmp_path / "talks")
    prepared = ["prepare", "folder", "talks", "--features", "compact", "--quiet"]
    assert main(prepared) == 0
    assert capfd.readouterr().out.strip() == "runs/prepared/folder.parquet"
    assert main(prepared) == 3  # nothing is overwritten unasked
    assert "--overwrite" in capfd.readouterr().err
    assert main([*prepared, "--overwrite"]) == 0
    capfd.readouterr()

    config = experiment(tmp_path / "mine.yaml")
    assert main(["train", str(config), "--device", "cpu", "--final", "--json", "-q"]) == 0
    figures = json.loads(capfd.readouterr().out)
    names = [system["name"] for system in figures["systems"]]
    assert names[0] == "audio"
    assert {"chance", "majority", "tf-idf"} <= set(names)
    run = tmp_path / "runs" / "mine"
    assert (run / "final/parts/audio/run-0/all/network.safetensors").is_file()
    assert (run / "report.md").is_file()

    assert main(["evaluate", "runs/mine"]) == 0
    shown = capfd.readouterr().out
    assert "not run" in shown  # text and concat need words
    assert "majority" in shown
    assert main(["report", "runs/mine", "--out", "mine.md"]) == 0
    assert (run / "plots/confusion.png").is_file()
    assert (tmp_path / "mine.md").read_text().startswith("# mine")
    assert main(["audit", "runs/mine"]) == 0
    assert "no rule fails" in capfd.readouterr().out


def test_a_leak_stops_training_unless_it_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    synthetic.corpus(tmp_path, n=60)
    leaky = {
        "data": {"manifests": ["made.parquet"], "features": "features", "text": "toy-text",
                 "classes": list(synthetic.CLASSES)},
        "model": {"variant": "text", "hidden": 16, "n_heads": 2},
        "split": {"scheme": "kfold", "k": 2, "group": "example"},
    }  # fmt: skip
    config = experiment(tmp_path / "leaky.yaml", **leaky)
    assert main(["train", str(config), "-q"]) == 3
    refused = capfd.readouterr().err
    assert "the audit fails on shared-dialogue, shared-speaker" in refused.replace(
        "shared-speaker, shared-dialogue", "shared-dialogue, shared-speaker"
    )
    assert not list((tmp_path / "runs/mine").rglob("*.safetensors"))
    assert main(["train", str(config), "-q", "--allow-leaks"]) == 0
    assert "the audit fails: shared-speaker" in capfd.readouterr().out
    leaky["split"]["accept"] = ["shared-speaker", "shared-dialogue"]
    named = experiment(tmp_path / "named.yaml", name="named", **leaky)
    assert main(["train", str(named), "-q"]) == 0
    assert "the audit fails: shared-speaker" in capfd.readouterr().out


def test_studies_print_their_rows(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    for name, seed in (("one", 0), ("two", 4)):
        synthetic.corpus(tmp_path, name=name, n=60, seed=seed)
        experiment(
            tmp_path / f"{name}.yaml",
            name=name,
            data={"manifests": [f"{name}.parquet"], "features": "features", "text": "toy-text",
                  "audio": "toy-audio", "classes": list(synthetic.CLASSES)},
            split={"scheme": "kfold", "k": 2, "group": "speaker", "validation": 0.3,
                   "accept": ["shared-dialogue"]},
            model={"hidden": 16, "n_heads": 2, "n_layers": 1},
            objective={},
            training={"epochs": 1, "learning_rate": 0.01},
        )  # fmt: skip
    assert main(["fewshot", "one.yaml", "two.yaml", "--shots", "3,100%", "-q"]) == 0
    shown = capfd.readouterr().out
    for row in ("source-only", "finetuned-3-per-class", "target-only-100pct"):
        assert row in shown
    assert main(["finetune", "one.yaml", "two.yaml", "-q"]) == 0
    assert main(["adapt", "one.yaml", "two.yaml", "--methods", "coral", "-q"]) == 0
    assert "coral-oracle" in capfd.readouterr().out
    assert main(["ablate", "two.yaml", "-q"]) == 0
    assert "no-vga" in capfd.readouterr().out
    assert main(["fewshot", "one.yaml", "two.yaml", "--shots", "some"]) == 2
    assert main(["adapt", "one.yaml", "two.yaml", "--methods", "magic"]) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["prepare", "nocorpus", "."], 2, "no corpus 'nocorpus'; choose from iemocap"),
        (["prepare", "ravdess", "absent"], 2, "not a folder"),
        (["prepare", "folder", "."], 3, "csv"),
        (["train", "absent.yaml"], 3, "configs/ravdess"),
        (["train", "bundled"], 2, "--data FOLDER"),
        (
            ["train", "bundled", "--data", ".", "--parts", "face"],
            2,
            "choose from text, voice, join",
        ),
        (["evaluate", "absent"], 3, "no predictions"),
        (
            ["evaluate", "bundled", "--data", ".", "--parts", "face"],
            2,
            "choose from text, voice, join, real, retest",
        ),
        (
            ["evaluate", "bundled", "--data", ".", "--parts", "retest", "--weights", "runs"],
            2,
            "leave out --weights",
        ),
        (["audit", "absent.json"], 2, "--manifest"),
    ],
)
def test_faults_say_what_to_do(
    arguments: list[str], code: int, message: str, capfd: pytest.CaptureFixture[str]
):
    assert main(arguments) == code
    assert message in capfd.readouterr().err


def test_without_the_libraries_the_command_that_brings_them_is_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("sentigram.cli.training_flags.find_spec", lambda _name: None)
    assert main(["train", "x.yaml"]) == 4
    assert "pip install 'sentigram[train]'" in capfd.readouterr().err
