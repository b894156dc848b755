"""The page of `sentigram personalize`: two looks of one's own talk, and which is liked better.

It serves one person on this machine. Its address holds a key that only the terminal was told, so
that no other account of the machine can look or answer.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from sentigram.errors import SentigramError
from sentigram.jobs.questions import Questions
from sentigram.serve.access import Access, Hosts
from sentigram.serve.answers import Refusal, as_json, read_body
from sentigram.serve.guard import Guard
from sentigram.serve.html import taste_page
from sentigram.serve.pages import as_answer, refusal_page, static_answer
from sentigram.style.taste import N_CHOICES

_MOST_ANSWER: Final = 1_000  # bytes
_ANSWERS: Final = {"first": 0, "second": 1, "neither": None}


class TasteApp:
    """An ASGI application: one page, its questions, and the file that comes of them.

    Args:
        questions: What is asked.
        out: Theme file to write.
        folder: A temporary one, for what is drawn.
        overwrite: Whether the file may be replaced.

    Attributes:
        path: Of the page, with its key.
        written: Whether the file is there.
        finished: Called when the person is done.
    """

    def __init__(
        self, questions: Questions, out: Path, folder: Path, *, overwrite: bool = False
    ) -> None:
        self._questions, self._out, self._folder = questions, out, folder
        self._overwrite = overwrite
        self._lock = asyncio.Lock()
        self._drawn: dict[int, bytes] = {}  # of the present question
        self._key = secrets.token_urlsafe(16)
        self.path = f"/{self._key}/"
        self.written = False
        self.finished: Callable[[], None] = lambda: None
        access = Access(folder, hosts=Hosts.of("127.0.0.1"))
        routes = [
            Route("/{key}/", self._page),
            Route("/{key}/question", self._question),
            Route("/{key}/look/{number:int}/{side:int}", self._look),
            Route("/{key}/answer", self._answer, methods=["POST"]),
            Route("/{key}/finish", self._finish, methods=["POST"]),
            Route("/static/{version}/{name}", static_answer),
        ]
        router = Router(routes, redirect_slashes=False, default=_nothing)
        self._guard = Guard(router, access, refusal_page, Counter())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        await self._guard(scope, receive, send)

    def stop_streams(self) -> None:
        """There are none."""

    def _check(self, request: Request) -> None:
        """See that the address holds the key.

        Raises:
            Refusal: It does not.
        """
        if not secrets.compare_digest(request.path_params["key"].encode(), self._key.encode()):
            raise Refusal(404, "there is nothing here")

    async def _page(self, request: Request) -> Response:
        self._check(request)
        return as_answer(taste_page(n_choices=N_CHOICES))

    async def _question(self, request: Request) -> Response:
        self._check(request)
        return as_json(self._told())

    async def _look(self, request: Request) -> Response:
        self._check(request)
        number, side = request.path_params["number"], request.path_params["side"]
        async with self._lock:  # one at a time: each takes a core
            if number != self._questions.n_asked or side not in (0, 1):
                raise Refusal(404, "this question is over")
            if side not in self._drawn:
                self._drawn[side] = await asyncio.to_thread(self._draw, side)
            return Response(self._drawn[side], media_type="image/webp")

    def _draw(self, side: int) -> bytes:
        path = self._folder / f"{secrets.token_hex(8)}.webp"
        self._questions.draw(side, path)
        try:
            return path.read_bytes()
        finally:
            path.unlink(missing_ok=True)

    async def _answer(self, request: Request) -> Response:
        self._check(request)
        try:
            given = json.loads(await read_body(request, _MOST_ANSWER))
            number, answer = given["question"], _ANSWERS[given["answer"]]
        except (ValueError, KeyError, TypeError, RecursionError):
            sentence = 'write {"question": NUMBER, "answer": "first", "second" or "neither"}'
            raise Refusal(422, sentence) from None
        async with self._lock:
            if self.written:
                raise Refusal(409, "the theme is written already")
            if number != self._questions.n_asked:
                raise Refusal(409, "this question is over")
            self._questions.answer(answer)
            self._drawn.clear()
        return as_json(self._told())

    async def _finish(self, request: Request) -> Response:
        self._check(request)
        async with self._lock:
            if not self._questions.choices:
                raise Refusal(409, "no look was chosen yet")
            try:
                replace = self._overwrite or self.written
                await asyncio.to_thread(self._questions.write, self._out, overwrite=replace)
            except SentigramError as error:
                raise Refusal(409, str(error)) from error
            self.written = True
            told = list(self._questions.told())
        with suppress(RuntimeError):
            asyncio.get_running_loop().call_later(0.3, self.finished)
        return as_json({"file": str(self._out), "told": told})

    def _told(self) -> dict[str, Any]:
        asked = self._questions
        return {
            "question": asked.n_asked,
            "choices": len(asked.choices),
            "said": asked.said,
            "changes": asked.told()[0],
            "agreement": asked.told()[1],
        }


async def _nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise HTTPException(404)
