"""The full engine as a user has it: models brought from a folder, then rendered with, and killed.

The models are tiny and random, in the formats of the hub: emotion2vec pickled, as it is published.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from sentigram.cli.app import main
from sentigram.core.document import loads
from sentigram.media.ffmpeg import find_ffmpeg
from tests.emotion.encoders import emotion2vec_models, tiny_models
from tests.words import tiny_whisper

LABELS = ("anger", "annoyance", "joy", "disgust", "fear", "sadness", "surprise", "neutral")
MODELS = ("whisper-tiny", "emotion2vec-plus-base", "roberta-go-emotions")
TALK = Path(__file__).resolve().parents[2] / "examples" / "talk.mp4"


@pytest.fixture(scope="module")
def hub_folder(tmp_path_factory) -> Path:
    """What somebody copied from the hub: a folder for each repository."""
    home = tmp_path_factory.mktemp("copied")
    whisper = tiny_whisper.build(home / "build", seed=5)
    shutil.copytree(whisper, home / "faster-whisper-tiny")
    made = emotion2vec_models.save(home / "emotion2vec_plus_base")
    from safetensors.torch import load_file

    state = load_file(made / "model.safetensors")
    torch.save({"model": state}, made / "model.pt")
    (made / "model.safetensors").unlink()
    tiny_models.write_text_model(
        home / "roberta-base-go_emotions", "roberta", labels=LABELS, multi_label=True
    )
    return home


@pytest.fixture(scope="module")
def talk(tmp_path_factory) -> Path:
    """The first seconds of the example: some sentences."""
    out = tmp_path_factory.mktemp("short") / "talk.mp4"
    subprocess.run(
        [find_ffmpeg().path, "-v", "error", "-i", TALK, "-t", "14", "-c", "copy", out], check=True
    )
    return out


@pytest.fixture(scope="module")
def settings(tmp_path_factory, hub_folder) -> dict[str, str]:
    """Of a user whose store holds the models."""
    home = tmp_path_factory.mktemp("user")
    made = {
        "SENTIGRAM_MODELS": str(home / "models"),
        "SENTIGRAM_CACHE": str(home / "cache"),
        "SENTIGRAM_OFFLINE": "1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in made.items():
            patch.setenv(name, value)
        assert main(["models", "pull", *MODELS, "--from", str(hub_folder)]) == 0
    return made


@pytest.fixture(autouse=True)
def _as_that_user(settings, _own_folders, monkeypatch) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


def test_nothing_pickled_is_kept_and_all_is_whole(settings):
    store = Path(settings["SENTIGRAM_MODELS"])
    files = {path.name for path in store.rglob("*") if path.is_file()}
    assert "model.safetensors" in files
    assert not {"model.pt", "pytorch_model.bin"} & files
    assert main(["models", "verify"]) == 0


def test_auto_takes_it_by_itself_and_the_document_names_every_part(settings, talk, tmp_path, capfd):
    assert main(["render", str(talk), "--no-sidecar", "--out", str(tmp_path)]) == 0
    said = capfd.readouterr().err
    assert "engine: full" in said
    assert "whisper-tiny" in said
    document = loads((tmp_path / "talk.sentigram.json").read_text(encoding="utf-8"))
    parts = {part.role: part.id for part in document.engine}
    assert parts["transcriber"].endswith("whisper-tiny") or "whisper" in parts["transcriber"]
    assert parts["audio encoder"] == "emotion2vec-plus-base"
    assert parts["text classifier"] == "roberta-go-emotions"
    assert parts["reading"] == "zero-shot, not calibrated"
    assert len(document.track.readings) > 0
    assert {path.suffix for path in tmp_path.iterdir()} == {".html", ".ass", ".json"}
    assert not any((Path(settings["SENTIGRAM_CACHE"]) / "heard").iterdir())


@pytest.mark.slow
def test_precision_hardly_changes_the_reading(talk, tmp_path):
    probs = {}
    for precision in ("float32", "bfloat16"):
        out = tmp_path / precision
        flags = ["--to", "json", "--out", str(out), "--device", "cpu", "--precision", precision]
        assert main(["render", str(talk), *flags]) == 0
        (path,) = out.iterdir()
        track = loads(path.read_text(encoding="utf-8")).track
        probs[precision] = [max(reading.probs) for reading in track.readings]
    assert probs["float32"]
    differences = [abs(a - b) for a, b in zip(*probs.values(), strict=True)]
    assert max(differences) < 0.02


@pytest.mark.slow
def test_a_killed_run_goes_on_after_the_words(settings, talk, tmp_path, capfd):
    """Killed as by the system, without a chance to clean up, while emotions are read."""
    command = ["render", str(talk), "--no-sidecar", "--to", "json", "--out"]
    kept = Path(settings["SENTIGRAM_CACHE"]) / "heard"
    process = subprocess.Popen(
        [sys.executable, "-m", "sentigram", *command, str(tmp_path / "out")],
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 240
    while not list(kept.glob("*/words.json")):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "out" / "talk.sentigram.json").exists()
    capfd.readouterr()
    assert main([*command, str(tmp_path / "out")]) == 0
    assert "earlier run" in capfd.readouterr().err
    assert main([*command, str(tmp_path / "fresh")]) == 0
    assert "earlier run" not in capfd.readouterr().err
    first, second = (
        json.loads((tmp_path / name / "talk.sentigram.json").read_text(encoding="utf-8"))
        for name in ("out", "fresh")
    )
    assert first == second
