"""The effects flavour: neighbours stand still, ink stays in the safe area, editors read it."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from typing import get_args

import numpy as np
import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.arrays import Bools
from sentigram.core.emotion import RAISED, EmotionTrack, LabelSet, WordEmotion
from sentigram.core.protocols import RenderJob
from sentigram.core.style import (
    Active,
    Animation,
    Canvas,
    Cue,
    Motion,
    StyledRun,
    StyledTrack,
    StyledWord,
    StyleKey,
)
from sentigram.core.time import Span
from sentigram.formats.ass_tags import escape
from sentigram.render.ass.editors import ass_text
from sentigram.render.ass.effects import EffectsRenderer, effects_text, longest_ms
from sentigram.render.picture.burn import Flavour
from sentigram.style import styling
from sentigram.style.layout.places import PlacedWord, Placer
from sentigram.style.theme import theme
from tests import documents
from tests.render.frames import draw, film, ink, ink_box
from tests.render.tracks import ANGER, JOY, NEUTRAL, PLAIN, SAD, STYLES, animated, cue, track

_MOVING = tuple(name for name in get_args(Animation) if name != "none")
_EMOTIONS = tuple(sorted(theme.load().emotions))
_TAG = re.compile(r"\\(?:an\d|pos\([-\d.,]+\)|org\([-\d.,]+\)|r[\w-]*|fn[\w -]+|fsp0|[bip][01]"
                  r"|bord[\d.]+|blur[\d.]+|frz[-\d.]+|fsc[xy][\d.]+|alpha&H[0-9A-F]{2}&"
                  r"|[13]c&H[0-9A-F]{6}&|t\(\d+,\d+,(?:\\[^()]+)\))")  # fmt: skip


def _text(made: StyledTrack, motion: Motion = "full") -> str:
    return effects_text(made, title="talk.mp4", motion=motion, embed_fonts=False)


def _parse(text: str) -> pysubs2.SSAFile:
    return pysubs2.SSAFile.from_string(text, format_="ass")


def _words(text: str) -> list[pysubs2.SSAEvent]:
    return [event for event in _parse(text) if event.effect == "fx" and event.style != "Shapes"]


def _silent(made: Cue, spoken: tuple[str, ...] = ()) -> Cue:
    """A cue whose words take no time, so that no bar is drawn, but for those named."""
    lines = tuple(
        tuple(
            word if word.runs[0].text in spoken else replace(word, span=Span(1000, 1000))
            for word in line
        )
        for line in made.lines
    )
    return replace(made, lines=lines)


def _placed(made: StyledTrack, text: str) -> PlacedWord:
    lines = Placer(made).place(made.cues[0])
    (found,) = (w for line in lines for w in line.words if w.word.runs[0].text == text)
    return found


@pytest.mark.parametrize("animation", _MOVING)
def test_neighbours_of_a_moving_word_do_not_change_by_one_bit(animation: Animation) -> None:
    made = track(
        _silent(cue(["above", "it"], ["MMMM", ("Hig", ANGER), "MMMM"], end_ms=3400), ("Hig",)),
        styles=animated(animation),
    )
    word = _placed(made, "Hig")
    frames = film(made, fps=25, motion="full")[25:84]
    outside = np.ones(frames.shape[2], dtype=bool)
    rim_px = 3.5  # half of the space between words: an outline of 2 px and what leans over it
    outside[int(word.x_px - rim_px) : int(word.x_px + word.reserved_px + rim_px) + 1] = False
    upper = int(word.baseline_px - 1.3 * word.em_px)
    assert (frames[:, :, outside] == frames[0][:, outside]).all()
    assert (frames[:, :upper] == frames[0, :upper]).all()
    inside = frames[:, :, ~outside]
    assert any((frame != inside[-1]).any() for frame in inside)
    assert (inside[-1] == inside[-2]).all()  # at rest in the end


def _every_style(
    motion: Motion, width_px: int, height_px: int, profiles: tuple[str, ...] = ()
) -> StyledTrack:
    """Each emotion at full strength at every age, in cues as the engine lays them out."""
    sentences = [
        (f"Well, {name} jumps quickly over my lazy grey dogs, and soooo happily again!!!", name)
        for name in _EMOTIONS
    ]
    # The labels of a Document are those of its model; a theme knows others too.
    document = documents.document(*[(text, "neutral") for text, _ in sentences], word_ms=420)
    labels = LabelSet(tuple(name for name in _EMOTIONS if name != RAISED))
    readings = tuple(
        WordEmotion("neutral", (1 / len(labels),) * len(labels), 0.95, withheld=True)
        if name == RAISED
        else WordEmotion(name, tuple(float(other == name) for other in labels), 0.95)
        for text, name in sentences
        for _ in text.split()
    )
    document = replace(document, track=EmotionTrack(labels, readings))
    cues, styles, at = [], {}, 0
    canvas: Canvas | None = None
    for age in theme.ages():
        look = theme.load(age=age, profiles=profiles)
        made = styling.style(document, look, width_px=width_px, height_px=height_px, motion=motion)
        canvas = made.canvas
        for source in made.cues:
            span = Span(at, at + 600)
            at += 600
            lines = tuple(tuple(_of_age(w, age, span) for w in line) for line in source.lines)
            cues.append(Cue(span, lines))
        styles |= {_key(key, age): style for key, style in made.styles.items()}
    neutral = next(style for key, style in styles.items() if key.emotion.startswith("neutral"))
    assert canvas is not None
    return StyledTrack(canvas, tuple(cues), {NEUTRAL: neutral, **styles}, "en", "all")


def _key(key: StyleKey, age: str) -> StyleKey:
    return replace(key, emotion=f"{key.emotion}.{age}")


def _of_age(word: StyledWord, age: str, span: Span) -> StyledWord:
    runs = tuple(StyledRun(run.text, _key(run.style, age)) for run in word.runs)
    return replace(word, runs=runs, span=span)


@pytest.mark.parametrize(
    ("size", "motion", "flavour"),
    [
        ((1280, 720), "full", "effects"),
        ((540, 960), "full", "effects"),
        ((480, 204), "full", "effects"),
        ((480, 204), "subtle", "effects"),
        ((480, 204), "none", "effects"),
        ((1280, 720), "full", "editable"),
        ((480, 204), "full", "editable"),
    ],
)
def test_all_ink_is_inside_the_safe_area(
    size: tuple[int, int], motion: Motion, flavour: Flavour
) -> None:
    width, height = size
    made = _every_style(motion, width, height)
    assert len(made.cues) >= 4 * len(_EMOTIONS)
    assert {key.emotion for key in made.styles} >= {f"{name}.adult" for name in _EMOTIONS}
    _check_safe(made, motion, flavour)


def test_boxes_too_are_inside_the_safe_area() -> None:
    for width, height in ((640, 360), (360, 640)):
        made = _every_style("full", width, height, ("low-vision",))
        assert all(style.box for style in made.styles.values())
        _check_safe(made, "full", "effects")


def _check_safe(made: StyledTrack, motion: Motion, flavour: Flavour) -> None:
    width, height = made.canvas.width_px, made.canvas.height_px
    left, top, right, bottom = ink_box(made, fps=10, motion=motion, flavour=flavour)
    assert width * 0.05 <= left + 0.5, left
    assert right + 0.5 <= width * 0.95, right
    assert height * 0.05 <= top, top
    assert bottom + 0.5 <= height * 0.95, bottom


def test_words_of_every_size_share_a_baseline_that_is_where_it_should_be(tmp_path: Path) -> None:
    sizes = {StyleKey("size", n): replace(PLAIN, size_em=1 + n / 4, outline_em=0) for n in (1, 4)}
    made = track(
        _silent(cue(["HH", *(("HH", key) for key in sizes)])),
        styles={NEUTRAL: replace(PLAIN, outline_em=0), **sizes},
    )
    mask = ink(draw(made, 2000, tmp_path, flavour="effects")[0])
    (line,) = Placer(made).place(made.cues[0])
    for placed in line.words:
        columns = slice(int(placed.x_px), int(placed.x_px + placed.reserved_px))
        rows = np.nonzero(mask[:, columns])[0]
        assert rows.max() + 1 == pytest.approx(line.baseline_px, abs=1)


def _near(one: Bools, two: Bools, reach: int) -> bool:
    """Whether all ink of one lies within some pixels of ink of the other."""
    grown = np.zeros_like(two)
    for dy in range(-2, 3):
        for dx in range(-reach, reach + 1):
            grown |= np.roll(two, (dy, dx), axis=(0, 1))
    return bool((one & ~grown).sum() == 0)


_LINES: list[tuple[str, tuple[list[str], ...]]] = [
    ("en", (["It", "was", "so", "GREAT"], ["they", "all", "say."])),
    ("he", (["שלום", "עולם,", "iPhone", "12-34", "(טוב)."], ["כן", "hello,", "world", "bye."])),
    ("he", (["iPhone", "טוב", "מאוד!"], ["100%", "כן", "-", "לא"])),
    ("ar", (["مرحبا", "بكم", "في", "2024-12-05", "و", "123", "كتاب."], ["سلام", "hello,", "نعم!"])),
    ("en", (["He", "said", "שלום", "עולם", "to", "all."],)),
    ("th", (["สวัสดี", "ครับ"],)),
    ("hi", (["नमस्ते", "दुनिया", "कि"],)),
]


@pytest.mark.parametrize(("language", "lines"), _LINES)
def test_both_flavours_draw_the_same_words_in_the_same_places(
    language: str, lines: tuple[list[str], ...], tmp_path: Path
) -> None:
    made = track(_silent(cue(*lines)), styles={NEUTRAL: PLAIN}, language=language)
    lined = ink(draw(made, 2000, tmp_path, flavour="editable")[0])
    apart = ink(draw(made, 2000, tmp_path, flavour="effects")[0])
    reach = 4  # libass rounds advances: up to 1 % of half a line
    assert _near(lined, apart, reach)
    assert _near(apart, lined, reach)


def test_editors_find_the_editable_lines_as_comments() -> None:
    made = track(
        replace(cue(["It", "was", ("GREAT", JOY)], ["and", ("sad", SAD)]), label="[Ann]"),
        cue([("ALL", ANGER)], start_ms=3000, end_ms=4000, speaker="Bo"),
    )
    text = _text(made)
    parsed = _parse(text)
    lines = _parse(ass_text(made, title="talk.mp4", motion="full", embed_fonts=False))
    comments = [event for event in parsed if event.is_comment]
    assert [(e.start, e.end, e.text, e.style, e.name) for e in comments] == [
        (e.start, e.end, e.text, e.style, e.name) for e in lines
    ]
    assert all(event.effect == "fx" for event in parsed if not event.is_comment)
    for wanted in lines:
        words = [e for e in _words(text) if (e.start, e.end) == (wanted.start, wanted.end)]
        assert " ".join(e.plaintext for e in words) == wanted.plaintext.replace("\n", " ")
        assert {e.name for e in words} == {wanted.name}
    assert set(parsed.styles) == {*lines.styles, "Shapes"}
    again = _parse(parsed.to_string("ass"))
    assert [event.text for event in again] == [event.text for event in parsed]


@pytest.mark.parametrize("motion", get_args(Motion))
def test_tags_are_ones_that_every_tool_knows(motion: Motion) -> None:
    for animation in _MOVING:
        made = track(
            cue(["a", ("B{x}", ANGER), ("שלום", ANGER)], ["c"]),
            styles={**animated(animation), JOY: replace(PLAIN, box="#102030")},
        )
        for event in _parse(_text(made, motion)):
            for block in re.findall(r"\{([^}]*)\}", event.text if not event.is_comment else ""):
                assert _TAG.sub("", block) == "", block
            if motion == "none":
                assert r"\t(" not in event.text


@given(texts=st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_any_text_stays_text(texts: list[str]) -> None:
    lines = _text(track(cue(texts))).split("\n")
    bodies = (line.split(",", 9)[9] for line in lines if line.startswith("Dialogue: 2,"))
    letters = "".join(re.sub(r"\{\\[^}]*\}", "", body) for body in bodies).replace(r"\h", " ")
    unseen = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069 ]")
    assert unseen.sub("", letters) == unseen.sub("", "".join(map(escape, texts)))


@given(edges=st.lists(st.integers(0, 40_000), min_size=2, max_size=12, unique=True).map(sorted))
def test_events_of_a_cue_share_their_boundaries_and_cues_do_not_overlap(edges: list[int]) -> None:
    cues = [cue(["x", "y"], ["z"], start_ms=a, end_ms=b) for a, b in pairwise(edges)]
    found: dict[tuple[int, int], int] = {}
    for event in _words(_text(track(*cues))):
        found[event.start, event.end] = found.get((event.start, event.end), 0) + 1
    assert sum(found.values()) == 3 * len(cues)
    assert all(count % 3 == 0 for count in found.values())
    spans = sorted(found)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


def test_a_bar_marks_the_word_that_is_said_and_only_that(tmp_path: Path) -> None:
    made = track(cue(["aaa", ("HHH", JOY), "ooo"], start_ms=1000, end_ms=2500))
    for motion, active in product(get_args(Motion), get_args(Active)):
        events = _parse(_text(replace(made, active=active), motion))
        bars = [e for e in events if e.style == "Shapes"]
        is_marked = active == "on" or (active == "auto" and motion != "none")
        said = [(1000, 1500), (1500, 2000), (2000, 2500)] if is_marked else []
        assert [(e.start, e.end) for e in bars] == said
    yellow = np.array([0xFF, 0xD7, 0x00])
    word = _placed(made, "HHH")
    below = slice(int(word.baseline_px) + 2, None)
    for time_ms, expected in ((1440, False), (1520, True), (1960, True), (2040, False)):
        pixels, _ = draw(made, time_ms, tmp_path, flavour="effects", motion="subtle")
        lit = np.abs(pixels[below] - yellow).max(axis=2) < 60
        assert lit.any() == expected, time_ms
        if expected:
            columns = np.nonzero(lit)[1]
            assert columns.min() == pytest.approx(word.x_px, abs=2)
            assert columns.max() == pytest.approx(word.x_px + word.width_px, abs=2)


def test_a_box_is_one_clean_rectangle_per_line(tmp_path: Path) -> None:
    boxed = {key: replace(style, box="#2040c0") for key, style in STYLES.items()}
    made = track(_silent(cue(["So", ("LARGE", ANGER), "it", ("is", SAD)])), styles=boxed)
    pixels, _ = draw(made, 2000, tmp_path, flavour="effects")
    mask = ink(pixels)
    rows, columns = np.nonzero(mask)
    assert mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].all()
    (line,) = Placer(made).place(made.cues[0])
    assert columns.min() == pytest.approx(line.left_px - 0.3 * 24, abs=1)
    assert columns.max() + 1 == pytest.approx(line.right_px + 0.3 * 24, abs=1)
    assert rows.max() + 1 == pytest.approx(line.bottom_px + 0.12 * 24, abs=1)


def test_stressed_letters_move_with_their_word() -> None:
    loud = replace(ANGER, is_emphasis=True)
    span = Span(1000, 3000)
    word = StyledWord(
        0, span, (StyledRun("S", ANGER), StyledRun("OOO", loud), StyledRun("!", ANGER))
    )
    styles = {**animated("pulse"), loud: replace(PLAIN, size_em=1.5, animation="pulse")}
    (event,) = _words(_text(track(Cue(span, ((word,),)), styles=styles)))
    blocks = re.findall(r"\{([^}]*)\}", event.text)
    steps = [re.findall(r"\\t\([^)]*\)", block) for block in blocks]
    assert r"\r" not in blocks[0]
    assert [block.partition("\\t")[0] for block in blocks[1:]] == [r"\ranger-3x", r"\r"]
    assert len(steps[0]) == 4
    assert steps[0] == steps[1] == steps[2]


@pytest.mark.parametrize("animation", _MOVING)
def test_motion_is_small_and_over_soon_and_never_flashes(animation: Animation) -> None:
    made = track(cue([("a", ANGER)], end_ms=9000), styles=animated(animation))
    (event,) = _words(_text(made))
    steps = [
        (int(start), int(end), tag)
        for start, end, tag in re.findall(r"\\t\((\d+),(\d+),([^)]*)\)", event.text)
    ]
    assert steps[-1][1] <= longest_ms() <= 2000
    assert all(a[1] == b[0] for a, b in pairwise(steps))
    turns = [float(turn) for turn in re.findall(r"\\frz([-\d.]+)", event.text)]
    far = r"\org" in event.text
    pixels = [abs(np.radians(turn)) * (20_000 if far else 12) for turn in turns]
    assert max(pixels, default=0) <= 0.19 * 24
    sizes = [float(size) for size in re.findall(r"\\fscx([\d.]+)", event.text)]
    assert all(92 <= size <= 112 for size in sizes)
    bright = [end for _, end, tag in steps if "alpha" in tag or "blur" in tag]
    assert all(sum(at <= other < at + 1000 for other in bright) <= 3 for at in bright)


def test_a_motion_longer_than_its_cue_is_hurried_and_a_cue_of_no_time_is_still() -> None:
    short = track(cue([("a", ANGER)], end_ms=1400), styles=animated("sway"))
    (event,) = _words(_text(short))
    assert re.findall(r"\\t\((\d+),(\d+)", event.text) == [
        ("0", "100"),
        ("100", "271"),
        ("271", "400"),
    ]
    none = track(cue([("a", ANGER)], end_ms=1002), styles=animated("sway"))
    assert all(r"\t(" not in event.text for event in _words(_text(none)))
    boxed = track(cue([("a", ANGER)]), styles=animated("glow", box="#000000"))
    assert r"\t(" not in _words(_text(boxed))[0].text


def test_a_hop_goes_up(tmp_path: Path) -> None:
    made = track(_silent(cue([("HHH", ANGER)], end_ms=3400), ("HHH",)), styles=animated("bounce"))
    start_ms = made.cues[0].lines[0][0].span.start_ms
    upper = int(_placed(made, "HHH").baseline_px)
    tops = [
        np.nonzero(ink(draw(made, at, tmp_path, motion="full", flavour="effects")[0])[:upper])[0]
        for at in (start_ms + 120, 3300)
    ]
    assert tops[0].min() + 2 <= tops[1].min()


def test_the_bar_stays_within_its_cue() -> None:
    made = cue(["early", "late"], start_ms=1000, end_ms=2000)
    first, last = made.lines[0]
    words = (replace(first, span=Span(600, 1400)), replace(last, span=Span(1400, 2600)))
    bars = [e for e in _parse(_text(track(replace(made, lines=(words,))))) if e.style == "Shapes"]
    assert [(bar.start, bar.end) for bar in bars] == [(1000, 1400), (1400, 2000)]


def test_words_of_nothing_leave_no_event() -> None:
    assert [e.plaintext for e in _words(_text(track(cue(["\x00", "a"]))))] == ["a"]
    assert not _words(_text(track(cue(["\x00"]))))


def test_the_renderer_writes_a_file_with_fonts_and_mark(tmp_path: Path) -> None:
    document = documents.talk()
    made = styling.style(document, theme.load(), width_px=640, height_px=360)
    out = tmp_path / "talk.effects.ass"
    told: list[float] = []
    EffectsRenderer().render(RenderJob(document, made, (), "full", None), out, progress=told.append)
    assert out.read_bytes().startswith(b"\xef\xbb\xbf[Script Info]\n")
    parsed = pysubs2.load(str(out))
    assert parsed.fonts_opaque
    assert parsed.info["PlayResY"] == "360"
    assert told == [1.0]
