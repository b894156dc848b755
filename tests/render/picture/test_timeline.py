"""The emotion timeline: numbers against a slow sum over milliseconds, and the pixels of the PNG."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sentigram.core.document import Document
from sentigram.core.emotion import RAISED
from sentigram.core.text import one_line
from sentigram.core.time import Span
from sentigram.render.picture.drawing import Drawing
from sentigram.render.picture.timeline import (
    GRID,
    INK,
    PAPER,
    TimelineRenderer,
    in_words,
    overview,
    ticks,
    timeline_image,
)
from sentigram.style import styling
from sentigram.style.colour.contrast import from_hex, ratio
from sentigram.style.theme.theme import load
from tests.render.html_jobs import SENTENCES, document, job

_STYLES = styling.look(document(), load(culture="western", age="adult")).styles


def _slow_means(of: Document, emotion: str, n_bins: int) -> list[float]:
    """Intensity of each millisecond, averaged per bin."""
    total_ms = of.media.duration_ms
    by_ms = [0.0] * total_ms
    for word, reading in zip(of.transcript.words(), of.track.readings, strict=True):
        if reading.label == emotion:
            for at in range(word.span.start_ms, word.span.end_ms):
                by_ms[at] = reading.shown_intensity(of.track.labels)
    width = total_ms // n_bins
    return [sum(by_ms[i * width : (i + 1) * width]) / width for i in range(n_bins)]


@given(st.sampled_from([1, 2, 5, 10, 20]), st.integers(90, 700))
@settings(max_examples=20)
def test_lanes_are_averages_over_time(n_bins: int, word_ms: int) -> None:
    of = document(word_ms=word_ms // 20 * 20 + 60)  # whole milliseconds in a bin
    assert of.media.duration_ms % 20 == 0
    of_all = overview(of, n_bins=n_bins)
    assert {lane.emotion for lane in of_all.lanes} == {label for *_, label in SENTENCES} - {
        "neutral"
    }
    for lane in of_all.lanes:
        np.testing.assert_allclose(lane.mean, _slow_means(of, lane.emotion, n_bins), atol=1e-9)
        assert set(np.round(lane.peak, 6)) <= {0.0, 0.9}
        assert ((lane.peak > 0) == (lane.mean > 0)).all()
    shares = [lane.share for lane in of_all.lanes]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) + of_all.neutral_share == pytest.approx(1)


def test_a_raised_voice_has_a_lane_below_the_emotions_and_is_in_ink() -> None:
    of = document([("", "Ask not what", RAISED), ("", "no", "anger"), ("", "so it is", "neutral")])
    of_all = overview(of, n_bins=670)
    assert [lane.emotion for lane in of_all.lanes] == ["anger", RAISED]
    assert of_all.lanes[1].share == pytest.approx(3 / 7)
    assert of_all.neutral_share == pytest.approx(3 / 7)
    assert set(np.round(of_all.lanes[1].peak, 6)) == {0.0, 0.9}
    assert in_words(of_all).endswith("anger 14 %, raised voice 43 %, neutral 43 %.")
    image = timeline_image(of_all, title="", styles=_STYLES)
    without = timeline_image(
        overview(document([("", "no", "anger")]), n_bins=670), title="", styles=_STYLES
    )
    n_ink, n_less = (
        sum(n for n, rgb in one.getcolors(1 << 24) if rgb == tuple(bytes.fromhex(INK[1:])))
        for one in (image, without)
    )
    assert n_ink > n_less + 50_000


def test_curves_follow_the_readings_and_break_in_long_pauses() -> None:
    of_all = overview(document(), n_bins=100, span=Span(0, 200_000))
    assert of_all.valence is not None
    assert of_all.arousal is not None
    heard = ~np.isnan(of_all.valence)
    np.testing.assert_allclose(of_all.valence[heard], -0.4)
    np.testing.assert_allclose(of_all.arousal[heard], 0.6)
    assert not heard[-50:].any()
    assert heard[:6].all()


def test_speakers_are_listed_where_there_are_several() -> None:
    assert list(overview(document(), n_bins=10).speakers) == ["Anna", "Ben"]
    alone = document([("Anna", "Hello there.", "anger")])
    assert overview(alone, n_bins=10).speakers == {}


@given(st.integers(0, 10**7), st.integers(1, 4 * 3600 * 1000), st.integers(2, 20))
def test_ticks_are_round_and_few(start_ms: int, length_ms: int, most: int) -> None:
    span = Span(start_ms, start_ms + length_ms)
    made = ticks(span, most=most)
    assert len(made) <= most + 1
    assert all(span.start_ms <= at <= span.end_ms and at % 1000 == 0 for at in made)
    assert len({b - a for a, b in pairwise(made)}) <= 1
    if length_ms >= 10_000 and most >= 12:
        assert len(made) >= 3


def test_the_png_is_crisp_and_described(tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    told: list[float] = []
    TimelineRenderer().render(job(document(name="a <b> & c.mp4")), out, progress=told.append)
    assert told == [1.0]
    with Image.open(out) as image:
        assert image.width == 3200
        assert 1000 <= image.height <= 1800
        assert image.info["Title"] == "Emotions in a <b> & c.mp4"
        assert "anger 12 %" in image.info["Description"]
        assert "neutral 1" in image.info["Description"]
        pixels = np.asarray(image.convert("RGB"))
    assert tuple(pixels[2, 2]) == tuple(bytes.fromhex(PAPER[1:]))


def _hexes(image: Image.Image, share: float = 0.0004) -> set[str]:
    """Colours that cover at least a share of a picture."""
    least = share * image.width * image.height
    return {
        f"#{r:02x}{g:02x}{b:02x}"
        for n, (r, g, b) in image.getcolors(1 << 24)
        if n >= least
    }  # fmt: skip


def test_every_lane_is_seen_on_paper_and_bright_colours_are_darkened() -> None:
    of_all = overview(document(), n_bins=670)
    image = timeline_image(of_all, title="talk.mp4", styles=_STYLES)
    colours = _hexes(image) - {PAPER, GRID}
    strong = {colour for colour in colours if ratio(colour, PAPER) >= 3}
    assert len(strong) >= len(of_all.lanes)  # each lane has a colour of its own
    gold = _STYLES[max(key for key in _STYLES if key.emotion == "happiness")].fill
    assert ratio(gold, PAPER) < 3
    assert gold not in colours
    happy = document([("", "So glad.", "happiness")])
    image = timeline_image(overview(happy, n_bins=670), title="", styles=_STYLES)
    hue = from_hex(gold).hue
    near = [
        c for c in _hexes(image) if abs(from_hex(c).hue - hue) < 6 and from_hex(c).chroma > 0.05
    ]
    assert 3 <= max(ratio(colour, PAPER) for colour in near) < 3.3


def test_only_neutral_words_are_said_to_be() -> None:
    calm = document([("", "Just a plain sentence.", "neutral")])
    of_all = overview(calm, n_bins=100)
    assert in_words(of_all).endswith("Of the spoken time: neutral 100 %.")
    assert timeline_image(of_all, title="", styles=_STYLES).width == 3200


@pytest.mark.parametrize("hours", [0.002, 3])
def test_any_length_is_drawn(hours: float) -> None:
    times = max(1, round(hours * 3600_000 / 15_000))
    labels = [label for *_, label in SENTENCES]
    many = [(f"S{i % 9}", "one two three", labels[i % 6]) for i in range(times)]
    of = document(many, word_ms=5000)
    image = timeline_image(overview(of, n_bins=670), title="x" * 400, styles={})
    assert image.width == 3200


@given(st.text(), st.text())
@settings(max_examples=25)
def test_any_title_and_speaker_is_drawn(title: str, speaker: str) -> None:
    of = document([(speaker, "Hello there.", "anger"), ("B", "Hi.", "calm")])
    image = timeline_image(overview(of, n_bins=670), title=one_line(title), styles=_STYLES)
    assert image.width == 3200


def test_long_text_is_cut_and_mixed_directions_stay_in_order() -> None:
    sheet = Drawing(400, 100, paper=PAPER)
    length = sheet.text(0, 40, "A very long line of letters", 20, "#000000", width=120)
    assert 60 < length <= 120
    mixed = Drawing(400, 100, paper=PAPER)
    mixed.text(0, 40, "first שלום last", 20, "#000000")
    texts = sorted((x, piece.text.strip()) for x, _, piece, *_ in mixed._texts)
    assert [text for _, text in texts if text] == ["first", "שלום", "last"]


def test_dashed_lines_have_gaps() -> None:
    sheet = Drawing(100, 20, paper="#ffffff")
    sheet.line([(0, 10), (30, 10), (100, 10)], "#000000", 2, is_dashed=True)
    row = np.asarray(sheet.image().convert("L"))[20] < 128
    changes = int(np.abs(np.diff(row.astype(int))).sum())
    assert changes == pytest.approx(2 * 100 / 15, abs=2)
    assert row.mean() == pytest.approx(9 / 15, abs=0.08)
