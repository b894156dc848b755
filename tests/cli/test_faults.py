"""What the machine lacks is called what it is; what cannot be told does not stop the work."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from sentigram.cli.app import main
from sentigram.core.document import dumps
from sentigram.errors import ResourceError, resource_error
from sentigram.jobs import run
from sentigram.media import ffmpeg
from tests.documents import talk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and shells of POSIX")
RENDER = [sys.executable, "-m", "sentigram", "render", "talk.sentigram.json", "--to", "srt"]


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "talk.sentigram.json").write_text(dumps(talk()), encoding="utf-8")


def _shell(ending: str) -> subprocess.CompletedProcess[str]:
    quoted = " ".join(f"'{part}'" for part in RENDER)
    return subprocess.run(
        ["sh", "-c", f"{quoted} {ending}"], capture_output=True, text=True, check=False, timeout=120
    )


def test_a_closed_stdout_is_said_before_the_work() -> None:
    done = _shell(">&-")
    assert done.returncode == 4
    assert done.stderr.startswith("sentigram: standard output is closed")
    assert not Path("talk.srt").exists()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device")
def test_a_full_stdout_is_said() -> None:
    done = _shell(">/dev/full")
    assert done.returncode == 3
    assert "standard output cannot be written (No space left on device)" in done.stderr
    assert Path("talk.srt").exists()


@pytest.mark.parametrize("ending", ["2>/dev/full", "2>&-"])
def test_a_full_or_closed_stderr_stops_nothing(ending: str) -> None:
    if "full" in ending and not Path("/dev/full").exists():
        pytest.skip("no such device")
    done = _shell(ending)
    assert (done.returncode, done.stdout) == (0, "talk.srt\n")
    assert Path("talk.srt").exists()
    assert _shell(ending).returncode == 3  # an error keeps its exit code


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (MemoryError(), "too little memory"),
        (OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)), "too little memory"),
        (OSError(errno.EMFILE, os.strerror(errno.EMFILE), "x"), "too many files are open"),
        (OSError(errno.ENFILE, os.strerror(errno.ENFILE)), "too many files are open"),
        (BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)), "no further process"),
        (ImportError(f"lib.so: {os.strerror(errno.EMFILE)}"), "too many files are open"),
        (RuntimeError("can't start new thread"), "no further process"),
    ],
)
def test_what_the_machine_lacks_is_said(
    error: Exception,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(run, "draw", fail)
    assert main(["render", "talk.sentigram.json", "-q"]) == 4
    assert says in capfd.readouterr().err


def test_other_errors_are_no_lack() -> None:
    for error in (OSError(errno.ENOENT, "x"), ImportError("no module x"), ValueError("Too many")):
        assert resource_error(error) is None


def test_too_few_file_handles_do_not_mean_that_ffmpeg_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import resource

    ffmpeg._find.cache_clear()
    monkeypatch.setattr("shutil.which", lambda *_a, **_k: None)
    monkeypatch.setattr(ffmpeg, "_packaged", lambda: None)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken: list[int] = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard))
        with suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        with pytest.raises(ResourceError, match="too many files are open"):
            ffmpeg.find_ffmpeg()
        with pytest.raises(ResourceError, match="too many files are open"):
            ffmpeg.run(["true"])
    finally:
        for handle in taken:
            os.close(handle)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        ffmpeg._find.cache_clear()


_SLOW_END = """
import sys, time
from sentigram.cli import app, render
from sentigram.jobs import run

def work(*arguments, **options):
    try:
        print("works", flush=True)
        time.sleep(60)
    finally:
        print("cleans", flush=True)
        time.sleep(0.5)
        print("clean", flush=True)

run.draw = work
app.entry()
"""


def test_a_second_interrupt_while_the_first_is_served_is_quiet() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _SLOW_END, *RENDER[3:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background job ignores SIGINT, and its children would too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    with process:
        assert process.stdout.readline() == "works\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "cleans\n"
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            time.sleep(0.05)
        out, err = process.communicate(timeout=60)
    assert out == "clean\n"
    assert err.splitlines()[-1] == "sentigram: interrupted; nothing half-written was left behind"
    assert "Traceback" not in err
    assert process.returncode == 130
