"""Functionals of clips against tones whose answers are known, and against other formulas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import find_peaks
from scipy.stats import linregress

from sentigram.emotion.encoders import functionals
from sentigram.emotion.encoders.compact import acoustics
from sentigram.emotion.encoders.functionals import (
    FRAME_S,
    PROSODY,
    SPECTRUM,
    WIDTH,
    ProsodyFunctionals,
    SpectrumFunctionals,
    clip_frames,
)
from tests.words.clips import talk

RATE = 16_000


def tone(hz, seconds, amplitude=0.5):
    """A voice-like tone of ten falling partials; hz is a number or an array of samples."""
    n = round(seconds * RATE)
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(hz, n)) / RATE
    sound = sum(np.sin(k * phase) / k for k in range(1, 11))
    return (amplitude * sound / 2).astype(np.float32)


def silence(seconds):
    return np.zeros(round(seconds * RATE), np.float32)


def said(samples):
    return dict(zip(PROSODY, functionals.prosody(clip_frames(samples)), strict=True))


def sounds(samples):
    return dict(zip(SPECTRUM, functionals.spectrum(clip_frames(samples)), strict=True))


def test_there_are_25_of_each_by_name():
    assert len(set(PROSODY)) == len(PROSODY) == WIDTH == 25
    assert len(set(SPECTRUM)) == len(SPECTRUM) == WIDTH


def test_a_tone_has_its_pitch_and_nothing_moves():
    found = said(tone(200, 2.0))
    semitones = 12 * np.log2(200 / 27.5)
    for name in ("mean", "p05", "p50", "p95"):
        assert found[f"pitch_{name}"] == pytest.approx(semitones, abs=0.02)
    for name in ("deviation", "range", "slope", "change"):
        assert found[f"pitch_{name}"] == pytest.approx(0, abs=0.02)
    assert found["voiced_share"] == 1
    assert found["voiced_run_mean"] == found["duration"] == pytest.approx(2.0, abs=FRAME_S)
    assert found["voiced_run_deviation"] == 0
    assert found["voiced_runs_per_s"] == pytest.approx(0.5, abs=0.01)
    assert [found[name] for name in ("pause_share", "pause_mean", "pauses_per_s")] == [0, 0, 0]
    assert found["peaks_per_s"] == pytest.approx(0.5, abs=0.01)  # the whole tone is one


def test_a_glide_has_its_slope():
    # an octave in two seconds: 6 semitones a second
    glide = 150 * 2 ** (np.arange(2 * RATE) / (2 * RATE))
    found = said(tone(glide, 2.0))
    assert found["pitch_slope"] == pytest.approx(6, abs=0.15)
    assert found["pitch_change"] == pytest.approx(6, rel=0.25)  # lags are whole samples
    assert found["pitch_mean"] == pytest.approx(12 * np.log2(150 * 2**0.5 / 27.5), abs=0.1)
    assert found["pitch_range"] == pytest.approx(0.9 * 12, abs=0.3)
    assert said(tone(glide[::-1], 2.0))["pitch_slope"] == pytest.approx(-6, abs=0.15)


def test_loudness_is_in_decibels_of_full_scale():
    sine = np.sin(2 * np.pi * 200 * np.arange(2 * RATE) / RATE).astype(np.float32)
    for gain_db in (0.0, -20.0):
        found = said(sine * 10 ** (gain_db / 20))
        assert found["loudness_p50"] == pytest.approx(gain_db - 10 * np.log10(2), abs=0.1)
    # 10 dB a second, as amplitude
    fading = said(sine * 10 ** (-np.arange(2 * RATE) / RATE / 2))
    assert fading["loudness_slope"] == pytest.approx(-10, abs=0.3)
    assert fading["loudness_change"] == pytest.approx(10, abs=0.5)


def test_pauses_are_those_between_sounds():
    one = tone(200, 0.48)
    clip = np.concatenate([silence(1), one, silence(0.48), one, silence(0.48), one, silence(2)])
    found = said(clip)
    # frames are 40 ms wide, so that a sound reaches up to half of one into the silence around it
    assert found["duration"] == pytest.approx(5 * 0.48, abs=3 * FRAME_S)
    assert found["pause_share"] == pytest.approx(0.4, abs=0.05)
    assert found["pause_mean"] == pytest.approx(0.48, abs=2 * FRAME_S)
    assert found["pauses_per_s"] * found["duration"] == pytest.approx(2, abs=1e-5)
    assert found["voiced_runs_per_s"] * found["duration"] == pytest.approx(3, abs=1e-5)
    assert found["voiced_run_mean"] == pytest.approx(0.48, abs=2 * FRAME_S)
    assert found["peaks_per_s"] * found["duration"] == pytest.approx(3, abs=1e-5)
    # closures within a word are no pauses
    close = np.concatenate([one, silence(0.07), one])
    assert said(close)["pause_share"] == 0


def test_half_of_a_long_row_is_pauses():
    row = np.concatenate([tone(180, 0.5), silence(0.5)] * 20)
    assert said(row)["pause_share"] == pytest.approx(0.5, abs=0.05)


def test_silence_around_a_clip_changes_nothing():
    clip = np.concatenate([tone(150, 0.48), silence(0.24), tone(220, 0.72)])
    # whole frames, so that the grid stays where it was; and apart from the ends of the first clip
    around = np.concatenate([silence(0.48), clip, silence(0.96)])
    apart = np.concatenate([silence(0.24), clip, silence(0.24)])
    for measure in (functionals.prosody, functionals.spectrum):
        np.testing.assert_allclose(
            measure(clip_frames(around)), measure(clip_frames(apart)), atol=1e-4
        )


def test_noise_is_not_voiced_and_bright():
    noise = np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32)
    assert said(noise)["voiced_share"] == 0
    assert all(said(noise)[f"pitch_{name}"] == 0 for name in functionals.EIGHT)
    found, voice = sounds(noise), sounds(tone(200, 2.0))
    assert found["periodicity_mean"] < 0.3
    assert voice["periodicity_mean"] > 0.95
    assert found["centroid_mean"] == pytest.approx(4, abs=0.1)  # flat from 0 to 8 kHz
    assert found["spread_mean"] == pytest.approx(8 / 12**0.5, abs=0.1)
    assert voice["flux_mean"] < 0.01 < found["flux_mean"]
    assert found["tilt_mean"] == pytest.approx(np.log(1 / 7), abs=0.1)


def test_a_pure_tone_is_where_it_is():
    high = (0.3 * np.sin(2 * np.pi * 3000 * np.arange(RATE) / RATE)).astype(np.float32)
    found = sounds(high)
    assert found["centroid_mean"] == pytest.approx(3, abs=0.05)
    assert found["spread_mean"] < 0.2
    assert found["centroid_deviation"] < 0.05


def test_every_number_is_that_of_a_plain_formula():
    """The columns of frames are tested elsewhere; here, what is made of them, on real speech."""
    samples = talk().samples[: RATE * 6]
    frames = clip_frames(samples)
    found = said(samples)
    semitones = 12 * (frames.columns[:, acoustics.PITCH].astype(float) - np.log2(27.5))
    for name, values, chosen in (
        ("pitch", semitones, frames.voiced),
        ("loudness", frames.loudness, frames.sounding),
    ):
        own = values[chosen]
        low, middle, high = np.quantile(own, [0.05, 0.5, 0.95])
        slope = linregress(np.flatnonzero(chosen) * 0.024, own).slope
        steps = [
            abs(values[i] - values[i - 1]) / 0.024
            for i in range(1, len(values))
            if chosen[i] and chosen[i - 1]
        ]
        wanted = [np.mean(own), np.std(own), low, middle, high, high - low, slope, np.mean(steps)]
        np.testing.assert_allclose(
            [found[f"{name}_{what}"] for what in functionals.EIGHT], wanted, rtol=1e-4, atol=1e-4
        )
    text = "".join("v" if v else "s" if s else "q" for v, s in _pairs(frames))
    runs = [0.024 * len(run) for run in text.replace("q", "s").split("s") if run]
    pauses = [0.024 * len(run) for run in text.replace("v", "s").split("s") if len(run) >= 5]
    seconds = 0.024 * len(text)
    smooth = np.convolve(np.pad(frames.loudness, 1, mode="edge"), np.ones(3) / 3, "valid")
    peaks, _ = find_peaks(np.pad(smooth, 1, constant_values=-1e6), prominence=3)
    counted = {
        "voiced_share": text.count("v") / len(text),
        "voiced_run_mean": np.mean(runs),
        "voiced_run_deviation": np.std(runs),
        "voiced_runs_per_s": len(runs) / seconds,
        "pause_share": sum(pauses) / seconds,
        "pause_mean": np.mean(pauses) if pauses else 0,
        "pauses_per_s": len(pauses) / seconds,
        "duration": seconds,
        "peaks_per_s": len(peaks) / seconds,
    }
    assert len(runs) > 5
    assert len(peaks) > 5
    assert {name: found[name] for name in counted} == pytest.approx(counted, rel=1e-4)


def _pairs(frames):
    return zip(frames.voiced, frames.sounding, strict=True)


def test_the_spectrum_is_that_of_plain_formulas():
    samples = talk().samples[: RATE * 4]
    frames = clip_frames(samples)
    found = functionals.spectrum(frames)
    own = [row for row, sounding in zip(frames.columns, frames.sounding, strict=True) if sounding]
    mfcc = np.array([row[40:52] for row in own], float)
    np.testing.assert_allclose(found[:12], mfcc.mean(axis=0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found[12:16], mfcc[:, :4].std(axis=0), rtol=1e-4, atol=1e-4)
    flux = []
    for i in range(1, len(frames.columns)):
        if frames.sounding[i] and frames.sounding[i - 1]:
            a, b = (np.exp(frames.columns[j][:40].astype(float)) for j in (i - 1, i))
            flux.append(np.sqrt(sum((a / a.sum() - b / b.sum()) ** 2)))
    np.testing.assert_allclose(found[22:24], [np.mean(flux), np.std(flux)], rtol=1e-4)
    assert found[24] == pytest.approx(np.mean([row[acoustics.VOICING] for row in own]), rel=1e-4)


@pytest.mark.parametrize("seed", range(20))
def test_peaks_are_those_of_scipy(seed):
    values = np.random.default_rng(seed).normal(0, 3, 60).cumsum()
    peaks, _ = find_peaks(np.pad(values, 1, constant_values=-1e6), prominence=3)
    assert functionals._n_peaks(values) == len(peaks)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0, np.float32),
        np.zeros(1, np.float32),
        np.ones(1, np.float32),
        silence(1),
        tone(200, 0.01),
        np.full(RATE, 0.5, np.float32),  # direct current
        np.clip(tone(200, 1, amplitude=9), -1, 1),
    ],
    ids=["nothing", "a zero", "a click", "silence", "shorter than a frame", "constant", "clipped"],
)
def test_any_clip_gives_finite_numbers(samples):
    for encoder in (ProsodyFunctionals(), SpectrumFunctionals()):
        token = encoder.encode_clip(samples)
        assert token.shape == (1, encoder.info.width)
        assert token.dtype == np.float32
        assert np.isfinite(token).all()


def test_silence_is_one_pause():
    found = said(silence(1))
    assert found["pause_share"] == 1
    assert found["voiced_share"] == found["peaks_per_s"] == found["pitch_mean"] == 0
    assert found["loudness_mean"] == 0  # of no frame; the share tells
