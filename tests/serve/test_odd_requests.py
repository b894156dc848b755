"""Every address with odd methods, bodies, headers and queries: never a fault, never a path."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from sentigram.serve.endpoints import ENDPOINTS
from tests.serve.running import Running, form, paths_in

PATHS = (
    *dict.fromkeys(endpoint.path for endpoint in ENDPOINTS),
    *("/", "/token", "/jobs/{id}", "/jobs/{id}/page", "/static/x/start.js", "/favicon.ico", "/no"),
)
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
BODIES: tuple[tuple[str, bytes], ...] = (
    ("", b""),
    ("application/json", b"null"),
    ("application/json", b"[]"),
    ("application/json", b'{"to": null}'),
    ("application/json", b'{"to": "srt", "culture": 5}'),
    ("application/json", b'{"to": ["srt", {}]}'),
    ("application/json", b'{"profile": "\\ud800"}'),
    ("application/json", b'"' + b"\\u0000" * 50 + b'"'),
    ("application/json", b"1e999"),
    ("application/json", b"\xef\xbb\xbf{}"),
    ("application/json; charset=utf-16", "{}".encode("utf-16")),
    ("application/x-www-form-urlencoded", b"to=srt&to=ass&age=%ff"),
    ("application/x-www-form-urlencoded", b"&&&==;"),
    ("application/x-www-form-urlencoded", b"token=%00"),
    ("text/plain", b"hello"),
    ("multipart/form-data; boundary=", b"--\r\n"),
    ("multipart/form-data; boundary=\xff", b"--\xff--"),
    form(("to", "srt")),
    form(("file", ("", b""))),
    form(("file", ("a.sentigram.json", b'{"schema": "sentigram/1"}'))),
    form(("file", ("\ud7ff.wav".encode().decode("latin-1"), b"RIFF0000WAVE"))),
    form(("language", "xx\n"), ("file", ("a.wav", b"RIFF0000WAVE"))),
)
QUERIES = (
    "",
    "?",
    "?document=%ff",
    "?profile=../..&culture=%00",
    "?age=adult&age=child",
    "?after=-1",
)
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"accept": "text/html"},
    {"if-match": "*", "if-none-match": "*", "last-event-id": "x", "range": "bytes=0-0,-1"},
    {"if-range": '"x"', "range": "bytes=5-2", "authorization": "Bearer"},
    {"cookie": "sentigram=; =; ;;a=b; sentigram-1=\xff", "content-encoding": "br"},
    {"accept-language": "*" * 500, "x-forwarded-for": "%00", "expect": "something"},
)


@pytest.mark.parametrize("method", METHODS)
def test_no_request_makes_a_fault(server: Running, method: str) -> None:
    dice = random.Random(len(method))  # noqa: S311  (the same each time)
    server.app.access.requests.wait_s = lambda who, counts=True: 0.0
    server.app.access.uploads.wait_s = lambda who, counts=True: 0.0
    browser = server.browser
    document = json.dumps({"schema": "sentigram/1"})
    job_id = browser.done(browser.upload(to="srt").json["id"])["id"]
    for path in PATHS:
        for kind, body in BODIES:
            asked = path.replace("{id}", job_id).replace("{kind}", "srt") + dice.choice(QUERIES)
            headers = dice.choice(HEADERS) | {"content-type": kind}
            who = dice.choice((browser, server.client))
            if method == "GET" and path.endswith("/events"):
                continue  # a stream; its tests are elsewhere
            if method == "DELETE" and who is browser and path == "/api/jobs/{id}":
                continue  # done once, at the end
            data = body if method in ("POST", "PUT", "DELETE") else None
            answer = who.ask(method, asked, data, **headers)
            told = answer.body.decode("utf-8", "replace")
            where = f"{method} {asked} {headers} {body[:60]!r}: {answer.status} {told[:300]}"
            assert answer.status < 500 or answer.status in (503, 507), where
            if answer.status >= 400 and "html" not in answer.headers.get("content-type", ""):
                assert not paths_in(told), where
                if method != "HEAD" and answer.headers["content-type"] == "application/json":
                    assert 5 < len(answer.error) < 1000, where
            assert answer.headers["x-content-type-options"] == "nosniff", where
            assert "server" not in answer.headers, where
    assert (
        browser.ask("PUT", f"/api/jobs/{job_id}/document", document, if_match='"x"').status == 422
    )
    assert browser.ask("DELETE", f"/api/jobs/{job_id}").status == 204


def test_the_description_is_valid_and_complete(server: Running) -> None:
    from openapi_spec_validator import validate

    answer = server.client.get("/openapi.json")
    validate(answer.json)
    described = {
        (method.upper(), path)
        for path, operations in answer.json["paths"].items()
        for method in operations
    }
    assert described == {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}
    upload = answer.json["components"]["schemas"]["Upload"]["properties"]
    assert set(upload["culture"]["enum"]) == {"western", "eastern", "universal"}
    assert "theme" not in upload


def test_the_docs_name_every_option_and_every_endpoint() -> None:
    import typer.main

    from sentigram.cli.app import app

    text = (Path(__file__).resolve().parents[2] / "docs" / "serve.md").read_text(encoding="utf-8")
    group: Any = typer.main.get_command(app)
    command = group.commands["serve"]
    told = dict(re.findall(r"^\| `(--[a-z-]+)` \| ([^|]+) \|", text, re.MULTILINE))
    options = {parameter.opts[0]: parameter for parameter in command.params}
    assert set(told) == set(options) - {"--help"}
    for name, parameter in options.items():
        if isinstance(parameter.default, int) and not isinstance(parameter.default, bool):
            assert told[name] == str(parameter.default), name
    for endpoint in ENDPOINTS:
        path = endpoint.path.replace("{id}", "ID").replace("{kind}", "KIND")
        assert f"{endpoint.method} {path}`" in text or f"`{path}`" in text, endpoint.name
