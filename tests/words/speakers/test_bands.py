"""Log-mel bands, against what kaldi-native-fbank 1.22.4 gives."""

from __future__ import annotations

import numpy as np
import pytest

from sentigram.training.augment.sound import telephone
from sentigram.words.speakers.bands import N_BANDS, is_narrow, log_bands

# dither 0, 80 bands, no floor of energy: frames 0, 11, 22; bands 0, 16, 32, 48, 64
KALDI = [
    [-8.4151, -8.2389, -15.9424, -15.9424, -15.9424],
    [-11.5427, -10.8861, -8.5679, -15.9424, -15.9424],
    [-13.5526, -14.5894, -6.7771, -12.9643, -15.9424],
]


def chirp(n: int) -> np.ndarray:
    t = np.arange(n) / 16_000
    return (0.3 * np.sin(2 * np.pi * (200 + 3_000 * t) * t) + 0.01).astype(np.float32)


def test_they_are_kaldis():
    found = log_bands(chirp(4_000))
    assert found.shape == (23, N_BANDS)
    np.testing.assert_allclose(found[[0, 11, 22]][:, ::16], KALDI, atol=5e-3)


def test_long_sound_is_worked_on_piece_by_piece_with_the_same_result(monkeypatch):
    whole = log_bands(chirp(40_000))
    monkeypatch.setattr("sentigram.words.speakers.bands._AT_ONCE", 7)
    # A product of seven rows is not rounded like one of hundreds, by every processor's library.
    np.testing.assert_allclose(log_bands(chirp(40_000)), whole, atol=1e-5)


@pytest.mark.parametrize(("n", "frames"), [(0, 0), (399, 0), (400, 1), (559, 1), (560, 2)])
def test_a_frame_needs_25_ms(n, frames):
    assert log_bands(chirp(n)).shape == (frames, N_BANDS)


def test_a_telephone_is_known_by_what_it_leaves_out():
    noise = np.random.default_rng(0).normal(0, 0.05, 16_000).astype(np.float32)
    assert not is_narrow(log_bands(noise))
    assert is_narrow(log_bands(telephone(noise)))
