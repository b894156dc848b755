from __future__ import annotations

import numpy as np
import pytest

from sentigram.emotion.encoders.compact import acoustics
from sentigram.training.shipped.voice import augment

RATE = 16_000


def speech(seconds: float = 1.0) -> np.ndarray:
    time_s = np.arange(int(seconds * RATE)) / RATE
    return (0.2 * np.sin(2 * np.pi * 600 * time_s) * np.sin(2 * np.pi * 2 * time_s)).astype(
        np.float32
    )


@pytest.mark.parametrize("condition", augment.CONDITIONS)
@pytest.mark.parametrize("seconds", [0.05, 1.0, 1.7])
def test_length_type_and_range_stay(condition: str, seconds: float):
    out = augment.apply(condition, speech(seconds), "a")
    if condition != "effort":  # which is said faster or slower
        assert out.shape == speech(seconds).shape
    assert out.dtype == np.float32
    assert np.abs(out).max() <= 1


@pytest.mark.parametrize("condition", augment.CONDITIONS)
def test_the_clips_id_decides_and_nothing_else(condition: str):
    first = augment.apply(condition, speech(), "a")
    augment.apply(condition, speech(), "b")
    np.testing.assert_array_equal(first, augment.apply(condition, speech(), "a"))


@pytest.mark.parametrize("condition", ["noise", "music"])
def test_clips_are_changed_differently(condition: str):
    one, other = (augment.apply(condition, speech(), name) for name in "ab")
    assert np.abs(one - other).max() > 1e-3


def test_clean_is_clean():
    np.testing.assert_array_equal(augment.apply("clean", speech(), "a"), speech())


@pytest.mark.parametrize("name", list("abcdefgh"))
def test_music_is_between_3_and_20_db_below_speech(name: str):
    """The room is left out, so that what was added is the difference."""
    added = augment.apply("music", 0.1 * speech(), name) - 0.1 * speech()
    ratio_db = 10 * np.log10(np.mean((0.1 * speech()) ** 2) / np.mean(added**2))
    assert 2.9 <= ratio_db <= 20.1


def test_a_codec_loses_little_but_something():
    out = augment.apply("codec", speech(), "a")
    likeness = np.correlate(out, speech(), "full").max() / np.sum(speech() ** 2)
    assert 0.5 < likeness < 1.5  # 600 Hz is inside the telephone band
    assert np.abs(out - speech()).max() > 1e-4


def voiced(seconds: float = 2.0, *, hz: float = 140.0) -> np.ndarray:
    """A voice that holds one pitch: harmonics that fall by 12 dB per octave."""
    time_s = np.arange(int(seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * hz * k * time_s) / k**2 for k in range(1, 50))
    return (0.1 * np.asarray(tone)).astype(np.float32)


def heard(samples: np.ndarray) -> np.ndarray:
    """Prosody of the inner frames, (n_frames, N_COLUMNS)."""
    return acoustics.prosody(samples, len(samples) // acoustics.HOP_SAMPLES)[4:-4]


@pytest.mark.parametrize("name", list("abcdef"))
def test_more_effort_is_higher_flatter_and_louder(name: str):
    out = augment.apply("effort", voiced(), name)
    before, after = heard(voiced()), heard(out)
    rise = 12 * np.median(after[:, acoustics.PITCH] - np.median(before[:, acoustics.PITCH]))
    assert 0.8 <= rise <= 5.2  # semitones
    assert np.median(after[:, acoustics.VOICING]) > 0.8
    assert np.median(after[:, acoustics.TILT]) < np.median(before[:, acoustics.TILT]) - 0.3
    louder = np.median(after[:, acoustics.ENERGY]) - np.median(before[:, acoustics.ENERGY])
    assert louder > 0


@pytest.mark.parametrize("name", list("abcdef"))
def test_more_effort_keeps_the_length(name: str):
    """It is said up to a tenth faster, or a little slower, not as much shorter as it is higher."""
    out = augment.apply("effort", voiced(), name)
    assert len(out) == pytest.approx(len(voiced()), rel=0.15)


def test_effort_is_drawn_from_the_clips_id():
    out = {name: augment.apply("effort", voiced(1.0), name) for name in "ab"}
    np.testing.assert_array_equal(out["a"], augment.apply("effort", voiced(1.0), "a"))
    assert len(out["a"]) != len(out["b"]) or np.abs(out["a"] - out["b"]).max() > 1e-3


@pytest.mark.parametrize("level", [0.01, 10.0])
def test_effort_never_leaves_the_range(level: float):
    out = augment.apply("effort", np.clip(level * voiced(), -1, 1), "a")
    assert np.isfinite(out).all()
    assert np.abs(out).max() <= 1
