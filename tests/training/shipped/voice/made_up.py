"""A corpus of made-up windows: speakers with offsets of their own, labels that move all alike."""

from __future__ import annotations

import numpy as np

from sentigram.training.corpora.item import Item
from sentigram.training.shipped.voice.features import N_KINDS
from sentigram.training.shipped.voice.recipe import LABELS, VoiceCorpus

WIDTH = 12
NEUTRAL = LABELS.index("neutral")


def moves(strength: float = 2.0) -> np.ndarray:
    """What each label adds to neutral speech, (n_labels, WIDTH)."""
    drawn = strength * np.random.default_rng(99).normal(size=(len(LABELS), WIDTH))
    return drawn - drawn[NEUTRAL]


def corpus(
    *,
    n_speakers: int = 6,
    per_label: int = 6,
    strength: float = 2.0,
    seed: int = 0,
    name: str = "x",
    labels: tuple[str, ...] = LABELS.names,
    conditions: tuple[str, ...] = ("clean", "noise"),
) -> VoiceCorpus:
    """Every speaker says every label; other conditions than the first move all windows."""
    rng = np.random.default_rng(seed)
    items, rows = [], []
    for speaker in range(n_speakers):
        voice = rng.normal(0, 4, WIDTH)
        for label in labels:
            for take in range(per_label):
                ids = f"{speaker}-{label}-{take}"
                split = f"emobox_test_fold_{speaker % 3 + 1}"
                items.append(Item(ids, name, (label,), split, "", None, f"s{speaker}"))
                noise = rng.normal(size=(N_KINDS, WIDTH))
                rows.append(voice + moves(strength)[LABELS.index(label)] + noise)
    vectors = np.array(rows, np.float32)
    return VoiceCorpus(
        tuple(items), {c: vectors + np.float32(0.1 * i) for i, c in enumerate(conditions)}
    )
