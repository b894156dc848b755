from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentigram.emotion.encoders.compact import acoustics
from sentigram.emotion.encoders.compact.acoustics import (
    HOP_SAMPLES,
    N_COLUMNS,
    N_MELS,
    SAMPLE_RATE_HZ,
    energy,
    prosody,
)

SECOND = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
N_FRAMES = SAMPLE_RATE_HZ // HOP_SAMPLES
INNER = slice(2, N_FRAMES - 2)  # frames that lie wholly within the sound


def harmonics(hz: float, n: int = 8) -> np.ndarray:
    tone = sum(np.sin(2 * np.pi * hz * k * SECOND) / k for k in range(1, n + 1))
    return (0.1 * np.asarray(tone)).astype(np.float32)


def pulses(hz: float) -> np.ndarray:
    train = np.zeros(SAMPLE_RATE_HZ, np.float32)
    train[:: round(SAMPLE_RATE_HZ / hz)] = 0.8
    return train


@pytest.mark.parametrize("hz", [70, 110, 163, 220, 310, 400])
@pytest.mark.parametrize("source", [harmonics, pulses])
def test_pitch_of_a_known_sound(hz: float, source):
    frames = prosody(source(hz), N_FRAMES)[INNER]
    # Periods are whole samples: 400 Hz can be off by half of 1/40.
    np.testing.assert_allclose(2 ** frames[:, acoustics.PITCH], hz, rtol=0.015)
    assert frames[:, acoustics.VOICING].min() > 0.85


def test_noise_and_silence_are_not_voiced():
    noise = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE_HZ).astype(np.float32)
    assert np.median(prosody(noise, N_FRAMES)[INNER, acoustics.VOICING]) < 0.35
    silence = prosody(np.zeros(SAMPLE_RATE_HZ, np.float32), N_FRAMES)
    assert np.isfinite(silence).all()
    assert silence[:, acoustics.VOICING].max() == 0


def test_energy_is_the_natural_log_of_power():
    tone = (0.5 * np.sin(2 * np.pi * 200 * SECOND)).astype(np.float32)
    loud = prosody(tone, N_FRAMES)[INNER, acoustics.ENERGY]
    np.testing.assert_allclose(loud, np.log(0.5**2 / 2), atol=0.02)
    quieter = prosody(tone / 10, N_FRAMES)[INNER, acoustics.ENERGY]
    np.testing.assert_allclose(loud - quieter, np.log(100), atol=0.01)


def test_a_tone_is_loudest_in_its_own_mel_band():
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (50, 7600))
    centres = 700 * (10 ** (np.linspace(low, high, N_MELS + 2)[1:-1] / 2595) - 1)
    for band in (8, 20, 33):
        tone = (0.1 * np.sin(2 * np.pi * centres[band] * SECOND)).astype(np.float32)
        assert (prosody(tone, N_FRAMES)[INNER, :N_MELS].argmax(axis=1) == band).all()


def test_cepstra_are_scipys_cosine_transform_of_the_mel_bands():
    from scipy.fft import dct

    frames = prosody(harmonics(150), N_FRAMES)
    expected = dct(frames[:, :N_MELS], norm="ortho", axis=1)[:, 1 : acoustics.N_MFCC]
    np.testing.assert_allclose(frames[:, acoustics.MFCC : acoustics.ENERGY], expected, atol=1e-3)


def test_tilt_and_centroid_follow_the_spectrum():
    dull, bright = (
        prosody((0.1 * np.sin(2 * np.pi * hz * SECOND)).astype(np.float32), N_FRAMES)[INNER]
        for hz in (300, 3000)
    )
    np.testing.assert_allclose(bright[:, acoustics.CENTROID], 3.0, atol=0.1)
    assert dull[:, acoustics.TILT].min() > 0 > bright[:, acoustics.TILT].max()


@settings(max_examples=20, deadline=None)
@given(first=st.integers(2, 20), count=st.integers(1, 10))
def test_a_frame_depends_on_nothing_but_its_surroundings(first: int, count: int):
    noise = np.random.default_rng(1).normal(0, 0.1, SAMPLE_RATE_HZ).astype(np.float32)
    margin = 2  # frames; the longest window is 1,024 samples, 2.7 frames
    piece = noise[(first - margin) * HOP_SAMPLES : (first + count + margin) * HOP_SAMPLES]
    alone = prosody(piece, count + 2 * margin)[margin : margin + count]
    np.testing.assert_allclose(
        alone, prosody(noise, N_FRAMES)[first : first + count], rtol=1e-3, atol=1e-3
    )


@pytest.mark.parametrize("n_frames", [0, 1, 2, 400])
def test_as_many_frames_as_asked_for(n_frames: int):
    frames = prosody(harmonics(120), n_frames)
    assert frames.shape == (n_frames, N_COLUMNS)
    assert frames.dtype == np.float32
    assert np.isfinite(frames).all()


@pytest.mark.parametrize("n_frames", [0, 1, 30, 60])
def test_energy_by_itself_is_that_of_prosody(n_frames: int):
    alone = energy(harmonics(170), n_frames)
    assert alone.shape == (n_frames,)
    assert alone.dtype == np.float32
    np.testing.assert_array_equal(alone, prosody(harmonics(170), n_frames)[:, acoustics.ENERGY])
