"""The server's pages as text: what strangers wrote stays text, and nothing stands in a page."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.assets import asset
from sentigram.render.html.page import html_text
from sentigram.serve.endpoints import OF_JOBS, OF_RESTYLING
from sentigram.serve.form import form_fields
from sentigram.serve.html import Page, error_page, job_page, player_renderer, start_page, token_page
from sentigram.serve.static import static_file
from tests.render import html_jobs

ID = "0" * 32
LIMITS = {"upload_mb": 2000, "longest_minutes": 120, "keep_minutes": 1440}


def start(**values) -> Page:
    return start_page(form_fields(OF_JOBS), **{**LIMITS, "emotions": True, **values})


def job(name: str = "talk.mp4", **options: str) -> Page:
    fields = form_fields(OF_RESTYLING)
    return job_page(fields, job_id=ID, name=name, options=options, emotions=True)


def told(page: Page) -> dict:
    [text] = re.findall(r'<script type="application/json" id="told">(.*?)</script>', page.text)
    return json.loads(text)


PAGES = {
    "start": start,
    "without emotions": lambda: start(emotions=False),
    "job": job,
    "token": lambda: token_page(message="wrong"),
    "error": lambda: error_page("it is gone"),
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_holds_no_script_and_no_style(page):
    text = page().text
    assert re.findall(r"<script(?![^>]*(src=|application/json))", text) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", text) == []
    assert "unsafe" not in page().policy


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_what_a_page_asks_for_is_there(page):
    names = re.findall(r'(?:src|href)="/static/\w+/([^"]+)"', page().text)
    assert len(names) > 3
    for name in names:
        assert static_file(name) is not None, name


@given(st.text(min_size=1, max_size=60))
def test_a_name_stays_text(name):
    page = job(name)
    assert told(page)["name"] == name.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert "<img" not in page.text.replace("&lt;", "")
    assert page.text.count("<script") == 2


def test_a_name_that_is_a_tag_is_none():
    page = job("</script><img src=x onerror=alert(1)>.mp4")
    assert "<img" not in page.text
    assert "&lt;img" in page.text


def test_a_message_stays_text():
    assert "<b>" not in token_page(message="<b>no</b>").text


def test_the_form_of_a_job_begins_with_what_was_asked_for():
    page = job(culture="eastern", profile="low-vision,dyslexia", to="srt")
    values = {field["name"]: field["value"] for field in told(page)["fields"]}
    assert values["culture"] == "eastern"
    assert values["to"] == "srt"
    assert values["age"] == "adult"
    assert "look.eastern.adult.low-vision.dyslexia.css" in page.text


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (1440, "1 day"),
        (10080, "7 days"),
        (60, "1 hour"),
        (120, "2 hours"),
        (90, "90 minutes"),
        (1, "1 minute"),
        (0.5, "30 seconds"),
    ],
)
def test_lengths_of_time_are_said(minutes, text):
    assert f"Each is kept for {text} after" in start(keep_minutes=minutes).text


def test_a_server_without_emotions_says_so_on_each_page():
    assert "Emotions are not read on this server" in start(emotions=False).text
    fields = form_fields(OF_RESTYLING)
    page = job_page(fields, job_id=ID, name="a", options={}, emotions=False)
    assert "Emotions are not read on this server" in page.text
    assert 'id="radar"' not in page.text
    assert "Emotions are not read" not in start().text + job().text


def test_the_player_may_talk_to_its_server_and_is_else_as_ever(tmp_path):
    drawn = html_jobs.job(html_jobs.document())
    player_renderer(ID, '"1"').render(drawn, tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "connect-src &#39;self&#39;" in text
    assert "connect-src" not in html_text(drawn)
    island = re.findall(r'id="talk">(.*?)</script>', text)[0]
    assert json.loads(island)["server"] == {
        "document": f"/api/jobs/{ID}/document",
        "home": f"/jobs/{ID}",
        "etag": '"1"',
    }
    assert json.loads(island)["media"]["href"] == f"/api/jobs/{ID}/media"


def test_templates_write_nothing_unescaped_but_the_island():
    for path in asset("templates/serve").glob("*.jinja"):
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"\{\{[^}]*safe[^}]*\}\}", text) in ([], ["{{ island | safe }}"]), (
            path.name
        )
        assert "autoescape" not in text
