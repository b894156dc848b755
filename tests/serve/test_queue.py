"""The queue: real jobs on real speech, jobs that misbehave, limits, and an end of the server."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sentigram.core.document import NO_EMOTIONS, Document, dumps, read_document
from sentigram.errors import OutputError
from sentigram.serve import process
from sentigram.serve import queue as queue_module
from sentigram.serve.drawing import DrawingFailed, check, restyle
from sentigram.serve.isolation import FILES, available
from sentigram.serve.job_folder import JobFolders, JobGone, JobRecord
from sentigram.serve.limits import DiskFull, Limits, QueueFull, TooManyJobs
from sentigram.serve.process import environment
from tests.documents import talk
from tests.serve.queues import (
    at_once,
    ended,
    it_is,
    job_of,
    misbehaving,
    running,
    to_its_end,
    until,
)


def _alive(folder: Path) -> bool:
    """Whether a process works in a job's folder, or has it among its arguments."""
    for each in Path("/proc").iterdir():
        try:
            where = (each / "cwd").readlink()
            told = (each / "cmdline").read_bytes()
        except OSError:
            continue
        if where.is_relative_to(folder) or str(folder).encode() in told:
            return True
    return False


def _gone(folder: Path) -> bool:
    until_s = time.monotonic() + 10
    while _alive(folder) and time.monotonic() < until_s:
        time.sleep(0.05)
    return not _alive(folder)


def test_a_real_job_tells_words_then_readings_then_results(
    folders: JobFolders, speech: Path
) -> None:
    job = job_of(folders, speech)

    async def work() -> None:
        async with running(folders) as queue:
            await queue.submit(job.id)
            assert queue.place(job.id) in (0, 1)
            events = await to_its_end(queue, job)
            names = [event.name for event in events]
            assert names.index("recognized") < names.index("words")
            recognized = next(event.data for event in events if event.name == "recognized")
            assert [word["text"] for word in recognized["words"]][:3] == ["And", "so", "my"]
            assert "recognized" not in queue.feed(job.id).latest, "who comes late has the words"
            assert names.index("words") < names.index("readings") < names.index("done")
            words = next(event.data for event in events if event.name == "words")
            readings = next(event.data for event in events if event.name == "readings")
            assert words["from"] == readings["from"] == 0
            assert [word["text"] for word in words["words"]][:3] == ["And", "so", "my"]
            assert len(words["words"]) == len(readings["readings"])
            assert abs(sum(readings["readings"][0]["probs"].values()) - 1) < 0.01
            assert set(events[-1].data["results"]) == {"srt", "json"}
            assert queue.place(job.id) is None
            following = job_of(folders, speech)
            await queue.cancel(following.id)  # neither waits nor runs
            assert queue._speeds
            with pytest.raises(JobGone):
                await queue.submit("0" * 32)

    at_once(work())
    record = job.record
    assert (record.state, record.error) == ("done", "")
    assert record.media_ms > 4000
    assert record.seconds > 0
    assert record.expires - record.finished == 1440 * 60
    assert "fellow" in job.results()["srt"].read_text()
    assert job.document().is_read
    assert job.document().media.name == "My speech.mp4"
    said = json.dumps([record.as_text(), job.document_path.read_text()])
    assert str(folders.data) not in said, "no path of the server is told"
    assert not list(job.path.glob("work*")), "nothing temporary is left"


@pytest.mark.slow
def test_where_emotions_may_not_be_read_words_come_alone(folders: JobFolders, speech: Path) -> None:
    job = job_of(folders, speech, preview="0:00-0:02")

    async def work() -> list[str]:
        async with running(folders, emotions=False) as queue:
            await queue.submit(job.id)
            return [event.name for event in await to_its_end(queue, job)]

    names = at_once(work())
    assert "words" in names
    assert "readings" not in names
    assert NO_EMOTIONS in job.document().engine


def test_restyling_and_checking_need_no_job(folders: JobFolders) -> None:
    job = folders.create("ann", "talk.sentigram.json", {"to": "srt"})
    talk().save(job.source(".sentigram.json"))

    async def work() -> None:
        with pytest.raises(DrawingFailed, match="culture 'martian'"):
            await restyle(job, {"to": "ass", "culture": "martian"})
        made = await restyle(job, {"to": "ass,vtt", "culture": "eastern"})
        assert set(made) == {"json", "ass", "vtt"}
        report = await check(job, {"profile": "netflix"})
        assert report["file"] == "talk.sentigram.json"
        assert report["schema"] == "sentigram-check/1"

    at_once(work())


def test_a_job_that_is_done_is_drawn_again_and_not_heard(
    folders: JobFolders, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for results that are made from the picture; what a person corrected is what they show."""
    job = job_of(folders, speech)
    job.document_path.write_text(dumps(_named(talk(), job.document_path)))
    job.update(state="done", finished=1.0, expires=time.time() + 99, seconds=9.0, media_ms=5000)

    async def work() -> None:
        async with running(folders) as queue:
            for options, error in (({"to": "mkv"}, ""), ({"to": "mkv", "culture": "x"}, "culture")):
                job.update(options=options)
                await queue.submit(job.id)
                events = await to_its_end(queue, job)
                assert "words" not in {e.data.get("name") for e in events if e.name == "stage"}
                record = job.record
                assert record.state == "done", "what was there is there"
                assert (error in record.error) if error else not record.error
                assert record.seconds == 9.0, "how long hearing takes is known from hearing"

    at_once(work())
    assert set(job.results()) == {"json", "mkv"}
    assert job.document() == _named(talk(), job.document_path)


def _named(document: Document, path: Path) -> Document:
    name = f"{path.name.removesuffix('.sentigram.json')}.mp4"
    return replace(document, media=replace(document.media, name=name))


def test_an_uploaded_document_is_drawn(folders: JobFolders) -> None:
    job = folders.create("ann", "talk.sentigram.json", {"to": "srt,vtt"})
    talk().save(job.source(".sentigram.json"))
    job.update(state="queued")
    assert ended(folders, job).state == "done"
    assert set(job.results()) == {"json", "srt", "vtt"}


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"to": "nonsense"}, "to nonsense: choose from"),
        ({"colour": "red"}, "no option is called 'colour'"),
        ({"crf": "many"}, "crf 'many': is not a whole number"),
    ],
)
def test_wrong_options_fail_with_their_names(
    folders: JobFolders, speech: Path, options: dict[str, str], error: str
) -> None:
    record = ended(folders, job_of(folders, speech, **options))
    assert record.state == "failed"
    assert error in record.error


def test_what_is_too_long_is_not_heard(folders: JobFolders, speech: Path) -> None:
    job = job_of(folders, speech)

    async def work() -> None:
        async with running(folders, Limits(longest_minutes=0.05)) as queue:
            await queue.submit(job.id)
            events = await to_its_end(queue, job)
            assert not [event for event in events if event.name == "stage"]

    at_once(work())
    assert "lasts 0:05, and at most 0:03 is heard here" in job.record.error
    assert str(folders.data) not in job.record.error


def test_what_is_no_recording_fails_before_its_turn(folders: JobFolders, speech: Path) -> None:
    text = folders.data / "text.mp4"
    text.write_text("no film\n" * 1000)
    record = ended(folders, job_of(folders, text))
    assert record.state == "failed"
    assert "My text.mp4" in record.error
    assert str(folders.data) not in record.error


def test_a_job_that_hangs_is_ended_with_what_it_started(
    folders: JobFolders, speech: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_of(folders, speech)
    misbehaving(
        monkeypatch,
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)', spec.folder],"
        " start_new_session=bool(spec.ways))\ntime.sleep(99)",
    )
    started = time.monotonic()
    record = ended(folders, job, Limits(job_minutes=0.05))
    assert time.monotonic() - started < 30
    assert record.state == "failed"
    assert record.error == "it took longer than the 0.05 minutes that a job may take here"
    assert _gone(job.path)


@pytest.mark.parametrize(
    ("body", "limits", "error"),
    [
        (
            "kept = [bytearray(50_000_000) for _ in range(100)]",
            {"memory_mb": 600},
            "more memory than a job may have",
        ),
        (
            "Path(spec.folder, 'files', 'a').write_bytes(bytes(30_000_000))",
            {"disk_mb": 10},
            "went wrong here|too little disk",
        ),
        pytest.param(
            "for i in 'abcdefghijklmnop': open(i, 'wb').write(bytes(10**6)); time.sleep(1)",
            {"disk_mb": 10},
            "it took more disk than there is for jobs here",
            marks=pytest.mark.slow,
        ),
        ("os.kill(os.getpid(), 9); os._exit(9)", {}, "went wrong|ended by the system"),
        ("os._exit(3)", {}, "went wrong here"),
        pytest.param(
            "while True: teller.note('a' * 100_000)", {}, "went wrong here", marks=pytest.mark.slow
        ),
        ("teller.tell('note', ['no', 'text'])\ntime.sleep(9)", {}, "went wrong here"),
        ("teller._out.write('7\\n'); teller._out.flush(); time.sleep(9)", {}, "went wrong here"),
        (
            "os.write(1, b'x' * 10)\nprint('noise')\nraise ValueError(spec.folder)",
            {},
            "went wrong here",
        ),
        (
            "teller._out.write('nonsense\\n'); teller._out.flush(); time.sleep(9)",
            {},
            "went wrong here",
        ),
        (
            "teller._out.write('[1' * 4_000_000); teller._out.flush(); time.sleep(9)",
            {},
            "went wrong here",
        ),
    ],
)
def test_jobs_that_misbehave_fail_alone_and_say_nothing_of_the_server(
    folders: JobFolders,
    speech: Path,
    monkeypatch: pytest.MonkeyPatch,
    body: str,
    limits: dict[str, int],
    error: str,
) -> None:
    job = job_of(folders, speech)
    misbehaving(monkeypatch, body)
    record = ended(folders, job, Limits(**limits))
    assert record.state == "failed"
    assert any(part in record.error for part in error.split("|")), record.error
    assert str(folders.data) not in record.error
    assert "Traceback" not in record.error


def test_a_job_cannot_change_its_record(
    folders: JobFolders, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if FILES not in available():
        pytest.skip("this system has no Landlock")
    job, other = job_of(folders, speech), job_of(folders, speech)
    other.update(state="done")
    misbehaving(
        monkeypatch,
        "for path in (Path(spec.folder, 'job.json'), Path(spec.folder, 'new'),\n"
        f"             Path({str(other.path)!r}, 'job.json'), Path({str(other.files)!r}, 'a')):\n"
        "    for do in (path.read_bytes, lambda: path.write_bytes(b'{}'), path.unlink,\n"
        "               lambda: os.mkfifo(path), lambda: path.symlink_to('/etc/passwd')):\n"
        "        try:\n"
        "            do()\n"
        "        except OSError:\n"
        "            continue\n"
        "        raise child.InputError(f'it could {do} {path.name}')\n"
        "raise child.InputError('it could do nothing')",
    )
    record = ended(folders, job)
    assert record.error == "it could do nothing"


def test_a_job_has_none_of_the_servers_secrets(
    folders: JobFolders, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTIGRAM_TOKEN", "secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    job = job_of(folders, speech)
    misbehaving(monkeypatch, "raise child.InputError(' '.join(sorted(os.environ.values())))")
    assert "secret" not in ended(folders, job).error
    assert "secret" not in environment(job.path).values()


@pytest.mark.slow
def test_words_survive_the_failure_of_a_later_stage(
    folders: JobFolders, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_of(folders, speech)
    misbehaving(
        monkeypatch,
        "from sentigram.jobs import run\n"
        "def fails(*args, **options):\n    raise MemoryError\n"
        "run.read_emotions = fails\n"
        "return child.hear(spec, teller)",
    )
    record = ended(folders, job)
    assert record.state == "failed"
    assert "more memory than a job may have" in record.error
    words = job.document()
    assert [word.text for word in words.words][:3] == ["And", "so", "my"]
    assert not words.is_read
    assert "emotions are not read yet" in words.notes

    async def later() -> None:
        async with running(folders) as queue:  # a new life of the server
            events = [event.name async for event in queue.feed(job.id).events()]
            assert events == ["state", "failed"]

    at_once(later())


_SERVER = """
import asyncio, sys
from pathlib import Path
from sentigram.serve.job_folder import JobFolders
from sentigram.serve.limits import Limits
from sentigram.serve.queue import Queue

async def serve():
    queue = Queue(JobFolders(Path(sys.argv[1])), Limits())
    await queue.start()
    async for event in queue.feed(sys.argv[2]).events():
        print(event.name, flush=True)
        if event.name == "words":
            await asyncio.sleep(60)

asyncio.run(serve())
"""


def test_a_server_that_is_killed_leaves_no_process_and_the_next_one_goes_on(
    folders: JobFolders, speech: Path
) -> None:
    job, waiting = job_of(folders, speech), job_of(folders, speech)
    coming = folders.create("ann", "half.mp4", {})
    coming.source(".mp4").write_bytes(b"half")
    job.update(state="queued", created=1.0)
    waiting.update(state="queued", created=2.0)
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(folders.data), job.id],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    for line in server.stdout:
        if line == "words\n":
            break
    assert _alive(job.path)
    server.send_signal(signal.SIGKILL)
    server.wait()
    server.stdout.close()
    assert _gone(job.path), "the job ended with its server"
    assert job.record.state == "running"
    words = job.document()
    assert not words.is_read

    async def again() -> None:
        async with running(folders) as queue:
            assert queue.place(job.id) == 1 or queue.place(job.id) == 0
            assert queue.place(waiting.id) is not None
            assert folders.find(coming.id) is None, "half an upload is none"
            events = await to_its_end(queue, job)
            assert events[-1].name == "done"
            stages = {event.data["name"] for event in events if event.name == "stage"}
            assert "words" not in stages, "they were kept"
            assert [event for event in events if event.name == "words"]
            await queue.cancel(waiting.id)

    at_once(again())
    assert job.document().is_read
    assert [word.text for word in job.document().words] == [word.text for word in words.words]
    assert (waiting.record.state, waiting.record.error) == ("failed", "it was cancelled")


def test_a_job_that_takes_the_server_down_is_given_up(folders: JobFolders, speech: Path) -> None:
    job = job_of(folders, speech)
    job.update(state="running", starts=3)
    assert ended(folders, job).error == "it failed several times without saying why"


def test_cancelling_ends_a_running_job_and_the_next_one_runs(
    folders: JobFolders, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = (job_of(folders, speech, owner) for owner in ("ann", "bob", "ann"))
    misbehaving(
        monkeypatch, f"if {first.id!r} in spec.folder: time.sleep(99)\nreturn {{'kinds': []}}"
    )

    async def work() -> None:
        async with running(folders) as queue:
            for job in (first, second, third):
                await queue.submit(job.id)
            await until(queue, first, "state")
            await it_is(lambda: queue.place(first.id) == 0)
            assert (queue.place(second.id), queue.place(third.id)) == (1, 2)
            assert queue.feed(third.id).latest["state"].data["place"] == 2
            await queue.delete(third.id)
            assert folders.find(third.id) is None
            await queue.cancel(first.id)
            assert (await to_its_end(queue, second))[-1].name == "done"

    at_once(work())
    assert (first.record.state, first.record.error) == ("failed", "it was cancelled")
    assert _gone(first.path)
    assert second.record.state == "done"


def test_there_is_room_for_so_many_and_no_more(folders: JobFolders, speech: Path) -> None:
    async def work() -> None:
        queue = folders_queue(Limits(queue_length=3, jobs_per_owner=2, disk_mb=10))
        queue.check_room("ann")
        job_of(folders, speech)
        queue.check_room("ann")
        folders.create("ann", "coming.mp4", {})  # what is still coming counts
        with pytest.raises(TooManyJobs, match="2 of your jobs are not finished") as refused:
            queue.check_room("ann")
        assert refused.value.status == 429
        queue.check_room("bob")
        job_of(folders, speech, "bob")
        with pytest.raises(QueueFull) as full:
            queue.check_room("eve")
        assert full.value.status == 503

    def folders_queue(limits: Limits):
        from sentigram.serve.queue import Queue

        return Queue(folders, limits)

    at_once(work())


def test_a_full_disk_refuses(folders: JobFolders, speech: Path) -> None:
    from sentigram.serve.queue import Queue

    queue = Queue(folders, Limits(disk_mb=10))
    job = job_of(folders, speech)
    (job.files / "large").write_bytes(bytes(11_000_000))
    with pytest.raises(DiskFull, match="full here"):
        queue.check_room("ann")
    assert queue.free_bytes() < 0


def test_times_are_told_once_something_was_measured(
    folders: JobFolders, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [job_of(folders, speech) for _ in range(3)]
    jobs[0].update(
        state="done", seconds=10.0, media_ms=5000, finished=1.0, expires=time.time() + 99
    )
    for job in jobs[1:]:
        job.update(media_ms=5000)
    misbehaving(monkeypatch, "time.sleep(99)")

    async def work() -> None:
        async with running(folders) as queue:
            for job in jobs[1:]:
                await queue.submit(job.id)
            await it_is(lambda: queue.place(jobs[1].id) == 0)
            assert 5 < queue.eta_s(jobs[1].id) <= 10
            assert 15 < queue.eta_s(jobs[2].id) <= 20
            assert queue.eta_s(jobs[0].id) is None

    at_once(work())


def test_what_expires_is_swept_with_its_events(
    folders: JobFolders, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_module, "_SWEEP_EVERY_S", 0.05)
    job, kept, old = (job_of(folders, speech) for _ in range(3))
    now = time.time()

    async def work() -> None:
        async with running(folders) as queue:
            job.update(state="done", finished=now, expires=now + 0.3)
            kept.update(state="done", finished=now, expires=now + 99)
            old.update(state="done", finished=now - 9999, expires=now + 99)
            listener = asyncio.create_task(to_its_end(queue, job))
            feeds = {each.id: queue.feed(each.id) for each in (kept, old)}
            await it_is(lambda: folders.find(job.id) is None)
            await listener
            await it_is(lambda: queue.feed(old.id) is not feeds[old.id])
            assert queue.feed(kept.id) is feeds[kept.id]
            names = [event.name for event in await to_its_end(queue, old)]
            assert names == ["state", "done"]

    for each in (job, kept, old):  # or the queue would begin them
        each.update(state="done")
    at_once(work())


def test_what_was_done_stays_done_where_a_new_look_fails_after_a_restart(
    folders: JobFolders, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_of(folders, speech)
    job.update(state="running", seconds=3.0, starts=1)  # it was heard, and drawn anew at the end
    misbehaving(monkeypatch, "raise child.InputError('no picture')")

    async def work() -> None:
        async with running(folders) as queue:
            await to_its_end(queue, job)

    at_once(work())
    assert (job.record.state, job.record.error) == ("done", "no picture")


def test_what_the_operator_chose_holds_for_every_job(
    folders: JobFolders, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_of(folders, speech, culture="eastern", weights="research")
    misbehaving(
        monkeypatch,
        "settings = child._settings(spec)\n"
        "raise child.InputError(f'{settings.engine.weights}, {settings.look.culture}')",
    )

    async def work() -> None:
        async with running(folders, engine={"weights": "commercial"}) as queue:
            await to_its_end(queue, job)

    at_once(work())
    assert job.record.error == "commercial, eastern"


def test_the_log_names_no_file_of_a_visitor(
    folders: JobFolders,
    speech: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    job = job_of(folders, speech)
    caplog.set_level("INFO", logger="sentigram.serve")
    monkeypatch.setattr(logging.getLogger("sentigram.serve"), "propagate", True)
    misbehaving(
        monkeypatch,
        "path = Path(spec.folder, 'files', spec.source)\n"
        "raise child.InputError(f'{path}: is damaged; {path.name} has no sound')",
    )
    assert ended(folders, job).error == "My speech.mp4: is damaged; My speech.mp4 has no sound"
    (line,) = [r.getMessage() for r in caplog.records if "failed" in r.getMessage()]
    assert line == f"job {job.id} failed: the file: is damaged; the file has no sound"


def test_a_full_disk_of_the_server_leaves_nobody_waiting(
    folders: JobFolders, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks is told how it ended, and it is written as soon as there is room."""
    job = job_of(folders, speech)
    misbehaving(monkeypatch, "raise child.InputError('no words')")
    write, is_full = JobRecord.as_text, True

    def full(record: JobRecord) -> str:
        if is_full and record.state != "queued":
            message = "the disk is full"
            raise OutputError(message)
        return write(record)

    monkeypatch.setattr(JobRecord, "as_text", full)
    monkeypatch.setattr(queue_module, "_SWEEP_EVERY_S", 0.05)

    def on_disk() -> str:
        return json.loads((job.path / "job.json").read_text())["state"]

    async def work() -> None:
        nonlocal is_full
        async with running(folders) as queue:
            assert (await to_its_end(queue, job))[-1].data == {"error": "no words"}
            known = folders.find(job.id)
            assert (known.record.state, known.record.error) == ("failed", "no words")
            queue.check_room("ann")  # it is nothing that she waits for
            assert on_disk() == "queued", "a server that ends now begins it again"
            is_full = False
            await it_is(lambda: on_disk() == "failed")

    at_once(work())


def test_several_workers_work_at_once(
    folders: JobFolders, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [job_of(folders, speech) for _ in range(2)]
    misbehaving(
        monkeypatch,
        "Path(spec.folder, 'files', 'here').touch()\ntime.sleep(99)",
    )

    async def work() -> None:
        async with running(folders, Limits(workers=2)) as queue:
            for job in jobs:
                await queue.submit(job.id)
            await it_is(lambda: all((job.files / "here").exists() for job in jobs))
            assert all(_alive(job.path) for job in jobs), "else the last line would prove nothing"
            assert [queue.place(job.id) for job in jobs] == [0, 0]

    at_once(work())
    assert [job.record.state for job in jobs] == ["running", "running"], "for the next server"
    assert all(_gone(job.path) for job in jobs)


def test_feeds_of_what_is_not_there_end(folders: JobFolders) -> None:
    async def work() -> list[object]:
        async with running(folders) as queue:
            return [event async for event in queue.feed("0" * 32).events()]

    assert at_once(work()) == []


def test_the_program_of_jobs_is_this_one() -> None:
    assert process.PROGRAM == ("-P", "-m", "sentigram.serve.child")


def test_words_alone_are_a_document_that_opens(folders: JobFolders, speech: Path) -> None:
    job = job_of(folders, speech)
    talk().save(job.words_path)
    assert read_document(job.words_path) == talk()
