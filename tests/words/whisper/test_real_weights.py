"""Whisper base on its real weights; skips without them (tests/whisper_base.py brings them)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.jobs.engine import Engine
from sentigram.jobs.hear import hear_words
from sentigram.media.audio import decode
from sentigram.media.probe import probe
from sentigram.words.heard_or_given import HearOptions
from sentigram.words.speech_events import obstacle
from sentigram.words.whisper.transcriber import FasterWhisperTranscriber
from tests.fakes import Recorder
from tests.whisper_base import real_whisper
from tests.words.clips import TWO_CITIES, beckett, two_cities

RATE = 16_000
LINES = (
    ("What brings you to the land of the gatekeepers?", 12_200, 14_900),
    ("I'm searching for someone.", 18_600, 20_200),
    ("A dangerous quest for", 37_000, 39_200),  # "a lone hunter" is heard as "unknown hunter"
    ("I've been alone for as long as I can remember.", 41_600, 44_000),
)


@pytest.fixture(scope="module")
def weights() -> Path:
    return real_whisper()


@pytest.fixture(scope="module", params=["int8", "float32"])
def transcriber(weights, request) -> FasterWhisperTranscriber:
    return FasterWhisperTranscriber(str(weights), device="cpu", compute_type=request.param)


@pytest.fixture(scope="module")
def int8(weights) -> FasterWhisperTranscriber:
    """Whole recordings in the precision that CPUs get; both are tried on what is short."""
    return FasterWhisperTranscriber(str(weights), device="cpu", compute_type="int8")


def _plain(text: str) -> list[str]:
    return ["".join(c for c in word if c.isalnum()) for word in text.lower().split()]


@pytest.mark.slow
def test_a_reader_is_written_down(int8):
    hearing = int8.hear(two_cities())
    assert hearing.transcript.language == "en"
    assert hearing.language_probability > 0.9
    heard = [word for u in hearing.transcript.utterances for word in _plain(u.text)]
    said = _plain(TWO_CITIES)
    assert abs(len(heard) - len(said)) <= 3
    assert sum(a != b for a, b in zip(heard[:40], said[:40], strict=True)) <= 2
    assert all(w.timing == "estimated" and w.source == "heard" for w in hearing.transcript.words())


@pytest.mark.slow
def test_sentences_that_repeat_are_all_heard(transcriber):
    """Without timestamps the model leaves out copies, or stops before the end."""
    audio = beckett()
    pause = np.zeros(RATE // 2, np.float32)
    twice = Audio(np.concatenate((audio.samples, pause, audio.samples)))
    words = [w for u in transcriber.hear(twice).transcript.utterances for w in _plain(u.text)]
    assert words.count("matter") == 2
    assert words.count("ever") == 4


def _sounds() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    times = np.arange(20 * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * hz * times) for hz in (220, 277, 330))
    notes = rng.choice([262, 294, 330, 349, 392, 440, 494, 523], 80)
    bell = np.exp(-np.arange(RATE // 4) / 2000)
    melody = [np.sin(2 * np.pi * hz * np.arange(RATE // 4) / RATE) * bell for hz in notes]
    return {
        "silence": np.zeros(20 * RATE),
        "noise": rng.normal(0, 0.05, 20 * RATE),
        "faint noise": rng.normal(0, 0.002, 20 * RATE),
        "tone": 0.3 * np.sin(2 * np.pi * 440 * times),
        "beats": 0.1 * chord * (1 + np.sin(4 * np.pi * times)),
        "melody": 0.2 * np.concatenate(melody),
        "clicks": (rng.random(20 * RATE) < 0.0003) * 0.5,
    }


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[] if n == "beats" else [pytest.mark.slow]) for n in _sounds()],
)
def test_where_nobody_speaks_nothing_is_heard(transcriber, name):
    hearing = transcriber.hear(Audio(_sounds()[name].astype(np.float32)))
    assert hearing.transcript.utterances == ()


@pytest.mark.slow
def test_dialogue_under_music_is_heard_once(int8, shared_data, tmp_path):
    if problem := obstacle():
        pytest.skip(problem)
    trailer = shared_data / "demo" / "sintel_trailer_480x204.mp4"
    audio = decode(probe(trailer), workdir=tmp_path)
    words = list(int8.hear(audio).transcript.words())
    text = " ".join(_plain(" ".join(w.text for w in words)))
    for line, start_ms, end_ms in LINES:
        plain = " ".join(_plain(line))
        assert text.count(plain) == 1, line
        first = len(text[: text.index(plain)].split())
        assert abs(words[first].span.start_ms - start_ms) <= 300, line
        assert words[first + len(plain.split()) - 1].span.end_ms <= end_ms
    assert len(words) <= sum(len(line.split()) for line, *_ in LINES) + 2
    music = Audio(np.array(audio.cut(Span(20_900, 36_300))))
    assert int8.hear(music).transcript.utterances == ()


def test_english_words_are_aligned_in_the_product(weights, tmp_path):
    import soundfile

    path = tmp_path / "beckett.wav"
    soundfile.write(path, beckett().samples, RATE)
    engine = Engine(transcriber_name="faster-whisper", whisper_model=str(weights))
    recorder = Recorder()
    with hear_words(probe(path), engine, HearOptions(use_sidecar=False), recorder) as heard:
        words = list(heard.transcript.words())
        roles = {part.role: part.id for part in heard.parts}
    assert [w.timing for w in words] == ["aligned"] * len(words)
    assert roles["aligner"] == "pocketsphinx-en-us"
    assert roles["transcriber"] == "faster-whisper-base"
    assert "word times" in recorder.stages
