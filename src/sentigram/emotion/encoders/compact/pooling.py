"""Pools frames of a window of speech into one vector."""

from __future__ import annotations

import numpy as np

from sentigram.core.arrays import Bools, Floats32
from sentigram.emotion.encoders.compact import acoustics

LAYER_WIDTH = 288
HIDDEN_WIDTH = 2 * LAYER_WIDTH  # two layers of the encoder
VOICE_WIDTH = 5 * LAYER_WIDTH  # the layers that the voice model reads
_GATE_NATS = 6.0  # frames 26 dB below the window's loud ones are pauses, not voice
_QUANTILES = (5, 25, 50, 75, 95)
_MIN_VOICED = 4
_N_SHAPES = acoustics.DELTA - acoustics.ENERGY  # energy, pitch, voicing, centroid, spread, tilt
POOLED_WIDTH = (
    2 * HIDDEN_WIDTH
    + 2 * acoustics.N_COLUMNS
    + len(_QUANTILES) * (_N_SHAPES + 1)
    + 4  # mean and deviation of voiced pitch, share of voiced frames, share of speech
)


def pool(frames: Floats32) -> Floats32:
    """Statistics of one window's frames.

    Args:
        frames: float32 (n_frames, HIDDEN_WIDTH + sound.N_COLUMNS), at least one frame.

    Returns:
        float32 (POOLED_WIDTH,): mean and deviation of every column over the frames that are not
        pauses, quantiles of energy, pitch and spectral shape, and of the pitch of voiced frames.
    """
    spoken = _spoken(frames[:, HIDDEN_WIDTH + acoustics.ENERGY])
    hidden, heard = frames[spoken, :HIDDEN_WIDTH], frames[spoken, HIDDEN_WIDTH:]
    shapes = heard[:, acoustics.ENERGY : acoustics.DELTA]
    voiced = heard[:, acoustics.VOICING] > 0.5
    pitch = heard[voiced if voiced.sum() >= _MIN_VOICED else slice(None), acoustics.PITCH]
    parts = [
        hidden.mean(axis=0),
        hidden.std(axis=0),
        heard.mean(axis=0),
        heard.std(axis=0),
        np.percentile(shapes, _QUANTILES, axis=0).ravel(),
        np.percentile(pitch, _QUANTILES),
        [pitch.mean(), pitch.std(), voiced.mean(), spoken.mean()],
    ]
    return np.concatenate([np.asarray(part, np.float32) for part in parts])


def voice_mean(frames: Floats32) -> Floats32:
    """Mean of the layers over one window's frames that are not pauses.

    Args:
        frames: float32 (n_frames, VOICE_WIDTH + 1), at least one; the last column is log energy.

    Returns:
        float32 (VOICE_WIDTH,).
    """
    spoken = _spoken(frames[:, VOICE_WIDTH])
    return np.asarray(frames[spoken, :VOICE_WIDTH].mean(axis=0), np.float32)


def _spoken(energy: Floats32) -> Bools:
    """Which frames are not pauses, (n_frames,)."""
    return np.asarray(energy >= np.quantile(energy, 0.95) - _GATE_NATS)
