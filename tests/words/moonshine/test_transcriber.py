from __future__ import annotations

import hashlib
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sentigram.core.media import Audio
from sentigram.core.protocols import Transcriber
from sentigram.core.time import Span
from sentigram.errors import MissingError, UsageError
from sentigram.words import moonshine
from sentigram.words.alignment.by_recognition import matches
from sentigram.words.moonshine import MoonshineTranscriber, clean, spread
from tests.words.clips import TWO_CITIES, beckett, two_cities

SECONDS = np.arange(16_000 * 12) / 16_000


@pytest.fixture(scope="module")
def transcriber() -> MoonshineTranscriber:
    return MoonshineTranscriber()


def _bare(text: str) -> list[str]:
    return ["".join(c for c in word.lower() if c.isalpha()) for word in text.split()]


def _melody() -> np.ndarray:
    notes = np.array([262, 330, 392, 523, 440, 349])[(SECONDS * 2).astype(int) % 6]
    harmonics = sum(0.15 / k * np.sin(2 * np.pi * k * notes * SECONDS) for k in range(1, 6))
    return harmonics * np.exp(-4 * (SECONDS % 0.5))


def _beat() -> np.ndarray:
    return (
        0.3 * np.random.default_rng(2).standard_normal(len(SECONDS)) * np.exp(-20 * (SECONDS % 0.5))
    )


def test_it_is_a_transcriber_and_names_its_weights(transcriber):
    from moonshine_voice import get_model_path

    folder = Path(get_model_path("tiny-en"))
    weights = (folder / "encoder_model.ort").read_bytes()
    weights += (folder / "decoder_model_merged.ort").read_bytes()
    assert isinstance(transcriber, Transcriber)
    assert transcriber.part.id == "moonshine-tiny-en"
    assert transcriber.part.version == "0.1.0"
    assert transcriber.part.sha256 == hashlib.sha256(weights).hexdigest()


def test_real_speech_is_written_down(transcriber, capfd):
    shares: list[float] = []
    transcript = transcriber.transcribe(two_cities(), progress=shares.append)
    heard = _bare(" ".join(u.text for u in transcript.utterances))
    said = _bare(TWO_CITIES)
    assert len(matches(said, heard)) > 0.93 * len(said)
    assert len(heard) < 1.05 * len(said)
    assert transcript.language == "en"
    words = list(transcript.words())
    assert all(w.timing == "estimated" and w.source == "heard" for w in words)
    assert all(a.span.end_ms <= b.span.start_ms for a, b in itertools.pairwise(words))
    assert shares[-1] == 1.0
    assert capfd.readouterr().out == ""


def test_the_same_sound_gives_the_same_words_each_time(transcriber):
    first = transcriber.transcribe(beckett())
    transcriber.transcribe(replace(two_cities(), samples=two_cities().samples[: 16_000 * 8]))
    assert transcriber.transcribe(beckett()) == first
    assert _bare(" ".join(u.text for u in first.utterances))[:2] == ["ever", "tried"]


def test_stretches_keep_their_place_in_time(transcriber, monkeypatch, tmp_path):
    monkeypatch.setattr(moonshine, "STRETCH_MS", 15_000)
    gap = np.zeros(16_000 * 20, np.float32)
    np.concatenate([beckett().samples, gap, beckett().samples]).tofile(tmp_path / "pcm")
    audio = Audio(np.memmap(tmp_path / "pcm", np.float32, "r"))
    shares: list[float] = []
    spans = [u.span for u in transcriber.transcribe(audio, progress=shares.append).utterances]
    assert any(span.end_ms < 10_500 for span in spans)
    assert any(span.start_ms > 29_500 for span in spans)
    assert not any(11_000 < span.start_ms < 29_000 for span in spans)
    assert shares == sorted(shares)
    assert len(shares) > 2


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(len(SECONDS)),
        0.3 * np.sin(2 * np.pi * 440 * SECONDS),
        0.1 * np.random.default_rng(0).standard_normal(len(SECONDS)),
        0.003 * np.random.default_rng(0).standard_normal(len(SECONDS)),
        0.2
        * np.random.default_rng(0).standard_normal(len(SECONDS))
        * (0.5 + 0.5 * np.sin(8 * np.pi * SECONDS)),
        _melody(),
        _melody() + _beat(),
        0.1 * np.random.default_rng(0).standard_normal(800),
        np.zeros(0),
        np.full(16_000, np.nan),
    ],
    ids=["silence", "tone", "noise", "hiss", "surf", "melody", "music", "50 ms", "empty", "nan"],
)
def test_what_is_no_speech_has_no_words(transcriber, samples):
    audio = Audio(np.asarray(samples, dtype=np.float32))
    assert transcriber.transcribe(audio).utterances == ()


def test_other_languages_are_refused_with_a_remedy(transcriber):
    with pytest.raises(
        UsageError, match=r"'de'.*`transcriber_name faster-whisper`.*`transcript FILE`"
    ):
        transcriber.transcribe(beckett(), language="de")
    silence = Audio(np.zeros(1600, np.float32))
    assert transcriber.transcribe(silence, language="en-GB").utterances == ()


def test_a_package_without_the_model_is_named(monkeypatch, tmp_path):
    class Empty:
        @staticmethod
        def get_model_path(_name):
            return str(tmp_path)

    monkeypatch.setattr(moonshine, "_library", Empty)
    with pytest.raises(MissingError, match=r"moonshine-voice==0\.1\.0"):
        MoonshineTranscriber().transcribe(beckett())


def test_loops_and_doubled_marks_are_removed():
    assert clean("In short,, yes", 2000) == "In short, yes"
    assert clean("no no no no no", 5000) == "no no no no no"
    assert clean("no " * 12, 5000) == "no"
    assert clean("and then and then and then and then", 400) == "and then"
    assert clean("... —", 2000) == ""
    assert len(clean(" ".join(f"w{i}" for i in range(100)), 600).split()) == 10


def test_words_share_their_line_by_length():
    words = spread(["a", "abc"], Span(1000, 1600))
    assert [w.span for w in words] == [Span(1000, 1200), Span(1200, 1600)]
