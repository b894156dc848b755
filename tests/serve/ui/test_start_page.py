"""The start page: choosing, recording, options, sending, the list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sentigram.core.document import dumps
from tests.render import html_jobs
from tests.serve.ui.conftest import owner, visit
from tests.serve.ui.stand_in import StandIn

pytestmark = pytest.mark.browser


def choose(page, path: Path, field: str = "file") -> None:
    """Choose a file as a person does in the dialog of the system."""
    from selenium.webdriver.common.by import By

    page.driver.find_element(By.ID, field).send_keys(str(path))


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def sent(page, server):
    """The job that was sent, once the browser has gone to its page."""
    page.wait("location.pathname.startsWith('/jobs/')")
    [job] = server.jobs.values()
    assert page.run("return location.pathname") == f"/jobs/{job.id}"
    return job


def test_nothing_can_be_sent_before_something_is_chosen(start):
    assert start.run("return document.getElementById('send').disabled")
    assert start.text("#go-note") == "Choose a recording first."
    assert start.text("#mine-none").startswith("None yet. Each is kept for 1 day")


def test_a_file_goes_up_with_what_differs_from_the_defaults(start, server, tmp_path):
    choose(start, written(tmp_path / "Zoë <b>.webm", b"recording"))
    assert start.text("#chosen-name") == "Zoë <b>.webm"
    start.run(
        "const menu = document.querySelector('[name=culture]'); menu.value = 'eastern';"
        "menu.dispatchEvent(new Event('change', {bubbles: true}));"
        "document.querySelector('[name=to][value=srt]').click();"
        "document.querySelector('[name=to][value=ass]').click();"
        "document.getElementById('more').open = true;"
        "document.querySelector('[name=shots]').click();"
        "document.querySelector('[name=profile][value=bbc]').click();"
    )
    start.click("#send")
    job = sent(start, server)
    assert job.name == "Zoë <b>.webm"
    assert job.media == b"recording"
    assert job.options == {
        "to": "html,srt,json",
        "culture": "eastern",
        "shots": "true",
        "profile": "bbc",
    }


def test_words_come_along(start, server, tmp_path):
    choose(start, written(tmp_path / "talk.webm", b"recording"))
    start.run("document.getElementById('words-given').open = true")
    choose(start, written(tmp_path / "talk.srt", b"1\n00:00 --> 00:01\nHi\n"), "transcript")
    assert start.text("#transcript-name") == "talk.srt (21 bytes)"
    start.click("#send")
    assert sent(start, server).transcript.endswith("Hi\n")


def test_words_can_be_left_out_again(start, server, tmp_path):
    choose(start, written(tmp_path / "talk.webm", b"recording"))
    start.run("document.getElementById('words-given').open = true")
    choose(start, written(tmp_path / "talk.srt", b"words"), "transcript")
    start.click("#transcript-remove")
    start.click("#send")
    assert sent(start, server).transcript == ""


def test_a_document_says_that_nothing_is_heard(start, tmp_path):
    document = dumps(html_jobs.document()).encode()
    choose(start, written(tmp_path / "talk.sentigram.json", document))
    assert "nothing is heard" in start.text("#chosen-size")


def test_dropped_files_are_told_apart(start):
    start.run(
        """
        const files = new DataTransfer();
        files.items.add(new File(["words"], "talk.vtt"));
        files.items.add(new File(["recording"], "talk.mp4", {type: "video/mp4"}));
        for (const kind of ["dragenter", "drop"])
          window.dispatchEvent(new DragEvent(kind, {dataTransfer: files, cancelable: true}));
        """
    )
    assert start.text("#chosen-name") == "talk.mp4"
    assert start.text("#transcript-name") == "talk.vtt (5 bytes)"
    assert not start.run("return document.body.classList.contains('dropping')")


def test_what_is_too_large_is_not_sent(browser, tmp_path):
    with StandIn(upload_mb=1).running() as small:
        for page in visit(browser, small, "/"):
            choose(page, written(tmp_path / "long.mp4", bytes(1_000_001)))
            assert page.text("#chosen-problem") == (
                "This is larger than the 1 MB that the server takes."
            )
            assert page.run("return document.getElementById('send').disabled")


def test_an_empty_file_is_not_sent(start, tmp_path):
    choose(start, written(tmp_path / "talk.mp4", b""))
    assert start.text("#chosen-problem") == "This file is empty."
    assert start.run("return document.getElementById('send').disabled")


def test_an_upload_shows_how_far_it_is_and_can_be_cancelled(start, server, tmp_path):
    server.slow_s = 0.05
    choose(start, written(tmp_path / "long.mp4", bytes(60_000_000)))
    start.click("#send")
    text = start.wait("/ of 60 MB/.test(document.getElementById('sent-text').textContent)")
    assert text
    share = start.wait("document.getElementById('sent').value")
    assert 0 < share < 1
    start.click("#cancel")
    start.wait("document.getElementById('sending').hidden")
    assert start.text("#sent-said") == "Cancelled; nothing was kept."
    assert start.run("return document.activeElement.id") == "send"
    assert not server.jobs
    assert start.text("#chosen-name") == "long.mp4"  # it can be sent again


def test_what_the_server_says_is_said(start, server, tmp_path):
    server.refuse = "this is no recording <i>"
    choose(start, written(tmp_path / "talk.mp4", b"recording"))
    start.click("#send")
    start.wait("!document.getElementById('problem').hidden")
    assert start.text("#problem") == "This is no recording <i>."
    assert start.run("return document.activeElement.id") == "problem"
    assert not start.run("return document.getElementById('send').disabled")


def test_a_connection_that_breaks_off_is_said(start, server, tmp_path):
    choose(start, written(tmp_path / "talk.mp4", b"recording"))
    start.driver.execute_cdp_cmd("Network.enable", {})
    offline = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    start.driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    try:
        start.click("#send")
        start.wait("!document.getElementById('problem').hidden")
        assert start.text("#problem").startswith("The connection broke off.")
    finally:
        online = {**offline, "offline": False, "downloadThroughput": -1, "uploadThroughput": -1}
        start.driver.execute_cdp_cmd("Network.emulateNetworkConditions", online)


def test_a_recording_is_made_heard_and_sent(start, server):
    start.click("#record-sound")
    start.wait("!document.getElementById('recorder').hidden")
    assert start.text("#longest") == "2:00:00"
    assert start.run("return document.activeElement.id") == "stop"
    assert start.text("#go-note") == "Stop the recording first."
    start.wait("document.getElementById('timer').textContent >= '0:02'")
    start.click("#stop")
    start.wait("!document.getElementById('chosen').hidden")
    assert start.text("#chosen-name").startswith("recording ")
    start.wait("document.getElementById('listen').readyState > 0")
    start.click("#send")
    job = sent(start, server)
    assert job.media[:4] == b"\x1aE\xdf\xa3"  # WebM
    assert len(job.media) > 5000


def test_the_meter_moves_with_the_sound(start):
    start.click("#record-sound")
    start.wait("document.getElementById('timer').textContent >= '0:02'")
    drawn = start.run(
        "const canvas = document.getElementById('level');"
        "const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, 8);"
        "return data.some((value) => value > 0)"
    )
    tallest = start.run(
        "const canvas = document.getElementById('level');"
        "const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);"
        "const rows = new Set(); for (let i = 3; i < data.length; i += 4)"
        " if (data[i]) rows.add(Math.floor(i / 4 / canvas.width)); return rows.size"
    )
    assert drawn or tallest > 12  # silence is a line two pixels high
    assert start.text("#recorder-said") == ""
    start.click("#throw")


def test_a_pause_stops_the_clock(start):
    start.click("#record-sound")
    start.wait("document.getElementById('timer').textContent >= '0:01'")
    start.click("#pause")
    assert start.text("#recorder-state") == "Paused"
    before = start.text("#timer")
    start.driver.implicitly_wait(0)
    start.wait("performance.now() > (window.since ??= performance.now()) + 1500")
    assert start.text("#timer") == before
    start.click("#pause")
    start.wait("document.getElementById('timer').textContent >= '0:03'")
    assert start.text("#recorder-state") == "Recording"
    start.click("#throw")


def test_what_is_discarded_is_gone_and_the_microphone_is_let_go(start):
    start.run(
        "const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);"
        "navigator.mediaDevices.getUserMedia = async (wanted) => (window.taken = await ask(wanted))"
    )
    start.click("#record-picture")
    start.wait("document.getElementById('preview').videoWidth > 0")
    start.click("#throw")
    assert start.run("return document.getElementById('recorder').hidden")
    start.wait("taken.getTracks().every((track) => track.readyState === 'ended')")
    assert start.run("return document.getElementById('send').disabled")


def test_a_picture_is_recorded_too(start, server):
    start.click("#record-picture")
    start.wait("document.getElementById('timer').textContent >= '0:02'")
    start.click("#stop")
    start.wait("document.getElementById('listen').videoWidth > 0")
    start.click("#send")
    assert sent(start, server).name.endswith(".webm")


def test_a_recording_ends_where_the_server_takes_no_more(browser):
    with StandIn(longest_minutes=1).running() as short:
        for page in visit(browser, short, "/"):
            page.run("window.real = performance.now.bind(performance)")
            page.click("#record-sound")
            page.wait("document.getElementById('timer').textContent >= '0:01'")
            page.run("performance.now = () => real() + 59000")
            page.wait("!document.getElementById('chosen').hidden")
            assert page.text("#chosen-size").endswith("It is as long as the server takes.")


def test_nothing_is_asked_for_before_a_press(another_browser, server):
    page = another_browser()  # here the user is asked, and nobody answers
    page.driver.get(server.address)
    page.wait("document.querySelectorAll('#options select').length > 0")
    asked = (
        "navigator.permissions.query({name: 'microphone'}).then((p) => (window.asked = p.state))"
    )
    page.run(asked)
    assert page.wait("window.asked") == "prompt"


def test_a_permission_that_is_denied_is_explained(another_browser, server):
    page = another_browser("--deny-permission-prompts")
    page.driver.get(server.address)
    page.click("#record-sound")
    page.wait("!document.getElementById('record-problem').hidden")
    assert page.text("#record-problem").startswith("The browser was not allowed to.")
    assert not page.run("return document.getElementById('ways').hidden")
    assert not page.run("return document.getElementById('record-sound').disabled")


def test_a_browser_without_a_recorder_is_told_what_to_do(browser, server):
    hide = browser.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": "delete window.MediaRecorder"}
    )
    try:
        for page in visit(browser, server, "/"):
            assert "bring the file" in page.text("#record-note")
            assert page.run("return document.getElementById('record-sound').disabled")
    finally:
        browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", hide)


def test_a_microphone_that_hears_nothing_is_said(start):
    start.run(
        "AnalyserNode.prototype.getFloatTimeDomainData = (to) => to.fill(0);"
        "window.real = performance.now.bind(performance)"
    )
    start.click("#record-sound")
    start.wait("!document.getElementById('recorder').hidden")
    start.run("performance.now = () => real() + 4000")
    start.wait("document.getElementById('recorder-said').textContent")
    assert start.text("#recorder-said").startswith("Nothing is heard so far.")
    start.run("performance.now = real")
    start.click("#throw")


def test_the_list_shows_where_each_stands(start, server):
    running = server.add(owner(start), name="one <b>.mp4")
    running.run()
    server.add(owner(start), name="two.mp4", place=3)
    server.add("somebody else", name="secret.mp4")
    failed = server.add(owner(start), name="three.avi")
    failed.say("failed", error="no sound")
    start.driver.refresh()
    start.wait("document.querySelectorAll('.job-row').length === 3")
    rows = start.run(
        "return [...document.querySelectorAll('.job-row')].map((row) =>"
        " ['.job-name', '.job-state'].map((part) => row.querySelector(part).textContent))"
    )
    assert [name for name, _ in rows] == ["three.avi", "two.mp4", "one <b>.mp4"]
    assert rows[0][1].startswith("It could not be finished · today")
    assert rows[1][1].startswith("Waiting: 2 before it, about 40 seconds left")
    assert rows[2][1].startswith("At work, about 30 seconds left")
    assert start.run("return document.querySelector('.running .job-bar').value") == 0.5
    running.finish()
    start.wait("/Done/.test(document.querySelector('.job-row:last-child .job-state').textContent)")
    assert start.text("#mine-said") == "one <b>.mp4: Done."


def test_a_job_is_deleted_only_when_it_is_sure(start, server):
    server.add(owner(start), name="one.mp4")
    start.driver.refresh()
    start.wait("document.querySelector('.job-row')")
    start.click(".job-row button")
    assert start.text("#sure-text").startswith("“one.mp4” with its words")
    start.click("#sure [value=no]")
    assert server.jobs
    start.click(".job-row button")
    start.click("#sure [value=yes]")
    start.wait("!document.querySelector('.job-row')")
    assert not server.jobs
    assert start.text("#mine-said") == "one.mp4 is deleted."


def test_a_server_without_emotions_says_so(browser):
    with StandIn(emotions=False).running() as plain:
        for page in visit(browser, plain, "/"):
            assert "Emotions are not read on this server." in page.text(".hero")
            assert not page.run("return document.querySelector('.hero .w')")


def test_options_are_sent_as_the_command_line_knows_them(start):
    fields = json.loads(start.text("#told"))["fields"]
    shown = start.run(
        "return [...new Set([...document.querySelectorAll('#new [name]')].map((f) => f.name))]"
    )
    assert sorted(shown) == sorted(field["name"] for field in fields)
