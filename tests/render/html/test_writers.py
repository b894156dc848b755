"""The page's own writers, run by node, against ours: Document, cues, letters and styles."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pysubs2
import pytest

from sentigram.assets import asset
from sentigram.core.document import Document, dumps
from sentigram.core.prosody import Prosody
from sentigram.core.sounds import Sound
from sentigram.core.time import Span
from sentigram.render.ass.editors import ass_text
from sentigram.render.html.page import html_text
from sentigram.render.plain import srt_text, vtt_text
from sentigram.style import styling
from sentigram.style.theme.theme import load
from tests.render import html_jobs
from tests.render.html.test_page import Page

NODE = shutil.which("node")
HOSTILE = [
    ("An,na", "a{B}b \\N{i} c\\d {\\pos(1,1)} <i>x</i> --> & end", "anger"),
    ("", "\u05e9\u05dc\u05d5\u05dd \u202eabc \u2067x", "sadness"),
    ("Ben", "日本 語 straße fish\uffffbone", "anger"),
]
QUICK = [  # two who share a cue
    ("An,na", "Are you / coming?", "anger"),
    ("Ben / Bo", "In a <i> minute.", "neutral"),
]
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")


def written(job, acts: Sequence[str] = ()) -> dict[str, Any]:
    """What the page would save, by kind, after edits; and the Document after each of them."""
    (look, *_) = job.looks
    styles = {
        key.slug: {
            "family": style.family,
            "weight": style.weight,
            "italic": style.italic,
            "size": style.size_em,
            "fill": style.fill,
            "outline": style.outline,
            "stroke": style.outline_em,
            "box": style.box or "",
            "spacing": style.spacing_em,
            "transform": style.transform,
            "underline": style.underline,
        }
        for key, style in ((key, look.drawn(key)) for key in look.styles)
    }
    told = json.dumps({"talk": Page(html_text(job)).data, "styles": styles, "acts": list(acts)})
    player = asset("templates/html/player")
    done = subprocess.run(
        ["node", str(Path(__file__).with_name("writers.js")), str(player)],
        input=told,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def measured(document: Document) -> Document:
    """With what was measured of words, and with music after them."""
    first, *others = document.transcript.utterances
    said = Prosody(2.5, None, -3.0, 0.0, 0.95)
    words = tuple(replace(word, prosody=said) for word in first.words)
    end_ms = document.media.duration_ms
    return replace(
        document,
        media=replace(document.media, duration_ms=end_ms + 8000),
        transcript=replace(document.transcript, utterances=(replace(first, words=words), *others)),
        sounds=(Sound("music & more", Span(end_ms, end_ms + 7000), 0.75),),
    )


@pytest.fixture(scope="module", params=["plain", "hostile", "netflix", "bbc", "measured", "two"])
def both(request):
    """A job, and what the page writes of it."""
    sentences = {"hostile": HOSTILE, "two": QUICK}.get(request.param, html_jobs.SENTENCES)
    # of a size at which no outline is thinner than the least that ours draw
    document = html_jobs.document(
        sentences, size=(1280, 720), word_ms=250 if request.param == "two" else html_jobs.WORD_MS
    )
    if request.param == "measured":
        document = measured(document)
    look = "dimensions" if request.param == "measured" else "categories"
    job = html_jobs.job(document, style=look)
    assert any(cue.voices for cue in job.track.cues) is (request.param == "two")
    if request.param in ("netflix", "bbc"):
        worn = (request.param,)
        track = styling.style(document, load(profiles=worn))
        job = replace(job, track=track, looks=styling.looks(document, profiles=worn))
    return job, written(job)


def test_the_document_is_ours_to_the_byte(both):
    job, page = both
    assert page["json"] == dumps(job.document)


def test_srt_is_ours_to_the_byte(both):
    job, page = both
    assert page["srt"] == srt_text(job.track)


def cues_of(vtt: str) -> list[str]:
    """Cues without their settings: the page leaves the place to the player."""
    cues = [block for block in vtt.split("\n\n") if "-->" in block.partition("\n")[0]]
    return [re.sub(r" line:.*$", "", cue, count=1, flags=re.MULTILINE).rstrip("\n") for cue in cues]


def test_vtt_has_our_cues(both):
    job, page = both
    assert cues_of(page["vtt"]) == cues_of(vtt_text(job.track))


def test_ass_has_our_events_and_colours(both):
    """Ours name and scale the faces that travel inside, the page names families."""
    job, page = both
    ours = pysubs2.SSAFile.from_string(ass_text(job.track, title="talk", motion="none"))
    theirs = pysubs2.SSAFile.from_string(page["ass"])
    assert [(e.start, e.end, e.name, e.plaintext) for e in theirs] == [
        (e.start, e.end, e.name, e.plaintext) for e in ours
    ]
    for name, style in theirs.styles.items():
        wanted = ours.styles[name]
        assert style.primarycolor == wanted.primarycolor
        assert style.outlinecolor == wanted.outlinecolor
        assert style.outline == pytest.approx(wanted.outline, abs=0.02)
        assert style.spacing == pytest.approx(wanted.spacing, abs=0.02)
