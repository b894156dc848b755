"""The interface, over real sockets."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sentigram.core.document import SUFFIX, Document, dumps, loads
from sentigram.serve import api
from sentigram.serve.endpoints import ENDPOINTS
from sentigram.serve.limits import Limits
from sentigram.serve.process import Ended
from tests.documents import talk
from tests.serve.running import WAV, Client, FakeProcess, Running, running

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def test_an_upload_is_queued_done_and_taken_home(server: Running) -> None:
    browser = server.browser
    made = browser.upload(to="srt,json")
    assert made.status == 202, made
    job_id = made.json["id"]
    assert made.headers["location"] == f"/api/jobs/{job_id}"
    job = browser.done(job_id)
    assert job["name"] == "talk.wav"
    assert job["document"]["schema"] == "sentigram/1"
    assert set(job["results"]) == {"srt", "json"}
    srt = browser.get(job["results"]["srt"]["url"])
    assert srt.body == b"srt of We"
    assert 'filename="talk.srt"' in srt.headers["content-disposition"]
    assert browser.get(f"/api/jobs/{job_id}/media").body == WAV
    assert [one["id"] for one in browser.get("/api/jobs").json["jobs"]] == [job_id]
    assert browser.ask("DELETE", f"/api/jobs/{job_id}").status == 204
    assert browser.get(f"/api/jobs/{job_id}").status == 404


def finished(browser: Client, **fields: str) -> str:
    """The id of a job of a browser that is done."""
    job_id: str = browser.upload(**fields).json["id"]
    browser.done(job_id)
    return job_id


def events(told: bytes) -> list[tuple[int, str, Any]]:
    """Number, name and data of events, as the specification of server-sent events reads them."""
    found = []
    for block in told.decode("utf-8").split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in block.splitlines() if ": " in line and line[0] != ":"
        )
        if "event" in fields:
            found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
    return found


def test_events_tell_everything_in_order_and_again_from_where_one_was(server: Running) -> None:
    browser = server.browser
    job_id = finished(browser)
    answer = browser.get(f"/api/jobs/{job_id}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = events(answer.body)
    names = [name for _, name, _ in told]
    assert names[-1] == "done"
    assert {"state", "stage", "words", "note"} <= set(names)
    numbers = [number for number, _, _ in told]
    assert numbers == sorted(set(numbers))
    results = told[-1][2]["results"]
    assert results["html"]["url"] == f"/api/jobs/{job_id}/results/html"
    assert results["html"]["bytes"] > 0
    later = events(browser.get(f"/api/jobs/{job_id}/events", last_event_id=str(numbers[1])).body)
    assert later == told[2:]
    assert browser.get(f"/api/jobs/{job_id}/events", last_event_id=str(numbers[-1])).status == 204


def test_a_stream_beats_and_ends_within_its_time(
    server: Running, fake: type[FakeProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(api, "STREAM_S", 0.5)
    fake.hold = threading.Event()
    browser = server.browser
    job_id = browser.upload().json["id"]
    browser.done(job_id, "running")
    answer = browser.get(f"/api/jobs/{job_id}/events")
    assert answer.body.count(b": \n\n") >= 4
    last = events(answer.body)[-1][0]
    fake.hold.set()
    browser.done(job_id)
    again = events(browser.get(f"/api/jobs/{job_id}/events", last_event_id=str(last)).body)
    assert [name for _, name, _ in again][-1] == "done"


def test_the_time_of_a_stream_is_less_than_a_minute() -> None:
    assert api.HEARTBEAT_S <= 10
    assert api.STREAM_S <= 50


def test_streams_are_counted_and_given_back(
    server: Running, fake: type[FakeProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "MOST_STREAMS_OF_ONE", 2)
    monkeypatch.setattr(api, "HEARTBEAT_S", 0.05)
    fake.hold = threading.Event()
    client = server.client
    job_id = client.upload().json["id"]
    client.done(job_id, "running")
    request = f"GET /api/jobs/{job_id}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with ExitStack() as stack:
        for _ in range(2):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 10))
            one.sendall(request)
            assert one.recv(100).startswith(b"HTTP/1.1 200")
        answer = client.get(f"/api/jobs/{job_id}/events")
        assert (answer.status, answer.headers["retry-after"]) == (503, "20")
    for _ in range(200):
        if not server.app.api._streams:
            break
        time.sleep(0.02)
    assert not server.app.api._streams
    fake.hold.set()


def test_a_document_is_corrected_once_from_each_version(server: Running) -> None:
    browser = server.browser
    job_id = finished(browser, to="srt,html")
    where = f"/api/jobs/{job_id}/document"
    first = browser.get(where)
    etag = first.headers["etag"]
    assert browser.get(where, if_none_match=etag).status == 304
    corrected = loads(first.body.decode()).with_text(0, "Yes,")
    assert browser.ask("PUT", where, dumps(corrected)).status == 428
    saved = browser.ask("PUT", where, dumps(corrected), if_match=etag)
    assert saved.status == 204
    assert saved.headers["etag"] not in ("", etag)
    late = browser.ask("PUT", where, dumps(corrected), if_match=etag)
    assert (late.status, late.error) == (
        409,
        "somebody else corrected it in between; load it again",
    )
    now = browser.get(where)
    assert now.headers["etag"] == saved.headers["etag"]
    assert now.json["utterances"][0]["words"][0]["text"] == "Yes,"


def test_nobody_waits_while_a_document_is_read(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long one takes seconds: never those of the thread that serves, and no more than once."""
    browser = server.browser
    where = f"/api/jobs/{finished(browser)}/document"
    read_in: list[str] = []

    def reading(text: str, *, name: str) -> Document:
        read_in.append(threading.current_thread().name)
        return loads(text, name=name)

    monkeypatch.setattr("sentigram.serve.api.loads", reading)
    monkeypatch.setattr("sentigram.serve.job_folder.read_document", None)  # it is known by then
    first = browser.get(where)
    corrected = dumps(loads(first.body.decode()).with_text(0, "Yes,"))
    saved = browser.ask("PUT", where, corrected, if_match=first.headers["etag"])
    assert saved.status == 204
    assert len(read_in) == 1
    assert read_in[0].startswith("asyncio_"), "a thread of its pool"
    again = browser.get(where)
    assert again.headers["etag"] == saved.headers["etag"]
    server.app.api._texts._known.clear()
    monkeypatch.undo()
    assert browser.get(where).headers["etag"] == saved.headers["etag"], "read from the disk"


def test_of_two_who_correct_at_once_one_is_kept(server: Running) -> None:
    browser = server.browser
    where = f"/api/jobs/{finished(browser)}/document"
    first = browser.get(where)
    texts = [dumps(loads(first.body.decode()).with_text(0, f"N{n}")) for n in range(8)]
    tag = first.headers["etag"]
    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(lambda text: browser.ask("PUT", where, text, if_match=tag), texts))
    assert sorted(one.status for one in saved) == [204] + [409] * 7
    (kept,) = (n for n, one in enumerate(saved) if one.status == 204)
    assert browser.get(where).json["utterances"][0]["words"][0]["text"] == f"N{kept}"


def test_results_that_a_correction_made_stale_are_drawn_when_asked_for(
    server: Running, fake: type[FakeProcess]
) -> None:
    browser = server.browser
    job_id = finished(browser, to="srt,html,json", culture="eastern")
    where = f"/api/jobs/{job_id}"
    first = browser.get(f"{where}/document")
    corrected = dumps(loads(first.body.decode()).with_text(0, "Yes,"))
    assert browser.get(f"{where}/results/srt").body == b"srt of We"
    assert (
        browser.ask("PUT", f"{where}/document", corrected, if_match=first.headers["etag"]).status
        == 204
    )
    results = browser.get(where).json["results"]
    assert {kind: told["bytes"] is None for kind, told in results.items()} == {
        "srt": True,
        "html": True,
        "json": False,
    }
    assert browser.get(f"{where}/results/srt").body == b"srt of Yes,"
    assert fake.drawn == [{"culture": "eastern", "to": "srt"}]
    assert browser.get(f"{where}/results/srt").body == b"srt of Yes,"
    assert len(fake.drawn) == 1
    assert browser.get(f"{where}/results/vtt").status == 404


def test_a_job_at_work_is_not_corrected(server: Running, fake: type[FakeProcess]) -> None:
    fake.hold = threading.Event()
    browser = server.browser
    job_id = browser.upload().json["id"]
    browser.done(job_id, "running")
    where = f"/api/jobs/{job_id}"
    assert browser.get(f"{where}/document").status == 404
    answer = browser.ask("PUT", f"{where}/document", dumps(talk()), if_match='"x"')
    assert answer.status == 409
    answer = browser.ask("POST", f"{where}/restyle", "to=srt", content_type=FORM)
    assert (answer.status, answer.error) == (409, "it is not done yet")
    fake.hold.set()


def test_restyling_draws_and_remembers(server: Running, fake: type[FakeProcess]) -> None:
    browser = server.browser
    job_id = finished(browser, to="html", age="senior")
    where = f"/api/jobs/{job_id}/restyle"
    answer = browser.ask("POST", where, '{"to": ["vtt"], "culture": "eastern"}', content_type=JSON)
    assert answer.status == 200
    assert set(answer.json["results"]) == {"html", "vtt", "json"}
    assert fake.drawn == [{"age": "senior", "culture": "eastern", "to": "vtt"}]
    assert server.app.queue.folders.find(job_id).record.options["to"] == "html,vtt"
    queued = browser.ask("POST", where, "to=video", content_type=FORM)
    assert queued.status == 202
    assert queued.json["id"] == job_id


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ("to=png", "form", "choose from html, ass"),
        ("culture=martian", "form", "western"),
        ("device=cuda", "form", "there is no option called 'device' here; there are: to, culture"),
        ("", "form", "say which results or which looks are wanted"),
        ('{"motion": "wild"}', "json", "motion 'wild': choose from none, subtle, full"),
    ],
)
def test_what_is_wrong_with_looks_is_said(server: Running, body: str, kind: str, said: str) -> None:
    browser = server.browser
    where = f"/api/jobs/{finished(browser)}/restyle"
    answer = browser.ask("POST", where, body, content_type={"form": FORM, "json": JSON}[kind])
    assert answer.status == 422
    assert said in answer.error


def test_what_only_the_operator_can_do_is_in_the_log_and_on_no_page(
    server: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "sentigram.serve.queue")
    browser = server.browser
    job_id = finished(browser)
    assert browser.get(f"/api/jobs/{job_id}").json["notes"] == ["the language was guessed"]
    assert "models pull" not in browser.get(f"/api/jobs/{job_id}/events").body.decode()
    assert f"job {job_id}: run: sentigram models pull x" in caplog.text


def test_a_check_is_read_by_its_process_alone(
    server: Running, fake: type[FakeProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading 26 MB here would keep all other requests waiting."""
    sent: list[bytes] = []

    async def check(self: FakeProcess, options: Any, *, seconds: float) -> Ended:
        sent.append(self.job.source(SUFFIX).read_bytes())
        return Ended("the Document: is none")

    monkeypatch.setattr(fake, "check", check)
    answer = server.client.ask("POST", "/api/check", b"{\xff")
    assert (answer.status, answer.error) == (422, "the Document: is none")
    assert sent == [b"{\xff"]
    answer = server.client.ask("POST", "/api/check", b"")
    assert (answer.status, answer.error) == (422, "the Document: is not JSON")


def test_captions_are_checked(server: Running, fake: type[FakeProcess]) -> None:
    browser = server.browser
    job_id = finished(browser)
    answer = browser.get(f"/api/jobs/{job_id}/check?profile=netflix&age=child")
    assert answer.json == {"findings": [], "cues": 1}
    sent = server.client.ask("POST", "/api/check?profile=bbc", dumps(talk()))
    assert sent.json == answer.json
    assert fake.checked == [{"profile": "netflix", "age": "child"}, {"profile": "bbc"}]
    assert [path.name for path in (server.data / "jobs").iterdir()] == [job_id]
    assert browser.get(f"/api/jobs/{job_id}/check?fps=25").status == 422


def test_a_recording_is_sent_in_ranges(server: Running) -> None:
    browser = server.browser
    where = f"/api/jobs/{finished(browser)}/media"
    part = browser.get(where, range="bytes=8-11")
    assert (part.status, part.body) == (206, b"WAVE")
    assert part.headers["content-range"] == f"bytes 8-11/{len(WAV)}"
    assert part.headers["content-type"] == "audio/wav"
    assert browser.get(where, range=f"bytes={len(WAV)}-").status == 416
    again = browser.get(where, range="bytes=0-3", if_range=part.headers["etag"])
    assert again.body == b"RIFF"
    assert browser.ask("HEAD", where).headers["content-length"] == str(len(WAV))


def test_links_in_a_jobs_folder_lead_nowhere(server: Running) -> None:
    """What a job's process was made to plant there is not followed."""
    browser = server.browser
    job_id = finished(browser, to="srt")
    path = server.app.queue.folders.find(job_id).results()["srt"]
    path.unlink()
    path.symlink_to("/etc/passwd")
    assert browser.get(f"/api/jobs/{job_id}/results/srt").status == 404


def test_a_failed_job_says_why_and_no_more(server: Running, fake: type[FakeProcess]) -> None:
    fake.error = "talk.wav: is damaged"
    browser = server.browser
    job_id = browser.upload().json["id"]
    job = browser.done(job_id, "failed")
    assert (job["error"], job["results"]) == ("talk.wav: is damaged", {})
    assert events(browser.get(f"/api/jobs/{job_id}/events").body)[-1][1] == "failed"
    answer = browser.ask("POST", f"/api/jobs/{job_id}/restyle", "to=srt", content_type=FORM)
    assert (answer.status, answer.error) == (409, "it has failed")


def test_a_job_that_runs_is_ended_when_it_is_deleted(
    server: Running, fake: type[FakeProcess]
) -> None:
    fake.hold = threading.Event()
    browser = server.browser
    job_id = browser.upload().json["id"]
    browser.done(job_id, "running")
    assert browser.ask("DELETE", f"/api/jobs/{job_id}").status == 204
    assert list((server.data / "jobs").iterdir()) == []
    assert browser.get("/api/jobs").json == {"jobs": []}


def test_no_more_jobs_than_there_may_be_get_in_at_once(
    tmp_path: Path, fake: type[FakeProcess]
) -> None:
    fake.hold = threading.Event()
    with running(tmp_path / "data", Limits(jobs_per_owner=3)) as server:
        browser = server.browser
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda _: browser.upload(), range(12)))
        assert sorted(answer.status for answer in answers) == [202] * 3 + [429] * 9
        assert len(browser.get("/api/jobs").json["jobs"]) == 3
        fake.hold.set()


def test_numbers_for_prometheus(server: Running) -> None:
    finished(server.browser)
    text = server.client.get("/metrics").body.decode()
    numbers = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
    assert numbers['sentigram_jobs{state="done"}'] == "1"
    assert int(numbers["sentigram_upload_bytes_total"]) > len(WAV)
    assert int(numbers["sentigram_memory_bytes"]) > 10**7
    assert server.client.get("/healthz").json == {"ok": True}


def test_every_endpoint_of_the_table_is_served(server: Running) -> None:
    for endpoint in ENDPOINTS:
        path = endpoint.path.replace("{id}", "0" * 32).replace("{kind}", "srt")
        status = server.client.ask(endpoint.method, path, b"").status
        assert status not in (405, 500), endpoint
        assert status == 404 or "{id}" not in endpoint.path


def test_the_example_says_why_there_is_nothing(server: Running) -> None:
    client = Path(__file__).resolve().parents[2] / "examples" / "serve_client.py"
    command = [sys.executable, str(client), f"http://127.0.0.1:{server.port}", __file__]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("this is not a recording of a kind that is taken here")


def test_a_check_takes_no_job_of_a_script(
    tmp_path: Path, fake: type[FakeProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    while_checked: list[int] = []

    async def check(self: FakeProcess, options: Any, *, seconds: float) -> Ended:
        while_checked.append(await asyncio.to_thread(lambda: server.client.upload().status))
        return Ended(answer={})

    monkeypatch.setattr(fake, "check", check)
    with running(tmp_path / "data", Limits(jobs_per_owner=1)) as server:
        assert server.client.ask("POST", "/api/check", dumps(talk())).status == 200
    assert while_checked == [202]
