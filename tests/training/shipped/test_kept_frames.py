from __future__ import annotations

from pathlib import Path

import numpy as np

from sentigram.core.document import EnginePart
from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.emotion.encoders.compact.frames import SpanFrames, VoiceEncoder
from sentigram.training.shipped.kept_frames import KeptFrames
from tests.training.recordings import hum

SPANS = (Span(0, 700), Span(900, 2100))


class Counting:
    """Frames that tell which stretch they are of."""

    def __init__(self, version: str = "1") -> None:
        self.n_asked = 0
        self.part = EnginePart("audio encoder", "counting", version)

    def encode_spans(self, audio, spans):
        self.n_asked += 1
        for i, span in enumerate(spans):
            yield SpanFrames(span.start_ms, np.full((i + 2, 3), i, np.float32))


def test_the_same_sound_is_encoded_once(tmp_path: Path):
    asked = Counting()
    kept = KeptFrames(tmp_path, encoder=asked)
    for _ in range(2):
        found = list(kept.encode_spans(Audio(hum(6)), SPANS))
        assert [frames.first for frames in found] == [0, 900]
        assert [len(frames.frames) for frames in found] == [2, 3]
        assert [frames.frames[0, 0] for frames in found] == [0, 1]
    assert asked.n_asked == 1
    assert kept.part == asked.part
    assert not list(tmp_path.glob("*.part*"))


def test_other_sound_other_stretches_and_other_encoders_are_encoded(tmp_path: Path):
    asked, newer = Counting(), Counting("2")
    kept = KeptFrames(tmp_path, encoder=asked)
    list(kept.encode_spans(Audio(hum(6)), SPANS))
    list(kept.encode_spans(Audio(hum(6, hz=301)), SPANS))
    list(kept.encode_spans(Audio(hum(6)), SPANS[:1]))
    assert asked.n_asked == 3
    list(KeptFrames(tmp_path, encoder=newer).encode_spans(Audio(hum(6)), SPANS))
    assert newer.n_asked == 1


def test_what_is_kept_is_what_was_encoded_in_half_precision(tmp_path: Path):
    audio = Audio(hum(5, levels=(0.1, 0.3)))
    plain = list(VoiceEncoder(n_threads=1).encode_spans(audio, SPANS))
    kept = KeptFrames(tmp_path, encoder=VoiceEncoder(n_threads=1))
    for _ in range(2):
        for a, b in zip(plain, kept.encode_spans(audio, SPANS), strict=True):
            assert a.first == b.first
            np.testing.assert_array_equal(a.frames.astype(np.float16), b.frames)


def test_without_a_folder_the_last_recording_is_remembered_as_it_is():
    asked = Counting()
    kept = KeptFrames(None, encoder=asked)
    first = list(kept.encode_spans(Audio(hum(6)), SPANS))
    assert list(kept.encode_spans(Audio(hum(6)), SPANS)) == first
    assert asked.n_asked == 1
    list(kept.encode_spans(Audio(hum(6, hz=301)), SPANS))
    assert asked.n_asked == 2


def test_what_the_engine_hears_with_is_kept(tmp_path: Path):
    """The engine must be able to read what is kept: the same encoder, unless another is given."""
    assert KeptFrames(tmp_path).part == VoiceEncoder().part
