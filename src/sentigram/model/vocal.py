"""What the voice says: linear heads over windows of speech, against the speaker's own level.

A window's features are taken as the sum of an offset (the speaker, the microphone, the channel), a
mean that its emotion adds, and noise. Where a recording shows a range of moods, its own mean tells
the offset, and windows are read against it. Where it stays in one mood, as people mostly do, its
mean tells nothing: subtracting it would erase the mood. Then windows are read as they are, by a
head that knows how far offsets wander. How much of either is decided by how widely a speaker's
scores spread, compared with how widely they spread within one mood.
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

# Spread of a speaker's scores, in units of the spread within one mood, at which it is no evidence
# of other moods, and at which it is full evidence. Clips of left-out corpora: one mood .5 to 1.5,
# several moods 2 to 6.
NARROW, WIDE = 1.0, 1.6
_HALF_WINDOWS = 5.0  # windows' worth of speech at which a mean counts half


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A linear head.

    Attributes:
        weight: (n_labels, VOICE_WIDTH); 0 for neutral and for labels that are not known.
        bias: (n_labels,); 0 where the weight is.
        temperature: Divides the scores; fitted on corpora that the model does not know.
    """

    weight: Floats
    bias: Floats
    temperature: float

    def __call__(self, pooled: NDArray[np.floating]) -> Floats:
        """Scores before the temperature, (n, n_labels)."""
        return np.asarray(pooled @ self.weight.T + self.bias, float)


@dataclass(frozen=True, slots=True, eq=False)
class VoiceReading:
    """What the voice says of windows.

    Attributes:
        log_ratios: (n, n_labels) log p(window | label) − log p(window | neutral).
        ranges: (n,) in [0, 1], how far the window's speaker shows a range of moods.
    """

    log_ratios: Floats
    ranges: Floats


@dataclass(frozen=True, slots=True, eq=False)
class VoiceModel:
    """Reads emotions from means of encoder frames.

    Attributes:
        labels: What it tells apart.
        absolute: Reads windows as they are.
        relative: Reads windows against their speaker's mean.
        centre: (n_labels,) mean score of `relative` where all labels are equally frequent.
        spread: Variance of the scores of `relative` within one mood, summed over labels.
        label_vad: (n_labels, 3) valence, arousal, dominance of each label.
        known: bool (n_labels,), which labels its training speakers showed. About the others it
            says nothing: their ratio is that of any label.
    """

    labels: LabelSet
    absolute: Head
    relative: Head
    centre: Floats
    spread: float
    label_vad: Floats
    known: NDArray[np.bool_]

    def scores(self, pooled: NDArray[np.floating]) -> Floats:
        """Scores of both heads, (n, 2, n_labels): all that reading needs of a window.

        Args:
            pooled: (n, VOICE_WIDTH), from `encoders.pooling.voice_mean`.
        """
        return np.stack([self.absolute(pooled), self.relative(pooled)], axis=1)

    def read(
        self, scores: Floats, speakers: Sequence[str], seconds: Sequence[float]
    ) -> VoiceReading:
        """Read all windows of a recording, each speaker against their own level.

        Args:
            scores: (n, 2, n_labels).
            speakers: (n,) names, "" when unknown: they are then one speaker.
            seconds: (n,) speech that each window adds, without what it shares with others.
        """
        names, spent = np.asarray(speakers), np.asarray(seconds, float)
        ratios, ranges = np.empty(scores.shape[::2]), np.empty(len(scores))
        for name in np.unique(names):
            own = names == name
            n_windows = float(spent[own].sum() * 1000 / WINDOW_MS)
            ratios[own], ranges[own] = self.read_speaker(scores[own], n_windows)
        return VoiceReading(ratios, ranges)

    def read_speaker(self, scores: Floats, n_windows: float) -> tuple[Floats, float]:
        """Log ratios of one speaker's windows, (n, n_labels), and the range that they show.

        Args:
            scores: (n, 2, n_labels).
            n_windows: How many separate windows they amount to, where they overlap.
        """
        absolute, relative = scores[:, 0], scores[:, 1]
        shown = self.range_of(relative)
        known = shown * n_windows / (n_windows + _HALF_WINDOWS)  # how far the offset is known
        against = (relative - relative.mean(axis=0) + self.centre) / self.relative.temperature
        ratios = known * against + (1 - known) * absolute / self.absolute.temperature
        if not self.known.all():
            any_label = np.logaddexp.reduce(ratios[:, self.known], axis=1) - np.log(self.known.sum())
            ratios[:, ~self.known] = any_label[:, None]
        return ratios, known

    def range_of(self, relative: Floats) -> float:
        """How far scores show a range of moods, in [0, 1], from how widely they spread.

        Args:
            relative: (n, n_labels) of one speaker.
        """
        spread = float(relative.var(axis=0).sum()) / self.spread
        return float(np.clip((spread - NARROW) / (WIDE - NARROW), 0, 1))


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
    absolute, relative = (
        Head(arrays[f"{kind}_weight"], arrays[f"{kind}_bias"], float(card["temperature"][kind]))
        for kind in ("absolute", "relative")
    )
    return VoiceModel(
        labels=LabelSet(tuple(card["labels"])),
        absolute=absolute,
        relative=relative,
        centre=arrays["centre"],
        spread=float(card["spread"]),
        label_vad=arrays["label_vad"],
        known=np.isin(card["labels"], card["heard"]),
    )
