from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sentigram.errors import MediaError, MissingError, OutputError
from sentigram.media import ffmpeg as module
from sentigram.media.ffmpeg import FFmpeg, clean, encoders, find_ffmpeg, require_libass, run
from tests import media_samples as samples


def script(folder: Path, text: str, name: str = "ffmpeg") -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def pretend(filters: str) -> str:
    return (
        'case "$*" in\n'
        '*-version*) echo "ffmpeg version 1.2-test Copyright";;\n'
        f'*-filters*) echo "{filters}";;\n'
        "esac"
    )


def test_the_one_here_draws_and_encodes():
    found = find_ffmpeg()
    assert Path(found.path).is_file()
    assert found.version
    assert found.has_libass
    assert {"libx264", "aac"} <= encoders(found)
    require_libass(found)


def test_the_variable_decides(tmp_path, monkeypatch):
    mine = script(tmp_path, pretend(" .. ass V->V x"), "mine")
    monkeypatch.setenv(module.VARIABLE, str(mine))
    found = find_ffmpeg()
    assert found == FFmpeg(str(mine), "1.2-test", has_libass=False)
    with pytest.raises(MissingError, match="without libass"):
        require_libass(found)


def test_a_system_ffmpeg_with_libass_comes_first(tmp_path, monkeypatch):
    monkeypatch.delenv(module.VARIABLE, raising=False)
    system = script(tmp_path, pretend(" .. ass V->V x\n .. subtitles V->V x"))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert find_ffmpeg().path == str(system)


@pytest.mark.parametrize("text", [pretend(" .. scale V->V x"), "exit 3"])
def test_one_without_libass_or_broken_gives_way_to_the_package(tmp_path, monkeypatch, text):
    monkeypatch.delenv(module.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    system = script(tmp_path, text)
    found = find_ffmpeg()
    assert found.path != str(system)
    assert found.has_libass


def test_none_at_all(tmp_path, monkeypatch):
    monkeypatch.delenv(module.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(module, "_packaged", lambda: None)
    with pytest.raises(MissingError, match="pip install imageio-ffmpeg"):
        find_ffmpeg()


@pytest.mark.parametrize(
    ("text", "says"), [(None, "cannot be started"), ("echo hello", "is not ffmpeg")]
)
def test_a_wrong_variable(tmp_path, monkeypatch, text, says):
    path = script(tmp_path, text) if text else tmp_path / "nothing"
    monkeypatch.setenv(module.VARIABLE, str(path))
    with pytest.raises(MissingError, match=says) as caught:
        find_ffmpeg()
    assert module.VARIABLE in str(caught.value)


def test_progress_is_told(tmp_path):
    shares = []
    source = ["-re", "-f", "lavfi", "-i", "sine=d=1.2"]
    complaints = run(
        [find_ffmpeg().path, *source, str(tmp_path / "a.wav")],
        total_ms=1200,
        progress=shares.append,
    )
    assert complaints == ()
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert any(0 < share < 1 for share in shares)


def test_failure_says_why_without_addresses(tmp_path):
    broken = samples.text_named_mp4(tmp_path / "a.mp4")
    with pytest.raises(MediaError, match="Invalid data found") as caught:
        run([find_ffmpeg().path, "-i", str(broken), str(tmp_path / "b.mp4")])
    assert "0x" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_an_output_error():
    argv = [find_ffmpeg().path, "-f", "lavfi", "-i", "sine=d=1", "-f", "f32le", "file:/dev/full"]
    with pytest.raises(OutputError, match="disk is full"):
        run(argv)


def test_many_complaints_do_not_block(tmp_path):
    noisy = script(tmp_path, "seq 1 100000 >&2; exit 1")
    with pytest.raises(MediaError, match="99998; 99999; 100000"):
        run([str(noisy)])


def test_silent_failure(tmp_path):
    with pytest.raises(MediaError, match="exit status 7, without a word"):
        run([str(script(tmp_path, "exit 7"))])


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_exception_ends_the_child(tmp_path, error):
    def interrupt(share: float) -> None:
        raise error

    pid_file = tmp_path / "pid"
    child = script(tmp_path, f"echo $$ > '{pid_file}'; echo out_time_us=1; exec sleep 60")
    with pytest.raises(error):
        run([str(child)], total_ms=1, progress=interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


def test_standard_input_is_not_read(tmp_path):
    done = threading.Event()

    def work():
        run([str(script(tmp_path, "cat >/dev/null"))])
        done.set()

    threading.Thread(target=work, daemon=True).start()
    assert done.wait(20)


def test_options_about_logging_come_first(tmp_path):
    seen = tmp_path / "seen"
    run(
        [str(script(tmp_path, f"echo \"$@\" > '{seen}'; pwd >> '{seen}'")), "-i", "x"], cwd=tmp_path
    )
    first, folder = seen.read_text().splitlines()
    assert first == "-nostdin -hide_banner -v error -progress pipe:1 -y -i x"
    assert Path(folder).samefile(tmp_path)


def test_clean():
    assert clean(
        [
            "[mov,mp4,m4a @ 0x55d1c7a0] moov atom not found",
            "[in#0 @ 0x1] [dec @ 0x2] odd\x1b[31m",
            "    Last message repeated 3 times",
            "",
            "odd [31m",
        ]
    ) == ("moov atom not found", "odd [31m")


@pytest.mark.parametrize(
    ("version", "expected"),
    [("5.1.9-0+deb12u1", False), ("4.4", False), ("6.0", True), ("n7.1", True), ("N-123-g1", True)],
)
def test_old_ones_can_be_kept_from_counting_from_used_streams(version, expected):
    assert FFmpeg("ffmpeg", version, has_libass=True).always_counts_from_used == expected


def test_success_that_is_none(tmp_path):
    """What ffmpeg 5.1 does when it cannot write the end of a file."""
    full = script(tmp_path, "echo 'Error writing trailer: No space left on device' >&2")
    with pytest.raises(OutputError, match="disk is full"):
        run([str(full)])


def test_waits_for_a_child_that_writes_nothing(tmp_path):
    started = time.monotonic()
    run([str(script(tmp_path, "exec 1>&- 2>&-; sleep 0.3"))])
    assert time.monotonic() - started >= 0.3


_RUN = """
import sys
from sentigram.media.ffmpeg import run

run([sys.argv[1]])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there, a child may outlive its parent")
def test_ffmpeg_ends_with_a_parent_that_is_killed(tmp_path):
    tool, told = tmp_path / "ffmpeg", tmp_path / "pid"
    tool.write_text(f"#!/bin/sh\necho $$ > {told}.part\nmv {told}.part {told}\nexec sleep 60\n")
    tool.chmod(0o755)
    with subprocess.Popen([sys.executable, "-c", _RUN, str(tool)]) as parent:
        _until(told.exists)
        time.sleep(0.2)  # the watcher begins after the child
        child = int(told.read_text())
        assert _is_alive(child)
        parent.kill()
    _until(lambda: not _is_alive(child))


def test_a_child_that_ended_is_not_watched_any_more(tmp_path):
    with module._ending_with_us(os.getpid()):
        pass
    assert _is_alive(os.getpid())


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or ") Z " not in stat.read_text()  # ended, and nobody asked


def _until(happened) -> None:
    for _ in range(600):
        if happened():
            return
        time.sleep(0.05)
    pytest.fail("it did not happen")
