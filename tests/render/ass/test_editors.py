"""ASS: libass draws what we mean, pysubs2 reads what we wrote."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import get_args

import numpy as np
import pysubs2
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.document import Document, DocumentMedia
from sentigram.core.emotion import EmotionTrack, LabelSet
from sentigram.core.protocols import RenderJob
from sentigram.core.style import Animation, Motion, StyledTrack
from sentigram.core.text import one_line
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript
from sentigram.formats.ass_tags import balance, escape
from sentigram.formats.embedded_fonts import uu_encode
from sentigram.render.ass.attached_fonts import font_files
from sentigram.render.ass.editors import AssRenderer, ass_text
from sentigram.render.picture.burn import Flavour
from sentigram.render.plain import SrtRenderer, VttRenderer
from sentigram.style.text import fonts
from tests.render.frames import draw, ink
from tests.render.tracks import ANGER, JOY, NEUTRAL, PLAIN, SAD, STYLES, animated, cue, track


def _parse(made: StyledTrack, motion: Motion = "none") -> pysubs2.SSAFile:
    text = ass_text(made, title="talk.mp4", motion=motion)
    return pysubs2.SSAFile.from_string(text, format_="ass")


def test_pysubs2_reads_texts_times_styles_and_fonts() -> None:
    made = track(
        cue(["It", "was", ("GREAT", JOY)], ["and", ("sad", SAD)], start_ms=1004, end_ms=2996),
        cue([("ALL", ANGER), ("ANGRY", ANGER)], start_ms=2996, end_ms=4000, speaker="Ann, Bo\n"),
    )
    parsed = _parse(made)
    assert [(e.start, e.end, e.plaintext) for e in parsed] == [
        (1000, 3000, "It was GREAT\nand sad"),
        (3000, 4000, "ALL ANGRY"),
    ]
    assert [e.style for e in parsed] == ["Default", "anger-3"]
    assert parsed[1].name == "Ann; Bo"
    assert parsed.info["PlayResX"] == "640"
    assert parsed.info["YCbCr Matrix"] == "None"
    assert set(parsed.styles) == {"Default", "anger-3", "happiness-4", "sadness-2"}
    assert parsed.styles["anger-3"].primarycolor == pysubs2.Color(255, 80, 64)
    assert set(parsed.fonts_opaque) == {file.name for file in font_files(made)}


def test_an_editor_saves_what_it_read() -> None:
    made = track(
        replace(cue(["It", ("WAS", ANGER), "שלום"], [("x{y}", JOY)]), label="[Ann]"),
        cue([("sad", SAD)], start_ms=3000, end_ms=4000, speaker="Bo"),
    )
    parsed = _parse(made, "full")
    again = pysubs2.SSAFile.from_string(parsed.to_string("ass"))
    assert [(e.start, e.end, e.style, e.name, e.text) for e in again] == [
        (e.start, e.end, e.style, e.name, e.text) for e in parsed
    ]
    assert again.styles == parsed.styles
    assert all(event.style in parsed.styles for event in parsed)


def test_a_language_is_named_where_it_is_one() -> None:
    for language, named in (("en", True), ("", False), ("e\nn", False)):
        text = ass_text(track(language=language), title="", motion="none", embed_fonts=False)
        assert ("\nLanguage: en\n" in text) == named


def test_an_editors_switches_name_styles_and_nothing_else() -> None:
    body = _parse(track(cue(["so", ("VERY", ANGER), ("MAD", ANGER), "now"])))[0].text
    assert body == r"so {\ranger-3}VERY MAD {\r}now"


@pytest.mark.parametrize("n_bytes", [0, 1, 2, 3, 4, 59, 60, 61, 1000])
def test_uu_decodes_to_the_same_bytes(n_bytes: int) -> None:
    data = bytes(np.random.default_rng(1).integers(0, 256, n_bytes, dtype=np.uint8))
    lines = uu_encode(data)
    bits = "".join(f"{ord(char) - 33:06b}" for line in lines for char in line)
    assert bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits) // 8 * 8, 8)) == data
    assert all(len(line) == 80 for line in lines[:-1])


@given(texts=st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_any_text_stays_text(texts: list[str]) -> None:
    made = track(cue(texts))
    lines = ass_text(made, title="".join(texts), motion="full", embed_fonts=False).split("\n")
    events = [line for line in lines if line.startswith("Dialogue:")]
    shown = " ".join(text for text in map(escape, texts) if text)
    if not shown:
        assert not events
        return
    body = events[0].split(",", 9)[9].replace(r"\h", " ")
    assert len(events) == 1
    body = re.sub(r"\{\\r(\\fn[\w -]+(\\b[01])?(\\i0)?)?\}", "", body)  # fallback fonts
    controls = "[\u200e\u200f\u202a-\u202e\u2066-\u2069]"
    assert re.sub(controls, "", body) == re.sub(controls, "", shown)
    assert not re.search(r"[{}]|\\[nNh]", body.strip())
    assert "".join(lines).encode("utf-8")


def test_bidi_controls_end_with_their_line() -> None:
    assert balance(["a\u202eb", "c"]) == ("a\u202eb", "c\u202c")
    assert balance(["a\u2069b\u202c"]) == ("ab",)
    assert balance(["\u2067a", "b\u2069"]) == ("\u2067a", "b\u2069")


def test_control_characters_and_broken_code_units_go() -> None:
    assert one_line("a\x00b\r\nc\u2028d\ud800\ufeff") == "ab c d\ufffd"


@given(edges=st.lists(st.integers(0, 40_000), min_size=2, max_size=12, unique=True).map(sorted))
def test_cues_do_not_overlap_after_rounding(edges: list[int]) -> None:
    spans = [Span(a, b) for a, b in pairwise(edges)]
    cues = [replace(cue(["x"]), span=span) for span in spans]
    text = ass_text(track(*cues), title="", motion="none", embed_fonts=False)
    parsed = pysubs2.SSAFile.from_string(text, format_="ass")
    assert all(a.end <= b.start for a, b in pairwise(parsed))


def test_ink_is_there_in_time_and_inside_the_central_90_percent(tmp_path: Path) -> None:
    made = track(cue(["It", "was", ("GREAT", JOY)], ["the", ("WORST", ANGER)]))
    for background in ("black", "white"):
        for time_ms, expected in ((960, False), (1000, True), (2960, True), (3000, False)):
            pixels, _ = draw(made, time_ms, tmp_path, background=background)
            assert ink(pixels).any() == expected, (background, time_ms)
        rows, columns = np.nonzero(ink(draw(made, 2000, tmp_path, background=background)[0]))
        assert 0.05 * 640 <= columns.min() <= columns.max() < 0.95 * 640
        assert 0.5 * 360 < rows.min() <= rows.max() < 0.95 * 360


def test_braces_backslashes_and_tags_are_drawn(tmp_path: Path) -> None:
    widths = []
    for text in (r"B", r"\{B\}", r"{\b1}B", r"B\N"):
        columns = np.nonzero(ink(draw(track(cue([text])), 2000, tmp_path)[0]))[1]
        widths.append(columns.max() - columns.min())
    assert widths[1] > widths[0] * 2
    assert widths[2] > widths[0] * 3
    assert widths[3] > widths[0] * 1.8


_LATIN = [face for face in fonts.faces() if ord("H") in fonts.coverage(face)]


@pytest.mark.parametrize("face", _LATIN, ids=lambda face: face.path.stem)
def test_every_face_that_ships_is_the_one_drawn_at_its_size(
    face: fonts.Face, tmp_path: Path
) -> None:
    style = replace(
        PLAIN, family=face.family, weight=face.weight, italic=face.italic, outline_em=0.0
    )
    made = track(cue(["HHHH"]), styles={NEUTRAL: style}, base_px=100.0)
    pixels, said = draw(made, 2000, tmp_path)
    postscript = said[0].rpartition(" ")[2]
    wanted = face.path.stem.split("-")[0]
    assert len(said) == 1
    assert postscript.startswith(wanted), said
    assert "glyph" not in said[0].lower()
    rows = np.nonzero(ink(pixels))[0]
    metrics = fonts.metrics(face)
    cap_px = 100.0 * metrics.cap_height / metrics.units_per_em
    assert rows.max() - rows.min() + 1 == pytest.approx(cap_px, abs=3.5)


_SCRIPTS = {
    "he": "שלום", "ar": "مرحبا", "ja": "こんにちは", "zh": "你好", "ko": "안녕",
    "th": "สวัสดี", "hi": "नमस्ते",
}  # fmt: skip


@pytest.mark.parametrize("language", _SCRIPTS)
@pytest.mark.parametrize("flavour", ["editable", "effects"])
def test_other_scripts_are_drawn_in_fonts_that_travel_along(
    language: str, flavour: Flavour, tmp_path: Path
) -> None:
    text = _SCRIPTS[language]
    made = track(cue(["one", text, (text, ANGER)]), language=language)
    _, said = draw(made, 2000, tmp_path, flavour=flavour)
    names = {TTFont(io.BytesIO(f.data))["name"].getDebugName(6) for f in font_files(made)}
    assert {line.rpartition(" ")[2] for line in said} <= names, said
    assert not any("glyph" in line.lower() for line in said), said


def test_a_word_that_moves_leaves_its_neighbours_alone(tmp_path: Path) -> None:
    moving: tuple[Animation, ...] = (
        "bounce", "shake", "tremble", "sway", "pop", "pulse", "glow", "fade",
    )  # fmt: skip
    made = track(cue(["MMMMM", ("HI", ANGER), "MMMMM"]), styles=animated("none"))
    still, _ = draw(made, 1720, tmp_path, background="gray")
    for animation in moving:
        made = track(cue(["MMMMM", ("HI", ANGER), "MMMMM"]), styles=animated(animation))
        changed = False
        for time_ms in (1040, 1720, 1800, 1960):
            frame, _ = draw(made, time_ms, tmp_path, motion="full", background="gray")
            # Up to 32 of 255 at edges: libass rounds to an eighth of a pixel wherever runs part.
            columns = np.nonzero(np.abs(frame - still).max(axis=2) > 40)[1]
            changed = changed or columns.size > 0
            if columns.size:
                assert 250 < columns.min() <= columns.max() < 390, (animation, time_ms)
        assert changed, animation


def test_motion_none_writes_no_transitions() -> None:
    made = track(cue(["a", ("B", ANGER), ("c", SAD), ("d", JOY)]))
    assert r"\t(" in ass_text(made, title="", motion="subtle", embed_fonts=False)
    still = ass_text(made, title="", motion="none", embed_fonts=False)
    assert r"\t(" not in still
    assert r"\alpha" not in still


@pytest.mark.parametrize("animation", ["pulse", "glow", "pop"])
def test_at_most_three_swells_begin_in_a_second(animation: Animation) -> None:
    made = track(cue([("a", ANGER)], end_ms=9000), styles=animated(animation))
    text = ass_text(made, title="", motion="full", embed_fonts=False)
    steps = [
        (int(start), float(width))
        for start, width in re.findall(r"\\t\((\d+),\d+,\\bord([\d.]+)", text)
    ]
    rises = [start for start, width in steps if width > 0.08 * 24 * 1.01]
    assert rises
    assert all(sum(start <= other < start + 1000 for other in rises) <= 3 for start in rises)


def test_hebrew_in_two_styles_reads_in_the_same_order_as_in_one(tmp_path: Path) -> None:
    same = {**animated("none")}
    one = track(cue(["שלום", "עולם", "טוב"]), styles=same, language="he")
    two = track(cue(["שלום", ("עולם", ANGER), "טוב"]), styles=same, language="he")
    assert np.array_equal(draw(one, 2000, tmp_path)[0], draw(two, 2000, tmp_path)[0])


def test_a_box_lies_behind_its_words(tmp_path: Path) -> None:
    boxed = animated("none", box="#2040c0")
    made = track(cue([("BOX", ANGER)]), styles=boxed)
    pixels, _ = draw(made, 2000, tmp_path)
    blue = np.abs(pixels - np.array([0x20, 0x40, 0xC0])).max(axis=2) < 12
    rows, columns = np.nonzero(ink(pixels))
    assert blue[rows.min() + 1, columns.min() + 1]
    assert blue.sum() > 0.4 * (np.ptp(rows) * np.ptp(columns))


def test_edge_spaces_stay_and_fonts_of_the_system_keep_their_name() -> None:
    system = replace(PLAIN, family="DejaVu, Sans", weight=700, underline=True)
    made = track(
        cue([(" a ", ANGER), ("b ", NEUTRAL)], ["  "]), styles={NEUTRAL: PLAIN, ANGER: system}
    )
    parsed = pysubs2.SSAFile.from_string(
        ass_text(made, title="", motion="none", embed_fonts=False), format_="ass"
    )
    assert parsed[0].text == r"{\ranger-3}\ha {\r} b\h\N\h\h"
    assert parsed.styles["anger-3"].fontname == "DejaVu  Sans"
    assert parsed.styles["anger-3"].bold
    assert parsed.styles["anger-3"].underline


@pytest.mark.parametrize("animation", get_args(Animation))
def test_a_box_stands_still(animation: Animation) -> None:
    boxed = track(cue([("a", ANGER)]), styles=animated(animation, box="#2040c0"))
    assert r"\t(" not in ass_text(boxed, title="", motion="full", embed_fonts=False)


def test_the_motion_of_a_last_word_ends_with_its_cue() -> None:
    made = track(cue(["one", "two", ("three", ANGER)], end_ms=3000), styles=animated("sway"))
    text = ass_text(made, title="", motion="full", embed_fonts=False)
    assert max(int(end) for end in re.findall(r"\\t\(\d+,(\d+)", text)) == 2000


def test_a_short_cue_does_not_fade() -> None:
    short = track(cue([("a", ANGER)], end_ms=1000), styles=animated("fade"))
    assert r"\alpha" not in ass_text(short, title="", motion="full", embed_fonts=False)


def test_a_speaker_is_named_in_neutral_letters_before_the_first_word() -> None:
    made = track(replace(cue([("NO", ANGER)], ["way"]), label="[Ann {\\b1}]"))
    (event,) = _parse(made)
    assert event.text == "[Ann ｛\\\u2060b1｝] {\\ranger-3}NO\\N{\\r}way"
    assert event.style == "Default"


def test_a_hebrew_line_that_begins_in_latin_still_runs_from_right_to_left(tmp_path: Path) -> None:
    made = track(cue(["iPhone", "שלום"]), language="he")
    assert _parse(made)[0].text.startswith("\u200fiPhone")
    other = track(cue(["iPhone", "שלום"]), language="en")
    assert _parse(other)[0].text.startswith("iPhone")


def test_letters_that_join_are_set_without_space_between() -> None:
    spaced = {**STYLES, NEUTRAL: replace(PLAIN, spacing_em=0.1)}
    made = track(cue(["مرحبا", "abc"]), styles=spaced, language="ar")
    body = _parse(made)[0].text
    assert re.fullmatch(r"\{\\r\\fn[\w ]+\\b1\\fsp0\}مرحبا \{\\r\}abc", body), body


def test_files_are_utf8_and_ass_begins_with_a_byte_order_mark(tmp_path: Path) -> None:
    document = Document(
        DocumentMedia("tälk.mp4", 3000),
        Transcript("en", ()),
        EmotionTrack(LabelSet(("neutral",)), ()),
    )
    job = RenderJob(document, track(cue(["né"])), (), "full", None)
    for renderer, text, mark in (
        (AssRenderer(), "Title: tälk.mp4\n", b"\xef\xbb\xbf[Script Info]\n"),
        (SrtRenderer(), "né\n", b"1\n"),
        (VttRenderer(), "né\n", b"WEBVTT\n"),
    ):
        out = tmp_path / "out"
        told: list[float] = []
        renderer.render(job, out, progress=told.append)
        assert out.read_bytes().startswith(mark)
        assert text in out.read_text(encoding="utf-8-sig")
        assert told == [1.0]
