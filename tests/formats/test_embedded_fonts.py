"""Fonts inside ASS files."""

from __future__ import annotations

import struct
import tracemalloc

import pytest
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
    assert all(ord(c) in found["poppins"] for c in "abc")
    assert ord("z") not in found["poppins"]


def _font(family: str, n_groups: int) -> bytes:
    """A font that says that each of its groups has every character there is."""
    group = struct.pack(">III", 0, 0x10FFFF, 1)
    cmap = struct.pack(">HHHHIHHIII", 0, 1, 3, 10, 12, 13, 0, 16 + 12 * n_groups, 0, n_groups)
    text = family.encode("utf-16-be")
    name = struct.pack(">HHHHHHHHH", 0, 1, 18, 3, 1, 0x409, 1, len(text), 0) + text
    maxp = struct.pack(">IH", 0x5000, 0xFFFF)
    head, body = struct.pack(">IHHHH", 0x10000, 3, 32, 1, 16), b""
    for tag, table in ((b"cmap", cmap + n_groups * group), (b"maxp", maxp), (b"name", name)):
        head += struct.pack(">4sIII", tag, 0, 12 + 16 * 3 + len(body), len(table))
        body += table + bytes(-len(table) % 4)
    return head + body


def test_what_fonts_claim_takes_no_memory_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    claims = [line for n in range(40) for line in ("fontname: x", *uu_encode(_font(f"F{n}", 99)))]
    cut = _font("Cut", 99)[:200]
    damaged = ["fontname: y", *uu_encode(cut), "fontname: z", *["!" * 80] * 500]
    tracemalloc.start()
    found = characters([*claims, *damaged])
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert set(found) == {f"f{n}" for n in range(40)}
    assert all(ord("a") in known for known in found.values())
    assert peak_bytes < 10_000_000
    assert not caplog.records
