"""Sounds, and how words are said, on the page: captions, lane, list, panel and files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sentigram.core.document import Document, DocumentMedia, dumps, loads
from sentigram.core.prosody import Prosody
from sentigram.core.sounds import Sound
from sentigram.core.time import Span
from tests.browser.conftest import Browser
from tests.browser.pages import choose, style_of, word, write
from tests.browser.test_accessibility import axe, violations  # noqa: F401  (a fixture)
from tests.browser.test_corrections import saved
from tests.browser.test_export import exported
from tests.render import html_jobs

pytestmark = pytest.mark.browser

LOUD = Prosody(2.4, None, -3.0, 0.0, 0.91)
MUSIC = "music <i>"
UNPLEASANT = (-0.6, 0.1, 0.0)


def told() -> Document:
    """Two lines with two seconds of music between them; one word is loud and drawn out."""
    made = html_jobs.document(html_jobs.SENTENCES[:2], word_ms=300)
    first, second = made.transcript.utterances
    later = tuple(
        replace(w, span=Span(w.span.start_ms + 4000, w.span.end_ms + 4000)) for w in second.words
    )
    words = (*first.words[:2], replace(first.words[2], prosody=LOUD), *first.words[3:])
    utterances = (
        replace(first, words=words),
        replace(second, span=Span(later[0].span.start_ms, later[-1].span.end_ms), words=later),
    )
    readings = tuple(replace(reading, vad=UNPLEASANT) for reading in made.track.readings)
    return replace(
        made,
        media=DocumentMedia("talk.webm", 9000, 640, 360, made.media.fps),
        transcript=replace(made.transcript, utterances=utterances),
        track=replace(made.track, readings=readings),
        sounds=(Sound(MUSIC, Span(1500, 5400), 0.85), Sound("door", Span(8000, 8500), 1, "given")),
    )


@pytest.fixture
def page(browser: Browser, video, tmp_path) -> Iterator[Browser]:
    (tmp_path / "talk.webm").symlink_to(video)
    browser.emulate()
    browser.open(write(tmp_path / "page.html", told(), style="dimensions"))
    yield browser
    browser.forget()


def at(page: Browser, seconds: float) -> None:
    page.run("document.getElementById('media').currentTime = arguments[0]", seconds)
    page.wait(f"Math.abs(document.getElementById('media').currentTime - {seconds}) < .1")


def test_a_sound_is_shown_where_nobody_speaks_and_told_to_screen_readers(page, axe):  # noqa: F811
    page.run("document.getElementById('spoken').setAttribute('aria-live', 'polite')")
    at(page, 3.5)
    page.wait(f"document.getElementById('captions').textContent === '[{MUSIC}]'")
    assert page.text("#spoken") == f"[{MUSIC}]"
    assert violations(page, axe) == []
    at(page, 6.0)
    page.wait("document.getElementById('captions').textContent.includes('called')")
    assert page.complaints() == []


def test_sounds_have_a_lane_and_a_list_to_jump_by(page):
    names = page.run(
        "return [...document.querySelectorAll('#score-names > *')].map((e) => e.textContent)"
    )
    assert names[-1] == "sounds"
    assert page.text("#sounds-title") == "Sounds: 2 places"
    labels = page.run(
        "return [...document.querySelectorAll('#sounds-list button')].map((b) => b.ariaLabel)"
    )
    assert labels[0] == f"Play from 0:02: {MUSIC}, 3.9 seconds, heard, 85 % sure"
    assert labels[1].endswith("door, 0.5 seconds, from the transcript")


def test_dimensions_are_drawn_and_the_legend_says_which(page):
    assert style_of(page, word(0), "font-family").startswith('"Oswald"') or (
        "Oswald" in style_of(page, word(0), "font-family")
    )
    page.click("#open-legend")
    legend = page.text("#legend-list")
    for text in ("unpleasant", "pleasant", "excited", "emphasized", "drawn out"):
        assert text in legend
    page.press("\ue00c")


def test_the_panel_says_how_a_word_is_said(page):
    choose(page, 2)
    said = page.text("#panel")
    assert "How it is said" in said
    assert "much louder, much drawn out" in said
    assert "91 %" in said
    choose(page, 0)
    assert "How it is said" not in page.text("#panel")


def test_what_is_saved_and_exported_holds_them(page, tmp_path):
    assert loads(saved(page, tmp_path)) == loads(dumps(told()))
    assert f"[{MUSIC.replace('<', '＜').replace('>', '＞')}]" in exported(page, tmp_path, "srt")
    vtt = exported(page, tmp_path, "vtt")
    assert "[music &lt;i&gt;]" in vtt
    assert "neutral-0_valence-2" in vtt
    assert "_emphasis2" in exported(page, tmp_path, "ass")
