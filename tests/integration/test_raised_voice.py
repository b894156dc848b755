"""A raised voice whose emotion is not known, from the Document into every format."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pysubs2
import pytest

from sentigram.core.document import Document, dumps, loads
from sentigram.core.emotion import RAISED
from sentigram.core.style import StyleKey
from sentigram.files import write_text
from sentigram.render.ass.editors import ass_text
from sentigram.render.ass.effects import effects_text
from sentigram.render.html.page import html_text
from sentigram.render.plain import srt_text, vtt_text
from sentigram.render.srv3 import srv3_text
from sentigram.render.ttml import ttml_text
from sentigram.style import styling
from sentigram.style.theme.theme import ages, cultures, load
from tests.documents import document
from tests.render.frames import draw, ink
from tests.render.html_jobs import job


def speech(mood: str = RAISED, intensity: float = 0.9) -> Document:
    """A raised sentence and a plain one."""
    made = document(("Ask not what your country", mood), ("and so it was then", "neutral"))
    readings = (
        *(replace(reading, intensity=intensity) for reading in made.track.readings[:5]),
        *made.track.readings[5:],
    )
    return replace(made, track=replace(made.track, readings=readings))


def width_px(of: Document, folder: Path) -> int:
    """How wide the first line is, as libass draws it."""
    track = styling.style(of, load(), width_px=640, height_px=360)
    columns = np.nonzero(ink(draw(track, 1400, folder)[0]).any(axis=0))[0]
    return int(columns[-1] - columns[0])


@pytest.fixture(scope="module")
def track():
    return styling.style(loads(dumps(speech())), load(profiles=("sdh",)))


def test_every_format_names_it(track):
    for text in (
        ass_text(track, title="t", motion="full", embed_fonts=False),
        effects_text(track, title="t", motion="full", embed_fonts=False),
    ):
        assert "; raised-voice-LEVEL: the voice is raised, and which emotion is not known." in text
        parsed = pysubs2.SSAFile.from_string(text, format_="ass")
        assert "raised-voice-4" in parsed.styles
        assert any(
            event.style == "raised-voice-4" or "\\rraised-voice-4" in event.text
            for event in parsed.events
        )
    assert "[raised voice]\nAsk" in srt_text(track)
    assert "<c.raised-voice.raised-voice-4>Ask</c>" in vtt_text(track)
    assert 'ttm:role="x-raised-voice"' in ttml_text(track, title="t")
    assert srv3_text(track).count("<pen ") == 2
    assert "s-raised-voice-4" in html_text(job(speech()))


def test_what_has_no_raised_voice_does_not_explain_it():
    plain = styling.style(document(("so it was", "neutral")), load())
    assert RAISED not in ass_text(plain, title="t", motion="full", embed_fonts=False)


def test_libass_draws_it_larger_the_more_raised_it_is(tmp_path: Path):
    raised = [width_px(speech(intensity=part), tmp_path) for part in (0.25, 0.5, 0.75, 1.0)]
    widths = [width_px(speech("neutral"), tmp_path), *raised]
    assert all(wider > narrower + 4 for narrower, wider in pairwise(widths))


def test_it_outlives_a_round_trip_and_restyling(tmp_path: Path):
    held = speech()
    path = tmp_path / "talk.sentigram.json"
    write_text(path, dumps(held), overwrite=False)
    assert loads(path.read_text(encoding="utf-8")) == held
    for culture in cultures():
        for age in ages():
            words = styling.assign(held, load(culture=culture, age=age))
            assert [w.runs[0].style for w in words[:5]] == [StyleKey(RAISED, 4)] * 5
            assert [w.runs[0].style.emotion for w in words[5:]] == ["neutral"] * 5
