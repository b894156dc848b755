"""Spectrograms against those of transformers, and their places in time."""

from __future__ import annotations

import numpy as np
import pytest
from transformers.audio_utils import mel_filter_bank, spectrogram

from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.emotion.encoders.logmel import (
    HOP_SAMPLES,
    PLAIN,
    SCALES,
    WINDOW_SAMPLES,
    LogMelTokens,
    Scale,
    log_mel,
)
from tests.words.clips import talk


@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
def test_it_is_what_an_independent_computation_makes(scale: Scale):
    samples = talk().samples[: 16_000 * 2]
    bank = mel_filter_bank(
        num_frequency_bins=257,
        num_mel_filters=64,
        min_frequency=scale.lowest_hz,
        max_frequency=scale.highest_hz,
        sampling_rate=16_000,
        mel_scale="kaldi",
        triangularize_in_mel_space=True,
    )
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    expected = spectrogram(
        samples,
        window,
        frame_length=400,
        hop_length=160,
        fft_length=512,
        power=float(scale.power),
        center=False,
        mel_filters=bank,
        mel_floor=0.0,
    )
    found = log_mel(samples, scale)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.log(expected.T + scale.offset), atol=2e-3)


def test_a_tone_lies_in_its_band():
    seconds = np.arange(16_000) / 16_000
    bands = [
        int(log_mel(np.sin(2 * np.pi * hz * seconds).astype(np.float32)).mean(axis=0).argmax())
        for hz in (200, 1000, 4000)
    ]
    mel = 1127 * np.log1p(np.array([200, 1000, 4000]) / 700)
    expected = mel / (1127 * np.log1p(8000 / 700) / 65) - 1
    np.testing.assert_allclose(bands, expected, atol=1)


@pytest.mark.parametrize("n", [0, 1, 399, 400, 559, 560, 16_000])
def test_frames_are_counted_as_is_said(n: int):
    n_frames = max(1, 1 + (n - WINDOW_SAMPLES) // HOP_SAMPLES)
    assert log_mel(np.zeros(n, np.float32)).shape == (n_frames, 64)


def test_what_is_long_is_made_in_parts_alike():
    samples = np.random.default_rng(0).standard_normal(16_000 * 70).astype(np.float32)
    later = log_mel(samples[60 * 16_000 :], PLAIN)
    np.testing.assert_allclose(log_mel(samples)[6000 : 6000 + len(later)], later, atol=1e-5)


def test_a_stretch_of_a_recording_is_found_at_its_time():
    audio = Audio(talk().samples[: 16_000 * 4])
    (whole,) = LogMelTokens().encode_spans(audio, [Span(0, 4000)])
    (part,) = LogMelTokens().encode_spans(audio, [Span(1000, 2000)])
    assert (part.first_ms, part.step_ms) == (1000, 10)
    np.testing.assert_allclose(part.values, whole.values[100 : 100 + len(part.values)], atol=1e-5)


def test_it_is_kept_in_half_precision():
    info = LogMelTokens().info
    assert (info.name, info.kind, info.width, info.stored) == ("logmel", "audio", 64, "float16")
