r"""The word that is being said, marked by colour, a box or its size instead of a bar."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sentigram.core.style import MarkKind, WordMark
from tests.render.ass.test_effects import _parse, _placed, _text, _words
from tests.render.frames import draw
from tests.render.tracks import JOY, cue, track

_GOLD = np.array([0xFF, 0xCF, 0x33])
_MARKS = {
    "colour": WordMark("colour", "#ffcf33", "#000000"),
    "box": WordMark("box", "#000000", ground="#ffcf33"),
    "size": WordMark("size"),
}


@pytest.mark.parametrize("kind", _MARKS)
def test_a_mark_shows_while_its_word_is_said_and_only_then(kind: MarkKind, tmp_path: Path) -> None:
    made = track(cue(["aaa", ("HHH", JOY), "ooo"], start_ms=1000, end_ms=2500))
    made = replace(made, mark=_MARKS[kind])
    word = _placed(made, "HHH")
    columns = slice(int(word.x_px), int(word.x_px + word.reserved_px))
    before, said, after = (
        draw(made, ms, tmp_path, motion="subtle", flavour="effects")[0][:, columns]
        for ms in (1200, 1980, 2300)
    )
    assert (before == after).all()
    assert (before != said).any()
    is_gold = np.abs(said - _GOLD).sum(axis=2) < 30
    assert is_gold.any() == (kind != "size")
    if kind == "size":
        rows, still = (np.flatnonzero(picture.any(axis=(1, 2))) for picture in (said, before))
        assert len(rows) > len(still)


@pytest.mark.parametrize("kind", ["colour", "box"])
def test_the_first_word_of_a_cue_is_marked_at_once(kind: MarkKind, tmp_path: Path) -> None:
    made = track(replace(cue(["HHH", "ooo"], start_ms=1000, end_ms=2500), label="[Ann]"))
    made = replace(made, mark=_MARKS[kind])
    word = _placed(made, "HHH")
    columns = slice(int(word.x_px), int(word.x_px + word.reserved_px))
    first, last, over = (
        draw(made, ms, tmp_path, motion="subtle", flavour="effects")[0] for ms in (1010, 1740, 2000)
    )
    assert (first == last).all()
    assert (np.abs(first[:, columns] - _GOLD).sum(axis=2) < 30).any()
    label = slice(0, int(word.x_px) - 12)  # beside the box of the word
    assert (first[:, label] == over[:, label]).all()
    assert r"\t(0,0," not in _text(made)


@pytest.mark.parametrize("kind", _MARKS)
def test_it_is_off_where_nothing_may_move_and_shapes_belong_to_boxes(kind: MarkKind) -> None:
    made = replace(track(cue(["aaa", ("HHH", JOY)])), mark=_MARKS[kind])
    still = _text(made, "none")
    assert "Shapes," not in still.partition("[Events]")[2]
    assert r"\t(" not in still
    shapes = [event for event in _parse(_text(made)) if event.style == "Shapes"]
    assert len(shapes) == (2 if kind == "box" else 0)
    assert len(_words(_text(made))) == 2


@pytest.mark.parametrize("kind", _MARKS)
def test_what_nobody_says_is_not_marked(kind: MarkKind, tmp_path: Path) -> None:
    made = track(cue(["aaa", "[HHH]", "ooo"], start_ms=1000, end_ms=2500))
    made = replace(made, mark=_MARKS[kind])
    word = _placed(made, "[HHH]")
    columns = slice(int(word.x_px) + 12, int(word.x_px + word.reserved_px) - 12)
    before, over = (
        draw(made, ms, tmp_path, motion="subtle", flavour="effects")[0][:, columns]
        for ms in (1200, 1750)
    )
    assert (before == over).all()
