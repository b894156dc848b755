"""Every script through libass: our faces draw it, nothing is missing, no word is torn."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from sentigram.core.style import StyleKey
from sentigram.render.ass import attached_fonts
from sentigram.style.text import fonts
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


def test_embedded_fallbacks_are_small(tmp_path):
    made = replace(track(cue(["我们在这里", "hello"])), language="zh")
    files = {file.name: len(file.data) for file in attached_fonts.font_files(made)}
    assert files["NotoSansSC-Medium.ttf"] < 40_000
