"""A small corpus of hums on disk, with spectrograms, as `sentigram prepare` makes them."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from sentigram.training.config import ExperimentConfig, check_config
from sentigram.training.dataset.extractors import encoder
from sentigram.training.dataset.features import extract
from sentigram.training.dataset.manifest import Example, Manifest, write_manifest
from sentigram.training.dataset.preparing import samples_sha256

CLASSES = ("anger", "happiness", "neutral")
RATE = 16_000


def hum(rng: np.random.Generator, seconds: float = 0.25) -> np.ndarray:
    """A voice of one pitch with a little noise, int16 (n,)."""
    time_s = np.arange(int(seconds * RATE)) / RATE
    hz = rng.uniform(110, 300)
    tone = sum(np.sin(2 * np.pi * hz * k * time_s) / k for k in range(1, 8))
    samples = 0.1 * np.asarray(tone) + 0.001 * rng.standard_normal(len(time_s))
    return np.round(samples * 32767).astype("<i2")


def write_clip(path: Path, samples: np.ndarray) -> None:
    """int16 (n,) as WAV."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


def corpus(
    folder: Path, *, name: str = "hums", n: int = 48, n_speakers: int = 6, seed: int = 0
) -> Manifest:
    """Write NAME.parquet, clips that tell nothing of their labels, and their spectrograms."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % len(CLASSES))
    examples = []
    for i, label in enumerate(labels):
        samples = hum(rng)
        write_clip(folder / f"{name}-{i}.wav", samples)
        examples.append(
            Example(
                id=f"{name}/{i:04d}",
                corpus=name,
                labels=(CLASSES[label],),
                split="",
                text=f"words {i}",
                audio=f"{name}-{i}.wav",
                speaker=f"{name}/s{i % n_speakers}",
                dialogue=f"{name}/d{i % n_speakers}",
                duration_ms=250,
                audio_sha256=samples_sha256(samples.astype(np.float32) / 32767),
                fingerprint=rng.bytes(32).hex(),
            )
        )
    manifest = Manifest(name, folder, tuple(examples), "made up")
    write_manifest(folder / f"{name}.parquet", manifest, overwrite=True)
    extract([manifest], encoder("logmel"), folder / "features")
    return manifest


def experiment(folder: Path, name: str = "hums", **changes: object) -> ExperimentConfig:
    """An experiment on `corpus`; changes are by section."""
    given: dict[str, object] = {
        "name": name,
        "data": {
            "manifests": [str(folder / f"{name}.parquet")],
            "features": str(folder / "features"),
            "audio": "logmel",
            "classes": list(CLASSES),
        },
        "split": {"scheme": "kfold", "k": 2, "group": "speaker", "validation": 0.3},
        "model": {"variant": "audio", "hidden": 16, "n_heads": 2, "n_layers": 1, "dropout": 0.0},
        "objective": {"micl": 0, "vad": 0, "label_smoothing": 0},
        "training": {"epochs": 3, "batch_size": 16, "learning_rate": 0.01, "patience": 8},
        "baselines": [],
    }
    for section, change in changes.items():
        # another family has other settings
        old = None if isinstance(change, dict) and "family" in change else given.get(section)
        given[section] = {**old, **change} if isinstance(old, dict) else change  # type: ignore[dict-item]
    return check_config(given, where="the test")
