"""How a voice sounds, frame by frame: spectrum, loudness, pitch; numpy only.

The frames lie on the grid of the compact encoder, one every 384 samples (41.67 Hz at 16 kHz), so
that both can be joined column by column.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sentigram.core.arrays import Floats32

SAMPLE_RATE_HZ = 16_000
HOP_SAMPLES = 384  # 24 ms
N_MELS = 40
N_MFCC = 20
_WINDOW_SAMPLES = 640  # 40 ms for spectra
_PITCH_SAMPLES = 1024  # 64 ms: four periods of the lowest pitch
_N_FFT = 1024
_LOWEST_HZ, _HIGHEST_HZ = 60, 500
_BAND_HZ = (300, 3400)  # of a telephone
# Longer lags fit any periodic sound as well as the true one; this much is taken off the longest.
_LONG_LAG_COST = 0.1

# Columns of a frame
MFCC = N_MELS
ENERGY = MFCC + N_MFCC - 1  # natural log of mean power
PITCH = ENERGY + 1  # log2 Hz
VOICING = PITCH + 1  # height of the autocorrelation peak, 0 … 1
CENTROID = VOICING + 1  # kHz
SPREAD = CENTROID + 1  # kHz
TILT = SPREAD + 1  # log of power below 1 kHz over power above
DELTA = TILT + 1
N_DELTA_MFCC = 13
N_COLUMNS = DELTA + N_DELTA_MFCC + 1


def prosody(samples: Floats32, n_frames: int) -> Floats32:
    """Describe n_frames frames of 16 kHz sound.

    Args:
        samples: float32 (n_samples,).
        n_frames: How many frames the encoder made of the same samples.

    Returns:
        float32 (n_frames, N_COLUMNS): log-mel, MFCC 1…, log energy, pitch, voicing, spectral
        centroid, spread and tilt, and the change of the first MFCC and of energy per frame.
    """
    if n_frames == 0:
        return np.zeros((0, N_COLUMNS), np.float32)
    blocks = _blocks(samples, n_frames)
    short = _middle(blocks)
    power = np.abs(np.fft.rfft(short * np.hanning(_WINDOW_SAMPLES), _N_FFT)) ** 2
    mel = np.log(power @ _mel_filters().T + 1e-7)  # (n_frames, N_MELS)
    mfcc = mel @ _cosines().T  # (n_frames, N_MFCC)
    loudness = _log_power(short)
    pitch, voicing = _pitch(blocks)
    columns = [mel, mfcc[:, 1:], loudness, pitch, voicing, *_shape(power)]
    columns += [_change(mfcc[:, :N_DELTA_MFCC]), _change(loudness[:, None])]
    flat = [column if column.ndim == 2 else column[:, None] for column in columns]
    return np.concatenate(flat, axis=1).astype(np.float32)  # (n_frames, N_COLUMNS)


def voice(samples: Floats32, n_frames: int) -> Floats32:
    """What tells how a word is said: level, pitch and voicing of n_frames frames.

    All three are of the band that a telephone passes too, so that they say the same of a voice on
    every channel; most of what an ear takes for loudness of speech lies in it, and the pitch is
    told by the distance between its harmonics.

    Args:
        samples: float32 (n_samples,) at 16 kHz.
        n_frames: As for `prosody`.

    Returns:
        float32 (n_frames, 3): dB of full scale between 300 and 3400 Hz, log2 Hz, and 0 … 1. The
        voicing is not that of `prosody`, and lower.
    """
    if n_frames == 0:
        return np.zeros((0, 3), np.float32)
    window = np.hanning(_PITCH_SAMPLES)
    spectrum = np.fft.rfft(_blocks(samples, n_frames) * window, 2 * _PITCH_SAMPLES)
    hz = np.fft.rfftfreq(2 * _PITCH_SAMPLES, 1 / SAMPLE_RATE_HZ)
    height = np.abs(spectrum) * ((hz >= _BAND_HZ[0]) & (hz <= _BAND_HZ[1]))
    mean_square = (height**2).sum(axis=1) / (_PITCH_SAMPLES * (window**2).sum())  # of one side
    level_db = 10 * np.log10(mean_square + 1e-10)
    # Of heights, not of powers: else one formant would outweigh all, and pass for the pitch.
    lags = np.arange(SAMPLE_RATE_HZ // _HIGHEST_HZ, SAMPLE_RATE_HZ // _LOWEST_HZ)
    likeness = np.fft.irfft(height)
    likeness = likeness[:, lags] / (likeness[:, [0]] + 1e-9) / _taper()[lags]
    best = np.argmax(likeness - np.linspace(0, _LONG_LAG_COST, len(lags)), axis=1)
    voicing = np.clip(likeness[np.arange(n_frames), best], 0, 1)
    pitch = np.log2(SAMPLE_RATE_HZ / lags[best])
    return np.stack([level_db, pitch, voicing], axis=1).astype(np.float32)  # (n_frames, 3)


@cache
def _taper() -> Floats32:
    """What a window leaves of a periodic sound at each lag, (2 · _PITCH_SAMPLES,), 0.2 at least."""
    power = np.abs(np.fft.rfft(np.hanning(_PITCH_SAMPLES), 2 * _PITCH_SAMPLES)) ** 2
    own = np.fft.irfft(power)
    return np.asarray(np.maximum(own / own[0], 0.2), np.float32)


def energy(samples: Floats32, n_frames: int) -> Floats32:
    """The ENERGY column of `prosody` by itself, float32 (n_frames,)."""
    if n_frames == 0:
        return np.zeros(0, np.float32)
    return _log_power(_middle(_blocks(samples, n_frames))).astype(np.float32)


def _middle(blocks: Floats32) -> Floats32:
    """The part that spectra are made of, (n_frames, _WINDOW_SAMPLES)."""
    before = (_PITCH_SAMPLES - _WINDOW_SAMPLES) // 2
    return blocks[:, before : before + _WINDOW_SAMPLES]


def _log_power(short: Floats32) -> Floats32:
    return np.asarray(np.log(np.mean(short**2, axis=1) + 1e-8))


def _blocks(samples: Floats32, n_frames: int) -> Floats32:
    """Overlapping blocks around the frames' centres, float32 (n_frames, _PITCH_SAMPLES)."""
    before = _PITCH_SAMPLES // 2 - HOP_SAMPLES // 2
    length = (n_frames - 1) * HOP_SAMPLES + _PITCH_SAMPLES
    padded = np.zeros(length, np.float32)
    kept = min(len(samples), length - before)
    padded[before : before + kept] = samples[:kept]
    return sliding_window_view(padded, _PITCH_SAMPLES)[::HOP_SAMPLES]


def _pitch(blocks: Floats32) -> tuple[Floats32, Floats32]:
    """Pitch in log2 Hz and voicing in [0, 1], by normalized autocorrelation.

    The correlation of each lag is divided by the energies of the two parts that it compares
    (Boersma 1993 divides by the window's own autocorrelation, to the same end).
    """
    n_frames = len(blocks)
    centred = blocks - blocks.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(centred, 2 * _PITCH_SAMPLES)
    lags = np.arange(SAMPLE_RATE_HZ // _HIGHEST_HZ, SAMPLE_RATE_HZ // _LOWEST_HZ)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[:, lags]
    energy = np.concatenate([np.zeros((n_frames, 1)), np.cumsum(centred**2, axis=1)], axis=1)
    head = energy[:, _PITCH_SAMPLES - lags]
    tail = energy[:, [_PITCH_SAMPLES]] - energy[:, lags]
    height = correlation / np.sqrt(head * tail + 1e-9)  # (n_frames, n_lags)
    best = np.argmax(height - np.linspace(0, _LONG_LAG_COST, len(lags)), axis=1)
    voicing = np.clip(height[np.arange(n_frames), best], 0, 1)
    return np.log2(SAMPLE_RATE_HZ / lags[best]), voicing


def _shape(power: Floats32) -> tuple[Floats32, Floats32, Floats32]:
    """Spectral centroid and spread in kHz, and tilt."""
    khz = np.fft.rfftfreq(_N_FFT, 1 / SAMPLE_RATE_HZ) / 1000
    share = power / (power.sum(axis=1, keepdims=True) + 1e-12)
    centroid = share @ khz
    spread = np.sqrt((share * (khz - centroid[:, None]) ** 2).sum(axis=1))
    low, high = power[:, khz < 1].sum(axis=1), power[:, khz >= 1].sum(axis=1)
    return centroid, spread, np.log((low + 1e-9) / (high + 1e-9))


def _change(columns: Floats32) -> Floats32:
    if len(columns) < 2:
        return np.zeros_like(columns)
    return np.asarray(np.gradient(columns, axis=0), np.float32)


@cache
def _mel_filters() -> Floats32:
    """Triangular filters, evenly spaced on the HTK mel scale, (N_MELS, n_bins)."""
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (50, 7600))
    edges = 700 * (10 ** (np.linspace(low, high, N_MELS + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(_N_FFT, 1 / SAMPLE_RATE_HZ)
    rise = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return np.maximum(0, np.minimum(rise, fall)).astype(np.float32)


@cache
def _cosines() -> Floats32:
    """The orthonormal DCT-II rows that turn log-mel into MFCC, (N_MFCC, N_MELS)."""
    angle = np.pi * np.outer(np.arange(N_MFCC), np.arange(N_MELS) + 0.5) / N_MELS
    return np.asarray(np.cos(angle) * np.sqrt(2 / N_MELS), np.float32)
