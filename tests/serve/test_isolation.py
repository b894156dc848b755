"""What a job's process, and what it starts, can not do: each way of taking the network alone."""

from __future__ import annotations

import errno
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sentigram.serve import isolation
from sentigram.serve.isolation import FILES, FILTER, NAMESPACE, WAYS

_PROBE = """
import json, os, socket, subprocess, sys
from pathlib import Path
from sentigram.serve import isolation
folder, port, parent, ways = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
taken = isolation.isolate(
    isolation.Allowance(memory_bytes=3_000_000_000, cpu_seconds=60, file_bytes=1_000_000,
                        parent=parent, writable=(folder,)),
    ways.split(","))
told = {"taken": list(taken)}

def tried(name, do):
    try:
        do()
        told[name] = ""
    except BaseException as error:
        told[name] = f"{type(error).__name__}: {error}"

def ffmpeg():
    from sentigram.media.ffmpeg import find_ffmpeg
    url = f"http://127.0.0.1:{port}/"
    done = subprocess.run([find_ffmpeg().path, "-v", "error", "-i", url, "-f", "null", "-"],
                          capture_output=True, text=True)
    told["ffmpeg says"] = done.stderr
"""
_TRIES = """
tried("connect", lambda: socket.create_connection(("127.0.0.1", port), 2).close())
tried("connect v6", lambda: socket.socket(socket.AF_INET6).connect(("::1", port)))
tried("ffmpeg", ffmpeg)
tried("write", lambda: (folder / "a").write_text("a"))
tried("write elsewhere", lambda: (folder.parent / "elsewhere").write_text("a"))
tried("read elsewhere", lambda: (folder.parent / "other" / "secret").read_text())
tried("large file", lambda: (folder / "large").write_bytes(bytes(2_000_000)))
tried("memory", lambda: bytearray(4_000_000_000))
tried("threads", lambda: __import__("threading").Thread(target=int).start())
"""


@pytest.fixture
def port() -> Iterator[int]:
    """Of a web server that counts who comes."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Quiet)
    _Quiet.n_visits = 0
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


class _Quiet(http.server.BaseHTTPRequestHandler):
    n_visits = 0

    def do_GET(self) -> None:
        type(self).n_visits += 1
        self.send_error(404)

    def log_message(self, *_args: object) -> None:
        pass


def _told(folder: Path, port: int, ways: str, code: str = _TRIES) -> dict[str, Any]:
    (folder.parent / "other").mkdir(exist_ok=True)
    (folder.parent / "other" / "secret").write_text("secret")
    folder.mkdir(exist_ok=True)
    program = f"{_PROBE}\n{code}\nprint(json.dumps(told))"
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder), str(port), str(os.getpid()), ways],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    return json.loads(done.stdout)


def test_without_isolation_the_same_tries_succeed(tmp_path: Path, port: int) -> None:
    """Else the tests below would prove nothing."""
    told = _told(tmp_path / "job", port, "none")
    assert told["taken"] == []
    assert told["connect"] == ""
    assert "404" in told["ffmpeg says"] or "4XX" in told["ffmpeg says"] or _Quiet.n_visits
    assert _Quiet.n_visits == 1, "ffmpeg was there"
    assert told["write elsewhere"] == told["read elsewhere"] == ""


@pytest.mark.parametrize("way", [NAMESPACE, FILTER])
def test_each_way_alone_takes_the_network_from_the_process_and_its_ffmpeg(
    tmp_path: Path, port: int, way: str
) -> None:
    if way not in isolation.available():
        pytest.skip(f"this system has no {way}")
    told = _told(tmp_path / "job", port, way)
    assert told["taken"] == [way]
    assert told["connect"]
    assert told["connect v6"]
    refused = ("Network is unreachable", "Operation not permitted")
    assert any(why in told["ffmpeg says"] for why in refused)
    assert _Quiet.n_visits == 0
    assert told["write"] == told["threads"] == ""


@pytest.mark.parametrize(
    "call",
    [
        "unshare(0x10000000)",  # a user namespace, the door to most faults of the kernel
        "ptrace(0, 0, 0, 0)",
        "syscall(425, 8, ctypes.create_string_buffer(120))",  # io_uring: sockets without `socket`
        "mount(b'none', b'/tmp', b'tmpfs', 0, None)",
    ],
)
def test_calls_that_lead_out_are_refused(tmp_path: Path, port: int, call: str) -> None:
    if FILTER not in isolation.available():
        pytest.skip("this system has no filter of calls")
    code = (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        f"told['gave'] = libc.{call}\ntold['errno'] = ctypes.get_errno()"
    )
    told = _told(tmp_path / "job", port, FILTER, code)
    assert (told["gave"], told["errno"]) == (-1, errno.EPERM)


def test_only_its_own_folder_is_there(tmp_path: Path, port: int) -> None:
    if FILES not in isolation.available():
        pytest.skip("this system has no Landlock")
    told = _told(tmp_path / "job", port, FILES)
    assert told["write"] == ""
    assert "Permission" in told["write elsewhere"]
    assert "Permission" in told["read elsewhere"]
    assert not (tmp_path / "elsewhere").exists()


def test_files_and_memory_have_limits(tmp_path: Path, port: int) -> None:
    told = _told(tmp_path / "job", port, ",".join(WAYS))
    assert "File too large" in told["large file"]
    assert "MemoryError" in told["memory"]
    assert told["write"] == ""


def test_the_program_works_when_all_is_applied(tmp_path: Path, port: int) -> None:
    code = """
import av, numpy, onnxruntime
from sentigram.media.ffmpeg import find_ffmpeg
told["libass"] = find_ffmpeg().has_libass
from sentigram.style.theme.theme import load
told["theme"] = load().name
from sentigram.style.text import fonts
told["font"] = bool(fonts.face("Poppins", 500, italic=False))
told["pid"], told["uid"] = os.getpid(), os.getuid()
"""
    told = _told(tmp_path / "job", port, ",".join(isolation.available()), code)
    assert told["taken"]
    assert set(told["taken"]) == set(isolation.available())
    assert told["libass"]
    assert told["font"]
    if NAMESPACE in isolation.available():
        assert told["pid"] == 1
        assert told["uid"] != 0


def _alive(mark: str) -> list[int]:
    """Processes with a mark in their arguments."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdecimal() and mark.encode() in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("ways", ["none", NAMESPACE])
def test_all_that_it_started_ends_with_its_parent(tmp_path: Path, ways: str) -> None:
    """The parent is killed, and so can do nothing about it."""
    if ways != "none" and ways not in isolation.available():
        pytest.skip(f"this system has no {ways}")
    mark = f"31.{os.getpid()}{len(ways)}"
    job = f"""
import os, subprocess, sys, time
from sentigram.serve import isolation
isolation.isolate(isolation.Allowance(memory_bytes=3_000_000_000, cpu_seconds=60,
    file_bytes=10, parent=int(sys.argv[1])), ["{ways}"])
if "{ways}" != "none":  # one that left its group and its session
    subprocess.Popen(["sleep", "{mark}"], start_new_session=True)
print("ready", flush=True)
time.sleep({mark})
"""
    server = f"""
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {job!r}, str(os.getpid())], start_new_session=True)
time.sleep({mark})
"""
    parent = subprocess.Popen([sys.executable, "-c", server], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready\n"
    assert len(_alive(mark)) >= (2 if ways == "none" else 3)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    until = time.monotonic() + 10
    while _alive(mark) and time.monotonic() < until:
        time.sleep(0.05)
    assert _alive(mark) == []


def test_the_server_cannot_be_looked_into() -> None:
    """By what is kept from the network alone, and so may read what is said of processes."""
    code = (
        "from sentigram.serve import isolation\nimport ctypes, subprocess, sys, os\n"
        "isolation.hide()\nprint(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True)\n"
        "subprocess.run([sys.executable, '-c',"
        " f'print(open(\"/proc/{os.getpid()}/environ\").read())'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "SENTIGRAM_TOKEN": "a secret"},
    )
    assert done.stdout.startswith("0\n"), "PR_GET_DUMPABLE"
    if os.getuid() != 0:  # root may look everywhere
        assert "a secret" not in done.stdout
        assert "PermissionError" in done.stderr


def test_a_process_whose_parent_is_gone_does_nothing(tmp_path: Path) -> None:
    code = (
        "import os\nfrom sentigram.serve import isolation\n"
        "isolation.isolate(isolation.Allowance(memory_bytes=9**9, cpu_seconds=9, file_bytes=9, "
        "parent=os.getpid()), [])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "the server that asked for this is gone" in done.stderr
