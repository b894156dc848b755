"""The menus and keys that change what is shown while it plays."""

from __future__ import annotations

import shutil
from dataclasses import replace
from itertools import pairwise

import pytest

from sentigram.core.style import StyleKey
from sentigram.render.html.page import HtmlRenderer
from sentigram.style import styling
from tests.browser.pages import choose, style_of, word
from tests.render import html_jobs

pytestmark = pytest.mark.browser

LABEL = "return document.querySelector(arguments[0]).ariaLabel"


@pytest.fixture
def needs(browser, video, tmp_path):
    """A page with the looks of all profiles, and these looks."""
    made = html_jobs.document()
    looks = styling.looks(made, alternatives=styling.NEEDS)
    shutil.copy(video, tmp_path / "talk.webm")
    job = replace(html_jobs.job(made), looks=looks)
    HtmlRenderer().render(job, tmp_path / "page.html")
    browser.open(tmp_path / "page.html")
    yield browser, looks
    browser.forget()


def test_profiles_go_together_and_palettes_take_each_others_place(needs):
    page, looks = needs
    choose(page, 7)
    selector = ".captions [data-word='7']"
    western = {
        frozenset(look.profiles): look.styles[StyleKey("anger", 4)]
        for look in looks
        if (look.culture, look.age) == ("western", "adult")
    }
    assert len(western) == 16
    page.run("document.getElementById('profiles').open = true")
    worn: set[str] = set()
    # Each tick changes one box, or moves a palette's; together they pass through all sixteen.
    palettes = ("deuteranopia", "protanopia", "tritanopia")
    ticks = [*palettes, "tritanopia", "low-vision", *palettes, "tritanopia", "dyslexia"]
    ticks += [*palettes, "tritanopia", "low-vision", *palettes]
    seen = {frozenset(worn)}
    for name in ticks:
        page.click(f"label:has(#profile-{name})")
        worn = worn ^ {name} if name not in palettes else (worn - set(palettes)) | ({name} - worn)
        seen.add(frozenset(worn))
        wanted = western[frozenset(worn)]
        ticked = page.run(
            "return [...document.querySelectorAll('#profile-list input:checked')]"
            ".map(box => box.id.slice(8))"
        )
        assert set(ticked) == worn
        red, green, blue = bytes.fromhex(wanted.fill[1:])
        assert style_of(page, selector, "color") == f"rgb({red}, {green}, {blue})"
        box = bytes.fromhex((wanted.box or "#")[1:])
        ground = f"rgb({', '.join(map(str, box))})" if box else "rgba(0, 0, 0, 0)"
        assert style_of(page, ".captions .line", "background-color") == ground
        assert style_of(page, selector, "font-family").strip("\"'").startswith(wanted.family)
        assert float(style_of(page, selector, "--size")) == pytest.approx(wanted.size_em)
        assert float(style_of(page, selector, "--stroke")) == pytest.approx(
            0 if wanted.box else wanted.outline_em
        )
    assert seen == set(western)
    assert set(page.text("#profile-names").split(" + ")) == {n.replace("-", " ") for n in worn}
    page.click("#open-export")
    assert page.text("#export-look").endswith("tritanopia")
    page.press("\ue00c")
    assert page.complaints() == []


def test_the_text_menu_makes_captions_and_transcript_larger(page):
    choose(page, 2)

    def sizes() -> list[float]:
        return [
            float(style_of(page, selector, "font-size").removesuffix("px"))
            for selector in (".captions [data-word='2']", word(2))
        ]

    before = sizes()
    page.choose("text-size", "1.2")
    assert all(after > 1.1 * size for after, size in zip(sizes(), before, strict=True))


def test_a_new_speaker_is_named_above_the_captions(page):
    for number, name in ((0, "Anna"), (12, "Ben")):
        page.run("document.querySelector(arguments[0]).click()", word(number))
        page.wait(f"document.querySelector('.captions .speaker')?.textContent === '{name}'")


def test_captions_follow_what_moves_the_recording_from_outside(page):
    """Keys of a headset or the browser's own menu seek without asking the page."""
    page.run("document.getElementById('media').currentTime = 5.7")
    page.wait("document.querySelector('.captions .on')?.dataset.word === '14'")
    assert page.text("#now") == "0:05"


def test_speed_changes_by_button_and_keys(page):
    rate = "return document.getElementById('media').playbackRate"
    page.press("]")
    assert page.run(rate) == 1.25
    page.press("[", "[")
    assert page.run(rate) == 0.75
    assert page.text("#speed") == "0.75×"
    assert page.run("return document.getElementById('speed').ariaLabel") == "Speed: 0.75 times"
    page.click("#speed")
    assert page.run(rate) == 1


def test_search_steps_back_too(page):
    counted = "document.getElementById('search-count').textContent === '{} of 3'"
    page.press("/", "all", "\ue007")
    page.wait(counted.format(2))
    page.run(
        "document.getElementById('search').dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'Enter', shiftKey: true, bubbles: true}))"
    )
    page.wait(counted.format(1))


def test_labels_of_words_follow_the_look(browser, video, tmp_path):
    """Another look may show a word plain: what a screen reader says must be what is drawn."""
    made = html_jobs.job(html_jobs.document())
    first = made.looks[0]
    other = next(look for look in made.looks if look.culture == "eastern")
    plain = tuple(
        replace(w, runs=tuple(replace(run, style=StyleKey("neutral", 0)) for run in w.runs[:1]))
        for w in other.words
    )
    shutil.copy(video, tmp_path / "talk.webm")
    job = replace(made, looks=(first, replace(other, words=plain)))
    HtmlRenderer().render(job, tmp_path / "page.html")
    browser.open(tmp_path / "page.html")
    choose(browser, 7)
    assert browser.run(LABEL, word(7)) == "never, strong anger"
    browser.choose("culture", "eastern")
    assert browser.run(LABEL, word(7)) is None
    assert browser.text(".panel-feeling") == "no strong feeling"
    browser.choose("culture", "western")
    assert browser.run(LABEL, word(7)) == "never, strong anger"
    browser.forget()


def test_an_edit_after_an_undo_forgets_what_was_undone(page):
    choose(page, 7)
    page.press("e")
    page.change("fix-text", "rarely")
    page.change("fix-text", "seldom")
    page.click("#undo")
    page.change("fix-text", "always")
    assert page.run("return document.getElementById('redo').disabled")
    page.click("#undo")
    assert page.text(word(7)) == "rarely"
    page.click("#redo")
    assert page.text(word(7)) == "always"


def test_a_box_is_one_even_rectangle_per_line(needs):
    """As in effects, whatever the sizes and faces of the words on it."""
    browser, _ = needs
    browser.run("document.getElementById('profile-low-vision').click()")
    browser.choose("motion", "none")
    choose(browser, 7)
    lines = browser.run(
        """
        return [...document.querySelectorAll(".captions .line")].map((line) => {
          const at = line.getBoundingClientRect();
          const words = [...line.querySelectorAll(".w")];
          const boxes = words.map((w) => w.getBoundingClientRect());
          return {
            fill: getComputedStyle(line).backgroundColor,
            others: words.map((w) => getComputedStyle(w).backgroundColor),
            heights: boxes.map((box) => Math.round(box.height)),
            pads: [
              Math.min(...boxes.map((box) => box.left)) - at.left,
              at.right - Math.max(...boxes.map((box) => box.right)),
              Math.min(...boxes.map((box) => box.top)) - at.top,
              at.bottom - Math.max(...boxes.map((box) => box.bottom)),
            ],
            top: at.top, bottom: at.bottom,
          };
        });
        """
    )
    assert any(len(set(line["heights"])) > 1 for line in lines)
    for line in lines:
        assert line["fill"] == "rgb(0, 0, 0)"
        assert set(line["others"]) == {"rgba(0, 0, 0, 0)"}
        left, right, top, bottom = line["pads"]
        assert left == pytest.approx(right, abs=1)
        assert left > top > 0
        assert bottom > 0
    for upper, lower in pairwise(lines):
        assert lower["top"] <= upper["bottom"]  # no strip of picture between them
