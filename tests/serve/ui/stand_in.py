"""A server that answers as the contract says and hears nothing: pages are tested against it.

What a job says and when is the test's to decide, so every state of a page can be looked at as long
as need be. Sessions, uploads, events and the race for a Document are real.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from sentigram.core.document import dumps, loads
from sentigram.render.html.page import html_text
from sentigram.serve import html
from sentigram.serve.form import form_fields
from sentigram.serve.static import PREFIX, static_file, version
from tests.render import html_jobs

OPTIONS = (
    *("to", "language", "audio-stream", "no-sidecar", "shots"),
    *("culture", "age", "profile", "motion", "capitals", "active", "clip-width", "background"),
)
LOOKS = ("to", "culture", "age", "profile", "motion", "capitals", "active")
ENDS = ("done", "failed")


@dataclass
class Job:
    """A job, with what was said about it."""

    id: str
    owner: str
    name: str
    options: dict[str, str]
    media: bytes
    transcript: str = ""
    state: str = "queued"
    place: int | None = 1
    eta_s: float | None = 40.0
    error: str | None = None
    notes: list[str] = field(default_factory=list)
    document: str = ""
    results: dict[str, bytes] = field(default_factory=dict)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    created: float = field(default_factory=time.time)

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.document.encode()).hexdigest()[:16]}"'

    def say(self, name: str, /, **data: Any) -> None:
        """Let something happen."""
        if name == "state":
            self.state, self.place, self.eta_s = data["state"], data["place"], data["eta_s"]
        elif name == "note":
            self.notes.append(data["text"])
        elif name in ENDS:
            self.state, self.error = name, data.get("error")
        self.events.append((name, data))

    def run(self) -> None:
        """Begin to work."""
        self.say("state", state="running", place=0, eta_s=30.0)
        self.say("stage", name="decode", share=1.0)
        self.say("stage", name="words", share=0.5)

    def hear(self, document=None) -> list[dict[str, Any]]:
        """All words of a Document."""
        known = document or html_jobs.document()
        words = [
            {"text": w.text, "start_ms": w.span.start_ms, "end_ms": w.span.end_ms}
            for w in known.transcript.words()
        ]
        self.document = dumps(known)
        self.say("words", **{"from": 0, "words": words})
        return words

    def read(self, document=None, *, up_to: int | None = None) -> None:
        """Readings of the words, from the first on."""
        known = document or html_jobs.document()
        labels = tuple(known.track.labels)
        readings = [
            {
                "label": r.label,
                "intensity": r.intensity,
                "probs": dict(zip(labels, r.probs, strict=True)),
                "withheld": r.withheld,
            }
            for r in known.track.readings[:up_to]
        ]
        self.say("stage", name="emotions", share=0.4)
        self.say("readings", **{"from": 0, "readings": readings})

    def finish(self) -> None:
        """Results are there."""
        kinds = self.options.get("to", "html,ass,json").split(",")
        self.results = {kind: f"{kind} of {self.name}".encode() * 900 for kind in kinds}
        self.say("done", results={})

    def as_json(self) -> dict[str, Any]:
        stages = [data for name, data in self.events if name == "stage"]
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "stage": stages[-1] if stages and self.state == "running" else None,
            "place": self.place,
            "eta_s": self.eta_s,
            "created": self.created,
            "expires": None,
            "error": self.error,
            "notes": self.notes,
            "document": json.loads(self.document) if self.document else None,
            "results": {
                kind: {"url": f"/api/jobs/{self.id}/results/{kind}", "bytes": len(data)}
                for kind, data in self.results.items()
            },
        }


class StandIn:
    """The server; a test reaches its jobs through it."""

    def __init__(self, *, emotions: bool = True, upload_mb: int = 500, longest_minutes: int = 120):
        self.emotions, self.upload_mb, self.longest_minutes = emotions, upload_mb, longest_minutes
        self.jobs: dict[str, Job] = {}
        self.refuse = ""  # the next upload, with this sentence
        self.slow_s = 0.0  # each part of an upload
        self.streams = True  # False refuses events
        self.asked: list[str] = []
        self.address = ""
        self._is_stopping = False

    def add(self, owner: str = "", **values: Any) -> Job:
        """A job that nobody sent."""
        given = {"name": "talk.webm", "options": {}, "media": b"", **values}
        job = Job(secrets.token_hex(16), owner, **given)
        self.jobs[job.id] = job
        return job

    def app(self) -> Starlette:
        one = "/api/jobs/{id}"
        return Starlette(
            routes=[
                Route("/", self.start),
                Route("/token", self.token, methods=["GET", "POST"]),
                Route("/jobs/{id}", self.job_page),
                Route("/jobs/{id}/page", self.player),
                Route(PREFIX + "{version}/{name}", self.static),
                Route("/api/jobs", self.jobs_of, methods=["GET"]),
                Route("/api/jobs", self.upload, methods=["POST"]),
                Route(one, self.show, methods=["GET"]),
                Route(one, self.delete, methods=["DELETE"]),
                Route(f"{one}/events", self.events),
                Route(f"{one}/document", self.get_document, methods=["GET"]),
                Route(f"{one}/document", self.put_document, methods=["PUT"]),
                Route(f"{one}/restyle", self.restyle, methods=["POST"]),
                Route(f"{one}/results/{{kind}}", self.result),
                Route(f"{one}/media", self.media),
            ]
        )

    def start(self, request: Request) -> Response:
        page = html.start_page(
            form_fields(OPTIONS),
            upload_mb=self.upload_mb,
            longest_minutes=self.longest_minutes,
            keep_minutes=1440,
            emotions=self.emotions,
        )
        answer = _sent(page)
        if "owner" not in request.cookies:
            answer.set_cookie("owner", secrets.token_hex(16), httponly=True, samesite="strict")
        return answer

    def token(self, request: Request) -> Response:
        wrong = "That is not the token of this server." if request.method == "POST" else ""
        return _sent(html.token_page(message=wrong))

    def job_page(self, request: Request) -> Response:
        job = self._job(request)
        if job is None:
            return RedirectResponse("/")
        return _sent(
            html.job_page(
                form_fields(LOOKS),
                job_id=job.id,
                name=job.name,
                options=job.options,
                emotions=self.emotions,
            )
        )

    def player(self, request: Request) -> Response:
        job = self._job(request)
        drawn = html_jobs.job(loads(job.document))
        home = {"document": f"/api/jobs/{job.id}/document", "home": f"/jobs/{job.id}"}
        text = html_text(
            drawn, media_href=f"/api/jobs/{job.id}/media", server=home | {"etag": job.etag}
        )
        return _sent(html.Page(text, "frame-ancestors 'none'"))

    def static(self, request: Request) -> Response:
        found = static_file(request.path_params["name"])
        if found is None or request.path_params["version"] != version():
            return Response(status_code=404)
        headers = {"cache-control": "public, max-age=31536000, immutable"}
        return Response(found.data, media_type=found.media_type, headers=headers)

    def jobs_of(self, request: Request) -> Response:
        owner = request.cookies.get("owner")
        return JSONResponse({"jobs": [j.as_json() for j in self.jobs.values() if j.owner == owner]})

    async def upload(self, request: Request) -> Response:
        if self.slow_s:
            async for _ in request.stream():
                await asyncio.sleep(self.slow_s)
        if self.refuse:
            return JSONResponse({"error": self.refuse}, 422)
        async with request.form() as form:
            file, transcript = form["file"], form.get("transcript")
            assert isinstance(file, UploadFile)
            options = {name: str(value) for name, value in form.items() if name in OPTIONS}
            words = (await transcript.read()).decode() if isinstance(transcript, UploadFile) else ""
            job = self.add(
                request.cookies.get("owner", ""),
                name=file.filename,
                options=options,
                media=await file.read(),
                transcript=words,
            )
        return JSONResponse({"id": job.id, "state": job.state}, 202)

    def show(self, request: Request) -> Response:
        job = self._job(request)
        self.asked.append(request.url.path)
        return _missing() if job is None else JSONResponse(job.as_json())

    def delete(self, request: Request) -> Response:
        job = self._job(request)
        if job is None:
            return _missing()
        del self.jobs[job.id]
        return Response(status_code=204)

    async def events(self, request: Request) -> Response:
        job = self._job(request)
        if job is None or not self.streams:
            return _missing()
        last = int(request.headers.get("last-event-id", "-1"))

        async def told() -> AsyncIterator[str]:
            at, until = last + 1, time.monotonic() + 3
            yield "retry: 200\n\n"
            while time.monotonic() < until and not self._is_stopping:
                for name, data in job.events[at:]:
                    yield f"id: {at}\nevent: {name}\ndata: {json.dumps(data)}\n\n"
                    at += 1
                if job.state in ENDS:
                    return
                yield ": still here\n\n"
                await asyncio.sleep(0.05)

        return StreamingResponse(told(), media_type="text/event-stream")

    def get_document(self, request: Request) -> Response:
        job = self._job(request)
        headers = {"etag": job.etag}
        return Response(job.document, media_type="application/json", headers=headers)

    async def put_document(self, request: Request) -> Response:
        job = self._job(request)
        if request.headers.get("if-match") != job.etag:
            return JSONResponse({"error": "it was changed in between"}, 409)
        job.document = dumps(loads((await request.body()).decode()))
        return Response(status_code=204, headers={"etag": job.etag})

    async def restyle(self, request: Request) -> Response:
        job = self._job(request)
        job.options = await request.json()
        if self.refuse:
            return JSONResponse({"error": self.refuse}, 422)
        if "video" in job.options["to"]:
            job.events.clear()
            job.say("state", state="queued", place=1, eta_s=20.0)
            return JSONResponse({"id": job.id}, 202)
        job.results = dict.fromkeys(job.options["to"].split(","), b"new" * 500)
        return JSONResponse({"results": job.as_json()["results"]})

    def result(self, request: Request) -> Response:
        job = self._job(request)
        kind = request.path_params["kind"]
        headers = {"content-disposition": f'attachment; filename="talk.{kind}"'}
        return Response(job.results[kind], headers=headers)

    def media(self, request: Request) -> Response:
        return Response(self._job(request).media, media_type="video/webm")

    def _job(self, request: Request) -> Job | None:
        job = self.jobs.get(request.path_params["id"])
        mine = job is not None and job.owner in ("", request.cookies.get("owner"))
        return job if mine else None

    @contextmanager
    def running(self) -> Iterator[StandIn]:
        """Serve on a free port of the loopback."""
        config = uvicorn.Config(self.app(), port=0, log_level="error", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        try:
            yield self
        finally:
            self._is_stopping = True
            server.should_exit = True
            thread.join(timeout=10)


def _sent(page: html.Page) -> Response:
    headers = {"content-security-policy": page.policy, "referrer-policy": "same-origin"}
    return Response(page.text, media_type="text/html", headers=headers)


def _missing() -> Response:
    return JSONResponse({"error": "there is no such job"}, 404)
