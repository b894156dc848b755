"""Any words in a real browser: its own readers of HTML and of WebVTT give them back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sentigram.render.plain import vtt_text
from tests.browser.pages import write
from tests.integration.test_text_everywhere import HOSTILE, letters, shown, written

pytestmark = pytest.mark.browser

_READ_VTT = """
const [text, done] = arguments;
const track = document.createElement("track");
const video = document.createElement("video");
video.append(track);
track.track.mode = "hidden";
track.addEventListener("error", () => done(["error"]));
track.addEventListener("load", () => done([...track.track.cues].map(
  (cue) => cue.getCueAsHTML().textContent)));
track.src = URL.createObjectURL(new Blob([text], {type: "text/vtt"}));
"""


@pytest.fixture
def hostile_page(browser, video, tmp_path):
    (tmp_path / "talk.webm").write_bytes(video.read_bytes())
    made = written(list(HOSTILE))
    made = replace(made, media=replace(made.media, name="talk.webm"))
    browser.open(write(tmp_path / "page.html", made))
    yield browser
    assert browser.complaints() == []
    browser.forget()


@pytest.mark.slow
def test_the_page_shows_and_saves_every_word(hostile_page):
    found = hostile_page.run(
        "return [...document.querySelectorAll('.transcript [data-word]')]"
        ".map((element) => [Number(element.dataset.word), element.textContent])"
    )
    assert [number for number, _ in found] == list(range(len(HOSTILE)))
    for (_, text), word in zip(found, HOSTILE, strict=True):
        assert letters(word) in letters(text)
    made_of_words = "return document.querySelectorAll('.transcript :is(script, img, style)').length"
    assert hostile_page.run(made_of_words) == 0
    inside = json.loads(hostile_page.text("#talk"))
    assert inside["words"]["text"] == list(HOSTILE)


def test_the_browsers_webvtt_parser_gives_every_word_back(hostile_page):
    from sentigram.style import styling
    from sentigram.style.theme.theme import load

    text = vtt_text(styling.style(written(list(HOSTILE)), load()))
    cues = hostile_page.driver.execute_async_script(_READ_VTT, text)
    assert letters(" ".join(cues)) == letters(" ".join(map(shown, HOSTILE)))
