"""A small corpus with features, on disk, in the formats that `sentigram prepare` writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from sentigram.emotion.encoders.tokens import EncoderInfo
from sentigram.training.config import ExperimentConfig, check_config
from sentigram.training.dataset.features import content_key, start_store, write_shard
from sentigram.training.dataset.manifest import Example, Manifest, write_manifest

CLASSES = ("anger", "happiness", "neutral")
WORDS = ("shouted", "with a laugh", "read aloud")
D_TEXT, D_AUDIO, D_VISUAL = 12, 10, 8


def corpus(
    folder: Path,
    *,
    name: str = "made",
    n: int = 120,
    n_speakers: int = 6,
    signal: float = 2.0,
    with_vad: bool = True,
    seed: int = 0,
    shift: float = 0.0,
    visual: bool = False,
) -> Manifest:
    """Write a manifest and features of each modality whose tokens tell the label.

    Args:
        folder: Gets NAME.parquet and features/.
        name: Of the corpus.
        n: Examples.
        n_speakers: Taken in turn.
        signal: How far labels are apart, in deviations; 0 makes label-free noise.
        with_vad: Whether half of the examples have annotations.
        seed: Of the draws.
        shift: Added to all features: another domain.
        visual: Whether there are features of faces, too.
    """
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, len(CLASSES), n)
    directions = np.random.default_rng(7).standard_normal((len(CLASSES), D_TEXT + D_AUDIO))
    # what people feel is in their words, but not always
    heard = np.random.default_rng([seed, 1]).random(n) < 0.7
    said = [WORDS[label] if h else "as ever" for label, h in zip(labels, heard, strict=True)]
    examples, text, audio = [], [], []
    for i, label in enumerate(labels):
        vad = (0.5, -0.5, 0.1 * label) if with_vad and i % 2 else None
        speaker = f"{name}/s{i % n_speakers}"
        example = Example(
            id=f"{name}/{i:04d}",
            corpus=name,
            labels=(CLASSES[label],),
            split="",
            text=f"{name} {i} words {said[i] if signal else 'of nothing'}",
            audio=f"{i}.wav",
            speaker=speaker,
            dialogue=f"{name}/d{i % n_speakers}",
            session=f"{name}/x{i % n_speakers // 2}",
            vad=vad,
            duration_ms=1000,
            audio_sha256=f"{name}{i:060d}",
            fingerprint=rng.bytes(32).hex(),
        )
        examples.append(example)
        own = directions[label] * signal / np.sqrt(len(directions[label])) + shift
        text.append(_tokens(rng, own[:D_TEXT], 1 + i % 5))
        audio.append(_tokens(rng, own[D_TEXT:], 2 + i % 4))
    manifest = Manifest(name, folder, tuple(examples), "made up")
    write_manifest(folder / f"{name}.parquet", manifest, overwrite=True)
    made = [("text", D_TEXT, text), ("audio", D_AUDIO, audio)]
    if visual:
        looks = np.random.default_rng(8).standard_normal((len(CLASSES), D_VISUAL))
        means = looks[labels] * signal / np.sqrt(D_VISUAL) + shift
        faces = [_tokens(rng, mean, 1 + i % 3) for i, mean in enumerate(means)]
        made.append(("visual", D_VISUAL, faces))
    for kind, width, arrays in made:
        info = EncoderInfo(f"toy-{kind}", kind, width, f"toy {kind} 1")  # type: ignore[arg-type]
        store = start_store(folder / "features", info)
        write_shard(store, info, [content_key(e, info.kind) for e in examples], arrays)
    return manifest


def experiment(folder: Path, *names: str, **changes: object) -> ExperimentConfig:
    """An experiment on corpora that `corpus` wrote; changes are by section."""
    given: dict[str, object] = {
        "name": "toy",
        "data": {
            "manifests": [str(folder / f"{name}.parquet") for name in names or ("made",)],
            "features": str(folder / "features"),
            "text": "toy-text",
            "audio": "toy-audio",
            "classes": list(CLASSES),
        },
        "split": {"scheme": "kfold", "k": 3, "group": "speaker", "validation": 0.3},
        "model": {"hidden": 16, "n_heads": 2, "n_layers": 1, "dropout": 0.1, "d_contrast": 8},
        "training": {"epochs": 6, "batch_size": 16, "learning_rate": 0.01, "patience": 6},
        "baselines": ["text", "audio", "concat"],
    }
    for section, change in changes.items():
        old = given.get(section)
        given[section] = {**old, **change} if isinstance(old, dict) else change  # type: ignore[dict-item]
    return check_config(given, where="the test")


def shuffled(manifest: Manifest, folder: Path, *, seed: int = 1) -> Manifest:
    """The same corpus with its labels dealt out anew, written over it."""
    order = np.random.default_rng(seed).permutation(len(manifest.examples))
    examples = tuple(
        replace(example, labels=manifest.examples[int(other)].labels)
        for example, other in zip(manifest.examples, order, strict=True)
    )
    dealt = replace(manifest, examples=examples)
    write_manifest(folder / f"{manifest.corpus}.parquet", dealt, overwrite=True)
    return dealt


def _tokens(rng: np.random.Generator, mean: np.ndarray, n: int) -> np.ndarray:
    return (mean + rng.standard_normal((n, len(mean)))).astype(np.float32)
