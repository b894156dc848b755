"""Made-up readings with a known amount of skill, for the tests of evaluation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sentigram.training.judge.predictions import Predictions

CLASSES = ("angry", "happy", "neutral", "sad")


def make_readings(
    system: str = "vga",
    *,
    run: int = 0,
    n: int = 240,
    n_speakers: int = 12,
    skill: float = 1.0,
    seed: int = 0,
    with_vad: bool = True,
    corpora: tuple[str, ...] = ("toy",),
    groups: tuple[str, ...] = ("scripted", "improvised"),
) -> Predictions:
    """Truth depends on `seed` only, so that systems of one seed read the same examples."""
    truth_rng = np.random.default_rng(seed)
    truth = truth_rng.choice(len(CLASSES), n, p=(0.4, 0.3, 0.2, 0.1))
    vad_truth = truth_rng.uniform(-1, 1, (n, 3)) if with_vad else np.full((n, 3), np.nan)
    rng = np.random.default_rng([seed, run, *system.encode()])
    logits = rng.normal(size=(n, len(CLASSES)))
    logits[np.arange(n), truth] += skill
    names = np.array([f"toy/{i:04d}" for i in range(n)])
    order = rng.permutation(n)  # systems and runs need not agree on an order
    return Predictions(
        system=system,
        run=run,
        classes=CLASSES,
        ids=names[order],
        folds=np.array([f"fold-{i % 3}" for i in range(n)])[order],
        truth=truth[order],
        logits=logits[order],
        vad_truth=vad_truth[order],
        vad=(vad_truth + rng.normal(size=(n, 3)) / (skill + 0.5))[order],
        speakers=np.array([f"toy/s{i % n_speakers:02d}" for i in range(n)])[order],
        dialogues=np.full(n, ""),
        corpora=np.array([corpora[i % len(corpora)] for i in range(n)])[order],
        groups=np.array([groups[i // 2 % len(groups)] for i in range(n)])[order],
    )


def in_dialogues(part: Predictions, n: int = 20) -> Predictions:
    """The same in dialogues in which all speakers meet, by the example's number."""
    numbers = [int(name[-4:]) for name in part.ids]
    return replace(part, dialogues=np.array([f"toy/d{i * n // len(numbers):02d}" for i in numbers]))
