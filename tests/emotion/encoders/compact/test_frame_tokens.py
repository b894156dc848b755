"""The bundled audio encoder's tokens, at work and in training."""

from __future__ import annotations

import numpy as np
import pytest

from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.emotion.encoders.compact.frame_tokens import CompactTokens
from sentigram.emotion.encoders.compact.frames import CompactAudioEncoder
from sentigram.emotion.encoders.tokens import AudioTokens


@pytest.fixture(scope="module")
def samples():
    return (0.1 * np.random.default_rng(0).normal(size=16_000 * 4 + 77)).astype(np.float32)


def test_a_clip_is_the_same_in_spans_and_at_once(samples):
    tokens = CompactTokens(n_threads=1)
    audio = Audio(samples)
    (whole,) = tokens.encode_spans(audio, [Span(0, audio.duration_ms)])
    np.testing.assert_array_equal(whole.values, tokens.encode_clip(samples))
    frames = CompactAudioEncoder(n_threads=1).encode(samples)
    wanted = [frames[i : i + 4].mean(0) for i in range(0, len(frames), 4)]
    np.testing.assert_allclose(whole.values, wanted, atol=1e-5)
    assert (whole.first_ms, whole.step_ms) == (0, 96)


def test_a_stretch_says_where_it_is(samples):
    (part,) = CompactTokens(n_threads=1).encode_spans(Audio(samples), [Span(2000, 3000)])
    # half a second of context is heard and kept before it, from a whole frame on
    assert part.first_ms == 1500 // 24 * 24
    assert part.within(Span(2000, 3000)) == slice(5, 16)


def test_says_what_it_is():
    tokens: AudioTokens = CompactTokens()
    assert (tokens.info.name, tokens.info.kind) == ("compact-frames", "audio")
    assert tokens.info.id.endswith("frames averaged over 96 ms")
    assert tokens.info.sha256 == tokens.part.sha256
