"""What killed runs leave goes at the next start; what living ones are at stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sentigram import files, leftovers

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such locks")

_RUN = """
import sys, time
from pathlib import Path
from sentigram.files import whole_file, work_folder

with work_folder() as work, whole_file(Path(sys.argv[1]), overwrite=True) as part:
    (work / "sound").write_text("decoded")
    part.write_text("half of")
    print(work, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A folder for results, and one for temporary files."""
    results, temporary = tmp_path / "results", tmp_path / "temporary"
    results.mkdir()
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    leftovers.clear_parts.cache_clear()
    leftovers.clear_work.cache_clear()
    return results, temporary


def _started(target: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _RUN, str(target)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline().strip()
    return process


def _next_run(results: Path) -> None:
    leftovers.clear_parts.cache_clear()
    leftovers.clear_work.cache_clear()
    with files.work_folder():
        files.write_text(results / "other.srt", "whole", overwrite=True)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_a_killed_run_left_goes_at_the_next(places):
    results, temporary = places
    with _started(results / "talk.srt") as process:
        assert len(_names(results)) == len(_names(temporary)) == 1
        _next_run(results)  # it is alive: nothing of it is touched
        assert len(_names(results)) == 2
        assert len(_names(temporary)) == 1
        process.send_signal(signal.SIGKILL)
    assert len(_names(results)) == 2
    _next_run(results)
    assert _names(results) == ["other.srt"]
    assert _names(temporary) == []


def test_what_is_not_ours_stays(places):
    results, temporary = places
    outside = results.parent / "outside"
    outside.mkdir()
    (outside / ".lock").touch()
    (results / ".sentigram-part-").touch()
    (results / ".sentigram-part-notes").touch()
    (results / ".sentigram-part-12345678-mine.srt").touch()
    (results / ".sentigram-part-abcdefgh").symlink_to(outside / ".lock")
    (results / ".sentigram-part-ijklmnop").mkdir()
    os.mkfifo(results / ".sentigram-part-qrstuvwx")
    (temporary / "sentigram-work-12345678").mkdir()  # without a lock: just being made
    (temporary / "sentigram-work-abcdefgh").symlink_to(outside)
    (temporary / "sentigram-work-mine").mkdir()
    (temporary / "sentigram-work-mine" / ".lock").touch()
    before = _names(results), _names(temporary), _names(outside)
    _next_run(results)
    (results / "other.srt").unlink()
    assert (_names(results), _names(temporary), _names(outside)) == before


def test_what_another_user_owns_stays(places, monkeypatch):
    results, _ = places
    left = results / ".sentigram-part-abcdefgh.srt"
    left.touch()
    monkeypatch.setattr(os, "geteuid", lambda: left.stat().st_uid + 1)
    _next_run(results)
    assert left.exists()
    monkeypatch.undo()
    leftovers.clear_parts.cache_clear()
    files.write_text(results / "other.srt", "whole", overwrite=True)
    assert not left.exists()


def test_a_file_that_was_cleared_while_it_was_made_is_made_again(places, monkeypatch):
    results, _ = places
    held, hold = [], leftovers.hold

    def cleared_once(handle: int, path: Path) -> bool:
        held.append(path)
        if len(held) == 1:
            path.unlink()
        return hold(handle, path)

    monkeypatch.setattr(files, "hold", cleared_once)
    files.write_text(results / "talk.srt", "whole", overwrite=False)
    assert len(set(held)) == 2
    assert _names(results) == ["talk.srt"]


def test_without_locks_nothing_is_cleared(places, monkeypatch):
    results, temporary = places
    (results / ".sentigram-part-abcdefgh").touch()
    monkeypatch.setattr(leftovers, "fcntl", None)
    _next_run(results)
    assert _names(results) == [".sentigram-part-abcdefgh", "other.srt"]
    assert _names(temporary) == []
