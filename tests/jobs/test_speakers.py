"""Who speaks, from hearing to the Document, with voices that are made up."""

from __future__ import annotations

import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sentigram.core.document import dumps, loads
from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.core.protocols import SpeakerEncoder
from sentigram.core.seal import holds_corrections, is_untouched
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.errors import MissingError
from sentigram.jobs.engine import Engine
from sentigram.jobs.hear import hear
from sentigram.jobs.job import Settings, plan
from sentigram.jobs.run import draw_job, hear_job
from sentigram.media.probe import probe
from sentigram.words.heard_or_given import HearOptions
from sentigram.words.speakers import levels, telling
from sentigram.words.speakers.runs import Run
from sentigram.words.speakers.voices import BandVoices
from tests.fakes import FakeModel, FakeTranscriber, Recorder, use_fakes

N_WORDS, WORD_MS = 24, 500


class Talker(FakeTranscriber):
    """Hears words of half a second, one after another, sentences of six."""

    def transcribe(self, audio, **_more):
        words = tuple(
            Word(f"w{i}." if i % 6 == 5 else f"w{i}", Span(i * WORD_MS, (i + 1) * WORD_MS))
            for i in range(N_WORDS)
        )
        return Transcript("en", (Utterance("u1", Span(0, N_WORDS * WORD_MS), words),))


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "talk.wav"
    noise = np.random.default_rng(0).normal(0, 300, N_WORDS * WORD_MS * SAMPLE_RATE_HZ // 1000)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(noise.astype(np.int16).tobytes())
    return path


@pytest.fixture
def voices(monkeypatch) -> list[int]:
    """Who speaks in each stretch of three seconds; a test may change it."""
    use_fakes(monkeypatch, Talker)
    who = [0, 1, 0, 1]

    def runs(_audio, progress):
        progress(1.0)
        spans = [Span(i * 3_000, (i + 1) * 3_000) for i in range(len(who))]
        return tuple(Run(span, (span,)) for span in spans)

    monkeypatch.setattr(telling, "find_runs", runs)
    monkeypatch.setattr(BandVoices, "embed", lambda *_a, **_m: np.eye(8, dtype=np.float32)[who])
    return who


def heard(sound, reporter=None, **options):
    made = HearOptions(use_sidecar=False, **options)
    return hear(probe(sound), Engine(), made, reporter or Recorder())


def turns(document):
    return [(one.speaker, len(one.words)) for one in document.transcript.utterances]


def test_words_get_speakers_by_first_speech(sound, voices):
    reporter = Recorder()
    document = heard(sound, reporter)
    assert turns(document) == [
        ("Speaker 1", 6),
        ("Speaker 2", 6),
        ("Speaker 1", 6),
        ("Speaker 2", 6),
    ]
    assert "speakers" in reporter.stages
    assert "2 speakers: Speaker 1 6 s, Speaker 2 6 s" in reporter.notes
    assert [one.name for one in document.speakers.people] == ["Speaker 1", "Speaker 2"]
    assert document.speakers.confidence > 0.5
    assert {"speaker turns", "voices"} <= {part.role for part in document.engine}
    assert loads(dumps(document)) == document
    assert is_untouched(document)


def test_one_voice_is_not_mentioned(sound, voices):
    voices[:] = [0, 0, 0, 0]
    reporter = Recorder()
    document = heard(sound, reporter)
    assert {name for name, _ in turns(document)} == {""}
    assert document.speakers is None
    assert not any("speaker" in line for line in (*reporter.notes, *reporter.warnings))
    assert '"speakers"' not in dumps(document)


def test_one_voice_where_two_were_asked_for_is_said(sound, voices):
    voices[:] = [0]
    reporter = Recorder()
    document = heard(sound, reporter, speakers="2")
    assert document.speakers is None
    assert "2 speakers were asked for, and one voice is heard" in reporter.warnings
    assert document.notes == ("2 speakers were asked for, and one voice is heard",)


def test_off_hears_nobody(sound, voices, monkeypatch):
    monkeypatch.setattr(telling, "find_runs", None)
    assert {name for name, _ in turns(heard(sound, speakers="off"))} == {""}


def test_too_little_speech_is_one_line(sound, voices):
    reporter = Recorder()
    document = heard(sound, reporter, speakers="9")
    assert document.speakers is None
    assert any("too little is said to tell 9 speakers apart" in one for one in reporter.warnings)


def test_no_speech_found_leaves_the_words(sound, voices, monkeypatch):
    monkeypatch.setattr(telling, "find_runs", lambda _audio, progress: ())
    assert {name for name, _ in turns(heard(sound))} == {""}


def test_given_names_are_kept(sound, voices, tmp_path):
    given = tmp_path / "talk.vtt"
    cue = "00:00:00.000 --> 00:00:06.000\n<v Ann>Ever tried, ever failed, no matter.\n"
    rest = "00:00:06.000 --> 00:00:12.000\nTry again, fail again, fail better.\n"
    given.write_text(f"WEBVTT\n\n{cue}\n{rest}", encoding="utf-8")
    reporter = Recorder()
    document = heard(sound, reporter, transcript=given, speakers="2")
    assert {name for name, _ in turns(document)} == {"Ann", ""}
    assert "the words come with the names of who says them: these are kept" in reporter.notes


def test_names_are_put_on(sound, voices):
    reporter = Recorder()
    document = heard(sound, reporter, speaker_names=("Ann", "Ben", "Cy"))
    assert [name for name, _ in turns(document)] == ["Ann", "Ben", "Ann", "Ben"]
    assert [one.name for one in document.speakers.people] == ["Ann", "Ben"]
    assert "no speaker is called Speaker 3; there are: Speaker 1, Speaker 2" in reporter.warnings
    assert is_untouched(document)
    assert not holds_corrections(document)


@pytest.mark.parametrize(("speakers", "is_told"), [("auto", False), ("2", True)])
def test_names_that_are_unsure_are_shown_and_not_read_by(
    sound, voices, monkeypatch, speakers, is_told
):
    """One person's moods may be taken for two people, unless somebody says that there are two."""
    names, read = set(), FakeModel.read

    def asked(model, transcript, audio, **more):
        names.update(one.speaker for one in transcript.utterances)
        return read(model, transcript, audio, **more)

    monkeypatch.setattr(FakeModel, "read", asked)
    heard(sound)
    assert names == {"Speaker 1", "Speaker 2"}
    names.clear()
    monkeypatch.setattr(levels, "LEAST_CONFIDENCE", 1.01)
    document = heard(sound, speakers=speakers)
    assert len(document.speakers.people) == 2
    assert (names == {""}) is not is_told


def test_a_document_is_renamed_without_hearing(sound, voices, tmp_path):
    path = tmp_path / "talk.sentigram.json"
    path.write_text(dumps(heard(sound)), encoding="utf-8")
    settings = Settings(kinds=("vtt",), out=tmp_path, hear=HearOptions(speaker_names="Ann,Ben"))
    (job,) = plan([path], settings)
    from contextlib import ExitStack

    with ExitStack() as stack:
        draw_job(hear_job(job, Recorder(), stack), Recorder())
    text = (tmp_path / "talk.vtt").read_text(encoding="utf-8")
    assert "<v Ann>" in text
    assert "Speaker" not in text


def test_a_change_within_a_sentence_goes_to_its_end(sound, voices, monkeypatch):
    spans = [Span(0, 3_600), Span(3_600, 6_000), Span(6_000, 9_000), Span(9_000, 12_000)]
    runs = tuple(Run(span, (span,)) for span in spans)
    monkeypatch.setattr(telling, "find_runs", lambda _audio, progress: runs)
    assert turns(heard(sound))[:2] == [("Speaker 1", 6), ("Speaker 2", 6)]


def test_another_net_must_read_bands(sound, voices, monkeypatch, tmp_path):
    monkeypatch.undo()
    wrong = tmp_path / "net.onnx"
    wrong.write_bytes(b"none")
    with pytest.raises(MissingError, match=r"net\.onnx: cannot be loaded as ONNX"):
        BandVoices(wrong).embed(replace(_silence()), [(Span(0, 1000),)])
    assert isinstance(BandVoices(), SpeakerEncoder)


def _silence():
    from sentigram.core.media import Audio

    return Audio(np.zeros(SAMPLE_RATE_HZ, np.float32))
