"""The page of words whose emotions nobody read: no lanes, no radar, no neutral of nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sentigram.core.document import Document, loads, words_alone
from sentigram.jobs.hear import NOT_READ
from tests.browser.conftest import Browser
from tests.browser.pages import choose, style_of, word, write
from tests.browser.test_accessibility import axe, violations  # noqa: F401  (a fixture)
from tests.browser.test_corrections import edit, saved
from tests.render import html_jobs

pytestmark = pytest.mark.browser


def unread() -> Document:
    read = html_jobs.document()
    return words_alone(read.media, read.transcript, notes=(NOT_READ,))


@pytest.fixture
def page(browser: Browser, video, tmp_path) -> Iterator[Browser]:
    (tmp_path / "talk.webm").symlink_to(video)
    browser.emulate()
    browser.open(write(tmp_path / "page.html", unread()))
    yield browser
    browser.forget()


def names(page: Browser) -> list[str]:
    return page.run(
        "return [...document.querySelectorAll('.score-name')].map((e) => e.textContent)"
    )


def test_nothing_is_drawn_as_if_it_had_been_read(page):
    assert names(page) == []
    assert page.text("#score-text") == "Emotions were not read."
    assert page.run("return document.querySelector('.curve').hidden")
    choose(page, 2)
    assert page.text(".panel-feeling") == "not read"
    assert page.text(".facts") == "Readingnone: nobody read this word"
    for picture in (".radar", ".plane", ".panel-table"):
        assert page.run("return document.querySelector(arguments[0])", picture) is None
    assert NOT_READ in page.run("return document.getElementById('about-list').textContent")
    assert page.complaints() == []


def test_all_words_are_plain_and_the_score_can_be_used(page):
    looks = {
        (style_of(page, word(n), "color"), style_of(page, word(n), "font-weight"))
        for n in range(len(unread().words))
    }
    assert len(looks) == 1
    height = page.run(
        "return document.getElementById('score-field').getBoundingClientRect().height"
    )
    assert height > 10, "there is something to click on"


def test_what_a_person_says_has_a_lane_and_stays_apart_from_the_rest(page, tmp_path):
    edit(page, 2)
    assert page.run("return document.querySelector('[name=fix-feeling]:checked')") is None
    page.click("label:has(#fix-feeling-anger)")
    assert names(page) == ["anger"]
    assert page.text("#score-text") == "Of the speech: anger 100 %."
    made = loads(saved(page, tmp_path))
    assert not made.is_read
    assert made.track.readings[2].label == "anger"
    assert 2 not in made.unread
    assert len(made.unread) == len(made.track.readings) - 1
    assert page.complaints() == []


def test_it_is_accessible(page, axe):  # noqa: F811
    choose(page, 2)
    assert violations(page, axe) == []
