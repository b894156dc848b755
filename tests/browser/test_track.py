"""WebVTT in a real browser: the player's own parser reads our file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sentigram.render.plain import vtt_text
from tests.render.tracks import ANGER, JOY, cue, track

pytestmark = pytest.mark.browser

_PAGE = """<!doctype html><meta charset="utf-8">
<style>html, body { margin: 0; background: #456 }
#media { object-position: -9999px } /* only the captions */</style>
<video id="media" width="1280" height="720"></video>
<script>
const text = %s;
const media = document.getElementById("media");
const element = document.createElement("track");
element.default = true;
element.src = URL.createObjectURL(new Blob([text], { type: "text/vtt" }));
element.onload = () => { window.done = true; };
element.onerror = () => { window.failed = true; };
media.append(element);
media.src = %s;
element.track.mode = "showing";
</script>
"""
_CUES = """return [...document.querySelector("track").track.cues].map(cue => {
  const tree = cue.getCueAsHTML();
  return {
    start: Math.round(cue.startTime * 1000), end: Math.round(cue.endTime * 1000),
    text: tree.textContent, line: cue.line, snaps: cue.snapToLines, size: cue.size,
    position: cue.position, align: cue.align,
    classes: [...tree.querySelectorAll("[class]")].map(e => e.className),
    voices: [...tree.querySelectorAll("[title]")].map(e => e.title),
  };
});"""


def test_chromium_reads_every_cue(browser, make_video, tmp_path: Path) -> None:
    video = make_video(tmp_path / "talk.webm", seconds=4)
    made = track(
        replace(
            cue(["so", ("<b>&amp;", ANGER)], [("yes!", JOY)], speaker="Tom & <Al>", start_ms=200),
            label="[Tom]",
        ),
        cue(["שלום", "世界", "-->", "{x}\\N"], start_ms=3000, end_ms=3900),
    )
    page = tmp_path / "page.html"
    values = (json.dumps(vtt_text(made)), json.dumps(video.name))
    page.write_text(_PAGE % tuple(value.replace("<", "\\u003c") for value in values))
    browser.open(page)
    browser.wait("window.done || window.failed")
    assert browser.run("return !!window.failed") is False
    one, two = browser.run(_CUES)
    assert one == {
        "start": 200,
        "end": 3000,
        "text": "[Tom] so <b>&amp;\nyes!",
        "line": -3,
        "snaps": True,
        "size": 90,
        "position": 50,
        "align": "center",
        "classes": ["anger anger-3", "happiness happiness-4"],
        "voices": ["Tom & <Al>"],
    }
    assert (two["start"], two["end"], two["text"]) == (3000, 3900, "שלום 世界 --> {x}\\N")
    assert [message for message in browser.complaints() if "vtt" in message.lower()] == []
    browser.run("document.getElementById('media').currentTime = 1.5")
    browser.wait("document.querySelector('track').track.activeCues.length === 1")
    browser.wait("!document.getElementById('media').seeking")
    shot = tmp_path / "shot.png"
    assert browser.driver.save_screenshot(str(shot))
    _check_colours(shot)


def _check_colours(shot: Path) -> None:
    """The STYLE block reached the letters, which stand above the lower edge."""
    import numpy as np
    from PIL import Image

    with Image.open(shot) as image:
        pixels = np.asarray(image.convert("RGB"), dtype=np.int16)[:720]
    for rgb in ((0xFF, 0x50, 0x40), (0xFF, 0xD7, 0x00)):
        rows = np.flatnonzero((np.abs(pixels - rgb).max(axis=2) < 12).sum(axis=1) > 3)
        assert rows.size
        assert rows.min() > 720 * 0.75
        assert rows.max() < 720 * 0.96
