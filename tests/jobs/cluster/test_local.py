"""Workers on this machine: Ray as a guest, whom nobody else can reach and who prints nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sentigram.cli.app import main
from sentigram.errors import MissingError
from sentigram.jobs.cluster.archive import Archive, Crew
from sentigram.jobs.job import Settings
from tests.fakes import Recorder
from tests.jobs.cluster.conftest import needs_ray

_PATIENCE_S = 120
COMMAND = (sys.executable, "-m", "sentigram", "batch")


@pytest.fixture
def talks(tmp_path: Path, tone: Path) -> Path:
    """Two recordings whose words are given: the models that ship have little to do."""
    folder = tmp_path / "talks"
    folder.mkdir()
    for name in ("a", "b"):
        shutil.copy(tone, folder / f"{name}.wav")
        (folder / f"{name}.srt").write_text("1\n00:00:00,100 --> 00:00:00,900\nHello there.\n")
    return folder


@needs_ray
@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="looks at /proc")
@pytest.mark.slow  # half a minute: a cluster of its own
def test_workers_are_reached_by_nobody_and_leave_nothing(talks: Path, tmp_path: Path) -> None:
    """While they are there, no port of theirs is open but on loopback; the output is the report."""
    before = _open_ports()
    options = ["--to", "json,vtt", "--language", "en", "--report", str(tmp_path / "report.json")]
    process = subprocess.Popen(
        [*COMMAND, str(talks), "--workers", "1", "--json", "-q", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    opened: set[str] = set()
    until = time.monotonic() + _PATIENCE_S
    while process.poll() is None and time.monotonic() < until:
        opened |= _of_children(process.pid, _open_ports() - before)
        time.sleep(0.5)
    out, err = process.communicate(timeout=_PATIENCE_S)
    assert process.returncode == 0, err
    assert err == ""
    assert [entry["status"] for entry in json.loads(out)] == ["done", "done"]
    assert json.loads((tmp_path / "report.json").read_text()) == json.loads(out)
    assert opened
    assert {address for address in opened if not address.startswith("127.")} == set()


def _open_ports() -> set[str]:
    """Where somebody listens: address, port and inode of the socket."""
    found = set()
    for name in ("tcp", "tcp6"):
        for line in Path("/proc/net", name).read_text().splitlines()[1:]:
            parts = line.split()
            if parts[3] == "0A":
                where, _, port = parts[1].partition(":")
                family = socket.AF_INET if name == "tcp" else socket.AF_INET6
                words = [where[i : i + 8] for i in range(0, len(where), 8)]
                raw = b"".join(bytes.fromhex(word)[::-1] for word in words)
                address = socket.inet_ntop(family, raw).removeprefix("::ffff:")
                found.add(f"{address} {int(port, 16)} {parts[9]}")
    return found


def _family(pid: int) -> set[int]:
    """A process and all that it started."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state = (folder / "stat").read_text().rpartition(")")[2].split()
            parents[int(folder.name)] = int(state[1])
        except (OSError, ValueError):
            continue
    family = {pid}
    while grown := {child for child, parent in parents.items() if parent in family} - family:
        family |= grown
    return family


def _of_children(pid: int, ports: set[str]) -> set[str]:
    """Those of them that a process or what it started has open."""
    inodes: set[str] = set()
    for member in _family(pid):
        try:
            inodes |= {str(link.readlink()) for link in Path(f"/proc/{member}/fd").iterdir()}
        except OSError:
            continue
    return {port for port in ports if f"socket:[{port.split()[2]}]" in inodes}


def test_without_ray_it_says_what_to_install(
    talks: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name == "ray" or name.startswith("ray.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ray", None)
    for variable in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"):
        monkeypatch.setenv(variable, "token")
    for crew in (Crew(n_workers=2), Crew("auto")):
        with (
            pytest.raises(MissingError, match=r"need Ray \(pip install 'sentigram\[cluster\]'\)"),
            Archive(talks, settings, Recorder(), crew=crew),
        ):
            pass


def test_the_command_refuses_before_it_starts_anything(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["batch", str(tmp_path / "none"), "--workers", "2"]) == 3
    assert "not a folder" in capfd.readouterr().err
    assert main(["batch", str(tmp_path), "--shard", "9/8"]) == 2
    assert "--shard 9/8: there is no part 9 of 8" in capfd.readouterr().err
    assert main(["batch", "s3://me:secret@talks", "--workers", "2"]) == 2
    err = capfd.readouterr().err
    assert "holds a user or a password" in err
    assert "secret" not in err


def test_parts_of_a_folder_without_any_cluster(
    talks: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    made = []
    for part in ("1/2", "2/2"):
        assert main(["batch", str(talks), "--to", "json", "--shard", part, "--json", "-q"]) == 0
        made += [Path(one["source"]).name for one in json.loads(capfd.readouterr().out)]
    assert sorted(made) == ["a.wav", "b.wav"]


def test_watching_takes_what_comes_and_reports_on_all(
    talks: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The report is whole after each round."""
    from sentigram.cli import batch

    late = talks / "b.wav"
    sound = late.read_bytes()
    late.unlink()
    report = tmp_path / "report.json"
    n_reported: list[int] = []

    def wait(_seconds: float) -> None:
        n_reported.append(len(json.loads(report.read_text())))
        if len(n_reported) == 1:
            late.write_bytes(sound)
        elif len(n_reported) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(f"{batch.__name__}.time.sleep", wait)
    options = ["--to", "json", "--watch", "--no-emotions", "--report", str(report)]
    assert main(["batch", str(talks), *options]) == 0
    assert n_reported == [1, 1, 2, 2]
    told = capfd.readouterr()
    assert "2 done, 0 skipped, 0 failed" in told.out
    assert re.search(r"a.wav: done\n.*waiting.*b.wav: done\n.*waiting", told.err, re.DOTALL)
    assert "emotions are not read, as asked for" in told.err
    assert "voice weights" not in told.err, "nothing is said of what is not used"


@needs_ray
@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends signals")
@pytest.mark.parametrize(("number", "code"), [("SIGTERM", 143), ("SIGINT", 130), ("SIGKILL", -9)])
def test_a_run_that_is_ended_leaves_no_worker(talks: Path, number: str, code: int) -> None:
    process = subprocess.Popen(
        [*COMMAND, str(talks), "--workers", "2", "--to", "json", "-q"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    family: set[int] = set()
    until = time.monotonic() + _PATIENCE_S
    while not any("ray::Worker" in _called(pid) for pid in family) and time.monotonic() < until:
        family |= _family(process.pid)
        time.sleep(0.05)
    process.send_signal(getattr(signal, number))
    out, err = process.communicate(timeout=_PATIENCE_S)
    assert (process.returncode, out) == (code, ""), err
    assert "Traceback" not in err
    while workers := [pid for pid in family if "ray::Worker" in _called(pid)]:
        assert time.monotonic() < until, workers
        time.sleep(0.1)
    assert not list(talks.glob(".sentigram-part*"))


def _called(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""
