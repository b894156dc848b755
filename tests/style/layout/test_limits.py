"""Numbers of the guides, by language, age and picture."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import pytest

from sentigram.style import styling
from sentigram.style.layout.limits import LayoutRules
from sentigram.style.theme.theme import load


@pytest.mark.parametrize(
    ("language", "age", "cps", "line_chars", "min_ms"),
    [
        ("en", "adult", 20, 42, 833),
        ("en", "child", 17, 32, 833),
        ("ja", "adult", 4, 13, 500),
        ("ko", "senior", 9, 16, 833),
        ("zh", "adult", 9, 16, 833),
        ("th", "adult", 17, 35, 833),
        ("de", "child", 13, 32, 833),
        ("hi", "child", 18, 32, 833),
    ],
)
def test_rules_by_language_and_age(language, age, cps, line_chars, min_ms):
    canvas = styling.canvas_for()
    rules = LayoutRules.of(load(age=age).caption, canvas, language=language, fps=Fraction(24))
    assert (rules.cps, rules.line_chars, rules.min_ms) == (cps, line_chars, min_ms)
    assert rules.gap_ms == 84  # two frames at 24 fps last 83.3 ms
    assert rules.line_px == pytest.approx(0.68 * 1920)


@pytest.mark.parametrize(
    ("size", "line_px"),
    [((1920, 816), 1305.6), ((1440, 1080), 1296), ((1920, 1080), 1305.6), ((1080, 1920), 972)],
)
def test_lines_are_as_wide_as_on_the_screen_around_the_picture(size, line_px):
    rules = LayoutRules.of(load().caption, styling.canvas_for(*size), fps=Fraction(24))
    assert rules.line_px == pytest.approx(line_px)


def test_limits_between_child_and_adult_and_of_sdh():
    canvas = styling.canvas_for()

    def cps(language, english, **changes):
        caption = dataclasses.replace(load().caption, cps=english, **changes)
        return LayoutRules.of(caption, canvas, language=language).cps

    assert cps("de", 20) == 17
    assert cps("de", 20, sdh=True) == 20
    assert cps("en", 18) == 18
    assert cps("de", 18) == pytest.approx(13 + 4 / 3)  # a third of the way from child to adult
    assert cps("zh", 25) == pytest.approx(9 * 25 / 20)
    assert cps("hi", 8.5) == pytest.approx(18 / 2)
