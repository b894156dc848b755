"""Connections: nobody is waited for without end; and what visitors hear of the server's lacks."""

from __future__ import annotations

import errno
import logging
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from sentigram.errors import UsageError
from sentigram.serve import server as module
from sentigram.serve.server import listen
from tests.serve.running import WAV, FakeProcess, Running, form, running


def ends_within(connection: socket.socket, seconds: float) -> bool:
    """Whether the other side closes in time; what it still sends is read slowly enough."""
    connection.settimeout(seconds)
    try:
        while connection.recv(1):
            time.sleep(0.001)
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


def trickle(connection: socket.socket, piece: bytes) -> None:
    """Send for four seconds, or until the other side closes.

    Raises:
        ConnectionError: It did.
    """
    for _ in range(200):
        connection.sendall(piece)
        time.sleep(0.02)


def read_all(connection: socket.socket) -> int:
    n_bytes = 0
    try:
        while piece := connection.recv(1 << 20):
            n_bytes += len(piece)
    except ConnectionError:
        pass
    return n_bytes


def test_a_head_that_does_not_come_is_not_waited_for(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HEAD_S", 0.2)
    for sent in (b"", b"GET / HTTP/1.1\r\nHost: loc"):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(sent)
            assert ends_within(connection, 5)


def test_who_closes_the_half_that_sends_gets_the_answer(server: Running) -> None:
    """As `nc -N` does; else there would be a job that nobody knows."""
    kind, body = form(("file", ("talk.wav", WAV)))
    head = (
        f"POST /api/jobs HTTP/1.1\r\nHost: localhost:{server.port}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    for sent, answered in ((body, b"HTTP/1.1 202"), (body[:-100], b"")):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(head.encode() + sent)
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(65_536)[: len(b"HTTP/1.1 202")] == answered
    ends = time.monotonic() + 10
    while server.left():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_a_head_that_trickles_has_no_more_time(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HEAD_S", 0.3)
    began = time.monotonic()
    with (
        socket.create_connection(("127.0.0.1", server.port)) as connection,
        pytest.raises(ConnectionError),
    ):
        trickle(connection, b"a")
    assert time.monotonic() - began < 3


def test_a_second_request_of_a_connection_has_its_time_too(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HEAD_S", 0.2)
    monkeypatch.setattr(module, "KEEP_ALIVE_S", 1)
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        for _ in range(3):
            connection.sendall(request)
            told = b""
            while not told.endswith(b'{"ok":true}'):
                told += connection.recv(10_000)
            time.sleep(0.3)  # longer than a head may take: it has not begun
        connection.sendall(request[:10])
        assert ends_within(connection, 3)


def test_an_answer_that_nobody_reads_is_not_kept(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "UNREAD_S", 0.3)
    client = server.client
    job_id = client.upload(WAV + bytes(30_000_000)).json["id"]
    client.done(job_id)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        path = f"/api/jobs/{job_id}/media"
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        time.sleep(1)
        connection.settimeout(5)
        assert read_all(connection) < 30_000_000  # closed before all of it came


def test_the_rest_of_what_was_refused_is_read_for_a_while_only(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LINGER_S", 0.3)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(
            b"POST /api/check HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000000\r\n\r\n"
        )
        assert connection.recv(10_000).startswith(b"HTTP/1.1 413")
        with pytest.raises(ConnectionError):
            trickle(connection, bytes(1000))


def test_one_address_has_so_many_connections(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_OF_ONE", 3)
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        time.sleep(0.1)
        with socket.create_connection(("127.0.0.1", server.port)) as fourth:
            assert ends_within(fourth, 5)
    time.sleep(0.2)
    assert server.client.get("/healthz").status == 200


def test_behind_a_proxy_all_come_from_one_address(
    tmp_path: Path, fake: type[FakeProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_OF_ONE", 1)
    with running(tmp_path / "data", behind_proxy=True) as server, ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        assert server.client.get("/healthz").status == 200


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("/secret/path of somebody's talk"), 500),
        (MemoryError(), 503),
        (OSError(errno.EMFILE, "Too many open files", "/secret/path"), 503),
        (OSError(errno.ENOSPC, "No space left on device", "/secret/path"), 507),
        (FileNotFoundError(errno.ENOENT, "No such file", "/secret/path"), 404),
    ],
)
def test_what_the_server_lacks_is_said_without_its_paths(
    server: Running,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    status: int,
) -> None:
    def fail(job_id: str) -> None:
        raise error

    monkeypatch.setattr(server.app.queue.folders, "find", fail)
    with caplog.at_level(logging.INFO, "sentigram.serve"):
        answer = server.client.get("/api/jobs/" + "0" * 32)
    assert answer.status == status
    assert "secret" not in answer.error + caplog.text
    assert ("a fault: ValueError in fail" in caplog.text) is (status == 500)
    assert server.client.get("/healthz").status == 200


def test_a_place_that_cannot_be_listened_at_is_said() -> None:
    with pytest.raises(UsageError, match=r"`host 192\.0\.2\.1`: cannot be listened at"):
        listen("192.0.2.1", 0)
    with pytest.raises(UsageError, match=r"`host no\.such\.host\.example`"):
        listen("no.such.host.example", 0)
    first = listen("127.0.0.1", 0)
    try:
        with pytest.raises(UsageError, match=r"choose another, or 0 for any"):
            listen("127.0.0.1", first.getsockname()[1])
    finally:
        first.close()
