"""The server as people meet it: a microphone, real words and emotions, the radar, corrections."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from sentigram.core.document import loads
from tests.browser.conftest import Browser
from tests.browser.pages import choose
from tests.serve.running import Running, running
from tests.serve.ui.test_job_page import waited_for
from tests.serve.ui.test_start_page import choose as choose_file

pytestmark = pytest.mark.browser
PATIENCE = 90  # seconds of a busy machine for seconds of sound; the driver waits no longer than 120


@pytest.fixture(scope="module")
def real(tmp_path_factory) -> Iterator[Running]:
    """The server itself, with processes that hear."""
    with running(tmp_path_factory.mktemp("served") / "data") as it:
        yield it


@pytest.fixture
def visitor(browser: Browser, real: Running) -> Iterator[Browser]:
    """A browser on the start page."""
    browser.driver.delete_all_cookies()
    browser.emulate()
    browser.resize_back()
    browser.driver.get_log("browser")
    browser.driver.get(f"http://127.0.0.1:{real.port}/")
    browser.wait("document.querySelectorAll('#options select').length")
    yield browser
    browser.driver.get("about:blank")


def patiently(page: Browser, condition: str) -> None:
    """Wait as long as hearing may take."""
    page.run(
        "window.lastly = (find, tries) => new Promise((done) => { const ask = () =>"
        " find() || !tries-- ? done(Boolean(find())) : setTimeout(ask, 200); ask(); });"
    )
    page.driver.set_script_timeout(PATIENCE)
    came = page.driver.execute_async_script(
        f"const done = arguments[0]; lastly(() => {condition}, {5 * PATIENCE - 50}).then(done)"
    )
    assert came, (condition, page.text("#now"), page.text("#problem"), page.complaints())


def test_what_is_said_is_heard_read_corrected_and_taken_home(visitor, real, tmp_path):
    page = visitor
    page.click("#record-sound")
    page.wait("document.getElementById('timer').textContent === '0:08'")
    page.click("#stop")
    page.wait("!document.getElementById('chosen').hidden")
    page.run("document.querySelector('[name=to][value=srt]').click()")
    page.click("#send")
    page.wait("location.pathname.startsWith('/jobs/')")

    patiently(page, "document.querySelectorAll('.flow .w').length > 3")
    assert page.run("return document.getElementById('job').dataset.state") in ("running", "done")
    patiently(page, "document.querySelector('.radar-area')")
    patiently(page, "!document.getElementById('results').hidden")
    heard = page.run("return [...document.querySelectorAll('.flow .w')].map((w) => w.textContent)")
    assert {"fellow", "country"} <= {word.lower().strip(".,") for word in heard}
    assert "Of the speech:" in page.text("#feelings-text")

    page.click("#open")
    page.wait("location.pathname.endsWith('/page')")
    page.wait("document.getElementById('media').readyState > 0")
    choose(page, 0)
    page.click("#panel-edit")
    page.wait("document.querySelector('.radar, #fix-text')")
    page.change("fix-text", "Corrected")
    page.click("#save")
    page.wait("/saved$/.test(document.getElementById('fixes-count').textContent)")

    page.click(".home a")
    page.wait("document.querySelector('[data-kind=srt]')")
    page.wait("document.querySelector('.flow .w').textContent === 'Corrected'")
    page.save_to(tmp_path)
    page.click("[data-kind=json]")
    page.click("[data-kind=srt]")
    name = page.run("return document.getElementById('name').textContent").rpartition(".")[0]
    document = loads(waited_for(tmp_path / f"{name}.sentigram.json").read_text(encoding="utf-8"))
    assert next(iter(document.transcript.words())).text == "Corrected"
    assert "Corrected" in waited_for(tmp_path / f"{name}.srt").read_text(encoding="utf-8")
    assert page.complaints() == []


@pytest.mark.slow  # a whole job more
def test_a_word_of_a_recording_can_be_played_from(visitor, real):
    """What browsers record says no length and has no index, and can be sought in all the same."""
    page = visitor
    page.click("#record-sound")
    page.wait("document.getElementById('timer').textContent === '0:06'")
    page.click("#stop")
    page.wait("!document.getElementById('chosen').hidden")
    page.run("document.querySelector('[name=language]').value = 'en'")  # too short to be told
    page.click("#send")
    page.wait("location.pathname.startsWith('/jobs/')")
    patiently(page, "!document.getElementById('open').hidden")
    page.click("#open")
    page.wait("document.getElementById('media').readyState > 0")
    middle = page.run(
        "const all = document.querySelectorAll('.transcript [data-word]');"
        "document.getElementById('media').muted = true; all[all.length >> 1].click();"
        "return document.getElementById('media').currentTime"
    )
    assert middle > 1
    page.wait(f"document.getElementById('media').currentTime > {middle} + 0.2")


@pytest.mark.slow  # a whole job more
def test_others_do_not_see_it_and_restyling_takes_a_moment(
    visitor, real, another_browser, talk_wav, tmp_path
):
    page = visitor
    choose_file(page, talk_wav)
    page.run("document.querySelector('[name=to][value=ass]').click()")
    page.click("#send")
    page.wait("location.pathname.startsWith('/jobs/')")
    path = page.run("return location.pathname")
    other = another_browser()
    for address in ("/", path, f"{path}/page", f"/api{path}", f"/api{path}/document"):
        other.driver.get(f"http://127.0.0.1:{real.port}{address}")
        other.wait("document.readyState === 'complete'")
        assert "talk" not in other.run("return document.documentElement.textContent"), address
    other.driver.get(f"http://127.0.0.1:{real.port}/")
    other.wait("!document.getElementById('mine-none').hidden")

    patiently(page, "!document.getElementById('results').hidden")
    page.run("document.getElementById('restyle').open = true")
    page.run(
        "const menu = document.querySelector('#restyle-form [name=culture]');"
        "menu.value = 'eastern'; menu.dispatchEvent(new Event('change', {bubbles: true}));"
        "document.querySelector('#restyle-form [name=to][value=vtt]').click()"
    )
    page.click("#restyle-send")
    patiently(page, "document.querySelector('[data-kind=vtt]')")
    page.save_to(tmp_path)
    page.click("[data-kind=vtt]")
    assert waited_for(tmp_path / "talk.vtt").read_text(encoding="utf-8").startswith("WEBVTT")

    page.click("#delete")
    page.click("#sure [value=yes]")
    page.wait("location.pathname === '/'")
    assert json.loads(real.client.get(f"/api{path}").body)["error"]


@pytest.mark.slow  # a whole job more
def test_a_person_without_emotions_gets_words(browser, talk_wav, tmp_path):
    with running(tmp_path / "data", emotions=False) as plain:
        browser.driver.delete_all_cookies()
        browser.driver.get(f"http://127.0.0.1:{plain.port}/")
        browser.wait("document.querySelectorAll('#options select').length")
        choose_file(browser, talk_wav)
        browser.click("#send")
        browser.wait("location.pathname.startsWith('/jobs/')")
        patiently(browser, "!document.getElementById('results').hidden")
        assert browser.run("return document.querySelectorAll('.flow .w').length") > 15
        assert not browser.run("return document.querySelector('.flow [data-emotion], .radar')")


def test_a_token_is_asked_for_once(browser, tmp_path):
    token = "correct-horse-battery-staple"  # noqa: S105  (of this test alone)
    with running(tmp_path / "data", token=token) as closed:
        browser.driver.delete_all_cookies()
        browser.driver.get_log("browser")
        browser.driver.get(f"http://127.0.0.1:{closed.port}/")
        browser.wait("location.pathname === '/token'")
        assert browser.run("return document.activeElement.id") == "token"
        browser.press("wrong\ue007")
        browser.wait("document.getElementById('token-problem')")
        assert browser.text("#token-problem") == "This is not the token of this server."
        browser.press(f"{token}\ue007")
        browser.wait("location.pathname === '/'")
        browser.wait("document.querySelectorAll('#options select').length")
        assert token not in browser.run("return document.documentElement.outerHTML")
        browser.driver.refresh()
        browser.wait("document.querySelectorAll('#options select').length")
        browser.driver.get("about:blank")
