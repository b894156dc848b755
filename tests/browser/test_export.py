"""Files that the page makes: parsed by somebody else's parser."""

from __future__ import annotations

import time
from pathlib import Path

import pysubs2
import pytest

from sentigram.core.style import StyleKey
from sentigram.formats.ass_tags import escape
from sentigram.style.text import fonts
from tests.browser.pages import choose, write
from tests.render import html_jobs

pytestmark = pytest.mark.browser

HOSTILE = [
    ("An,na", "a{B}b \\N{i} c\\d {\\pos(1,1)} <i>x</i> --> & end", "anger"),
    ("", "\u05e9\u05dc\u05d5\u05dd \u202eabc \u2067x", "sadness"),
    ("Ben", "日本 語 straße fish\uffffbone", "anger"),  # Chromium ends a VTT cue at U+FFFF
]


def exported(page, folder: Path, kind: str) -> str:
    """Export from the dialog, and give the file's text."""
    page.save_to(folder)
    page.click("#open-export")
    page.click(f"[data-export='{kind}']")
    name = f"talk.{kind}"
    deadline = time.monotonic() + 10
    while not (folder / name).exists() or not (folder / name).stat().st_size:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert page.text("#export-said") == f"Saved {name}."
    page.press("\ue00c")
    return (folder / name).read_text(encoding="utf-8-sig")


@pytest.fixture
def job():
    return html_jobs.job(html_jobs.document())


def drawn(cue, *, spelled: bool = False) -> list[str]:
    """Its lines as they are drawn, or spelled."""
    return [
        "".join(
            ("" if i == 0 or w.joined else " ")
            + "".join(r.spelled if spelled else r.text for r in w.runs)
            for i, w in enumerate(line)
        )
        for line in cue.lines
    ]


def plain(cue) -> list[str]:
    """Its lines as files write them that draw no type."""
    return drawn(cue, spelled=True)


def test_srt_has_every_cue(page, tmp_path, job):
    events = pysubs2.SSAFile.from_string(exported(page, tmp_path, "srt"), format_="srt").events
    assert [(e.start, e.end) for e in events] == [
        (c.span.start_ms, c.span.end_ms) for c in job.track.cues
    ]
    assert [e.plaintext.split("\n") for e in events] == [plain(c) for c in job.track.cues]


def test_vtt_has_every_cue_and_the_browser_reads_it(page, tmp_path, job):
    text = exported(page, tmp_path, "vtt")
    cues = page.driver.execute_async_script(
        """
        const [text, done] = arguments;
        const track = document.createElement("track");
        const video = document.createElement("video");
        video.append(track);
        track.track.mode = "hidden";
        track.addEventListener("error", () => done("error"));
        const told = (c) => [c.startTime, c.endTime, c.getCueAsHTML().textContent];
        track.addEventListener("load", () => done([...track.track.cues].map(told)));
        track.src = URL.createObjectURL(new Blob([text], {type: "text/vtt"}));
        """,
        text,
    )
    assert [(round(1000 * a), round(1000 * b)) for a, b, _ in cues] == [
        (c.span.start_ms, c.span.end_ms) for c in job.track.cues
    ]
    assert [c[2].split("\n") for c in cues] == [plain(c) for c in job.track.cues]


def test_ass_has_the_styles_of_the_look(page, tmp_path, job):
    subs = pysubs2.SSAFile.from_string(exported(page, tmp_path, "ass"), format_="ass")
    look, canvas = job.looks[0], job.track.canvas
    assert (subs.info["PlayResX"], subs.info["PlayResY"]) == ("640", "360")
    for name, style in subs.styles.items():
        emotion, _, level = name.rpartition("-")
        key = (
            StyleKey("neutral", 0)
            if name == "Default"
            else StyleKey(emotion, int(level.rstrip("x")), is_emphasis=level.endswith("x"))
        )
        wanted = look.styles[key]
        face = fonts.face(wanted.family, wanted.weight, wanted.italic)
        size = wanted.size_em * canvas.base_px * fonts.metrics(face).ass_size_per_em
        assert style.fontname == wanted.family
        assert style.fontsize == pytest.approx(size, abs=0.01)
        assert style.bold is (wanted.weight >= 600)
        assert style.italic is wanted.italic
        fill = style.primarycolor
        assert f"#{fill.r:02x}{fill.g:02x}{fill.b:02x}" == wanted.fill
        assert style.outline == pytest.approx(wanted.outline_em * canvas.base_px, abs=0.01)
        assert style.spacing == pytest.approx(
            wanted.spacing_em * wanted.size_em * canvas.base_px, abs=0.02
        )
    assert len(subs.events) == len(job.track.cues)
    for event, cue in zip(subs.events, job.track.cues, strict=True):
        assert abs(event.start - cue.span.start_ms) <= 5
        assert event.plaintext.split("\n") == drawn(cue)
        assert event.name == cue.speaker


def test_exports_show_corrections_and_the_present_look(page, tmp_path):
    choose(page, 1)
    page.press("e")
    page.change("fix-text", "pondered")
    page.click("label:has(#fix-feeling-anger)")
    (tmp_path / "before").mkdir()
    exported(page, tmp_path / "before", "ass")  # what it read then must not stay
    page.choose("culture", "eastern")
    page.choose("age", "child")
    subs = pysubs2.SSAFile.from_string(exported(page, tmp_path, "ass"), format_="ass")
    assert "{\\ranger-3}PONDERED" in subs.events[0].text
    assert "eastern, child" in exported(page, tmp_path, "ass")
    look = next(
        one
        for one in html_jobs.job(html_jobs.document()).looks
        if (one.culture, one.age) == ("eastern", "child")
    )
    fill = subs.styles["anger-3"].primarycolor
    assert f"#{fill.r:02x}{fill.g:02x}{fill.b:02x}" == look.styles[StyleKey("anger", 3)].fill
    assert "pondered" in exported(page, tmp_path, "srt")


def test_hostile_text_gets_through_every_writer(browser, video, tmp_path):
    (tmp_path / "talk.webm").write_bytes(video.read_bytes())
    document = html_jobs.document(HOSTILE)
    browser.open(write(tmp_path / "page.html", document))
    ass = exported(browser, tmp_path, "ass")
    assert "{B}" not in ass
    assert "{\\pos" not in ass
    events = [line for line in ass.splitlines() if line.startswith("Dialogue:")]
    body = " ".join(events).replace("{\\r}", "")
    for text in ("a{B}b", "\\N{i}", "c\\d"):
        assert escape(text.upper()) in body
    assert all(line.split(",", 9)[4] in {"An;na", "", "Ben"} for line in events)
    assert "STRASSE" in body
    for line in events:
        assert line.count("\u202e") == line.count("\u202c")
        assert line.count("\u2067") == line.count("\u2069")
    srt = exported(browser, tmp_path, "srt")
    assert srt.count(" --> ") == len(events)
    assert not set("<{}\\") & set(srt.replace("\\\u2060", ""))
    assert srt.count(">") == len(events)
    vtt = exported(browser, tmp_path, "vtt")
    assert "<i>" not in vtt
    assert "<I>" not in vtt
    assert "--&gt;" in vtt
    assert "fishbone" in vtt
    assert browser.complaints() == []
    browser.forget()
