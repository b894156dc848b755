"""Every script through libass: our faces draw it, nothing is missing, no word is torn."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from sentigram.core.style import StyleKey
from sentigram.core.text import split
from sentigram.formats import ass
from sentigram.render.ass import attached_fonts
from sentigram.render.ass.editors import ass_text
from sentigram.style.text import fonts
from sentigram.style.text.measure import advance_em
from tests.render.frames import draw, ink
from tests.render.tracks import ANGER, PLAIN, cue, track
from tests.sentences import SENTENCES

SPACED = StyleKey("fear", 4)


def drawn(text, language, folder, key=ANGER, styles=None, flavour="editable"):
    made = replace(track(cue([(word, key) for word in text.split(" ")])), language=language)
    if styles:
        made = replace(made, styles={**made.styles, **styles})
    return draw(made, 1000, folder, flavour=flavour)


@pytest.mark.parametrize("flavour", ["editable", "effects"])
@pytest.mark.parametrize("language", SENTENCES)
def test_libass_draws_every_script_with_our_faces(language, flavour, tmp_path):
    text, family = SENTENCES[language]
    pixels, said = drawn(text, language, tmp_path, flavour=flavour)
    assert ink(pixels).sum() > 300
    report = "\n".join(said)
    assert "failed to find any fallback" not in report
    assert "Glyph 0x" not in report, report
    selected = re.findall(r"fontselect: \((.+?), \d+, \d+\) -> (\S+),", report)
    assert selected, report
    for asked, found in selected:
        assert found.startswith(asked.replace(" ", "")), report
    assert any(asked.startswith(family) for asked, _ in selected), report


@pytest.mark.parametrize("word", ["السلام", "می‌خواهم", "क्षत्रिय", "বাংলাদেশ", "ශ්\u200dරී", "น้ำผึ้ง"])
def test_a_word_has_the_width_that_its_shaped_letters_have(word, tmp_path):
    """Pillow lays out with HarfBuzz too, and has no part in how we divide text."""
    (piece,) = fonts.pieces(word, "Bebas Neue", 400, False)
    size_px = round(1.3 * track(cue([word])).canvas.base_px)
    font = ImageFont.truetype(piece.face.path, size_px, layout_engine=ImageFont.Layout.RAQM)
    image = Image.new("L", (640, 200))
    ImageDraw.Draw(image).text((20, 50), word, 255, font=font)
    expected = np.flatnonzero(np.asarray(image).max(axis=0) > 40)
    plain = replace(PLAIN, family="Bebas Neue", weight=400, size_em=1.3, outline_em=0.0)
    pixels, _ = drawn(word, "", tmp_path, styles={ANGER: plain})
    found = np.flatnonzero(ink(pixels).any(axis=0))
    assert np.ptp(found) == pytest.approx(np.ptp(expected), abs=3)


@pytest.mark.parametrize("flavour", ["editable", "effects"])
@pytest.mark.parametrize("word", ["السلام", "नमस्ते", "বাংলা", "ਪੰਜਾਬੀ"])
def test_spaced_styles_tear_no_joined_word(word, flavour, tmp_path):
    pixels = []
    for spacing_em in (0.0, 0.2):
        style = replace(PLAIN, family="Courier Prime", weight=700, spacing_em=spacing_em)
        pixels.append(drawn(word, "", tmp_path, SPACED, {SPACED: style}, flavour)[0])
    assert np.array_equal(*pixels)


# What is one sign: a family, a flag, a skin tone, a key, a region's flag, a picture by selector.
JOINED = ["👩‍👧", "🇩🇪", "👍🏽", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "❤️"]


def ink_columns(text, folder, key=ANGER, flavour="editable", **look):
    """First and last column with ink, in a plain style."""
    style = replace(PLAIN, family="Poppins", weight=500, outline_em=0.0, **look)
    pixels, said = drawn(text, "en", folder, key, {key: style}, flavour)
    assert not any("failed to find" in line for line in said)
    found = np.flatnonzero(ink(pixels).any(axis=0))
    return int(found[0]), int(found[-1])


@pytest.mark.parametrize("flavour", ["editable", "effects"])
@pytest.mark.parametrize("emoji", JOINED)
def test_a_joined_emoji_is_one_sign_alone_and_in_spaced_styles(emoji, flavour, tmp_path):
    """Divided, it would be two signs and more: wider than an em and a quarter."""
    one_em = track(cue(["x"])).canvas.base_px
    for spacing_em in (0.0, 0.3):
        left, right = ink_columns(emoji, tmp_path, SPACED, flavour, spacing_em=spacing_em)
        assert right - left < 1.2 * one_em, spacing_em


@pytest.mark.parametrize("emoji", ["👩👧", "👩‍👧", "👩‍🇩🇪"])
def test_emoji_stay_within_the_width_that_is_measured(emoji, tmp_path):
    """One that no font joins is drawn as its parts, and none lies over its neighbours."""
    base = track(cue(["x"])).canvas.base_px
    left, right = ink_columns(emoji, tmp_path)
    alone = advance_em(emoji, "Poppins", 500, False) * base
    assert right - left <= alone
    beside = ink_columns(f"I{emoji}I", tmp_path)
    bars = ink_columns("II", tmp_path)
    assert np.ptp(beside) - np.ptp(bars) == pytest.approx(alone, abs=2)


def test_what_holds_an_emoji_together_is_no_word_to_who_reads_the_file():
    made = track(cue([("👩‍👧", ANGER), ("🇩🇪", ANGER)]), cue([("ok", ANGER), ("👩‍👧", ANGER)]))
    written = ass_text(made, title="x", motion="none")
    assert written.count(attached_fonts.FILLER) == 1  # where letters are around, none is needed
    shown = " ".join(line for one in ass.read(written, "x.ass").captions for line in one.texts)
    assert [word for word, _ in split(shown)] == ["👩‍👧", "🇩🇪", "ok", "👩‍👧"]


def test_embedded_fallbacks_are_small(tmp_path):
    made = replace(track(cue(["我们在这里", "hello"])), language="zh")
    files = {file.name: len(file.data) for file in attached_fonts.font_files(made)}
    assert files["NotoSansSC-Medium.ttf"] < 40_000
