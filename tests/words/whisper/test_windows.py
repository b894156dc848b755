from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.errors import UsageError
from sentigram.words.speech_events import SpeechEvent
from sentigram.words.whisper.windows import (
    OVERLAP_MS,
    PIECE_MS,
    WINDOW_MS,
    VadSettings,
    Window,
    merged,
    windows,
)
from tests.words.clips import two_cities

VAD = VadSettings()


def _sound(duration_ms: int) -> Audio:
    # A view of one value: an hour takes no memory.
    return Audio(np.broadcast_to(np.float32(0), (duration_ms * 16,)))


class _Voice:
    """A detector that knows where there is voice, and remembers what it was asked."""

    def __init__(self, *spans_ms: tuple[int, int]) -> None:
        self.spans = [Span(*span) for span in spans_ms]
        self.asked: list[Span] = []

    def __call__(self, audio: Audio, piece: Span) -> tuple[Span, ...]:
        del audio
        self.asked.append(piece)
        return tuple(
            Span(max(s.start_ms, piece.start_ms), min(s.end_ms, piece.end_ms))
            for s in self.spans
            if s.overlap_ms(piece)
        )


def _found(duration_ms: int, *spans_ms: tuple[int, int], vad: VadSettings = VAD) -> list[Window]:
    return list(windows(_sound(duration_ms), vad, detect=_Voice(*spans_ms)))


def test_speech_is_padded_up_to_the_middle_of_a_pause():
    found = _found(40_000, (1000, 25_000), (25_400, 39_900))
    assert [w.span for w in found] == [Span(600, 25_200), Span(25_200, 40_000)]
    assert [w.speech for w in found] == [(Span(1000, 25_000),), (Span(25_400, 39_900),)]
    assert not any(w.is_continued for w in found)


def test_short_pauses_stay_inside_and_long_ones_separate():
    found = _found(40_000, (1000, 2000), (4000, 5000), (9000, 9500))
    assert [w.speech for w in found] == [
        (Span(1000, 2000), Span(4000, 5000)),
        (Span(9000, 9500),),
    ]
    assert found[0].speech_ms == 2000


def test_speech_without_a_pause_is_cut_with_an_overlap():
    found = _found(70_000, (1000, 69_000))
    assert [w.is_continued for w in found] == [False, True, True]
    for before, after in itertools.pairwise(found):
        assert before.span.end_ms - after.span.start_ms == 2 * OVERLAP_MS
    assert all(w.span.duration_ms <= WINDOW_MS for w in found)


def test_no_voice_gives_no_windows():
    assert _found(40_000) == []
    assert list(windows(Audio(np.zeros(0, np.float32)), VAD)) == []


def test_windows_are_found_when_they_are_asked_for():
    voice = _Voice(*((i * 10_000, i * 10_000 + 9000) for i in range(360)))
    first = next(windows(_sound(3_600_000), VAD, detect=voice))
    assert first.span.start_ms == 0
    assert voice.asked == [Span(0, PIECE_MS)]


def test_speech_over_the_edge_of_a_piece_is_one_window():
    edge = PIECE_MS
    found = _found(2 * edge, (edge - 40_000, edge - 20_000), (edge - 10_000, edge + 8000))
    assert [w.speech for w in found] == [
        (Span(edge - 40_000, edge - 20_000),),
        (Span(edge - 10_000, edge + 8000),),
    ]


def test_nothing_is_heard_before_the_stream_begins():
    audio = replace(_sound(40_000), speech_start_ms=5000)
    [window] = windows(audio, VAD, detect=_Voice((5100, 9000)))
    assert window.span == Span(5000, 9400)
    assert all(w.span.start_ms >= 5000 for w in windows(audio, None))


@st.composite
def _voices(draw):
    edges, at = [], 0
    for _ in range(draw(st.integers(0, 12))):
        gap = draw(st.one_of(st.integers(96, 900), st.integers(1000, 90_000)))
        length = draw(st.one_of(st.integers(32, 3000), st.integers(3000, 80_000)))
        edges.append((at + gap, at + gap + length))
        at += gap + length
    return edges, at + draw(st.integers(0, 5000))


@example(([(96, 128), (224, 768), (864, 28_097)], 28_097), 0)  # a long stretch after a short one
@given(_voices(), st.sampled_from([0, 30, 400, 10_000]))
def test_all_voice_is_heard_and_only_overlaps_twice(voices, pad_ms):
    edges, duration_ms = voices
    found = _found(duration_ms, *edges, vad=VadSettings(speech_pad_ms=pad_ms))
    heard = [Span(*edge) for edge in edges]
    for span in heard:
        inside = merged(w.span for w in found)
        assert sum(span.overlap_ms(other) for other in inside) == span.duration_ms
    for window in found:
        assert 0 <= window.span.start_ms < window.span.end_ms <= max(duration_ms, 1)
        assert window.span.duration_ms <= WINDOW_MS
        assert window.span.start_ms <= window.speech[0].start_ms
        assert window.speech[-1].end_ms <= window.span.end_ms
        assert all(a.end_ms <= b.start_ms for a, b in itertools.pairwise(window.voice))
    for before, after in itertools.pairwise(found):
        if not after.is_continued:
            assert before.span.end_ms <= after.span.start_ms
        assert before.span.start_ms < after.span.start_ms


def test_without_a_detector_everything_is_heard_in_windows_that_touch():
    audio = two_cities()
    found = list(windows(audio, None))
    assert found[0].span.start_ms == 0
    assert found[-1].span.end_ms == audio.duration_ms
    assert all(a.span.end_ms == b.span.start_ms for a, b in itertools.pairwise(found))
    assert all(w.span.duration_ms <= WINDOW_MS and w.speech for w in found)


def test_real_speech_is_found_as_the_detector_finds_it(monkeypatch):
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    monkeypatch.setattr("sentigram.words.whisper.windows.obstacle", lambda: "not here")
    audio = two_cities()
    options = VadOptions(min_silence_duration_ms=160, speech_pad_ms=0, max_speech_duration_s=28)
    expected = [
        (found["start"] // 16, found["end"] // 16)
        for found in get_speech_timestamps(audio.samples, options)
    ]
    found = [
        (span.start_ms, span.end_ms) for window in windows(audio, VAD) for span in window.speech
    ]
    assert found == expected


def test_speech_that_only_the_event_detector_finds_is_heard(monkeypatch):
    kinds = (("speech", 2000, 4000), ("music", 0, 9000), ("singing", 6000, 8000))
    events = [SpeechEvent(kind, Span(a, b), 0.9) for kind, a, b in kinds]
    monkeypatch.setattr("sentigram.words.whisper.windows.obstacle", lambda: "")
    monkeypatch.setattr("sentigram.words.whisper.windows.speech_events", lambda _: events)
    [window] = windows(_sound(10_000), VAD)
    assert window.speech == (Span(2000, 4000),)


def test_digital_silence_is_not_heard_even_without_a_filter():
    assert list(windows(_sound(70_000), None)) == []


def test_spans_are_merged_in_order():
    spans = [Span(500, 600), Span(0, 100), Span(100, 200), Span(650, 700)]
    assert merged(spans) == (Span(0, 200), Span(500, 600), Span(650, 700))
    assert merged(spans, gap_ms=51) == (Span(0, 200), Span(500, 700))
    assert merged(spans, gap_ms=50) == merged(spans)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"threshold": 1.0}, "VAD threshold 1.0: needs to be between 0 and 1"),
        ({"min_silence_ms": -1}, "VAD min silence -1 ms"),
        ({"min_speech_ms": 20_000}, "VAD min speech 20000 ms"),
        ({"speech_pad_ms": -5}, "VAD speech pad -5 ms"),
    ],
)
def test_settings_are_checked(settings, message):
    with pytest.raises(UsageError, match=message):
        VadSettings(**settings)


def test_no_window_ends_after_the_recording():
    """The overlap with a short last stretch of speech would reach one millisecond beyond it."""
    voices = ((59_587, 63_061), (87_760, 131_880), (131_976, 132_351))
    found = _found(132_879, *voices, vad=VadSettings(speech_pad_ms=10_000))
    assert max(window.span.end_ms for window in found) <= 132_879
