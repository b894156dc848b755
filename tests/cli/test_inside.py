"""Commands that look into networks and corpora: what they say when they cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sentigram.cli.app import main

COMMANDS = ("corpus", "explain", "predict", "export")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["corpus", "absent.parquet"], 3, "sentigram prepare"),
        (["explain", "absent"], 3, "no networks are in it; train it first"),
        (["explain", "absent", "--examples", "-1"], 2, "--examples"),
        (["predict", "clip.wav"], 2, "--checkpoint"),
        (["predict", "clip.wav", "--checkpoint", "absent.card.json"], 3, "no such checkpoint"),
        (["export", "absent.card.json"], 2, "--onnx"),
        (["export", "absent.card.json", "--onnx", "x.onnx"], 3, "no such checkpoint"),
        (["export", "absent.card.json", "--onnx", "no/x.onnx"], 3, "no"),
    ],
)
def test_faults_say_what_to_do(
    arguments: list[str], code: int, message: str, capfd: pytest.CaptureFixture[str]
):
    assert main(arguments) == code
    assert message in capfd.readouterr().err
    assert not list(Path().iterdir())


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (
            ["predict", "clip.wav", "--checkpoint", "x.card.json", "--csv", "there.csv"],
            "another --csv",
        ),
        (["export", "x.card.json", "--onnx", "there"], "another name"),
        (["report", "run", "--out", "there"], "another --out"),
        (["themes", "preview", "there"], "another name"),
        (["prepare", "folder", ".", "--out", "there"], "another --name, or --out FILE"),
        (["prepare", "ravdess", ".", "--out", "there"], "--out FILE"),
    ],
)
def test_a_file_in_the_way_names_an_option_that_the_command_has(
    arguments: list[str], remedy: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    there = tmp_path / arguments[-1]
    there.write_text("kept")
    assert main(arguments) == 3
    end = f"{there.name}: exists already; add --overwrite to replace it, or give {remedy}\n"
    assert capfd.readouterr().err.endswith(end)
    assert there.read_text() == "kept"


def test_features_that_do_not_exist_leave_no_manifest_in_the_way(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    (tmp_path / "list.csv").write_text("text,label\nHow lovely,joy\n")
    asked = ["prepare", "folder", "list.csv", "--name", "mine", "--features"]
    assert main([*asked, "minilm,logmell"]) == 2
    assert "no features are called 'logmell'" in capfd.readouterr().err
    assert not (tmp_path / "runs").exists()
    assert main([*asked, "none", "-q"]) == 0


def test_a_card_that_is_none_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    (tmp_path / "x.card.json").write_text(json.dumps({"format": "another"}))
    asked = {
        "predict": ["clip.wav", "--checkpoint", "x.card.json"],
        "export": ["x.card.json", "--onnx", "y.onnx"],
    }
    for command, rest in asked.items():
        assert main([command, *rest]) == 3
        assert "not the card of a network" in capfd.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_without_the_libraries_the_command_that_brings_them_is_named(
    command: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("sentigram.cli.training_flags.find_spec", lambda _name: None)
    more = {"predict": ["--checkpoint", "c"], "export": ["--onnx", "x.onnx"]}
    assert main([command, "x", *more.get(command, [])]) == 4
    assert "pip install 'sentigram[train]'" in capfd.readouterr().err
