"""What YAMNet sees: the logarithm of mel bands, in patches of about a second.

Source: Plakal and Ellis, YAMNet (`features.py` and `params.py` of its release): periodic Hann
window of 25 ms every 10 ms, magnitudes of an FFT of 512, 64 triangles on HTK's mel scale from 125
to 7500 Hz, log(magnitude + .001), 96 frames a patch and a patch every 48.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sentigram.core.arrays import Floats32, Floats64
from sentigram.core.media import SAMPLE_RATE_HZ

N_BANDS = 64
HOP = SAMPLE_RATE_HZ // 100  # 10 ms
SIZE = SAMPLE_RATE_HZ // 40  # 25 ms
PATCH_FRAMES = 96  # .96 s
PATCH_HOP_FRAMES = 48
PATCH_SAMPLES = (PATCH_FRAMES - 1) * HOP + SIZE  # 15,600
PATCH_HOP = PATCH_HOP_FRAMES * HOP  # samples
_FFT = 512
_LOWEST_HZ, _HIGHEST_HZ = 125.0, 7_500.0
_OFFSET = 0.001
_AT_ONCE = 4096  # frames, 17 MB


def patches(samples: Floats32) -> Floats32:
    """The patches of some sound; silence fills up the last one.

    Args:
        samples: float32 (n_samples,), 16 kHz, in [-1, 1].

    Returns:
        float32 (n_patches, 96, 64), one at least; patch i begins at sample i · PATCH_HOP.
    """
    n_hops = max(0, -(-(len(samples) - PATCH_SAMPLES) // PATCH_HOP))
    missing = PATCH_SAMPLES + n_hops * PATCH_HOP - len(samples)
    bands = log_mel(np.pad(np.asarray(samples, np.float32), (0, missing)))
    windows = sliding_window_view(bands, PATCH_FRAMES, axis=0)[::PATCH_HOP_FRAMES]
    return np.ascontiguousarray(windows.transpose(0, 2, 1))  # (n_patches, 96, 64)


def log_mel(samples: Floats32) -> Floats32:
    """The bands of every 10 ms that has 25 ms of sound.

    Args:
        samples: float32 (n_samples,), 16 kHz, in [-1, 1].

    Returns:
        float32 (n_frames, 64).
    """
    if len(samples) < SIZE:
        return np.zeros((0, N_BANDS), np.float32)
    frames = sliding_window_view(samples, SIZE)[::HOP]
    return np.concatenate(
        [_of(frames[at : at + _AT_ONCE]) for at in range(0, len(frames), _AT_ONCE)]
    )


def _of(frames: Floats32) -> Floats32:
    magnitude = np.abs(np.fft.rfft(frames * _window(), _FFT, axis=1))  # (n_frames, 257)
    return np.asarray(np.log(magnitude.astype(np.float32) @ _triangles() + _OFFSET), np.float32)


@cache
def _window() -> Floats32:
    """Hann's, periodic."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(SIZE) / SIZE), np.float32)


@cache
def _triangles() -> Floats32:
    """(257, 64): triangles of equal width on the mel scale, in mel, too."""

    def mel(hz: Floats64) -> Floats64:
        return np.asarray(1127 * np.log1p(hz / 700))

    lowest, highest = mel(np.array([_LOWEST_HZ, _HIGHEST_HZ]))
    edges = np.linspace(lowest, highest, N_BANDS + 2)
    at = mel(np.arange(_FFT // 2 + 1) * SAMPLE_RATE_HZ / _FFT)[:, None]
    rising = (at - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - at) / (edges[2:] - edges[1:-1])
    return np.asarray(np.maximum(0, np.minimum(rising, falling)), np.float32)
