"""The queue of one server: jobs wait, run in processes of their own, and end.

All of it happens in one event loop; what a job does happens in its process. What is on disk is the
truth: a server that is killed finds there what waited and what ran, and begins it again, with the
words that were found.
"""

from __future__ import annotations

import asyncio
import logging
import re
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sentigram.serve.feed import Feed
from sentigram.serve.job_folder import WORK, Job, JobFolders, JobGone, JobRecord
from sentigram.serve.limits import DiskFull, Limits, QueueFull, TooManyJobs
from sentigram.serve.process import Ended, Process

_LOG = logging.getLogger(__name__)
_SWEEP_EVERY_S = 60.0
_FEEDS_KEPT_S = 600.0  # after a job's end
_MOST_STARTS = 3  # of a job: what takes the server down with it must not do so for ever
_MOST_NOTES = 100
_TIMES_KEPT = 20  # of finished jobs, whose median tells how fast jobs are
_CANCELLED = "it was cancelled"
_STOPS_THE_SERVER = "it failed several times without saying why"
_FAULT = "something went wrong here that is not the file's fault; whoever runs the server sees what"


class Queue:
    """Jobs in their order.

    Args:
        folders: Where they are.
        limits: What they may take.
        emotions: Whether emotions may be read here at all.
        engine: What the operator chose of `endpoints.OF_SERVER`, as texts.
    """

    def __init__(
        self,
        folders: JobFolders,
        limits: Limits,
        *,
        emotions: bool = True,
        engine: Mapping[str, str] | None = None,
    ) -> None:
        self.folders, self.limits, self.emotions = folders, limits, emotions
        self.engine = engine or {}
        self._waiting: list[str] = []
        self._running: dict[str, Process] = {}
        self._feeds: dict[str, Feed] = {}
        self._lengths_ms: dict[str, int] = {}
        self._speeds: list[float] = []  # seconds of work for a second of media
        self._tasks: list[asyncio.Task[None]] = []
        self._something_waits = asyncio.Event()
        self._looked_at: set[str] = set()  # whose lengths were looked for
        self._cancelled: set[str] = set()
        self._drawn_again: set[str] = set()  # what was done before stays done if that fails
        self._ended: dict[str, asyncio.Event] = {}

    async def start(self) -> None:
        """Take up what an earlier server left, and begin to work."""
        self.folders.sweep()
        left: list[tuple[float, str]] = []
        for job, record in self.folders.records():
            for work in job.path.glob(f"{WORK}-*"):  # of a process that died with its server
                shutil.rmtree(work, ignore_errors=True)
            if record.state == "uploading":
                job.remove()
            elif record.state == "done" and record.media_ms and record.seconds:
                self._speeds.append(record.seconds / record.media_ms * 1000)
            elif not record.is_finished:
                if record.seconds:
                    self._drawn_again.add(job.id)
                left.append((record.created, job.id))
        del self._speeds[:-_TIMES_KEPT]
        for _, job_id in sorted(left):
            await self.submit(job_id)
        works = [self._work() for _ in range(self.limits.workers)]
        self._tasks = [
            asyncio.create_task(work) for work in (*works, self._look_ahead(), self._sweep())
        ]

    async def stop(self) -> None:
        """End all work; what waits or runs is begun again by the next server."""
        for task in self._tasks:
            task.cancel()
        for process in [*self._running.values()]:
            process.kill()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for feed in self._feeds.values():
            feed.close()
        self._tasks = []

    def check_room(self, owner: str) -> None:
        """See that a new job of an owner may come; called before its folder is made.

        Raises:
            QueueFull: Too many jobs wait.
            TooManyJobs: The owner has too many that are not finished.
            DiskFull: There is no disk for it.
        """
        unfinished = [record for _, record in self.folders.records() if not record.is_finished]
        if len(unfinished) - len(self._running) >= self.limits.queue_length:
            message = "too many jobs wait here; try again in a while"
            raise QueueFull(message)
        if sum(record.owner == owner for record in unfinished) >= self.limits.jobs_per_owner:
            message = (
                f"{self.limits.jobs_per_owner} of your jobs are not finished yet; "
                "wait for one of them, or delete one"
            )
            raise TooManyJobs(message)
        if self.free_bytes() <= 0:
            message = "the disk for jobs is full here; try again later, or delete jobs of yours"
            raise DiskFull(message)

    def free_bytes(self) -> int:
        """How much more may be uploaded or made."""
        return self.limits.disk_bytes - self.folders.used_bytes()

    async def submit(self, job_id: str) -> JobRecord:
        """Put a job at the end of the queue; its upload is whole.

        Raises:
            JobGone: There is no such job.
        """
        job = self._job(job_id)
        if job_id in self._waiting or job_id in self._running:
            return job.record
        earlier = job.record
        if earlier.is_finished and earlier.state == "done":
            self._drawn_again.add(job_id)
        record = job.update(
            state="queued",
            error="",
            finished=None,
            expires=None,
            starts=0 if earlier.is_finished else earlier.starts,
        )
        self._waiting.append(job_id)
        if record.media_ms:
            self._lengths_ms[job_id] = record.media_ms
            self._looked_at.add(job_id)
        self._tell_state(job_id)
        self._something_waits.set()
        return record

    async def cancel(self, job_id: str) -> None:
        """Take a job out of the queue, or kill its process with all that it started."""
        if job_id in self._waiting:
            self._waiting.remove(job_id)
            self._fail(self._job(job_id), _CANCELLED)
            self._tell_places()
        elif (process := self._running.get(job_id)) is not None:
            self._cancelled.add(job_id)
            process.kill()
            await self._ended[job_id].wait()

    async def delete(self, job_id: str) -> None:
        """Cancel a job and remove all of it."""
        with suppress(JobGone):
            await self.cancel(job_id)
        await asyncio.to_thread(self.folders.delete, job_id)
        self._forget(job_id)

    def place(self, job_id: str) -> int | None:
        """How many run or wait before it, and itself: 1 is next; 0 while it runs; None else."""
        if job_id in self._running:
            return 0
        return self._waiting.index(job_id) + 1 if job_id in self._waiting else None

    def eta_s(self, job_id: str) -> float | None:
        """In how many seconds it will be done, as far as earlier jobs tell; None if they do not."""
        if not self._speeds:
            return None
        if job_id in self._running:
            return self._left_s(job_id)
        if job_id not in self._waiting:
            return None
        before = self._waiting[: self._waiting.index(job_id)]
        ahead = [self._left_s(each) for each in (*self._running, *before)]
        own = self._left_s(job_id)
        if own is None or None in ahead:
            return None
        return sum(each or 0.0 for each in ahead) / self.limits.workers + own

    def feed(self, job_id: str) -> Feed:
        """The events of a job; of one that ended in an earlier life of the server, its end."""
        feed = self._feeds.get(job_id)
        if feed is None:
            feed = self._feeds[job_id] = Feed()
            job = self.folders.find(job_id)
            if job is None:
                self._feeds.pop(job_id)
                feed.close()
            else:
                self._tell_state(job_id)
                if job.record.is_finished:
                    self._tell_end(job)
        return feed

    def _job(self, job_id: str) -> Job:
        job = self.folders.find(job_id)
        if job is None:
            message = "there is no such job"
            raise JobGone(message)
        return job

    def _left_s(self, job_id: str) -> float | None:
        """What a job still takes, once it runs."""
        length_ms = self._lengths_ms.get(job_id)
        if length_ms is None or not self._speeds:
            return None
        speed = sorted(self._speeds)[len(self._speeds) // 2]
        whole_s = length_ms / 1000 * speed
        process = self._running.get(job_id)
        return whole_s if process is None else max(1.0, whole_s - process.elapsed_s)

    async def _work(self) -> None:
        while True:
            while not self._waiting:
                self._something_waits.clear()
                await self._something_waits.wait()
            job_id = self._waiting.pop(0)
            try:
                await self._run(job_id)
            except JobGone:
                self._forget(job_id)
            except Exception:  # noqa: BLE001  (one job's fault must not stop the others)
                _LOG.exception("job %s", job_id)
                with suppress(Exception):
                    self._fail(self._job(job_id), _FAULT)

    async def _run(self, job_id: str) -> None:
        job = self._job(job_id)
        record = job.record
        if record.starts >= _MOST_STARTS:
            self._fail(job, _STOPS_THE_SERVER)
            return
        job.update(state="running", starts=record.starts + 1, notes=())
        feed = self.feed(job_id)
        feed.forget("note", "done", "failed")
        if job_id not in self._drawn_again:
            feed.forget("recognized", "words", "readings")
        process = Process(
            job,
            self.limits,
            emotions=self.emotions,
            free_bytes=self.free_bytes,
            engine=self.engine,
        )
        self._running[job_id] = process
        self._ended[job_id] = asyncio.Event()
        try:
            self._tell_places()
            self._tell_state(job_id)
            try:
                ended = await process.run(lambda name, data: self._hear(job, feed, name, data))
            finally:
                self._running.pop(job_id)
            self._end(job, ended, process.elapsed_s)
        finally:
            self._cancelled.discard(job_id)
            self._ended.pop(job_id).set()

    def _end(self, job: Job, ended: Ended, seconds: float) -> None:
        if job.id in self._cancelled:
            self._fail(job, _CANCELLED)
        elif ended.error:
            _LOG.info("job %s failed: %s", job.id, _without_names(ended.detail or ended.error, job))
            self._fail(job, ended.error)
        else:
            was_heard = bool((ended.answer or {}).get("was_heard"))
            record = job.update(
                state="done",
                seconds=seconds if was_heard else job.record.seconds,
                **self._until(),
            )
            if was_heard and record.media_ms:
                self._speeds.append(seconds / record.media_ms * 1000)
                del self._speeds[:-_TIMES_KEPT]
            self._drawn_again.discard(job.id)
            self._tell_state(job.id)
            self._tell_end(job)

    def _hear(self, job: Job, feed: Feed, name: str, data: Mapping[str, Any]) -> None:
        """Take in an event of a job's process."""
        if name == "length":
            self._lengths_ms[job.id] = int(data["ms"])
            job.update(media_ms=int(data["ms"]))
            self._tell_state(job.id)
            return
        if name == "note":
            data = dict(data)
            if detail := data.pop("detail", ""):
                _LOG.info("job %s: %s", job.id, _without_names(str(detail), job))
            notes = job.record.notes
            if len(notes) < _MOST_NOTES and data["text"] not in notes:
                job.update(notes=(*notes, str(data["text"])))
        if name == "words":
            feed.forget("recognized")  # who comes late needs only what is known in the end
        feed.tell(name, data)

    def _fail(self, job: Job, error: str) -> None:
        state = "done" if job.id in self._drawn_again else "failed"
        self._drawn_again.discard(job.id)
        job.update(state=state, error=error, **self._until())
        self._tell_state(job.id)
        self._tell_end(job)

    def _until(self) -> dict[str, float]:
        now = time.time()
        return {"finished": now, "expires": now + self.limits.keep_minutes * 60}

    def _tell_places(self) -> None:
        for job_id in self._waiting:
            self._tell_state(job_id)

    def _tell_state(self, job_id: str) -> None:
        job = self.folders.find(job_id)
        if job is not None:
            self.feed(job_id).tell(
                "state",
                {
                    "state": job.record.state,
                    "place": self.place(job_id),
                    "eta_s": self.eta_s(job_id),
                },
            )

    def _tell_end(self, job: Job) -> None:
        record = job.record
        feed = self.feed(job.id)
        if record.error:
            feed.tell("failed", {"error": record.error})
        else:
            sizes = {kind: {"bytes": path.stat().st_size} for kind, path in job.results().items()}
            feed.tell("done", {"results": sizes})

    def _forget(self, job_id: str) -> None:
        self._lengths_ms.pop(job_id, None)
        self._looked_at.discard(job_id)
        self._drawn_again.discard(job_id)
        if (feed := self._feeds.pop(job_id, None)) is not None:
            feed.close()

    async def _look_ahead(self) -> None:
        """Find how long waiting recordings are, one at a time; fail those that cannot be heard."""
        while True:
            await asyncio.sleep(0.2)
            for job_id in [each for each in self._waiting if each not in self._looked_at]:
                self._looked_at.add(job_id)
                with suppress(JobGone):
                    await self._look_at(self._job(job_id))

    async def _look_at(self, job: Job) -> None:
        feed = self.feed(job.id)
        look = Process(job, self.limits, emotions=False, free_bytes=self.free_bytes)
        ended = await look.measure(lambda name, data: self._hear(job, feed, name, data))
        if ended.error and job.id in self._waiting:
            self._waiting.remove(job.id)
            self._fail(job, ended.error)
        self._tell_places()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_EVERY_S)
            try:
                for job_id in await asyncio.to_thread(self.folders.sweep):
                    self._forget(job_id)
                self.folders.write_held()
                self._drop_feeds()
            except Exception:  # noqa: BLE001  (the next time may do better)
                _LOG.exception("sweeping")

    def _drop_feeds(self) -> None:
        """Forget the events of jobs that ended a while ago: they hold all words and readings."""
        old = time.time() - _FEEDS_KEPT_S
        for job_id in list(self._feeds):
            job = self.folders.find(job_id)
            if job is None:
                self._forget(job_id)
            elif (job.record.finished or old) < old:
                self._feeds.pop(job_id)


def _without_names(text: str, job: Job) -> str:
    """What is said to whoever runs the server, without what visitors call their files."""
    text = re.sub(rf"{re.escape(str(job.path))}/[^:\n'\"]*", "the file", text)
    record = job.record
    for name in (record.source, record.transcript):
        if name:
            text = text.replace(name, "the file")
    return text
