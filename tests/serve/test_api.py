"""The interface, over real sockets."""

from __future__ import annotations

from tests.serve.running import WAV, Running


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
    assert srt.body == b"srt of Hello" or srt.body.startswith(b"srt of")
    assert 'filename="talk.srt"' in srt.headers["content-disposition"]
    assert browser.get(f"/api/jobs/{job_id}/media").body == WAV
    assert [one["id"] for one in browser.get("/api/jobs").json["jobs"]] == [job_id]
    assert browser.ask("DELETE", f"/api/jobs/{job_id}").status == 204
    assert browser.get(f"/api/jobs/{job_id}").status == 404
