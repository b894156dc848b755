from __future__ import annotations

import numpy as np
import pytest

from sentigram.training.voice import augment

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
