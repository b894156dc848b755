"""A hub on this machine: the two addresses that are asked, and the ways in which they fail."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote, urlsplit

COMMIT = "c0ffee" + "0" * 34


class FakeHub:
    """Repositories by name, and what was asked of them.

    Attributes:
        repositories: Name → file name → content.
        large: Files that are stored as large ones, with a sha256.
        lies: File name → what is sent in place of its content.
        break_after: File name → after how many bytes of an answer the connection breaks, and
            how often it does.
        is_down: Answer everything with 503.
        sent: Bytes that were sent, by file.
        addresses: Path → content, of what is on no hub.
        asked: Every request: method, path, Range.
        logins: What was sent with requests to those addresses to prove who asks.
        tags: Of every repository.
    """

    def __init__(self):
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.addresses: dict[str, bytes] = {}
        self.logins: set[str | None] = set()
        self.large: set[str] = {"model.bin", "model.safetensors", "model.pt", "pytorch_model.bin"}
        self.lies: dict[str, bytes] = {}
        self.break_after: dict[str, tuple[int, int]] = {}
        self.is_down = False
        self.sent: dict[str, int] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.tags = ["license:mit"]
        self.url = ""

    def listing(self, repository):
        files = self.repositories[repository]
        return {
            "id": repository,
            "modelId": repository,
            "sha": COMMIT,
            "tags": self.tags,
            "siblings": [self._sibling(name, content) for name, content in files.items()],
        }

    def _sibling(self, name, content):
        git = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()  # noqa: S324
        sibling = {"rfilename": name, "size": len(content), "blobId": git}
        if name in self.large:
            sha = hashlib.sha256(content).hexdigest()
            sibling["lfs"] = {"sha256": sha, "size": len(content), "pointerSize": 134}
        return sibling

    @contextmanager
    def serve(self):
        handler = type("Handler", (_Handler,), {"hub": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        server.handle_error = lambda *_: None
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self._answer()

    def do_GET(self):
        self._answer()

    def _answer(self):
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append((self.command, path, self.headers.get("Range", "")))
        if self.hub.is_down:
            self._send(503, b"down")
        elif path in self.hub.addresses:
            self.hub.logins.add(self.headers.get("Authorization"))
            name = path.rpartition("/")[2]
            self._file(name, self.hub.lies.get(name, self.hub.addresses[path]))
        elif path.startswith("/api/models/"):
            repository = path.removeprefix("/api/models/").partition("/revision/")[0]
            if repository in self.hub.repositories:
                self._send(200, json.dumps(self.hub.listing(repository)).encode())
            else:
                self._missing()
        else:
            repository, _, rest = path[1:].partition("/resolve/")
            name = rest.partition("/")[2]
            content = self.hub.repositories.get(repository, {}).get(name)
            if content is None:
                self._missing()
            else:
                self._file(name, self.hub.lies.get(name, content))

    def _missing(self):
        self.send_response(404)
        self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def _file(self, name, content):
        wanted = self.headers.get("Range", "")
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
        end = wanted.partition("-")[2]
        body = content[start : int(end) + 1 if end else None]
        self.send_response(206 if wanted else 200)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(body)))
        if wanted:
            self.send_header(
                "Content-Range", f"bytes {start}-{start + len(body) - 1}/{len(content)}"
            )
        self.end_headers()
        if self.command == "GET":
            self._body(name, body)

    def _body(self, name, body):
        length, times = self.hub.break_after.get(name, (len(body), 0))
        times = times if len(body) > length else 0
        if times:
            self.hub.break_after[name] = (length, times - 1)
            body = body[:length]
        self.wfile.write(body)
        self.wfile.flush()
        self.hub.sent[name] = self.hub.sent.get(name, 0) + len(body)
        if times:
            self.close_connection = True
            self.connection.close()
