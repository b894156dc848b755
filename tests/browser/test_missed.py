"""Speech without words, notes and doubtful words on the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sentigram.core.document import Document, dumps, loads
from sentigram.core.protocols import RenderJob
from sentigram.core.time import Span
from sentigram.render.html.page import HtmlRenderer
from sentigram.style import styling
from sentigram.style.theme.theme import load
from tests.browser.conftest import Browser
from tests.browser.pages import choose, style_of, time_ms, word, write
from tests.browser.test_accessibility import axe, violations  # noqa: F401  (a fixture)
from tests.browser.test_corrections import saved
from tests.render import html_jobs

pytestmark = pytest.mark.browser

DOUBTFUL = {3: 0.42, 20: 0.1}


def told() -> Document:
    """The usual Document, with speech missed before lines 2 and 6 and after the last one."""
    made = html_jobs.document()
    utterances, at = [], 0
    for utterance in made.transcript.utterances:
        words = tuple(
            replace(w, confidence=DOUBTFUL.get(at + i, w.confidence))
            for i, w in enumerate(utterance.words)
        )
        utterances.append(replace(utterance, words=words))
        at += len(words)
    return replace(
        made,
        transcript=replace(made.transcript, utterances=tuple(utterances)),
        missed=(Span(2_010, 2_390), Span(13_200, 13_590), Span(16_360, 16_800)),
        notes=("talk.srt: read as Windows-1250 <b>", "another track is heard"),
        extra={"scenes": [{"what": "rain </script>", "share": 1.0, "id": 2**60}]},
    )


@pytest.fixture
def page(browser: Browser, video, tmp_path) -> Iterator[Browser]:
    (tmp_path / "talk.webm").symlink_to(video)
    browser.emulate()
    browser.open(write(tmp_path / "page.html", told()))
    yield browser
    browser.forget()


def texts(page: Browser, selector: str) -> list[str]:
    return page.run(
        "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)", selector
    )


def test_speech_without_words_is_listed_and_each_is_a_way_there(page):
    assert page.text("#missed-title") == "Speech without words: 3 places, 1.2 seconds"
    assert texts(page, "#missed-list button") == ["0:02–0:03", "0:13–0:14", "0:16–0:17"]
    page.click("#missed-list li:nth-child(2) button")
    page.wait("Math.abs(document.getElementById('media').currentTime - 13.2) < 0.2")
    assert abs(time_ms(page) - 13_200) < 200


def test_it_stands_in_the_transcript_where_it_is(page):
    rows = texts(page, ".transcript .u")
    n_missed = [i for i, row in enumerate(rows) if "[speech without words" in row]
    assert n_missed == [1, 6, len(rows) - 1]
    assert rows[1] == "0:02[speech without words, 0.4 seconds]"
    choose(page, 3)
    page.press("e")
    page.click("#fix-split")  # all rows are built anew
    assert sum("[speech without words" in row for row in texts(page, ".transcript .u")) == 3


def test_the_score_hatches_it(page):
    script = """
        const canvas = document.getElementById("score-canvas");
        const at = (ms) => Math.round(canvas.width * ms / arguments[0]);
        const data = canvas.getContext("2d").getImageData(
            at(13210), 0, at(13580) - at(13210), canvas.height).data;
        let n = 0;
        for (let i = 3; i < data.length; i += 4) n += data[i] > 60;
        return n / (data.length / 4);
    """
    inked = page.run(script, told().media.duration_ms)
    assert 0.1 < inked < 0.6


def test_notes_are_at_hand_and_quiet(page):
    assert page.text("#about-title") == "About this transcript: 2 notes"
    assert page.run("return document.getElementById('about').open") is False
    assert texts(page, "#about-list li") == list(told().notes)


def test_where_nothing_is_to_be_said_nothing_stands_there(browser, folder):
    browser.open(folder / "talk.html")
    for name in ("missed", "about"):
        assert browser.run("return document.getElementById(arguments[0]).hidden", name)
    assert browser.run("return document.querySelectorAll('.doubtful').length") == 0
    browser.forget()


def test_the_very_document_comes_back_with_what_nobody_here_knows(page, tmp_path):
    text = saved(page, tmp_path)
    assert text == dumps(told())
    assert loads(text).extra == told().extra
    assert page.complaints() == []


def test_doubtful_words_are_marked_and_said(page):
    marked = page.run(
        "return [...document.querySelectorAll('.transcript .doubtful')]"
        ".map((e) => Number(e.dataset.word))"
    )
    assert marked == list(DOUBTFUL)
    assert style_of(page, word(3), "text-decoration-style") == "dotted"
    label = page.run("return document.querySelector(arguments[0]).ariaLabel", word(3))
    assert label.endswith(", doubtful")
    choose(page, 3)
    assert "heard with 42 % confidence" in page.text("#panel")


def test_from_one_doubtful_word_to_the_next(page, tmp_path):
    choose(page, 0)
    page.press("e")
    page.click("#fix-doubtful")
    assert page.run("return document.getElementById('fix-text').value") == texts(page, word(3))[0]
    page.press("hour", "\ue004")  # a person is certain
    assert (
        page.run("return document.querySelector(arguments[0]).className", word(3)).count("doubtful")
        == 0
    )
    page.click("#fix-doubtful")
    assert page.run("return document.getElementById('fix-text').value") == texts(page, word(20))[0]
    assert not page.run("return document.getElementById('fix-doubtful')"), "it is the last one"
    assert list(loads(saved(page, tmp_path)).transcript.words())[3].confidence == 1.0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page, axe, scheme):  # noqa: F811
    page.emulate(prefers_color_scheme=scheme)
    page.run("document.getElementById('about').open = true")
    assert violations(page, axe) == []
    page.emulate()


def test_print_shows_where_words_are_missing_and_the_notes(page):
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    page.run("window.dispatchEvent(new Event('beforeprint'))")
    seen = "return document.querySelector(arguments[0]).getBoundingClientRect().height"
    assert page.run(seen, ".u-missed") > 0
    assert page.run(seen, "#about-list") > 0
    assert page.run(seen, "#missed") == 0
    assert page.run(seen, "#stage") == 0
    page.run("window.dispatchEvent(new Event('afterprint'))")
    assert page.run("return document.getElementById('about').open") is False
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_where_the_theme_marks_doubtful_words_captions_show_them(browser, video, tmp_path):
    (tmp_path / "talk.webm").symlink_to(video)
    file = tmp_path / "doubt.toml"
    file.write_text("[confidence]\ndoubtful_below = 0.5\n", encoding="utf-8")
    theme = load(file=file)
    job = RenderJob(
        told(), styling.style(told(), theme), styling.looks(told(), file=file), "none", None
    )
    HtmlRenderer().render(job, tmp_path / "page.html")
    browser.open(tmp_path / "page.html")
    choose(browser, 3)
    shown = ".captions [data-word='3']"
    assert "s-neutral-0d" in browser.run(
        "return document.querySelector(arguments[0]).className", shown
    )
    assert style_of(browser, shown, "text-decoration-line") == "underline"
    browser.press("e")
    browser.click("label:has(#fix-feeling-anger)")
    assert "s-anger-3" in browser.run(
        "return document.querySelector(arguments[0]).className", shown
    )
    browser.change("fix-text", "certain")
    browser.wait(f"document.querySelector(\"{shown}\").textContent === 'certain'")
    assert "d" not in browser.run(
        "return document.querySelector(arguments[0]).className.match(/s-anger-3\\w*/)[0]", shown
    ).removeprefix("s-anger-3")
    browser.forget()
