"""Stands before the application: what every request must keep to, and what every answer bears."""

from __future__ import annotations

import asyncio
import errno
import logging
import re
import time
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sentigram.errors import OutputError, SentigramError, resource_error
from sentigram.serve.access import METHODS, SAFE_METHODS, Access
from sentigram.serve.answers import (
    HEADERS,
    Refusal,
    ask_again,
    error_answer,
    not_there,
    refusal_of,
    refused_for,
)

log = logging.getLogger("sentigram.serve")

STALL_S: Final = 30.0
"""How long a body may not go on."""
LEAST_BYTES_PER_S: Final = 4_000
"""Of a body, once it has had `STALL_S`: a telephone in a tunnel has more."""
_FAULT = 500
_LONGEST_TARGET = 2_000
_MOST_HEADERS, _LONGEST_HEADERS = 100, 16_000
_OPEN = re.compile(r"/token|/healthz|/static/.*|/favicon\.ico")
_ID = re.compile(r"[0-9a-f]{32}")

ErrorPage = Callable[[Refusal], Response]


class _Late(Exception):  # noqa: N818
    """A body that does not come."""


class Guard:
    """ASGI middleware, around everything.

    Args:
        app: The application.
        access: Who may ask what.
        error_page: A refusal as a page, for browsers.
        answers: Counts answers by the hundreds of their status.
    """

    def __init__(
        self, app: ASGIApp, access: Access, error_page: ErrorPage, answers: Counter[int]
    ) -> None:
        self._app, self._access, self._error_page = app, access, error_page
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._served(scope, _in_time(receive), answered)
        except Exception as error:  # noqa: BLE001  (whatever it is, one sentence is said of it)
            refusal = _as_refusal(error)
            if status and refusal is not None and refusal.status == _FAULT:
                raise _Unfinished from None  # half an answer shall be known as one
            if not status and refusal is not None:
                await self._refused(refusal, scope, receive, answered)
        finally:
            self._answers[status // 100] += 1
            seconds = time.perf_counter() - started
            log.info("%s %s %d %.3f s", *_told(scope), status, seconds)

    async def _served(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        access, method, path = self._access, scope["method"], scope["path"]
        if len(scope["raw_path"]) + len(scope["query_string"]) > _LONGEST_TARGET:
            raise Refusal(414, "this address is too long")
        lengths = [len(name) + len(value) for name, value in scope["headers"]]
        if len(lengths) > _MOST_HEADERS or sum(lengths) > _LONGEST_HEADERS:
            raise Refusal(431, "the headers are too long")
        if not access.hosts.has(headers.get("host", "")):
            sentence = (
                "this server is not called so; its operator can allow a name with --public-name"
            )
            raise Refusal(421, sentence)
        if method not in METHODS:
            raise Refusal(
                405, "there is no such method here", headers={"allow": ", ".join(sorted(METHODS))}
            )
        if "\0" in path or "\\" in path:
            raise Refusal(404, "there is nothing here")
        address = access.address(_peer(scope), headers)
        if wait_s := access.requests.wait_s(address):
            raise refused_for(wait_s, "these are too many requests; wait a moment")
        cookies = cookie_parser(headers.get("cookie", ""))
        visitor = access.visitor(address, headers, cookies)
        if access.foreign(method, headers, has_session=visitor.has_session):
            raise Refusal(
                403, "this came from a page of another site, which may change nothing here"
            )
        scope.setdefault("state", {})["visitor"] = visitor
        scope["app"] = self._app  # with it the router raises what it refuses
        if not visitor.is_known and not _OPEN.fullmatch(path):
            self._ask_for_token(headers, address)
            if method in SAFE_METHODS and _wants_page(scope, headers):
                is_linked = headers.get("sec-fetch-site") == "cross-site"
                answer = ask_again(path) if is_linked else RedirectResponse("/token", 303)
                await answer(scope, receive, send)
                return
            raise Refusal(
                401, "show the token of this server", headers={"www-authenticate": "Bearer"}
            )
        await self._app(scope, receive, send)

    def _ask_for_token(self, headers: Headers, address: str) -> None:
        """Count a wrong token; whoever shows none has not tried."""
        if "authorization" in headers:
            self.count_wrong_token(address)

    def count_wrong_token(self, address: str) -> None:
        """Slow down who tries tokens.

        Raises:
            Refusal: They tried too many.
        """
        if wait_s := self._access.wrong_tokens.wait_s(address):
            raise refused_for(wait_s, "these were too many wrong tokens; wait a minute")

    async def _refused(self, refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
        is_page = _wants_page(scope, Headers(scope=scope))
        answer = self._error_page(refusal) if is_page else error_answer(refusal)
        await answer(scope, receive, send)


class _Unfinished(Exception):  # noqa: N818
    """Ends a connection whose answer cannot be finished."""


def _in_time(receive: Receive) -> Receive:
    """A body that must come: each part within a time, and all of it at some speed."""
    started = time.monotonic()
    n_bytes, is_whole = 0, False

    async def received() -> Message:
        nonlocal n_bytes, is_whole
        if is_whole:  # what comes now is only that the client has left
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), STALL_S)
        except TimeoutError:
            raise _Late from None
        n_bytes += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        late_s = time.monotonic() - started - STALL_S
        if not is_whole and late_s * LEAST_BYTES_PER_S > n_bytes:
            raise _Late
        return message

    return received


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else "unknown"


def _wants_page(scope: Scope, headers: Headers) -> bool:
    """Whether this is somebody who looks at a page, not a program."""
    return not scope["path"].startswith("/api") and "text/html" in headers.get("accept", "")


def _told(scope: Scope) -> tuple[str, str]:
    """Method and path for the log: no names, and of an id, which opens a job, the beginning."""
    path = _ID.sub(lambda found: found[0][:8], scope["path"])
    known = re.fullmatch(r"/[\w/.-]{0,80}", path)
    return scope["method"][:10], path if known else "(another path)"


def _log_fault(error: Exception) -> None:
    """Note a fault of ours: where, and of which kind; a message might hold what somebody said."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    log.error("a fault: %s in %s", type(error).__name__, where)


def _as_refusal(error: Exception) -> Refusal | None:
    """What is said of an error; None where nobody is left to listen."""
    if isinstance(error, ClientDisconnect):
        return None
    if isinstance(error, Refusal):
        return error
    if isinstance(error, HTTPException):
        sentence = {404: "there is nothing here", 405: "this is not done here with this method"}
        said = sentence.get(error.status_code, "this cannot be served")
        return Refusal(error.status_code, said, headers=error.headers)
    if isinstance(error, _Late):
        return Refusal(408, "this came too slowly", headers={"connection": "close"})
    return _of_machine(error)


def _of_machine(error: Exception) -> Refusal:
    """What is said of an error of ours, of what the machine lacks, and of a fault."""
    if isinstance(error, FileNotFoundError):  # a job that was deleted while it was being sent
        return not_there()
    is_full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    known = OutputError() if is_full else resource_error(error) or error
    if isinstance(known, SentigramError):
        return refusal_of(known)
    _log_fault(error)
    return Refusal(_FAULT, "the server made a mistake; it has been noted in its log")
