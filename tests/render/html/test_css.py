from __future__ import annotations

import io
import re
from base64 import b64decode
from dataclasses import replace

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.emotion import RAISED
from sentigram.core.style import Canvas, StyledLook, StyleKey, TextStyle
from sentigram.render.html.css import (
    NIGHT,
    PAPER,
    css_string,
    look_classes,
    looks_css,
    readable,
)
from sentigram.render.html.data import colour_name, describe
from sentigram.render.html.page import font_css, page_letters
from sentigram.style.colour.contrast import ratio
from tests.render import html_jobs

PLAIN = TextStyle(
    "Poppins", 500, False, 1.0, "#dddddd", "#000000", 0.06, "", 0.0, "none", False, "none"
)
ANGRY = replace(
    PLAIN,
    family="Bebas Neue",
    size_em=1.3,
    fill="#ff3020",
    transform="uppercase",
    animation="shake",
)
CANVAS = Canvas(1920, 1080, 54.0)
NEUTRAL, ANGER = StyleKey("neutral", 0), StyleKey("anger", 4)


def look(culture: str, age: str, anger: TextStyle, *profiles: str) -> StyledLook:
    return StyledLook(culture, age, (), {NEUTRAL: PLAIN, ANGER: anger}, profiles)


def winner(css: str, classes: tuple[str, ...], slug: str, name: str) -> str:
    """A slow cascade: the value that a word of one style gets under a root with these classes."""
    best = (-1, "")
    for selectors, body in re.findall(r"^([^@{}]+)\{([^{}]*)\}", css, re.MULTILINE):
        declared = dict(d.split(":", 1) for d in body.split(";"))
        if name not in declared:
            continue
        for selector in re.findall(r"(?:[^,(]|\([^)]*\))+", selectors):
            scope, _, own = selector.rpartition(" ")
            options = [
                o.strip(".").split(".") for o in scope.removeprefix(":is(").strip(")").split(",")
            ]
            names = own.removeprefix(":is(").strip(")").split(",")
            if f".s-{slug}" not in names:
                continue
            if not scope:
                best = max(best, (0, declared[name]), key=lambda pair: pair[0])
            elif any(set(option) <= set(classes) for option in options):
                best = max(best, (1, declared[name]), key=lambda pair: pair[0])
    return best[1]


SIZES = st.sampled_from([0.9, 1.0, 1.1, 1.3])


PLACES = st.tuples(*[st.sampled_from("abc")] * 2, st.sampled_from(["", "x", "y", "z", "xy", "xz"]))


@given(st.dictionaries(PLACES, SIZES, min_size=1))
def test_every_look_gets_its_own_values(sizes):
    looks = [
        look(culture, age, replace(ANGRY, size_em=size), *profiles)
        for (culture, age, profiles), size in sizes.items()
    ]
    css = looks_css(looks, CANVAS)
    for one, classes in zip(looks, look_classes(looks), strict=True):
        assert float(winner(css, classes, "anger-4", "--size")) == one.styles[ANGER].size_em
        assert winner(css, classes, "neutral-0", "--size") == "1"


def test_profiles_that_exclude_each_other_share_a_class():
    sets = [("bbc",), ("bbc", "large"), ("bbc", "red"), ("bbc", "large", "red"), ("bbc", "green")]
    looks = [look("western", "adult", ANGRY, *profiles) for profiles in sets]
    assert [classes[2:] for classes in look_classes(looks)] == [
        ("p0", "q0"), ("p1", "q0"), ("p0", "q1"), ("p1", "q1"), ("p2", "q0"),
    ]  # fmt: skip


def test_rules_do_not_grow_with_looks_that_differ_in_one_thing_each():
    """Twice the combinations of profiles: the same rules, as each names only its own profile."""

    def combined(colours: tuple[str, ...]) -> str:
        looks = [
            look("western", "adult", styled, *filter(None, (large, colour)))
            for fill, colour in zip(("#ff3020", "#2030ff"), colours, strict=False)
            for size, large in ((1.3, ""), (1.7, "large"))
            if (styled := replace(ANGRY, fill=fill, size_em=size))
        ]
        return looks_css(looks, CANVAS)

    alone, both = (combined(colours).count("--size:1.7") for colours in (("",), ("", "blue")))
    assert alone == both == 1


def test_rules_name_a_look_only_where_it_matters():
    bigger = replace(ANGRY, size_em=1.7)
    black = replace(ANGRY, fill="#101010")
    css = looks_css(
        [
            look("western", "adult", ANGRY),
            look("western", "child", bigger),
            look("eastern", "adult", black),
            look("eastern", "child", replace(black, size_em=1.7)),
        ],
        CANVAS,
    )
    assert "\n.a1 .s-anger-4{--size:1.7}" in css
    assert "\n.c1 .s-anger-4{--fill:#101010" in css
    assert re.search(r"^\.s-anger-4\{font-family:\"Bebas\\20 Neue\"", css, re.MULTILINE)
    assert re.search(r"^\.s-anger-4\{--move:move-shake", css, re.MULTILINE)


def test_what_has_the_colour_of_plain_words_is_in_ink_on_the_page():
    heavy = replace(PLAIN, weight=700, size_em=1.2)
    made = StyledLook(
        "western", "adult", (), {NEUTRAL: PLAIN, ANGER: ANGRY, StyleKey(RAISED, 4): heavy}, ()
    )
    css = looks_css([made], CANVAS)
    ground = css[css.index("@media screen") :]
    assert ".s-raised-voice-4{--tint:var(--ink)}" in ground
    assert ".s-raised-voice-4{--swatch:var(--ink)}" in ground
    assert re.search(r"\.s-anger-4\{--tint:#[0-9a-f]{6}\}", ground)
    own = replace(heavy, fill="#a0e0ff")
    made = replace(made, styles={**made.styles, StyleKey(RAISED, 4): own})
    assert "var(--ink)" not in looks_css([made], CANVAS)


def test_light_and_dark_colours_never_meet():
    css = looks_css([look("a", "x", ANGRY), look("b", "x", replace(ANGRY, fill="#202020"))], CANVAS)
    outside = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", css)
    assert "--tint" in css
    assert "--tint" not in outside
    assert re.findall(r"@media[^{]*", css) == [
        "@media print,(prefers-color-scheme: light)",
        "@media screen and (prefers-color-scheme: dark)",
    ]


@given(st.text(max_size=20))
def test_css_strings_cannot_be_left(text):
    quoted = css_string(text)
    assert quoted[0] == quoted[-1] == '"'
    assert re.fullmatch(r"[A-Za-z0-9_\-\\ ]*", quoted[1:-1])
    back = re.sub(r"\\([0-9a-f]+) ", lambda m: chr(int(m[1], 16)), quoted[1:-1])
    assert back == text


def test_a_colour_that_is_none_is_refused():
    bad = replace(ANGRY, fill="red;}body{display:none")
    with pytest.raises(ValueError, match="write #rrggbb"):
        looks_css([look("a", "x", bad)], CANVAS)


@given(st.integers(0, 0xFFFFFF), st.sampled_from([*PAPER, *NIGHT]))
def test_page_colours_can_be_read(number, background):
    fill = f"#{number:06x}"
    assert ratio(readable(fill, background), background) >= 4.5
    if ratio(fill, background) >= 4.5:
        assert readable(fill, background) == fill


def test_backgrounds_are_those_of_the_style_sheet():
    from sentigram.assets import asset

    css = asset("templates/html/player/base.css").read_text(encoding="utf-8")
    for position, name in enumerate(("paper", "wash", "found")):
        assert re.findall(rf"--{name}: (#\w+);", css) == [PAPER[position], NIGHT[position]]


@given(st.integers(0, 0xFFFFFF))
def test_words_read_on_every_ground_of_the_page(number):
    css = looks_css([look("a", "x", replace(ANGRY, fill=f"#{number:06x}"))], CANVAS)
    for tint, grounds in zip(re.findall(r"--tint:(#\w+)", css), (PAPER, NIGHT), strict=True):
        assert min(ratio(tint, ground) for ground in grounds) >= 4.5


def test_plain_text_colours_of_the_page_reach_aa():
    from sentigram.assets import asset

    css = asset("templates/html/player/base.css").read_text(encoding="utf-8")
    for paper, raised, *inks in zip(
        *(re.findall(rf"--{n}: (#\w+);", css) for n in ("paper", "raised", "ink", "quiet")),
        strict=True,
    ):
        assert min(ratio(ink, ground) for ink in inks for ground in (paper, raised)) >= 4.5


def test_fonts_hold_every_letter_that_they_draw():
    job = html_jobs.job(html_jobs.document())
    letters = page_letters(job.looks, "Zoë ž", ["anger"])
    css = font_css(letters)
    rules = re.findall(r'font-weight:(\d+).*?base64,([^"]+)"', css)
    assert len(rules) == len(letters)
    for (face, text), (weight, data) in zip(letters.items(), rules, strict=True):
        font = TTFont(io.BytesIO(b64decode(data)))
        assert font.flavor == "woff2"
        assert int(weight) == face.weight
        from sentigram.style.text import fonts

        assert {ord(c) for c in text} & fonts.coverage(face) <= set(font.getBestCmap())
    drawn = {face.family: text for face, text in letters.items()}
    assert set("NEVER") <= set(drawn["Bebas Neue"])


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ("#ff2020", "red"),
        ("#ffd21e", "yellow"),
        ("#5aa9f0", "blue"),
        ("#8f8f8f", "grey"),
        ("#ffffff", "white"),
        ("#101010", "black"),
        ("#ff9f3a", "orange"),
        ("#4caf50", "green"),
        ("#b48ae6", "violet"),
        ("#ff69b4", "pink"),
        ("#cdf5d3", "pale green"),
        ("#12306b", "dark blue"),
    ],
)
def test_colours_have_common_names(colour, name):
    assert colour_name(colour) == name


def test_a_style_is_told_by_what_sets_it_apart():
    assert describe(ANGRY, against=PLAIN) == "red, capitals, larger, in Bebas Neue, shakes"
    assert describe(PLAIN, against=PLAIN) == "plain grey letters"


def test_every_kind_of_difference_is_told():
    loud = replace(
        PLAIN,
        weight=800,
        size_em=0.8,
        box="#101010",
        spacing_em=0.1,
        transform="lowercase",
        italic=True,
        underline=True,
    )
    assert describe(loud, against=PLAIN) == (
        "grey, on black, small letters, slanted, underlined, bold, smaller, spread out"
    )
    assert describe(replace(PLAIN, italic=True), against=None) == "grey, slanted"


def test_a_family_that_does_not_ship_is_left_to_the_system():
    foreign = StyledLook("a", "x", (), {NEUTRAL: PLAIN, ANGER: replace(ANGRY, family="Own Font")})
    assert {face.family for face in page_letters([foreign], "", ["anger"])} == {"Poppins"}
