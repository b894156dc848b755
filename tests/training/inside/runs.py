"""Small runs whose networks can be looked into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sentigram.core.protocols import SilentReporter
from sentigram.emotion.encoders.tokens import EncoderInfo
from sentigram.emotion.networks.registry import network_config
from sentigram.training.dataset.features import content_key, start_store, write_shard
from sentigram.training.fit.experiment import Bench, make_accelerator, open_bench, run, systems
from tests.training import synthetic

SMALL: dict[str, dict[str, Any]] = {
    "fusion": {"hidden": 16, "n_heads": 2, "n_layers": 1, "d_contrast": 0},
    "resnet18": {"family": "resnet18", "width": 4},
    "cnn-bilstm": {"family": "cnn-bilstm", "channels": [4, 4], "hidden": 8, "n_layers": 1},
    "audio-transformer": {
        "family": "audio-transformer", "hidden": 16, "n_layers": 2, "n_heads": 2,
    },
    "vggish": {"family": "vggish", "channels": [4, 4, 4, 4], "hidden": 8, "embedding": 6},
    "early-fusion": {"family": "early-fusion", "audio": {"width": 4}, "hidden": 8},
    "patch-cross": {
        "family": "patch-cross", "n_layers": 1,
        "audio": {"hidden": 16, "n_layers": 1, "n_heads": 2},
    },
    "vggish-bert": {
        "family": "vggish-bert", "hidden": [8],
        "audio": {"channels": [4, 4, 4, 4], "hidden": 8, "embedding": 6},
    },
    "trimodal": {"family": "trimodal", "hidden": 16, "n_heads": 2},
    "bert": {
        "family": "bert",
        "language": {
            "architecture": {
                "model_type": "bert", "vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 2,
                "num_attention_heads": 2, "intermediate_size": 24, "initializer_range": 0.3,
            },
        },
    },
    "text-mlp": {"family": "text-mlp", "hidden": 8},
}  # fmt: skip
ON_SPECTROGRAMS = ("resnet18", "cnn-bilstm", "audio-transformer", "vggish")
"""Families that read the voice alone."""
ON_WORDS = {"bert": "wordpieces:made-up", "text-mlp": "toy-text"}
"""Families that read words alone, and what they read."""


def corpus(folder: Path, *, n: int = 24, name: str = "made") -> None:
    """A corpus with vectors and pieces of words, vectors of the voice, and spectrograms.

    Each clip lasts a second.
    """
    made = synthetic.corpus(folder, name=name, n=n, n_speakers=4)
    rng = np.random.default_rng(5)
    info = EncoderInfo("logmel", "audio", 64, "made for a test", stored="float16")
    clips = [rng.standard_normal((40 + 7 * (i % 9), 64)).astype(np.float32) for i in range(n)]
    keys = [content_key(example, "audio") for example in made.examples]
    write_shard(start_store(folder / "features", info), info, keys, clips)
    pieces = EncoderInfo(ON_WORDS["bert"], "text", 1, "made for a test", numbers="ids")
    texts = {
        content_key(example, "text"): rng.integers(1, 40, (3 + i % 5, 1)).astype(np.float32)
        for i, example in enumerate(made.examples)
    }
    write_shard(start_store(folder / "features", pieces), pieces, list(texts), list(texts.values()))


def trained(folder: Path, family: str, *names: str, **changes: Any) -> tuple[Bench, Path]:
    """A run of one epoch on two folds, on corpora that `corpus` wrote."""
    settings = {**SMALL[family], **changes.pop("model", {})}
    data: dict[str, Any] = {"audio": "toy-audio", **changes.pop("data", {})}
    if family not in ("fusion", "trimodal"):
        data["audio"] = "logmel"
    if family in ON_SPECTROGRAMS:
        data["text"] = None
    if family in ON_WORDS:
        data |= {"text": ON_WORDS[family], "audio": None}
    config = synthetic.experiment(
        folder, *names,
        **{
            "data": data,
            "split": {"scheme": "kfold", "k": 2, "group": "speaker", "validation": 0.3},
            "training": {"epochs": 1, "batch_size": 16, "learning_rate": 0.01},
            "objective": {"micl": 0},
            "baselines": [],
            **changes,
        },
    )  # fmt: skip
    config = config.model_copy(update={"model": network_config(settings)})
    bench = open_bench(config)
    accelerator = make_accelerator(config, device="cpu")
    out = folder / f"run-{family}-{config.name}"
    run(bench, systems(bench), out, accelerator=accelerator, reporter=SilentReporter())
    return bench, out
