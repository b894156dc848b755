"""The whole way from corpora to shipped files, with a tiny base model and tiny corpora."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import dialogue
import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from sentigram.cli.app import main
from sentigram.emotion.encoders.compact.text import MiniLmEncoder, load_heads
from sentigram.errors import SentigramError
from sentigram.store.shipped import read_card
from sentigram.training.shipped.text import evaluate as evaluate_module
from sentigram.training.shipped.text import export as export_module
from sentigram.training.shipped.text import train as train_module
from sentigram.training.shipped.text.data import read_corpora
from sentigram.training.shipped.text.evaluate import OURS, WORDS, sentence_vectors
from sentigram.training.shipped.text.model import TextModel
from tests.emotion.encoders.text_weights import PIECES, tokenizer_spec

WORD = {"joy": "happy", "sadness": "unhappy", "neutral": "am", "anger": "b",
        "fear": "a", "disgust": "aab", "surprise": "!"}  # fmt: skip


def write(path: Path, header: str, rows: list[list[object]]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header.split(","), *rows])


@pytest.fixture(scope="module")
def corpora_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    comments: list[list[object]] = []
    for split, n in (("train", 40), ("dev", 4), ("test", 4)):
        for label, word in WORD.items():
            comments += [
                [f"{split}-{label}-{i}", label, "", split, f"i am {'so ' * (i % 3)}{word} ."]
                for i in range(n)
            ]
    head = "id,label,speaker,split,text"
    write(root / "goemotions" / "ekman_manifest.csv", head, comments)
    write(root / "goemotions" / "original_manifest.csv", head, comments)
    write(root / "xed" / "manifest.csv", "id,label,text", [["x0", "joy", "happy happy a"]])
    vad = {"happy": (4.5, 3.0, 3.5), "unhappy": (1.5, 2.5, 2.0), "am": (3.0, 2.0, 3.0)}
    write(
        root / "emobank" / "emobank.csv",
        "id,split,V,A,D,text",
        [
            [f"d{i}_{split}{word}", split, *vad[word], f"so {word} b" + " a" * (i % 4)]
            for split in ("train", "test")
            for i in range(12)
            for word in vad
        ],
    )
    meld_head = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID"
    for split in ("train", "dev"):
        write(
            root / "meld" / f"{split}_sent_emo.csv",
            meld_head,
            [
                [7 * d + i, f"{w} ?", "Ann", e, "x", d, i]
                for d in range(3)
                for i, (e, w) in enumerate(WORD.items())
            ],
        )
    return root


@pytest.fixture(scope="module")
def made(
    corpora_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, object]]:
    base, out = tmp_path_factory.mktemp("base"), tmp_path_factory.mktemp("out")
    (base / "tokenizer.json").write_text(json.dumps(tokenizer_spec()), encoding="utf-8")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(PIECES), hidden_size=16, num_hidden_layers=2, num_attention_heads=4,
        intermediate_size=32, max_position_embeddings=512,
    )  # fmt: skip
    BertModel(config, add_pooling_layer=False).save_pretrained(base)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_module, "base_folder", lambda: base)
        settings = train_module.TrainConfig(epochs=6, batch_size=16, lr=3e-3, head_lr=3e-2)
        patch.setattr(train_module, "TrainConfig", lambda: settings)
        patch.setattr(evaluate_module, "N_DRAWS", 20)
        code = main(
            ["train", "bundled", "--parts", "text", "--data", str(corpora_folder),
             "--out", str(out)]
        )  # fmt: skip
    assert code == 0
    return out, read_card("text", folder=out)


def test_training_learns(made: tuple[Path, dict[str, object]]) -> None:
    _, card = made
    figures = card["metrics"]["GoEmotions test, one label"]["models"]  # type: ignore[index]
    assert figures[OURS]["accuracy"]["value"] > 0.7
    assert figures["majority"]["accuracy"]["value"] == pytest.approx(1 / 7)
    assert figures["chance"]["accuracy"]["value"] < 0.5
    vad = card["metrics"]["EmoBank test, Pearson r (by document)"]["models"]  # type: ignore[index]
    assert vad[OURS]["valence"]["value"] > 0.7
    assert set(vad) == {OURS, WORDS}


def test_card_tells_what_a_user_must_know(made: tuple[Path, dict[str, object]]) -> None:
    out, card = made
    assert {"labels", "licence", "base_model", "corpora", "training", "files", "limits"} <= set(
        card
    )
    assert card["licence"].startswith("CC BY-SA 4.0")  # type: ignore[attr-defined]
    assert sum(card["prior"].values()) == pytest.approx(1, abs=0.01)  # type: ignore[attr-defined]
    heads = load_heads(out)
    assert heads.temperature == pytest.approx(card["temperature"])
    assert heads.weight.shape == (7, 16)


def test_vad_is_in_units_of_the_ratings(made: tuple[Path, dict[str, object]]) -> None:
    out, _ = made
    heads = load_heads(out)
    good, bad = heads.vad(sentence_vectors(MiniLmEncoder(out), ["so happy b", "so unhappy b"]))
    # The ratings are 4.5 and 1.5 on 1 to 5: +0.75 and -0.75, around a mean of 0.
    assert 0.2 < good[0] < 0.95
    assert -0.95 < bad[0] < -0.2
    np.testing.assert_allclose(heads.vad_mean, [0, -0.25, -0.0833], atol=0.001)


def test_evaluate_command_agrees_with_the_card(
    made: tuple[Path, dict[str, object]],
    corpora_folder: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, card = made
    monkeypatch.setattr(evaluate_module, "N_DRAWS", 20)
    asked = ["evaluate", "bundled", "--parts", "text", "--data", str(corpora_folder)]
    asked += ["--weights", str(out), "--quiet"]
    assert main([*asked, "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["text"]["sets"] == card["metrics"]
    assert main(asked) == 0
    printed = capfd.readouterr().out
    assert "MELD dev, 21 texts" in printed
    assert "MELD dev, over dialogues, given these speakers, 21 texts" in printed
    together = "all 21 examples hang together by speakers and dialogues"
    assert f"\ninterval unknown: {together}\n" in printed
    assert "weighted F1" in printed


def test_the_study_of_dialogue_reads_the_same_weights(
    made: tuple[Path, dict[str, object]], corpora_folder: Path
) -> None:
    found = dialogue.study(read_corpora(corpora_folder), folder=made[0], n_draws=20)
    printed = dialogue.as_text(found)
    assert "MELD with the lines before, tried on 7 lines of train" in printed
    assert "share of lines whose words show what is felt" in printed
    assert "negative, or happiness: log odds" in printed


def test_class_weights_are_taken_back_by_bayes_rule() -> None:
    encoder = BertModel(
        BertConfig(vocab_size=9, hidden_size=16, num_hidden_layers=1, num_attention_heads=2)
    )
    model = TextModel(encoder)
    vector = torch.randn(4, 16, generator=torch.Generator().manual_seed(0))
    weights = np.array([0.5, 2.0, 3.0, 1.0, 1.0, 0.25, 1.5])
    with torch.no_grad():
        before = torch.softmax(model.classify(vector), dim=1).numpy()
        train_module.remove_class_weights(model, weights)
        after = torch.softmax(model.classify(vector), dim=1).numpy()
    wanted = before / weights
    np.testing.assert_allclose(after, wanted / wanted.sum(axis=1, keepdims=True), rtol=1e-4)


def test_evaluate_without_data_says_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "bundled", "--data", str(tmp_path)]) == 3
    assert "no such corpus file" in capfd.readouterr().err
    assert main(["evaluate", "bundled"]) == 2
    assert "--data FOLDER" in capfd.readouterr().err


def test_too_coarse_storage_is_refused(
    made: tuple[Path, dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, _ = made
    tokenizer = json.loads((out / "text_tokenizer.json").read_text(encoding="utf-8"))
    torch.manual_seed(1)
    encoder = BertModel(
        BertConfig(
            vocab_size=len(tokenizer["model"]["vocab"]), hidden_size=16, num_hidden_layers=2,
            num_attention_heads=4, intermediate_size=32,
        ),
        add_pooling_layer=False,
    )  # fmt: skip
    other = train_module.Trained(
        model=TextModel(encoder), tokenizer=tokenizer, vad_mean=np.zeros(3),
        vad_std=np.ones(3), log_prior=np.zeros(7), config=train_module.TrainConfig(),
        history=(), seconds=0.0,
    )  # fmt: skip
    texts = ["so happy", "unhappy a b"]
    vectors = 50 * np.random.default_rng(0).normal(size=(2, 16)).astype(np.float32)
    monkeypatch.setattr(export_module, "MAX_MEAN_SHIFT", 1e-4)
    with pytest.raises(SentigramError, match="eight-bit storage moves the readings"):
        export_module._compression_shift(other, texts, vectors)
