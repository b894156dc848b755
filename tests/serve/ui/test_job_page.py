"""The page of a job: words and emotions as they come, its end, other looks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sentigram.core.document import loads, words_alone
from tests.browser.pages import style_of
from tests.render import html_jobs
from tests.serve.ui.conftest import owner, visit
from tests.serve.ui.stand_in import StandIn

pytestmark = pytest.mark.browser

SAID = "document.getElementById('said').textContent"


@pytest.fixture
def job(start, server):
    """A job of this browser that waits."""
    return server.add(owner(start), name="Mrs <Oakes>.mp4")


@pytest.fixture
def page(start, server, job):
    """Its page."""
    start.driver.get(f"{server.address}/jobs/{job.id}")
    start.wait("document.getElementById('job').dataset.state")
    return start


def words_of(page) -> list[str]:
    return page.run("return [...document.querySelectorAll('.flow .w')].map((w) => w.textContent)")


def test_a_job_that_waits_says_where_it_stands(page, job):
    assert page.text("#now") == "Next in the queue, about 40 seconds left."
    assert page.text("#name") == "Mrs <Oakes>.mp4"
    assert page.driver.title == "Mrs <Oakes>.mp4 · Sentigram"
    job.say("state", state="queued", place=3, eta_s=200)
    page.wait("/2 before it, about 3 minutes/.test(document.getElementById('now').textContent)")


def test_words_appear_as_they_are_known(page, job):
    job.run()
    page.wait("document.querySelector('.stage.on .stage-name')?.textContent === 'Words'")
    bar = "document.querySelectorAll('.stage')[1].querySelector('progress').value"
    assert page.run(f"return {bar}") == 0.35  # half of the first seven tenths: times come after
    first = [{"text": "Hello", "start_ms": 0, "end_ms": 400}]
    job.say("words", **{"from": 0, "words": first})
    page.wait("document.querySelectorAll('.flow .w').length === 1")
    later = [{"text": "<b>world</b>", "start_ms": 450, "end_ms": 800}]
    later += [{"text": "Later.", "start_ms": 9000, "end_ms": 9400}]
    job.say("words", **{"from": 1, "words": later})
    page.wait("document.querySelectorAll('.flow .w').length === 3")
    assert words_of(page) == ["Hello", "<b>world</b>", "Later."]
    lines = page.run("return [...document.querySelectorAll('.said')].map((p) => p.textContent)")
    assert lines == ["0:00Hello <b>world</b>", "0:09Later."]


def test_words_appear_while_they_are_recognized(page, job):
    """They give way to those that are known in the end, which may be fewer."""
    job.run()
    told = [
        {"text": text, "start_ms": i * 500, "end_ms": i * 500 + 400}
        for i, text in enumerate("abcd")
    ]
    job.say("recognized", **{"from": 0, "words": told[:2]})
    page.wait("document.querySelectorAll('.flow .w').length === 2")
    job.say("recognized", **{"from": 2, "words": told[2:]})
    page.wait("document.querySelectorAll('.flow .w').length === 4")
    assert words_of(page) == ["a", "b", "c", "d"]
    job.say("words", **{"from": 0, "words": told[:3]})
    page.wait("document.querySelectorAll('.flow .w').length === 3")
    assert words_of(page) == ["a", "b", "c"]


def test_of_words_that_were_only_recognized_there_is_no_document(page, job):
    job.run()
    job.say("recognized", **{"from": 0, "words": [{"text": "Hello", "start_ms": 0, "end_ms": 9}]})
    page.wait("document.querySelectorAll('.flow .w').length === 1")
    job.say("failed", error="what is said is not English")
    page.wait("!document.getElementById('kept-words').hidden")
    assert page.run("return document.getElementById('document').hidden")
    assert not page.run("return document.getElementById('plain').hidden")


STAGES = (  # of a real job, in their order
    *(("decode", 0.5), ("words", 0.0), ("word times", 0.7), ("missed", 1.0)),
    *(("emotions", 0.5), ("style", 1.0), ("html", 0.9), ("ass", 1.0)),
)


def test_bars_fill_one_after_the_other_in_the_stages_of_a_real_job(page, job):
    job.say("state", state="running", place=0, eta_s=None)
    seen = []
    for name, share in STAGES:
        job.say("stage", name=name, share=share)
        bars = "[...document.querySelectorAll('.stage progress')].map((bar) => bar.value)"
        before = seen[-1] if seen else [0, 0, 0, 0]
        page.wait(f"{bars}.join() !== '{','.join(f'{x:g}' for x in before)}'")
        seen.append([round(value, 4) for value in page.run(f"return {bars}")])
    assert seen == [
        [0.5, 0, 0, 0],
        [1, 0, 0, 0],
        [1, 0.875, 0, 0],
        [1, 1, 0, 0],
        [1, 1, 0.5, 0],
        [1, 1, 1, 0.3],
        [1, 1, 1, 0.615],
        [1, 1, 1, 1],
    ]


def test_a_stage_that_nobody_knows_changes_nothing(page, job):
    job.run()
    page.wait("document.querySelector('.stage.on .stage-name')?.textContent === 'Words'")
    job.say("stage", name="something new", share=1.0)
    job.say("note", text="after it")
    page.wait("!document.getElementById('notes').hidden")
    assert page.text(".stage.on .stage-name") == "Words"


def test_what_is_heard_better_takes_the_place_of_what_was_there(page, job):
    job.run()
    told = [
        {"text": text, "start_ms": i * 500, "end_ms": i * 500 + 400} for i, text in enumerate("abc")
    ]
    job.say("words", **{"from": 0, "words": told})
    better = [{"text": "B", "start_ms": 500, "end_ms": 900}]
    job.say("words", **{"from": 1, "words": better})
    page.wait("document.querySelectorAll('.flow .w')[1]?.textContent === 'B'")
    assert words_of(page) == ["a", "B", "c"]


def test_languages_without_spaces_get_none(page, job):
    job.run()
    words = [{"text": "你", "start_ms": 0, "end_ms": 90}]
    words += [{"text": "好", "start_ms": 100, "end_ms": 190, "joined": True}]
    job.say("words", **{"from": 0, "words": words})
    page.wait("document.querySelectorAll('.flow .w').length === 2")
    assert page.run("return document.querySelector('.said').textContent") == "0:00你好"


def test_readings_dress_the_words_in_the_look_that_was_asked_for(start, server):
    job = server.add(owner(start), options={"culture": "eastern", "profile": "dyslexia"})
    start.driver.get(f"{server.address}/jobs/{job.id}")
    job.run()
    job.hear()
    start.wait("document.querySelectorAll('.flow .w').length > 10")
    assert style_of(start, ".flow .w", "font-family").startswith("Poppins")
    job.read()
    start.wait("document.querySelector('.flow [data-emotion=anger]')")
    [sheet] = start.run(
        "return [...document.querySelectorAll('link[href*=look]')].map((l) => l.href)"
    )
    assert sheet.endswith("/look.eastern.adult.dyslexia.css")
    anger = style_of(start, ".flow [data-emotion=anger]", "color")
    assert anger != style_of(start, ".flow .w:not([data-emotion])", "color")
    assert start.run(
        "return [...document.styleSheets]"
        ".some((s) => s.href?.includes('eastern') && s.cssRules.length)"
    )


def test_readings_that_come_before_their_words_wait_for_them(page, job):
    job.run()
    document = html_jobs.document()
    job.read(document)
    page.wait("document.querySelector('.stage.on .stage-name')?.textContent === 'Emotions'")
    job.hear(document)
    page.wait("document.querySelector('.flow [data-emotion=anger]')")


def test_a_raised_voice_has_no_emotion(page, job):
    job.run()
    document = html_jobs.document([("", "Go away now!", "raised-voice")])
    job.hear(document)
    job.read(document)
    page.wait("document.querySelector('.flow [data-emotion=raised-voice]')")
    page.wait("/raised voice 100/.test(document.getElementById('feelings-text').textContent)")


def test_the_radar_grows_with_the_readings(page, job):
    job.run()
    document = html_jobs.document()
    job.hear(document)
    job.read(document, up_to=6)
    page.wait("/neutral 100/.test(document.getElementById('feelings-text').textContent)")
    assert page.text(".radar-top") == "neutral"
    before = page.run("return document.querySelector('.radar-area').getAttribute('points')")
    job.read(document)
    page.wait("!/neutral 100/.test(document.getElementById('feelings-text').textContent)")
    assert page.run("return document.querySelector('.radar-area').getAttribute('points')") != before
    # By length of speech, as the player says it: 6 of 37 words are neutral, all as long.
    n_words = len(document.track.readings)
    share = round(100 * sum(r.name == "neutral" for r in document.track.readings) / n_words)
    assert f"neutral {share}\u00a0%" in page.text("#feelings-text")


def test_notes_are_told_once(page, job):
    job.run()
    job.say("note", text="the language is English <i>")
    page.wait("!document.getElementById('notes').hidden")
    page.driver.refresh()
    page.wait("!document.getElementById('notes').hidden")
    page.wait("document.querySelector('.stage.on')")
    assert page.text("#notes-list") == "The language is English <i>."
    assert page.text("#notes-title") == "1 note"


def test_a_stream_that_breaks_off_comes_back(page, job):
    """The stand-in ends each after three seconds, as the server does within a minute."""
    job.run()
    page.wait("document.querySelector('.stage.on')")
    page.wait("performance.now() > (window.since ??= performance.now()) + 3500")
    job.hear()
    page.wait("document.querySelectorAll('.flow .w').length > 10")
    assert page.run("return document.getElementById('problem').hidden")


def hide(page, is_hidden: bool) -> None:
    """Let the page believe that another tab is looked at, or not."""
    page.run(
        "Object.defineProperty(document, 'hidden', {value: arguments[0], configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))",
        is_hidden,
    )


def test_a_tab_that_nobody_sees_gives_its_connection_back(page, job, server):
    job.run()
    page.wait("document.querySelector('.stage.on')")
    hide(page, is_hidden=True)
    page.wait("performance.now() > (window.since ??= performance.now()) + 500")
    job.hear()
    page.wait("performance.now() > window.since + 1500")
    assert not words_of(page)
    hide(page, is_hidden=False)
    page.wait("document.querySelectorAll('.flow .w').length > 10")
    hide(page, is_hidden=True)
    job.finish()
    hide(page, is_hidden=True)  # as if its time to ask had come
    page.wait("!document.getElementById('results').hidden")
    assert page.driver.title == "Done: Mrs <Oakes>.mp4"


@pytest.mark.slow  # waits ten seconds
def test_without_events_it_asks(browser, server):
    server.streams = False
    for start in visit(browser, server, "/"):
        job = server.add(owner(start))
        start.driver.get(f"{server.address}/jobs/{job.id}")
        job.run()
        start.wait("document.querySelector('.stage.on')")
        job.hear()
        start.wait("document.querySelectorAll('.flow .w').length > 10")
        job.finish()
        start.wait("!document.getElementById('results').hidden")
        asked = len(server.asked)
        start.wait("performance.now() > (window.since ??= performance.now()) + 4000")
        assert len(server.asked) == asked  # nothing is left to ask


def test_what_is_done_can_be_opened_and_taken_home(page, job, tmp_path):
    job.run()
    job.hear()
    job.read()
    job.options["to"] = "srt,html,json"
    job.finish()
    page.wait("!document.getElementById('results').hidden")
    assert page.text("#now") == "Done. Open it, or take it home."
    assert page.run("return document.getElementById('open').getAttribute('href')") == (
        f"/jobs/{job.id}/page"
    )
    names = page.run("return [...document.querySelectorAll('.download')].map((a) => a.textContent)")
    sizes = [len(job.results[kind]) for kind in ("html", "srt", "json")]
    assert names == [
        f"{name}{round(size / 1000)} kB"
        for name, size in zip(("Page", "SubRip", "Document"), sizes, strict=True)
    ]
    assert page.run("return document.getElementById('stages').hidden")
    page.save_to(tmp_path)
    page.click("[data-kind=srt]")
    page.wait("true")
    found = waited_for(tmp_path / "talk.srt")
    assert found.read_bytes() == job.results["srt"]


def waited_for(path: Path) -> Path:
    import time

    for _ in range(200):
        if path.exists() and path.stat().st_size:
            return path
        time.sleep(0.03)
    return path


def test_a_job_that_was_done_before_shows_all_of_it(page, job):
    job.run()
    job.hear()
    job.finish()
    page.resize(400, 260)
    page.driver.refresh()
    page.wait("!document.getElementById('results').hidden")
    assert page.run("return document.querySelectorAll('.flow [data-emotion]').length") > 10
    flow = "document.getElementById('flow')"
    assert page.run(f"return {flow}.scrollHeight > {flow}.clientHeight")
    assert page.run(f"return {flow}.scrollTop") == 0  # what is done is read from its beginning
    assert page.text("#feelings-title") == "Emotions"


def test_what_fails_says_why_and_keeps_its_words(page, job, tmp_path):
    job.run()
    job.hear()
    job.say("failed", error="reading emotions took too long")
    page.wait("!document.getElementById('problem').hidden")
    assert page.text("#problem") == "Reading emotions took too long."
    page.save_to(tmp_path)
    page.click("#document")
    saved = waited_for(tmp_path / "Mrs _Oakes_.sentigram.json")
    assert loads(saved.read_text(encoding="utf-8")) == loads(job.document)
    page.click("#plain")
    text = waited_for(tmp_path / "Mrs _Oakes_.mp4.txt").read_text(encoding="utf-8")
    assert text.startswith("I waited for you all afternoon. You never")


def test_what_fails_at_once_has_no_words(page, job):
    job.say("failed", error="this file holds no sound")
    page.wait("!document.getElementById('problem').hidden")
    assert page.run("return document.getElementById('kept-words').hidden")
    assert page.text("#no-words") == "No words were heard before it stopped."


def test_another_look_is_made_at_once(page, job):
    job.options = {"culture": "eastern", "to": "html,srt"}
    job.run()
    job.hear()
    job.finish()
    page.driver.refresh()
    page.wait("!document.getElementById('results').hidden")
    page.run("document.getElementById('restyle').open = true")
    culture = "document.querySelector('#restyle-form [name=culture]').value"
    assert page.run(f"return {culture}") == "eastern"  # what the job has, no default
    page.run("document.querySelector('#restyle-form [name=to][value=vtt]').click()")
    page.click("#restyle-send")
    page.wait("document.querySelector('[data-kind=vtt]')")
    assert page.text("#restyle-said") == "Done: the results above are new."
    assert job.options["culture"] == "eastern"
    assert job.options["to"] == "html,srt,vtt"
    assert page.text("[data-kind=vtt] .download-size") == "2 kB"


def test_pictures_are_queued(page, job):
    job.run()
    job.hear()
    job.finish()
    page.wait("!document.getElementById('results').hidden")
    page.run("document.getElementById('restyle').open = true")
    page.run("document.querySelector('#restyle-form [name=to][value=video]').click()")
    page.click("#restyle-send")
    page.wait("/^Next in the queue/.test(document.getElementById('now').textContent)")
    job.finish()
    page.wait("document.querySelector('[data-kind=video]')")


def test_a_look_that_cannot_be_is_said(page, job, server):
    job.run()
    job.hear()
    job.finish()
    page.wait("!document.getElementById('results').hidden")
    server.refuse = "profile 'x': there is no such profile"
    page.run("document.getElementById('restyle').open = true")
    page.click("#restyle-send")
    page.wait("!document.getElementById('restyle-problem').hidden")
    assert page.text("#restyle-problem") == "Profile 'x': there is no such profile."


def test_a_job_can_be_stopped_and_deleted(page, job, server):
    job.run()
    page.wait("document.getElementById('delete').textContent === 'Stop and delete'")
    page.click("#delete")
    assert page.text("#sure-text").startswith("The work is stopped")
    page.click("#sure [value=yes]")
    page.wait("location.pathname === '/'")
    assert not server.jobs


def test_a_job_that_is_gone_is_said(page, job, server):
    job.run()
    page.wait("document.querySelector('.stage.on')")
    server.jobs.clear()
    page.wait("!document.getElementById('problem').hidden")
    assert page.text("#problem") == "There is no such job."


def test_without_emotions_there_is_no_radar(browser):
    with StandIn(emotions=False).running() as plain:
        for start in visit(browser, plain, "/"):
            job = plain.add(owner(start))
            start.driver.get(f"{plain.address}/jobs/{job.id}")
            job.run()
            job.hear()
            start.wait("document.querySelectorAll('.flow .w').length > 10")
            job.finish()
            start.wait("!document.getElementById('results').hidden")
            assert not start.run("return document.getElementById('radar')")
            assert "Emotions are not read on this server" in start.text(".feelings")
            assert not start.run("return document.querySelector('.flow [data-emotion]')")
            names = "[...document.querySelectorAll('.stage-name')].map((s) => s.textContent)"
            titles = start.run(f"return {names}")
            assert titles == ["Sound", "Words", "Results"]


def test_a_reader_is_told_sentences_and_not_every_step(page, job):
    page.run(
        "window.heard = [];"
        "new MutationObserver(() => heard.push(document.getElementById('said').textContent))"
        ".observe(document.getElementById('said'), {childList: true})"
    )
    job.run()
    for share in range(1, 100):
        job.say("stage", name="words", share=share / 100)
    job.hear()
    job.read()
    job.finish()
    page.wait(f"{SAID} === 'Done. Open it, or take it home.'")
    heard = page.run("return heard")
    assert len(heard) <= 6
    assert "Now: Words." in heard


def test_the_newest_words_are_followed_until_somebody_scrolls(page, job):
    job.run()
    words = [
        {"text": f"word{i}", "start_ms": i * 2000, "end_ms": i * 2000 + 300} for i in range(200)
    ]
    job.say("words", **{"from": 0, "words": words[:150]})
    page.wait("document.querySelectorAll('.flow .w').length === 150")
    flow = "const flow = document.getElementById('flow');"
    at_end = f"{flow} return flow.scrollTop + flow.clientHeight > flow.scrollHeight - 5"
    assert page.run(at_end)
    page.run(f"{flow} flow.scrollTop = 100")
    page.wait("!document.getElementById('follow').hidden")
    job.say("words", **{"from": 150, "words": words[150:]})
    page.wait("document.querySelectorAll('.flow .w').length === 200")
    assert page.run("return document.getElementById('flow').scrollTop") == 100
    page.click("#follow")
    assert page.run(at_end)


def test_two_sessions_do_not_see_each_other(page, job, server, another_browser):
    other = another_browser()
    other.driver.get(server.address)
    other.wait("!document.getElementById('mine-none').hidden")
    assert not other.run("return document.querySelector('.job-row')")
    other.driver.get(f"{server.address}/jobs/{job.id}")
    other.wait("location.pathname === '/'")


@pytest.mark.slow
def test_an_hour_of_words_is_drawn_in_no_time(page, job):
    """9,000 words in 300 events: the page stays quick enough to be used."""
    job.run()
    words = [
        {"text": f"word{i}", "start_ms": i * 400, "end_ms": i * 400 + 390} for i in range(9000)
    ]
    document = html_jobs.document()
    reading = {
        "label": "anger",
        "intensity": 0.9,
        "probs": dict.fromkeys(document.track.labels, 0.1),
    }
    for at in range(0, 9000, 60):
        job.say("words", **{"from": at, "words": words[at : at + 60]})
        job.say("readings", **{"from": at, "readings": [reading] * 60})
    page.wait("document.querySelectorAll('.flow [data-emotion]').length === 9000")
    held = page.driver.execute_async_script(
        "const done = arguments[0], began = performance.now();"
        "requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)))"
    )
    assert held < 1000


def test_words_that_nobody_read_yet_are_not_taken_for_neutral(page, job):
    read = html_jobs.document()
    job.run()
    job.hear(words_alone(read.media, read.transcript))
    page.driver.refresh()
    page.wait("document.querySelectorAll('.flow .w').length > 10")
    page.wait("performance.now() > (window.since ??= performance.now()) + 600")
    assert page.text("#feelings-text") == "They appear as soon as they are read."
    assert not page.run("return document.querySelector('.radar')")
    job.say("failed", error="it took too long")
    page.wait("!document.getElementById('kept-words').hidden")
    assert page.text("#feelings-text") == "No word has a reading."


def test_the_words_of_a_document_keep_their_readings(page, job):
    document = html_jobs.document()
    bare = replace(document.track.readings[0], label="anger", intensity=0.9)
    changed = replace(
        document, track=replace(document.track, readings=(bare, *document.track.readings[1:]))
    )
    job.run()
    job.hear(changed)
    job.finish()
    page.wait("!document.getElementById('results').hidden")
    assert page.run("return document.querySelector('.flow .w').dataset.emotion") == "anger"
    assert json.loads(page.text("#told"))["id"] == job.id
