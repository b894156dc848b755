"""Loads a server on loopback: many uploads at once while others look at pages, and one huge upload.

    python benchmarks/server_load.py                    # 50 uploads at once
    python benchmarks/server_load.py --uploads 20 --mb 5
    python benchmarks/server_load.py --big-mb 500       # one large upload, and the server's memory

Each upload is a session of its own. What is printed: whether every upload is there afterwards to
the byte, how long others waited for the start page and for their list of jobs meanwhile, and the
most memory that the server took. Jobs run as they do at work, so the machine is busy.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import os
import re
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from server_attacks import started

from tests.serve.running import WAV, Client, form

_PIECE = bytes(1 << 20)
_LOOK_EVERY_S = 0.02
_PATHS = ("/", "/api/jobs", "/healthz")


def main() -> None:
    """Load it, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--uploads", type=int, default=50)
    parser.add_argument("--mb", type=int, default=2, help="of each")
    parser.add_argument("--big-mb", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="server-load-") as folder:
        limits = ("--jobs-per-owner", "1000", "--queue-length", "1000", "--disk-mb", "5000", "-q")
        with started(Path(folder), *limits) as port:
            Client(port).browse()  # what the first page takes, it takes once
            if options.big_mb:
                one_big(port, options.big_mb)
            else:
                many(port, options.uploads, options.mb)


def many(port: int, n_uploads: int, mb: int) -> None:
    """Many uploads at once from another process, and somebody who looks at pages."""
    looker = Client(port).browse()
    idle: dict[str, list[float]] = {path: [] for path in _PATHS}
    busy: dict[str, list[float]] = {path: [] for path in _PATHS}
    for _ in range(20):
        _look(looker, idle)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(_ready).result()
        sent = pool.submit(_send, port, n_uploads, mb)
        while not sent.done():
            _look(looker, busy)
        seconds, codes, kept = sent.result()
    sent_all = f"{n_uploads} uploads of {mb} MB at once: {seconds:.1f} s"
    print(f"{sent_all}, answered {codes}; {kept} kept whole")
    for path in _PATHS:
        print(f"  {path:<10} {_figures(busy[path])}; before: {_figures(idle[path])}")
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"  memory of the server: {_memory_mb(port):.0f} MB; {os.cpu_count()} cores, load {load}")


def _look(looker: Client, waits: dict[str, list[float]]) -> None:
    for path, times in waits.items():
        began = time.perf_counter()
        answer = looker.get(path, accept="text/html")
        times.append(time.perf_counter() - began)
        if answer.status != 200:
            message = f"{path}: {answer.status}"
            raise SystemExit(message)
    time.sleep(_LOOK_EVERY_S)


def _ready() -> None:
    """What is imported is imported."""


def _send(port: int, n_uploads: int, mb: int) -> tuple[float, list[int], int]:
    """Upload all at once: seconds, what was answered, and how many are there to the byte."""
    contents = [
        WAV + hashlib.sha256(b"%d" % n).digest() * (mb * 10**6 // 32) for n in range(n_uploads)
    ]
    clients = [Client(port).browse() for _ in range(n_uploads)]
    with ThreadPoolExecutor(n_uploads) as pool:
        began = time.perf_counter()
        answers = list(pool.map(lambda c, data: c.upload(data, timeout_s=120), clients, contents))
        seconds = time.perf_counter() - began
    kept = sum(
        answer.status == 202 and client.get(f"/api/jobs/{answer.json['id']}/media").body == data
        for client, answer, data in zip(clients, answers, contents, strict=True)
    )
    return seconds, sorted({answer.status for answer in answers}), kept


def one_big(port: int, mb: int) -> None:
    """One upload that is large, sent as fast as it is taken."""
    kind, body = form(("file", ("talk.wav", WAV)))
    at = body.rindex(b"\r\n--")
    Client(port).upload()
    before, peak, is_over = _memory_mb(port), [0.0], threading.Event()

    def watch() -> None:
        while not is_over.wait(0.1):
            peak[0] = max(peak[0], _memory_mb(port))

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=300) as connection:
        connection.sendall(
            f"POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body) + mb * len(_PIECE)}\r\n\r\n".encode()
        )
        connection.sendall(body[:at])
        for _ in range(mb):
            connection.sendall(_PIECE)
        connection.sendall(body[at:])
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        answer.read()
    seconds = time.perf_counter() - began
    is_over.set()
    watcher.join()
    memory = f"the server took {before:.0f} MB before it and at most {peak[0]:.0f} MB meanwhile"
    print(f"one upload of {mb} MiB: {answer.status}, {seconds:.1f} s; {memory}")


def _memory_mb(port: int) -> float:
    found = re.search(r"sentigram_memory_bytes (\d+)", Client(port).get("/metrics").body.decode())
    return int(found[1]) / 1e6 if found else float("nan")


def _figures(times: list[float]) -> str:
    ordered = sorted(times)
    ms: Callable[[float], str] = lambda s: f"{s * 1000:.0f} ms"  # noqa: E731
    late = ordered[int(len(ordered) * 0.95)]
    return f"median {ms(statistics.median(ordered))}, 95 % {ms(late)}, most {ms(ordered[-1])}"


if __name__ == "__main__":
    main()
