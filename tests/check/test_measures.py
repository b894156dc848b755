"""What a reader sees of captions, measured."""

from __future__ import annotations

import pytest

from sentigram.check.measures import contrast, n_chars
from sentigram.formats.track import Lettering


def test_see_through_boxes_are_judged_over_black_and_white() -> None:
    look = Lettering(fill="#ffffff", box="#000000", box_alpha=0.5)
    # White on black at half strength over white: #808080, 3.95:1.
    assert contrast(look, 54) == pytest.approx(3.95, abs=0.01)
    assert contrast(Lettering(fill="#ffffff", box="#000000"), 54) == pytest.approx(21)
    assert contrast(Lettering(), 54) is None


def test_wide_characters_count_twice_the_narrow_ones_in_their_languages() -> None:
    assert n_chars("字幕ab", "ja") == 3
    assert n_chars("字幕ab", "en") == 4
    assert n_chars("e\u0301te\u0301\u200d", "fr") == 3


@pytest.mark.parametrize(
    ("text", "count"),
    [("We *all* go", 9), ("*all,* go", 7), ("我们*很*好", 4), ("5*3*2", 5), ("* all *", 7)],
)
def test_marks_of_emphasis_are_no_characters(text: str, count: float) -> None:
    assert n_chars(text) == count


def test_asterisks_before_much_text_take_no_time() -> None:
    n = 300_000  # hours, if each letter were tried as the last one of a word
    assert n_chars("*" + "a" * n) == n + 1
