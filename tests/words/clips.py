"""Real speech that needs no data folder: the example talk, and clips of moonshine-voice (MIT)."""

from __future__ import annotations

import tempfile
import wave
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.time import Span
from sentigram.core.transcript import Word
from sentigram.media.audio import decode
from sentigram.media.probe import probe
from sentigram.words.alignment.by_recognition import share

TALK = Path(__file__).resolve().parents[2] / "examples" / "talk.mp4"
JFK = (
    "And so, my fellow Americans, ask not what your country can do for you, ask what you can do "
    "for your country."
)

TALK_LINES = (  # of the beginning of the talk: start and end in ms, and what is said
    (290, 2_160, "And so my fellow Americans"),
    (3_250, 7_450, "ask not what your country can do for you,"),
    (8_170, 10_460, "ask what you can do for your country."),
    (12_200, 13_900, "It was the best of times."),
    (13_980, 15_930, "It was the worst of times."),
    (16_010, 17_580, "It was the age of wisdom."),
    (17_660, 19_230, "It was the age of foolishness."),
    (19_810, 21_680, "It was the epoch of belief."),
    (21_760, 23_750, "It was the epoch of incredulity."),
)
OTHER_LINES = (  # nothing of it is said there
    "Where did you put the keys to the boat?",
    "I thought Martha was going to bring them back from town.",
    "She left the office before noon, and nobody has seen her since.",
    "We should call the police if she is not home by seven.",
    "Please do not tell my brother about any of this.",
    "He would drive up here in the middle of the night.",
    "The storm has taken down the telephone lines again.",
    "Then somebody has to walk over to the neighbours.",
    "You always find a reason to stay inside, don't you?",
)
TWO_CITIES = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age "
    "of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the "
    "season of light, it was the season of darkness, it was the spring of hope, it was the winter "
    "of despair, we had everything before us, we had nothing before us, we were all going direct "
    "to heaven, we were all going direct the other way. In short, the period was so far like the "
    "present period, that some of its noisiest authorities insisted on its being received, for "
    "good or for evil, in the superlative degree of comparison only."
)


@cache
def talk() -> Audio:
    """55 s: Kennedy says JFK in the first 11, then somebody reads TWO_CITIES."""
    with tempfile.TemporaryDirectory() as work:
        audio = decode(probe(TALK), workdir=Path(work))
        return Audio(np.array(audio.samples))


def spread(texts: Sequence[str], span: Span) -> tuple[Word, ...]:
    """Words that share a span in proportion to their length."""
    times = share([len(text) + 1 for text in texts], span)
    return tuple(
        Word(text, at, source="given", timing="estimated")
        for text, at in zip(texts, times, strict=True)
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
