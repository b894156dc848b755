"""Puts the server together: `create_app` gives an ASGI application."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import Receive, Scope, Send

from sentigram.errors import UsageError
from sentigram.leftovers import hold
from sentigram.serve.access import KEY, Access, Hosts, is_key
from sentigram.serve.api import Api
from sentigram.serve.endpoints import ENDPOINTS
from sentigram.serve.guard import Guard
from sentigram.serve.job_folder import JOBS, JobFolders
from sentigram.serve.limits import Limits
from sentigram.serve.pages import Pages, refusal_page
from sentigram.serve.queue import Queue
from sentigram.serve.upload import INCOMING

_Handler = Callable[[Request], Awaitable[Response]]


class Server:
    """An ASGI application: the guard, and behind it the interface and the pages.

    Attributes:
        queue: Of the jobs.
        api: What the endpoints do.
        access: Who may ask what.
    """

    def __init__(self, guard: Guard, queue: Queue, api: Api, access: Access) -> None:
        self._guard, self.queue, self.api, self.access = guard, queue, api, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        await self._guard(scope, receive, send)

    def stop_streams(self) -> None:
        """End the requests that wait for events: the server is about to stop."""
        self.api.stopping.set()


def create_app(
    data: Path,
    limits: Limits,
    *,
    token: str = "",
    hosts: Hosts | None = None,
    emotions: bool = True,
    behind_proxy: bool = False,
    engine: Mapping[str, str] | None = None,
) -> Server:
    """Make the application.

    Args:
        data: Its folder, for jobs and the key of the sessions; made if it is not there.
        limits: What it gives to visitors.
        token: That must be shown, "" for none.
        hosts: What it is called; as this machine calls itself if not given.
        emotions: Whether they are read.
        behind_proxy: See `Access`.
        engine: What the operator chose of `endpoints.OF_SERVER`, as texts.

    Raises:
        UsageError: The token is none, or the folder is another server's, or somebody else's.
        OSError: The folder cannot be made or written to.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = _held(data)
    _check_own(data)
    folders = JobFolders(data)
    queue = Queue(folders, limits, emotions=emotions, engine=engine)
    named = Hosts.of("127.0.0.1") if hosts is None else hosts
    access = Access(data, token=token, hosts=named, behind_proxy=behind_proxy)
    answers: Counter[int] = Counter()
    api = Api(folders, queue, limits, access, answers)
    pages = Pages(api, access, limits, emotions=emotions)

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        await queue.start()
        warming = asyncio.create_task(asyncio.to_thread(pages.warm_up))
        try:
            yield
        finally:
            await warming
            api.stopping.set()
            await queue.stop()
            os.close(lock)

    router = Router(_routes(api, pages), redirect_slashes=False, default=_nothing, lifespan=life)
    return Server(Guard(router, access, refusal_page, answers), queue, api, access)


def _held(data: Path) -> int:
    """The handle of the lock that says that a server works in a folder.

    Raises:
        UsageError: Another one does: each would take the other's jobs for those of a dead one.
    """
    path = data / "lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if not hold(handle, path):
        os.close(handle)
        message = f"`data {data}`: another server works in this folder; give each its own"
        raise UsageError(message)
    return handle


def _check_own(data: Path) -> None:
    """See that what a server removes is a server's: old jobs, and uploads that were cut off.

    Raises:
        UsageError: Folders of these names are there, and no server ever worked beside them.
    """
    if is_key(data / KEY):
        return
    for name in (JOBS, INCOMING):
        folder = data / name
        if folder.is_symlink() or (folder.exists() and any(folder.iterdir())):
            message = (
                f"`data {data}`: `{name}` in it is not of a server, which would remove what lies "
                "there; give the server a folder of its own"
            )
            raise UsageError(message)


def _routes(api: Api, pages: Pages) -> Sequence[BaseRoute]:
    """Of the table of endpoints, and of the pages; one address is one route with its methods."""
    methods: dict[str, dict[str, _Handler]] = {}
    for endpoint in ENDPOINTS:
        methods.setdefault(endpoint.path, {})[endpoint.method] = getattr(api, endpoint.name)
    methods |= {
        "/": {"GET": pages.start},
        "/token": {"GET": pages.token, "POST": pages.show_token},
        "/jobs/{id}": {"GET": pages.job},
        "/jobs/{id}/page": {"GET": pages.player},
        "/static/{version}/{name}": {"GET": pages.static},
        "/favicon.ico": {"GET": pages.icon},
    }
    return [_route(path, handlers) for path, handlers in methods.items()]


def _route(path: str, handlers: dict[str, _Handler]) -> Route:
    async def serve(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await handlers[method](request)

    return Route(path, serve, methods=[*handlers])


async def _nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise HTTPException(404)
