"""What the image runs, as it runs it: another user, a read-only system, and a token."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from sentigram.media.ffmpeg import find_ffmpeg, run

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("as_the_image.sh")
TOKEN = "0123456789abcdef0123"  # noqa: S105  (made up)

DATA = "/mnt/data"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux"
    or os.getuid() != 0
    or not all(map(shutil.which, ("unshare", "setpriv", "mount")))
    or subprocess.run(
        ["unshare", "--mount", "mount", "--make-rprivate", "/"], check=False, capture_output=True
    ).returncode
    != 0,
    reason="needs a mount namespace, to which only root has the right",
)


def command():
    """The image's own, on a port that is free."""
    (cmd,) = re.findall(r"^CMD (\[.*\])$", (ROOT / "deploy/Dockerfile").read_text(), re.MULTILINE)
    argv = json.loads(cmd)
    argv[argv.index("--port") + 1] = "0"
    return argv


@pytest.fixture
def server():
    argv = [word.replace("/data", DATA) for word in command()]
    readable = {sys.base_prefix, sys.prefix, str(ROOT)}
    environment = {
        "HOME": DATA,
        "XDG_CACHE_HOME": f"{DATA}/.cache",
        "TMPDIR": "/var/tmp",  # noqa: S108  (a disk of its own there)
        "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SENTIGRAM_TOKEN": TOKEN,
    }
    process = subprocess.Popen(
        ["unshare", "--mount", "sh", SCRIPT, *sorted(readable), "--",
         sys.executable, "-m", "sentigram", *argv],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{_port(process)}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def _port(process):
    said = []
    for line in process.stdout:
        said.append(line)
        if found := re.search(r"http://[^\s/]+:(\d+)", line):
            return int(found[1])
    return pytest.fail("".join(said))


def ask(address, *, method="GET", body=None, kind=None):
    headers = {"Authorization": f"Bearer {TOKEN}"} | ({"Content-Type": kind} if kind else {})
    request = Request(address, body, headers, method=method)  # noqa: S310  (ours)
    return json.load(urlopen(request, timeout=30))  # noqa: S310


def test_a_recording_becomes_captions_and_nothing_of_the_system_is_touched(server, tmp_path):
    assert urlopen(f"{server}/healthz", timeout=30).status == 200  # noqa: S310
    clip = tmp_path / "talk.m4a"
    run([find_ffmpeg().path, "-i", str(ROOT / "examples/talk.mp4"), "-t", "6", "-vn", str(clip)])
    form = (
        b'--part\r\nContent-Disposition: form-data; name="to"\r\n\r\nsrt\r\n'
        b'--part\r\nContent-Disposition: form-data; name="language"\r\n\r\nen\r\n'
        b'--part\r\nContent-Disposition: form-data; name="file"; filename="talk.m4a"\r\n\r\n'
        + clip.read_bytes()
        + b"\r\n--part--"
    )
    job = ask(
        f"{server}/api/jobs", method="POST", body=form, kind="multipart/form-data; boundary=part"
    )
    until = time.monotonic() + 120
    while job["state"] in ("queued", "running") and time.monotonic() < until:
        time.sleep(0.3)
        job = ask(f"{server}/api/jobs/{job['id']}?document=0")
    assert job["state"] == "done", job["error"]
    assert job["results"]["srt"]["bytes"] > 0
