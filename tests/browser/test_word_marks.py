"""The word that is being said, and words that a theme sets apart, in the page."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from sentigram.render.html.page import HtmlRenderer
from sentigram.style import styling
from sentigram.style.theme.theme import load
from tests.browser.pages import choose, style_of
from tests.render import html_jobs

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser, video, tmp_path, request):
    """A page under a preset, with a theme file that sets words apart."""
    made = html_jobs.document()
    theme_file = tmp_path / "mine.toml"
    said = next(made.transcript.words()).text
    theme_file.write_text(f'[select.first]\nmatch = "{said}"\nfill = "#7df9ff"\n', encoding="utf-8")
    theme = load(profiles=(request.param,), file=theme_file)
    looks = styling.looks(made, file=theme_file, profiles=(request.param,))
    shutil.copy(video, tmp_path / "talk.webm")
    job = replace(html_jobs.job(made), looks=looks, track=styling.style(made, theme))
    HtmlRenderer().render(job, tmp_path / "page.html")
    browser.open(tmp_path / "page.html")
    yield browser
    browser.forget()


@pytest.mark.parametrize("page", ["karaoke", "box"], indirect=True)
def test_the_spoken_word_is_marked_and_chosen_ones_are_set_apart(page):
    preset = page.run("return document.documentElement.dataset.profile")
    choose(page, 0)
    first, second = ".captions [data-word='0']", ".captions [data-word='1']"
    page.wait(f"document.querySelector({first!r}).classList.contains('on')")
    said = style_of(page, first, "color")
    assert said == ("rgb(255, 207, 51)" if preset == "karaoke" else "rgb(11, 11, 16)")
    ground = page.run(
        "return getComputedStyle(document.querySelector(arguments[0]), '::after')", first
    )
    assert ground
    assert style_of(page, second, "color") != said
    choose(page, 1)
    page.wait(f"document.querySelector({second!r}).classList.contains('on')")
    assert style_of(page, first, "color") == "rgb(125, 249, 255)"
    page.run("document.documentElement.dataset.motion = 'none'")
    assert style_of(page, second, "color") not in (said, "rgb(125, 249, 255)")


@pytest.mark.parametrize("text", ["[door slams]", "♪ (hums). ♪"])
def test_what_nobody_says_is_not_marked(browser, video, tmp_path, text):
    made = html_jobs.document()
    (first, *others) = made.transcript.utterances
    sound = replace(first.words[0], text=text)
    utterances = (replace(first, words=(sound, *first.words[1:])), *others)
    made = replace(made, transcript=replace(made.transcript, utterances=utterances))
    looks = styling.looks(made, profiles=("box",))
    shutil.copy(video, tmp_path / "talk.webm")
    job = replace(
        html_jobs.job(made), looks=looks, track=styling.style(made, load(profiles=("box",)))
    )
    HtmlRenderer().render(job, tmp_path / "page.html")
    browser.open(tmp_path / "page.html")
    choose(browser, 1)
    browser.wait("document.querySelector(\".captions [data-word='1']\").classList.contains('on')")
    choose(browser, 0)
    browser.wait("!document.querySelector(\".captions [data-word='1']\").classList.contains('on')")
    assert not browser.run("return document.querySelector('.captions .on')")
    browser.forget()
