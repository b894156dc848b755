"""A server on loopback in a thread, whose jobs' processes are fakes, and a client of sockets."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest

from sentigram.core.document import SUFFIX, dumps
from sentigram.serve import drawing, queue
from sentigram.serve.app import Server, create_app
from sentigram.serve.limits import Limits
from sentigram.serve.process import Ended
from sentigram.serve.server import Served, _Running, configured, listen
from tests.documents import talk

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(8000)
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(8000)


class FakeProcess:
    """Does at once what a job's process does in minutes; `hold` keeps it running."""

    hold: threading.Event | None = None
    error = ""
    drawn: ClassVar[list[Mapping[str, str]]] = []
    checked: ClassVar[list[Mapping[str, str]]] = []

    def __init__(
        self, job: Any, limits: Limits, *, emotions: bool, free_bytes: Any, engine: Any = None
    ) -> None:
        self.job, self.limits, self.emotions, self.engine = job, limits, emotions, engine
        self.elapsed_s = 0.1
        self._killed = asyncio.Event()

    async def run(self, hear: Callable[[str, Mapping[str, Any]], None]) -> Ended:
        hear("length", {"ms": 3000})
        hear("stage", {"name": "words", "share": 0.5})
        hear("words", {"from": 0, "words": [{"text": "Hello", "start_ms": 0, "end_ms": 200}]})
        hear("note", {"text": "the language was guessed", "detail": "run: sentigram models pull x"})
        while self._is_held():  # noqa: ASYNC110  (the event is a thread's)
            await asyncio.sleep(0.01)
        if self._killed.is_set():
            return Ended("killed")
        if self.error:
            return Ended(self.error)
        self._write(self.job.record.options.get("to", "html,ass,json"))
        return Ended(answer={})

    def _is_held(self) -> bool:
        is_free = self.hold is None or self.hold.is_set()
        return not is_free and not self._killed.is_set()

    async def measure(self, hear: Callable[[str, Mapping[str, Any]], None]) -> Ended:
        return Ended(answer={})

    async def draw(self, options: Mapping[str, str], *, seconds: float) -> Ended:
        type(self).drawn.append(dict(options))
        self._write(options.get("to", "html"))
        return Ended(answer={})

    async def page(
        self, options: Mapping[str, str], page: Mapping[str, str], *, seconds: float
    ) -> Ended:
        (self.job.path / page["file"]).write_text(f"a page of {page['etag']}", encoding="utf-8")
        return Ended(answer={})

    async def check(self, options: Mapping[str, str], *, seconds: float) -> Ended:
        type(self).checked.append(dict(options))
        return Ended(answer={"findings": [], "cues": 1})

    def kill(self, why: str = "") -> None:
        self._killed.set()

    def _write(self, kinds: str) -> None:
        path = self.job.document_path
        if not path.exists():
            path.write_text(dumps(talk()), encoding="utf-8")
        suffixes = {"html": ".html", "srt": ".srt", "ass": ".ass", "vtt": ".vtt"}
        for kind in kinds.split(","):
            if kind in suffixes:
                stem = path.name.removesuffix(SUFFIX)
                words = json.loads(path.read_text(encoding="utf-8"))["utterances"][0]["words"]
                text = f"{kind} of {words[0]['text']}"
                path.with_name(stem + suffixes[kind]).write_text(text, encoding="utf-8")


@dataclass(slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        told = self.json
        assert set(told) == {"error"}, told
        return str(told["error"])


@dataclass
class Client:
    """Asks a server; keeps cookies as a browser does, where it begins as one."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        *,
        timeout: float = 20,
        **headers: str,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, told, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: Any) -> Answer:
        return self.ask("GET", path, **headers)

    def browse(self) -> Self:
        """Come in by the start page, as a browser does."""
        answer = self.get("/", accept="text/html", sec_fetch_site="none")
        assert answer.status == 200, answer
        self.headers["cookie"] = answer.headers["set-cookie"].partition(";")[0]
        self.headers["sec-fetch-site"] = "same-origin"
        return self

    def upload(
        self,
        content: bytes = WAV,
        name: str = "talk.wav",
        transcript: tuple[str, bytes] | None = None,
        timeout_s: float = 20,
        **fields: str,
    ) -> Answer:
        parts = [*fields.items(), ("file", (name, content))]
        if transcript is not None:
            parts.append(("transcript", transcript))
        kind, body = form(*parts)
        return self.ask("POST", "/api/jobs", body, timeout=timeout_s, content_type=kind)

    def done(self, job_id: str, *states: str, within_s: float = 120) -> Any:
        """Wait until a job is done, or in one of some states; poll as scripts do."""
        ends, pause_s = time.monotonic() + within_s, 0.01
        while True:
            job = self.get(f"/api/jobs/{job_id}?document=0").json
            if job["state"] in (states or ("done",)):
                return self.get(f"/api/jobs/{job_id}").json
            assert job["state"] not in ("done", "failed"), job
            assert time.monotonic() < ends, job
            time.sleep(pause_s)
            pause_s = min(0.5, 1.5 * pause_s)


def form(*parts: tuple[str, str | tuple[str, bytes]]) -> tuple[str, bytes]:
    """A form as browsers send it: content type and body."""
    boundary = uuid.uuid4().hex
    body = bytearray()
    for name, value in parts:
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        if isinstance(value, tuple):
            file_name = value[0].replace('"', "%22")
            body += f'; filename="{file_name}"\r\nContent-Type: application/octet-stream'.encode()
        body += b"\r\n\r\n" + (value[1] if isinstance(value, tuple) else value.encode()) + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", bytes(body)


@dataclass
class Running:
    """A server that runs."""

    app: Server
    port: int
    data: Path

    @property
    def client(self) -> Client:
        return Client(self.port)

    @property
    def browser(self) -> Client:
        return self.client.browse()

    def raw(self, data: bytes, *, timeout: float = 10, all_of_it: bool = True) -> bytes:
        """Send bytes as they are; what comes back until the end, or until it is silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            connection.sendall(data)
            told = b""
            try:
                while piece := connection.recv(65_536):
                    told += piece
                    if not all_of_it and b"\r\n\r\n" in told:
                        break
            except (TimeoutError, ConnectionResetError):
                pass
            return told

    def left(self) -> list[str]:
        """What lies in the folder of uploads."""
        return [path.name for path in (self.data / "incoming").rglob("*")]


@contextmanager
def running(data: Path, limits: Limits | None = None, **options: Any) -> Iterator[Running]:
    """A server in a thread of its own."""
    behind_proxy = options.get("behind_proxy", False)
    app = create_app(data, limits or Limits(), **options)
    with serving(app, behind_proxy=behind_proxy) as port:
        yield Running(app, port, data)


@contextmanager
def serving(app: Served, *, behind_proxy: bool = False) -> Iterator[int]:
    """An application in a thread of its own; gives the port."""
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    ready = threading.Event()
    config = configured(app, behind_proxy=behind_proxy)
    server = _Running(config, app, lambda _port: ready.set())
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[FakeProcess]:
    """Jobs whose process is a fake."""
    process = type("Fake", (FakeProcess,), {"drawn": [], "checked": [], "hold": None, "error": ""})
    monkeypatch.setattr(queue, "Process", process)
    monkeypatch.setattr(drawing, "Process", process)
    return process


def paths_in(text: str) -> list[str]:
    """What looks like a path of the server's disk."""
    return re.findall(r"(?:/tmp|/home|/root|/work|/usr|/var|/etc|site-packages|\.py\b)\S*", text)
