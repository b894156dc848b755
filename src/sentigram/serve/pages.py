"""The pages: to record and upload on, of one job, of its Document, and to show the token.

A browser's session begins on the start page, and nowhere else.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from functools import cache
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sentigram.serve.access import Access, set_cookie
from sentigram.serve.answers import Refusal, ask_again, read_body, refused_for
from sentigram.serve.api import Api, visitor_of
from sentigram.serve.endpoints import OF_JOBS, OF_RESTYLING
from sentigram.serve.form import form_fields
from sentigram.serve.html import HERO, Page, error_page, job_page, start_page, token_page
from sentigram.serve.limits import Limits
from sentigram.serve.static import static_file, version

_MOST_FORM = 8_000  # bytes: a token and its name
_FOR_GOOD: Final = "public, max-age=31536000, immutable"  # the address holds a hash of it all


class Pages:
    """What browsers are shown.

    Args:
        api: Of the same jobs.
        access: Who may ask what.
        limits: Of the server.
        emotions: Whether they are read here.
    """

    def __init__(self, api: Api, access: Access, limits: Limits, *, emotions: bool) -> None:
        self._api, self._access, self._limits, self._emotions = api, access, limits, emotions
        self._making = asyncio.Semaphore(2)
        self._start: Page | None = None

    def warm_up(self) -> None:
        """Make what every visitor asks for, so that the first one need not wait for it."""
        self._start_page()
        for name in (HERO, "base.css", "shared.js"):
            static_file(name)

    async def start(self, request: Request) -> Response:
        """The start page; a browser without a session gets one."""
        visitor = visitor_of(request)
        headers: dict[str, str] = {}
        if not visitor.has_session:
            if request.headers.get("sec-fetch-site") == "cross-site":
                return ask_again("/")
            headers["set-cookie"] = self._new_cookie(request)
        return as_answer(self._start_page(), headers=headers)

    def _start_page(self) -> Page:
        """The same for everybody: whose it is, its script asks for."""
        if self._start is None:
            self._start = start_page(
                form_fields(OF_JOBS),
                upload_mb=self._limits.upload_mb,
                longest_minutes=self._limits.longest_minutes,
                keep_minutes=self._limits.keep_minutes,
                emotions=self._emotions,
            )
        return self._start

    async def job(self, request: Request) -> Response:
        """The page of one job."""
        if _comes_by_link(request):
            return ask_again(request.url.path)
        job, record = self._api.mine(request)
        page = job_page(
            form_fields(OF_RESTYLING),
            job_id=job.id,
            name=record.name,
            options=record.options,
            emotions=self._emotions,
        )
        return as_answer(page)

    async def player(self, request: Request) -> Response:
        """The page of a job's Document, which saves corrections here."""
        if _comes_by_link(request):
            return ask_again(request.url.path)
        answer = await self._api.player(request)
        # The page allows its own script and style by their hashes. A job's process wrote it, and
        # that read a stranger's file: so which script may run is said here, by the server itself.
        policy = (
            f"default-src 'none'; script-src {_player_script()}; style-src 'unsafe-inline'; "
            "font-src data:; img-src data:; media-src 'self' blob:; connect-src 'self'; "
            "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
        )
        answer.headers["content-security-policy"] = policy
        answer.headers["cache-control"] = "no-store"
        return answer

    async def token(self, request: Request) -> Response:
        """Ask for the token."""
        if visitor_of(request).has_session or not self._access.has_token:
            return RedirectResponse("/", 303)
        return as_answer(token_page())

    async def show_token(self, request: Request) -> Response:
        """Take the token, and begin a session."""
        if not self._access.has_token:
            return RedirectResponse("/", 303)
        body = await read_body(request, _MOST_FORM)
        try:
            form = dict(parse_qsl(body.decode("ascii"), max_num_fields=8))
        except ValueError:
            form = {}
        visitor = visitor_of(request)
        if wait_s := self._access.wrong_tokens.wait_s(visitor.address, counts=False):
            raise refused_for(wait_s, "these were too many wrong tokens; wait a minute")
        if not self._access.is_token(form.get("token", "")):
            self._access.wrong_tokens.wait_s(visitor.address)
            page = token_page(message="This is not the token of this server.")
            return as_answer(page, status=401)
        return RedirectResponse("/", 303, headers={"set-cookie": self._new_cookie(request)})

    async def static(self, request: Request) -> Response:
        """A style sheet, a script, a font or a picture of ours."""
        name = request.path_params["name"]
        if name.startswith("look.") and not visitor_of(request).is_known and name != HERO:
            raise Refusal(404, "there is nothing here")
        async with self._making:  # a style sheet with its fonts takes a moment, in a thread
            return await static_answer(request)

    async def icon(self, _request: Request) -> Response:
        """What browsers ask for unasked."""
        return Response(status_code=204, headers={"cache-control": "max-age=86400"})

    def _new_cookie(self, request: Request) -> str:
        headers = request.headers
        is_secure = self._access.is_secure(request.url.scheme, headers)
        return set_cookie(headers["host"], self._access.new_session(), is_secure=is_secure)


async def static_answer(request: Request) -> Response:
    """A file of ours, by the version of all of them and its name.

    Raises:
        Refusal: There is none.
    """
    file = None
    if request.path_params["version"] == version():
        file = await asyncio.to_thread(static_file, request.path_params["name"])
    if file is None:
        raise Refusal(404, "there is nothing here")
    headers = {"cache-control": _FOR_GOOD}
    return Response(file.data, media_type=file.media_type, headers=headers)


def as_answer(page: Page, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A page with the policy that it is sent with."""
    sent = {"content-security-policy": page.policy, **(headers or {})}
    return HTMLResponse(page.text, status, sent)


def refusal_page(refusal: Refusal) -> Response:
    """A refusal, for who looks at a page."""
    return as_answer(
        error_page(refusal.sentence), status=refusal.status, headers=dict(refusal.headers)
    )


def _comes_by_link(request: Request) -> bool:
    """Whether a link of another site led here, with which a browser sends no cookie of ours."""
    is_foreign = request.headers.get("sec-fetch-site") == "cross-site"
    return is_foreign and not visitor_of(request).has_session


@cache
def _player_script() -> str:
    from sentigram.render.html.page import script_text

    digest = hashlib.sha256(script_text().encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
