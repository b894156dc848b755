"""Fonts inside a page: which faces, for which letters, in which order they are asked."""

from __future__ import annotations

from dataclasses import replace

from sentigram.core.style import StyledLook
from sentigram.core.time import Span
from sentigram.render.html.web_fonts import font_css, page_letters
from tests.render.tracks import ANGER, NEUTRAL, STYLES, words


def look(*texts):
    return StyledLook("western", "adult", words(texts, Span(0, 1000)), STYLES)


def test_fallbacks_come_last_the_languages_own_first():
    made = look("hello", ("食べた", ANGER), ("们", ANGER), "Анна")
    letters = page_letters([made], "", [], "ja")
    families = list(dict.fromkeys(face.family for face in letters))
    assert families[-3:] == ["Noto Sans JP", "Noto Sans", "Noto Sans SC"]
    by_family = {face.family: text for face, text in letters.items()}
    assert by_family["Noto Sans JP"] == "たべ食"
    assert by_family["Noto Sans SC"] == "们"
    assert set("hello") <= set(by_family["Poppins"])


def test_text_outside_words_finds_fallbacks_too():
    families = {face.family for face in page_letters([look("hi")], "Интервью.mp4", [])}
    assert "Noto Sans" in families
    assert not any(f.startswith("Noto") for f in families - {"Noto Sans"})


def test_the_style_sheet_names_the_fallbacks():
    css = font_css(page_letters([look("שלום")], "", []))
    assert r':root{--fallback:"Noto\20 Sans\20 Hebrew"}' in css
    assert ":root{--fallback:system-ui}" in font_css(page_letters([look("hi")], "", []))


def test_half_a_surrogate_pair_is_no_letter():
    odd = replace(look("hi"), words=words(["\ud800x"], Span(0, 100)))
    assert all("\ud800" not in text for text in page_letters([odd], "\udfff", []).values())
    assert NEUTRAL in odd.styles
