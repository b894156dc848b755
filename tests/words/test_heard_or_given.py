"""Slices of long recordings: what is listened to, what is kept of it, and what is said about it."""

from __future__ import annotations

import wave
from dataclasses import replace
from pathlib import Path

import pytest

from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.core.protocols import NO_MEMORY
from sentigram.core.time import Span
from sentigram.errors import InputError
from sentigram.jobs.engine import Engine
from sentigram.jobs.hear import hear, hear_words
from sentigram.media.probe import probe
from sentigram.store.memory import FolderMemory
from sentigram.words.heard_or_given import WHOLE_UNTIL_MS, HearOptions
from tests.fakes import HEARD, FakeModel, FakeTranscriber, Recorder, use_fakes

_SECONDS = 240
ASKED = Span(120_000, 130_000)
LONG = HearOptions(whole_until_ms=60_000, use_sidecar=False)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four minutes of a square wave; the fake hears its words at the start of whatever it gets."""
    path = tmp_path_factory.mktemp("long") / "long.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes((b"\x00\x10" * 40 + b"\x00\xf0" * 40) * (SAMPLE_RATE_HZ // 80 * _SECONDS))
    return path


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[FakeTranscriber]:
    class Everywhere(FakeTranscriber):
        """Says its words every four seconds."""

        languages: list[str | None] = []  # noqa: RUF012  (of the test)

        def transcribe(self, audio, *, language=None, **more):
            first = super().transcribe(audio, language=language, **more)
            type(self).languages.append(language)
            moved = [
                replace(
                    u,
                    id=f"u{at}",
                    span=_later(u.span, at),
                    words=tuple(replace(w, span=_later(w.span, at)) for w in u.words),
                )
                for at in range(0, audio.duration_ms - 1000, 4000)
                for u in first.utterances
            ]
            return replace(first, utterances=tuple(moved))

    monkeypatch.setattr(Everywhere, "languages", [])
    use_fakes(monkeypatch, Everywhere)
    monkeypatch.setattr(Everywhere, "calls", 0)
    return Everywhere


def _later(span: Span, by_ms: int) -> Span:
    return Span(span.start_ms + by_ms, span.end_ms + by_ms)


def test_long_begins_at_ten_minutes():
    assert HearOptions().whole_until_ms == WHOLE_UNTIL_MS == 600_000


def test_words_are_told_while_they_are_recognized(sound, fake):
    reporter = Recorder()
    with hear_words(probe(sound), Engine(), HearOptions(use_sidecar=False), reporter):
        assert [word.text for word in reporter.recognized_words] == list(HEARD)


def test_only_a_sample_is_heard_and_the_user_is_told(sound, fake):
    reporter = Recorder()
    with hear_words(probe(sound), Engine(), LONG, reporter, preview=ASKED) as heard:
        words = list(heard.transcript.words())
        assert heard.only == ASKED
    assert fake.calls > 5
    (note,) = [note for note in reporter.notes if "labels may differ" in note]
    assert note.startswith(
        "labels may differ slightly from the whole render: voice statistics come from "
    )
    assert note.endswith(" stretches spread over the recording")
    assert reporter.stages == ["decode", "words", "missed"]
    near = [w for w in words if w.span.overlap_ms(Span(90_000, 160_000))]
    assert len(near) == 3 * len({w.span.start_ms // 4000 for w in near})
    assert words[0].span.start_ms < 30_000
    assert words[-1].span.start_ms > (_SECONDS - 40) * 1000
    assert [w.span.start_ms for w in words] == sorted(w.span.start_ms for w in words)
    utterances = heard.transcript.utterances
    assert len({u.id for u in utterances}) == len(utterances)


def test_the_language_of_the_slice_is_that_of_all(sound, fake):
    with hear_words(probe(sound), Engine(), LONG, Recorder(), preview=ASKED):
        pass
    assert fake.languages[0] is None
    assert set(fake.languages[1:]) == {"en"}


def test_a_document_of_the_slice_comes_out_at_its_times(sound, fake):
    made = hear(probe(sound), Engine(), LONG, Recorder(), preview=ASKED)
    words = list(made.transcript.words())
    assert [w.text for w in words[:3]] == list(HEARD)
    assert words[0].span.end_ms > ASKED.start_ms
    assert words[-1].span.start_ms < ASKED.end_ms
    assert made.media.duration_ms == pytest.approx(_SECONDS * 1000, abs=50)


@pytest.mark.slow
def test_a_sample_is_kept_for_its_slice_and_its_stretches_for_others(sound, fake, tmp_path):
    memory = FolderMemory(tmp_path / "memory")
    first = hear(probe(sound), Engine(), LONG, Recorder(), preview=ASKED, memory=memory)
    n_first, recorder = fake.calls, Recorder()
    assert hear(probe(sound), Engine(), LONG, recorder, preview=ASKED, memory=memory) == first
    assert fake.calls == n_first
    (note,) = recorder.notes
    assert note.endswith("heard again; labels may differ slightly from the whole render")
    other = Span(20_000, 30_000)
    hear(probe(sound), Engine(), LONG, Recorder(), preview=other, memory=memory)
    assert 0 < fake.calls - n_first < n_first


def test_the_whole_never_takes_up_a_sample_and_a_preview_takes_up_the_whole(sound, fake, tmp_path):
    memory = FolderMemory(tmp_path / "memory")
    hear(probe(sound), Engine(), LONG, Recorder(), preview=ASKED, memory=memory)
    n_sample = fake.calls
    whole = hear(probe(sound), Engine(), LONG, Recorder(), memory=memory)
    assert fake.calls == n_sample + 1
    assert len(whole.track.readings) == 3 * len(whole.transcript.utterances) == 3 * 60
    assert [path.name for path in memory.folder.iterdir()] == ["read.json"]
    recorder = Recorder()
    hear(probe(sound), Engine(), LONG, recorder, preview=Span(0, 9000), memory=memory)
    assert fake.calls == n_sample + 1
    assert recorder.notes == ["takes up what an earlier run heard: nothing is heard again"]


@pytest.mark.slow
def test_readings_of_a_sample_are_no_stage_of_the_whole(sound, fake, tmp_path, monkeypatch):
    memories = []
    read = FakeModel.read

    def watching(self, transcript, audio, *, memory=NO_MEMORY, **more):
        memories.append(memory)
        return read(self, transcript, audio, memory=memory, **more)

    monkeypatch.setattr(FakeModel, "read", watching)
    memory = FolderMemory(tmp_path / "memory")
    hear(probe(sound), Engine(), LONG, Recorder(), preview=ASKED, memory=memory)
    hear(probe(sound), Engine(), LONG, Recorder(), memory=memory)
    assert memories == [NO_MEMORY, memory]


@pytest.mark.slow
def test_words_of_a_whole_run_that_was_stopped_are_not_heard_again(
    sound, fake, tmp_path, monkeypatch
):
    memory = FolderMemory(tmp_path / "memory")
    with hear_words(probe(sound), Engine(), LONG, Recorder(), memory=memory):
        pass  # stopped before emotions were read
    recorder = Recorder()
    with hear_words(probe(sound), Engine(), LONG, recorder, preview=ASKED, memory=memory) as heard:
        n_words = len(list(heard.transcript.words()))
    assert fake.calls == 1
    assert 0 < n_words < 3 * 60
    assert heard.only == ASKED
    assert [note[:20] for note in recorder.notes] == [
        "the words were found",
        "labels may differ sl",
        "who speaks is told b",
    ]


def test_nothing_said_in_the_slice_is_told_before_emotions_are_read(sound, fake, monkeypatch):
    monkeypatch.setattr(FakeModel, "read", None)
    silence = Span(121_900, 122_000)
    with pytest.raises(InputError, match="nothing is said between 2:01 and 2:02"):
        hear(probe(sound), Engine(), LONG, Recorder(), preview=silence)


def test_given_times_need_no_listening(sound, fake, tmp_path):
    words = tmp_path / "words.srt"
    words.write_text(
        "".join(
            f"{i + 1}\n00:{i // 6:02}:{i % 6 * 10:02},100 --> 00:{i // 6:02}:{i % 6 * 10:02},900\n"
            f"Numéro {i}.\n\n"
            for i in range(24)
        ),
        encoding="utf-8",
    )
    options = replace(LONG, transcript=words, language="fr")
    recorder = Recorder()
    with hear_words(probe(sound), Engine(), options, recorder, preview=ASKED) as heard:
        utterances = heard.transcript.utterances
    assert fake.calls == 0
    assert any("labels may differ" in note for note in recorder.notes)
    assert 7 < len(utterances) < 24
    assert {f"Numéro {i}." for i in range(9, 16)} <= {u.text for u in utterances}
    assert heard.only == ASKED


@pytest.mark.slow
def test_words_without_times_are_looked_for_in_all_of_the_sound(sound, fake, tmp_path, monkeypatch):
    aligned = []

    def align(transcript, _audio, *, language, progress, apart):
        aligned.append(transcript)
        return transcript

    monkeypatch.setattr("sentigram.words.alignment.forced.align", align)
    words = tmp_path / "words.txt"
    words.write_text("Hello there, friend. " * 60)
    recorder = Recorder()
    options = replace(LONG, transcript=words)
    with hear_words(probe(sound), Engine(), options, recorder, preview=ASKED) as heard:
        assert len(list(heard.transcript.words())) == 180
    assert heard.only is None
    assert fake.calls == 1
    assert recorder.recognized_words == [], "what is heard only places the words"
    assert any("hears the whole recording" in note for note in recorder.notes)
