"""What a batch does with one recording; entries of reports."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from sentigram.errors import OutputError
from sentigram.jobs.claims import claimed
from sentigram.jobs.engine import Engine
from sentigram.jobs.entry import Entry, entry_of
from sentigram.jobs.job import Settings
from sentigram.jobs.one_source import Busy, Result, Wanted, clashes, do_source
from sentigram.jobs.record import RecordFile
from tests import media_samples
from tests.fakes import FakeModel, Recorder, use_fakes


@pytest.fixture
def wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wanted:
    use_fakes(monkeypatch)
    (tmp_path / "deep").mkdir()
    media_samples.audio_only(tmp_path / "deep" / "a.wav")
    return Wanted(tmp_path, Settings(kinds=("srt", "json"), engine=Engine()))


def test_its_entry_is_what_the_report_says_of_the_result(wanted: Wanted) -> None:
    source = wanted.folder / "deep" / "a.wav"
    result = do_source(source, wanted, Recorder())
    assert isinstance(result, Result)
    entry = entry_of(result, wanted.folder)
    assert entry.name == "deep/a.wav"
    assert entry.as_json() == result.as_json()
    assert entry.concerns == result.concerns
    failed = Result(source, "failed", error="why", left_alone=("b",))
    assert entry_of(failed, wanted.folder).as_json() == failed.as_json()
    assert Entry("a", "a", "kept").is_wanting


def test_one_that_another_is_at_is_busy(wanted: Wanted) -> None:
    source = wanted.folder / "deep" / "a.wav"
    with claimed(RecordFile(source.parent, "a")) as is_mine:
        assert is_mine
        assert isinstance(do_source(source, wanted, Recorder()), Busy)
    assert isinstance(do_source(source, wanted, Recorder()), Result)


@pytest.mark.parametrize(
    ("raised", "fault"),
    [(MemoryError(), "memory"), (ZeroDivisionError(), "internal"), (None, "file")],
)
def test_a_failure_says_whose_fault_it_is(
    wanted: Wanted, monkeypatch: pytest.MonkeyPatch, raised: Exception | None, fault: str
) -> None:
    source = wanted.folder / "deep" / "a.wav"
    if raised is None:
        source.write_bytes(b"no sound")
    else:

        def fails(*_arguments: object, **_options: object) -> object:
            raise raised

        monkeypatch.setattr(FakeModel, "read", fails)
    result = do_source(source, wanted, Recorder())
    assert isinstance(result, Result)
    assert (result.status, result.fault) == ("failed", fault)


def test_a_full_disk_is_the_machines_fault(wanted: Wanted, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_arguments: object, **_options: object) -> object:
        full = OSError(errno.ENOSPC, "No space left on device")
        raise OutputError("the disk is full") from full

    monkeypatch.setattr(FakeModel, "read", fails)
    result = do_source(wanted.folder / "deep" / "a.wav", wanted, Recorder())
    assert isinstance(result, Result)
    assert result.fault == "machine"


def test_names_that_meet_are_known_before_anything_is_opened(wanted: Wanted) -> None:
    sources = [wanted.folder / name for name in ("a.mkv", "a.wav", "b.wav", "deep/a.wav")]
    assert clashes(wanted, sources) == {sources[1]: "would become a.srt, as a.mkv does; rename one"}
