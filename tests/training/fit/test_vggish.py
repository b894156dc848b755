"""Experiments with VGGish: weights from elsewhere, and a PCA that only training examples decide."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sentigram.core.protocols import SilentReporter
from sentigram.emotion.encoders.logmel import VggishMelTokens
from sentigram.emotion.networks.checkpoint import load_checkpoint
from sentigram.emotion.networks.language.config import LanguageModelConfig
from sentigram.emotion.networks.registry import network_config
from sentigram.emotion.networks.spectrogram.vggish import Vggish, cut
from sentigram.errors import MissingError, UsageError
from sentigram.training.dataset.features import content_key, start_store, write_shard
from sentigram.training.fit.batches import collate
from sentigram.training.fit.experiment import (
    Bench,
    divide,
    make_accelerator,
    open_bench,
    run,
    systems,
)
from sentigram.training.report.folder import read_report
from tests.store.vggish_files import CHANNELS, write
from tests.training import synthetic

SMALL = {"family": "vggish", "channels": list(CHANNELS), "hidden": 16, "embedding": 12}


def corpus(folder: Path, *, n: int = 24) -> None:
    made = synthetic.corpus(folder, n=n, n_speakers=4)
    rng = np.random.default_rng(5)
    info = VggishMelTokens().info
    clips = [
        rng.standard_normal((100 + 40 * (i % 5), 64)).astype(np.float32) * (1 + i % 3) - 2
        for i in range(n)
    ]
    keys = [content_key(example, "audio") for example in made.examples]
    write_shard(start_store(folder / "features", info), info, keys, clips)


def bench(folder: Path, model: dict[str, Any], **data: Any) -> Bench:
    config = synthetic.experiment(
        folder,
        data={"audio": "logmel-vggish", "text": None, "normalize_audio": "none", **data},
        split={"scheme": "kfold", "k": 2, "group": "speaker", "validation": 0.3},
        training={"epochs": 1, "batch_size": 16, "learning_rate": 0.01},
        objective={"micl": 0},
        baselines=[],
    )
    return open_bench(
        config.model_copy(
            update={"model": network_config(model if "family" in model else {**SMALL, **model})}
        )
    )


def trained(made: Bench, out: Path) -> list[Path]:
    accelerator = make_accelerator(made.config, device="cpu")
    run(made, systems(made), out, accelerator=accelerator, reporter=SilentReporter())
    return sorted(out.glob("parts/vggish/run-0/*/network.card.json"))


def test_a_pca_is_fitted_on_training_examples_only(tmp_path: Path):
    corpus(tmp_path)
    made = bench(tmp_path, {"frozen": True, "postprocess": "pca", "pca": 3})
    cards = trained(made, tmp_path / "run")
    assert len(cards) == 2
    for fold, card in zip(made.plan.folds, cards, strict=True):
        network, _ = load_checkpoint(card)
        assert isinstance(network, Vggish)
        encoder = network.encoder
        _, train, _, _ = divide(made, fold)
        given = collate(train.table, train.rows.tolist()).inputs["audio"]
        pieces, counted = cut(given.values, given.mask)
        with torch.no_grad():
            flat = encoder.features(pieces[counted].unsqueeze(1)).permute(0, 2, 3, 1).flatten(1)
            embeddings = encoder.embeddings(flat).double().numpy()
        assert encoder.post is not None
        np.testing.assert_allclose(encoder.post.means, embeddings.mean(axis=0), rtol=1e-4)
        projected = (embeddings - embeddings.mean(axis=0)) @ encoder.post.vectors.double().numpy().T
        np.testing.assert_allclose(np.cov(projected.T, bias=True), np.eye(3), atol=1e-3)
    first, second = (load_checkpoint(card)[0].state_dict()["encoder.post.means"] for card in cards)
    assert not torch.allclose(first, second)  # each fold has its own


def test_weights_are_taken_and_cards_and_reports_say_so(tmp_path: Path, monkeypatch):
    corpus(tmp_path)
    port = write(tmp_path / "store" / "vggish")
    monkeypatch.setenv("SENTIGRAM_MODELS", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path / "store")  # without a card it is a folder
    made = bench(tmp_path, {"weights": "vggish", "frozen": True, "postprocess": "pca"})
    (card, *_) = trained(made, tmp_path / "run")
    network, said = load_checkpoint(card)
    for name, value in port.state_dict().items():
        torch.testing.assert_close(network.state_dict()[f"encoder.{name}"], value)
    assert said["config"]["weights"] == "vggish"
    assert len(said["config"]["weights_sha256"]) == 64
    report = read_report(tmp_path / "run")
    assert report.about.encoders["vggish"] == ("logmel-vggish", "vggish")
    assert report.exposures["vggish", "made"] == "unknown"
    # what was divided by a temperature is still what was written
    assert report.about.temperatures["vggish"] != (1.0, 1.0)
    assert not any("not the readings" in note for note in report.about.notes)
    assert json.loads(card.read_text())["normalize_audio"] == "none"


def test_weights_refuse_a_scaled_spectrogram(tmp_path: Path):
    corpus(tmp_path)
    write(tmp_path / "w")
    made = bench(tmp_path, {"weights": str(tmp_path / "w")}, normalize_audio="train")
    with pytest.raises(UsageError, match=r"set data.normalize_audio: none"):
        systems(made)


def test_absent_weights_stop_an_experiment_before_it_trains(tmp_path: Path, monkeypatch):
    corpus(tmp_path)
    monkeypatch.setenv("SENTIGRAM_MODELS", str(tmp_path / "store"))
    made = bench(tmp_path, {"weights": "vggish"})
    with pytest.raises(MissingError, match="run: sentigram models pull vggish"):
        trained(made, tmp_path / "run")
    assert not list((tmp_path / "run").glob("parts/**/*"))


def test_its_own_part_is_the_network_beside_it(tmp_path: Path):
    """What a part reaches alone is asked of the same part, weights and all."""
    corpus(tmp_path)
    write(tmp_path / "w")
    audio = {**SMALL, "weights": str(tmp_path / "w")}
    made = bench(
        tmp_path,
        {"family": "vggish-bert", "audio": audio, "language": {"rate": 0.2}, "hidden": [8]},
        text="toy-text",
    )  # fmt: skip
    config = made.config.model_copy(update={"baselines": ("vggish", "resnet18")})
    with pytest.raises(UsageError, match="has settings of model"):
        systems(Bench(config, made.manifests, made.table, made.plan, made.encoders))
    config = config.model_copy(
        update={"model": config.model.model_copy(update={"language": LanguageModelConfig()})}
    )
    rows = systems(Bench(config, made.manifests, made.table, made.plan, made.encoders))
    assert [row.name for row in rows] == ["vggish-bert", "vggish", "resnet18"]
    assert rows[1].model == network_config(audio)
    assert rows[2].model == network_config({"family": "resnet18"})
