"""What the voice says: linear heads over windows of speech, against the speaker's own level.

A window's features are taken as the sum of an offset (the speaker, the microphone, the channel), a
mean that its emotion adds, and noise. Where a recording shows a range of moods, its own mean tells
the offset, and windows are read against it. Where it stays in one mood, as people mostly do, the
mean tells the offset only if the mood is known. So its windows are first read as they are, by a
head that knows how far offsets wander. As far as they sound neutral on the whole, the mean is taken
for that of neutral speech, and windows are read against it; as far as they do not, they are left as
read. How much of a range there is shows in how widely a speaker's scores spread, compared with how
widely they spread within one mood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sentigram.assets import weights
from sentigram.core.arrays import Bools, Floats64
from sentigram.core.emotion import NEUTRAL, LabelSet
from sentigram.emotion.decision import WINDOW_MS
from sentigram.store.shipped import DEFAULT_WEIGHTS, read_card, voice_card

# Spread of a speaker's scores, in units of the spread within one mood, at which it is no evidence
# of other moods, and at which it is full evidence. Two plain speakers who are taken for one have
# .7 to 1.3, actors in several moods 1.7 to 4.4, but subtle ones (nEMO) .7 to 1.3, too.
NARROW, WIDE = 0.95, 1.4
_PLAIN = 0.65  # how often a recording without a range is neutral, before it is heard
_HALF_WINDOWS = 2.0  # windows' worth of speech at which a mean counts half


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A linear head.

    Attributes:
        weight: (n_labels, VOICE_WIDTH); 0 for neutral and for labels that are not known.
        bias: (n_labels,); 0 where the weight is.
        temperature: Divides the scores; fitted on corpora that the model does not know.
    """

    weight: Floats64
    bias: Floats64
    temperature: float

    def __call__(self, pooled: NDArray[np.floating]) -> Floats64:
        """Scores before the temperature, (n, n_labels)."""
        return np.asarray(pooled @ self.weight.T + self.bias, float)


@dataclass(frozen=True, slots=True, eq=False)
class VoiceReading:
    """What the voice says of windows.

    Attributes:
        log_ratios: (n, n_labels) log p(window | label) − log p(window | neutral).
        levels: (n,) in [0, 1], how far the level of the window's speaker is known.
    """

    log_ratios: Floats64
    levels: Floats64


@dataclass(frozen=True, slots=True, eq=False)
class VoiceModel:
    """Reads emotions from means of encoder frames.

    Attributes:
        labels: What it tells apart.
        absolute: Reads windows as they are.
        relative: Reads windows against their speaker's mean.
        centre: (n_labels,) mean score of `relative` where all labels are equally frequent.
        calm: (n_labels,) the score of `relative` for the mean of neutral speech.
        spread: Variance of the scores of `relative` within one mood of an unknown voice, summed
            over labels.
        label_vad: (n_labels, 3) valence, arousal, dominance of each label.
        known: bool (n_labels,), which labels its training speakers showed. About the others it
            says nothing: their ratio is that of any label.
    """

    labels: LabelSet
    absolute: Head
    relative: Head
    centre: Floats64
    calm: Floats64
    spread: float
    label_vad: Floats64
    known: Bools

    def scores(self, pooled: NDArray[np.floating]) -> Floats64:
        """Scores of both heads, (n, 2, n_labels): all that reading needs of a window.

        Args:
            pooled: (n, VOICE_WIDTH), from `compact.pooling.voice_mean`.
        """
        return np.stack([self.absolute(pooled), self.relative(pooled)], axis=1)

    def read(
        self, scores: Floats64, speakers: Sequence[str], seconds: Sequence[float]
    ) -> VoiceReading:
        """Read all windows of a recording, each speaker against their own level.

        Args:
            scores: (n, 2, n_labels).
            speakers: (n,) names, "" when unknown: they are then one speaker.
            seconds: (n,) speech that each window adds, without what it shares with others.
        """
        names, spent = np.asarray(speakers), np.asarray(seconds, float)
        ratios, levels = np.empty(scores.shape[::2]), np.empty(len(scores))
        for name in np.unique(names):
            own = names == name
            n_windows = float(spent[own].sum() * 1000 / WINDOW_MS)
            ratios[own], levels[own] = self.read_speaker(scores[own], n_windows)
        return VoiceReading(ratios, levels)

    def read_speaker(self, scores: Floats64, n_windows: float) -> tuple[Floats64, float]:
        """Log ratios of one speaker's windows, (n, n_labels), and how far their level is known.

        Args:
            scores: (n, 2, n_labels).
            n_windows: How many separate windows they amount to, where they overlap.
        """
        plain = scores[:, 0] / self.absolute.temperature
        against = (scores[:, 1] - scores[:, 1].mean(axis=0)) / self.relative.temperature
        moved, calm = self.shares(scores, n_windows)
        ratios = (
            moved * (against + self.centre / self.relative.temperature)
            + calm * (against + self.calm / self.relative.temperature)
            + (1 - moved - calm) * plain
        )
        if not self.known.all():
            any_label = np.logaddexp.reduce(ratios[:, self.known], axis=1)
            ratios[:, ~self.known] = any_label[:, None] - np.log(self.known.sum())
        return ratios, moved + calm

    def shares(self, scores: Floats64, n_windows: float) -> tuple[float, float]:
        """How far a speaker's mean is taken for that of all moods alike, and of neutral speech.

        Args:
            scores: (n, 2, n_labels).
            n_windows: How many separate windows they amount to, where they overlap.
        """
        plain = scores[:, 0].mean(axis=0) / self.absolute.temperature
        enough = n_windows / (n_windows + _HALF_WINDOWS)
        moved = enough * self.range_of(scores[:, 1])
        return moved, enough * (1 - moved) * self._neutral(plain)

    def _neutral(self, ratios: Floats64) -> float:
        """Probability that a recording with these log ratios, (n_labels,), is neutral."""
        others = np.flatnonzero(self.known & (np.array(self.labels.names) != NEUTRAL))
        any_other = np.logaddexp.reduce(ratios[others]) - np.log(len(others))
        log_odds = any_other + np.log((1 - _PLAIN) / _PLAIN)
        return float(np.exp(-np.logaddexp(0, log_odds)))

    def range_of(self, relative: Floats64) -> float:
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
        choice: Which of `shipped.VOICE_WEIGHTS`.

    Raises:
        MissingError: The weights are absent or damaged.
    """
    from safetensors.numpy import load_file

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
        calm=arrays["calm"],
        spread=float(card["spread"]),
        label_vad=arrays["label_vad"],
        known=np.isin(card["labels"], card["heard"]),
    )
