from __future__ import annotations

import numpy as np
import pytest

from sentigram.training.augment import sound

RATE = 16_000


def speech(seconds: float = 1.0) -> np.ndarray:
    time_s = np.arange(int(seconds * RATE)) / RATE
    return (0.2 * np.sin(2 * np.pi * 600 * time_s) * np.sin(2 * np.pi * 2 * time_s)).astype(
        np.float32
    )


def level_db(samples: np.ndarray, hz: float) -> float:
    spectrum = np.abs(np.fft.rfft(samples[2000:-2000]))
    return 20 * np.log10(spectrum[round(hz * (len(samples) - 4000) / RATE)] + 1e-9)


def test_a_telephone_passes_its_band_only():
    time_s = np.arange(2 * RATE) / RATE
    tones = (100, 1000, 3000, 5000)
    chord = sum(0.1 * np.sin(2 * np.pi * hz * time_s) for hz in tones).astype(np.float32)
    out = sound.telephone(chord)
    assert out.shape == chord.shape
    lost = {hz: level_db(chord, hz) - level_db(out, hz) for hz in tones}
    assert abs(lost[1000]) < 0.5
    assert abs(lost[3000]) < 1
    assert lost[100] > 30
    assert lost[5000] > 30


@pytest.mark.parametrize("rate_hz", [8000, 44_100])
def test_another_rate_and_back_changes_little_and_moves_nothing(rate_hz: int):
    out = sound.resampled(speech(), rate_hz)
    assert out.shape == speech().shape
    np.testing.assert_allclose(out[500:-500], speech()[500:-500], atol=0.01)


@pytest.mark.parametrize(("codec_name", "bit_rate"), [("mp3", 16_000), ("opus", 24_000)])
def test_codecs_by_name_move_nothing(codec_name: str, bit_rate: int):
    out = sound.coded(speech(2.0), codec_name, bit_rate)
    assert out.shape == speech(2.0).shape
    likeness = np.sum(out * speech(2.0)) / np.sum(speech(2.0) ** 2)
    assert 0.8 < likeness < 1.2
    assert np.abs(out - speech(2.0)).max() > 1e-4


def test_an_unknown_codec_is_refused():
    with pytest.raises(ValueError, match="choose from mp3, opus, aac"):
        sound.coded(speech(), "flac", 1)


def voiced(seconds: float = 2.0, *, hz: float = 200.0) -> np.ndarray:
    """A voice that holds one pitch: harmonics that fall by 12 dB per octave."""
    time_s = np.arange(int(seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * hz * k * time_s) / k**2 for k in range(1, 30))
    return (0.1 * np.asarray(tone)).astype(np.float32)


def pitch_hz(samples: np.ndarray) -> float:
    """By the first peak of the autocorrelation of its middle."""
    middle = samples[len(samples) // 4 : -len(samples) // 4].astype(float)
    spectrum = np.abs(np.fft.rfft(middle, 1 << 17)) ** 2
    likeness = np.fft.irfft(spectrum)
    lags = np.arange(RATE // 500, RATE // 60)
    return RATE / float(lags[np.argmax(likeness[lags])])


@pytest.mark.parametrize("semitones", [-3, -1.5, 0.5, 3, 7])
def test_pitch_moves_by_the_semitones_and_time_stays(semitones: float):
    out = sound.pitched(voiced(), semitones)
    assert out.shape == voiced().shape
    assert pitch_hz(out) == pytest.approx(200 * 2 ** (semitones / 12), rel=0.02)


@pytest.mark.parametrize("rate", [0.8, 1.25])
def test_tempo_changes_time_and_leaves_the_pitch(rate: float):
    out = sound.faster(voiced(), rate)
    assert len(out) == round(len(voiced()) / rate)
    assert pitch_hz(out) == pytest.approx(200, rel=0.02)
    assert np.abs(out[-2000:]).max() > 0.05  # sound to its end


@pytest.mark.parametrize(("exponent", "db_per_octave"), [(0.0, 0.0), (0.5, -3.0), (1.0, -6.0)])
def test_noise_has_the_slope_of_its_colour(exponent: float, db_per_octave: float):
    noise = sound.coloured_noise(1 << 16, np.random.default_rng(1), exponent)
    power = np.abs(np.fft.rfft(noise)) ** 2
    hz = np.fft.rfftfreq(len(noise), 1 / RATE)
    octaves = [(100 * 2**k, 200 * 2**k) for k in range(6)]
    levels = [10 * np.log10(power[(hz >= low) & (hz < high)].mean()) for low, high in octaves]
    slope = np.polyfit(np.arange(6), levels, 1)[0]
    assert slope == pytest.approx(db_per_octave, abs=0.4)


@pytest.mark.parametrize("snr_db", [-5.0, 0.0, 12.0])
def test_mixing_gives_the_ratio_that_was_asked(snr_db: float):
    noise = sound.coloured_noise(RATE, np.random.default_rng(0), 0.5)
    added = sound.mix(speech(), noise, snr_db) - speech()
    assert 10 * np.log10(np.mean(speech() ** 2) / np.mean(added**2)) == pytest.approx(
        snr_db, abs=0.01
    )


@pytest.mark.parametrize("rt60_s", [0.2, 0.8])
def test_a_room_dies_away_in_its_time(rt60_s: float):
    """Schroeder's backward integral falls from -5 to -35 dB in half of the time for 60."""
    response = sound.room_response(rt60_s, 6.0, np.random.default_rng(2))
    tail = response[1:] ** 2
    assert 10 * np.log10(1 / tail.sum()) == pytest.approx(6.0, abs=0.01)
    left_db = 10 * np.log10(np.cumsum(tail[::-1])[::-1] / tail.sum() + 1e-12)
    # measured where the end of the response does not cut the integral short yet
    at = [int(np.argmax(left_db < level)) for level in (-5, -25)]
    assert (at[1] - at[0]) * 3 / RATE == pytest.approx(rt60_s, rel=0.1)


def test_convolution_is_convolution():
    rng = np.random.default_rng(3)
    samples, response = rng.standard_normal(500).astype(np.float32), rng.standard_normal(70)
    wanted = np.convolve(samples, response)[:500]
    np.testing.assert_allclose(sound.convolved(samples, response), wanted, atol=1e-4)
