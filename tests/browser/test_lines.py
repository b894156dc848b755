"""Lines, ranges and times corrected on the page; what is saved is rendered by Sentigram."""

from __future__ import annotations

import json

import jsonschema
import pytest

from sentigram.cli.app import main
from sentigram.core.document import loads, schema
from tests.browser.pages import choose, word
from tests.browser.test_accessibility import axe, violations  # noqa: F401  (a fixture)
from tests.browser.test_corrections import edit, saved, texts
from tests.render import html_jobs

pytestmark = pytest.mark.browser

LABEL = "return document.querySelector(arguments[0]).ariaLabel"
ENTER, SHIFT, CONTROL, RIGHT, UP = "\ue007", "\ue008", "\ue009", "\ue014", "\ue013"


def held(page, key: str, *keys: str) -> None:
    """Press keys while another one is held."""
    from selenium.webdriver import ActionChains

    chain = ActionChains(page.driver).key_down(key)
    chain.send_keys(*keys).key_up(key).perform()


def shift_click(page, n: int) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By

    span = page.driver.find_element(By.CSS_SELECTOR, word(n))
    ActionChains(page.driver, duration=0).key_down(SHIFT).click(span).key_up(SHIFT).perform()


def row(page, n: int) -> str:
    """The words of a line without those that were removed."""
    return page.run(
        "return [...document.querySelectorAll('.u-words')[arguments[0]].querySelectorAll('.w')]"
        ".filter(e => !e.matches('.gone')).map(e => e.textContent).join(' ')",
        n,
    )


def test_a_line_is_corrected_and_every_format_is_made_of_what_is_saved(page, tmp_path, axe):  # noqa: F811
    choose(page, 7)
    held(page, SHIFT, "E")
    assert page.run("return document.activeElement.id") == "fix-line"
    held(page, CONTROL, "a")
    page.press("You didn't even ever call me!", ENTER)
    page.wait("document.activeElement.matches('.transcript .w')")
    assert row(page, 1).endswith("You didn't even ever call me!")
    choose(page, 9)
    assert "ever" in page.text("#captions")
    assert violations(page, axe) == []
    page.press("e")
    page.click("label:has(#fix-feeling-excitement)")
    assert page.run(LABEL, word(9)) == "call, strong excitement"
    text = saved(page, tmp_path)
    jsonschema.validate(json.loads(text), schema())
    document = loads(text)
    assert texts(document)[6:12] == ["You", "didn't", "even", "ever", "call", "me!"]
    assert document.track.readings[10].label == "excitement"
    before = list(html_jobs.document().transcript.words())
    after = list(document.transcript.words())
    assert after[:7] == before[:7]
    assert after[12:] == before[11:]
    out = tmp_path / "out"
    kinds = "html,ass,effects,srt,vtt,ttml,srv3,json,microdvd,mpl2"
    document_path = tmp_path / "talk.sentigram.json"
    assert main(["render", str(document_path), "--to", kinds, "--out", str(out), "--quiet"]) == 0
    made = {path.suffix for path in out.rglob("*") if path.is_file()}
    assert {".html", ".ass", ".srt", ".vtt", ".ttml", ".srv3", ".json"} <= made
    (srt,) = out.rglob("*.srt")
    assert "didn't even ever" in srt.read_text(encoding="utf-8").lower().replace("\n", " ")
    assert main(["check", str(srt)]) in (0, 1)


def test_several_words_are_selected_and_corrected_together(page, axe):  # noqa: F811
    choose(page, 1)
    shift_click(page, 4)
    ranged = "return [...document.querySelectorAll('.ranged')].map(e => Number(e.dataset.word))"
    assert page.run(ranged) == [1, 2, 3, 4]
    assert page.text(".panel-feeling") == "4 words"
    assert page.run("return document.getElementById('media').paused")
    page.click("label:has(#fix-feeling-fear)")
    assert violations(page, axe) == []
    assert [page.run(LABEL, word(n)) for n in (0, 1, 4, 5)] == [
        None, "waited, clear fear", "all, clear fear", None,
    ]  # fmt: skip
    page.run("document.activeElement.blur()")
    held(page, CONTROL, "z")
    assert page.run(LABEL, word(1)) is None
    page.run("document.querySelector(arguments[0]).focus()", word(4))
    held(page, SHIFT, RIGHT)
    assert page.run(ranged) == [1, 2, 3, 4, 5]
    page.click("#fix-merge")
    assert row(page, 0) == "I waitedforyouallafternoon."
    page.click("#undo")
    assert row(page, 0) == "I waited for you all afternoon."
    edit(page, 1)
    page.click("#fix-select")
    page.click(word(2))
    assert page.run(ranged) == [1, 2]
    page.click("#fix-gone")
    assert [page.run(LABEL, word(n)) for n in (1, 2)] == ["waited, removed", "for, removed"]


def test_words_are_split_put_in_and_timed_by_keys_and_buttons(page, tmp_path):
    edit(page, 7)
    page.run("document.getElementById('fix-text').setSelectionRange(3, 3)")
    held(page, CONTROL, ENTER)
    assert row(page, 1).split()[-5:] == ["nev", "er", "even", "called", "me!"]
    page.click("#fix-new")
    page.press("truly", ENTER)
    assert row(page, 1).endswith("nev truly er even called me!")
    page.click("#undo")
    page.click("#undo")
    page.run("document.getElementById('fix-start').focus()")
    page.press(UP)
    page.run("document.activeElement.dispatchEvent(new Event('change', {bubbles: true}))")
    page.click("#fix-end-earlier")
    page.click("#fix-end-earlier")
    assert page.run("return document.getElementById('fix-end').value") == "3.130"
    page.run("document.getElementById('media').currentTime = 2.9")
    page.wait("document.getElementById('now').textContent === '0:02'")
    page.click("#fix-start-here")
    span = list(loads(saved(page, tmp_path)).transcript.words())[7].span
    assert (span.start_ms, span.end_ms) == (2900, 3130)
    assert "time set by hand" in page.text(".panel-head")
    page.click("#fix-merge")
    assert row(page, 1).endswith("You nevereven called me!")


def test_all_of_it_outlives_a_reload(page, tmp_path):
    edit(page, 7)
    page.change("fix-line", "You have never called me, ever!")
    page.click("label:has(#fix-feeling-frustration)")
    page.click("#fix-end-earlier")
    before = saved(page, tmp_path)
    (tmp_path / "talk.sentigram.json").unlink()
    page.wait("localStorage.length > 0")
    page.wait(
        "JSON.parse(localStorage[Object.keys(localStorage)[0]]).fixes"
        ".some(([, fix]) => fix.end !== undefined && fix.timing === 'aligned')"
    )
    page.driver.refresh()
    page.wait("document.getElementById('media').readyState > 0")
    assert row(page, 1).endswith("You have never called me, ever!")
    assert saved(page, tmp_path) == before
    page.click("#undo")
    assert row(page, 1).endswith("You never even called me!")
    assert page.complaints() == []


@pytest.mark.parametrize(
    "kept",
    [
        '{"fixes": [[1, {"start": 900}]], "utterances": null}',
        '{"fixes": [[1, {"end": -1}]], "utterances": null}',
        '{"fixes": [], "added": [{"text": "x"}], "utterances": null}',
        '{"fixes": [], "utterances": [["A", [0, 0], "u1"]]}',
        '{"fixes": [], "utterances": [["A", [1, 0], "u1"]]}',
        '{"fixes": [], "utterances": [["A", 0, 1e9, "u1"]]}',
    ],
)
def test_kept_words_that_do_not_fit_are_left_alone(page, kept):
    page.run(
        "const id = JSON.parse(document.getElementById('talk').textContent).id;"
        "localStorage.setItem('sentigram:' + id, arguments[0])",
        kept,
    )
    page.driver.refresh()
    page.wait("document.getElementById('media').readyState > 0")
    assert page.run("return document.getElementById('fixes').hidden")
    assert page.complaints() == []
