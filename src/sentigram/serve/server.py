"""Runs the application with uvicorn: patient with nobody for ever, and quiet about itself."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar, Final, Protocol

import h11
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sentigram.errors import UsageError
from sentigram.serve import isolation

HEAD_S: Final = 10.0
"""How long the head of a request may take, from the first byte of the connection."""
UNREAD_S: Final = 30.0
"""How long an answer may wait to be read."""
LINGER_S: Final = 10.0
"""How long the rest of an upload that was refused is read, so that its sender reads why."""
KEEP_ALIVE_S: Final = 15
MOST_CONNECTIONS: Final = 500
MOST_OF_ONE: Final = 200  # connections of one address, where no proxy stands between
_LONGEST_HEAD = 16 * 1024  # bytes of all headers
_STOP_S = 5


class _Protocol(H11Protocol):
    """HTTP, with an end to everything that one may be kept waiting for."""

    is_behind_proxy = False
    of_addresses: ClassVar[Counter[str]] = Counter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request; too many of one address are not taken."""
        self._late: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        super().connection_made(transport)  # type: ignore[arg-type]
        self._address = self.client[0] if self.client else ""
        self.of_addresses[self._address] += 1
        if not self.is_behind_proxy and self.of_addresses[self._address] > MOST_OF_ONE:
            self.transport.abort()
            return
        self._wait(HEAD_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        for timer in (self._late, self._unread):
            if timer is not None:
                timer.cancel()
        self.of_addresses[self._address] -= 1
        if not self.of_addresses[self._address]:
            del self.of_addresses[self._address]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; a head that is not whole yet is not waited for again and again."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            if self._late is None:
                self._wait(HEAD_S)
        elif self.cycle is None or not self.cycle.response_complete:
            self._wait(None)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Whether to stay: who has sent all and closes that half still waits for the answer.

        Who only asks for something may have left: a stream would go on for nobody.
        """
        is_told_all = self.conn.their_state in (h11.DONE, h11.MUST_CLOSE)
        is_waiting = self.cycle is not None and not self.cycle.response_complete
        return is_waiting and is_told_all and self.cycle.scope["method"] != "GET"

    def on_response_complete(self) -> None:
        """Wait for the next request, or for the end of a body that is of no use any more."""
        is_whole = self.conn.their_state is not h11.SEND_BODY
        super().on_response_complete()
        if not is_whole:
            self._wait(LINGER_S)
        elif self.conn.their_state is h11.IDLE:
            self._wait(KEEP_ALIVE_S + HEAD_S)

    def pause_writing(self) -> None:
        """Begin to wait until an answer is read."""
        super().pause_writing()
        self._unread = self.loop.call_later(UNREAD_S, self.transport.abort)

    def resume_writing(self) -> None:
        """It was read."""
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
        super().resume_writing()

    def _wait(self, seconds: float | None) -> None:
        """Give the other side some time, None for as long as the application has patience."""
        if self._late is not None:
            self._late.cancel()
            self._late = None
        if seconds is not None:
            self._late = self.loop.call_later(seconds, self.transport.abort)


class Served(Protocol):
    """An application that can be told to end its streams."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""

    def stop_streams(self) -> None:
        """End the requests that wait for events: the server is about to stop."""


class _Running(uvicorn.Server):
    """uvicorn, which tells when it serves, and ends streams before it waits for them."""

    def __init__(self, config: uvicorn.Config, app: Served, started: Callable[[int], None]) -> None:
        super().__init__(config)
        self._app, self._told = app, started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say at which port."""
        await super().startup(sockets=sockets)
        if self.started:
            (listener, *_) = self.servers[0].sockets if self.servers else (None,)
            self._told(listener.getsockname()[1] if listener is not None else 0)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: streams end at once, and what is being sent has some seconds."""
        self._app.stop_streams()
        await super().shutdown(sockets=sockets)


def listen(host: str, port: int) -> socket.socket:
    """The socket to listen at.

    Raises:
        UsageError: There is no such host here, or the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        family, _, _, _, address = found[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        message = f"`host {host}`: cannot be listened at ({error.strerror or error})"
        raise UsageError(message) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(256)
    except OSError as error:
        listener.close()
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            message = f"`host {host}`: cannot be listened at ({error.strerror or error})"
            raise UsageError(message) from error
        message = (
            f"`port {port}`: cannot be listened at ({error.strerror or error}); "
            "choose another, or 0 for any that is free"
        )
        raise UsageError(message) from error
    listener.setblocking(False)  # noqa: FBT003  (its name is its meaning)
    return listener


def configured(app: Served, *, behind_proxy: bool = False) -> uvicorn.Config:
    """What uvicorn is told."""
    facts = {"is_behind_proxy": behind_proxy, "of_addresses": Counter()}
    protocol: Any = type("_Protocol", (_Protocol,), facts)  # each server counts its own
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,  # the guard writes one that names nobody's files
        proxy_headers=False,  # read by `Access`, and only where the operator says so
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=_STOP_S,
        h11_max_incomplete_event_size=_LONGEST_HEAD,
    )


def run(
    app: Served,
    listener: socket.socket,
    *,
    behind_proxy: bool = False,
    started: Callable[[int], None] = lambda _port: None,
) -> None:
    """Serve until a signal ends it.

    Args:
        app: From `create_app`.
        listener: From `listen`.
        behind_proxy: Many visitors have the address of the proxy.
        started: Is told the port as soon as it serves.
    """
    isolation.hide()
    server = _Running(configured(app, behind_proxy=behind_proxy), app, started)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
