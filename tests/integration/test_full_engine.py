"""The full engine as a user has it: models brought from a folder, then rendered with, and killed.

The models are tiny and random, in the formats of the hub: emotion2vec pickled, as it is published.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

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
def environment(tmp_path_factory, hub_folder) -> dict[str, str]:
    """A user whose store holds the models."""
    home = tmp_path_factory.mktemp("user")
    made = {
        **os.environ,
        "SENTIGRAM_MODELS": str(home / "models"),
        "SENTIGRAM_CACHE": str(home / "cache"),
        "SENTIGRAM_OFFLINE": "1",
        "OMP_NUM_THREADS": "2",
    }
    done = run("models", "pull", *MODELS, "--from", str(hub_folder), environment=made)
    assert done.returncode == 0, done.stderr
    return made


def run(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sentigram", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_nothing_pickled_is_kept_and_all_is_whole(environment):
    store = Path(environment["SENTIGRAM_MODELS"])
    files = {path.name for path in store.rglob("*") if path.is_file()}
    assert "model.safetensors" in files
    assert not {"model.pt", "pytorch_model.bin"} & files
    assert run("models", "verify", environment=environment).returncode == 0


def test_auto_takes_it_by_itself_and_the_document_names_every_part(environment, tmp_path):
    done = run("render", str(TALK), "--no-sidecar", "--out", str(tmp_path), environment=environment)
    assert done.returncode == 0, done.stderr
    assert "engine: full" in done.stderr
    assert "whisper-tiny" in done.stderr
    document = loads((tmp_path / "talk.sentigram.json").read_text(encoding="utf-8"))
    parts = {part.role: part.id for part in document.engine}
    assert parts["transcriber"].endswith("whisper-tiny") or "whisper" in parts["transcriber"]
    assert parts["audio encoder"] == "emotion2vec-plus-base"
    assert parts["text classifier"] == "roberta-go-emotions"
    assert parts["reading"] == "zero-shot, not calibrated"
    assert len(document.track.readings) > 0
    assert {path.suffix for path in tmp_path.iterdir()} == {".html", ".ass", ".json"}
    assert not any((Path(environment["SENTIGRAM_CACHE"]) / "heard").iterdir())


def test_precision_hardly_changes_the_reading(environment, tmp_path):
    probs = {}
    for precision in ("float32", "bfloat16"):
        out = tmp_path / precision
        done = run(
            *("render", str(TALK), "--preview", "0-12", "--to", "json", "--out", str(out)),
            *("--device", "cpu", "--precision", precision),
            environment=environment,
        )
        assert done.returncode == 0, done.stderr
        (path,) = out.iterdir()
        track = loads(path.read_text(encoding="utf-8")).track
        probs[precision] = [max(reading.probs) for reading in track.readings]
    differences = [abs(a - b) for a, b in zip(*probs.values(), strict=True)]
    assert max(differences) < 0.02


def test_a_killed_run_goes_on_after_the_words(environment, tmp_path):
    """Killed as by the system, without a chance to clean up, while emotions are read."""
    long = tmp_path / "long.m4a"
    subprocess.run(
        [
            *(str(find_ffmpeg().path), "-v", "error", "-stream_loop", "3", "-i", str(TALK)),
            *("-map", "0:a", "-c", "copy", str(long)),
        ],
        check=True,
    )
    command = [
        *(sys.executable, "-m", "sentigram", "render", str(long), "--no-sidecar"),
        *("--to", "json", "--out", str(tmp_path / "out")),
    ]
    kept = Path(environment["SENTIGRAM_CACHE"]) / "heard"
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 240
    while not list(kept.glob("*/words.json")):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "out" / "long.sentigram.json").exists()
    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert "earlier run" in again.stderr
    fresh = subprocess.run(
        [*command[:-1], str(tmp_path / "fresh")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "earlier run" not in fresh.stderr
    first, second = (
        json.loads((tmp_path / name / "long.sentigram.json").read_text(encoding="utf-8"))
        for name in ("out", "fresh")
    )
    assert first == second
