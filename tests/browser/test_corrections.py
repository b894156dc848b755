"""Correcting words on the page, and the Document that is saved."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from sentigram.core.document import Document, dumps, loads
from sentigram.core.emotion import EmotionTrack, Evidence, WordEmotion
from tests.browser.pages import choose, style_of, word, write
from tests.render import html_jobs

pytestmark = pytest.mark.browser


def saved(page, folder: Path) -> str:
    """Save the corrections, and give the file's text."""
    page.save_to(folder)
    page.run("document.getElementById('save').click()")
    return arrived(folder, "talk.sentigram.json")


def arrived(folder: Path, name: str) -> str:
    deadline = time.monotonic() + 10
    while not (folder / name).exists() or not (folder / name).stat().st_size:
        assert time.monotonic() < deadline, list(folder.iterdir())
        time.sleep(0.02)
    return (folder / name).read_text(encoding="utf-8")


def edit(page, n: int) -> None:
    choose(page, n)
    page.press("e")


def readings(document: Document) -> list[WordEmotion]:
    return list(document.track.readings)


def texts(document: Document) -> list[str]:
    return [w.text for w in document.transcript.words()]


def test_without_corrections_the_very_document_comes_back(page, tmp_path):
    assert saved(page, tmp_path) == dumps(html_jobs.document())
    assert page.complaints() == []


def test_numbers_of_any_length_come_back(browser, video, tmp_path):
    made = html_jobs.document(language="")
    odd = [
        replace(r, probs=(0.5114, 1 / 3, 1 - 0.5114 - 1 / 3, *[0.0] * 5), vad=None, evidence=None)
        if i % 2
        else replace(r, intensity=1e-7, vad=(-1.0, 0.1234567, 1.0), evidence=Evidence(0.311, 0.689))
        for i, r in enumerate(readings(made))
    ]
    made = replace(made, track=EmotionTrack(made.track.labels, tuple(odd)))
    (tmp_path / "talk.webm").write_bytes(video.read_bytes())
    browser.open(write(tmp_path / "page.html", made))
    assert loads(saved(browser, tmp_path)) == loads(dumps(made))
    browser.forget()


def test_a_word_is_corrected_and_shows_at_once(page, tmp_path):
    edit(page, 7)
    assert page.run("return document.activeElement.id") == "fix-text"
    page.press("always", "\ue004")
    assert page.text(word(7)) == "always"
    assert page.text(".captions [data-word='7']") == "always"
    document = loads(saved(page, tmp_path))
    before = html_jobs.document()
    assert texts(document) == [*texts(before)[:7], "always", *texts(before)[8:]]
    assert readings(document) == readings(before)
    changed = list(document.transcript.words())[7]
    assert (changed.source, changed.confidence) == ("given", 1.0)


def test_a_feeling_is_corrected_and_restyles_the_word(page, tmp_path):
    edit(page, 1)
    plain = style_of(page, ".captions [data-word='1']", "color")
    page.click("label:has(#fix-feeling-anger)")
    assert page.run("return document.querySelector(arguments[0]).ariaLabel", word(1)) == (
        "waited, clear anger"
    )
    assert style_of(page, ".captions [data-word='1']", "color") != plain
    assert style_of(page, ".captions [data-word='1']", "text-transform") == "uppercase"
    page.click("label:has(#fix-strength-4)")
    assert page.text(".panel-feeling") == "strong anger"
    document = loads(saved(page, tmp_path))
    reading = readings(document)[1]
    labels = document.track.labels
    assert (reading.label, reading.shown_intensity(labels)) == ("anger", 1.0)
    assert reading.is_by_hand(labels)
    before = readings(html_jobs.document())
    assert [r for i, r in enumerate(readings(document)) if i != 1] == [
        r for i, r in enumerate(before) if i != 1
    ]


def test_a_strength_of_the_models_own_label_holds(page, tmp_path):
    """The page shows what the engine draws from the saved Document."""
    from sentigram.style import styling
    from sentigram.style.theme.theme import load

    edit(page, 7)
    for level, name in ((4, "strong"), (1, "slight"), (2, "some"), (3, "clear")):
        page.click(f"label:has(#fix-strength-{level})")
        (tmp_path / name).mkdir()
        document = loads(saved(page, tmp_path / name))
        reading = readings(document)[7]
        assert reading.label == "anger"
        assert reading.confidence(document.track.labels) > 0.85
        assert reading.shown_intensity(document.track.labels) == pytest.approx(
            0.9 if level == 4 else level / 4
        )
        drawn = styling.assign(document, load(culture="western", age="adult"))[7]
        shown = page.run("return document.querySelector(arguments[0]).ariaLabel", word(7))
        assert shown == f"never, {name} anger"
        if level >= 3:  # weaker ones may be evened out with the words around them
            assert drawn.runs[0].style.level == level


def test_a_feeling_is_taken_away(page, tmp_path):
    edit(page, 7)
    page.click("label:has(#fix-feeling-neutral)")
    assert page.run("return document.getElementById('fix-strength-1').closest('fieldset').disabled")
    reading = readings(loads(saved(page, tmp_path)))[7]
    assert (reading.label, reading.intensity) == ("neutral", 0)


def test_undo_and_redo(page):
    edit(page, 7)
    page.click("label:has(#fix-feeling-fear)")
    page.change("fix-text", "rarely")
    assert page.text("#fixes-count") == "1 correction"
    page.click("#undo")
    assert page.text(word(7)) == "never"
    assert "fear" in page.run("return document.querySelector(arguments[0]).ariaLabel", word(7))
    page.click("#undo")
    assert page.run("return document.querySelector(arguments[0]).ariaLabel", word(7)) == (
        "never, strong anger"
    )
    assert page.run("return document.getElementById('undo').disabled")
    page.click("#redo")
    page.click("#redo")
    assert page.text(word(7)) == "rarely"
    choose(page, 9)
    page.run(
        "document.body.dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'z', ctrlKey: true, bubbles: true}))"
    )
    assert page.text(word(7)) == "never"


@pytest.mark.parametrize("target", ["#fix-next", "label:has(#fix-feeling-fear)", word(9), word(11)])
def test_a_click_that_ends_typing_counts(page, target):
    """Leaving the field is an edit; drawing it must not take the button from under the mouse."""
    edit(page, 7)
    page.press("always")
    page.click(target)
    # The edit counts at once, and is drawn once the mouse has done its work.
    page.wait(f"document.querySelector({word(7)!r}).textContent === 'always'")
    if target.startswith("label"):
        label = page.run("return document.querySelector(arguments[0]).ariaLabel", word(7))
        assert label == "always, strong fear"
        return
    picked = page.run("return Number(document.querySelector('.transcript .picked').dataset.word)")
    assert picked == (8 if target == "#fix-next" else int(target.split("'")[1]))


def test_a_speaker_is_renamed_everywhere_after_the_name_was_typed(page):
    edit(page, 8)
    page.click("#fix-speaker")
    page.run("document.getElementById('fix-speaker').select()")
    page.press("Clara")
    page.click("#fix-everywhere")
    names = "return [...document.querySelectorAll('.u-speaker')].map(e => e.textContent).join()"
    page.wait("document.getElementById('undo').disabled === false")
    assert page.run(names) == "Clara,Ben,Clara,Ben,Clara"
    assert page.text("#fixes-count").startswith("1 correction")  # one name, of three lines
    assert "corrections" not in page.text("#fixes-count")
    page.click("#undo")
    assert page.run(names) == "Anna,Clara,Ben,Anna,Ben,Anna"
    page.click("#fix-rest")
    assert page.run(names) == "Clara,Ben,Clara,Ben,Clara"
    assert page.run("return document.getElementById('fix-rest')") is None


def test_several_edits_of_one_press_are_shown_together(page):
    """A speaker is typed, and the press that leaves the field splits the line."""
    edit(page, 8)
    page.click("#fix-speaker")
    page.press("Clara")
    page.click("#fix-split")
    page.wait("document.querySelectorAll('.u').length === 7")
    assert (
        page.run("return [...document.querySelectorAll('.u-speaker')].map(e => e.textContent)[1]")
        == "AnnaClara"
    )


def test_speakers_and_lines(page, tmp_path):
    edit(page, 8)
    page.click("#fix-split")
    assert page.run("return document.querySelectorAll('.u').length") == 7
    page.change("fix-speaker", "Clara <b>")
    document = loads(saved(page, tmp_path))
    assert [u.speaker for u in document.transcript.utterances[:4]] == [
        "Anna", "Anna", "Clara <b>", "Ben",
    ]  # fmt: skip
    assert len({u.id for u in document.transcript.utterances}) == 7
    page.click("#fix-join")
    assert page.run("return document.querySelectorAll('.u').length") == 6
    page.run("document.getElementById('fix-everywhere').click()")
    page.change("fix-speaker", "Dora")
    assert page.run(
        "return [...document.querySelectorAll('.u-speaker')].map(e => e.textContent)"
    ) == ["Dora", "Ben", "Dora", "Ben", "Dora"]


def test_a_removed_word_is_gone_from_the_document_and_can_come_back(page, tmp_path):
    edit(page, 7)
    page.click("#fix-gone")
    assert page.run("return document.querySelector(arguments[0]).ariaLabel", word(7)) == (
        "never, removed"
    )
    assert page.run("return document.querySelector('.captions [data-word=\"7\"]')") is None
    before = html_jobs.document()
    document = loads(saved(page, tmp_path))
    assert texts(document) == [t for i, t in enumerate(texts(before)) if i != 7]
    assert readings(document) == [r for i, r in enumerate(readings(before)) if i != 7]
    page.click("#fix-gone")
    assert page.text("#fixes-count").startswith("0 corrections")


def test_a_word_cannot_become_nothing(page):
    edit(page, 7)
    for bad in ("", "   "):
        page.change("fix-text", bad)
        assert page.text(word(7)) == "never"
        assert page.run("return document.getElementById('fix-text').value") == "never"


def test_any_text_survives(page, tmp_path):
    said = ["</script><b>x", "\u202eabc", "日本", "a b", "\\N{x}", "e\u0301 🎬", '"quoted"']
    for n, text in enumerate(said):
        edit(page, n)
        page.change("fix-text", text)
        assert page.text(word(n)) == text
        page.press("\ue00c")
    assert texts(loads(saved(page, tmp_path)))[: len(said)] == said
    assert page.complaints() == []


def test_corrections_outlive_a_reload_and_the_viewer_is_warned(page):
    edit(page, 7)
    page.change("fix-text", "rarely")
    assert page.run("return !window.dispatchEvent(new Event('beforeunload', {cancelable: true}))")
    page.wait("localStorage.length > 0")
    page.driver.refresh()
    page.wait("document.getElementById('media').readyState > 0")
    assert page.text(word(7)) == "rarely"
    assert page.text("#fixes-count") == "1 correction"
    page.click("#undo")
    assert page.text(word(7)) == "never"


def test_once_saved_nothing_warns(page, tmp_path):
    edit(page, 7)
    page.change("fix-text", "rarely")
    saved(page, tmp_path)
    assert page.text("#fixes-count") == "1 correction, saved"
    assert page.run("return window.dispatchEvent(new Event('beforeunload', {cancelable: true}))")


def test_kept_corrections_that_do_not_fit_are_left_alone(page):
    for kept in (
        "nonsense",
        "{}",
        '{"fixes": [[99999, {"text": "x"}]], "utterances": null}',
        '{"fixes": [[1, {"label": 77}]], "utterances": null}',
        '{"fixes": [], "utterances": [["A", 0, 3, "u1"]]}',
    ):
        page.run(
            "const id = JSON.parse(document.getElementById('talk').textContent).id;"
            "localStorage.setItem('sentigram:' + id, arguments[0])",
            kept,
        )
        page.driver.refresh()
        page.wait("document.getElementById('media').readyState > 0")
        assert page.run("return document.getElementById('fixes').hidden"), kept
        assert page.complaints() == []
