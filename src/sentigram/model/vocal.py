"""What the voice says: a linear head over pooled windows, normalized per recording.

Voices and microphones differ more than emotions do, so every window is seen against its own
recording: features are centred and scaled by the recording's statistics, shrunk toward those of
the training data in proportion to how little speech there is (a short recording in one mood must
not have its mood normalized away).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sentigram.assets import weights
from sentigram.cards import DEFAULT_WEIGHTS, read_card, voice_card
from sentigram.core.emotion import LabelSet
from sentigram.model.reading import WINDOW_MS

Floats = NDArray[np.float64]

_BLOCK_ROWS = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Normalizer:
    """Training statistics of pooled windows, and how much speech outweighs them.

    Attributes:
        mean: (POOLED_WIDTH,) over speakers.
        deviation: (POOLED_WIDTH,) within speakers.
        prior_windows: Windows' worth of speech at which a recording counts as much as training.
    """

    mean: Floats
    deviation: Floats
    prior_windows: float

    def __call__(self, pooled: Floats, *, n_windows: float | None = None) -> Floats:
        """Center and scale the windows of one recording or speaker.

        Args:
            pooled: (n, POOLED_WIDTH).
            n_windows: How many separate windows they amount to, where they overlap.
        """
        n = float(len(pooled) if n_windows is None else n_windows)
        mean, scale = self.shrunk(pooled.mean(axis=0), pooled.var(axis=0), n)
        normalized: Floats = (pooled - mean) / scale
        return normalized

    def shrunk(self, mean: Floats, variance: Floats, n_windows: float) -> tuple[Floats, Floats]:
        """A recording's statistics, drawn toward training's by how little speech there is.

        Args:
            mean: (POOLED_WIDTH,) of the recording's windows.
            variance: (POOLED_WIDTH,) of them.
            n_windows: How many separate windows they amount to.

        Returns:
            What to subtract and what to divide by, (POOLED_WIDTH,) each.
        """
        own = n_windows / (n_windows + self.prior_windows)
        spread = own * variance + (1 - own) * self.deviation**2
        scale: Floats = np.sqrt(spread) + 1e-3 * self.deviation + 1e-6
        return own * mean + (1 - own) * self.mean, scale


@dataclass(frozen=True, slots=True, eq=False)
class VoiceModel:
    """Reads emotions from pooled windows.

    Attributes:
        labels: What it tells apart.
        weight: (n_labels, POOLED_WIDTH).
        bias: (n_labels,).
        temperature: Divides the scores; fitted on held-out speakers.
        log_prior: (n_labels,) label frequencies that the scores assume.
        label_vad: (n_labels, 3) valence, arousal, dominance of each label.
        normalizer: From training.
    """

    labels: LabelSet
    weight: Floats
    bias: Floats
    temperature: float
    log_prior: Floats
    label_vad: Floats
    normalizer: Normalizer

    def log_probs(self, normalized: Floats) -> Floats:
        """Calibrated log probabilities, (n, n_labels).

        Args:
            normalized: (n, POOLED_WIDTH) from the normalizer.
        """
        scores = (normalized @ self.weight.T + self.bias - self.log_prior) / self.temperature
        scores = scores + self.log_prior
        top = scores.max(axis=1, keepdims=True)
        total: Floats = top + np.log(np.exp(scores - top).sum(axis=1, keepdims=True))
        return scores - total

    def read(
        self, pooled: NDArray[np.float32], speakers: Sequence[str], seconds: Sequence[float]
    ) -> Floats:
        """Read all windows of a recording, each speaker normalized apart.

        Args:
            pooled: (n, POOLED_WIDTH), one per word; never copied as a whole, for three hours of
                speech are 150 MB of it.
            speakers: (n,) labels, "" when unknown.
            seconds: (n,) speech that each window adds, without what it shares with others.

        Returns:
            (n, n_labels) log probabilities.
        """
        names, spent = np.asarray(speakers), np.asarray(seconds, float)
        result = np.empty((len(pooled), len(self.labels)))
        for name in np.unique(names):
            mine = np.flatnonzero(names == name)
            n_windows = float(spent[mine].sum() * 1000 / WINDOW_MS)
            mean, scale = self.normalizer.shrunk(*_moments(pooled, mine), n_windows)
            for rows in _blocks(mine):
                result[rows] = self.log_probs((pooled[rows] - mean) / scale)
        return result


def _blocks(rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return np.array_split(rows, -(-len(rows) // _BLOCK_ROWS))


def _moments(pooled: NDArray[np.float32], rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Mean and variance of some rows, block by block, (POOLED_WIDTH,) each."""
    mean = np.zeros(pooled.shape[1])
    for block in _blocks(rows):
        mean += pooled[block].sum(axis=0, dtype=float) / len(rows)
    variance = np.zeros(pooled.shape[1])
    for block in _blocks(rows):
        variance += ((pooled[block] - mean) ** 2).sum(axis=0) / len(rows)
    return mean, variance


@cache
def load(folder: Path | None = None, *, choice: str = DEFAULT_WEIGHTS) -> VoiceModel:
    """Load a shipped model, or one from another folder.

    Args:
        folder: Where the weights are, None for the shipped ones.
        choice: Which of `cards.VOICE_WEIGHTS`.

    Raises:
        MissingError: The weights are absent or damaged.
    """
    from safetensors.numpy import load_file  # noqa: PLC0415

    home = folder or weights()
    name = voice_card(choice)
    card = read_card(name, folder=home)
    arrays = {k: v.astype(float) for k, v in load_file(home / f"{name}.safetensors").items()}
    return VoiceModel(
        labels=LabelSet(tuple(card["labels"])),
        weight=arrays["weight"],
        bias=arrays["bias"],
        temperature=float(card["temperature"]),
        log_prior=arrays["log_prior"],
        label_vad=arrays["label_vad"],
        normalizer=Normalizer(arrays["mean"], arrays["deviation"], float(card["prior_windows"])),
    )
