"""What a stranger sends to the server: an attack a row, each with the answers that are right.

The attacker knows everything that can be known: the address, and the ids of others' jobs.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from tests.serve.running import MP4, WAV, Answer, Client, form

TOKEN = "a-token-that-nobody-guesses"  # noqa: S105  (of the server that is attacked)
NOT_YOURS = frozenset({404})
REFUSED = frozenset({400, 404, 405, 408, 413, 414, 415, 421, 422, 431})
CLOSED = 0
"""Stands for a connection that was closed without an answer."""
_EVIL = "http://evil.example"


@dataclass
class Ground:
    """Three servers, and what is in them.

    Attributes:
        port: Of one without a token.
        token_port: Of one with `TOKEN`.
        small_port: Of one that takes 1 MB an upload, and two jobs of a visitor.
        data: The folder of the first.
        victim: A browser with a job there.
        job: The id of that.
        script_job: The id of a script's job there.
    """

    port: int
    token_port: int
    small_port: int
    data: Path
    victim: Client
    job: str
    script_job: str
    attackers: dict[int, Client] = field(default_factory=dict)

    @property
    def script(self) -> Client:
        """A script without anything."""
        return Client(self.port)

    @property
    def browser(self) -> Client:
        """The attacker's own session."""
        if self.port not in self.attackers:
            self.attackers[self.port] = Client(self.port).browse()
        return self.attackers[self.port]

    def raw(self, data: bytes, *, port: int = 0, ends: bool = False) -> Answer:
        """Send bytes as they are.

        Args:
            data: They.
            port: To which server.
            ends: The attacker sends nothing more, and says so.
        """
        told = b""
        with socket.create_connection(("127.0.0.1", port or self.port), timeout=8) as connection:
            try:
                connection.sendall(data)
                if ends:
                    connection.shutdown(socket.SHUT_WR)
                while piece := connection.recv(65_536):
                    told += piece
                    if b"\r\n\r\n" in told:
                        break
            except (TimeoutError, ConnectionError):
                pass
        return _parsed(told)


def _parsed(told: bytes) -> Answer:
    head, _, body = told.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    parts = first.split(" ", 2)
    status = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else CLOSED
    headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines)}
    return Answer(status, headers, body)


Send = Callable[[Ground], Iterable[Answer]]


@dataclass(frozen=True, slots=True)
class ServerAttack:
    """One attack.

    Attributes:
        id: Its kind and its name.
        what: In words.
        send: It; the answers that came.
        right: Statuses that are right.
        is_slow: It takes seconds, and is not among the tests.
    """

    id: str
    what: str
    send: Send
    right: frozenset[int]
    is_slow: bool = False


def _is(*statuses: int) -> frozenset[int]:
    return frozenset(statuses)


def _get(path: str, **headers: str) -> Send:
    return lambda ground: [ground.script.get(path, **headers)]


def _of_victim(method: str, tail: str, body: bytes | str | None = None, **headers: Any) -> Send:
    """The victim's job, asked for by another session and by a script."""

    def send(ground: Ground) -> Iterator[Answer]:
        for who in (ground.browser, ground.script):
            yield who.ask(method, f"/api/jobs/{ground.job}{tail}", body, **headers)

    return send


def _raw(text: str | bytes, *, ends: bool = False) -> Send:
    """Bytes; `{port}` in a text is the server's."""

    def send(ground: Ground) -> list[Answer]:
        data = (
            text
            if isinstance(text, bytes)
            else text.replace("{port}", str(ground.port)).encode("latin-1")
        )
        return [ground.raw(data, ends=ends)]

    return send


def _head(method: str = "GET", path: str = "/healthz", *lines: str) -> str:
    """A request; the host is right unless the lines have another."""
    hosts = (
        ()
        if any(line.lower().startswith("host") for line in lines)
        else ("Host: localhost:{port}",)
    )
    return "\r\n".join([f"{method} {path} HTTP/1.1", *hosts, *lines, "", ""])


def _upload(
    content: bytes = WAV,
    name: str = "talk.wav",
    transcript: tuple[str, bytes] | None = None,
    **fields: Any,
) -> Send:
    def send(ground: Ground) -> Iterator[Answer]:
        answer = ground.browser.upload(content, name, transcript, **fields)
        yield answer
        if answer.status == 202:
            ground.browser.ask("DELETE", f"/api/jobs/{answer.json['id']}")

    return send


def _body(data: bytes, kind: str = "multipart/form-data; boundary=b", **headers: Any) -> Send:
    return lambda ground: [
        ground.browser.ask("POST", "/api/jobs", data, content_type=kind, **headers)
    ]


def _part(head: str, data: bytes = b"", *, end: bytes = b"\r\n--b--\r\n") -> bytes:
    return b"--b\r\n" + head.encode("utf-8", "surrogateescape") + b"\r\n\r\n" + data + end


def _hosts() -> Iterator[ServerAttack]:
    rows = {
        "foreign": ("another site's name", "Host: evil.example", 421),
        "rebinding": ("another site's name and our port", "Host: evil.example:{port}", 421),
        "twice": ("two of them", "Host: localhost:{port}\r\nHost: evil.example", 400),
        "user": ("a user before it", "Host: localhost@evil.example", 421),
        "suffix": ("ours, and another site's after it", "Host: localhost.evil.example", 421),
        "number": ("an address as one number", "Host: 2130706433", 421),
        "address": ("an address of the network", "Host: 10.0.0.5", 421),
        "markup": ("markup", "Host: <script>", 421),
        "empty": ("nothing", "Host: ", 421),
    }
    for key, (what, line, status) in rows.items():
        yield ServerAttack(
            f"serve-host-{key}", f"a host: {what}", _raw(_head("GET", "/", line)), _is(status, 400)
        )
    yield ServerAttack(
        "serve-host-none", "no host at all", _raw("GET / HTTP/1.1\r\n\r\n"), _is(400)
    )
    yield ServerAttack(
        "serve-host-absolute",
        "an address with another host in it",
        _raw(_head("GET", "http://evil.example/")),
        _is(404, 421),
    )
    yield ServerAttack(
        "serve-host-forwarded", "X-Forwarded-Host of another site", _same_as_without, _is(200)
    )


def _same_as_without(ground: Ground) -> Iterator[Answer]:
    """What a proxy would say is of no weight where nobody said that there is one."""
    answer = ground.script.get(
        "/", accept="text/html", x_forwarded_host="evil.example", x_forwarded_proto="https"
    )
    yield answer
    if b"evil.example" in answer.body or "secure" in answer.headers.get("set-cookie", "").lower():
        yield Answer(599, {}, b"believed")


def _paths() -> Iterator[ServerAttack]:
    rows = {
        "dots": ("dots", "/static/../../etc/passwd"),
        "encoded": ("dots, encoded", "/static/x/%2e%2e%2f%2e%2e%2fetc%2fpasswd"),
        "twice-encoded": ("dots, encoded twice", "/static/x/%252e%252e%252fkey"),
        "backslashes": ("backslashes", "/static/x/..%5c..%5ckey"),
        "nul": ("a NUL", "/api/jobs/%00"),
        "slashes": ("two slashes before another site", "//evil.example/%2f.."),
        "key": ("the key of the sessions", "/key"),
        "jobs": ("the folder of the jobs", "/jobs/"),
        "record": ("a job's record", "/api/jobs/{job}/results/job.json"),
        "result-dots": ("a result with dots", "/api/jobs/{job}/results/..%2f..%2fjob.json"),
        "result-path": ("a result that is a path", "/api/jobs/{job}/results/%2fetc%2fpasswd"),
        "id-dots": ("an id of dots", "/api/jobs/%2e%2e/results/json"),
        "id-short": ("an id that is cut", "/api/jobs/abc"),
        "id-letters": ("an id in other digits", "/api/jobs/" + "\u0661" * 32),
        "id-long": ("an id of 1,000 digits", "/api/jobs/" + "a" * 1000),
        "surrogates": ("bytes that are no text", "/jobs/%ff%fe"),
        "source": ("the program's source", "/src/sentigram/serve/app.py"),
        "templates": ("a template", "/static/x/start.html.jinja"),
    }

    def send(path: str, ground: Ground) -> list[Answer]:
        from urllib.parse import quote

        asked = quote(path.replace("{job}", ground.job), safe="/%")
        return [ground.victim.get(asked), ground.script.get(asked)]

    for key, (what, path) in rows.items():
        yield ServerAttack(
            f"serve-path-{key}", f"an address: {what}", partial(send, path), NOT_YOURS
        )
    yield ServerAttack(
        "serve-path-long", "an address of 9,000 letters", _get("/" + "a" * 9000), _is(414)
    )
    yield ServerAttack(
        "serve-path-query", "a query of 9,000 letters", _get("/?" + "a" * 9000), _is(414)
    )
    yield ServerAttack(
        "serve-path-endless",
        "an address of a megabyte",
        _raw("GET /" + "a" * 10**6),
        _is(400, CLOSED),
    )


def _onward() -> Iterator[ServerAttack]:
    """What a link of another site is answered with leads on to a page of ours, and to no third."""

    def led(ground: Ground) -> Iterator[Answer]:
        client = Client(ground.token_port, {"accept": "text/html", "sec-fetch-site": "cross-site"})
        for path in ("//evil.example/", "/jobs/;url=//evil.example", "/%22%3E%3Cscript%3E"):
            answer = client.get(path)
            is_ours = b"evil" not in answer.body and b"<script" not in answer.body
            yield answer if is_ours else Answer(599, {}, path.encode())

    yield ServerAttack(
        "serve-path-onward", "an address that would lead on to another site", led, _is(200)
    )


def _others() -> Iterator[ServerAttack]:
    rows: tuple[tuple[str, str, str, str | None, dict[str, str]], ...] = (
        ("get", "GET", "", None, {}),
        ("document", "GET", "/document", None, {}),
        ("put", "PUT", "/document", "{}", {"if_match": '"x"', "sec_fetch_site": "same-origin"}),
        ("events", "GET", "/events", None, {}),
        ("result", "GET", "/results/json", None, {}),
        ("media", "GET", "/media", None, {}),
        ("check", "GET", "/check", None, {}),
        ("restyle", "POST", "/restyle", "{}", {"content_type": "application/json"}),
        ("delete", "DELETE", "", None, {}),
        ("head", "HEAD", "", None, {}),
    )
    for key, method, tail, body, headers in rows:
        send = _of_victim(method, tail, body, **headers)
        yield ServerAttack(
            f"serve-others-{key}", f"another's job: {method} {tail or 'it'}", send, NOT_YOURS
        )
    for key, tail in (("page", ""), ("player", "/page")):

        def page(tail: str, ground: Ground) -> list[Answer]:
            return [ground.browser.get(f"/jobs/{ground.job}{tail}", accept="text/html")]

        yield ServerAttack(
            f"serve-others-{key}",
            f"another's job: its page{tail and ' of words'}",
            partial(page, tail),
            NOT_YOURS,
        )

    def listed(ground: Ground) -> list[Answer]:
        return [
            answer
            if ground.job.encode() not in answer.body
            and ground.script_job.encode() not in answer.body
            else Answer(599, {}, b"seen")
            for answer in (ground.browser.get("/api/jobs"), ground.script.get("/api/jobs"))
        ]

    yield ServerAttack(
        "serve-others-list", "the list of jobs, as another and as a script", listed, _is(200)
    )
    yield ServerAttack(
        "serve-others-script",
        "a script's job, as a session",
        lambda ground: [ground.browser.get(f"/api/jobs/{ground.script_job}")],
        NOT_YOURS,
    )
    yield ServerAttack(
        "serve-others-guess",
        "200 ids that are guessed",
        lambda ground: [ground.script.get(f"/api/jobs/{n:032x}") for n in range(200)],
        _is(404, 429),
    )


def _sessions() -> Iterator[ServerAttack]:
    def cookie(change: Callable[[str], str], ground: Ground) -> list[Answer]:
        client = Client(
            ground.port,
            {"cookie": change(ground.victim.headers["cookie"]), "sec-fetch-site": "same-origin"},
        )
        return [client.get(f"/api/jobs/{ground.job}")]

    rows: dict[str, tuple[str, Callable[[str], str]]] = {
        "seal": ("whose seal is another", lambda c: c[:-4] + "AAAA"),
        "id": (
            "whose id is another",
            lambda c: c.partition("=")[0] + "=" + "A" * 22 + c.partition("=")[2][22:],
        ),
        "time": ("that claims another time", lambda c: c.replace(".", ".9", 1)),
        "none": ("without a seal", lambda c: c.rpartition(".")[0]),
        "text": ("that is markup", lambda c: c.partition("=")[0] + "=<script>"),
        "name": ("under another name", lambda c: "session" + c[c.index("=") :]),
        "long": ("of 8,000 letters", lambda c: c + "A" * 8000),
        "fixed": (
            "that the attacker chose",
            lambda c: c.partition("=")[0] + "=" + "a" * 22 + ".1." + "b" * 43,
        ),
    }
    for key, (what, change) in rows.items():
        yield ServerAttack(
            f"serve-session-{key}", f"a cookie {what}", partial(cookie, change), NOT_YOURS
        )

    def overwritten(ground: Ground) -> Iterator[Answer]:
        answer = ground.script.get("/", accept="text/html", sec_fetch_site="cross-site")
        yield answer if "set-cookie" not in answer.headers else Answer(599, {}, b"a new session")

    yield ServerAttack(
        "serve-session-link",
        "a link of another site to the start page, that would end a session",
        overwritten,
        _is(200),
    )

    def flags(ground: Ground) -> Iterator[Answer]:
        answer = ground.script.get("/", accept="text/html")
        told = answer.headers.get("set-cookie", "")
        yield (
            answer if "HttpOnly" in told and "SameSite=Strict" in told else Answer(599, {}, b"open")
        )

    yield ServerAttack(
        "serve-session-script",
        "a script that reads the cookie, a site that sends it",
        flags,
        _is(200),
    )


def _sites() -> Iterator[ServerAttack]:
    def change(headers: dict[str, str], ground: Ground) -> Iterator[Answer]:
        victim = Client(
            ground.port,
            {"cookie": ground.victim.headers["cookie"]}
            | {k: v.replace("{port}", str(ground.port)) for k, v in headers.items()},
        )
        kind, body = form(("file", ("talk.wav", WAV)))
        yield victim.ask("POST", "/api/jobs", body, content_type=kind)
        yield victim.ask("DELETE", f"/api/jobs/{ground.job}")
        yield victim.ask(
            "POST",
            f"/api/jobs/{ground.job}/restyle",
            "to=srt",
            content_type="application/x-www-form-urlencoded",
        )

    rows: dict[str, tuple[str, dict[str, str]]] = {
        "origin": ("another origin", {"origin": _EVIL}),
        "null": ("the origin null", {"origin": "null"}),
        "prefix": (
            "an origin that begins as ours",
            {"origin": "http://127.0.0.1:{port}.evil.example"},
        ),
        "port": (
            "another port of this host",
            {"origin": "http://127.0.0.1:1", "sec-fetch-site": "same-site"},
        ),
        "fetch": ("Sec-Fetch-Site: cross-site", {"sec-fetch-site": "cross-site"}),
        "navigate": (
            "a form that navigates",
            {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "origin": _EVIL},
        ),
        "silent": ("a cookie, and not a word of where from", {}),
        "override": ("X-HTTP-Method-Override", {"origin": _EVIL, "x-http-method-override": "GET"}),
        "broken": ("an origin that is no address", {"origin": "http://[evil"}),
    }
    for key, (what, headers) in rows.items():
        yield ServerAttack(
            f"serve-site-{key}",
            f"a change from another site: {what}",
            partial(change, headers),
            _is(403),
        )

    def script_of_site(ground: Ground) -> list[Answer]:
        kind, body = form(("file", ("talk.wav", WAV)))
        return [ground.script.ask("POST", "/api/jobs", body, content_type=kind, origin=_EVIL)]

    yield ServerAttack(
        "serve-site-upload",
        "an upload that a page of another site sends without a cookie",
        script_of_site,
        _is(403),
    )

    def closed(method: str, ground: Ground) -> Iterator[Answer]:
        answer = ground.victim.ask(
            method, f"/api/jobs/{ground.job}", origin=_EVIL, access_control_request_method="PUT"
        )
        yield (
            answer
            if not any(name.startswith("access-control") for name in answer.headers)
            else Answer(599, {}, b"open")
        )

    yield ServerAttack(
        "serve-site-preflight", "a preflight of another site", partial(closed, "OPTIONS"), _is(405)
    )
    yield ServerAttack(
        "serve-site-read",
        "a page of another site that would read an answer",
        partial(closed, "GET"),
        _is(200),
    )

    def framed(ground: Ground) -> Iterator[Answer]:
        for path in (
            "/",
            f"/jobs/{ground.job}",
            f"/api/jobs/{ground.job}",
            f"/api/jobs/{ground.job}/results/json",
        ):
            answer = ground.victim.get(path, accept="text/html")
            policy = answer.headers.get("content-security-policy", "")
            is_closed = (
                "frame-ancestors 'none'" in policy
                and answer.headers.get("x-content-type-options") == "nosniff"
            )
            yield (
                answer
                if is_closed and "default-src 'none'" in policy
                else Answer(599, {}, path.encode())
            )

    yield ServerAttack(
        "serve-site-frame",
        "a frame around a page, and a result that is run as a page",
        framed,
        _is(200),
    )


def _tokens() -> Iterator[ServerAttack]:
    def asked(headers: dict[str, str], path: str, ground: Ground) -> list[Answer]:
        return [Client(ground.token_port, dict(headers)).get(path)]

    for path in ("/api/jobs", "/api/jobs/" + "0" * 32, "/openapi.json", "/metrics", "/api/nothing"):
        key = path.strip("/").replace("/", "-").replace("0" * 32, "id").replace(".json", "")
        yield ServerAttack(
            f"serve-token-none-{key}", f"no token: {path[:24]}", partial(asked, {}, path), _is(401)
        )
    rows = {
        "query": ("in the address", {}, f"/api/jobs?token={TOKEN}"),
        "basic": ("as a password", {"authorization": "Basic eDp5"}, "/api/jobs"),
        "part": ("the beginning of it", {"authorization": f"Bearer {TOKEN[:-1]}"}, "/api/jobs"),
        "more": ("it, and more", {"authorization": f"Bearer {TOKEN}x"}, "/api/jobs"),
        "bytes": ("bytes that are no text", {"authorization": "Bearer \xff\xfe"}, "/api/jobs"),
        "forwarded": (
            "an address that a proxy would tell",
            {"x-forwarded-for": "127.0.0.1", "x-real-ip": "127.0.0.1"},
            "/api/jobs",
        ),
    }
    for key, (what, headers, path) in rows.items():
        yield ServerAttack(
            f"serve-token-{key}", f"a token: {what}", partial(asked, headers, path), _is(401, 429)
        )

    def foreign_session(ground: Ground) -> list[Answer]:
        value = ground.victim.headers["cookie"].partition("=")[2]
        headers = {
            "cookie": f"sentigram-{ground.token_port}={value}",
            "sec-fetch-site": "same-origin",
        }
        return [Client(ground.token_port, headers).get("/api/jobs")]

    yield ServerAttack(
        "serve-token-session",
        "a token: a session of a server without one",
        foreign_session,
        _is(401),
    )

    def tried(ground: Ground) -> list[Answer]:
        who = [
            Client(
                ground.token_port,
                {"authorization": f"Bearer wrong-token-{n}", "x-forwarded-for": f"10.0.0.{n}"},
            )
            for n in range(12)
        ]
        answers = [one.get("/api/jobs") for one in who]
        return answers if answers[-1].status == 429 else [Answer(599, {}, b"never stopped")]

    yield ServerAttack(
        "serve-token-tries",
        "a token: many tries, from addresses that are made up",
        tried,
        _is(401, 429),
    )

    def typed(ground: Ground) -> list[Answer]:
        client = Client(ground.token_port, {"sec-fetch-site": "same-origin"})
        answers = [
            client.ask(
                "POST",
                "/token",
                f"token=wrong{n}",
                content_type="application/x-www-form-urlencoded",
            )
            for n in range(8)
        ]
        return answers if answers[-1].status == 429 else [Answer(599, {}, b"never stopped")]

    yield ServerAttack(
        "serve-token-form", "a token: many tries on the page for it", typed, _is(401, 429)
    )

    def long(ground: Ground) -> list[Answer]:
        kind, body = "application/x-www-form-urlencoded", "token=" + "a" * 10**5
        return [Client(ground.token_port).ask("POST", "/token", body, content_type=kind)]

    yield ServerAttack("serve-token-long", "a token of 100,000 letters", long, _is(413))


def _forms() -> Iterator[ServerAttack]:
    disposition = 'Content-Disposition: form-data; name="file"; filename="a.wav"'
    rows: dict[str, tuple[str, bytes, frozenset[int]]] = {
        "cut": ("that is cut off", _part(disposition, WAV, end=b""), _is(400)),
        "no-end": ("without its end", _part(disposition, WAV, end=b"\r\n--b\r\n"), _is(400)),
        "parts": (
            "of 10,000 parts",
            b"".join(
                _part(f'Content-Disposition: form-data; name="x{n}"', b"1", end=b"\r\n")
                for n in range(10_000)
            ),
            _is(400, 422),
        ),
        "header": ("with a header of a megabyte", _part("X: " + "a" * 10**6, WAV), _is(400)),
        "headers": (
            "with 10,000 headers",
            _part("\r\n".join(f"X{n}: 1" for n in range(10_000)), WAV),
            _is(400),
        ),
        "nameless": (
            "whose part has no name",
            _part("Content-Disposition: form-data", WAV),
            _is(400),
        ),
        "attachment": (
            "whose part is an attachment",
            _part('Content-Disposition: attachment; name="file"; filename="a.wav"', WAV),
            _is(400),
        ),
        "encoded": (
            "in base64",
            _part(f"{disposition}\r\nContent-Transfer-Encoding: base64", b"AAAA"),
            _is(400),
        ),
        "no-file": (
            "without a file",
            _part('Content-Disposition: form-data; name="to"', b"srt"),
            _is(422),
        ),
        "plain-file": (
            "whose file is a field",
            _part('Content-Disposition: form-data; name="file"', WAV),
            _is(422),
        ),
        "file-field": (
            "whose field is a file",
            _part('Content-Disposition: form-data; name="to"; filename="x"', b"srt"),
            _is(422),
        ),
        "two": (
            "with two files",
            _part(disposition, WAV, end=b"\r\n") + _part(disposition, WAV),
            _is(400),
        ),
        "long-field": (
            "with a field of a megabyte",
            _part('Content-Disposition: form-data; name="to"', b"a" * 10**6),
            _is(413),
        ),
        "bytes": (
            "with a field that is no text",
            _part('Content-Disposition: form-data; name="to"', b"\xff\xfe", end=b"\r\n")
            + _part(disposition, WAV),
            _is(400),
        ),
        "nothing": ("of nothing", b"", _is(400)),
        "garbage": ("of garbage", b"\x00\xff" * 50_000, _is(400)),
        "preamble": (
            "after a megabyte of something else",
            b"a" * 10**6 + _part(disposition, WAV),
            _is(400),
        ),
        "empty-file": ("with an empty file", _part(disposition, b""), _is(422)),
    }
    for key, (what, data, right) in rows.items():
        yield ServerAttack(f"serve-form-{key}", f"a form {what}", _body(data), right)
    yield ServerAttack(
        "serve-form-no-boundary",
        "a form without a boundary",
        _body(WAV, "multipart/form-data"),
        _is(415),
    )
    yield ServerAttack(
        "serve-form-boundary",
        "a form whose boundary has 5,000 letters",
        _body(WAV, "multipart/form-data; boundary=" + "b" * 5000),
        _is(400),
    )
    yield ServerAttack(
        "serve-form-other", "a form that is none: JSON", _body(b"{}", "application/json"), _is(415)
    )
    yield ServerAttack(
        "serve-form-zipped",
        "a form that is compressed",
        _body(b"\x1f\x8b" + bytes(100), content_encoding="gzip"),
        _is(400, 415),
    )

    def unfinished(ground: Ground) -> list[Answer]:
        data = _part(disposition, WAV * 200, end=b"")
        head = _head(
            "POST",
            "/api/jobs",
            "Content-Type: multipart/form-data; boundary=b",
            f"Content-Length: {len(data) + 1000}",
        )
        with socket.create_connection(("127.0.0.1", ground.port), timeout=8) as connection:
            connection.sendall(head.replace("{port}", str(ground.port)).encode() + data)
            time.sleep(0.05)
        return [Answer(CLOSED, {}, b"")]

    yield ServerAttack("serve-form-left", "an upload whose sender leaves", unfinished, _is(CLOSED))


def _names() -> Iterator[ServerAttack]:
    rows = {
        "dots": ("that leads out of its folder", "../../../../tmp/evil.wav"),
        "root": ("that is a path", "/etc/passwd.wav"),
        "drive": ("that is a path of Windows", "C:\\Windows\\evil.wav"),
        "markup": ("that is markup", "<script>alert(1)</script>.wav"),
        "quotes": ("with quotes", '";filename="evil.exe'),
        "lines": ("with line breaks", "a%0d%0aSet-Cookie: x=1.wav"),
        "long": ("of 900 letters", "a" * 900 + ".wav"),
        "hidden": ("that hides the file", ".bashrc"),
        "option": ("that is an option", "--overwrite.wav"),
        "device": ("of a device", "CON.wav"),
        "empty": ("that is empty", ""),
        "direction": ("that turns the direction", "gnp\u202ewav.exe"),
        "record": ("of a job's record", "job.json"),
    }

    def send(name: str, ground: Ground) -> Iterator[Answer]:
        answer = ground.browser.upload(WAV, name)
        yield answer
        if answer.status != 202:
            return
        job_id = answer.json["id"]
        job = ground.browser.done(job_id, "done", "failed")  # it is no real recording
        folder = ground.data / "jobs" / job_id
        inside = {path.resolve().is_relative_to(folder.resolve()) for path in folder.rglob("*")}
        kind = "results/json" if job["state"] == "done" else "media"
        sent = ground.browser.get(f"/api/jobs/{job_id}/{kind}")
        told = sent.headers.get("content-disposition", "attachment")
        is_plain = not set("/\\<>\r\n\u202e") & set(job["name"]) and told.startswith("attachment")
        yield (
            sent
            if inside == {True} and is_plain and "set-cookie" not in sent.headers
            else Answer(599, {}, job["name"].encode())
        )
        ground.browser.ask("DELETE", f"/api/jobs/{job_id}")

    for key, (what, name) in rows.items():
        yield ServerAttack(
            f"serve-name-{key}", f"a file's name {what}", partial(send, name), _is(200, 202, 400)
        )


def _kinds() -> Iterator[ServerAttack]:
    rows: dict[str, tuple[str, bytes]] = {
        "hls": (
            "a playlist that names a file",
            b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n",
        ),
        "concat": ("a list of ffmpeg's", b"ffconcat version 1.0\nfile /etc/passwd\n"),
        "sdp": (
            "a description of a stream",
            b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n",
        ),
        "dash": (
            "a DASH manifest",
            b'<?xml version="1.0"?><MPD><BaseURL>file:///etc/passwd</BaseURL></MPD>',
        ),
        "page": ("a page", b"<!doctype html><script>alert(1)</script>"),
        "picture": (
            "a picture that is a program",
            b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
        ),
        "program": ("a program", b"\x7fELF\x02\x01\x01" + bytes(5000)),
        "zip": ("a zip", b"PK\x03\x04" + bytes(5000)),
        "script": ("a script", b"#!/bin/sh\nid\n"),
        "zeros": ("nothing but zeros", bytes(10_000)),
        "riff": ("a RIFF that is no sound", b"RIFF\x00\x00\x00\x00ACON" + bytes(5000)),
        "text": ("text", b"hello " * 1000),
    }
    for key, (what, data) in rows.items():
        yield ServerAttack(
            f"serve-kind-{key}",
            f"a file called .mp4 that is {what}",
            _upload(data, "talk.mp4"),
            _is(415),
        )
    yield ServerAttack(
        "serve-kind-document",
        "a file called a Document that is sound",
        _upload(WAV, "talk.sentigram.json"),
        _is(415),
    )
    yield ServerAttack(
        "serve-kind-words",
        "words that are a program",
        _upload(MP4, "talk.mp4", ("words.exe", b"MZ")),
        _is(415),
    )
    yield ServerAttack(
        "serve-kind-binary",
        "words that are no text",
        _upload(MP4, "talk.mp4", ("words.srt", bytes(5000))),
        _is(415),
    )
    yield ServerAttack(
        "serve-kind-long-words",
        "words of 11 MB",
        _upload(MP4, "talk.mp4", ("words.srt", b"1\n" * 5_500_000)),
        _is(413),
    )


def _with_options(fields: dict[str, Any], ground: Ground) -> Iterable[Answer]:
    return _upload(**fields)(ground)


def _options() -> Iterator[ServerAttack]:
    rows = {
        "out": ("where results go", {"out": "/elsewhere"}),
        "theme": ("a theme on the server", {"theme": "/etc/passwd"}),
        "checkpoint": ("a network on the server", {"checkpoint": "/etc/passwd"}),
        "model": ("a model on the server", {"whisper-model": "/etc"}),
        "device": ("a device", {"device": "cuda"}),
        "engine": ("another engine", {"engine": "full"}),
        "overwrite": ("to replace files", {"overwrite": "true"}),
        "encoder": ("a program for the picture", {"encoder": "libx264 -i /etc/passwd"}),
        "unknown": ("what is none", {"constructor": "1"}),
        "kind": ("a kind of result that is a path", {"to": "../../srt"}),
        "kinds": ("a thousand kinds of result", {"to": ",".join(["srt"] * 450)}),
        "culture": ("a culture that is a path", {"culture": "../../../etc/passwd"}),
        "age": ("an age that is markup", {"age": "<script>"}),
        "profile": ("profiles that are paths", {"profile": "../x,/etc/passwd"}),
        "motion": ("a motion that is code", {"motion": "{{7*7}}"}),
        "language": ("a language that is a path", {"language": "../../etc"}),
        "number": ("a number that is none", {"audio-stream": "9" * 400}),
        "width": ("a picture of a million pixels", {"clip-width": "1000000", "to": "gif"}),
        "background": ("a colour for a filter of ffmpeg", {"background": "red,movie=/etc/passwd"}),
        "nul": ("a NUL", {"language": "e\0n"}),
    }
    for key, (what, fields) in rows.items():
        yield ServerAttack(
            f"serve-option-{key}",
            f"an option: {what}",
            partial(_with_options, fields),
            _is(202, 422) if key == "language" else _is(422),
        )


def _sizes() -> Iterator[ServerAttack]:
    disposition = 'Content-Disposition: form-data; name="file"; filename="a.wav"'

    def stated(ground: Ground) -> list[Answer]:
        head = _head(
            "POST",
            "/api/jobs",
            "Content-Type: multipart/form-data; boundary=b",
            "Content-Length: 900000000000",
        )
        return [ground.raw(head.replace("{port}", str(ground.port)).encode())]

    def chunked(ground: Ground) -> list[Answer]:
        head = f"POST /api/jobs HTTP/1.1\r\nHost: localhost:{ground.small_port}\r\nContent-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n"
        chunks = b"".join(
            b"%x\r\n" % len(data) + data + b"\r\n"
            for data in (_part(disposition, WAV, end=b""), *[bytes(100_000)] * 40)
        )
        return [ground.raw(head.encode() + chunks, port=ground.small_port)]

    def lied(ground: Ground) -> list[Answer]:
        head = f"POST /api/jobs HTTP/1.1\r\nHost: localhost:{ground.small_port}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 10\r\n\r\n"
        return [ground.raw(head.encode() + _part(disposition, WAV), port=ground.small_port)]

    def negative(ground: Ground) -> list[Answer]:
        return [
            ground.raw(
                _head("POST", "/api/jobs", "Content-Length: -1")
                .replace("{port}", str(ground.port))
                .encode()
            )
        ]

    def many(ground: Ground) -> Iterator[Answer]:
        client = Client(ground.small_port).browse()
        answers = [client.upload() for _ in range(6)]
        yield from answers if answers[-1].status == 429 else [Answer(599, {}, b"never stopped")]
        for job in client.get("/api/jobs").json["jobs"]:
            client.ask("DELETE", f"/api/jobs/{job['id']}")

    yield ServerAttack("serve-size-stated", "an upload that says 900 GB", stated, _is(413))
    yield ServerAttack(
        "serve-size-chunked", "an upload without a length, beyond the limit", chunked, _is(413)
    )
    yield ServerAttack("serve-size-lie", "an upload that is longer than it says", lied, _is(400))
    yield ServerAttack("serve-size-negative", "a length below nothing", negative, _is(400))
    yield ServerAttack("serve-size-many", "more jobs than a visitor may have", many, _is(202, 429))


def _bodies() -> Iterator[ServerAttack]:
    def restyle(body: bytes, kind: str, ground: Ground) -> list[Answer]:
        return [
            ground.victim.ask("POST", f"/api/jobs/{ground.job}/restyle", body, content_type=kind)
        ]

    as_json, as_form = "application/json", "application/x-www-form-urlencoded"
    rows: dict[str, tuple[str, bytes, str, frozenset[int]]] = {
        "deep": ("100,000 levels deep", b"[" * 20_000, as_json, _is(400)),
        "long": ("of a megabyte", b'{"to":"' + b"a" * 10**6, as_json, _is(413)),
        "list": ("that are a list", b"[1]", as_json, _is(422)),
        "nested": ("in lists of lists", b'{"to": [["srt"]]}', as_json, _is(422)),
        "nothing": ("that are nothing", b"{}", as_json, _is(422)),
        "path": ("whose kind is a path", b'{"to": "../x"}', as_json, _is(422)),
        "theme": ("that name a file", b'{"theme": "/etc/passwd"}', as_json, _is(422)),
        "hearing": ("that would hear anew", b'{"language": "de"}', as_json, _is(422)),
        "nan": ("that are no number", b'{"clip-width": NaN}', as_json, _is(422)),
        "digits": (
            "of 5,000 digits",
            b'{"clip-width": ' + b"9" * 5000 + b"}",
            as_json,
            _is(400, 422),
        ),
        "fields": ("of 10,000 fields", b"&".join(b"a=1" for _ in range(10_000)), as_form, _is(400)),
        "bytes": ("that are no text", b"\xff\xfe", as_json, _is(400)),
        "proto": ("called __proto__", b'{"__proto__": {"x": 1}}', as_json, _is(422)),
        "xml": (
            "in XML",
            b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>",
            "application/xml",
            _is(415),
        ),
    }
    for key, (what, body, kind, right) in rows.items():
        yield ServerAttack(
            f"serve-looks-{key}", f"looks {what}", partial(restyle, body, kind), right
        )


def _documents() -> Iterator[ServerAttack]:
    def put(change: Callable[[dict[str, Any]], object], ground: Ground) -> list[Answer]:
        known = ground.victim.get(f"/api/jobs/{ground.job}/document")
        body = change(known.json)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return [
            ground.victim.ask(
                "PUT", f"/api/jobs/{ground.job}/document", data, if_match=known.headers["etag"]
            )
        ]

    def changed(**values: object) -> Callable[[dict[str, Any]], object]:
        return lambda document: document | values

    rows: dict[str, tuple[str, Callable[[dict[str, Any]], object], frozenset[int]]] = {
        "garbage": ("that is garbage", lambda _: b"\x00\xff", _is(422)),
        "deep": ("100,000 levels deep", lambda _: b"[" * 100_000, _is(422)),
        "long": ("of 40 MB", lambda _: b" " * 40_000_000, _is(413)),
        "digits": (
            "with a number of 10,000 digits",
            lambda _: b'{"schema": "sentigram/1", "media": ' + b"9" * 10_000 + b"}",
            _is(422),
        ),
        "media": (
            "that names another file",
            changed(
                media={
                    "name": "../../../etc/passwd",
                    "duration_ms": 3000,
                    "width_px": 0,
                    "height_px": 0,
                    "fps": 0,
                }
            ),
            _is(422),
        ),
        "other": (
            "of another recording",
            lambda d: d | {"media": d["media"] | {"duration_ms": 1}},
            _is(422),
        ),
        "labels": ("whose labels are markup", changed(labels=["<script>"]), _is(422)),
        "version": ("of a version to come", changed(schema="sentigram/99"), _is(422)),
        "words": (
            "without words where words must be",
            changed(utterances=[{"id": "u1", "start_ms": 0, "end_ms": 1, "words": []}]),
            _is(422),
        ),
        "nan": ("with NaN", lambda _: b'{"schema": "sentigram/1", "labels": NaN}', _is(422)),
    }
    for key, (what, change, right) in rows.items():
        yield ServerAttack(
            f"serve-document-{key}", f"a correction {what}", partial(put, change), right
        )

    def late(tag: str, ground: Ground) -> list[Answer]:
        headers = {"if-match": tag} if tag else {}
        client = Client(ground.port, ground.victim.headers | headers)
        return [
            client.ask(
                "PUT",
                f"/api/jobs/{ground.job}/document",
                ground.victim.get(f"/api/jobs/{ground.job}/document").body,
            )
        ]

    yield ServerAttack(
        "serve-document-blind",
        "a correction that does not say of what",
        partial(late, ""),
        _is(428),
    )
    yield ServerAttack(
        "serve-document-late",
        "a correction of an older version",
        partial(late, '"older"'),
        _is(409),
    )
    yield ServerAttack(
        "serve-document-any", "a correction of any version (*)", partial(late, "*"), _is(409)
    )


def _protocol() -> Iterator[ServerAttack]:
    rows: dict[str, tuple[str, str | bytes, frozenset[int]]] = {
        "smuggled": (
            "a length and chunks at once",
            _head("POST", "/api/check", "Content-Length: 5", "Transfer-Encoding: chunked")
            + "0\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
            _is(400, 411, 413, 422),
        ),
        "lengths": (
            "two lengths",
            _head("POST", "/api/check", "Content-Length: 5", "Content-Length: 6"),
            _is(400),
        ),
        "encoding": (
            "an unknown encoding of the body",
            _head("POST", "/api/check", "Transfer-Encoding: gzip, chunked"),
            _is(400, 501),
        ),
        "folded": (
            "a header over two lines",
            _head("GET", "/healthz", "X: 1", " 2"),
            _is(200, 400),
        ),
        "space": ("a space before the colon", _head("GET", "/healthz", "X : 1"), _is(400)),
        "nul": ("a NUL in a header", _head("GET", "/healthz", "X: \0"), _is(400)),
        "headers": (
            "headers of 100 kB",
            _head("GET", "/healthz", *[f"X{n}: {'a' * 100}" for n in range(1000)]),
            _is(400, 431, CLOSED),
        ),
        "old": ("HTTP/0.9", "GET /\r\n", _is(400, CLOSED)),
        "tls": (
            "a handshake of TLS",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(600),
            _is(400, CLOSED),
        ),
        "h2": (
            "the preface of HTTP/2",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            _is(400, 405, 421, CLOSED),
        ),
        "garbage": ("garbage", b"\xff\x00" * 5000, _is(400, CLOSED)),
        "upgrade": (
            "an upgrade to a web socket",
            _head(
                "GET",
                "/api/jobs",
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Key: eA==",
                "Sec-WebSocket-Version: 13",
            ),
            _is(200, 400),
        ),
    }
    for key, (what, data, right) in rows.items():
        yield ServerAttack(
            f"serve-protocol-{key}",
            f"the protocol: {what}",
            _raw(data, ends=key in ("old", "garbage")),
            right,
        )


def _asked(method: str, ground: Ground) -> list[Answer]:
    return [ground.script.ask(method, "/")]


def _methods() -> Iterator[ServerAttack]:
    for method in ("TRACE", "PATCH", "PROPFIND", "EVIL"):
        yield ServerAttack(
            f"serve-method-{method.lower()}",
            f"the method {method}",
            partial(_asked, method),
            _is(405),
        )
    yield ServerAttack(
        "serve-method-connect",
        "the method CONNECT",
        _raw(_head("CONNECT", "evil.example:443")),
        _is(404, 405, 400),
    )
    yield ServerAttack(
        "serve-method-wrong",
        "methods where they are not served",
        lambda ground: [
            ground.victim.ask(m, p)
            for m, p in (("PUT", "/"), ("DELETE", "/api/jobs"), ("POST", f"/api/jobs/{ground.job}"))
        ],
        _is(405),
    )


def _ranges() -> Iterator[ServerAttack]:
    ranges = {
        "many": ("of 1,000 pieces", "bytes=" + ",".join(f"{n}-{n}" for n in range(1000))),
        "over": ("that overlap", "bytes=" + ",".join(["0-"] * 90)),
        "beyond": ("beyond the end", "bytes=99999999999-"),
        "text": ("that are no numbers", "bytes=a-b"),
        "digits": ("of 3,000 digits", "bytes=" + "9" * 3000 + "-"),
    }

    def ranged(value: str, ground: Ground) -> Iterator[Answer]:
        answer = ground.victim.get(f"/api/jobs/{ground.job}/results/json", range=value)
        yield answer if len(answer.body) < 200_000 else Answer(599, {}, b"far more than there is")

    for key, (what, value) in ranges.items():
        yield ServerAttack(
            f"serve-range-{key}", f"ranges {what}", partial(ranged, value), _is(200, 206, 400, 416)
        )

    def resumed(value: str, ground: Ground) -> list[Answer]:
        return [ground.victim.ask("HEAD", f"/api/jobs/{ground.job}/events", last_event_id=value)]

    for key, (what, value) in {
        "number": ("of 4,000 digits", "9" * 4000),
        "text": ("that is markup", "<script>"),
        "minus": ("below nothing", "-1"),
    }.items():
        yield ServerAttack(
            f"serve-events-{key}",
            f"an event {what} that was seen last",
            partial(resumed, value),
            _is(200, 204),
        )


def _crowds() -> Iterator[ServerAttack]:
    def streams(ground: Ground) -> list[Answer]:
        open_ = []
        job = ground.script_job
        head = (
            f"GET /api/jobs/{job}/events HTTP/1.1\r\nHost: localhost:{ground.port}\r\n\r\n".encode()
        )
        try:
            for _ in range(30):
                connection = socket.create_connection(("127.0.0.1", ground.port), timeout=8)
                open_.append(connection)
                connection.sendall(head)
                connection.recv(1000)
            return [ground.victim.get("/healthz")]
        finally:
            for connection in open_:
                connection.close()

    yield ServerAttack("serve-events-many", "30 who follow a job at once", streams, _is(200))

    def slow_heads(ground: Ground) -> list[Answer]:
        open_ = []
        try:
            for _ in range(60):
                connection = socket.create_connection(("127.0.0.1", ground.port), timeout=8)
                connection.sendall(b"GET / HTTP/1.1\r\nHost: loc")
                open_.append(connection)
            return [ground.victim.get("/healthz")]
        finally:
            for connection in open_:
                connection.close()

    yield ServerAttack(
        "serve-protocol-heads",
        "60 connections that never finish their heads; others are served",
        slow_heads,
        _is(200),
    )


def _floods() -> Iterator[ServerAttack]:
    def pipelined(ground: Ground) -> list[Answer]:
        one = f"GET /healthz HTTP/1.1\r\nHost: localhost:{ground.port}\r\n\r\n".encode()
        return [ground.raw(one * 200)]

    yield ServerAttack(
        "serve-protocol-pipeline", "200 requests in one breath", pipelined, _is(200, 429)
    )

    def flood(ground: Ground) -> Iterator[Answer]:
        for _ in range(4000):
            answer = Client(ground.small_port).get("/healthz")
            yield answer
            if answer.status == 429:
                return
        yield Answer(599, {}, b"never stopped")

    yield ServerAttack(
        "serve-flood", "requests as fast as can be, up to 4,000", flood, _is(200, 429)
    )

    def unread(ground: Ground) -> list[Answer]:
        connections = []
        try:
            for _ in range(20):
                connection = socket.create_connection(("127.0.0.1", ground.port), timeout=8)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                connection.sendall(
                    f"GET / HTTP/1.1\r\nHost: localhost:{ground.port}\r\n\r\n".encode()
                )
                connections.append(connection)
            return [ground.victim.get("/healthz")]
        finally:
            for connection in connections:
                connection.close()

    yield ServerAttack("serve-protocol-unread", "20 who ask and do not read", unread, _is(200))


def _slow() -> Iterator[ServerAttack]:
    def slow_head(ground: Ground) -> list[Answer]:
        began = time.monotonic()
        answer = _trickled(ground)
        return [answer if time.monotonic() - began < 20 else Answer(599, {}, b"for ever")]

    yield ServerAttack(
        "serve-protocol-trickle",
        "a head that comes a byte a second",
        slow_head,
        _is(CLOSED),
        is_slow=True,
    )

    def slow_body(ground: Ground) -> list[Answer]:
        data = _part('Content-Disposition: form-data; name="file"; filename="a.wav"', WAV, end=b"")
        head = f"POST /api/jobs HTTP/1.1\r\nHost: localhost:{ground.port}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(data) + 1000}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", ground.port), timeout=60) as connection:
            connection.sendall(head.encode() + data)
            return [_parsed(connection.recv(65_536))]

    yield ServerAttack(
        "serve-protocol-stalled", "an upload that stops half-way", slow_body, _is(408), is_slow=True
    )


def _trickled(ground: Ground) -> Answer:
    with socket.create_connection(("127.0.0.1", ground.port), timeout=1) as connection:
        for byte in b"GET / HTTP/1.1\r\nHost: localhost" + b"a" * 30:
            try:
                connection.sendall(bytes([byte]))
                if not connection.recv(1000):
                    return Answer(CLOSED, {}, b"")
            except TimeoutError:
                continue
            except ConnectionError:
                return Answer(CLOSED, {}, b"")
    return Answer(599, {}, b"for ever")


def attacks() -> Iterator[ServerAttack]:
    """All of them; those that use up what one address may do come last."""
    return chain(
        _hosts(), _paths(), _onward(), _others(), _sessions(), _sites(), _forms(), _names(), _kinds(), _options(),
        _sizes(), _bodies(), _documents(), _protocol(), _methods(), _ranges(), _crowds(), _floods(), _slow(), _tokens(),
    )  # fmt: skip
