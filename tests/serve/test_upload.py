"""What an upload is, how much of it there is room for, and what memory it takes."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest

from sentigram.serve.api import resident_bytes
from sentigram.serve.limits import DiskFull, Limits
from sentigram.serve.upload import Space, kind_of
from tests import media_samples
from tests.serve.running import MP4, WAV, FakeProcess, Running, form, running

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize(
    ("suffix", "arguments", "kind"),
    [
        (".mp4", [], ".mp4"),
        (".mov", [], ".mp4"),
        (".mkv", [], ".mkv"),
        (".avi", [], ".avi"),
        (".ts", [], ".ts"),
        (".mpg", [], ".mpg"),
        (".flv", ["-ar", "44100"], ".flv"),
        (".wmv", [], ".wmv"),
        (".wav", ["-vn"], ".wav"),
        (".flac", ["-vn"], ".flac"),
        (".aiff", ["-vn"], ".aiff"),
        (".caf", ["-vn"], ".caf"),
        (".m4a", ["-vn"], ".mp4"),
        (".ac3", ["-vn"], ".ac3"),
        (".aac", ["-vn"], ".aac"),
        (".mp3", ["-vn"], ".mp3"),
        (".mp3", ["-vn", "-write_xing", "0", "-id3v2_version", "0"], ".mp3"),
        (".ogg", ["-vn", "-c:a", "libvorbis"], ".ogg"),
        (".opus", ["-vn", "-c:a", "libopus"], ".ogg"),
        (".webm", ["-vn", "-c:a", "libopus"], ".webm"),
    ],
)
def test_recordings_are_known_by_how_they_begin(
    tmp_path: Path, suffix: str, arguments: list[str], kind: str
) -> None:
    """As ffmpeg, which is not ours, writes them."""
    clip = media_samples.video_with_tone(tmp_path / "clip.mp4")
    made = media_samples.make(tmp_path / f"made{suffix}", "-i", str(clip), *arguments)
    with made.open("rb") as file:
        assert kind_of(file.read(4096), "any.name") == kind


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (b' \n{"schema": 1}', "a.sentigram.json", ".sentigram.json"),
        (b"\xef\xbb\xbf{", "A.SENTIGRAM.JSON", ".sentigram.json"),
        (b'{"schema": 1}', "a.json", None),
        (b"RIFF\0\0\0\0ACON", "a.wav", None),
        (b"#EXTM3U", "a.mp4", None),
        (b"", "a.mp4", None),
        (b"\xff", "a.mp3", None),
        (b"\xff\xfe" + "text".encode("utf-16-le"), "a.txt", None),
    ],
)
def test_what_is_no_recording_is_known_as_well(head: bytes, name: str, kind: str | None) -> None:
    assert kind_of(head, name) == kind


def test_room_is_shared_by_what_is_there_and_what_comes(tmp_path: Path) -> None:
    used = [4_000_000]
    space = Space(lambda: used[0], Limits(disk_mb=10), tmp_path)
    space.take(5_000_000)
    with pytest.raises(DiskFull, match="take all the disk"):
        space.take(2_000_000)
    space.give_back(5_000_000)
    space.take(6_000_000)
    used[0] = 9_000_000
    space.give_back(6_000_000)  # it was moved to a job
    with pytest.raises(DiskFull):
        space.check(2_000_000)


def test_a_full_disk_is_said_before_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sentigram.serve.upload._SPARE_BYTES", 10**18)
    with pytest.raises(DiskFull, match="disk of the server is full"):
        Space(lambda: 0, Limits(), tmp_path).check(1)


def test_the_quota_counts_uploads_while_they_come(tmp_path: Path, fake: type[FakeProcess]) -> None:
    with running(tmp_path / "data", Limits(disk_mb=10, jobs_per_owner=100)) as server:
        browser = server.browser
        assert browser.upload(WAV + bytes(6_000_000)).status == 202
        answer = browser.upload(WAV + bytes(6_000_000))
        assert (answer.status, server.left()) == (503, [])
        assert "disk" in answer.error
        assert int(answer.headers["retry-after"]) > 0
        for job in browser.get("/api/jobs").json["jobs"]:
            browser.ask("DELETE", f"/api/jobs/{job['id']}")
        assert browser.upload(WAV + bytes(6_000_000)).status == 202


def test_the_kind_is_refused_before_the_rest_comes(server: Running) -> None:
    """The sender of a gigabyte reads why after the first kilobytes."""
    kind, body = form(("file", ("talk.mp4", b"#EXTM3U\n" * 2000)))
    head = (
        f"POST /api/jobs HTTP/1.1\r\nHost: localhost:{server.port}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: 1000000000\r\n\r\n"
    )
    told = server.raw(head.encode() + body[:8000], all_of_it=False)
    assert told.startswith(b"HTTP/1.1 415")
    assert server.left() == []


def test_words_that_come_with_it_are_kept_beside_it(server: Running) -> None:
    browser = server.browser
    made = browser.upload(MP4, "talk.mp4", ("words.srt", b"1\n00:00:00,000 --> 00:00:01,000\nHi\n"))
    job = server.app.queue.folders.find(made.json["id"])
    assert job.record.transcript == "talk.srt"
    assert (job.path / "given" / "talk.srt").read_bytes().startswith(b"1\n")
    assert job.media.read_bytes() == MP4
    assert job.media.stat().st_mode & 0o077 == 0


def test_a_document_comes_without_words(server: Running) -> None:
    answer = server.browser.upload(b"{}", "talk.sentigram.json", ("words.srt", b"1\n"))
    assert (answer.status, answer.error) == (
        422,
        "a Document has its words already; send no transcript with it",
    )


def test_fields_may_come_after_the_file(server: Running) -> None:
    kind, body = form(("file", ("talk.wav", WAV)), ("to", "srt"))
    answer = server.client.ask("POST", "/api/jobs", body, content_type=kind)
    assert answer.status == 202
    assert set(server.client.done(answer.json["id"])["results"]) == {"json", "srt"}


def test_what_a_server_left_when_it_was_killed_is_gone_at_the_next_start(
    tmp_path: Path, fake: type[FakeProcess]
) -> None:
    left = tmp_path / "data" / "incoming" / "0123" / "file"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    (tmp_path / "data" / "key").write_bytes(bytes(32))  # by which it is known for a server's
    with running(tmp_path / "data"):
        assert not left.exists()


def test_a_stopped_upload_is_cut_and_nothing_stays(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sentigram.serve.guard.STALL_S", 0.2)
    kind, body = form(("file", ("talk.wav", WAV)))
    head = (
        f"POST /api/jobs HTTP/1.1\r\nHost: localhost:{server.port}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    told = server.raw(head.encode() + body[:-100])
    assert told.startswith(b"HTTP/1.1 408")
    assert b'{"error":"this came too slowly"}' in told
    assert server.left() == []


def test_an_upload_that_trickles_is_cut(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sentigram.serve.guard.STALL_S", 0.3)
    monkeypatch.setattr("sentigram.serve.guard.LEAST_BYTES_PER_S", 10**9)
    kind, body = form(("file", ("talk.wav", WAV + bytes(500_000))))
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(
            f"POST /api/jobs HTTP/1.1\r\nHost: localhost:{server.port}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        )
        ends, told = time.monotonic() + 10, b""
        connection.settimeout(0.05)
        for at in range(0, len(body), 1000):
            connection.sendall(body[at : at + 1000])
            try:
                told += connection.recv(65_536)
                break
            except TimeoutError:
                assert time.monotonic() < ends
    assert told.startswith(b"HTTP/1.1 408")


def test_memory_does_not_grow_with_the_upload(server: Running) -> None:
    """150 MB, here; benchmarks/server_load.py sends 500."""
    n_bytes = 150_000_000
    kind, body = form(("file", ("talk.wav", WAV)))
    tail = body[body.rindex(b"\r\n--") :]
    peak, is_over = [0], threading.Event()

    def watch() -> None:
        while not is_over.wait(0.01):
            peak[0] = max(peak[0], resident_bytes())

    server.browser.upload()  # what the first one loads is loaded
    before = resident_bytes()
    thread = threading.Thread(target=watch)
    thread.start()
    piece = bytes(1_000_000)
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(
            f"POST /api/jobs HTTP/1.1\r\nHost: localhost:{server.port}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body) + n_bytes}\r\n\r\n".encode()
        )
        connection.sendall(body[: -len(tail)])
        for _ in range(n_bytes // len(piece)):
            connection.sendall(piece)
        connection.sendall(tail)
        told = connection.recv(65_536)
    is_over.set()
    thread.join()
    assert told.startswith(b"HTTP/1.1 202")
    assert peak[0] - before < 30_000_000


@pytest.mark.parametrize("name", ["talk.srt", "Talk.VTT", "talk.txt"])
def test_words_without_a_recording_are_told_from_what_is_no_recording(
    server: Running, name: str
) -> None:
    answer = server.client.upload(b"1\n00:00:00,000 --> 00:00:02,000\nHello.\n", name)
    assert answer.status == 415
    assert answer.error.startswith("these are words without a recording; send the recording, and")
    assert server.client.upload(b"a picture", "talk.png").error.startswith(
        "this is not a recording"
    )
