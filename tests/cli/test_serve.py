"""`sentigram serve`, as an operator starts it: a real process, a real job, and what is refused."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from sentigram.cli.app import main
from sentigram.core.document import dumps, loads
from tests import media_samples
from tests.documents import talk
from tests.serve.running import Client

ROOT = Path(__file__).resolve().parents[2]
TALK = ROOT / "examples" / "talk.mp4"
CLIENT = ROOT / "examples" / "serve_client.py"
TOKEN = "a-token-of-some-length"  # noqa: S105


@contextmanager
def serving(
    data: Path, *options: str, port: int = 0, token: str = ""
) -> Iterator[tuple[subprocess.Popen[str], int, Path]]:
    """A server as a process: it, its port, and what it says on stderr."""
    said = data.parent / f"said-{time.monotonic_ns()}"
    environment = os.environ | {"SENTIGRAM_TOKEN": token}
    with said.open("w", encoding="utf-8") as stderr:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "sentigram",
                "serve",
                "--port",
                str(port),
                "--data",
                str(data),
                *options,
            ],
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=environment,
            encoding="utf-8",
        )
    try:
        line = process.stdout.readline()
        found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\n", line)
        assert found, (line, said.read_text(encoding="utf-8"))
        yield process, int(found[1]), said
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of real speech."""
    path = tmp_path_factory.mktemp("clip") / "speech.mp4"
    return media_samples.make(path, "-t", "4", "-i", str(TALK), "-sn", "-c", "copy")


def test_the_example_has_ten_lines_and_is_the_one_that_is_shown() -> None:
    _, _, code = CLIENT.read_text(encoding="utf-8").partition('"""\n\n')
    assert len([line for line in code.splitlines() if line]) == 10
    shown = "".join(f"    {line}\n" if line else "\n" for line in code.splitlines())
    assert shown in (ROOT / "docs" / "serve.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_example_takes_subtitles_home(tmp_path: Path, clip: Path) -> None:
    chosen = ("--weights", "commercial")
    with serving(tmp_path / "data", *chosen, token=TOKEN) as (_, port, said):
        assert "voice weights: commercial (MIT: commercial use allowed)" in said.read_text()
        command = [sys.executable, str(CLIENT), f"http://127.0.0.1:{port}/", str(clip), TOKEN]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stderr
        assert "fellow American" in done.stdout
        assert " --> " in done.stdout
        told = said.read_text(encoding="utf-8")
        assert "visitors show the token" in told
        assert TOKEN not in told
        assert "speech" not in told  # the log names nobody's files
        assert re.search(r"GET /api/jobs/[0-9a-f]{8} 200", told)
        assert not re.search(r"[0-9a-f]{32}", told)


@pytest.mark.slow
def test_the_page_of_words_runs_our_script_and_saves_what_is_corrected(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as (_, port, _said):
        browser = Client(port).browse()
        document = dumps(talk())
        made = browser.upload(document.encode(), "my talk.sentigram.json", to="srt", age="senior")
        where = f"/api/jobs/{browser.done(made.json['id'])['id']}"
        etag = browser.get(f"{where}/document").headers["etag"]
        page = browser.get(f"{where.removeprefix('/api')}/page", accept="text/html")
        text = page.body.decode()
        scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
        digests = [base64.b64encode(sha256(one.encode()).digest()).decode() for one in scripts]
        assert len(digests) == 1
        assert f"script-src 'sha256-{digests[0]}';" in page.headers["content-security-policy"]
        island = json.loads(re.search(r'type="application/json"[^>]*>(.*?)</script>', text)[1])
        assert island["server"]["etag"] == etag
        assert island["server"]["document"] == f"{where}/document"
        corrected = dumps(
            loads(browser.get(f"{where}/document").body.decode()).with_text(0, "Yes,")
        )
        assert browser.ask("PUT", f"{where}/document", corrected, if_match=etag).status == 204
        assert b"Yes, " in browser.get(f"{where}/results/srt", timeout=60).body
        found = browser.get(f"{where}/check?profile=netflix", timeout=60).json
        assert found["cues"] > 0
        again = browser.get(f"{where.removeprefix('/api')}/page", accept="text/html", timeout=60)
        assert b"Yes," in again.body
        restyled = browser.ask(
            "POST", f"{where}/restyle", '{"to": "vtt"}', content_type="application/json", timeout=60
        )
        assert set(restyled.json["results"]) == {"srt", "json", "vtt"}


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kills as kill -9 does")
def test_a_server_that_is_killed_goes_on_where_it_was(tmp_path: Path, clip: Path) -> None:
    """Whoever polls meanwhile waits, and gets the job."""
    data = tmp_path / "data"
    with serving(data) as (process, port, _):
        browser = Client(port).browse()
        job_id = browser.upload(clip.read_bytes(), "speech.mp4", to="srt").json["id"]
        waits = browser.upload(clip.read_bytes(), "second.mp4", to="srt").json["id"]
        browser.done(job_id, "running")
        process.send_signal(signal.SIGKILL)
        process.wait()
        with pytest.raises(ConnectionError):
            browser.get(f"/api/jobs/{job_id}")
    with serving(data, port=port):
        for each in (job_id, waits):
            job = browser.done(each)
            assert b"fellow American" in browser.get(job["results"]["srt"]["url"]).body
        assert [job["id"] for job in browser.get("/api/jobs").json["jobs"]] == [job_id, waits]
    assert not list((data / "jobs").glob("*/work-*"))


def test_it_ends_politely_while_somebody_follows_a_job(tmp_path: Path, clip: Path) -> None:
    import http.client

    with serving(tmp_path / "data") as (process, port, _):
        browser = Client(port).browse()
        job_id = browser.upload(clip.read_bytes(), "speech.mp4").json["id"]
        stream = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        stream.request("GET", f"/api/jobs/{job_id}/events", headers=browser.headers)
        answer = stream.getresponse()
        assert answer.readline() == b"retry: 1000\n"
        process.send_signal(signal.SIGTERM)
        answer.read()  # it ends, and not by a broken connection
        stream.close()
        assert process.wait(20) in (0, 143)


@pytest.mark.parametrize(
    ("options", "token", "said"),
    [
        (
            ["--host", "0.0.0.0"],
            "",
            "--host 0.0.0.0: others than you would reach this server, so it needs a token",
        ),
        (["--host", "192.0.2.1"], "", "openssl rand -hex 16 > token"),
        (["--behind-proxy"], "", "--behind-proxy: others than you would reach this server"),
        ([], "short", "the token has 5 characters"),
        (["--public-name", "http://x"], "", "--public-name 'http://x': write a name such as"),
        (["--host", "192.0.2.1"], TOKEN, "--host 192.0.2.1: cannot be listened at"),
        (["--token-file", "nowhere"], "", "--token-file nowhere: cannot be read"),
        (["--upload-mb", "0"], "", "--upload-mb"),
        (["--data", "file/folder"], "", "--data file/folder: cannot be used"),
    ],
)
def test_what_is_not_safe_is_refused_with_the_remedy(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    options: list[str],
    token: str,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SENTIGRAM_TOKEN", token)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "file").write_text("")
    assert main(["serve", "--port", "0", *options]) == 2
    assert said in capfd.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_a_token_that_others_can_read_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o644)
    assert main(["serve", "--token-file", str(file)]) == 2
    assert "others may read it; run: chmod 600" in capfd.readouterr().err
    file.write_text("\n")
    file.chmod(0o600)
    assert main(["serve", "--token-file", str(file)]) == 2
    assert "is empty" in capfd.readouterr().err


def test_what_serves_is_an_extra(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["serve"]) == 4
    assert "pip install 'sentigram[serve]'" in capfd.readouterr().err


def test_a_port_that_is_taken_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with serving(tmp_path / "data") as (_, port, _said):
        assert main(["serve", "--port", str(port), "--data", str(tmp_path / "more")]) == 2
        assert (
            f"--port {port}: cannot be listened at (Address already in use)"
            in capfd.readouterr().err
        )


def test_two_servers_share_no_folder(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with serving(tmp_path / "data"):
        assert main(["serve", "--port", "0", "--data", str(tmp_path / "data")]) == 2
        assert "another server works in this folder; give each its own" in capfd.readouterr().err


@pytest.mark.parametrize("name", ["jobs", "incoming"])
def test_a_folder_of_somebody_else_is_left_as_it_is(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    """A server removes old jobs and uploads: not a project's folder that is called so."""
    theirs = tmp_path / name / "2019" / "thesis.tex"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("years of work")
    os.utime(theirs.parent, (0, 0))
    assert main(["serve", "--port", "0", "--data", str(tmp_path)]) == 2
    said = capfd.readouterr().err
    assert f"`{name}` in it is not of a server" in said
    assert "give the server a folder of its own" in said
    assert theirs.read_text() == "years of work"


def test_a_choice_that_cannot_be_is_said_at_the_start(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--port", "0", "--data", str(tmp_path), "--weights", "mine"]) == 2
    assert "--weights 'mine': choose from commercial, research" in capfd.readouterr().err
    assert not list(tmp_path.iterdir())


def test_help_loads_no_server() -> None:
    code = (
        "import sys; from sentigram.cli.app import main; main(['serve', '--help']); "
        "print(sorted({'starlette', 'uvicorn', 'h11', 'numpy', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
