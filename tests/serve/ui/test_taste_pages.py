"""`sentigram personalize`: its page, its answers, and the theme file that comes of them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sentigram.cli.app import main
from sentigram.cli.personalize import _worn
from sentigram.core.media import MediaInfo
from sentigram.errors import InputError, MediaError
from sentigram.jobs.questions import LONGEST_MS, Questions, stretches_of
from sentigram.media.probe import probe
from sentigram.serve.taste_pages import TasteApp
from sentigram.style.look import Look
from sentigram.style.theme.theme import load
from tests.browser.test_accessibility import axe, violations
from tests.documents import document, talk
from tests.serve.running import Client, serving
from tests.serve.ui.test_page_access import SMALL

__all__ = ["axe"]


@pytest.fixture(scope="module")
def media() -> MediaInfo:
    return probe(Path(__file__).resolve().parents[3] / "examples" / "talk.mp4")


@pytest.fixture
def app(media: MediaInfo, tmp_path: Path) -> TasteApp:
    folder = tmp_path / "drawn"
    folder.mkdir()
    return TasteApp(Questions(talk(), media, Look(age="senior")), tmp_path / "mine.toml", folder)


@pytest.fixture
def asked(app: TasteApp) -> Iterator[Client]:
    with serving(app) as port:
        yield Client(port)


def answer(client: Client, app: TasteApp, value: Any) -> Any:
    headers = {"content_type": "application/json", "sec_fetch_site": "same-origin"}
    return client.ask("POST", f"{app.path}answer", json.dumps(value), **headers)


def test_the_looks_of_a_question_are_drawn_and_differ(asked: Client, app: TasteApp) -> None:
    pictures = [asked.get(f"{app.path}look/0/{side}") for side in (0, 1)]
    assert [one.headers["content-type"] for one in pictures] == ["image/webp"] * 2
    assert all(one.body[:4] == b"RIFF" for one in pictures)
    assert pictures[0].body != pictures[1].body
    assert asked.get(f"{app.path}look/0/0").body == pictures[0].body
    assert asked.get(f"{app.path}look/1/0").status == 404


def test_answers_come_to_a_theme_file(asked: Client, app: TasteApp, tmp_path: Path) -> None:
    for number in range(12):
        told = asked.get(f"{app.path}question").json
        assert (told["question"], told["choices"]) == (number, number)
        assert told["said"] in " ".join(w.text for w in talk().transcript.words())
        assert answer(asked, app, {"question": number, "answer": "first"}).status == 200
    told = asked.get(f"{app.path}question").json
    assert "of 12 choices that it did not see" in told["agreement"]
    assert "chance is 50 %" in told["agreement"]
    headers = {"sec_fetch_site": "same-origin"}
    done = asked.ask("POST", f"{app.path}finish", "", **headers)
    assert done.json["file"] == str(tmp_path / "mine.toml")
    text = (tmp_path / "mine.toml").read_text(encoding="utf-8")
    assert "# The taste of one person, from 12 choices" in text
    theme = load(age="senior", file=tmp_path / "mine.toml")
    assert theme.caption != load(age="senior").caption
    assert app.written
    assert answer(asked, app, {"question": 12, "answer": "first"}).status == 409
    again = asked.ask("POST", f"{app.path}finish", "", **headers).json
    assert again["told"] == done.json["told"]  # what the file says, and the terminal will


def test_neither_teaches_nothing_and_what_is_over_is_refused(asked: Client, app: TasteApp) -> None:
    told = answer(asked, app, {"question": 0, "answer": "neither"}).json
    assert (told["question"], told["choices"]) == (1, 0)
    assert answer(asked, app, {"question": 0, "answer": "first"}).status == 409
    headers = {"sec_fetch_site": "same-origin"}
    assert asked.ask("POST", f"{app.path}finish", "", **headers).status == 409


@pytest.mark.parametrize(
    "given", ["", "[]", "{}", '{"question": 0, "answer": "third"}', "[" * 900, '"x"', "\0"]
)
def test_what_is_no_answer(asked: Client, app: TasteApp, given: str) -> None:
    headers = {"content_type": "application/json", "sec_fetch_site": "same-origin"}
    assert asked.ask("POST", f"{app.path}answer", given, **headers).status == 422


def test_the_key_is_needed_and_other_sites_are_refused(asked: Client, app: TasteApp) -> None:
    for path in ("/", "/x/", "/x/question", "/x/look/0/0", f"{app.path[:-2]}/question"):
        assert asked.get(path).status == 404
    headers = {"content_type": "text/plain", "sec_fetch_site": "cross-site"}
    body = '{"question": 0, "answer": "first"}'
    assert asked.ask("POST", f"{app.path}answer", body, **headers).status in (403, 404)
    assert asked.get(f"{app.path}question", host="evil.example").status == 421
    assert asked.get(f"{app.path}question").json["choices"] == 0


def test_a_file_that_is_there_is_not_replaced(asked: Client, app: TasteApp, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("mine", encoding="utf-8")
    answer(asked, app, {"question": 0, "answer": "second"})
    refused = asked.ask("POST", f"{app.path}finish", "", sec_fetch_site="same-origin")
    assert refused.status == 409
    assert (tmp_path / "mine.toml").read_text(encoding="utf-8") == "mine"


def test_stretches_are_short_and_show_feeling() -> None:
    found = stretches_of(talk())
    assert all(0 < span.duration_ms <= LONGEST_MS for span in found)
    words = list(talk().transcript.words())
    first = [word.text for word in words if word.span.overlap_ms(found[0])]
    assert "leaves" not in first  # nothing is felt there
    with pytest.raises(InputError, match="has no words"):
        stretches_of(document())


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["no.sentigram.json"], 3, "no.sentigram.json"),
        (["talk.mp4"], 3, "make one first: sentigram render talk.mp4 --to json"),
        (["talk.sentigram.json"], 3, "does not lie beside it"),
        (["talk.sentigram.json", "--out", "there.toml"], 3, "exists already"),
        (["talk.sentigram.json", "--age", "old"], 2, "no age 'old'"),
    ],
)
def test_what_cannot_be_asked_about(
    arguments: list[str],
    code: int,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    media: MediaInfo,
) -> None:
    from sentigram.core.document import dumps

    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.toml").write_text("", encoding="utf-8")
    (tmp_path / "talk.sentigram.json").write_text(dumps(talk()), encoding="utf-8")
    if "--age" in arguments:
        (tmp_path / talk().media.name).symlink_to(media.path)
    assert main(["personalize", *arguments]) == code
    assert told in capsys.readouterr().err


@pytest.mark.browser
def test_the_page_is_answered_by_keys_and_can_be_used_by_all(
    browser, app, axe, tmp_path, monkeypatch
):
    with serving(app) as port:
        browser.driver.get_log("browser")
        browser.driver.get(f"http://127.0.0.1:{port}{app.path}")
        drawn = "[...document.images].every((i) => i.complete && i.naturalWidth)"
        browser.wait(f"{drawn} && document.getElementById('state').textContent.endsWith('es.')")
        assert violations(browser, axe) == []
        assert browser.run(SMALL) == []
        browser.click("#still")
        browser.wait("!document.querySelector('canvas').hidden")
        said = browser.text("#said")
        held = "new KeyboardEvent('keydown', {key: '1', repeat: true})"
        browser.run(f"document.dispatchEvent({held})")
        time.sleep(0.3)  # what is pressed sooner answers nothing: see below
        browser.press("1")
        browser.wait("document.getElementById('state').textContent.startsWith('1 of 12')")
        assert browser.text("#problem") == ""  # the held key has answered nothing before
        seen = browser.run(
            "const text = (id) => document.getElementById(id).textContent;"
            "document.dispatchEvent(new KeyboardEvent('keydown', {key: '2'}));"
            "const state = document.getElementById('state');"
            "new MutationObserver((_, seer) => {"
            "  if (!state.textContent.endsWith('choices.')) return;"
            "  seer.disconnect();"
            "  queueMicrotask(() => document.getElementById('neither').click());"
            "}).observe(state, {childList: true});"
            "return [text('state'), text('said'), text('problem'), text('finish')]"
        )
        assert seen == [  # the pair before stays, and a key for what is not there is told
            "1 of 12 choices. Drawing the looks…",
            said,
            "The next two looks are being drawn: choose when both are here.",
            "Write it of 1 choice",
        ]
        new = "1 of 12 choices. These two are new: look at both, then choose."
        browser.wait(f"document.getElementById('state').textContent === '{new}'")
        time.sleep(0.3)
        assert browser.text("#said") != said
        assert browser.text("#problem") == ""
        with monkeypatch.context() as broken:
            broken.setattr(TasteApp, "_draw", lambda *_: (_ for _ in ()).throw(MediaError("gone")))
            browser.click("#second")
            browser.wait("!document.getElementById('undrawn').hidden")
        low = "return document.getElementById('again').getBoundingClientRect().bottom"
        assert browser.run(low) <= browser.run("return innerHeight")
        assert "could not be drawn" in browser.text("#problem")
        browser.driver.get_log("browser")
        browser.click("#again")
        assert browser.text("#state") == "2 of 12 choices. Drawing the looks…"
        assert browser.run("return document.getElementById('undrawn').hidden")
        assert "chance is 50 %" in browser.text("#agreement")
        browser.click("#finish")
        browser.wait("document.getElementById('state').textContent.startsWith('Written')")
        assert (tmp_path / "mine.toml").is_file()
        assert browser.complaints() == []
        browser.driver.get("about:blank")


def test_questions_are_the_same_for_the_same_seed(media: MediaInfo) -> None:
    one, other, third = (Questions(talk(), media, Look(), seed=seed).pair for seed in (1, 1, 2))
    assert np.array_equal(one, other)
    assert not np.array_equal(one, third)


def test_what_the_file_lies_over_is_said() -> None:
    assert _worn(Look(culture="eastern", preset="pop")) == [
        "--culture", "eastern", "--preset", "pop",
    ]  # fmt: skip
    assert _worn(Look()) == []
