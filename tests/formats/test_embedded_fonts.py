"""Fonts inside ASS files."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sentigram.formats.embedded_fonts import characters, uu_decode, uu_encode
from sentigram.style.text import fonts
from sentigram.style.text.subsets import subset


@given(st.binary(max_size=400))
def test_fonts_are_decoded_as_they_were_encoded(data: bytes) -> None:
    assert uu_decode("".join(uu_encode(data))) == data


def test_the_characters_of_fonts_inside_are_known() -> None:
    face = fonts.face("Poppins", 400, italic=False)
    lines = ["fontname: poppins.ttf", *uu_encode(subset(face, "abc")), "fontname: broken", "!"]
    found = characters(lines)
    assert {ord(c) for c in "abc"} <= found["poppins"]
    assert ord("z") not in found["poppins"]
