"""How loud sound is, and whether there is any."""

from __future__ import annotations

import numpy as np

from sentigram.core.arrays import Bools, Floats32, Floats64

WINDOW_MS = 50
SHORTEST_MS = 300  # of sound: shorter, it is the click of a switch
_SOUND_DB = -60.0  # of a window, against full scale; below, nobody hears a word
# A microphone that is switched off hums and hisses evenly; speech moves by 15 dB and more.
_EVEN_DB = 6.0
_EVEN_BELOW_DB = -40.0
_LEAST = 1e-10  # -100 dB: a mean square that has a logarithm


def levels_db(samples: Floats32, window: int) -> Floats64:
    """Levels of windows against full scale, float64 (n_windows,); a rest counts as a window.

    Args:
        samples: float32 (n_samples,).
        window: Samples in one.
    """
    whole = len(samples) // window * window
    squares = np.square(samples[:whole].reshape(-1, window), dtype=np.float64)  # (n, window)
    means = squares.mean(axis=1)
    if whole < len(samples):
        means = np.append(means, np.square(samples[whole:], dtype=np.float64).mean())
    levels: Floats64 = 10 * np.log10(np.maximum(means, _LEAST))
    return levels


def sounding(levels: Floats64) -> Bools:
    """Where there is sound that somebody may have made, not silence, hum or hiss: (n_windows,).

    Args:
        levels: Of windows of WINDOW_MS.
    """
    loud: Bools = levels > _SOUND_DB
    middle = float(np.median(levels[loud])) if loud.any() else 0.0
    if middle < _EVEN_BELOW_DB:
        loud = levels > middle + _EVEN_DB
    return loud
