"""Widths: pieces in their faces, what no face draws, letter spacing where letters join."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sentigram.core.style import Canvas, StyleKey
from sentigram.style import styling
from sentigram.style.text import fonts, measure
from sentigram.style.theme.theme import load
from tests.sentences import SENTENCES

NEUTRAL = StyleKey("neutral", 0)


def ruler(language="", **changes):
    look = replace(styling.resolve(load(), NEUTRAL, motion="none"), **changes)
    return measure.Measure(Canvas(1920, 1080, 54), {NEUTRAL: look}, language=language)


def em(text, family="Poppins", language=""):
    return measure.advance_em(text, family, 500, False, language)


def test_unknown_families_are_measured_with_head_room():
    assert em("word", "Not A Font") == pytest.approx(1.15 * em("word"))
    assert em("日本", "Not A Font") == pytest.approx(1.15 * 2)


def test_each_piece_is_measured_in_its_face():
    assert ruler().run_px("日本", NEUTRAL) == pytest.approx(2 * 54)
    assert em("abc日本") == pytest.approx(em("abc") + 2)
    assert em("мир") == pytest.approx(em("мир", "Noto Sans"))


def test_what_no_face_draws_is_guessed_by_cluster():
    assert em("\U0001faff") == 1.0
    assert em("ᚠᚠ") == pytest.approx(1.3)
    assert em("ᚠ\u0301") == pytest.approx(0.65)


def test_what_is_one_emoji_is_as_wide_as_one():
    for joined in ("👍🏽", "👩‍👧", "❤️", "🇩🇪", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"):
        assert em(joined) == pytest.approx(em("😂")), joined
    assert em("👩👧") == pytest.approx(2 * em("😂"))


def test_emoji_have_no_letter_spacing():
    assert ruler(spacing_em=0.1).run_px("👍🏽", NEUTRAL) == ruler().run_px("👍🏽", NEUTRAL)
    added = ruler(spacing_em=0.1).run_px("ok😂", NEUTRAL) - ruler().run_px("ok😂", NEUTRAL)
    assert added == pytest.approx(2 * 0.1 * 54)


def test_arabic_words_are_shaped_as_a_whole():
    """Joined forms are narrower than letters that stand alone."""
    text = "السلام"
    assert em(text) < 0.9 * sum(map(em, text))


@pytest.mark.parametrize("language", SENTENCES)
def test_letters_that_join_have_no_spacing(language):
    text, _ = SENTENCES[language]
    joins = language in {"ar", "fa", "ur", "hi", "bn", "pa"}
    plain_px = ruler(language).run_px(text, NEUTRAL)
    spaced_px = ruler(language, spacing_em=0.1).run_px(text, NEUTRAL)
    if joins:
        assert spaced_px == plain_px
    else:
        assert spaced_px > plain_px + 5 * 0.1 * 54


def test_language_decides_the_face():
    assert em("toi", "Bebas Neue", "vi") == pytest.approx(em("toi", "Noto Sans"))
    assert em("toi", "Bebas Neue", "en") != pytest.approx(em("toi", "Noto Sans"))
    word_px = ruler("vi", family="Bebas Neue", weight=400).run_px("toi", NEUTRAL)
    assert word_px == pytest.approx(em("toi", "Noto Sans") * 54)


def test_every_growth_is_of_a_known_family_of_motion():
    assert min(measure.GROWTH.values()) == 1.0
    assert fonts.families()[0] == "Poppins"  # stands in for families that are not at hand
