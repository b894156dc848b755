"""Log-mel bands as Kaldi makes them, which the net of voices was trained on, and others.

25 ms every 10 ms, the mean taken off, pre-emphasis .97, a window, 80 triangles from 20 Hz to
8 kHz, the natural logarithm of power. Tested against what kaldi-native-fbank gives, which has no
wheel for some machines that we have to work on.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sentigram.core.arrays import Floats32, Floats64
from sentigram.core.media import SAMPLE_RATE_HZ

N_BANDS = 80
HOP = SAMPLE_RATE_HZ // 100  # 10 ms
SIZE = SAMPLE_RATE_HZ // 40  # 25 ms
_FFT = 512
_PRE_EMPHASIS = 0.97
_LOWEST_HZ = 20.0
_LEAST = np.finfo(np.float32).eps
_HIGH_BANDS = 62  # from about 4.3 kHz
_NARROW = 10**-3.0  # of the power below; by telephone it is 10^-6, else about the same
_AT_ONCE = 4096  # frames, 25 MB

Window = Literal["povey", "hamming"]


def log_bands(samples: Floats32, *, window: Window = "povey") -> Floats32:
    """The bands of every 10 ms that has 25 ms of sound.

    Args:
        samples: float32 (n_samples,), 16 kHz, in [-1, 1]; or in 16 bits, as other nets have it.
        window: Of Kaldi's, which one.

    Returns:
        float32 (n_frames, 80).
    """
    if len(samples) < SIZE:
        return np.zeros((0, N_BANDS), np.float32)
    frames = sliding_window_view(np.asarray(samples, np.float32), SIZE)[::HOP]
    parts = [_of(frames[at : at + _AT_ONCE], window) for at in range(0, len(frames), _AT_ONCE)]
    return np.concatenate(parts)


def is_narrow(bands: Floats32) -> bool:
    """Whether there is next to nothing above some 4 kHz, as by telephone.

    Args:
        bands: float32 (n_frames, 80) of speech.
    """
    power = np.exp(bands.astype(np.float64)).mean(axis=0)
    return bool(power[_HIGH_BANDS:].mean() < _NARROW * power[:_HIGH_BANDS].mean())


def _of(frames: Floats32, window: Window) -> Floats32:
    centred = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([centred[:, :1], centred[:, :-1]], axis=1)
    windowed = (centred - np.float32(_PRE_EMPHASIS) * before) * _window(window)
    power = np.abs(np.fft.rfft(windowed, _FFT, axis=1)[:, :-1]) ** 2  # (n_frames, 256)
    return np.asarray(
        np.log(np.maximum(power.astype(np.float32) @ _triangles(), _LEAST)), np.float32
    )


@cache
def _window(name: Window) -> Floats32:
    """Hann's to the power of .85, or Hamming's."""
    turn = np.cos(2 * np.pi * np.arange(SIZE) / (SIZE - 1))
    made = (0.5 - 0.5 * turn) ** 0.85 if name == "povey" else 0.54 - 0.46 * turn
    return np.asarray(made, np.float32)


@cache
def _triangles() -> Floats32:
    """(256, 80): triangles of equal width on the mel scale, in mel, too."""

    def mel(hz: Floats64) -> Floats64:
        return np.asarray(1127 * np.log1p(hz / 700))

    lowest, highest = mel(np.array([_LOWEST_HZ, SAMPLE_RATE_HZ / 2]))
    edges = np.linspace(lowest, highest, N_BANDS + 2)
    at = mel(np.arange(_FFT // 2) * SAMPLE_RATE_HZ / _FFT)[:, None]
    rising = (at - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - at) / (edges[2:] - edges[1:-1])
    return np.asarray(np.maximum(0, np.minimum(rising, falling)), np.float32)
