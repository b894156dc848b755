"""What SenseVoice sees: Kaldi's log-mel bands, seven frames at a time, every sixth.

Its own front end adds noise to the sound before (Kaldi's dither), anew in each run; here none is
added, so that the same sound has the same events.
"""

from __future__ import annotations

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.words.speakers.bands import N_BANDS, SIZE, log_bands

STACKED, EVERY = 7, 6
WIDTH = STACKED * N_BANDS  # 560
_FULL_SCALE = 1 << 15  # sound in 16 bits


def features(samples: Floats32) -> Floats32:
    """The network's input, before it is scaled; the edges are repeated.

    Args:
        samples: float32 (n_samples,), 16 kHz, in [-1, 1]; less than 25 ms is filled with silence.

    Returns:
        float32 (n_frames, 560), a frame every 60 ms, one at least.
    """
    given = np.asarray(samples, np.float32)
    padded = np.pad(given, (0, max(0, SIZE - len(given))))
    bands = log_bands(padded * np.float32(_FULL_SCALE), window="hamming")
    first = np.arange(0, len(bands), EVERY)[:, None] - (STACKED - 1) // 2
    rows = np.clip(first + np.arange(STACKED), 0, len(bands) - 1)  # (n_frames, 7)
    return np.reshape(bands[rows], (len(rows), WIDTH))  # (n_frames, 560)
