"""The fonts that ship, judged by their own tables and by libass."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
import tomllib

import pytest
from fontTools.ttLib import TTFont

from sentigram.assets import asset
from sentigram.core.style import Canvas, StyleKey
from sentigram.errors import MissingError
from sentigram.media.ffmpeg import find_ffmpeg
from sentigram.style import engine, fonts, measure
from sentigram.style.limits import LIBASS_ROUNDING
from sentigram.style.theme import load
from tests.documents import document

ASS = """[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Bold, Italic, ScaleX, ScaleY, BorderStyle, \
Outline, Shadow, Alignment
Style: D,Arial,20,&H00FFFFFF,0,0,100,100,1,0,0,7
[Events]
Format: Layer, Start, End, Style, Text
{events}
"""


def draw(tmp_path, events, width, height):
    """One grey picture drawn by libass with only our fonts, and what it said about fonts."""
    folder = tmp_path / "fonts"
    folder.mkdir()
    for face in fonts.faces():
        shutil.copy(face.path, folder)
    lines = "\n".join(f"Dialogue: 0,0:00:00.00,0:00:01.00,D,{text}" for text in events)
    script = ASS.format(width=width, height=height, events=lines)
    (tmp_path / "t.ass").write_text(script, encoding="utf-8")
    done = subprocess.run(
        [
            *(find_ffmpeg().path, "-v", "verbose", "-f", "lavfi"),
            *("-i", f"color=c=black:s={width}x{height}:r=1:d=1,format=gray"),
            *("-vf", "ass=t.ass:fontsdir=fonts,format=gray"),
            *("-frames:v", "1", "-f", "rawvideo", "-"),
        ],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    return done.stdout, done.stderr.decode("utf-8", "replace")


def ink_width_px(row_bytes):
    lit = [x for x, value in enumerate(row_bytes) if value > 40]
    return lit[-1] - lit[0] + 1


def test_files_are_what_fonts_toml_says():
    table = asset("fonts/fonts.toml")
    entries = tomllib.loads(table.read_text(encoding="utf-8"))["font"]
    on_disk = {p.relative_to(table.parent).as_posix() for p in table.parent.rglob("*.ttf")}
    assert {e["file"] for e in entries} == on_disk
    total = 0
    for entry in entries:
        data = (table.parent / entry["file"]).read_bytes()
        total += len(data)
        assert hashlib.sha256(data).hexdigest() == entry["sha256"], entry["file"]
        font = TTFont(io.BytesIO(data))
        assert font["name"].getDebugName(1) == entry["family"]  # what libass searches
        assert font["OS/2"].usWeightClass == entry["weight"]
        assert bool(font["OS/2"].fsSelection & 1) == entry["italic"]
        assert "fvar" not in font  # libass cannot choose axes
        licence = (table.parent / entry["file"]).parent / "OFL.txt"
        assert "SIL OPEN FONT LICENSE Version 1.1" in licence.read_text(encoding="utf-8")
        assert entry["licence"] == "OFL-1.1"
    assert total < 3_000_000


def test_reserved_names_are_only_on_unmodified_files():
    for entry in tomllib.loads(asset("fonts/fonts.toml").read_text("utf-8"))["font"]:
        notice = TTFont(asset(f"fonts/{entry['file']}"))["name"].getDebugName(0)
        is_reserved = re.search(r"rese\w*ed font name", notice, re.IGNORECASE) is not None
        assert is_reserved == entry["source"].endswith("unmodified")


def test_nearest_face():
    assert fonts.face("Poppins", 540, italic=False).weight == 500
    assert fonts.face("Poppins", 550, italic=False).weight == 600  # a tie goes to the bolder
    assert fonts.face("Poppins", 100, italic=True).weight == 600
    assert fonts.face("Bebas Neue", 900, italic=True).italic is False
    with pytest.raises(MissingError, match="'Comic Sans' does not ship; there are: Poppins"):
        fonts.face("Comic Sans", 400, italic=False)


def test_libass_finds_every_face(tmp_path):
    events = [
        rf"{{\pos(0,{i * 30})\fn{f.family}\b{f.weight}\i{int(f.italic)}}}Hamburg"
        for i, f in enumerate(fonts.faces())
    ]
    _, said = draw(tmp_path, events, 320, 30 * len(events))
    chosen = {
        (family, int(weight), slant != "0"): name
        for family, weight, slant, name in re.findall(
            r"fontselect: \((.+?), (\d+), (\d+)\) -> (\S+),", said
        )
    }
    for face in fonts.faces():
        expected = TTFont(face.path)["name"].getDebugName(6)
        assert chosen[face.family, face.weight, face.italic] == expected


def test_widths_are_libasss(tmp_path):
    """Ink of N letters less ink of one is N - 1 advances, whatever the side bearings."""
    em_px, count, height = 60, 12, 100
    events, rows = [], []
    for face in fonts.faces():
        size = em_px * fonts.metrics(face).ass_size_per_em
        for text in ("n", "n" * count):
            tags = rf"\pos(20,{len(rows) * height})\fs{size:.3f}\fn{face.family}\b{face.weight}"
            events.append(rf"{{{tags}\i{int(face.italic)}}}{text}")
            rows.append((face, text))
    picture, _ = draw(tmp_path, events, 800, height * len(rows))
    drawn = {}
    for i, key in enumerate(rows):
        band = picture[i * height * 800 : (i + 1) * height * 800]
        columns = [max(band[x::800]) for x in range(800)]
        drawn[key] = ink_width_px(columns)
    for face in fonts.faces():
        libass_px = drawn[face, "n" * count] - drawn[face, "n"]
        ours_px = em_px * (
            measure.advance_em("n" * count, face.family, face.weight, face.italic)
            - measure.advance_em("n", face.family, face.weight, face.italic)
        )
        assert libass_px == pytest.approx(ours_px, rel=LIBASS_ROUNDING - 1), face


@pytest.mark.parametrize("flavor", [None, "woff2"])
def test_subset_holds_the_letters_and_nothing_else(flavor):
    face = fonts.face("Poppins", 500, italic=False)
    data = fonts.subset(face, "Tea, zebra!", flavor=flavor)
    font = TTFont(io.BytesIO(data))
    assert set(font.getBestCmap()) == {ord(c) for c in "Tea, zebra! "}
    assert font["name"].getDebugName(1) == "Poppins"
    assert "Open Font License" in font["name"].getDebugName(13)
    whole = TTFont(face.path)
    assert font["OS/2"].usWinAscent == whole["OS/2"].usWinAscent
    assert font["OS/2"].usWeightClass == 500
    assert len(data) < 12_000
    assert fonts.subset(face, "!zebra ,Tea", flavor=flavor) is data  # answered from memory


def test_subset_keeps_kerning():
    import uharfbuzz

    face = fonts.face("Fredoka", 600, italic=False)

    def width(data):
        font = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob(data)))
        buffer = uharfbuzz.Buffer()
        buffer.add_str("AVAToTe")
        buffer.guess_segment_properties()
        uharfbuzz.shape(font, buffer, {})
        return sum(p.x_advance for p in buffer.glyph_positions)

    assert width(fonts.subset(face, "AVToe")) == width(face.path.read_bytes())
    font = TTFont(face.path)
    bare = sum(font["hmtx"][font.getBestCmap()[ord(c)]][0] for c in "AVAToTe")
    assert width(face.path.read_bytes()) < bare  # there is kerning to keep


def test_missing_glyphs_and_uncovered():
    face = fonts.face("Fredoka", 600, italic=False)
    assert fonts.missing_glyphs("día 日本日 \u200d\u2060", face) == ("日", "本")
    doc = document(("so happy 日本", "happiness"), ("plain 語 text", "neutral"))
    track = engine.style(doc, load())
    found = dict(fonts.uncovered(track))
    assert set(found) == {"日", "本", "語"}
    assert found["日"] == ("Fredoka",)
    assert found["語"] == ("Poppins",)


def test_used_names_faces_and_letters():
    track = engine.style(document(("no way out", "anger"), ("ok", "neutral")), load())
    letters = {face.family: text for face, text in fonts.used(track).items()}
    assert set("NOWAYUT") <= set(letters["Bebas Neue"])
    assert letters["Poppins"] == "ko"


def test_unknown_families_are_measured_with_head_room():
    canvas = Canvas(1920, 1080, 54)
    known = engine.resolve(load(), StyleKey("neutral", 0), motion="none")
    assert measure.advance_em("word", "Not A Font", 500, False) == pytest.approx(
        1.15 * measure.advance_em("word", known.family, 500, False)
    )
    ruler = measure.Measure(canvas, {StyleKey("neutral", 0): known})
    assert ruler.run_px("日本", StyleKey("neutral", 0)) == pytest.approx(2 * 54)
