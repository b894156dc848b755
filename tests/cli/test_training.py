"""The training commands as a researcher runs them, from a folder of clips to a report."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sentigram.cli.app import main
from sentigram.emotion.encoders.tokens import EncoderInfo
from sentigram.training.dataset.features import content_key, start_store, write_shard
from sentigram.training.judge.predictions import read_predictions, write_predictions
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


def toy(path: Path, **changes: object) -> Path:
    """An experiment on words alone of the corpus that `synthetic.corpus` writes beside it."""
    return experiment(
        path,
        **{
            "data": {"manifests": ["made.parquet"], "features": "features", "text": "toy-text",
                     "classes": list(synthetic.CLASSES)},
            "model": {"variant": "text", "hidden": 16, "n_heads": 2},
            "split": {"scheme": "kfold", "k": 2, "group": "speaker", "validation": 0.3,
                      "accept": ["shared-dialogue"]},
            **changes,
        },
    )  # fmt: skip


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
    assert "not the readings" not in shown
    assert main(["report", "runs/mine", "--out", "mine.md"]) == 0
    assert (run / "plots/confusion.png").is_file()
    assert (tmp_path / "mine.md").read_text().startswith("# mine")
    assert main(["audit", "runs/mine"]) == 0
    assert "no rule fails" in capfd.readouterr().out
    readings = read_predictions(run / "predictions.parquet")
    write_predictions(run / "predictions.parquet", readings[:-1])  # without the last system
    assert main(["audit", "runs/mine"]) == 1
    assert "edited-readings" in capfd.readouterr().out


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
    # no folder holds an audit.json to look them up in
    assert "of one fold, such as made/" in refused
    assert not (tmp_path / "runs").exists()
    assert main(["train", str(config), "-q", "--allow-leaks"]) == 0
    assert "the audit fails: shared-speaker" in capfd.readouterr().out
    leaky["split"]["accept"] = ["shared-speaker", "shared-dialogue"]
    named = experiment(tmp_path / "named.yaml", name="named", **leaky)
    assert main(["train", str(named), "-q"]) == 0
    assert "the audit fails: shared-speaker" in capfd.readouterr().out


def test_progress_is_told_in_lines_unless_quiet(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    synthetic.corpus(tmp_path, n=60)
    config = toy(tmp_path / "mine.yaml")
    assert main(["train", str(config), "--device", "cpu"]) == 0
    lines = [line.strip() for line in capfd.readouterr().err.splitlines()]
    told = [line for line in lines if "best validation UA" in line]
    assert [line.split(":")[0] for line in told] == [
        "1/2 text, fold-1, run 1",
        "2/2 text, fold-2, run 1",
    ]
    assert len(list((tmp_path / "runs/mine/logs").rglob("events*"))) == 2
    assert main(["train", str(config), "--device", "cpu", "--out", "other", "-q"]) == 0
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_a_finished_run_takes_more_seeds_and_nothing_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    synthetic.corpus(tmp_path, n=60)
    config = toy(tmp_path / "mine.yaml")
    command = ["train", str(config), "--device", "cpu", "--json"]
    assert main([*command, "-q"]) == 0
    parts = tmp_path / "runs/mine/parts/text"
    before = {path: path.stat().st_mtime_ns for path in parts.rglob("*.safetensors")}
    assert len(before) == 4  # a network and its inputs, for two folds
    capfd.readouterr()
    assert main([*command, "--num-runs", "3"]) == 0
    shown = capfd.readouterr()
    assert json.loads(shown.out)["systems"][0]["n_runs"] == 3
    assert shown.err.count("best validation UA") == 4
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert sorted(path.name for path in parts.iterdir()) == ["run-0", "run-1", "run-2"]
    assert main([*command, "--num-runs", "2"]) == 3
    assert "holds 3 runs; ask for as many or more (--num-runs 3)" in capfd.readouterr().err
    assert main([*command, "--num-runs", "4", "--set", "training.epochs=3"]) == 3
    assert "(training.epochs is 2 there and 3 here)" in capfd.readouterr().err
    assert parts.is_dir()


def test_wrong_settings_leave_no_folder_behind(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    made = synthetic.corpus(tmp_path, n=60)
    info = EncoderInfo("pooled", "text", 5, "pooled 1")
    folder = start_store(tmp_path / "features", info)
    vectors = np.random.default_rng(0).standard_normal((60, 1, 5)).astype(np.float32)
    write_shard(folder, info, [content_key(e, "text") for e in made.examples], list(vectors))
    alone = {"data": {"manifests": ["made.parquet"], "features": "features", "text": "pooled",
                      "audio": "toy-audio", "classes": list(synthetic.CLASSES)},
             "model": {"variant": "cross", "hidden": 16, "n_heads": 2},
             "objective": {}, "baselines": ["text"]}  # fmt: skip
    config = toy(tmp_path / "mine.yaml", **alone)
    refused = ["train", str(config), "-q", "--device", "cpu"]
    assert main([*refused, "--out", "deep/down"]) == 2
    assert "get no gradient from these features" in capfd.readouterr().err
    assert not (tmp_path / "deep").exists()
    (tmp_path / "mine").mkdir()
    assert main([*refused, "--out", "mine"]) == 2
    assert (tmp_path / "mine").is_dir()  # it was there before


@pytest.mark.slow
def test_names_stand_for_an_experiment_and_a_grid_is_chosen_by_validation(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    import yaml

    from sentigram.training.config import check_config

    (tmp_path / "runs/prepared").mkdir(parents=True)
    synthetic.corpus(tmp_path, n=60)
    (tmp_path / "made.parquet").rename(tmp_path / "runs/prepared/made.parquet")
    (tmp_path / "features").rename(tmp_path / "runs/features")
    small = ["model.hidden=16", "model.n_heads=2", "training.epochs=1", "split.scheme=kfold",
             "split.k=2", "split.validation=.3",
             "split.accept=[shared-dialogue, shared-session]"]  # fmt: skip
    command = ["train", "--model", "text", "--dataset", "made", "--device", "cpu"]
    command += [part for setting in small for part in ("--set", setting)]
    assert main([*command, "--grid", "training.learning_rate=1e-9,.01"]) == 0
    shown = capfd.readouterr()
    said = shown.err.partition("stands for:\n")[2].partition("\n  cell ")[0]
    said = "\n".join(line for line in said.splitlines() if line.startswith("    "))
    config = check_config(yaml.safe_load(said), where="what was printed")
    assert config.name == "made-text"
    assert config.data.text == "toy-text"
    assert "cell 2/2: training.learning_rate=.01" in shown.err
    table = shown.out.partition("\nGrid\n")[2]
    assert "| training.learning_rate=1e-9 |" in table
    assert "test examples chose nothing" in " ".join(table.split())
    assert (
        tmp_path / "runs/made-text/cells/training.learning_rate=.01/report.md"
    ).exists() is False
    assert main(["report", "runs/made-text/cells/training.learning_rate=.01", "--no-plots"]) == 0
    assert main(["train", "x.yaml", "--model", "text"]) == 2
    assert main(["train", "--model", "text"]) == 2
    assert "or --model and --dataset" in capfd.readouterr().err


@pytest.mark.slow
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


@pytest.mark.slow
def test_augmentation_by_class_runs_its_placebo_first(capsys: pytest.CaptureFixture[str]):
    folder = clips(Path("corpus"), n=36)
    assert main(["prepare", "folder", str(folder), "--features", "logmel", "-q"]) == 0
    by_class = {
        "everyone": [{"kind": "specaugment"}],
        "policies": {
            "anger": [{"kind": "pitch"}],
            "neutral": [{"kind": "noise", "colour": "brown"}],
        },
    }
    data = {"manifests": ["runs/prepared/folder.parquet"], "audio": "logmel",
            "classes": ["anger", "happiness", "neutral"], "vad": "none"}  # fmt: skip
    brief = {"epochs": 1, "batch_size": 16}
    path = experiment(Path("by-class.yaml"), augment=by_class, data=data, training=brief)
    assert main(["prepare", "copies", str(path), "--out", "heard", "-q"]) == 0
    assert sorted(file.name for file in Path("heard").iterdir()) == [
        "anger-pitch-original.wav", "anger-pitch.wav",
        "neutral-noise-original.wav", "neutral-noise.wav",
    ]  # fmt: skip
    before, after = (
        soundfile.read(f"heard/neutral-noise{end}.wav")[0] for end in ("-original", "")
    )
    assert before.shape == after.shape
    assert np.abs(before - after).max() > 0.01
    assert "24 altered copies" in capsys.readouterr().out
    assert main(["train", str(path), "-q"]) == 0
    printed = capsys.readouterr().out
    assert "Placebo: augmentation by label" in printed
    assert json.loads(Path("runs/mine/placebo.json").read_text())["rows"]
    assert Path("runs/mine/copies.parquet").is_file()
    card = next(Path("runs/mine/parts").rglob("*.card.json"))
    assert json.loads(card.read_text())["augment"]["policies"]["anger"][0][0]["kind"] == "pitch"
    # without the placebo nobody knows what the policy teaches, and the audit says so
    skipped = experiment(
        Path("skip.yaml"), name="skip", data=data, training=brief,
        augment={**by_class, "placebo": "skip"},
    )  # fmt: skip
    assert main(["train", str(skipped), "-q"]) != 0
    assert "label-dependent-augmentation" in capsys.readouterr().err
