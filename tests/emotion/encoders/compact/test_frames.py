from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.emotion.encoders.compact import frames as frames_module
from sentigram.emotion.encoders.compact.acoustics import HOP_SAMPLES, energy
from sentigram.emotion.encoders.compact.frames import (
    FRAME_WIDTH,
    CompactAudioEncoder,
    VoiceEncoder,
    encoder_path,
)
from sentigram.emotion.encoders.compact.pooling import HIDDEN_WIDTH, LAYER_WIDTH, VOICE_WIDTH
from sentigram.errors import MissingError
from sentigram.store import shipped

RATE = 16_000


@pytest.fixture(scope="module")
def encoder() -> CompactAudioEncoder:
    return CompactAudioEncoder(n_threads=1)


def speechlike(seconds: float, seed: int = 0) -> np.ndarray:
    """Harmonics that glide, in bursts."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(int(seconds * RATE)) / RATE
    phase = 2 * np.pi * np.cumsum(140 + 40 * np.sin(2 * np.pi * 0.7 * time_s)) / RATE
    voice = sum(np.sin(k * phase) / k for k in range(1, 20))
    loudness = np.clip(np.sin(2 * np.pi * 1.3 * time_s), 0.02, 1)
    noisy = 0.1 * loudness * np.asarray(voice) + rng.normal(0, 0.002, len(time_s))
    return noisy.astype(np.float32)


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.1, 0.5, 3.0])
def test_one_frame_per_hop(encoder, seconds: float):
    frames = encoder.encode(speechlike(seconds))
    assert frames.shape[1] == FRAME_WIDTH
    assert frames.dtype == np.float32
    heard = max(seconds * RATE, 1600) / HOP_SAMPLES
    assert heard - 3 <= len(frames) <= heard
    assert np.isfinite(frames).all()


def test_the_same_sound_gives_the_same_frames_whatever_came_before(encoder):
    sound = speechlike(2)
    first = encoder.encode(sound)
    encoder.encode(speechlike(1, seed=3))
    np.testing.assert_array_equal(first, encoder.encode(sound))


def test_inner_layers_are_used(encoder):
    """The last layer is normalized to a deviation near 0.5; those in the middle are not."""
    hidden = encoder.encode(speechlike(2))[:, :HIDDEN_WIDTH]
    assert hidden.shape[1] == 576
    assert hidden[:, :288].std() > 1
    assert hidden[:, 288:].std() > 1


def test_spans_lie_where_they_were_said(encoder):
    audio = Audio(speechlike(6))
    whole = encoder.encode(audio.samples)
    spans = [Span(4000, 5000), Span(0, 700), Span(2500, 3100)]
    for span, frames in zip(spans, encoder.encode_spans(audio, spans), strict=True):
        cut = frames.cut(span)
        first = span.start_ms * RATE // 1000 // HOP_SAMPLES
        expected = whole[first : first + len(cut)]
        assert abs(len(cut) - span.duration_ms / 24) <= 2
        # Prosody sees three frames only, so it tells the place; the encoder hears other context.
        np.testing.assert_allclose(
            cut[1:-1, HIDDEN_WIDTH:], expected[1:-1, HIDDEN_WIDTH:], atol=0.05
        )
        alike = [np.corrcoef(a, b)[0, 1] for a, b in zip(cut, expected, strict=True)]
        assert np.median(alike) > 0.9


def test_a_long_span_is_encoded_in_pieces_that_join_without_gap_or_repeat(encoder, monkeypatch):
    audio = Audio(speechlike(8))
    span = Span(300, 7900)
    (whole,) = encoder.encode_spans(audio, [span])
    monkeypatch.setattr(frames_module, "_LONGEST_MS", 2_000)
    (pieces,) = encoder.encode_spans(audio, [span])
    assert pieces.first == whole.first
    assert pieces.frames.shape == whole.frames.shape
    # Each seam loses a frame's neighbours for the change per frame, nothing else.
    close = np.isclose(pieces.frames[:, HIDDEN_WIDTH:], whole.frames[:, HIDDEN_WIDTH:], atol=0.05)
    assert close.all(axis=1).mean() > 0.95


def test_spans_are_encoded_one_at_a_time(encoder, monkeypatch):
    calls = []
    real = CompactAudioEncoder.encode

    def encode(self, samples):
        calls.append(len(samples))
        return real(self, samples)

    monkeypatch.setattr(CompactAudioEncoder, "encode", encode)
    frames = encoder.encode_spans(Audio(speechlike(4)), [Span(0, 1000), Span(2000, 3000)])
    next(frames)
    assert len(calls) == 1


def test_a_cut_never_is_empty(encoder):
    (frames,) = encoder.encode_spans(Audio(speechlike(1)), [Span(0, 1000)])
    for span in (Span(0, 0), Span(990, 1000), Span(5000, 6000)):
        assert len(frames.cut(span)) >= 1


def test_the_part_names_the_file(encoder):
    assert encoder.part.version == "0.1.0"
    assert len(encoder.part.sha256) == 64


def test_the_voice_model_hears_five_layers_and_energy(encoder):
    """Two of the layers are those of the compact encoder, for the same sound."""
    sound = speechlike(1.5)
    frames = VoiceEncoder(n_threads=1).encode(sound)
    pair = encoder.encode(sound)
    assert frames.shape == (len(pair), VOICE_WIDTH + 1)
    layers = frames[:, :VOICE_WIDTH].reshape(len(frames), 5, LAYER_WIDTH)
    np.testing.assert_allclose(layers[:, 1], pair[:, :LAYER_WIDTH], atol=1e-4)
    np.testing.assert_allclose(layers[:, 3], pair[:, LAYER_WIDTH:HIDDEN_WIDTH], atol=1e-4)
    for number in range(4):
        assert np.abs(layers[:, number] - layers[:, number + 1]).max() > 0.1
    np.testing.assert_array_equal(frames[:, VOICE_WIDTH], energy(sound, len(frames)))


def test_a_document_tells_the_encoders_apart(encoder):
    voice = VoiceEncoder()
    assert encoder.part.id == "moonshine-tiny-en encoder, layers 2 and 4"
    assert voice.part.id == "moonshine-tiny-en encoder, layers 1 to 5"
    assert voice.part.sha256 == encoder.part.sha256


def test_spans_of_the_voice_lie_on_the_same_frames(encoder):
    audio = Audio(speechlike(4))
    spans = [Span(1500, 2600), Span(0, 900)]
    voice = VoiceEncoder(n_threads=1).encode_spans(audio, spans)
    for ours, theirs in zip(voice, encoder.encode_spans(audio, spans), strict=True):
        assert ours.first == theirs.first
        assert ours.frames.shape == (len(theirs.frames), VOICE_WIDTH + 1)


@pytest.mark.parametrize("damage", [b"{", None])
def test_without_the_model_the_message_says_what_to_install(tmp_path, monkeypatch, damage):
    if damage is not None:
        (tmp_path / "words.card.json").write_bytes(damage)
    monkeypatch.setattr(shipped, "weights", lambda: tmp_path)
    frames_module._card.cache_clear()
    try:
        with pytest.raises(MissingError, match=r"words\.card\.json is .*; run: pip install"):
            encoder_path.__wrapped__()
    finally:
        frames_module._card.cache_clear()


def test_looking_for_the_model_loads_nothing():
    code = (
        "import sys; from sentigram.emotion.encoders.compact.frames import encoder_path\n"
        "encoder_path(); assert 'onnxruntime' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
