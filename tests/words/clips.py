"""Real speech that comes with the recognizer's package: no data folder is needed."""

from __future__ import annotations

import wave
from functools import cache
from pathlib import Path

import numpy as np

from sentigram.core.media import SAMPLE_RATE_HZ, Audio

TWO_CITIES = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age "
    "of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the "
    "season of light, it was the season of darkness, it was the spring of hope, it was the winter "
    "of despair, we had everything before us, we had nothing before us, we were all going direct "
    "to heaven, we were all going direct the other way. In short, the period was so far like the "
    "present period, that some of its noisiest authorities insisted on its being received, for "
    "good or for evil, in the superlative degree of comparison only."
)


def two_cities() -> Audio:
    """44 s, one reader."""
    return clip("two_cities.wav")


def beckett() -> Audio:
    """10 s: Ever tried. Ever failed. No matter. Try again. Fail again. Fail better."""
    return clip("beckett.wav")


@cache
def clip(name: str) -> Audio:
    """One of the package's clips at 16 kHz, resampled by averaging and linear interpolation."""
    from moonshine_voice import get_assets_path

    with wave.open(str(Path(get_assets_path()) / name)) as file:
        raw = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        samples = raw.reshape(-1, file.getnchannels()).mean(axis=1) / 32768
        rate = file.getframerate()
    if rate > SAMPLE_RATE_HZ:  # a plain low-pass: the mean over one new sample
        width = max(1, rate // SAMPLE_RATE_HZ)
        samples = np.convolve(samples, np.full(width, 1 / width), mode="same")
    n_samples = len(samples) * SAMPLE_RATE_HZ // rate
    times = np.arange(n_samples) * (rate / SAMPLE_RATE_HZ)
    resampled = np.interp(times, np.arange(len(samples)), samples)
    return Audio(resampled.astype(np.float32))
