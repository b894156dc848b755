"""Fonts of themes: what may be embedded, and what files of strangers are told."""

from __future__ import annotations

import os

import pytest

from sentigram.style.text import own_fonts
from sentigram.style.text.fonts import coverage, metrics
from sentigram.style.text.own_fonts import read_face
from sentigram.style.text.subsets import subset
from tests.style.text.own_font_files import greedy_cmap, made, with_table


def test_a_face_says_its_own_weight_and_slant(tmp_path):
    def slant(font):
        font["OS/2"].fsSelection |= 1

    face = read_face(made(tmp_path / "a.ttf", weight=300, change=slant), "Mine")
    assert (face.family, face.weight, face.italic, face.embeds) == ("Mine", 300, True, True)


@pytest.mark.parametrize(
    ("fs_type", "embeds"),
    [
        (0x0000, True),  # installable
        (0x0002, False),  # restricted
        (0x0004, False),  # preview and print
        (0x0008, True),  # editable
        (0x0006, False),
        (0x000A, True),  # of several, the freest counts
        (0x0108, False),  # not to be cut down
        (0x0208, False),  # bitmaps only
    ],
)
def test_the_licence_bits_decide_about_embedding(tmp_path, fs_type, embeds):
    assert read_face(made(tmp_path / "a.ttf", fs_type=fs_type), "Mine").embeds is embeds


def test_files_that_are_no_single_static_font_are_refused(tmp_path):
    path = tmp_path / "a.ttf"
    for start, said in (
        (b"ttcf", "holds several fonts"),
        (b"wOF2", "packed for the web"),
        (b"wOFF", "packed for the web"),
        (b"\x89PNG", "is no TrueType or OpenType font"),
        (b"", "is no TrueType or OpenType font"),
    ):
        path.write_bytes(start)
        with pytest.raises(ValueError, match=said):
            read_face(path, "Mine")

    def vary(font):
        from fontTools.ttLib import newTable

        font["fvar"] = newTable("fvar")
        font["fvar"].axes, font["fvar"].instances = [], []

    with pytest.raises(ValueError, match="is a variable font"):
        read_face(made(tmp_path / "b.ttf", change=vary), "Mine")


def test_what_is_no_file_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.ttf")
    for name in ("none.ttf", "pipe.ttf", "."):
        with pytest.raises(ValueError, match="no such file"):
            read_face(tmp_path / name, "Mine")


def test_large_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(own_fonts, "MAX_BYTES", 1 << 10)
    with pytest.raises(ValueError, match="is larger than"):
        read_face(made(tmp_path / "a.ttf"), "Mine")


@pytest.mark.parametrize("tag", ["cmap", "head", "hhea", "OS/2", "maxp", "name", "hmtx"])
def test_damaged_tables_are_told(tmp_path, tag):
    data = made(tmp_path / "a.ttf").read_bytes()
    path = tmp_path / "b.ttf"
    path.write_bytes(with_table(data, tag, b""))
    with pytest.raises(ValueError, match="is damaged"):
        read_face(path, "Mine")


def test_a_font_that_is_cut_off_anywhere_is_refused_or_works(tmp_path):
    data = made(tmp_path / "a.ttf").read_bytes()
    path = tmp_path / "b.ttf"
    for share in range(16):
        path.write_bytes(data[: len(data) * share // 16])
        try:
            face = read_face(path, "Mine")
        except ValueError:
            continue
        assert subset(face, "abc", flavor="woff2")
        assert metrics(face).units_per_em


def test_a_table_of_all_characters_does_not_fill_the_memory(tmp_path):
    data = made(tmp_path / "a.ttf").read_bytes()
    path = tmp_path / "b.ttf"
    path.write_bytes(with_table(data, "cmap", greedy_cmap()))
    try:
        face = read_face(path, "Mine")
    except ValueError:
        return
    assert len(coverage(face)) <= 0x110000


def test_thousands_of_names_are_refused(tmp_path):
    data = made(tmp_path / "a.ttf").read_bytes()
    path = tmp_path / "b.ttf"
    path.write_bytes(with_table(data, "name", b"\0\0\xff\xff\0\6" + bytes(12 * 0xFFFF)))
    with pytest.raises(ValueError, match="has more than 500 names"):
        read_face(path, "Mine")
