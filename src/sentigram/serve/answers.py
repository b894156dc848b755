"""What the server says: headers that every answer has, and errors of one plain sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from sentigram.errors import (
    InputError,
    MissingError,
    OutputError,
    SentigramError,
    UsageError,
)
from sentigram.jobs.asked import as_asked
from sentigram.serve.job_folder import JobGone
from sentigram.serve.limits import Refused

Json = dict[str, Any]

HEADERS: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    # With no-referrer a browser would send `Origin: null` with a form of ours.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "permissions-policy": (
        "camera=(self), microphone=(self), geolocation=(), payment=(), usb=(), "
        "display-capture=(), browsing-topics=()"
    ),
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
}
"""Of every answer that does not say otherwise: nothing in it may run, load or be framed."""

_PAGES = re.compile(r"/jobs/[0-9a-f]{32}(/page)?")
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; font-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


class Refusal(Exception):  # noqa: N818  (a sentence for a visitor, not a fault)
    """A request that is not served, and why.

    Attributes:
        status: Of HTTP.
        sentence: For whoever asked: no path, no name of the server's.
        headers: That go with it.
    """

    def __init__(
        self, status: int, sentence: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.headers = status, sentence, dict(headers or {})


def refused_for(seconds: float, sentence: str, *, status: int = 429) -> Refusal:
    """A refusal that passes by itself."""
    return Refusal(status, sentence, headers={"retry-after": str(max(1, round(seconds)))})


def not_there() -> Refusal:
    """What is said of jobs that are not there, and of those of others."""
    return Refusal(404, "there is no such job, or it is not yours, or its time is over")


def refusal_of(error: SentigramError) -> Refusal:
    """An error of ours as an answer; its sentence names nothing of the server's disk."""
    if isinstance(error, Refused):
        return refused_for(error.retry_s, str(error), status=error.status)
    if isinstance(error, JobGone):
        return not_there()
    if isinstance(error, OutputError):
        return Refusal(507, "the server cannot write it: its disk may be full")
    if isinstance(error, MissingError):
        return Refusal(422, "this server has not all that this takes; ask for something else")
    if isinstance(error, UsageError | InputError):
        return Refusal(422, as_asked(str(error), "{}").replace("\n", "; "))
    return refused_for(30, "the server has too little memory just now", status=503)


def as_json(value: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer of the interface."""
    return JSONResponse(value, status, dict(headers or {}))


def error_answer(refusal: Refusal) -> Response:
    """A refusal as the interface gives it."""
    return as_json({"error": refusal.sentence}, refusal.status, refusal.headers)


async def read_body(request: Request, most_bytes: int) -> bytes:
    """The body of a request, counted while it comes.

    Raises:
        Refusal: It is larger.
    """
    too_large = Refusal(413, f"this may have at most {most_bytes:,} bytes")
    told = request.headers.get("content-length", "0")
    if not told.isascii() or not told.isdigit() or int(told) > most_bytes:
        raise too_large
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most_bytes:
            raise too_large
    return bytes(body)


def ask_again(path: str) -> Response:
    """Let a browser that a link of another site led here ask again: then it sends its cookie.

    Args:
        path: That was asked for; of a page of ours, for `//name` would lead to another site.
    """
    where = path if _PAGES.fullmatch(path) else "/"
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sentigram</title>'
        f'<meta http-equiv="refresh" content="0; url={where}">'
        f'<p><a href="{where}">Go on</a></p></html>'
    )
    return HTMLResponse(text, headers={"content-security-policy": PAGE_POLICY})
