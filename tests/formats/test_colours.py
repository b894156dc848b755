"""Colours as subtitle formats write them."""

from __future__ import annotations

import pytest

from sentigram.formats.colours import ass_colour, css_colour


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("red", ("#ff0000", 0)),
        ("#0f0", ("#00ff00", 0)),
        ("#11223380", ("#112233", 1 - 128 / 255)),
        ("rgba(0, 0, 0, 0.8)", ("#000000", 0.2)),
        ("rgb(1 2 3 / 50%)", ("#010203", 0.5)),
        ("nonsense", None),
        ("rgb(1,2)", None),
    ],
)
def test_css_colours(text: str, expected: tuple[str, float] | None) -> None:
    found = css_colour(text)
    assert found == (None if expected is None else (expected[0], pytest.approx(expected[1])))


def test_ass_colours() -> None:
    assert ass_colour("&H0000FF") == ("#ff0000", 0)
    assert ass_colour("&H80FF0000&") == ("#0000ff", 128 / 255)
    assert ass_colour("255") == ("#ff0000", 0)
