"""The bands against a slow computation, written down from the definition."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sentigram.words.tagging.log_mel import PATCH_HOP, PATCH_SAMPLES, log_mel, patches


def _mel(hz: float) -> float:
    return 2595 * math.log10(1 + hz / 700)  # HTK's own writing of it


def slow(frame: np.ndarray) -> list[float]:
    """One frame of 400 samples: sums of sines and cosines, and triangles between edges in mel."""
    n = np.arange(400)
    windowed = frame * (0.5 - 0.5 * np.cos(2 * math.pi * n / 400))
    magnitudes = [abs(np.sum(windowed * np.exp(-2j * math.pi * k * n / 512))) for k in range(257)]
    step = (_mel(7500) - _mel(125)) / 65
    bands = []
    for band in range(64):
        left = _mel(125) + band * step
        total = 0.0
        for k, magnitude in enumerate(magnitudes):
            away = abs(_mel(k * 16_000 / 512) - (left + step)) / step
            total += max(0.0, 1 - away) * magnitude
        bands.append(math.log(total + 0.001))
    return bands


def test_bands_are_those_of_the_definition():
    rng = np.random.default_rng(0)
    samples = rng.uniform(-0.5, 0.5, 400 + 160).astype(np.float32)
    samples += 0.3 * np.sin(2 * np.pi * 440 * np.arange(560) / 16_000).astype(np.float32)
    found = log_mel(samples)
    assert found.shape == (2, 64)
    assert found.dtype == np.float32
    for i in range(2):
        assert found[i] == pytest.approx(slow(samples[160 * i : 160 * i + 400]), abs=2e-4)


def test_silence_is_the_offset_alone():
    assert log_mel(np.zeros(400, np.float32)) == pytest.approx(math.log(0.001), abs=1e-5)
    assert log_mel(np.zeros(399, np.float32)).shape == (0, 64)


@pytest.mark.parametrize(
    ("n_samples", "n_patches"),
    [
        (0, 1),
        (PATCH_SAMPLES, 1),
        (PATCH_SAMPLES + 1, 2),
        (PATCH_SAMPLES + PATCH_HOP, 2),
        (PATCH_SAMPLES + PATCH_HOP + 1, 3),
    ],
)
def test_patches_cover_all_the_sound(n_samples, n_patches):
    samples = np.random.default_rng(1).uniform(-1, 1, n_samples).astype(np.float32)
    found = patches(samples)
    assert found.shape == (n_patches, 96, 64)
    if n_samples:
        part = np.zeros(PATCH_SAMPLES, np.float32)
        rest = samples[(n_patches - 1) * PATCH_HOP :][:PATCH_SAMPLES]
        part[: len(rest)] = rest
        assert np.array_equal(found[-1], log_mel(part))
