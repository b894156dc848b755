"""The player's page from a server: corrections go back to it, and a race for them is no loss."""

from __future__ import annotations

import json

import pytest

from sentigram.core.document import dumps, loads
from tests.browser.pages import choose
from tests.render import html_jobs
from tests.serve.ui.conftest import owner
from tests.serve.ui.test_job_page import waited_for

pytestmark = pytest.mark.browser


@pytest.fixture
def job(start, server, video):
    made = server.add(owner(start), name="talk.webm", media=video.read_bytes())
    made.run()
    made.hear()
    made.finish()
    return made


@pytest.fixture
def player(start, server, job):
    """The job's page of words."""
    start.driver.get(f"{server.address}/jobs/{job.id}/page")
    start.wait("document.getElementById('media').readyState > 0")
    yield start
    start.run("localStorage.clear()")


def correct(player, text: str, number: int = 0) -> None:
    choose(player, number)
    player.run(
        "document.getElementById('fix-text') || document.getElementById('panel-edit').click()"
    )
    player.change("fix-text", text)
    player.wait("/correction/.test(document.getElementById('fixes-count').textContent)")


def control_s(player) -> None:
    from selenium.webdriver import ActionChains, Keys

    ActionChains(player.driver).key_down(Keys.CONTROL).send_keys("s").key_up(Keys.CONTROL).perform()


def texts(job) -> list[str]:
    return [word.text for word in loads(job.document).transcript.words()]


def test_corrections_are_saved_to_the_server(player, job):
    correct(player, "We")
    player.click("#save")
    player.wait("/saved$/.test(document.getElementById('fixes-count').textContent)")
    assert texts(job)[0] == "We"
    assert player.text("#fixes-said") == "Corrections saved."
    assert player.run("return document.getElementById('save-file').hidden")
    assert player.complaints() == []


def test_they_can_be_saved_again_and_again(player, job):
    correct(player, "We")
    control_s(player)
    player.wait("/saved$/.test(document.getElementById('fixes-count').textContent)")
    correct(player, "They", 1)
    player.wait("!/saved$/.test(document.getElementById('fixes-count').textContent)")
    control_s(player)
    player.wait("/saved$/.test(document.getElementById('fixes-count').textContent)")
    assert texts(job)[:2] == ["We", "They"]


def test_a_saved_correction_is_there_when_the_page_is_opened_again(player, server, job):
    correct(player, "We")
    player.click("#save")
    player.wait("/saved$/.test(document.getElementById('fixes-count').textContent)")
    player.driver.refresh()
    player.wait("document.getElementById('media').readyState > 0")
    assert player.text(".transcript [data-word='0']") == "We"
    assert player.run("return document.getElementById('fixes').hidden")


def test_who_comes_second_is_told_and_loses_nothing(player, job, tmp_path):
    correct(player, "We")
    job.document = dumps(html_jobs.document(html_jobs.SENTENCES[1:]))  # somebody else was quicker
    others = job.document
    player.click("#save")
    player.wait("document.getElementById('fixes-failed').textContent")
    assert player.text("#fixes-failed").startswith("Not saved: other corrections were saved")
    assert job.document == others
    player.save_to(tmp_path)
    player.click("#save-file")
    saved = waited_for(tmp_path / "talk.sentigram.json")
    assert (
        json.loads(saved.read_text(encoding="utf-8"))["utterances"][0]["words"][0]["text"] == "We"
    )


def test_a_server_that_is_gone_is_said(player, job):
    correct(player, "We")
    player.run("window.fetch = () => Promise.reject(new TypeError('gone'))")
    player.click("#save")
    player.wait("document.getElementById('fixes-failed').textContent")
    assert "the server does not answer" in player.text("#fixes-failed")
    assert not player.run("return document.getElementById('save-file').hidden")
    assert "saved" not in player.text("#fixes-count")


def test_a_refusal_is_said_as_the_server_says_it(player, job):
    correct(player, "We")
    player.run(
        'window.fetch = async () => new Response(\'{"error": "the disk is full"}\', {status: 507})'
    )
    player.click("#save")
    player.wait("document.getElementById('fixes-failed').textContent")
    assert player.text("#fixes-failed") == (
        "Not saved: the disk is full. You can download your corrections."
    )


def test_what_is_corrected_while_it_is_sent_is_not_taken_for_saved(player, job):
    player.run(
        "const real = window.fetch; window.fetch = (...all) =>"
        " new Promise((go) => (window.go = () => go(real(...all))))"
    )
    correct(player, "We")
    player.click("#save")
    correct(player, "They", 1)
    player.run("go()")
    player.wait("document.getElementById('fixes-said').textContent === 'Corrections saved.'")
    assert player.text("#fixes-count") == "2 corrections"
    assert texts(job)[:2] == ["We", "waited"]


def test_the_document_is_still_exported_as_a_file(player, job, tmp_path):
    player.save_to(tmp_path)
    player.click("#open-export")
    player.click("[data-export=json]")
    assert loads(waited_for(tmp_path / "talk.sentigram.json").read_text("utf-8")) == loads(
        job.document
    )


def test_a_link_leads_back_to_all_results(player, job):
    player.click(".home a")
    player.wait("document.getElementById('results')")
    assert player.run("return location.pathname") == f"/jobs/{job.id}"


def test_a_page_from_a_disk_talks_to_nobody(folder_page):
    policy = "document.querySelector('meta[http-equiv]').content"
    assert "connect-src" not in folder_page.run(f"return {policy}")
    assert not folder_page.run("return document.getElementById('save-file')")
    assert not folder_page.run("return document.querySelector('.home')")


@pytest.fixture
def folder_page(browser, video):
    from sentigram.render.html.page import HtmlRenderer

    path = video.parent / "talk.html"
    HtmlRenderer().render(html_jobs.job(html_jobs.document()), path)
    browser.open(path)
    yield browser
    browser.forget()
