"""Contrast, judged by a WCAG formula that is written here once more, from the standard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.style import N_LEVELS, StyleKey
from sentigram.style.colour.contrast import (
    HALO_EM,
    Ink,
    Oklch,
    from_hex,
    mix,
    parse_color,
    ratio,
    solve,
    to_hex,
    worst_ratio,
)
from sentigram.style.colour.names import color_name
from sentigram.style.styling import resolve
from sentigram.style.theme.theme import ages, cultures, known_presets, known_profiles, load

hexes = st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}")


def wcag_ratio(one: str, other: str) -> float:
    """WCAG 2.2: (L1 + 0.05) / (L2 + 0.05), L from linear sRGB."""

    def luminance(color: str) -> float:
        parts = []
        for i in (1, 3, 5):
            c = int(color[i : i + 2], 16) / 255
            parts.append(c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4)
        return parts[0] * 0.2126 + parts[1] * 0.7152 + parts[2] * 0.0722

    a, b = luminance(one), luminance(other)
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


def worst_over_any_video(fill: str, outline: str, outline_em: float, box: str) -> float:
    if box:
        return wcag_ratio(fill, box)
    over_video = min(wcag_ratio(fill, "#000000"), wcag_ratio(fill, "#ffffff"))
    return max(over_video, wcag_ratio(fill, outline) if outline_em >= HALO_EM else 0)


@pytest.mark.parametrize(
    "profiles", [(), *((name,) for name in (*known_profiles(), *known_presets()))]
)
@pytest.mark.parametrize("age", ages())
@pytest.mark.parametrize("culture", cultures())
def test_every_style_is_readable_over_black_and_over_white(culture, age, profiles):
    theme = load(culture=culture, age=age, profiles=profiles)
    for emotion in (*theme.emotions, "a_label_without_rule"):
        for level in range(N_LEVELS + 1):
            for loud in (False, True):
                look = resolve(theme, StyleKey(emotion, level, loud), motion="full")
                worst = worst_over_any_video(look.fill, look.outline, look.outline_em, look.box)
                assert worst >= max(4.5, theme.contrast) - 1e-6, (emotion, level, look)


def test_eastern_anger_stays_black_and_gets_a_light_rim():
    look = resolve(load(culture="eastern"), StyleKey("anger", N_LEVELS), motion="full")
    assert from_hex(look.fill).lightness < 0.25
    assert from_hex(look.outline).lightness > 0.9


@given(hexes, hexes)
def test_ratio_is_wcags(one, other):
    assert ratio(one, other) == pytest.approx(wcag_ratio(one, other), rel=1e-6)


@given(hexes, hexes, st.sampled_from([0.0, 0.03, HALO_EM, 0.1]), st.sampled_from([4.5, 7.0, 12.0]))
def test_solver_always_reaches_the_minimum(fill, outline, outline_em, minimum):
    ink = solve(Ink(fill, outline, outline_em), minimum)
    worst = worst_over_any_video(ink.fill, ink.outline, ink.outline_em, ink.box)
    assert worst >= minimum - 1e-6
    assert worst_ratio(ink) == pytest.approx(worst, rel=1e-6)


@given(hexes, hexes)
def test_solver_leaves_good_ink_alone(fill, outline):
    ink = Ink(fill, outline, 0.1)
    if worst_ratio(ink) >= 4.5:
        assert solve(ink) == ink


@given(hexes, hexes, st.sampled_from(["", "#000000", "#f6f4ee"]), st.sampled_from([4.5, 6.0, 7.0]))
def test_solver_keeps_the_hue(fill, outline, box, minimum):
    """Within 2° wherever eight bits a channel can say a hue that well."""
    solved = solve(Ink(fill, outline, 0.1, box), minimum).fill
    before, after = from_hex(fill), from_hex(solved)
    if min(before.chroma, after.chroma) >= 0.03:
        assert abs((after.hue - before.hue + 180) % 360 - 180) <= 2


@given(st.sampled_from(["#d02020", "#2040d0", "#208020", "#806000"]), st.sampled_from([4.5, 7.0]))
def test_solver_changes_no_more_than_it_must(fill, minimum):
    """Against a slow search over lightnesses: within 0.02, what the hue may cost."""
    before = from_hex(fill)
    steps = [i / 1000 for i in range(1001)]
    passing = [
        abs(step - before.lightness)
        for step in steps
        if wcag_ratio(to_hex(Oklch(step, before.chroma, before.hue)), "#0b0b10") >= minimum
    ]
    after = from_hex(solve(Ink(fill, "#0b0b10", 0.1), minimum).fill)
    assert abs(after.lightness - before.lightness) <= min(passing) + 0.02


def test_thin_outline_does_not_count():
    assert worst_ratio(Ink("#ffffff", "#000000", HALO_EM - 0.01)) == pytest.approx(1.0)
    assert solve(Ink("#ffffff", "#000000", 0.0)).box != ""


@given(hexes)
def test_oklch_round_trip(color):
    assert to_hex(from_hex(color)) == color


def test_oklch_of_known_colours():
    """Reference values: CSS Color 4, section 9.3 and its sample code."""
    red = from_hex("#ff0000")
    assert (red.lightness, red.chroma, red.hue) == pytest.approx((0.628, 0.2577, 29.23), abs=6e-3)
    white = from_hex("#ffffff")
    assert white.lightness == pytest.approx(1, abs=1e-4)
    assert white.chroma < 1e-3
    assert parse_color("oklch(0.628 0.2577 29.23)") == "#ff0000"
    assert parse_color("oklch(62.8% 0.2577 29.23deg)") == "#ff0000"


def test_chroma_beyond_srgb_is_lowered_not_clipped():
    shown = from_hex(to_hex(Oklch(0.7, 0.4, 150)))
    assert shown.hue == pytest.approx(150, abs=2)
    assert shown.lightness == pytest.approx(0.7, abs=0.01)


def test_mixing_takes_the_short_way_round():
    start, end = to_hex(Oklch(0.7, 0.1, 350)), to_hex(Oklch(0.7, 0.1, 10))
    hue = from_hex(mix(start, end, 0.5)).hue
    assert min(hue, 360 - hue) < 3
    assert mix(start, end, 0) == start
    assert mix(start, end, 1) == end


def test_mixing_from_grey_keeps_the_hue():
    blue = "#3b82f6"
    halfway = from_hex(mix("#d0d0d0", blue, 0.5))
    assert halfway.hue == pytest.approx(from_hex(blue).hue, abs=3)


@pytest.mark.parametrize(
    "text", ["red", "#12", "#12345g", "oklch(2 0 0)", "oklch(0.5 0.9 10)", "rgb(1,2,3)", ""]
)
def test_what_is_not_a_colour_is_refused(text):
    with pytest.raises(ValueError, match=r"colour|lightness"):
        parse_color(text)


@pytest.mark.parametrize("culture", cultures())
def test_low_vision_has_a_box_and_seven_to_one(culture):
    theme = load(culture=culture, profiles=("low-vision",))
    for emotion in theme.emotions:
        for level in range(N_LEVELS + 1):
            look = resolve(theme, StyleKey(emotion, level), motion="full")
            assert look.box
            assert wcag_ratio(look.fill, look.box) >= 7
            assert look.weight >= 600 or look.family in {"Bebas Neue", "Chelsea Market"}


@pytest.mark.parametrize(
    ("color", "name"),
    [
        ("#ffffff", "white"),
        ("#101010", "black"),
        ("#9a9a9a", "grey"),
        ("#e53030", "red"),
        ("#f0902a", "orange"),
        ("#ffc92e", "golden"),
        ("#f5ea40", "yellow"),
        ("#30a040", "green"),
        ("#30c8c8", "turquoise"),
        ("#4080f0", "blue"),
        ("#8040d0", "violet"),
        ("#f060b0", "pink"),
        ("#8a6a30", "brown"),
    ],
)
def test_colours_have_names(color, name):
    assert color_name(color) == name


@given(hexes)
def test_every_colour_has_a_name(color):
    assert color_name(color)


def test_an_outline_changes_sides_only_where_the_fill_would_change_much():
    assert solve(Ink("#ed5d56", "#ffffff", 0.1)) == Ink("#d24440", "#ffffff", 0.1)
    assert solve(Ink("#fff2a0", "#ffffff", 0.1)).outline == "#0b0b10"


def test_an_outline_near_the_fill_takes_nothing_from_its_contrast():
    bare = worst_ratio(Ink("#757575", "#000000", 0.0))
    assert worst_ratio(Ink("#757575", "#6a6a6a", 0.1)) == bare > 4.5
