"""Word pieces from a folder of texts to a report, and to words that are read at work."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from transformers import AutoModel

from sentigram.cli.app import main
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.named import text_tokens
from sentigram.emotion.encoders.whole_texts import WholeTexts
from sentigram.emotion.networks.checkpoint import load_checkpoint
from sentigram.emotion.networks.reader import FusedEmotionModel, word_tokens
from sentigram.emotion.networks.registry import build
from sentigram.emotion.stretches import stretches
from sentigram.errors import MissingError
from sentigram.training.config import read_config
from sentigram.training.fit.accelerators import fresh_accelerator
from sentigram.training.fit.epochs import EpochRecord, Watch, fit
from sentigram.training.fit.experiment import open_bench, parts, systems
from sentigram.training.fit.network import NetworkRun
from sentigram.training.fit.network import _made as made
from sentigram.training.judge.predictions import read_predictions
from tests.emotion.encoders.tiny_models import write_text_model
from tests.emotion.spoken import noise, talk
from tests.training import garbage

CPU = Compute("cpu", "float32")
SAID = {"anger": "No way", "happiness": "wonderful news", "neutral": "the broken window"}


@pytest.fixture(autouse=True, scope="module")
def _little_garbage() -> None:
    garbage.set_aside()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, and a corpus of texts whose words tell the label."""
    folder = tmp_path_factory.mktemp("texts")
    write_text_model(folder / "bert", hidden_dropout_prob=0.0)
    (folder / "talks").mkdir()
    rows = ["id,speaker,text,label"]
    for i in range(36):
        label = list(SAID)[i % 3]
        rows.append(f"{i},s{i // 3 % 6},{SAID[label]} {'again ' * (i % 4)}!,{label}")
    (folder / "talks/labels.csv").write_text("\n".join(rows) + "\n")
    return folder


def experiment(path: Path, name: str, **changes: Any) -> Path:
    given: dict[str, Any] = {
        "name": path.stem,
        "data": {
            "manifests": ["runs/prepared/folder.parquet"],
            "text": name,
            "classes": list(SAID),
            "vad": "none",
        },
        "split": {"scheme": "kfold", "k": 2, "group": "speaker", "validation": 0.3},
        "objective": {"micl": 0, "vad": 0},
        "training": {"epochs": 8, "batch_size": 4, "learning_rate": 0.01, "accumulate": 2},
        "baselines": [],
        **changes,
    }
    path.write_text(yaml.safe_dump(given))
    return path


def test_a_model_is_fine_tuned_from_the_command(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(folder)
    model = folder / "bert"
    name = f"wordpieces+clean+longest=40:{model}"
    assert main(["prepare", "folder", "talks", "--features", name, "--quiet"]) == 0
    language = {"rate": 0.5, "layer_decay": 1e-4, "checkpointing": True}
    model_settings = {"family": "bert", "language": language}
    config = experiment(folder / "tuned.yaml", name, model=model_settings, baselines=["text-mlp"])
    capfd.readouterr()
    accepted = ["train", str(config), "--device", "cpu", "-q", "--json"]
    assert main(accepted) == 0
    figures = json.loads(capfd.readouterr().out)
    rows = {system["name"]: system for system in figures["systems"]}
    assert "text-mlp" not in rows  # it reads vectors
    assert rows["bert"]["overall"]["scores"]["ua"]["value"] > 0.6
    assert "| bert" in (folder / "runs/tuned/report.md").read_text()

    fold = next((folder / "runs/tuned/parts/bert/run-0").iterdir())
    network, card = load_checkpoint(fold / "network.card.json")
    assert card["config"]["language"] | language == card["config"]["language"]
    learnt = network.state_dict()
    given = text_tokens(f"bert:{model}", CPU)._network.state_dict()  # type: ignore[attr-defined]
    moved = {
        part: max(
            float((learnt[f"language.model.{n}"] - value).abs().max())
            for n, value in given.items()
            if part in n and f"language.model.{n}" in learnt
        )
        for part in ("layer.1.", "layer.0.", "embeddings.")
    }
    # twelve updates or fewer, each of about the rate: 5e-3, 5e-7 and 5e-11 at most
    assert 1e-3 < moved["layer.1."] < 0.2
    assert moved["layer.0."] < 1e-4
    assert moved["embeddings."] < 1e-6

    # at work: every word of a sentence is read as the whole sentence was in training
    reader = FusedEmotionModel(fold / "network.card.json", compute=CPU)
    speech = talk(3, 2)
    track = reader.read(speech, noise(speech.utterances[-1].span.end_ms + 300))
    assert len(track.readings) == 5
    encoder = text_tokens(name, CPU)
    assert isinstance(encoder, WholeTexts)
    block = list(stretches(speech.utterances, 60_000))
    values, places = word_tokens(encoder, block, (), 0)
    whole = encoder.encode_whole(speech.utterances)
    for (first, low, high), tokens in zip(places, [whole[0]] * 3 + [whole[1]] * 2, strict=True):
        np.testing.assert_array_equal(values[first:high], tokens)
        assert first == low


@pytest.mark.slow
def test_a_frozen_vector_under_a_perceptron(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
):
    """It reads recordings, too; without the model of its features it says which."""
    monkeypatch.chdir(tmp_path)
    name = f"bert-cls+speakers+longest=40:{folder / 'bert'}"
    talks = str(folder / "talks")
    assert main(["prepare", "folder", talks, "--features", name, "--quiet"]) == 0
    settings = {"family": "text-mlp", "hidden": 16}
    config = experiment(tmp_path / "frozen.yaml", name, model=settings)
    assert main(["train", str(config), "--device", "cpu", "-q"]) == 0
    fold = next((tmp_path / "runs/frozen/parts/text-mlp/run-0").iterdir())
    reader = FusedEmotionModel(fold / "network.card.json", compute=CPU)
    speech = talk(3, 2, speakers=("Ann", "Bob"))
    track = reader.read(speech, noise(speech.utterances[-1].span.end_ms + 300))
    assert len(track.readings) == 5
    assert reader.parts[0].id == "bert"
    # texts of a manifest are read in the form of the features' name, who says them included
    recorded = read_predictions(fold / "predictions.parquet")[0]
    asked = ["predict", "runs/prepared/folder.parquet", "-q", "--csv", "--checkpoint"]
    capfd.readouterr()
    assert main([*asked, str(fold / "network.card.json")]) == 0
    rows = {row["clip"]: row for row in csv.DictReader(io.StringIO(capfd.readouterr().out))}
    temperature = json.loads((fold / "network.card.json").read_text())["calibration"]["temperature"]
    for one, logits in zip(recorded.ids.tolist(), recorded.logits, strict=True):
        raised = np.exp(logits / temperature - (logits / temperature).max())
        found = [float(rows[one][f"p_{label}"]) for label in recorded.classes]
        np.testing.assert_allclose(found, raised / raised.sum(), atol=1e-4)
    card = fold / "network.card.json"
    text = card.read_text().replace(str(folder / "bert"), "nothing-like-it")
    card.write_text(text)
    with pytest.raises(MissingError, match="'nothing-like-it' is not here"):
        FusedEmotionModel(card, compute=CPU)


@pytest.fixture(scope="module")
def part(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> NetworkRun:
    """The first network of an experiment that fine-tunes, with rates by layer and dropout."""
    place = tmp_path_factory.mktemp("part")
    name = f"wordpieces+longest=40:{folder / 'bert'}"
    prepared = ["prepare", "folder", str(folder / "talks"), "--features", name, "--quiet"]
    options = ["--out", str(place / "folder.parquet"), "--features-folder", str(place / "features")]
    assert main([*prepared, *options]) == 0
    data = {
        "manifests": [str(place / "folder.parquet")],
        "features": str(place / "features"),
        "text": name,
        "classes": list(SAID),
        "vad": "none",
    }
    model = {"family": "bert", "dropout": 0.2, "language": {"layer_decay": 0.5}}
    training = {"epochs": 3, "batch_size": 8, "learning_rate": 0.001}
    config = experiment(place / "x.yaml", name, data=data, model=model, training=training)
    bench = open_bench(read_config(config))
    return next(parts(bench, systems(bench)))


def test_weights_are_those_of_the_model_or_of_the_network_to_go_on_from(
    part: NetworkRun, folder: Path
):
    words = "language.model.embeddings.word_embeddings.weight"
    begun, _ = made(part)
    model = AutoModel.from_pretrained(folder / "bert").state_dict()
    torch.testing.assert_close(
        begun.state_dict()[words], model["embeddings.word_embeddings.weight"], rtol=0, atol=0
    )
    other = build(part.model, 3)
    gone_on, _ = made(replace(part, initial=other))
    torch.testing.assert_close(gone_on.state_dict()[words], other.state_dict()[words])
    assert not torch.equal(gone_on.state_dict()[words], begun.state_dict()[words])


def test_a_killed_run_with_several_rates_comes_to_the_same_result(part: NetworkRun, tmp_path: Path):
    class KilledError(Exception):
        pass

    class Kill(Watch):
        def epoch(self, record: EpochRecord) -> None:
            if record.epoch == 1:
                raise KilledError

    def trained(**more: Any) -> tuple[Any, Any]:
        network, objective = made(part)
        history = fit(
            network, objective, part.train, part.validation, part.training,
            accelerator=fresh_accelerator(device="cpu"), seed=3, **more,
        )  # fmt: skip
        return history, network.state_dict()

    history, whole = trained()
    with pytest.raises(KilledError):
        trained(state_file=tmp_path / "state", watch=Kill())
    again, resumed = trained(state_file=tmp_path / "state")
    assert again == history
    for name, value in whole.items():
        assert torch.equal(value, resumed[name]), name
