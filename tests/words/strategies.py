"""Transcripts with any times at all, and sounds with known silences."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word

TEXTS = st.sampled_from(
    [
        *("a", "the", "word,", "stop.", "Mr.", "U.S.", "3.14", "(quietly)", "well...", "wait…"),
        *("yes!", "no?", "“Go.”", "你好。", "吗？", "—", "[music]"),
    ]
)


@st.composite
def spans(draw, longest_ms=20_000):
    a, b = draw(st.integers(0, longest_ms)), draw(st.integers(0, longest_ms))
    return Span(min(a, b), max(a, b))


@st.composite
def words(draw, longest_ms=20_000):
    return Word(
        draw(TEXTS),
        draw(spans(longest_ms)),
        confidence=draw(st.floats(0, 1)),
        source=draw(st.sampled_from(["heard", "given"])),
        timing=draw(st.sampled_from(["aligned", "estimated"])),
        joined=draw(st.booleans()),
    )


@st.composite
def transcripts(draw, longest_ms=20_000):
    groups = draw(st.lists(st.lists(words(longest_ms), min_size=1, max_size=12), max_size=8))
    utterances = tuple(
        Utterance(f"u{i}", draw(spans(longest_ms)), tuple(group), draw(st.sampled_from(["", "A"])))
        for i, group in enumerate(groups, start=1)
    )
    return Transcript("en", utterances)


@st.composite
def sounds(draw):
    """Bursts of noise and silence in turn; up to 6 s, and where the recording begins."""
    lengths_ms = draw(st.lists(st.integers(0, 1500), max_size=4))
    loud = draw(st.booleans())
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    parts = []
    for length_ms in lengths_ms:
        level = 0.2 if loud else 0.0002
        parts.append(level * rng.standard_normal(length_ms * 16))
        loud = not loud
    samples = np.concatenate(parts) if parts else np.zeros(0)
    audio = Audio(samples.astype(np.float32))
    return Audio(
        audio.samples, speech_start_ms=draw(st.integers(0, max(0, audio.duration_ms // 2)))
    )
