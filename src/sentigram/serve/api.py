"""The interface: every method of `Api` serves one row of `endpoints.ENDPOINTS`.

What a visitor may not see is answered like what is not there.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import stat
import sys
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from sentigram import registry
from sentigram.core.document import SUFFIX, Document, dumps, loads
from sentigram.core.language import language_option
from sentigram.core.option import listed
from sentigram.errors import DocumentError, UsageError
from sentigram.jobs.asked import settings_of_texts
from sentigram.jobs.job import Settings
from sentigram.reading import DOCUMENT
from sentigram.serve.access import Access, Visitor
from sentigram.serve.answers import Refusal, as_json, not_there, read_body, refused_for
from sentigram.serve.drawing import check, draw_page, restyle
from sentigram.serve.endpoints import (
    DRAWN,
    FROM_PICTURE,
    LOOKS,
    OF_CHECKS,
    OF_JOBS,
    OF_RESTYLING,
)
from sentigram.serve.feed import Event
from sentigram.serve.job_folder import Job, JobFolders, JobGone, JobRecord
from sentigram.serve.limits import Limits
from sentigram.serve.queue import Queue
from sentigram.serve.upload import INCOMING, Incoming, Space, Upload, move

Json = dict[str, Any]

HEARTBEAT_S: Final = 10.0
STREAM_S: Final = 50.0
"""How long one request for events lives: proxies end what lives a minute."""
MOST_STREAMS: Final = 200
MOST_STREAMS_OF_ONE: Final = (
    12  # a browser has six connections to a server, and may have two windows
)
_OBJECT = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{")  # how a Document begins
_AT_ONCE = 2  # restyles and checks, each in a process of its own
_MOST_WAITING = 20  # for those
_MOST_LOOKS = 64_000  # bytes of a form of looks
_MOST_KEPT = 32_000_000  # letters of Documents that are remembered: a few of the longest
_MOST_STREAM = 99  # of the sounds of a file
_DRAWING_WAITS = 200  # tenths of a second
_MEDIA_TYPES = {
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".flac": "audio/flac",
    ".aac": "audio/aac",
}


class Api:
    """What the endpoints do.

    Args:
        folders: Of the jobs.
        queue: That they wait in.
        limits: Of the server.
        access: Who may ask what.
        answers: How often what was answered, by hundreds of the status.
    """

    def __init__(
        self,
        folders: JobFolders,
        queue: Queue,
        limits: Limits,
        access: Access,
        answers: Counter[int],
    ) -> None:
        self._folders, self._queue, self._limits, self._access = folders, queue, limits, access
        self._answers = answers
        space = Space(folders.used_bytes, limits, folders.data)
        self._incoming = Incoming(folders.data / INCOMING, limits, space, OF_JOBS)
        self._space = space
        self._texts = _Texts()
        self._writing = asyncio.Lock()  # of Documents and what is made of them
        self._short_work = asyncio.Semaphore(_AT_ONCE)
        self._n_waiting = 0
        self._streams: Counter[str] = Counter()
        self._busy: set[str] = set()  # jobs that are being restyled
        self.stopping = asyncio.Event()

    async def make_job(self, request: Request) -> Response:
        """Take an upload, and queue it."""
        visitor = visitor_of(request)
        if not visitor.has_session and "sec-fetch-site" in request.headers:
            # A browser, which would not find what it sent: it would belong to nobody.
            raise Refusal(401, "the session of this browser is over; load the start page again")
        if wait_s := self._access.uploads.wait_s(visitor.address):
            raise refused_for(wait_s, "these are too many uploads; wait a moment")
        await self._check_room(visitor.owner)
        async with self._incoming.upload(request) as upload:
            await checked_options(upload.fields)
            # Others may have come in meanwhile; nothing is waited for from here to the queue.
            self._queue.check_room(visitor.owner)
            job = self._taken(visitor.owner, upload)
            record = await self._queue.submit(job.id)
        value = {"id": job.id, **self._place(job.id, record)}
        return as_json(value, 202, {"location": f"/api/jobs/{job.id}"})

    def _taken(self, owner: str, upload: Upload) -> Job:
        """A job of an upload; where that fails, nothing stays."""
        job = self._folders.create(owner, upload.name, upload.fields)
        try:
            move(upload.source, job.source(upload.suffix))
            if upload.transcript is not None:
                move(upload.transcript, job.transcript(upload.transcript_suffix))
        except BaseException:
            job.remove()
            raise
        return job

    async def _check_room(self, owner: str) -> None:
        await asyncio.to_thread(self._queue.check_room, owner)

    async def list_jobs(self, request: Request) -> Response:
        """The jobs of a session."""
        visitor = visitor_of(request)
        mine: tuple[Job, ...] = ()
        if visitor.has_session:
            mine = await asyncio.to_thread(self._folders.of, visitor.owner)
        jobs = []
        for job in mine:
            try:
                jobs.append(self._told(job, job.record))
            except JobGone:
                continue
        return as_json({"jobs": jobs})

    async def show_job(self, request: Request) -> Response:
        """A job with its Document."""
        job, record = self._mine(request)
        head = json.dumps(self._told(job, record))
        text = "null"
        if request.query_params.get("document", "1").lower() not in ("0", "false", "no"):
            known = await self._texts.of(job)
            text = known.text if known else "null"
        return Response(f'{head[:-1]}, "document": {text.strip()}}}', media_type="application/json")

    async def delete_job(self, request: Request) -> Response:
        """End a job, and remove it."""
        job, _ = self._mine(request)
        await self._queue.delete(job.id)
        self._space.measure_again()
        return Response(status_code=204)

    async def follow_job(self, request: Request) -> Response:
        """What happens to a job."""
        job, record = self._mine(request)
        after = _number(request.headers.get("last-event-id") or request.query_params.get("after"))
        feed = self._queue.feed(job.id)
        latest = max((event.number for event in feed.latest.values()), default=-1)
        if record.is_finished and after is not None and after == latest:
            return Response(status_code=204)  # a browser asks no more after this
        if request.method == "HEAD":
            return Response(media_type="text/event-stream")
        # A script's owner may be everybody's, so those are counted by where they come from.
        visitor = visitor_of(request)
        who = visitor.owner if visitor.has_session else visitor.address
        if self._streams.total() >= MOST_STREAMS or self._streams[who] >= MOST_STREAMS_OF_ONE:
            sentence = "too many pages follow their jobs; close some, or try again soon"
            raise refused_for(20, sentence, status=503)
        return StreamingResponse(
            self._stream(job, after, who), media_type="text/event-stream; charset=utf-8"
        )

    async def _stream(self, job: Job, after: int | None, who: str) -> AsyncIterator[str]:
        with self._counted(who):
            yield "retry: 1000\n\n"
            async for event in self._events(job, after):
                yield ": \n\n" if event is None else _as_sent(event, job)

    @contextmanager
    def _counted(self, who: str) -> Iterator[None]:
        self._streams[who] += 1
        try:
            yield
        finally:
            self._streams[who] -= 1
            if not self._streams[who]:
                del self._streams[who]

    async def _events(self, job: Job, after: int | None) -> AsyncIterator[Event | None]:
        """The events of a job, None for each time that nothing happened; up to `STREAM_S`."""
        clock = asyncio.get_running_loop().time
        ends = clock() + STREAM_S
        events = self._queue.feed(job.id).events(after)
        stopped = asyncio.create_task(self.stopping.wait())
        coming: asyncio.Task[Event] | None = None
        try:
            while (left_s := ends - clock()) > 0 and not stopped.done():
                coming = coming or asyncio.ensure_future(_next(events))
                await asyncio.wait(
                    {coming, stopped},
                    timeout=min(HEARTBEAT_S, left_s),
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if not coming.done():
                    yield None
                    continue
                try:
                    event = coming.result()
                except StopAsyncIteration:
                    return
                coming = None
                yield event
        finally:
            stopped.cancel()
            if coming is not None:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)
            await events.aclose()  # type: ignore[attr-defined]  # a generator

    async def get_document(self, request: Request) -> Response:
        """The Document of a job."""
        job, record = self._mine(request)
        known = await self._texts.of(job)
        if known is None:
            raise Refusal(404, "there are no words yet")
        headers = {"etag": known.etag}
        if known.etag in _listed(request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        name = _disposition(f"{Path(record.name).name.removesuffix(SUFFIX)}{SUFFIX}")
        headers["content-disposition"] = name
        return Response(known.text, media_type="application/json", headers=headers)

    async def put_document(self, request: Request) -> Response:
        """Keep a corrected Document."""
        job, record = self._mine(request)
        wanted = _listed(request.headers.get("if-match", ""))
        if not wanted:
            sentence = "say with If-Match which version was corrected: its ETag"
            raise Refusal(428, sentence)
        document = await self._read(await read_body(request, DOCUMENT.largest_bytes))
        async with self._writing:
            if not job.record.is_finished or job.id in self._busy:
                raise Refusal(409, "this is still being worked on; correct it when that is done")
            known = await self._texts.of(job)
            if known is None:
                raise Refusal(409, "there is no Document of it to correct")
            if known.etag not in wanted:
                raise Refusal(409, "somebody else corrected it in between; load it again")
            if known.media != (document.media.name, document.media.duration_ms):
                raise Refusal(422, "this Document is of another recording")
            self._space.check(len(known.text))
            etag = await self._texts.write(job, document)
            self._folders.measure_again(record.id)
        return Response(status_code=204, headers={"etag": etag})

    async def _read(self, body: bytes) -> Document:
        """A Document that was sent; few at a time, for they may cost hundreds of megabytes.

        Raises:
            DocumentError: It is none.
        """
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DocumentError("the Document: is not text in UTF-8") from error
        async with self._turn():
            return await asyncio.to_thread(loads, text, name="the Document")

    async def restyle_job(self, request: Request) -> Response:
        """Draw a job's Document anew."""
        job, record = self._mine(request)
        options = _looks(request, await read_body(request, _MOST_LOOKS))
        await checked_options(options)
        if record.state != "done":
            raise Refusal(409, "it is not done yet" if not record.error else "it has failed")
        options = {**_look_of(record), **options}
        kinds = _kinds(options)
        # What is asked for is remembered: a correction makes all of it stale.
        every = dict.fromkeys((*_kinds(record.options), *kinds))
        remembered = {**record.options, **options, "to": ",".join(every)}
        if FROM_PICTURE.intersection(kinds):
            await self._check_room(record.owner)
            job.update(options=remembered)
            record = await self._queue.submit(job.id)
            value = {"id": job.id, **self._place(job.id, record)}
            return as_json(value, 202, {"location": f"/api/jobs/{job.id}"})
        await self._draw(job, options)
        job.update(options=remembered)
        return as_json({"results": self._results(job, job.record)})

    async def _draw(self, job: Job, options: Mapping[str, str]) -> None:
        """Draw a job's Document, once at a time.

        Raises:
            Refusal: It is being drawn, or too many wait.
            DrawingFailed: It cannot be drawn so.
        """
        async with self._drawing(job), self._turn():
            await restyle(job, options, self._limits)

    @asynccontextmanager
    async def _drawing(self, job: Job) -> AsyncIterator[None]:
        """Keep corrections off a job while it is drawn; a second who wants that waits a little.

        Raises:
            Refusal: It takes long.
        """
        for _ in range(_DRAWING_WAITS):
            if job.id not in self._busy:
                break
            await asyncio.sleep(0.1)
        else:
            raise Refusal(409, "it is being drawn already; wait for that")
        self._busy.add(job.id)
        try:
            async with self._writing:
                pass  # a correction that is being written shall be drawn
            yield
        finally:
            self._busy.discard(job.id)
            self._folders.measure_again(job.id)

    async def check_job(self, request: Request) -> Response:
        """Check a job's captions."""
        job, _ = self._mine(request)
        options = _query(request)
        async with self._turn():
            return as_json(await check(job, options, self._limits))

    async def check_document(self, request: Request) -> Response:
        """Check the captions of a Document that is sent."""
        options = _query(request)
        body = await read_body(request, DOCUMENT.largest_bytes)
        if not _OBJECT.match(body):
            raise DocumentError("the Document: is not JSON")
        self._space.check(2 * len(body))
        # A job that is never queued: nobody's, in no list, and gone at the end of this request. Its
        # process reads what was sent: here that would keep all others waiting for seconds.
        job = self._folders.create("", "document", {})
        try:
            async with self._turn():
                await asyncio.to_thread(job.source(SUFFIX).write_bytes, body)
                return as_json(await check(job, options, self._limits))
        finally:
            self._folders.delete(job.id)

    async def player(self, request: Request) -> Response:
        """The page of a job's Document, drawn for this server; not of the interface."""
        job, record = self._mine(request)
        known = await self._texts.of(job)
        if known is None or not record.is_finished:
            raise Refusal(404, "there are no words yet")
        options = _look_of(record)
        async with self._drawing(job), self._turn():
            path = await draw_page(job, options, known.etag, self._limits)
        return file_answer(path, media_type="text/html; charset=utf-8")

    async def get_result(self, request: Request) -> Response:
        """A result."""
        job, record = self._mine(request)
        kind = request.path_params["kind"]
        if not record.is_finished:
            raise Refusal(404, "there is no such result of it yet")
        if kind in _stale(job, record) and request.method == "GET":
            await self._draw(job, {**_look_of(record), "to": kind})
        path = job.results().get(kind)
        if path is None:
            raise Refusal(404, "there is no such result of it")
        return file_answer(path, filename=path.name, media_type="application/octet-stream")

    async def get_media(self, request: Request) -> Response:
        """The recording."""
        job, _ = self._mine(request)
        path = job.media
        if path is None:
            raise Refusal(404, "there is no recording with it, for a Document was uploaded")
        kind = _MEDIA_TYPES.get(path.suffix, "application/octet-stream")
        return file_answer(path, media_type=kind)

    async def health(self, _request: Request) -> Response:
        """Whether the server serves."""
        return as_json({"ok": True})

    async def metrics(self, _request: Request) -> Response:
        """Numbers for Prometheus."""
        states = Counter(
            record.state for _, record in await asyncio.to_thread(list, self._folders.records())
        )
        lines = [
            *_metric("jobs", "Jobs on disk.", {f'{{state="{s}"}}': n for s, n in states.items()}),
            *_metric(
                "answers_total",
                "Answers, by hundreds of their status.",
                {f'{{status="{n}xx"}}': count for n, count in sorted(self._answers.items())},
                kind="counter",
            ),
            *_metric("uploads", "Uploads that come in.", {"": self._incoming.n_now}),
            *_metric(
                "upload_bytes_total",
                "Bytes that came in.",
                {"": self._incoming.n_bytes},
                kind="counter",
            ),
            *_metric("event_streams", "Who follows a job.", {"": self._streams.total()}),
            *_metric("memory_bytes", "Memory of the server itself.", {"": resident_bytes()}),
        ]
        return Response("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")

    async def openapi(self, _request: Request) -> Response:
        """The description of the interface."""
        from sentigram.serve.openapi import description

        return as_json(description())

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait for a turn among short works.

        Raises:
            Refusal: Too many wait.
        """
        if self._n_waiting >= _MOST_WAITING:
            raise refused_for(10, "too many wait for this; try again soon", status=503)
        self._n_waiting += 1
        try:
            async with self._short_work:
                yield
        finally:
            self._n_waiting -= 1

    def mine(self, request: Request) -> tuple[Job, JobRecord]:
        """The job that a request names, if it is of whoever asks.

        Raises:
            Refusal: It is not, or is not there.
        """
        return self._mine(request)

    def _mine(self, request: Request) -> tuple[Job, JobRecord]:
        job = self._folders.find(request.path_params["id"])
        if job is None:
            raise not_there()
        try:
            record = job.record
        except JobGone:
            raise not_there() from None
        if record.owner != visitor_of(request).owner or record.state == "uploading":
            raise not_there()
        return job, record

    def _place(self, job_id: str, record: JobRecord) -> Json:
        eta_s = self._queue.eta_s(job_id)
        return {
            "state": record.state,
            "place": self._queue.place(job_id),
            "eta_s": None if eta_s is None else round(eta_s, 1),
        }

    def _told(self, job: Job, record: JobRecord) -> Json:
        stage = None
        if record.state == "running" and (event := self._queue.feed(job.id).latest.get("stage")):
            stage = event.data
        return {
            "id": job.id,
            "name": record.name,
            **self._place(job.id, record),
            "stage": stage,
            "duration_ms": record.media_ms or None,
            "created": _moment(record.created),
            "expires": _moment(record.expires),
            "error": record.error or None,
            "notes": list(record.notes),
            "results": self._results(job, record),
        }

    def _results(self, job: Job, record: JobRecord) -> Json:
        """What there is; what a correction made stale is drawn when it is asked for."""
        if not record.is_finished:
            return {}
        results: Json = {}
        for kind in _stale(job, record):
            results[kind] = {"url": f"/api/jobs/{job.id}/results/{kind}", "bytes": None}
        for kind, path in job.results().items():
            try:
                size = path.lstat().st_size
            except OSError:
                continue
            results[kind] = {"url": f"/api/jobs/{job.id}/results/{kind}", "bytes": size}
        return results


@dataclass(frozen=True, slots=True)
class _Text:
    """A Document as it is sent.

    Attributes:
        text: JSON.
        etag: Its version.
        media: Name and length of its recording.
    """

    text: str
    etag: str
    media: tuple[str, int]

    @classmethod
    def of(cls, document: Document) -> Self:
        """The text of a Document."""
        text = dumps(document)
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        media = document.media
        return cls(text, f'"{digest[:32]}"', (media.name, media.duration_ms))


class _Texts:
    """The Documents of jobs as texts; the last few are remembered, for reading them costs seconds.

    All of it happens in threads: others are served meanwhile.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, int, int], _Text] = OrderedDict()

    async def of(self, job: Job) -> _Text | None:
        """The Document of a job, None where there are no words yet.

        Raises:
            DocumentError: It cannot be read.
        """
        key = self._key(job)
        if key is None:
            return None
        known = self._known.get(key)
        if known is None:
            known = await asyncio.to_thread(_text_of, job)
            if known is None:
                return None
        self._remember(key, known)
        return known

    async def write(self, job: Job, document: Document) -> str:
        """Keep a corrected Document; its version.

        Raises:
            JobGone: The job is gone.
            OutputError: It cannot be written.
        """
        kept = await asyncio.to_thread(job.write_document, document)
        text = await asyncio.to_thread(_Text.of, kept)
        if (key := self._key(job)) is not None:
            self._remember(key, text)
        return text.etag

    def _remember(self, key: tuple[str, int, int], text: _Text) -> None:
        self._known[key] = text
        self._known.move_to_end(key)
        while len(self._known) > 1 and self._size() > _MOST_KEPT:
            self._known.popitem(last=False)

    def _size(self) -> int:
        return sum(len(each.text) for each in self._known.values())

    @staticmethod
    def _key(job: Job) -> tuple[str, int, int] | None:
        for path in (job.document_path, job.words_path):
            try:
                found = path.stat()
            except OSError:
                continue
            return str(path), found.st_mtime_ns, found.st_size
        return None


def _text_of(job: Job) -> _Text | None:
    try:
        document = job.document()
    except DocumentError as error:  # whose message names the file
        raise Refusal(422, "the Document of this job cannot be read") from error
    return None if document is None else _Text.of(document)


def visitor_of(request: Request) -> Visitor:
    """Who asks, as the guard found out."""
    found: Visitor = request.scope["state"]["visitor"]
    return found


async def checked_options(options: Mapping[str, str]) -> None:
    """See that a job may be asked for what is asked for: as the command line does.

    Raises:
        UsageError: There is no such option, or a value is wrong.
        MissingError: This server has not what it takes.
    """
    await asyncio.to_thread(_check_options, tuple(sorted(options.items())))


@lru_cache(maxsize=256)
def _check_options(options: tuple[tuple[str, str], ...]) -> None:
    from sentigram.jobs.job import check as check_settings

    settings = settings_of_texts(dict(options))
    if len(settings.kinds) > len(registry.names("renderer")):
        raise UsageError("`to`: names kinds of result twice")
    if not 0 <= (settings.hear.audio_stream or 0) <= _MOST_STREAM:
        message = f"`audio_stream`: choose from 0 to {_MOST_STREAM}"
        raise UsageError(message)
    language_option(settings.hear.language or "")
    check_settings(settings)


def file_answer(path: Path, *, media_type: str, filename: str | None = None) -> Response:
    """A file of a job: it alone, not what a link leads to."""
    try:
        found = os.lstat(path)
    except OSError:
        raise not_there() from None
    if not stat.S_ISREG(found.st_mode):
        raise not_there()
    return FileResponse(path, media_type=media_type, filename=filename, stat_result=found)


def _kinds(options: Mapping[str, str]) -> tuple[str, ...]:
    return listed(options["to"]) if "to" in options else Settings().kinds


def _look_of(record: JobRecord) -> dict[str, str]:
    return {name: value for name, value in record.options.items() if name in (*LOOKS, *DRAWN)}


def _stale(job: Job, record: JobRecord) -> tuple[str, ...]:
    """What was asked for and is not there any more, for a correction came after it."""
    if record.state != "done" or not job.document_path.is_file():
        return ()
    there = job.results()
    return tuple(
        kind for kind in _kinds(record.options) if kind not in there and kind not in FROM_PICTURE
    )


def _disposition(name: str) -> str:
    from urllib.parse import quote

    return f"attachment; filename*=utf-8''{quote(name, safe='')}"


def _looks(request: Request, body: bytes) -> dict[str, str]:
    """The options of a form or of JSON.

    Raises:
        Refusal: It is neither, or has others.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    given: Any
    try:
        if kind == "application/json":
            given = json.loads(body)
        elif kind == "application/x-www-form-urlencoded":
            given = dict(
                parse_qsl(
                    body.decode("utf-8"),
                    keep_blank_values=True,
                    strict_parsing=bool(body),
                    max_num_fields=64,
                )
            )
        else:
            raise Refusal(415, "send the looks as JSON or as a form")
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "the looks cannot be read") from error
    if not isinstance(given, dict) or not given:
        raise Refusal(422, "say which results or which looks are wanted, such as to=srt")
    return _only(given, OF_RESTYLING)


def _query(request: Request) -> dict[str, str]:
    return _only(dict(request.query_params), OF_CHECKS)


def _only(given: Mapping[str, Any], allowed: tuple[str, ...]) -> dict[str, str]:
    """Options as texts, where all are allowed.

    Raises:
        Refusal: One is not.
    """
    options = {}
    for name, value in given.items():
        if name not in allowed:
            sentence = f"there is no option called {str(name)[:40]!r} here; there are: "
            raise Refusal(422, sentence + ", ".join(allowed))
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            value = ",".join(value)  # noqa: PLW2901  (what a list is on the command line)
        if isinstance(value, bool):
            value = str(value).lower()  # noqa: PLW2901
        if not isinstance(value, str | int | float) or len(str(value)) > 2000:
            raise Refusal(422, f"the value of {name!r} cannot be used")
        options[name] = str(value)
    return options


def _as_sent(event: Event, job: Job) -> str:
    data = event.data
    if event.name == "done":
        results = {
            kind: {"url": f"/api/jobs/{job.id}/results/{kind}", **told}
            for kind, told in data.get("results", {}).items()
        }
        data = {**data, "results": results}
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return f"id: {event.number}\nevent: {event.name}\ndata: {text}\n\n"


async def _next(events: AsyncIterator[Event]) -> Event:
    return await anext(events)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip().removeprefix("W/") for part in text.split(",") if part.strip())


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


def _metric(
    name: str, says: str, values: Mapping[str, int], *, kind: str = "gauge"
) -> Iterator[str]:
    yield f"# HELP sentigram_{name} {says}"
    yield f"# TYPE sentigram_{name} {kind}"
    yield from (f"sentigram_{name}{labels} {value}" for labels, value in values.items())


def resident_bytes() -> int:
    """Memory of this process; its peak where the system does not say how much it is now."""
    try:
        with Path("/proc/self/statm").open(encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        try:
            import resource
        except ImportError:  # Windows
            return 0
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
