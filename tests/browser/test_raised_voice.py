"""A raised voice whose emotion is not known: seen, heard by screen readers, corrected, saved."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentigram.core.document import Document, dumps, loads
from sentigram.core.emotion import RAISED
from sentigram.style import styling
from sentigram.style.theme.theme import load
from tests.browser.pages import choose, style_of, word, write
from tests.browser.test_accessibility import NEEDS, axe, violations
from tests.browser.test_corrections import arrived, edit, readings, saved
from tests.browser.test_export import exported
from tests.render import html_jobs

__all__ = ["axe"]

pytestmark = pytest.mark.browser

SPEECH = (
    ("Jack", "And so my fellow Americans", RAISED),
    ("Jack", "it was said very long ago", "neutral"),
    ("Ann", "You never even called me!", "anger"),
)


def speech() -> Document:
    return html_jobs.document(SPEECH)


@pytest.fixture
def raised_page(browser, video, tmp_path):
    (tmp_path / "talk.webm").write_bytes(video.read_bytes())
    browser.emulate()
    browser.open(write(tmp_path / "page.html", speech()))
    yield browser
    browser.emulate()
    browser.forget()


def label(page, n: int) -> str | None:
    return page.run("return document.querySelector(arguments[0]).ariaLabel", word(n))


def facts(page) -> list[str]:
    return page.run(
        "return [...document.querySelectorAll('.fact-name')]"
        ".map((e) => [...e.children].map((c) => c.textContent).join(': '))"
    )


def test_the_panel_says_that_the_emotion_is_not_known(raised_page):
    page = raised_page
    choose(page, 2)
    assert page.text(".panel-feeling") == "voice strongly raised; which emotion is not known"
    assert facts(page)[:2] == [
        "Reading: raised voice; which emotion is not known",
        "How raised: 90 %",
    ]
    assert page.run("return document.querySelector('.radar-top')") is None
    assert page.run("return document.querySelectorAll('.panel-table tr').length") == 8
    assert label(page, 2) == "my, voice strongly raised"
    assert page.text("#now-feeling") == "voice strongly raised"
    choose(page, 12)
    assert page.text(".panel-feeling") == "strong anger"
    assert page.text(".radar-top") == "anger"


def test_it_has_a_lane_and_a_line_of_the_legend_of_its_own(raised_page):
    page = raised_page
    names = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)"
    assert page.run(names, ".score-name") == ["anger", "raised voice", "neutral"]
    assert "raised voice 31 %" in page.text("#score-text")
    page.click("[data-emotion='raised-voice']")
    apart = "return [...document.querySelectorAll('.u')].map((e) => e.classList.contains('apart'))"
    assert page.run(apart) == [False, True, True]
    page.click("[data-emotion='raised-voice']")
    page.click("#open-legend")
    assert page.run(names, ".legend dt")[-2:] == ["raised voice", "neutral"]
    text = page.run(names, ".legend dd")[-2]
    assert text == "raised voicewhich emotion is not known: grey, bold, larger, spread out"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_strength_without_a_colour(raised_page, scheme):
    page = raised_page
    page.emulate(prefers_color_scheme=scheme)
    assert style_of(page, word(0), "color") == style_of(page, word(6), "color")
    assert int(style_of(page, word(0), "font-weight")) > int(style_of(page, word(6), "font-weight"))
    assert style_of(page, word(0), "text-transform") == "none"
    on_picture = ".captions [data-word='0']"
    page.run("document.getElementById('media').currentTime = 0.1")
    page.wait("document.querySelector(\".captions [data-word='0']\") !== null")
    assert style_of(page, on_picture, "--move") == "none"
    assert style_of(page, on_picture, "color") == "rgb(220, 222, 225)"


def test_colours_follow_the_scheme_while_a_word_is_open(raised_page):
    """Ink on paper becomes paper on ink; what was asked for before would not be seen."""
    page = raised_page
    choose(page, 2)
    light = style_of(page, ".panel-body", "--tint")
    page.emulate(prefers_color_scheme="dark")
    page.wait(
        "getComputedStyle(document.querySelector('.panel-body')).getPropertyValue('--tint').trim()"
        f" !== '{light}'"
    )
    assert style_of(page, ".panel-body", "--tint") == style_of(page, "body", "--ink")
    assert style_of(page, "#now-feeling", "--swatch") == style_of(page, "body", "--ink")


def test_without_corrections_the_very_document_comes_back(raised_page, tmp_path):
    assert saved(raised_page, tmp_path) == dumps(speech())


def test_exports_keep_it(raised_page, tmp_path):
    page = raised_page
    assert "Style: raised-voice-4," in exported(page, tmp_path, "ass")
    assert "<c.raised-voice.raised-voice-4>And</c>" in exported(page, tmp_path, "vtt")
    assert "And so my fellow\nAmericans" in exported(page, tmp_path, "srt")


def test_a_person_may_say_that_a_voice_is_raised(raised_page, tmp_path):
    """One short word among others: what the page shows is what a new rendering draws."""
    page = raised_page
    edit(page, 7)
    page.click("label:has(#fix-feeling-raised-voice)")
    for level, how in ((3, "clearly"), (1, "slightly"), (2, "somewhat"), (4, "strongly")):
        if level != 3:
            page.click(f"label:has(#fix-strength-{level})")
        assert label(page, 7) == f"said, voice {how} raised"
        assert page.text(".panel-feeling") == f"voice {how} raised; which emotion is not known"
        page.click("#panel-edit")
        assert facts(page)[:2] == [
            "Reading: raised voice; which emotion is not known (set by hand)",
            f"How raised: {25 * level} %",
        ]
        page.click("#panel-edit")
        (tmp_path / how).mkdir()
        document = loads(saved(page, tmp_path / how))
        reading = readings(document)[7]
        labels = document.track.labels
        assert (reading.is_raised, reading.is_by_hand(labels)) == (True, True)
        assert reading.shown_intensity(labels) == level / 4
        drawn = styling.assign(document, load())[7].runs[0].style
        assert (drawn.emotion, drawn.level) == (RAISED, level)
        assert [r for i, r in enumerate(readings(document)) if i != 7] == [
            r for i, r in enumerate(readings(speech())) if i != 7
        ]


@pytest.mark.parametrize("name", ["anger", "neutral"])
def test_a_person_may_know_better_than_the_model(raised_page, tmp_path, name):
    page = raised_page
    edit(page, 2)
    assert page.run("return document.getElementById('fix-feeling-raised-voice').checked")
    page.click(f"label:has(#fix-feeling-{name})")
    document = loads(saved(page, tmp_path))
    reading = readings(document)[2]
    assert (reading.name, reading.withheld) == (name, False)
    if name != "neutral":
        assert label(page, 2) == f"my, strong {name}"
        assert reading.confidence(document.track.labels) == 1.0
        assert styling.assign(document, load())[2].runs[0].style.emotion == name
    page.click("#undo")
    assert label(page, 2) == "my, voice strongly raised"
    (tmp_path / "undone").mkdir()
    page.save_to(tmp_path / "undone")
    page.click("#save")
    assert arrived(tmp_path / "undone", "talk.sentigram.json") == dumps(speech())


def test_what_a_person_wrote_into_the_document_comes_back(browser, video, tmp_path: Path):
    (tmp_path / "talk.webm").write_bytes(video.read_bytes())
    text = dumps(speech()).replace('"label": "neutral"', '"label": "anger"', 1)
    browser.open(write(tmp_path / "page.html", loads(text)))
    choose(browser, 0)
    assert "set by hand" in facts(browser)[0]
    assert saved(browser, tmp_path) == text
    browser.forget()


def test_the_correction_outlives_a_reload(raised_page):
    page = raised_page
    edit(page, 7)
    page.click("label:has(#fix-feeling-raised-voice)")
    page.wait("localStorage.length > 0")
    page.driver.refresh()
    page.wait("document.getElementById('media').readyState > 0")
    assert label(page, 7) == "said, voice clearly raised"


@pytest.mark.parametrize(
    "fix",
    [
        '{"label": 1, "level": 3, "withheld": true}',
        '{"label": 0, "level": 0, "withheld": true}',
        '{"withheld": true}',
        '{"label": 0, "level": 3, "withheld": "yes"}',
    ],
)
def test_kept_corrections_that_make_no_sense_are_left_alone(raised_page, fix):
    page = raised_page
    page.run(
        "const id = JSON.parse(document.getElementById('talk').textContent).id;"
        "localStorage.setItem('sentigram:' + id, arguments[0])",
        f'{{"fixes": [[7, {fix}]], "utterances": null}}',
    )
    page.driver.refresh()
    page.wait("document.getElementById('media').readyState > 0")
    assert page.run("return document.getElementById('fixes').hidden")


@pytest.mark.parametrize("need", ["light", "dark contrast", "forced"])
def test_axe_finds_nothing(raised_page, axe, need):
    """Where other words differ too, tests/browser/test_accessibility.py looks at every need."""
    page = raised_page
    page.emulate(**NEEDS[need])
    choose(page, 2)
    assert violations(page, axe) == []
    page.press("e")
    assert violations(page, axe) == []
    page.press("\ue00c")
    page.click("[data-emotion='raised-voice']")
    page.click("#open-legend")
    assert violations(page, axe) == []
    assert page.complaints() == []
