"""The page as a viewer has it: opened from the disk in a real Chromium."""

from __future__ import annotations

import functools
import shutil
import threading
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sentigram.render.html import page as html_page
from tests.browser.pages import choose, style_of, time_ms, word, write
from tests.render import html_jobs

pytestmark = pytest.mark.browser

NAMES = [
    "plain.webm",
    "-dash 'quote' \"double\".webm",
    "50% #1? yes & no.webm",
    "a:b;c=d.webm",
    "two\nlines [x].webm",
    "🎬 日本 é.webm",
    "c:\\windows.webm",
]
EVIL = "</script><img/src=x/onerror=document.title='bad'><b>"


def test_it_opens_in_silence(page):
    assert page.text(".u-words") == "I waited for you all afternoon."
    assert page.run("return document.fonts.check('600 16px Poppins')")
    assert page.run(
        "return [...document.fonts].some(f => f.family.includes('Bebas') && f.status !== 'error')"
    )
    assert page.complaints() == []


def test_a_click_on_a_word_seeks_marks_and_explains(page):
    choose(page, 7)
    page.wait(f"Math.abs(document.getElementById('media').currentTime - {7 * 0.4}) < 0.02")
    assert page.run("return document.querySelector('.transcript .on').dataset.word") == "7"
    assert page.text(".captions .w.on").lower() == "never"
    assert "anger" in page.text(".panel-feeling")
    assert "90 % sure" in page.text(".facts")
    assert "words 30 % · voice 70 %" in page.text(".facts")
    assert page.run("return document.querySelectorAll('.panel-table tbody tr').length") == len(
        html_jobs.LABELS
    )
    assert page.complaints() == []


PAUSED = "document.getElementById('media').paused"


def test_a_word_that_is_chosen_plays_and_can_be_chosen_without(page):
    page.click(word(7))
    page.wait(f"!{PAUSED}")
    page.wait(f"document.getElementById('media').currentTime > {7 * 0.4 + 0.1}")
    page.press(" ")  # the word has the focus, and Space pauses as everywhere
    page.wait(PAUSED)
    choose(page, 2)
    assert page.run(f"return {PAUSED}")
    assert time_ms(page) == pytest.approx(2 * html_jobs.WORD_MS, abs=5)
    page.press("\ue014", "\ue007")  # the next word, Enter
    page.wait(f"!{PAUSED}")
    assert page.text(".panel-word").lower() == "you"
    page.press("e")  # correcting: words are chosen, and nothing plays
    page.wait(PAUSED)
    page.click(word(9))
    assert page.run(f"return {PAUSED}")
    assert page.run("return document.getElementById('fix-text').value") == "called"
    page.press("\ue00c", "\ue00c")
    touch = "const [span, kind] = arguments; span.dispatchEvent(new PointerEvent(kind, \
{bubbles: true, pointerType: 'touch', clientX: 5, clientY: 5}))"
    span = page.run("return document.querySelector(arguments[0])", word(1))
    page.run(touch, span, "pointerdown")
    page.wait("document.getElementById('fix-text')?.value === 'waited'")
    page.run(touch, span, "pointerup")
    page.run("arguments[0].click()", span)  # the click that ends the press chooses nothing
    assert page.run(f"return {PAUSED}")
    assert page.complaints() == []


def test_a_word_that_no_feeling_is_sure_of_says_so(browser, video, tmp_path):
    made = html_jobs.document([("", "can do", "neutral")])
    unsure = tuple(
        0.4 if n == "anger" else 0.6 / (len(html_jobs.LABELS) - 1) for n in html_jobs.LABELS
    )
    readings = tuple(replace(reading, probs=unsure) for reading in made.track.readings)
    made = replace(made, track=replace(made.track, readings=readings))
    (tmp_path / "talk.webm").write_bytes(video.read_bytes())
    browser.open(write(tmp_path / "page.html", made))
    choose(browser, 0)
    assert "neutral: anger is not sure enough (40 %)" in browser.text(".facts")


def test_playing_marks_the_word_that_is_said(page):
    page.run(
        """
        window.seen = [];
        const media = document.getElementById("media");
        const transcript = document.getElementById("transcript");
        new MutationObserver(() => {
          const on = transcript.querySelector(".on");
          if (on) window.seen.push([Number(on.dataset.word), media.currentTime * 1000]);
        }).observe(transcript, {subtree: true, attributeFilter: ["class"]});
        """
    )
    page.click("#play")
    page.wait("new Set(window.seen.map(([w]) => w)).size >= 4")
    page.click("#play")
    first = {}
    for number, at_ms in page.run("return window.seen"):
        first.setdefault(number, at_ms)
    assert list(first) == list(range(1, len(first) + 1))  # word 0 is marked from the start
    lags = [at_ms - number * html_jobs.WORD_MS for number, at_ms in first.items()]
    # A frame of this video lasts 40 ms; the clock has moved on when the observer looks.
    assert all(-60 <= lag <= 250 for lag in lags), lags
    assert page.complaints() == []


def test_the_mark_moves_no_neighbour(page):
    def boxes():
        return page.run(
            "return [...document.querySelectorAll('.captions .w')]"
            ".map(w => w.offsetLeft + ':' + w.offsetWidth)"
        )

    choose(page, 8)
    before = boxes()
    choose(page, 9)
    assert page.run("return document.querySelector('.captions .on').dataset.word") == "9"
    assert boxes() == before


def test_culture_and_age_change_without_a_reload(page):
    page.run("window.mark = 1")
    choose(page, 7)
    selector = ".captions [data-word='7']"
    red, size = style_of(page, selector, "color"), style_of(page, selector, "--size")
    page.choose("culture", "eastern")
    assert style_of(page, selector, "color") != red
    page.choose("culture", "western")
    assert style_of(page, selector, "color") == red
    page.choose("age", "child")
    assert float(style_of(page, selector, "--size")) > float(size)
    assert page.run("return window.mark") == 1
    assert page.complaints() == []


def test_captions_stay_inside_the_picture_in_every_look(page):
    page.run("document.documentElement.style.setProperty('--text-size', '1.45')")
    for age in ("child", "senior"):
        page.choose("age", age)
        for number in (2, 7, 20, 32):
            choose(page, number)
            inside = page.run(
                """
                const room = document.getElementById("picture").getBoundingClientRect();
                return [...document.querySelectorAll(".captions .w")].every((w) => {
                  const box = w.getBoundingClientRect();
                  return box.left >= room.left && box.right <= room.right
                    && box.bottom <= room.bottom;
                });
                """
            )
            assert inside, (age, number)


def test_motion_none_stops_animation(page):
    page.choose("motion", "full")
    choose(page, 7)
    selector = ".captions [data-word='7']"
    assert style_of(page, selector, "animation-name") == "move-shake"
    page.choose("motion", "none")
    assert style_of(page, selector, "animation-name") == "none"


def test_the_mark_of_the_word_that_is_said_goes_where_nothing_may_move(page):
    page.choose("motion", "subtle")
    choose(page, 7)
    mark = "return getComputedStyle(document.querySelector('.captions .w.on'), '::after').opacity"
    shown = {}
    for active in ("auto", "on", "off"):
        page.run(f"document.documentElement.dataset.active = '{active}'")
        for motion in ("none", "subtle"):
            page.choose("motion", motion)
            shown[active, motion] = page.run(mark)
    assert shown == {
        ("auto", "none"): "0", ("auto", "subtle"): "1", ("on", "none"): "1",
        ("on", "subtle"): "1", ("off", "none"): "0", ("off", "subtle"): "0",
    }  # fmt: skip


def test_reduced_motion_is_respected(browser, folder):
    browser.emulate(prefers_reduced_motion="reduce")
    browser.open(folder / "talk.html")
    assert browser.run("return document.documentElement.dataset.motion") == "none"
    assert browser.run("return document.getElementById('motion').value") == "none"
    browser.emulate()


def test_search_finds_words_and_steps_through_them(page):
    page.press("/", "all")
    assert page.run("return document.activeElement.id") == "search"
    assert page.text("#search-count") == "1 of 3"  # all, called, all
    page.press("\ue007")
    assert page.text("#search-count") == "2 of 3"
    assert page.text(".chosen-hit") == "called"
    page.press("\ue00c")
    assert page.run("return document.querySelectorAll('.hit').length") == 0
    page.press("me! I am")  # runs over the end of an utterance
    assert page.text("#search-count") == "1 of 1"
    assert page.run("return document.querySelectorAll('.hit').length") == 3


def test_the_keyboard_plays_and_seeks(page):
    page.press("l")
    assert time_ms(page) == pytest.approx(10_000, abs=5)
    page.press("j")
    assert time_ms(page) == pytest.approx(0, abs=5)
    page.press("\ue014")
    assert time_ms(page) == pytest.approx(5_000, abs=5)
    page.press("\ue012")
    assert time_ms(page) == pytest.approx(0, abs=5)
    page.press(" ")
    page.wait("!document.getElementById('media').paused")
    page.press("k")
    page.wait("document.getElementById('media').paused")
    page.press("?")
    assert page.run("return document.getElementById('help').open")
    page.press("\ue00c")
    assert not page.run("return document.getElementById('help').open")


def test_one_tab_stop_for_all_words_and_arrows_between_them(page):
    assert page.run("return document.querySelectorAll('.transcript [tabindex=\"0\"]').length") == 1
    page.run("document.querySelector('.transcript [tabindex=\"0\"]').focus()")
    page.press("\ue014", "\ue014", "\ue015")
    assert page.run("return document.activeElement.dataset.word") == "6"
    assert page.run("return document.querySelectorAll('.transcript [tabindex=\"0\"]').length") == 1
    page.press("\ue00c")
    assert page.run("return document.getElementById('panel').hidden")


def test_screen_readers_hear_the_feeling(page):
    label = page.run("return document.querySelector(arguments[0]).ariaLabel", word(7))
    assert label == "never, strong anger"
    assert page.run("return document.querySelector(arguments[0]).ariaLabel", word(0)) is None
    assert page.run("return document.getElementById('spoken').ariaLive") == "off"
    page.click("#speak")
    choose(page, 8)
    assert "[strong anger]" in page.text("#spoken")


def test_filters_show_only_a_feeling(page):
    page.click(".score-name[data-emotion='anger']")
    shown = page.run(
        "return [...document.querySelectorAll('.u')].filter(u => u.offsetHeight)"
        ".map(u => u.dataset.utterance)"
    )
    assert shown == ["1"]
    page.press("\ue00c")
    assert page.run("return [...document.querySelectorAll('.u')].every(u => u.offsetHeight > 0)")


def test_a_click_on_the_score_seeks(page):
    page.click("#score-field")  # in its middle
    end_ms = html_jobs.document().media.duration_ms
    assert time_ms(page) == pytest.approx(end_ms / 2, abs=end_ms / 100)
    assert page.run("return Number(document.getElementById('score-field').ariaValueNow)") == round(
        end_ms / 2000
    )


@pytest.mark.parametrize("name", NAMES)
def test_any_file_name_is_found(browser, video, tmp_path, name, monkeypatch):
    monkeypatch.setattr(html_page, "font_css", lambda _letters: "")  # it packs fonts for each name
    shutil.copy(video, tmp_path / name)
    page = write(tmp_path / "page.html", html_jobs.document(name=name), media=tmp_path / name)
    browser.open(page)
    assert browser.complaints() == []


def test_hostile_text_shows_and_runs_nothing(browser, video, tmp_path):
    name = "<img src=x onerror=alert(1)>.webm"
    shutil.copy(video, tmp_path / name)
    document = html_jobs.document([(EVIL, f"see {EVIL} now", "anger")], name=name)
    browser.open(write(tmp_path / "page.html", document))
    assert browser.text(".u-speaker") == EVIL
    assert browser.text(".u-words") == f"see {EVIL} now"
    assert browser.text("h1") == name.removesuffix(".webm")
    choose(browser, 2)
    assert EVIL.lower() in browser.text("#captions").lower()
    assert browser.run("return document.title") == name.removesuffix(".webm")
    assert browser.run("return document.querySelectorAll('img').length") == 0
    assert browser.complaints() == []


def test_a_missing_video_can_be_chosen(browser, video, tmp_path):
    from selenium.webdriver.common.by import By

    page = write(tmp_path / "page.html", html_jobs.document(name="gone.webm"))
    browser.driver.get(page.as_uri())
    browser.wait("!document.getElementById('chooser').hidden")
    assert "gone.webm" in browser.text("#chooser-text")
    browser.complaints()  # the browser itself says that the file is missing
    browser.driver.find_element(By.ID, "file").send_keys(str(video))
    browser.wait("document.getElementById('media').readyState > 0")
    assert browser.run("return document.getElementById('chooser').hidden")
    assert browser.complaints() == []


def test_sound_alone_plays(browser, video, tmp_path):
    shutil.copy(video, tmp_path / "talk.webm")
    browser.open(write(tmp_path / "page.html", html_jobs.document(size=(0, 0))))
    browser.click("#play")
    browser.wait("document.querySelectorAll('.captions .on').length === 1")
    browser.click("#play")
    assert browser.complaints() == []


def test_a_slice_starts_and_stops_where_it_should(browser, folder):
    from sentigram.core.time import Span

    page = write(folder / "slice.html", html_jobs.document(), slice_=Span(4000, 4600))
    browser.open(page)
    browser.wait("Math.abs(document.getElementById('media').currentTime - 4) < 0.01")
    browser.click("#play")
    browser.wait("document.getElementById('media').currentTime > 4.5")
    browser.wait("document.getElementById('media').paused")
    assert time_ms(browser) == pytest.approx(4600, abs=300)


def test_it_works_from_a_server_too(browser, folder):
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        browser.driver.get_log("browser")
        browser.driver.get(f"http://127.0.0.1:{server.server_port}/talk.html")
        browser.wait("document.getElementById('media').readyState > 0")
        complaints = [text for text in browser.complaints() if "favicon" not in text]
        assert complaints == []
    finally:
        browser.driver.get("about:blank")
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def long_talk(video, tmp_path_factory):
    """The page of a talk of 6000 words."""
    folder = tmp_path_factory.mktemp("long")
    shutil.copy(video, folder / "talk.webm")
    line = "these are ten plain words of a very long talk"
    sentences = [("", line, "neutral"), ("", line, "anger")] * 300
    return write(folder / "page.html", html_jobs.document(sentences, word_ms=100))


BUILT = "document.querySelectorAll('.transcript [data-word]').length"


def test_a_long_talk_forgets_what_is_far_and_moves_to_any_word(browser, long_talk):
    browser.open(long_talk)
    assert browser.run("return document.querySelectorAll('.u').length") == 600
    for share in (0.2, 0.5, 0.9):
        browser.run(
            "const t = document.getElementById('transcript');"
            "t.scrollTop = t.scrollHeight * arguments[0]",
            share,
        )
        browser.wait(
            "[...document.querySelectorAll('.transcript .w')].some((w) => {"
            " const box = w.getBoundingClientRect(); return box.top > 200 && box.top < 700})"
        )
    browser.wait(f"{BUILT} < 2500")
    browser.press("/", "very long")
    assert browser.text("#search-count") == "1 of 600"
    for _ in range(3):
        browser.press("\ue007")
    shown = browser.run(
        "const box = document.querySelector('.chosen-hit').getBoundingClientRect();"
        "return box.top > 0 && box.bottom < innerHeight"
    )
    assert shown
    browser.choose("culture", "eastern")
    assert browser.complaints() == []
    browser.forget()


def test_a_long_talk_builds_only_what_is_near(browser, long_talk):
    browser.open(long_talk)
    assert 0 < browser.run(f"return {BUILT}") < 2000
    browser.run("document.getElementById('transcript').scrollTo(0, 1e9)")
    browser.wait("document.querySelector(`.transcript [data-word='5999']`) !== null")
