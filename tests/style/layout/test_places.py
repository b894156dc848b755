"""Places of words: slow obvious sums agree, and nothing overlaps."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.style import Cue, StyledRun, StyledTrack, StyledWord, StyleKey
from sentigram.style.layout.places import LABEL, Frame, PlacedLine, Placer
from sentigram.style.text.measure import GROWTH, Measure
from tests.render.tracks import ANGER, JOY, NEUTRAL, PLAIN, SAD, STYLES, animated, cue, track

_TEXTS = st.text("abc xyzÄé漢שם", min_size=1, max_size=8)
_WORDS = st.lists(st.tuples(_TEXTS, st.sampled_from([NEUTRAL, ANGER, JOY, SAD])), max_size=6)


def _place(made: StyledTrack) -> tuple[PlacedLine, ...]:
    return Placer(made).place(made.cues[0])


@given(
    lines=st.lists(_WORDS, min_size=1, max_size=2),
    label=st.sampled_from(["", "[Ann]"]),
    language=st.sampled_from(["en", "he"]),
)
def test_lines_are_centred_stacked_and_free_of_overlap(
    lines: list[list[tuple[str, StyleKey]]], label: str, language: str
) -> None:
    made = track(replace(cue(*lines), label=label), language=language)
    placed = _place(made)
    shown = [line for line in made.cues[0].lines if line]
    assert len(placed) == (len(shown) or bool(label))
    for line in placed:
        assert (line.left_px + line.right_px) / 2 == pytest.approx(320)
        assert {word.baseline_px for word in line.words} == {line.baseline_px}
        boxes = sorted((word.x_px, word.x_px + word.reserved_px) for word in line.words)
        assert boxes[0][0] == pytest.approx(line.left_px)
        assert boxes[-1][1] == pytest.approx(line.right_px)
        assert all(a[1] <= b[0] + 1e-6 for a, b in pairwise(boxes))
        largest = max(made.styles[run.style].size_em for w in line.words for run in w.word.runs)
        assert line.em_px == pytest.approx(largest * 24)
    for upper, lower in pairwise(placed):
        assert upper.bottom_px == pytest.approx(lower.top_px)
    if placed:
        assert placed[-1].bottom_px == pytest.approx(360 - Frame.of(made).bottom_px)


def test_a_line_is_as_wide_as_its_words_and_spaces() -> None:
    made = track(cue(["one", ("two", JOY), "three"]))
    measure = Measure(made.canvas, made.styles)
    spaces = {key: measure.run_px(" ", key) for key in (NEUTRAL, JOY)}
    wanted = sum(measure.word_px(word) for word in made.cues[0].lines[0])
    line = _place(made)[0]
    assert line.right_px - line.left_px == pytest.approx(wanted + 2 * max(spaces.values()))


def test_joined_words_touch() -> None:
    one, two = cue(["one", "two"]).lines[0]
    made = track(Cue(one.span, ((one, replace(two, joined=True)),)))
    first, second = _place(made)[0].words
    assert first.x_px + first.reserved_px == pytest.approx(second.x_px)


def test_a_word_that_grows_has_room_to() -> None:
    for animation in ("pulse", "shake"):
        made = track(cue([("word", ANGER)]), styles=animated(animation))
        (word,) = _place(made)[0].words
        assert word.reserved_px == pytest.approx(word.width_px * GROWTH[animation])
        assert word.center_px == pytest.approx(320)


def test_the_label_stands_first_in_neutral_letters() -> None:
    made = track(replace(cue([("SO", ANGER)]), label="[Ann]"))
    label, word = _place(made)[0].words
    assert label.word.index == LABEL
    assert label.word.runs == (StyledRun("[Ann]", NEUTRAL),)
    assert label.x_px + label.reserved_px < word.x_px
    hebrew = track(replace(cue(["שלום"]), label="[דן]"), language="he")
    label, word = _place(hebrew)[0].words
    assert word.x_px + word.reserved_px < label.x_px


def test_a_label_alone_is_a_line_and_an_empty_cue_none() -> None:
    assert len(_place(track(replace(cue([]), label="[Ann]")))) == 1
    assert _place(track(cue([], []))) == ()


def test_emphasised_letters_set_the_size_of_the_line() -> None:
    loud = replace(ANGER, is_emphasis=True)
    styles = {**STYLES, loud: replace(STYLES[ANGER], size_em=2.0)}
    span = cue(["x"]).span
    word = StyledWord(0, span, (StyledRun("S", ANGER), StyledRun("OOO", loud)))
    (line,) = _place(track(Cue(span, ((word,),)), styles=styles))
    assert line.em_px == pytest.approx(48)
    assert line.words[0].em_px == pytest.approx(48)


def test_the_lowest_line_keeps_out_of_the_margin_even_where_the_theme_sets_it_low() -> None:
    made = track(cue(["word"]))
    low = replace(made, canvas=replace(made.canvas, bottom=0.0))
    boxed = replace(low, styles={NEUTRAL: replace(PLAIN, box="#000000")})
    assert Frame.of(made).bottom_px == 26  # 7 % of 360, up to a whole pixel
    assert Frame.of(low).bottom_px == 20  # 5 %, and an outline of 0.08 em
    assert Frame.of(boxed).bottom_px == 21  # and the padding of a box
    assert (Frame.of(made).side_px, Frame.of(made).top_px) == (32, 18)
