"""Many channels become one, and none of them is lost by cancelling another."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ

# What ffmpeg gives them: films speak from the centre, which keeps its level; LFE is left out.
_SIDE, _BEHIND = math.sqrt(0.5), 0.5
_WEIGHTS = {"FC": 1.0, "FL": _SIDE, "FR": _SIDE, "FLC": _SIDE, "FRC": _SIDE, "LFE": 0.0}
# A voice on one channel of two keeps a quarter of its energy in the mean; below a sixteenth (-12
# dB), channels cancel each other.
_CANCELLED = 1 / 16
_CLEARLY_LOUDER = 4.0  # in energy: 6 dB
_RUMBLE = 1 / 64  # bass alone is no voice, unless there is nothing else: names may be wrong
_AUDIBLE = 1e-8  # mean square: -80 dB
_FADE = SAMPLE_RATE_HZ // 100
_NAMES = {"FL": "left", "FR": "right", "FC": "centre"}


class Downmix:
    """Mixes block by block; where the sum cancels, the louder channel is taken instead.

    Attributes:
        n_cancelled: Samples that were taken from one channel.
        names: The channels that were taken.
    """

    def __init__(self) -> None:
        self.n_cancelled = 0
        self.names: dict[str, None] = {}
        self._taken: int | None = None
        self._channels: tuple[str, ...] = ()

    def mix(self, samples: Floats32, channels: Sequence[str]) -> Floats32:
        """One channel of a block.

        Args:
            samples: float32 (n_channels, n_samples).
            channels: Their names.

        Returns:
            float32 (n_samples,).
        """
        if tuple(channels) != self._channels:
            self._channels, self._taken = tuple(channels), None
        if len(samples) == 1:
            alone: Floats32 = samples[0]
            return alone
        weights = _weights(channels)
        mixed: Floats32 = weights @ samples
        taken = _louder(samples, mixed, weights)
        made = mixed if taken is None else samples[taken]
        if taken is not None:
            self.n_cancelled += len(made)
            name = channels[taken]
            self.names[_NAMES.get(name, name or f"number {taken + 1}")] = None
        if taken != self._taken:
            before = mixed if self._taken is None else samples[self._taken]
            n = min(_FADE, len(made))
            rising = np.linspace(0, 1, n, dtype=np.float32)
            made = made.copy()
            made[:n] = rising * made[:n] + (1 - rising) * before[:n]
            self._taken = taken
        return made


def _weights(channels: Sequence[str]) -> Floats32:
    """float32 (n_channels,): the mean of two sides, else as ffmpeg mixes to mono."""
    if "FC" not in channels and len(channels) == 2:
        return np.full(2, 0.5, np.float32)
    weights = [_WEIGHTS.get(name, _BEHIND) for name in channels]
    return np.array(weights, np.float32)


def _louder(samples: Floats32, mixed: Floats32, weights: Floats32) -> int | None:
    """The channel to take where the mix is far below it, None where it is not."""
    energies = np.mean(np.square(samples), axis=1) * np.where(weights > 0, 1, _RUMBLE)
    loudest = float(energies.max(initial=0))
    if loudest < _AUDIBLE or float(np.mean(np.square(mixed))) > _CANCELLED * loudest:
        return None
    # The first of those that are about as loud, so that it stays the same from block to block.
    return int(np.flatnonzero(energies * _CLEARLY_LOUDER >= loudest)[0])
