"""Values that a rule just allows, and the next ones that it does not."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sentigram.check.checking import CheckOptions, check_text
from sentigram.core.time import format_srt

_OPTIONS = CheckOptions(language="en", fps=Fraction(25))


def _found(*cues: tuple[int, int, str]) -> set[str]:
    text = "\n".join(
        f"{n}\n{format_srt(start)} --> {format_srt(end)}\n{said}\n"
        for n, (start, end, said) in enumerate(cues, 1)
    )
    return {finding.rule for finding in check_text(text, ".srt", "a.srt", _OPTIONS).findings}


@pytest.mark.parametrize(
    ("length_ms", "said", "rules"),
    [
        (7000, "Good evening to you.", set()),
        (7002, "Good evening to you.", {"max-duration"}),
        (833, "Hello.", set()),
        (831, "Hello.", {"min-duration"}),
        (1000, "Good evening to you.", set()),  # 20 characters
        (990, "Good evening to you.", {"cps"}),
        (3000, "x" * 42, set()),
        (3000, "x" * 43, {"line-chars"}),
    ],
)
def test_one_cue(length_ms: int, said: str, rules: set[str]) -> None:
    assert _found((1000, 1000 + length_ms, said)) == rules


@pytest.mark.parametrize(
    ("gap_ms", "rules"),
    [
        (-2, {"overlap"}),
        (0, {"gap"}),
        (78, {"gap"}),
        (80, set()),
        (118, set()),
        (122, {"gap-close"}),
        (490, {"gap-close"}),
        (500, set()),
    ],
)
def test_two_cues(gap_ms: int, rules: set[str]) -> None:
    said = "Good evening."
    assert _found((1000, 3000, said), (3000 + gap_ms, 6000, said)) == rules


@pytest.mark.parametrize(
    "lines",
    [
        "- I have seen the\n- What?",
        "I have seen the\n- What was it that you saw?",
        "[Ann] So you saw the\n[Bo] House!",
        "♪ Oh, it is the\n♪ one ♪",
    ],
)
def test_lines_of_two_people_break_nothing(lines: str) -> None:
    assert _found((1000, 4000, lines)) == set()


def test_a_break_is_better_only_if_its_lines_fit() -> None:
    """Letters of ASS may be so large that a line holds no more than what it has."""
    head = (
        "[Script Info]\nScriptType: v4.00+\nPlayResX: 720\nPlayResY: 1280\n\n[V4+ Styles]\n"
        "Format: Name, Fontname, Fontsize, Outline, Alignment, MarginV\n"
        "Style: Default,Poppins,60,4,2,200\n\n[Events]\nFormat: Start, End, Style, Text\n"
    )
    for said, rules in (
        (r"because they\Nthought so", set()),
        (r"I have seen the\Nhouse", {"line-break"}),
    ):
        text = f"{head}Dialogue: 0:00:01.00,0:00:04.00,Default,{said}\n"
        findings = check_text(text, ".ass", "a.ass", _OPTIONS).findings
        assert {one.rule for one in findings} & {"line-break"} == rules


@pytest.mark.parametrize(("margin_px", "is_outside"), [(40, True), (60, False)])
def test_the_safe_area_is_nine_tenths_of_the_picture(margin_px: int, is_outside: bool) -> None:
    text = (
        "[Script Info]\nScriptType: v4.00+\nPlayResX: 1920\nPlayResY: 1080\n\n[V4+ Styles]\n"
        "Format: Name, Fontname, Fontsize, Outline, Alignment, MarginV\n"
        f"Style: Default,Poppins,80,4,2,{margin_px}\n\n[Events]\nFormat: Start, End, Style, Text\n"
        "Dialogue: 0:00:01.00,0:00:04.00,Default,Good evening.\n"
    )
    found = {one.rule for one in check_text(text, ".ass", "a.ass", _OPTIONS).findings}
    assert ("safe-area" in found) == is_outside


@pytest.mark.parametrize(
    ("settings", "severities"),
    [
        ("line:5% align:center", []),
        ("line:4% align:center", ["violation"]),
        ("line:89%", []),
        ("line:90%", ["violation"]),
        ("position:5% align:start", []),
        ("position:4% align:start", ["violation"]),
        ("line:0", ["advice"]),
        ("line:1", []),
        ("", []),
    ],
)
def test_a_placed_cue_of_webvtt(settings: str, severities: list[str]) -> None:
    text = f"WEBVTT\n\n00:01.000 --> 00:03.000 {settings}\nGood evening.\n"
    found = check_text(text, ".vtt", "a.vtt", _OPTIONS).findings
    assert [one.severity for one in found if one.rule == "safe-area"] == severities
