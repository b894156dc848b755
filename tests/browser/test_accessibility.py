"""WCAG 2.2 AA as far as axe-core can see it, in every state and for every need."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentigram.core.time import Span
from tests.browser.pages import choose, style_of, word, write
from tests.render import html_jobs

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_CHOOSE = (
    "document.querySelector(\".transcript [data-word='7']\")"
    ".dispatchEvent(new MouseEvent('click', {bubbles: true, ctrlKey: true}));"
)
ACTS = {
    "start": "",
    "panel": _CHOOSE,
    "profiles": "document.getElementById('profiles').open = true",
    "table": (f"{_CHOOSE}document.querySelector('.panel-table').open = true"),
    "edit": (
        f"{_CHOOSE}document.getElementById('panel-edit').click();"
        "document.getElementById('fix-feeling-fear').click()"
    ),
    "legend": "document.getElementById('open-legend').click()",
    "help": "document.getElementById('open-help').click()",
    "export": "document.getElementById('open-export').click()",
    "search": (
        "document.getElementById('search').value = 'all';"
        "document.getElementById('search').dispatchEvent(new Event('input'))"
    ),
    "filter": "document.querySelector('[data-emotion=anger]').click()",
}
NEEDS = {
    "light": {},
    "dark": {"prefers_color_scheme": "dark"},
    "contrast": {"prefers_contrast": "more"},
    "dark contrast": {"prefers_contrast": "more", "prefers_color_scheme": "dark"},
    "forced": {"forced_colors": "active"},
}


@pytest.fixture(scope="module")
def axe() -> str:
    found = pytest.importorskip("axe_playwright_python")
    return (Path(found.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def violations(page, axe: str) -> list[str]:
    """What axe finds, one line per rule and element."""
    if not page.run("return 'axe' in window"):
        page.run(axe)
    return page.driver.execute_async_script(
        """
        const [rules, done] = arguments;
        axe.run(document, {runOnly: {type: "tag", values: rules}, resultTypes: ["violations"]})
          .then((result) => done(result.violations.flatMap(({id, nodes}) =>
            nodes.map((node) => `${id} ${node.target}: ${node.failureSummary}`))))
          .catch((error) => done([String(error)]));
        """,
        RULES,
    )


@pytest.mark.parametrize("state", ACTS)
def test_axe_finds_nothing_in_any_state(page, axe, state):
    page.run(ACTS[state])
    assert violations(page, axe) == []


@pytest.mark.parametrize("need", [n for n in NEEDS if n != "light"])
def test_axe_finds_nothing_for_any_need(page, axe, need):
    page.emulate(**NEEDS[need])
    page.run(ACTS["edit"])
    assert violations(page, axe) == []
    page.press("\ue00c")
    assert violations(page, axe) == []
    page.emulate()


@pytest.mark.parametrize(
    ("width", "height", "zoom"), [(320, 640, 1), (1280, 800, 2), (1280, 1024, 4)]
)
def test_small_and_zoomed_pages_reflow(page, axe, width, height, zoom):
    page.resize(width, height, zoom=zoom)
    try:
        for state in ("start", "panel", "edit"):
            page.run(ACTS[state])
            width, room = page.run(
                "const root = document.documentElement; return [root.scrollWidth, root.clientWidth]"
            )
            assert width <= room, state
            assert violations(page, axe) == []
    finally:
        page.resize_back()


def test_text_of_a_fifth_more_spacing_loses_nothing(page):
    """WCAG 1.4.12: line height 1.5, letters 0.12 em, words 0.16 em."""
    page.run(
        "const sheet = new CSSStyleSheet();"
        "sheet.replaceSync('* {line-height: 1.5 !important; letter-spacing: 0.12em !important;"
        "word-spacing: 0.16em !important}');"
        "document.adoptedStyleSheets = [sheet]"
    )
    page.run(ACTS["edit"])
    clipped = page.run(
        "return [...document.querySelectorAll('button, label, select, .fact-name, .u-words')]"
        ".filter(e => e.offsetParent && e.scrollWidth > e.clientWidth + 1"
        "  && getComputedStyle(e).overflow !== 'visible').map(e => e.outerHTML.slice(0, 80))"
    )
    assert clipped == []


def test_targets_are_large_enough(page):
    page.run(ACTS["edit"])
    small = page.run(
        """
        const kinds = "button, select, .chip, summary, input, [role=slider]";
        return [...document.querySelectorAll(kinds)]
          .filter((e) => e.offsetParent && !e.closest("dialog, .visually-hidden"))
          .map((e) => [e.getBoundingClientRect(), e])
          .filter(([box, e]) => Math.min(box.width, box.height) < 24
            && !(e.labels?.[0]?.getBoundingClientRect().height >= 24))
          .map(([box, e]) => `${e.id || e.className}: ${box.width} x ${box.height}`)
        """
    )
    assert small == []


def test_every_control_can_be_reached_and_shows_it(page):
    page.run(ACTS["edit"])
    page.run("const top = document.querySelector('h1'); top.tabIndex = -1; top.focus()")
    reached: list[str] = []
    for _ in range(60):
        page.press("\ue004")
        name, shows = page.run(
            "const e = document.activeElement;"
            "const own = e.matches('input[type=radio]') ? e.nextElementSibling"
            " : e.id === 'search' ? e.parentElement : e;"
            "const style = getComputedStyle(own);"
            "return [e.id || e.className || e.tagName,"
            " style.outlineStyle !== 'none' || style.boxShadow !== 'none']"
        )
        if name == "BODY":
            break
        assert shows, name
        reached.append(name)
    order = ["culture", "play", "score-field", "search", "undo", "panel-edit", "fix-text"]
    assert [name for name in reached if name in order] == order
    assert len(reached) == len(set(reached)) or reached.count("score-name") > 1


def test_single_keys_can_be_switched_off(page):
    page.press("?")
    page.click("#single-keys")
    page.press("\ue00c")
    page.run("document.activeElement.blur()")
    page.press("k", "l", "?", "e")
    assert page.run("return document.getElementById('media').paused")
    assert page.run("return document.getElementById('media').currentTime") == 0
    assert not page.run("return document.getElementById('help').open")
    assert page.run("return document.getElementById('panel').hidden")
    page.press("\ue014")  # an arrow is no character
    assert page.run("return document.getElementById('media').currentTime") == pytest.approx(5)


def test_pictures_have_words_beside_them(page):
    assert page.text("#score-text").startswith("Of the speech: sadness 20 %")
    sides = page.text("#score-text").rpartition("On average it is read as ")[2].split(" and ")
    assert "" not in sides
    assert len({one.rstrip(".") for one in sides}) == len(sides)  # not "even and even"
    page.run(ACTS["panel"])
    for part in ("Valence", "Arousal", "Dominance", "unpleasant", "excited", "in control"):
        assert part in page.text(".facts")
    assert page.run("return document.querySelectorAll('.panel svg:not([aria-hidden])').length") == 0


@pytest.mark.parametrize("name", ["#save", "#follow"])
def test_letters_on_dark_buttons_show_in_forced_colours(page, name):
    """Chromium lays a plate behind letters whose colours it may change: it must not here."""
    page.run(ACTS["edit"])
    page.emulate(forced_colors="active")
    assert style_of(page, name, "forced-color-adjust") == "none"
    assert style_of(page, name, "color") != style_of(page, name, "background-color")
    page.emulate()


def test_paper_has_no_mark_of_the_search(page):
    page.press("/", "mother", "\ue007")
    page.wait("document.querySelector('.chosen-hit')")
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert style_of(page, ".chosen-hit", "outline-style") == "none"
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_print_says_every_change_of_feeling(page):
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    page.run("window.dispatchEvent(new Event('beforeprint'))")
    first = page.run(
        "return getComputedStyle(document.querySelector(arguments[0]), '::before').content", word(6)
    )
    assert "[strong anger]" in first
    assert page.run(
        "return getComputedStyle(document.querySelector(arguments[0]), '::before').content", word(7)
    ) in {"none", "normal"}
    assert style_of(page, ".stage", "display") == "none"
    assert style_of(page, ".score", "display") == "none"
    assert page.run("return document.querySelectorAll('.transcript .w').length") == len(
        list(html_jobs.document().transcript.words())
    )
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    page.run("window.dispatchEvent(new Event('afterprint'))")


def test_right_to_left_and_chinese_lines_stand_as_they_are_read(browser, video, tmp_path):
    (tmp_path / "talk.webm").write_bytes(video.read_bytes())
    lines = [
        ("دانا", "مرحبا hello world يا أصدقاء", "happiness"),
        ("林", "我們 今天 很 高興", "anger"),
    ]
    browser.open(write(tmp_path / "page.html", html_jobs.document(lines, language="ar")))
    choose(browser, 1)

    def left(n: int) -> float:
        return browser.run(
            "return document.querySelector(arguments[0]).getBoundingClientRect().left",
            f".captions [data-word='{n}']",
        )

    assert left(0) > left(2) > left(1) > left(3) > left(4)
    assert style_of(browser, ".transcript .u-words", "direction") == "rtl"
    choose(browser, 5)
    assert left(5) < left(6) < left(7)
    assert browser.complaints() == []


def test_a_label_of_a_speaker_stands_before_the_words(browser, video, tmp_path):
    from dataclasses import replace

    from sentigram.render.html.page import html_text

    (tmp_path / "talk.webm").write_bytes(video.read_bytes())
    job = html_jobs.job(html_jobs.document())
    cues = tuple(replace(cue, label=f"[{cue.speaker}]") for cue in job.track.cues)
    text = html_text(replace(job, track=replace(job.track, cues=cues), slice=Span(0, 14000)))
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    browser.open(tmp_path / "page.html")
    choose(browser, 8)
    assert browser.text(".captions .label") == "[Anna]"
    choose(browser, 8)
    browser.press("e")
    browser.change("fix-speaker", "Zoë")
    assert browser.text(".captions .label") == "[Zoë]"
    browser.forget()
