from __future__ import annotations

import numpy as np
import pytest

from sentigram.emotion.encoders.compact import acoustics
from sentigram.emotion.encoders.compact.pooling import (
    HIDDEN_WIDTH,
    LAYER_WIDTH,
    POOLED_WIDTH,
    VOICE_WIDTH,
    pool,
    voice_mean,
)

WIDTH = HIDDEN_WIDTH + acoustics.N_COLUMNS


def frames_of(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    frames = rng.normal(size=(n, WIDTH)).astype(np.float32)
    frames[:, HIDDEN_WIDTH + acoustics.ENERGY] = rng.uniform(-3, 0, n)
    frames[:, HIDDEN_WIDTH + acoustics.VOICING] = rng.uniform(0, 1, n)
    return frames


def test_means_and_deviations_against_plain_sums():
    frames = frames_of(50)
    pooled = pool(frames)
    assert pooled.shape == (POOLED_WIDTH,)
    assert pooled.dtype == np.float32
    for column in (0, 17, HIDDEN_WIDTH - 1):
        values = [float(v) for v in frames[:, column]]
        mean = sum(values) / len(values)
        variance = sum((v - mean) ** 2 for v in values) / len(values)
        assert pooled[column] == pytest.approx(mean, abs=1e-4)
        assert pooled[HIDDEN_WIDTH + column] == pytest.approx(variance**0.5, abs=1e-4)


def test_pauses_do_not_count():
    speech = frames_of(40)
    pause = frames_of(25, seed=1)
    pause[:, HIDDEN_WIDTH + acoustics.ENERGY] = -14.0
    together = pool(np.concatenate([pause, speech]))
    np.testing.assert_allclose(together[:-1], pool(speech)[:-1], atol=1e-4)
    assert together[-1] == pytest.approx(40 / 65)
    assert pool(speech)[-1] == 1


def test_pitch_is_that_of_voiced_frames():
    frames = frames_of(60)
    voiced = np.arange(60) % 2 == 0
    frames[:, HIDDEN_WIDTH + acoustics.VOICING] = np.where(voiced, 0.9, 0.1)
    frames[:, HIDDEN_WIDTH + acoustics.PITCH] = np.where(voiced, 7.5, 6.0)
    mean, deviation, share = pool(frames)[-4:-1]
    assert mean == pytest.approx(7.5)
    assert deviation == pytest.approx(0)
    assert share == pytest.approx(0.5)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_few_frames_are_enough(n: int):
    assert np.isfinite(pool(frames_of(n))).all()


def test_order_of_frames_does_not_matter():
    frames = frames_of(30)
    np.testing.assert_allclose(pool(frames), pool(frames[::-1]), atol=1e-4)


def voice_frames(n: int, seed: int = 0, *, energy: float = -1.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    frames = rng.normal(size=(n, VOICE_WIDTH + 1)).astype(np.float32)
    frames[:, VOICE_WIDTH] = energy + rng.uniform(-1, 0, n)
    return frames


def test_the_voice_is_the_mean_of_five_layers_without_their_energy():
    frames = voice_frames(30)
    pooled = voice_mean(frames)
    assert VOICE_WIDTH == 5 * LAYER_WIDTH == 1440
    assert pooled.shape == (VOICE_WIDTH,)
    assert pooled.dtype == np.float32
    for column in (0, 700, VOICE_WIDTH - 1):
        values = [float(v) for v in frames[:, column]]
        assert pooled[column] == pytest.approx(sum(values) / 30, abs=1e-5)


def test_pauses_are_no_voice():
    """What is 26 dB below the loud frames of the window is a pause, however loud the window is."""
    for loud in (-1.0, -9.0):
        speech = voice_frames(40, energy=loud)
        pause = voice_frames(30, seed=1, energy=loud - 6.5)
        together = voice_mean(np.concatenate([pause, speech]))
        np.testing.assert_allclose(together, voice_mean(speech), atol=1e-6)
        quiet = voice_frames(30, seed=1, energy=loud - 4.0)  # soft, but said
        both = np.concatenate([quiet, speech])
        np.testing.assert_allclose(voice_mean(both), both[:, :VOICE_WIDTH].mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("n", [1, 2])
def test_the_voice_of_a_frame_is_that_frame(n: int):
    frames = np.repeat(voice_frames(1), n, axis=0)
    np.testing.assert_allclose(voice_mean(frames), frames[0, :VOICE_WIDTH], rtol=1e-6)
