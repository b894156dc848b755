"""A folder of media files: one failure never stops the rest, and a killed run goes on."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sentigram.core.document import loads
from sentigram.errors import InputError, UsageError
from sentigram.jobs.batch import find_media_files, run
from sentigram.jobs.engine import Engine
from sentigram.jobs.job import Settings
from sentigram.jobs.one_source import Result
from sentigram.jobs.record import FOLDER
from sentigram.style.look import Look
from tests import media_samples
from tests.fakes import FakeModel, Recorder, listing, use_fakes

SETTINGS = Settings(kinds=("srt", "json"))


@pytest.fixture(autouse=True)
def _own_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine keeps the parts that it loaded, be they fakes."""
    monkeypatch.setattr(sys.modules[__name__], "SETTINGS", replace(SETTINGS, engine=Engine()))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return media_samples.audio_only(tmp_path_factory.mktemp("sound") / "tone.wav")


@pytest.fixture
def talks(tmp_path: Path, sound: Path) -> Path:
    """Three recordings, one of them below, and one broken file that comes in the middle."""
    folder = tmp_path / "talks"
    (folder / "deep" / "er").mkdir(parents=True)
    for name in ("a.wav", "c.wav", "deep/er/d.wav"):
        shutil.copy(sound, folder / name)
    media_samples.text_named_mp4(folder / "b.mp4")
    return folder


def _made(folder: Path) -> list[str]:
    """Files that a person sees."""
    seen = (name for name, data in listing(folder).items() if data != b"<folder>")
    return [name for name in seen if FOLDER not in Path(name).parts]


def _status(results: tuple[Result, ...]) -> dict[str, str]:
    return {result.source.name: result.status for result in results}


def test_media_files_are_found_by_name(tmp_path: Path) -> None:
    names = (
        "b.MP4 a.wav deep/c.mkv talk.sentigram.mp4 talk.sentigram.json talk.srt notes.txt "
        ".hidden.mp4 .git/x.mp4 deep/.sentigram-abc.mp4"
    )
    for name in names.split():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    found = [str(path.relative_to(tmp_path)) for path in find_media_files(tmp_path)]
    assert found == ["a.wav", "b.MP4", "deep/c.mkv"]
    with pytest.raises(InputError, match=r"a\.wav: not a folder; .* sentigram render FILE"):
        find_media_files(tmp_path / "a.wav")


def test_one_failure_never_stops_the_rest(talks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_fakes(monkeypatch)
    started: list[tuple[str, int, int]] = []
    results = run(
        talks, SETTINGS, Recorder(), on_start=lambda s, n, all_: started.append((s.name, n, all_))
    )
    assert _status(results) == {
        "a.wav": "done",
        "b.mp4": "failed",
        "c.wav": "done",
        "d.wav": "done",
    }
    assert started == [("a.wav", 1, 4), ("b.mp4", 2, 4), ("c.wav", 3, 4), ("d.wav", 4, 4)]
    assert "b.mp4" in results[1].error
    assert results[1].as_json() == {
        "source": str(talks / "b.mp4"),
        "status": "failed",
        "error": results[1].error,
    }
    assert (talks / "deep" / "er" / "d.srt").is_file()
    assert not list(talks.glob("b.s*"))


def test_a_fault_of_ours_does_not_stop_the_rest_either(
    talks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_fakes(monkeypatch)
    real = FakeModel.read
    n_calls = 0

    def fails_once(self: FakeModel, *args: object, **options: object) -> object:
        nonlocal n_calls
        n_calls += 1
        if n_calls == 1:
            raise ZeroDivisionError("a bug")
        return real(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(FakeModel, "read", fails_once)
    results = run(talks, SETTINGS, Recorder())
    assert _status(results)["a.wav"] == "failed"
    assert _status(results)["c.wav"] == "done"
    assert results[0].error == "internal error: ZeroDivisionError: a bug"


def test_what_is_done_is_skipped(talks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    transcriber = use_fakes(monkeypatch)
    run(talks, SETTINGS, Recorder())
    before = listing(talks)
    assert transcriber.calls == 3
    again = run(talks, SETTINGS, Recorder())
    assert set(_status(again).values()) == {"skipped", "failed"}
    assert transcriber.calls == 3
    assert listing(talks) == before
    results = run(talks, replace(SETTINGS, overwrite=True), Recorder())
    assert _status(results)["a.wav"] == "done"
    assert transcriber.calls == 6


def test_a_killed_run_goes_on_from_its_document(
    talks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transcriber = use_fakes(monkeypatch)
    run(talks, replace(SETTINGS, kinds=("json",)), Recorder())
    saved = talks / "a.sentigram.json"
    saved.write_text(saved.read_text().replace("Hello", "Howdy"))  # edits are kept, too
    edited = saved.read_bytes()
    assert _status(run(talks, SETTINGS, Recorder()))["a.wav"] == "done"
    assert transcriber.calls == 3
    assert "Howdy there" in (talks / "a.srt").read_text()
    assert saved.read_bytes() == edited


def test_a_broken_document_fails_that_file_only(
    talks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_fakes(monkeypatch)
    (talks / "a.sentigram.json").write_text("{}")
    results = run(talks, SETTINGS, Recorder())
    assert _status(results) == {
        "a.wav": "failed",
        "b.mp4": "failed",
        "c.wav": "done",
        "d.wav": "done",
    }
    assert "not a Sentigram Document" in results[0].error


def test_the_tree_is_repeated(talks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_fakes(monkeypatch)
    before = listing(talks)
    out = talks.parent / "results"
    run(talks, replace(SETTINGS, out=out), Recorder())
    assert listing(talks) == before
    assert _made(out) == [
        "a.sentigram.json",
        "a.srt",
        "c.sentigram.json",
        "c.srt",
        "deep/er/d.sentigram.json",
        "deep/er/d.srt",
    ]


def test_names_that_meet_are_told(talks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """talk.mkv is not done because talk.mp4 is."""
    use_fakes(monkeypatch)
    shutil.copy(talks / "a.wav", talks / "a.wave.wav")
    shutil.copy(talks / "a.wav", talks / "a.wma")
    results = run(talks, SETTINGS, Recorder())
    assert _status(results)["a.wav"] == "done"
    assert _status(results)["a.wave.wav"] == "done"
    assert _status(results)["a.wma"] == "failed"
    (error,) = (r.error for r in results if r.source.name == "a.wma")
    assert "would become a.srt, as a.wav does; rename one" in error
    made = loads((talks / "a.sentigram.json").read_text())
    assert made.media.name == "a.wav"
    assert _status(run(talks, SETTINGS, Recorder()))["a.wma"] == "failed"


def test_wrong_settings_are_not_reported_once_a_file(talks: Path) -> None:
    with pytest.raises(UsageError, match="no culture 'mars'"):
        run(talks, replace(SETTINGS, look=Look(culture="mars")), Recorder())
    with pytest.raises(UsageError, match="`to png`"):
        run(talks, replace(SETTINGS, kinds=("png",)), Recorder())


def test_ctrl_c_stops_and_keeps_what_is_done(talks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_fakes(monkeypatch)
    real = FakeModel.read
    n_calls = 0

    def interrupted(self: FakeModel, *args: object, **options: object) -> object:
        nonlocal n_calls
        n_calls += 1
        if n_calls == 2:
            raise KeyboardInterrupt
        return real(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(FakeModel, "read", interrupted)
    before = _made(talks)
    with pytest.raises(KeyboardInterrupt):
        run(talks, SETTINGS, Recorder())
    assert set(_made(talks)) - set(before) == {"a.srt", "a.sentigram.json"}
    assert _status(run(talks, SETTINGS, Recorder())) == {
        "a.wav": "skipped",
        "b.mp4": "failed",
        "c.wav": "done",
        "d.wav": "done",
    }
