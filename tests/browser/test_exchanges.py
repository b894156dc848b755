"""Two people in one cue on the page: their lines, what is read out, and what corrections leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sentigram import formats
from sentigram.core.document import DocumentMedia
from tests.browser.conftest import Browser
from tests.browser.pages import write
from tests.browser.test_corrections import edit
from tests.browser.test_export import exported
from tests.browser.test_sounds import at
from tests.style.layout.test_exchanges import ANSWER, LATER, QUESTION, dialogue

pytestmark = pytest.mark.browser

_LINES = "return [...document.querySelectorAll('#captions .line')].map((e) => e.textContent)"


@pytest.fixture
def page(browser: Browser, video, tmp_path) -> Iterator[Browser]:
    (tmp_path / "talk.webm").symlink_to(video)
    made = dialogue(QUESTION, ANSWER, LATER)
    media = DocumentMedia("talk.webm", 9000, 640, 360, made.media.fps)
    browser.emulate()
    browser.open(write(tmp_path / "page.html", replace(made, media=media)))
    yield browser
    browser.forget()


def test_each_has_a_line_and_screen_readers_are_told_who(page: Browser) -> None:
    page.run("document.getElementById('spoken').setAttribute('aria-live', 'polite')")
    at(page, 2.0)
    page.wait("document.querySelectorAll('#captions .line').length === 2")
    assert page.run(_LINES) == ["-Are you coming?", "-In a minute."]
    assert page.text("#captions .speaker") == "Jane / Tom"
    assert page.text("#spoken") == "Jane: Are you coming? Tom: In a minute."
    assert page.run(  # a dash is no word: a click goes to the picture below it
        "const label = document.querySelector('#captions .label');"
        "return [label.dataset.word ?? '', getComputedStyle(label).pointerEvents]"
    ) == ["", "none"]
    at(page, 3.6)
    page.wait("document.getElementById('captions').textContent.includes('outside')")
    assert page.text("#captions .speaker") == "Jane"
    assert page.complaints() == []


def test_one_of_them_alone_has_no_dash(page: Browser) -> None:
    at(page, 2.0)
    edit(page, 0)
    page.change("fix-speaker", "Tom")  # both lines are Tom's
    page.wait("document.querySelector('#captions .line').textContent === 'Are you coming?'")
    assert page.text("#captions .speaker") == "Tom"
    assert page.complaints() == []


def test_files_say_who_speaks_each_line(page: Browser, tmp_path) -> None:
    vtt = exported(page, tmp_path, "vtt")
    assert [one.speaker for one in formats.read_text(vtt, ".vtt", "t").spoken][:2] == [
        "Jane",
        "Tom",
    ]
    assert ",Jane / Tom,0,0,0,,-Are you coming?\\N-In a minute." in exported(page, tmp_path, "ass")
    assert "-Are you coming?\n-In a minute." in exported(page, tmp_path, "srt")
