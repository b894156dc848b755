"""Writes a trained text model as the files that ship, and their card."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.emotion.encoders.compact.text import (
    CARD,
    ENCODER,
    HEADS,
    MAX_TOKENS,
    TOKENIZER,
    MiniLmEncoder,
    load_heads,
)
from sentigram.emotion.join import log_normalize
from sentigram.errors import SentigramError
from sentigram.training.fit.calibration import fit_temperature
from sentigram.training.judge.metrics import macro_f1
from sentigram.training.shipped.text.data import LABELS, Corpora, single_label
from sentigram.training.shipped.text.evaluate import evaluate, sentence_vectors
from sentigram.training.shipped.text.graph import bert_graph
from sentigram.training.shipped.text.model import BASE_MODEL, BASE_SHA256
from sentigram.training.shipped.text.train import Trained

if TYPE_CHECKING:
    from pathlib import Path


NAME = "minilm-emotion"
VERSION = "1"

# How far rounding the weights to eight bits may move a sentence's probabilities, on average.
MAX_MEAN_SHIFT = 0.02

_CORPORA = (
    {
        "name": "GoEmotions",
        "licence": "Apache-2.0",
        "by": "Demszky, Movshovitz-Attias, Ko, Cowen, Nemade, Ravi (2020)",
        "use": "train: training; dev: settings, step, temperature; test: reported figures",
    },
    {
        "name": "XED (English)",
        "licence": "CC BY 4.0",
        "by": "Öhman, Pàmies, Kajava, Tiedemann (2020)",
        "use": "training, down-weighted; lines that repeat a held-out text are left out",
    },
    {
        "name": "EmoBank",
        "licence": "CC BY-SA 4.0",
        "by": "Buechel, Hahn (2017)",
        "use": "train: training of valence, arousal, dominance; test: reported figures",
    },
    {
        "name": "MELD",
        "licence": "GPL-3.0 (dialogue copyrighted)",
        "by": "Poria, Hazarika, Majumder, Naik, Cambria, Mihalcea (2019)",
        "use": "dev: reported figures only; nothing is trained or tuned on it",
    },
)


def export(trained: Trained, corpora: Corpora, out: Path, *, command: str) -> dict[str, Any]:
    """Write the weight files and the card, with figures measured from the files themselves.

    Args:
        trained: What training left.
        corpora: For the temperature (dev) and the figures (test).
        out: Folder to write to; it is made.
        command: That re-makes the files; goes into the card.

    Returns:
        The card.

    Raises:
        SentigramError: Compression moved the readings further than MAX_MEAN_SHIFT.
    """
    out.mkdir(parents=True, exist_ok=True)
    _write_encoder(trained, out)
    _write_heads(trained, out, temperature=1.0)
    _write_card(out, {})
    items, truth = single_label(corpora.goemotions, "dev")
    vectors = sentence_vectors(MiniLmEncoder(out), [item.text for item in items])
    scores = load_heads(out).logits(vectors).astype(np.float64)
    temperature = fit_temperature(scores, truth, bounds=(-3.0, 3.0))
    shift = _compression_shift(trained, [item.text for item in items], vectors)
    guess = scores.argmax(axis=1).astype(np.int64)
    dev = {"accuracy": float(np.mean(guess == truth)), "macro_f1": macro_f1(truth, guess)}
    _write_heads(trained, out, temperature=temperature)
    card = _card(trained, command=command, shift=shift, temperature=temperature, dev=dev)
    _write_card(out, card)
    results = evaluate(corpora, folder=out)["sets"]
    return _write_card(out, {**card, "metrics": results})


def _write_encoder(trained: Trained, out: Path) -> None:
    encoder: Any = trained.model.encoder
    weights = {name: value.float().numpy() for name, value in encoder.state_dict().items()}
    model = bert_graph(
        weights,
        n_layers=encoder.config.num_hidden_layers,
        n_heads=encoder.config.num_attention_heads,
        epsilon=encoder.config.layer_norm_eps,
        max_tokens=MAX_TOKENS,
    )
    (out / ENCODER).write_bytes(model.SerializeToString())
    text = json.dumps(trained.tokenizer, ensure_ascii=False, separators=(",", ":"))
    (out / TOKENIZER).write_text(text, encoding="utf-8")


def _write_heads(trained: Trained, out: Path, *, temperature: float) -> None:
    """Write the heads; the VAD head is turned from standard units into [-1, 1]."""
    from safetensors.numpy import save

    state = {
        name: value.detach().double().numpy()
        for name, value in trained.model.state_dict().items()
        if not name.startswith("encoder.")
    }
    mean, std = trained.vad_mean, trained.vad_std
    tensors = {
        "classification.weight": state["classify.weight"],
        "classification.bias": state["classify.bias"],
        "vad.weight": state["vad.weight"] * std[:, None],
        "vad.bias": state["vad.bias"] * std + mean,
        "temperature": np.array([temperature]),
        "log_prior": trained.log_prior,
        "vad_mean": mean,
        "vad_std": std,
    }
    content = save({name: np.ascontiguousarray(t, np.float32) for name, t in tensors.items()})
    # save_file would leave a file that its owner alone can read.
    (out / HEADS).write_bytes(content)


def _compression_shift(trained: Trained, texts: list[str], vectors: Floats32) -> dict[str, float]:
    """Compare the ONNX file's probabilities with the float32 model's in torch."""
    import torch
    from tokenizers import Tokenizer

    from sentigram.training.shipped.text.train import logits

    n = min(500, len(texts))
    tokenizer = Tokenizer.from_str(json.dumps(trained.tokenizer))
    exact = logits(trained.model, tokenizer, texts[:n], bfloat16=False)
    head = trained.model.classify
    with torch.no_grad():
        shipped = head(torch.from_numpy(vectors[:n])).double().numpy()
    shift = np.abs(np.exp(log_normalize(exact)) - np.exp(log_normalize(shipped))).max(axis=1)
    if shift.mean() > MAX_MEAN_SHIFT:
        message = (
            f"{ENCODER}: eight-bit storage moves the readings by {shift.mean():.3f} on average, "
            f"more than {MAX_MEAN_SHIFT}; store the weights less coarsely"
        )
        raise SentigramError(message)
    return {
        "mean": round(float(shift.mean()), 5),
        "max": round(float(shift.max()), 5),
        "same_label": float(np.mean(exact.argmax(axis=1) == shipped.argmax(axis=1))),
    }


def _card(
    trained: Trained,
    *,
    command: str,
    shift: dict[str, float],
    temperature: float,
    dev: dict[str, float],
) -> dict[str, Any]:
    return {
        "name": NAME,
        "version": VERSION,
        "what": "Reads emotion and valence, arousal, dominance from English words.",
        "labels": list(LABELS),
        "licence": "CC BY-SA 4.0 (because of EmoBank); see text.LICENSE.txt",
        "base_model": {
            "name": BASE_MODEL,
            "licence": "Apache-2.0",
            "weights_sha256": BASE_SHA256,
        },
        "corpora": list(_CORPORA),
        "training": {
            "command": command,
            "wall_seconds_on_one_shared_core": round(trained.seconds),
            "settings": asdict(trained.config),
            "dev_by_step": list(trained.history),
            "dev_as_shipped": dev,
            "class_weights": (
                "in the loss only: their logs are taken off the biases after training, a step "
                "decided on dev after the test set had been read once without it (macro-F1 .639)"
            ),
        },
        "heads": (
            "v = weighted mean of token vectors; probs = softmax((classification.weight @ v + "
            "classification.bias) / temperature); vad = clip(vad.weight @ v + vad.bias, -1, 1)"
        ),
        "temperature": temperature,
        "prior": {
            label: round(float(np.exp(p)), 4)
            for label, p in zip(LABELS, trained.log_prior, strict=True)
        },
        "storage": {
            "vocabulary": len(trained.tokenizer["model"]["vocab"]),
            "how": "int8 matrices with float32 scales per column, float32 arithmetic",
            "probability_shift_against_float32": shift,
        },
        "limits": (
            "Trained on written Reddit comments and film subtitles in English. Happiness stands "
            "for all of GoEmotions' positive labels (joy, gratitude, love, admiration, approval "
            "and others). Raters differ: single labels agree with the majority, not with "
            "everyone. Ratings in EmoBank lie near the middle of the scale: read VAD relative "
            "to vad_mean and vad_std. Irony and quoted speech are often misread."
        ),
    }


def _write_card(out: Path, card: dict[str, Any]) -> dict[str, Any]:
    """Write the card with size and sha256 of every weight file as it is now."""
    files = {}
    for name in (ENCODER, TOKENIZER, HEADS):
        content = (out / name).read_bytes()
        files[name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    full = {"name": NAME, "version": VERSION, **card, "files": files}
    text = json.dumps(full, ensure_ascii=False, indent=2)
    (out / CARD).write_text(text + "\n", encoding="utf-8")
    return full
