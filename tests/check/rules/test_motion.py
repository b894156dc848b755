"""Styles that are gone before they are seen, and those that only seem so."""

from __future__ import annotations

from sentigram.check.checking import CheckOptions, check_text

_HEAD = (
    "[Script Info]\nPlayResX: 1920\nPlayResY: 1080\nScriptType: v4.00+\n\n[V4+ Styles]\n"
    "Format: Name, Fontname, Fontsize, Bold, Outline, Alignment, MarginV\n"
    "Style: Default,Poppins,80,0,4,2,80\nStyle: loud,Fredoka,90,1,4,2,80\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
)


def _rules(text: str) -> list[str]:
    text = f"{_HEAD}Dialogue: 0,0:00:01.00,0:00:04.00,Default,,0,0,0,,{text}\n"
    return [one.rule for one in check_text(text, ".ass", "a.ass", CheckOptions()).findings]


def test_a_word_in_a_style_of_its_own_is_told() -> None:
    assert _rules(r"We had never {\rloud}ever{\r} seen so many") == ["short-style"]
    assert _rules(r"We had {\rloud}never ever seen{\r} so many") == []


def test_names_notes_and_dashes_are_no_style_and_part_none() -> None:
    bold = r"{\b1}"
    text = rf"[Tom] [raised voice]{bold} STOP IT NOW\N{{\r}}[sad]{bold} please I beg you"
    assert _rules(text) == []
    assert _rules(rf"-[Tom] [angry]{bold} No.\N{{\r}}-[Ann] Yes, I am") == []
    assert _rules(rf"[Tom] We had {bold}never{{\r}} seen so many") == ["short-style"]
    assert _rules(rf"{bold}We had never{{\r}} (sighs) {bold}seen so many of them") == []


def test_digits_in_the_font_beside_them_are_no_style() -> None:
    assert _rules(r"We had seen some {\fnFredoka}12{\r} or so of them") == []


def test_another_script_in_its_own_font_is_no_style_but_a_colour_is() -> None:
    hebrew, latin = "אני שונא את ", "Bob "
    font = r"{\r\fnNoto Sans Hebrew\b0}"
    text = rf"{font}{hebrew}{{\r}}{latin}{font}הזה כל כך"
    assert _rules(text) == []
    assert _rules(text.replace(r"{\r}", r"{\r\1c&H0000FF&}")) == ["short-style"]
    assert _rules(rf"We had seen {{\fnFredoka}}{latin}{{\r}}or so of them") == ["short-style"]
