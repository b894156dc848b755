"""A folder whose batch is run again: what is asked for is made, and no more than that."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from sentigram.core.document import read_document
from sentigram.errors import DocumentError, OutputError
from sentigram.jobs.batch import run
from sentigram.jobs.claims import claimed
from sentigram.jobs.engine import Engine
from sentigram.jobs.job import Settings, plan
from sentigram.jobs.one_source import Again, Result
from sentigram.jobs.record import FOLDER, RecordFile
from sentigram.jobs.run import hear_job
from sentigram.jobs.status import status
from sentigram.style.look import Look
from tests import media_samples
from tests.fakes import FakeModel, FakeTranscriber, Recorder, listing, use_fakes

SETTINGS = Settings(kinds=("ass", "json"))


@pytest.fixture(autouse=True)
def _own_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine keeps the parts that it loaded, be they fakes."""
    monkeypatch.setattr(sys.modules[__name__], "SETTINGS", replace(SETTINGS, engine=Engine()))


@pytest.fixture
def recognizer(monkeypatch: pytest.MonkeyPatch) -> type[FakeTranscriber]:
    return use_fakes(monkeypatch)


@pytest.fixture
def talks(tmp_path: Path, recognizer: type[FakeTranscriber]) -> Path:
    """Two recordings whose batch is done."""
    folder = tmp_path / "talks"
    folder.mkdir()
    media_samples.audio_only(folder / "a.wav")
    shutil.copy(folder / "a.wav", folder / "b.wav")
    assert how(run(folder, SETTINGS, Recorder())) == ["done", "done"]
    return folder


def how(results: tuple[Result, ...]) -> list[str]:
    return [result.status for result in results]


def eastern(**options: object) -> Settings:
    return replace(SETTINGS, look=Look(culture="eastern"), **options)  # type: ignore[arg-type]


def test_nothing_is_done_twice(talks: Path, recognizer: type[FakeTranscriber]) -> None:
    before = listing(talks)
    assert how(run(talks, SETTINGS, Recorder())) == ["skipped", "skipped"]
    assert recognizer.calls == 2
    assert listing(talks) == before


def test_another_look_is_drawn_from_the_documents(
    talks: Path, recognizer: type[FakeTranscriber]
) -> None:
    western = (talks / "a.ass").read_text()
    assert how(run(talks, eastern(), Recorder())) == ["done", "done"]
    assert (talks / "a.ass").read_text() != western
    assert how(run(talks, eastern(), Recorder())) == ["skipped", "skipped"]
    run(talks, SETTINGS, Recorder())
    assert (talks / "a.ass").read_text() == western
    assert recognizer.calls == 2


def test_another_kind_and_another_theme_are_made(
    talks: Path, recognizer: type[FakeTranscriber], tmp_path: Path
) -> None:
    made = run(talks, replace(SETTINGS, kinds=("ass", "srt")), Recorder())
    assert [set(result.made.paths) for result in made if result.made] == [{"srt"}, {"srt"}]
    theme = tmp_path / "mine.toml"
    theme.write_text('name = "mine"\n[emotion.happiness]\nweight = 900\n')
    own = replace(SETTINGS, look=Look(theme=theme))
    assert how(run(talks, own, Recorder())) == ["done", "done"]
    theme.write_text('name = "mine"\n[emotion.happiness]\nweight = 300\n')
    assert how(run(talks, own, Recorder())) == ["done", "done"]
    assert recognizer.calls == 2


def test_without_a_document_among_the_kinds_nothing_is_heard_again_either(
    talks: Path, recognizer: type[FakeTranscriber]
) -> None:
    out = talks.parent / "out"
    run(talks, replace(SETTINGS, kinds=("ass",), out=out), Recorder())
    heard = recognizer.calls
    assert how(run(talks, eastern(kinds=("ass",), out=out), Recorder())) == ["done", "done"]
    assert recognizer.calls == heard
    assert sorted(p.name for p in out.iterdir() if p.name != FOLDER) == ["a.ass", "b.ass"]


def test_a_corrected_document_is_drawn(talks: Path, recognizer: type[FakeTranscriber]) -> None:
    path = talks / "a.sentigram.json"
    read_document(path).with_text(1, "Thea,").save(path, overwrite=True)
    before = path.read_bytes()
    reporter = Recorder()
    assert how(run(talks, SETTINGS, reporter)) == ["done", "skipped"]
    assert "Thea," in (talks / "a.ass").read_text()
    assert path.read_bytes() == before
    assert any("a.sentigram.json holds corrections" in note for note in reporter.notes)
    assert how(run(talks, SETTINGS, Recorder())) == ["skipped", "skipped"]
    assert how(run(talks, eastern(overwrite=True), Recorder())) == ["done", "done"]
    assert path.read_bytes() == before
    assert recognizer.calls == 3  # b, which nobody corrected


def test_what_a_person_edited_is_left_alone_and_said(talks: Path) -> None:
    edited = talks / "a.ass"
    edited.write_text(edited.read_text() + "; mine\n")
    assert how(run(talks, SETTINGS, Recorder())) == ["skipped", "skipped"]  # as it is wanted
    results = run(talks, eastern(), Recorder())
    assert how(results) == ["kept", "done"]
    assert results[0].left_alone[0].startswith("a.ass was changed since it was made: it is left")
    assert edited.read_text().endswith("; mine\n")
    assert how(run(talks, eastern(overwrite=True), Recorder())) == ["done", "done"]
    assert not edited.read_text().endswith("; mine\n")


def test_files_that_no_batch_made_are_left_alone_and_said(talks: Path) -> None:
    shutil.rmtree(talks / FOLDER)
    results = run(talks, SETTINGS, Recorder())
    assert how(results) == ["kept", "kept"]
    assert "nothing says how it was made" in results[0].left_alone[0]


def test_a_source_that_changed_is_heard_anew(
    talks: Path, recognizer: type[FakeTranscriber]
) -> None:
    media_samples.audio_only(talks / "a.wav", seconds=3)
    assert how(run(talks, SETTINGS, Recorder())) == ["done", "skipped"]
    assert recognizer.calls == 3
    os.utime(talks / "a.wav", ns=(1, 1))  # copied about: all of it is compared, and is the same
    assert how(run(talks, SETTINGS, Recorder())) == ["skipped", "skipped"]


def test_a_source_that_is_written_to_while_it_is_heard_is_heard_anew(
    tmp_path: Path, recognizer: type[FakeTranscriber], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is known of it is of what was heard, and not of what it holds at the end."""
    source = media_samples.audio_only(tmp_path / "a.wav")
    hear = recognizer.transcribe

    def copying_goes_on(self: FakeTranscriber, *args: object, **options: object) -> object:
        with source.open("ab") as file:
            file.write(bytes(32_000))
        return hear(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(recognizer, "transcribe", copying_goes_on)
    reporter = Recorder()
    (first,) = run(tmp_path, SETTINGS, reporter)
    said = "a.wav was written to while it was being heard: the words may be of what it held before"
    assert first.status == "done"
    assert any(said in warning for warning in reporter.warnings)
    assert any(said in note for note in read_document(tmp_path / "a.sentigram.json").notes)
    monkeypatch.setattr(recognizer, "transcribe", hear)
    assert how(run(tmp_path, SETTINGS, Recorder())) == ["done"]
    assert recognizer.calls == 2
    assert how(run(tmp_path, SETTINGS, Recorder())) == ["skipped"]
    assert not read_document(tmp_path / "a.sentigram.json").notes


def test_a_source_that_is_gone_while_it_is_heard_is_said(
    tmp_path: Path, recognizer: type[FakeTranscriber], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = media_samples.audio_only(tmp_path / "a.wav")
    hear = recognizer.transcribe

    def somebody_tidies(self: FakeTranscriber, *args: object, **options: object) -> object:
        source.unlink()
        return hear(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(recognizer, "transcribe", somebody_tidies)
    (result,) = run(tmp_path, SETTINGS, Recorder())
    assert result.status == "failed"
    assert result.error.endswith("a.wav: is gone: it was moved or removed while it was being heard")
    assert not (tmp_path / "a.ass").exists()


def test_a_change_that_a_sample_misses_is_found_when_asked(
    talks: Path, recognizer: type[FakeTranscriber]
) -> None:
    path = media_samples.audio_only(talks / "a.wav", seconds=30)
    run(talks, replace(SETTINGS, overwrite=True), Recorder())
    calls, stat, data = recognizer.calls, path.stat(), bytearray(path.read_bytes())
    data[70_001] ^= 1  # between the first two pieces
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert how(run(talks, SETTINGS, Recorder())) == ["skipped", "skipped"]
    assert how(run(talks, SETTINGS, Recorder(), again=Again(verify=True))) == ["done", "skipped"]
    assert recognizer.calls == calls + 1


def test_a_changed_source_and_a_corrected_document_contradict_each_other(talks: Path) -> None:
    path = talks / "a.sentigram.json"
    read_document(path).with_text(1, "Thea,").save(path, overwrite=True)
    media_samples.audio_only(talks / "a.wav", seconds=3)
    results = run(talks, SETTINGS, Recorder())
    assert how(results) == ["failed", "skipped"]
    assert "changed since a.sentigram.json was made, which may hold corrections" in results[0].error
    assert how(run(talks, replace(SETTINGS, rehear=True), Recorder())) == ["done", "done"]
    assert "Thea," in path.read_text()
    assert path.with_name("a.sentigram.json.bak").is_file()


def test_another_way_of_hearing_hears_anew(talks: Path, recognizer: type[FakeTranscriber]) -> None:
    (talks / "a.en.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nHello you there\n")
    assert how(run(talks, SETTINGS, Recorder())) == ["done", "skipped"]
    assert "you" in (talks / "a.ass").read_text()
    (talks / "a.en.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nHello me there\n")
    assert how(run(talks, SETTINGS, Recorder())) == ["done", "skipped"]
    assert "me" in (talks / "a.ass").read_text()


def test_own_subtitles_of_another_kind_change_nothing(
    talks: Path, recognizer: type[FakeTranscriber]
) -> None:
    run(talks, replace(SETTINGS, kinds=("srt",)), Recorder())
    assert how(run(talks, SETTINGS, Recorder())) == ["skipped", "skipped"]
    assert recognizer.calls == 2


def test_what_failed_for_its_content_is_tried_again_when_asked(
    talks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media_samples.text_named_mp4(talks / "c.mp4")
    assert run(talks, SETTINGS, Recorder())[2].status == "failed"
    before = (talks / "c.mp4").stat()
    again = run(talks, SETTINGS, Recorder())[2]
    assert again.status == "failed"
    assert "it failed so before; `retry_failed` tries it again" in again.error
    retried = run(talks, SETTINGS, Recorder(), again=Again(retry_failed=True))[2]
    assert "failed so before" not in retried.error
    media_samples.audio_only(talks / "c.wav")
    (talks / "c.wav").replace(talks / "c.mp4")
    assert (talks / "c.mp4").stat() != before
    assert run(talks, SETTINGS, Recorder())[2].status == "done"


def test_what_failed_for_want_of_something_is_tried_again(
    talks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(talks / "a.wav", talks / "c.wav")
    real = FakeModel.read

    def full(*_args: object, **_options: object) -> object:
        raise OutputError("the disk is full")

    monkeypatch.setattr(FakeModel, "read", full)
    assert run(talks, SETTINGS, Recorder())[2].error == "the disk is full"
    monkeypatch.setattr(FakeModel, "read", real)
    assert how(run(talks, SETTINGS, Recorder())) == ["skipped", "skipped", "done"]


def test_a_source_that_another_batch_is_at_comes_last_and_is_not_done_twice(
    talks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one has done with it when this one has done the rest."""
    started: list[str] = []
    other = claimed(RecordFile(talks, "a"))
    assert other.__enter__()
    assert {one.source.name: one.how for one in status(talks)} == {
        "a.wav": "working",
        "b.wav": "done",
    }

    def on_start(source: Path, _number: int, _total: int) -> None:
        started.append(source.name)
        if started.count("b.wav") and not started.count("free"):
            started.append("free")
            other.__exit__(None, None, None)

    results = run(talks, eastern(), Recorder(), on_start=on_start)
    assert started == ["a.wav", "b.wav", "free", "a.wav"]
    assert how(results) == ["done", "done"]
    assert not list((talks / FOLDER).glob("*.lock"))


def test_a_run_that_was_killed_between_two_results_knows_its_own(
    talks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record is written before a file takes its place: whichever is there is known."""
    real = Path.replace

    def killed(self: Path, target: Path) -> Path:
        if Path(target).suffix == ".ass":
            raise KeyboardInterrupt
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            run(talks, eastern(), Recorder())
    assert [one.how for one in status(talks)] == ["stopped", "done"]
    assert how(run(talks, eastern(), Recorder())) == ["done", "done"]
    assert [one.how for one in status(talks)] == ["done", "done"]


def test_the_status_says_what_changed_since(talks: Path) -> None:
    shutil.copy(talks / "a.wav", talks / "new.wav")
    path = talks / "a.sentigram.json"
    read_document(path).with_text(1, "Thea,").save(path, overwrite=True)
    (talks / "b.ass").unlink()
    assert {one.source.name: (one.how, one.detail) for one in status(talks)} == {
        "a.wav": ("changed", "its Document was corrected"),
        "b.wav": ("changed", "b.ass is gone"),
        "new.wav": ("to do", ""),
    }
    run(talks, SETTINGS, Recorder())
    (talks / "b.ass").write_text("; mine")
    assert [(one.how, one.detail) for one in status(talks)] == [
        ("done", ""),
        ("done", "b.ass was edited"),
        ("done", ""),
    ]


def test_results_that_show_an_earlier_state_are_named(talks: Path) -> None:
    run(talks, replace(SETTINGS, kinds=("srt",)), Recorder())
    path = talks / "a.sentigram.json"
    read_document(path).with_text(1, "Thea,").save(path, overwrite=True)
    recorder = Recorder()
    assert how(run(talks, SETTINGS, recorder)) == ["done", "skipped"]
    line = "a.srt shows an earlier state; name the kind in `to` to make it again"
    assert line in recorder.warnings
    assert [one.detail for one in status(talks)] == ["a.srt shows an earlier state", ""]
    again = Recorder()
    assert how(run(talks, SETTINGS, again)) == ["skipped", "skipped"]
    assert line in again.warnings
    run(talks, replace(SETTINGS, kinds=("srt",)), Recorder())
    assert "Thea," in (talks / "a.srt").read_text()
    assert [one.how for one in status(talks)] == ["done", "done"]


def test_a_single_render_sees_that_the_recording_changed_too(talks: Path) -> None:
    path = talks / "a.sentigram.json"
    read_document(path).with_text(1, "Thea,").save(path, overwrite=True)
    sound = bytearray((talks / "a.wav").read_bytes())
    sound[-100:] = bytes(100 - i for i in range(100))
    (talks / "a.wav").write_bytes(sound)
    settings = replace(SETTINGS, overwrite=True)
    (job,) = plan([talks / "a.wav"], settings)
    with (
        pytest.raises(DocumentError, match=r"changed since a\.sentigram\.json was made"),
        ExitStack() as stack,
    ):
        hear_job(job, Recorder(), stack)


@pytest.mark.parametrize("letters", [117, 118, 120, 125])
def test_a_name_that_is_too_long_is_named_with_what_helps(
    tmp_path: Path, recognizer: type[FakeTranscriber], letters: int
) -> None:
    folder = tmp_path / "long"
    folder.mkdir()
    media_samples.audio_only(folder / f"{'é' * letters}.wav")
    (result,) = run(folder, SETTINGS, Recorder())
    assert result.status == "failed"
    assert "longer than a file name may be; shorten the source's name" in result.error


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": "sentigram-record/1"}', "{" * 9999])
def test_a_record_that_cannot_be_read_is_as_if_it_were_not_there(talks: Path, text: str) -> None:
    (talks / FOLDER / "a.record.json").write_text(text)
    assert how(run(talks, SETTINGS, Recorder())) == ["kept", "skipped"]


def test_a_strangers_folder_leads_nowhere(
    talks: Path, tmp_path: Path, recognizer: type[FakeTranscriber]
) -> None:
    shutil.rmtree(talks / FOLDER)
    (tmp_path / "elsewhere").mkdir()
    (talks / FOLDER).symlink_to(tmp_path / "elsewhere")
    results = run(talks, SETTINGS, Recorder())
    assert "is a link or a file, where the folder of records belongs" in results[0].error
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(talks: Path) -> None:
    (talks / "a.ass").unlink()
    os.mkfifo(talks / "a.ass")
    os.mkfifo(talks / "c.wav")
    results = run(talks, SETTINGS, Recorder())
    assert how(results) == ["kept", "skipped", "failed"]
    assert {one.source.name: one.how for one in status(talks)}["a.wav"] == "changed"
