"""Pages and sessions, as a browser asks for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sentigram.serve.access import Hosts
from tests.serve.running import Client, FakeProcess, Running, running

TOKEN = "a-token-of-some-length"  # noqa: S105
HTML = {"accept": "text/html,application/xhtml+xml", "sec-fetch-site": "none"}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def guarded(tmp_path: Path, fake: type[FakeProcess]) -> Iterator[Running]:
    """A server with a token."""
    with running(tmp_path / "data", token=TOKEN) as server:
        yield server


def test_the_start_page_begins_a_session_once(server: Running) -> None:
    client = Client(server.port, dict(HTML))
    first = client.get("/")
    assert first.status == 200
    assert re.search(r"HttpOnly; SameSite=Strict$", first.headers["set-cookie"])
    assert "default-src 'none'" in first.headers["content-security-policy"]
    client.headers["cookie"] = first.headers["set-cookie"].partition(";")[0]
    assert "set-cookie" not in client.get("/").headers


def test_nothing_but_the_start_page_begins_a_session(server: Running) -> None:
    client = Client(server.port, dict(HTML))
    for path in ("/api/jobs", "/jobs/" + "0" * 32, "/token", "/healthz", "/openapi.json", "/no"):
        assert "set-cookie" not in client.get(path).headers


def test_all_that_a_page_loads_is_there(server: Running) -> None:
    browser = server.browser
    page = browser.get("/", accept="text/html").body.decode()
    found = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert len(found) >= 3
    while found:
        file = browser.get(address := found.pop())
        assert file.status == 200, address
        assert "immutable" in file.headers["cache-control"]
        folder = address.rpartition("/")[0]
        if address.endswith(".js"):
            found += [
                f"{folder}/{name}" for name in re.findall(r'from "\./([^"]+)"', file.body.decode())
            ]
    assert not re.search(r'(?:src|href)="https?:', page)


def test_a_job_has_a_page_and_a_page_of_words(server: Running) -> None:
    browser = server.browser
    job_id = browser.upload(name="my <b>talk</b>.wav").json["id"]
    browser.done(job_id)
    page = browser.get(f"/jobs/{job_id}", accept="text/html")
    assert page.status == 200
    assert b"<b>talk" not in page.body
    player = browser.get(f"/jobs/{job_id}/page", accept="text/html")
    etag = browser.get(f"/api/jobs/{job_id}/document").headers["etag"]
    assert player.body.decode() == f"a page of {etag}"
    policy = player.headers["content-security-policy"]
    assert "script-src 'sha256-" in policy
    assert "unsafe" not in policy.partition("script-src")[2].partition(";")[0]
    assert browser.get(f"/jobs/{job_id}/page").body == player.body


def test_a_link_of_another_site_leads_to_ones_own_job(server: Running) -> None:
    """The browser sends no cookie with it; the page asks again by itself, and then it does."""
    browser = server.browser
    job_id = browser.upload().json["id"]
    browser.done(job_id)
    link = Client(server.port, {"accept": "text/html", "sec-fetch-site": "cross-site"})
    for path in (f"/jobs/{job_id}", f"/jobs/{job_id}/page", "/"):
        answer = link.get(path)
        assert (answer.status, "set-cookie" in answer.headers) == (200, False)
        assert f'content="0; url={path}"' in answer.body.decode()


def test_what_is_not_there_has_a_page_for_people_and_json_for_programs(server: Running) -> None:
    for path, status in (("/jobs/" + "0" * 32, 404), ("/no", 404)):
        page = server.client.get(path, accept="text/html")
        assert (page.status, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert b"All recordings" in page.body
        assert server.client.get(path).error
    assert server.client.ask("POST", "/", b"").status == 405
    assert server.client.ask("POST", "/", b"").headers["allow"]


def test_the_token_is_asked_for_and_begins_a_session(guarded: Running) -> None:
    client = Client(guarded.port, dict(HTML))
    asked = client.get("/")
    assert (asked.status, asked.headers["location"]) == (303, "/token")
    assert b'type="password"' in client.get("/token").body
    client.headers["sec-fetch-site"] = "same-origin"
    wrong = client.ask("POST", "/token", "token=wrong", content_type=FORM)
    assert wrong.status == 401
    assert b"This is not the token" in wrong.body
    right = client.ask("POST", "/token", f"token={TOKEN}", content_type=FORM)
    assert (right.status, right.headers["location"]) == (303, "/")
    client.headers["cookie"] = right.headers["set-cookie"].partition(";")[0]
    assert client.get("/").status == 200
    assert client.upload().status == 202
    assert len(client.get("/api/jobs").json["jobs"]) == 1


def test_a_link_of_another_site_does_not_ask_for_the_token_again(guarded: Running) -> None:
    """It brings no cookie along; asked again from here, the browser sends it."""
    linked = Client(guarded.port, HTML | {"sec-fetch-site": "cross-site"})
    answer = linked.get("/")
    assert (answer.status, "set-cookie" in answer.headers) == (200, False)
    assert b'content="0; url=/"' in answer.body
    assert linked.get("/", sec_fetch_site="same-origin").headers["location"] == "/token"
    for path in ("//evil.example/", "/%22%3E%3Cscript%3E", "/jobs/;url=x"):
        assert b'content="0; url=/">' in linked.get(path).body


def test_a_proxy_that_signs_people_in_shows_the_token_for_them(guarded: Running) -> None:
    client = Client(guarded.port, HTML | {"authorization": f"Bearer {TOKEN}"})
    cookie = client.get("/").headers["set-cookie"].partition(";")[0]
    assert Client(guarded.port, {"cookie": cookie}).get("/api/jobs").status == 200


def test_the_form_of_the_token_is_no_door_for_other_sites(guarded: Running) -> None:
    answer = guarded.client.ask(
        "POST", "/token", f"token={TOKEN}", content_type=FORM, origin="http://evil.example"
    )
    assert (answer.status, "set-cookie" in answer.headers) == (403, False)


def test_a_script_shows_the_token_each_time(guarded: Running) -> None:
    script = Client(guarded.port, {"authorization": f"Bearer {TOKEN}"})
    job_id = script.upload().json["id"]
    script.done(job_id)
    assert guarded.client.get(f"/api/jobs/{job_id}").status == 401
    assert guarded.client.get(f"/api/jobs/{job_id}").headers["www-authenticate"] == "Bearer"
    assert script.get("/api/jobs").json == {"jobs": []}  # its ids are its own to keep


def test_the_right_token_is_not_slowed_down_by_wrong_ones(guarded: Running) -> None:
    for _ in range(8):
        guarded.client.get("/api/jobs", authorization="Bearer wrong")
    assert guarded.client.get("/api/jobs", authorization="Bearer wrong").status == 429
    assert guarded.client.get("/api/jobs", authorization=f"Bearer {TOKEN}").status == 200


def test_behind_a_proxy_the_cookie_is_for_https_and_its_name_counts(
    tmp_path: Path, fake: type[FakeProcess]
) -> None:
    hosts = Hosts.of("127.0.0.1", ["captions.example.org"])
    with running(tmp_path / "data", behind_proxy=True, hosts=hosts) as server:
        told = {"host": "captions.example.org", "x-forwarded-proto": "https"}
        client = Client(server.port, told | {"x-forwarded-for": "9.9.9.9"})
        assert client.get("/").headers["set-cookie"].endswith("; Secure")
        assert server.client.get("/", host="other.example.org").status == 421


def test_a_browser_whose_session_is_over_is_told_so(server: Running) -> None:
    """What it sends would belong to nobody, and not be found again."""
    browser = server.browser
    browser.headers["cookie"] += "x"
    answer = browser.upload()
    assert (answer.status, server.left()) == (401, [])
    assert answer.error == "the session of this browser is over; load the start page again"


def test_no_emotions_is_said_on_the_page(tmp_path: Path, fake: type[FakeProcess]) -> None:
    with running(tmp_path / "data", emotions=False) as server:
        assert b"Emotions are not read on this server" in server.client.get("/").body


def test_two_people_at_once_do_not_see_each_other(server: Running) -> None:
    one, two = server.browser, server.browser
    mine, theirs = (who.upload(name=f"{n}.wav").json["id"] for n, who in enumerate((one, two)))
    for who, own, other in ((one, mine, theirs), (two, theirs, mine)):
        who.done(own)
        assert [job["id"] for job in who.get("/api/jobs").json["jobs"]] == [own]
        assert who.get(f"/api/jobs/{other}").status == 404
