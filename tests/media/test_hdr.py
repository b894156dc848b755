"""High dynamic range: its codes against the standards' own figures, and what becomes of colours."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import numpy as np
import pytest

from sentigram.core.media import Hdr
from sentigram.media import hdr as module
from sentigram.media.hdr import (
    coded,
    hdr_of,
    hlg_code,
    hlg_nits,
    pq_code,
    pq_nits,
    tone_cube,
)
from sentigram.render.picture.hdr_captions import for_hdr


@pytest.mark.parametrize(
    ("nits", "code"),
    [(0.0, 0.0), (100.0, 0.508), (203.0, 0.581), (1000.0, 0.752), (10_000.0, 1.0)],
)
def test_pq_against_bt_2408(nits, code):
    assert pq_code(np.array(nits)) == pytest.approx(code, abs=0.001)
    assert pq_nits(np.array(code)) == pytest.approx(nits, rel=0.01, abs=0.01)


@pytest.mark.parametrize(("nits", "code"), [(203.0, 0.75), (1000.0, 1.0), (26.0, 0.38)])
def test_hlg_against_bt_2408(nits, code):
    assert hlg_code(np.full(3, nits)) == pytest.approx(np.full(3, code), abs=0.005)
    assert hlg_nits(np.full(3, code)) == pytest.approx(np.full(3, nits), rel=0.03)


def test_codes_of_colours_come_back():
    colours = np.random.default_rng(0).uniform(0, 1, (200, 3))
    np.testing.assert_allclose(hlg_code(hlg_nits(colours)), colours, atol=1e-3)
    np.testing.assert_allclose(pq_code(pq_nits(colours)), colours, atol=1e-6)


def test_white_and_black_of_captions():
    assert coded((255, 255, 255), "pq") == (148, 148, 148)  # 203 cd/m²
    assert coded((255, 255, 255), "hlg") == (191, 191, 191)  # 75 %
    assert coded((0, 0, 0), "pq") == coded((0, 0, 0), "hlg") == (0, 0, 0)
    red, green, blue = coded((255, 0, 0), "pq")
    assert 148 > red > green > blue > 0  # BT.709's red lies within BT.2020


def test_only_colours_of_styles_and_tags_change():
    text = (
        "[Script Info]\nTitle: &H00FFFFFF\n[V4+ Styles]\n"
        "Style: A,Poppins,20,&H00FFFFFF,&H80000000,0\n[Events]\n"
        r"Dialogue: 0,0:00:00.00,A,{\1c&HFFFFFF&\alpha&H80&}say &HFFFFFF& {\c&HFFFFFF&}now"
    )
    lines = for_hdr(text, "pq").split("\n")
    assert lines[1] == "Title: &H00FFFFFF"
    assert lines[3] == "Style: A,Poppins,20,&H00949494,&H80000000,0"
    assert lines[5] == (
        r"Dialogue: 0,0:00:00.00,A,{\1c&H949494&\alpha&H80&}say &HFFFFFF& {\c&H949494&}now"
    )


def test_the_table_keeps_what_is_dark_and_compresses_what_is_bright():
    rows = tone_cube(Hdr("pq", peak_nits=1000)).split("\n")
    assert rows[0] == "LUT_3D_SIZE 33"
    table = np.array([[float(part) for part in row.split()] for row in rows[1:-1]])
    assert table.shape == (33**3, 3)
    greys = table.reshape(33, 33, 33, 3)[np.arange(33), np.arange(33), np.arange(33)]
    assert np.ptp(greys, axis=1).max() < 0.002  # greys stay grey
    light, codes = greys[:, 0] ** 2.4, np.linspace(0, 1, 33)
    nits = pq_nits(codes)
    dark = nits < module._KNEE * module.WHITE_NITS
    np.testing.assert_allclose(light[dark], nits[dark] / module.WHITE_NITS, atol=1e-4)
    assert (np.diff(light) >= 0).all()
    assert light[np.searchsorted(nits, 203)] > 0.78
    assert light[np.searchsorted(nits, 1000)] == pytest.approx(1, abs=0.001)
    reddest = table.reshape(33, 33, 33, 3)[0, 0, -1]
    assert reddest.tolist() == [1, 0, 0]


def side(name, data):
    class Side(bytes):
        type = SimpleNamespace(name=name)

    return Side(data)


def stream(code):
    return SimpleNamespace(codec_context=SimpleNamespace(color_trc=code))


def frame(code, *sides):
    return SimpleNamespace(color_trc=code, side_data=list(sides))


def test_what_is_read_of_a_picture():
    rationals = [(34000, 50000), (16000, 50000), (13250, 50000), (34500, 50000), (7500, 50000)]
    rationals += [(3000, 50000), (15635, 50000), (16450, 50000), (1, 10000), (4000, 1)]
    numbers = [part for pair in rationals for part in pair]
    display = side("MASTERING_DISPLAY_METADATA", struct.pack("<22i", *numbers, 1, 1))
    light = side("CONTENT_LIGHT_LEVEL", struct.pack("<2I", 1600, 400))
    said = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(40000000,1)"
    assert hdr_of(stream(16), frame(16, display, light)) == Hdr("pq", said, "1600,400", 1600)
    assert hdr_of(stream(2), frame(16, display)) == Hdr("pq", said, "", 4000)
    assert hdr_of(stream(16), None) == Hdr("pq")
    assert hdr_of(stream(18), frame(18)) == Hdr("hlg")
    empty = side("MASTERING_DISPLAY_METADATA", bytes(88))
    short = side("CONTENT_LIGHT_LEVEL", b"1")
    assert hdr_of(stream(16), frame(16, empty, short)) == Hdr("pq")
    assert hdr_of(stream(1), frame(1)) is None
    assert hdr_of(stream(1), None) is None
