"""`sentigram prepare` on data in no official layout, from the command line to a trained network."""

from __future__ import annotations

import csv
import json
import pickle  # noqa: TID251  (files as others make them)
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import yaml

from sentigram.cli.app import main
from sentigram.training.dataset.features import open_store
from sentigram.training.dataset.manifest import read_manifest
from tests.training import garbage


@pytest.fixture(autouse=True, scope="module")
def _little_garbage() -> None:
    garbage.set_aside()


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def hum(path: Path, pitch: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.2 * np.sin(np.arange(4000) * pitch), 16000)
    return path


def meld(path: Path, *, n: int = 24) -> Path:
    """A table as the trimodal system has it, smaller: numbers tell the emotion."""
    rng = np.random.default_rng(0)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        names = [
            f"{name}_{i}" for name, width in (("V1", 6), ("V3", 2), ("A2", 4)) for i in range(width)
        ]
        rows.writerow(["Utterance", "Emotion", "Split", "Episode", *names])
        for i in range(n):
            numbers = rng.normal(i % 2, 0.1, len(names))
            split = ("train", "train", "dev", "test")[i // 2 % 4]
            rows.writerow([f"line {i}", ("joy", "anger")[i % 2], split, 1, *numbers])
    return path


def test_a_table_of_features_is_trained_on(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    meld(tmp_path / "MELD small.csv")
    columns = "audio=V1+V3,visual=A2,text=Utterance,label=Emotion,split=Split"
    assert main(["prepare", "table", "MELD small.csv", "--columns", columns]) == 0
    told = capfd.readouterr()
    assert told.out.strip() == "runs/prepared/meld-small.parquet"
    assert "columns that are not read: Episode" in told.err
    assert "meld-small-audio is V1 6 + V3 2" in told.err
    given = {
        "name": "small",
        "data": {"manifests": ["runs/prepared/meld-small.parquet"], "audio": "meld-small-audio",
                 "classes": ["anger", "happiness"], "vad": "none"},
        "split": {"scheme": "official"},
        "model": {"variant": "audio", "hidden": 8, "n_heads": 2},
        "objective": {"micl": 0, "vad": 0},
        "training": {"epochs": 2, "batch_size": 8, "learning_rate": 0.01},
        "baselines": [],
    }  # fmt: skip
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(given))
    assert main(["train", "small.yaml", "--device", "cpu", "-q", "--json"]) == 0
    systems = json.loads(capfd.readouterr().out)["systems"]
    assert systems[0]["name"] == "audio"


def test_three_files_of_tensors_are_one_corpus(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    for split in ("train", "val", "test"):
        rows = [
            {"text_embed": torch.ones(4) * i, "audio_embed": torch.ones(1, 6), "label": i % 2}
            for i in range(3)
        ]
        (tmp_path / f"IEMOCAP_{split}.pkl").write_bytes(pickle.dumps(rows))
    files = ["IEMOCAP_train.pkl", "--val", "IEMOCAP_val.pkl", "--test", "IEMOCAP_test.pkl"]
    options = ["--name", "seeds", "--labels", "0=anger,1=sad", "-q"]
    assert main(["prepare", "features", *files, *options]) == 0
    assert capfd.readouterr().out.strip() == "runs/prepared/seeds.parquet"
    made = read_manifest(tmp_path / "runs/prepared/seeds.parquet")
    assert [(e.split, e.labels) for e in made.examples[:4]] == [
        ("train", ("anger",)), ("train", ("sadness",)), ("train", ("anger",)), ("val", ("anger",)),
    ]  # fmt: skip
    store = open_store(tmp_path / "runs/features", "seeds-text")
    np.testing.assert_array_equal(store.get(made.examples[5]), np.full((1, 4), 2))


def test_two_corpora_of_ones_own_do_not_collide(tmp_path: Path):
    for name in ("one", "two"):
        hum(tmp_path / name / "anger" / "a.wav", 0.03)
        hum(tmp_path / name / "joy" / "a.wav", 0.06)
        assert main(["prepare", "folder", name, "--name", name, "-q"]) == 0
    made = [read_manifest(tmp_path / f"runs/prepared/{name}.parquet") for name in ("one", "two")]
    assert [manifest.corpus for manifest in made] == ["one", "two"]
    ids = [example.id for manifest in made for example in manifest.examples]
    assert ids == ["one/anger/a.wav", "one/joy/a.wav", "two/anger/a.wav", "two/joy/a.wav"]


def test_whole_paths_below_a_named_folder(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    clip = hum(tmp_path / "disk" / "a.wav", 0.03)
    (tmp_path / "l.csv").write_text(f"Clip,Feeling\n{clip},sad\n")
    arguments = ["prepare", "folder", "l.csv", "--columns", "file=Clip,label=Feeling", "-q"]
    assert main(arguments) == 3
    assert f"allow it with --clips {clip.parent}" in capfd.readouterr().err
    assert main([*arguments, "--clips", "disk", "--name", "disk"]) == 0
    made = read_manifest(tmp_path / "runs/prepared/disk.parquet")
    assert (made.root, made.examples[0].audio) == (tmp_path / "disk", "a.wav")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["ravdess", ".", "--name", "x"], 2, "--name: for folder, table, features"),
        (["features", "x.pkl", "--columns", "label=a"], 2, "--columns: for folder, table"),
        (["folder", ".", "--name", "../x"], 2, "--name ../x: write small letters"),
        (["folder", ".", "--columns", "audio=V1"], 2, "what columns may mean: file, text, label"),
        (["folder", ".", "--labels", "0"], 2, "--labels 0: write GIVEN=EMOTION"),
        (["folder", "absent"], 2, "absent: there is no such folder or table"),
        (["table", "absent.csv"], 2, "absent.csv: there is no such table"),
        (["table", "."], 2, ".: is a folder; give the table"),
        (["features", "absent.pkl"], 3, "absent.pkl"),
    ],
)
def test_what_does_not_fit_is_said(
    arguments: list[str], code: int, message: str, capfd: pytest.CaptureFixture[str]
):
    assert main(["prepare", *arguments]) == code
    assert message in capfd.readouterr().err


def test_help_keeps_ones_own_data_apart(capfd: pytest.CaptureFixture[str]):
    assert main(["prepare", "--help"]) == 0
    shown = capfd.readouterr().out
    assert (
        shown.index("--features-folder") < shown.index("Your own data") < shown.index("--columns")
    )


def test_labels_that_stay_numbers_are_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    rows = [{"audio_embed": torch.ones(4) * i, "label": (0, 1, 10)[i]} for i in range(3)]
    (tmp_path / "mine.pkl").write_bytes(pickle.dumps(rows))
    asked = ["prepare", "features", "mine.pkl", "--name", "mine", "--overwrite", "-q"]
    assert main([*asked, "--labels", "1=happiness"]) == 0
    told = capfd.readouterr().err
    assert "labels that are numbers stay so: 0, 10; say what they mean with --labels 0=" in told
    assert main([*asked, "--labels", "1=happiness,0=fear,10=neutral"]) == 0
    assert capfd.readouterr().err == ""
