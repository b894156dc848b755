"""The fonts that ship, judged by their own tables and by libass."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
import tomllib
from dataclasses import replace
from itertools import pairwise

import pytest
import regex
import uharfbuzz
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from sentigram.assets import asset
from sentigram.errors import MissingError
from sentigram.media.ffmpeg import find_ffmpeg
from sentigram.style import styling
from sentigram.style.layout.limits import LIBASS_ROUNDING
from sentigram.style.text import fonts, letters, measure
from sentigram.style.text.subsets import subset
from sentigram.style.theme.advice import no_glyph
from sentigram.style.theme.theme import load
from tests.documents import document
from tests.sentences import SENTENCES

ASS = """[Script Info]
ScriptType: v4.00+
Kerning: yes
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


def letter(face):
    """A letter that the face was made for."""
    known = (text for text, family in SENTENCES.values() if family == face.family)
    return "😂" if fonts.draws_emoji(face) else next((text[0] for text in known), "n")


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
    assert total < 10_100_000


def test_reserved_names_are_only_on_unmodified_files():
    for entry in tomllib.loads(asset("fonts/fonts.toml").read_text("utf-8"))["font"]:
        notice = TTFont(asset(f"fonts/{entry['file']}"))["name"].getDebugName(0)
        reserved = re.search(r"rese\w*ed font names?\W+(\w+)", notice, re.IGNORECASE)
        is_reserved = reserved is not None and reserved[1] in entry["family"]
        assert is_reserved == entry["source"].endswith("unmodified"), notice


def test_nearest_face():
    assert fonts.face("Poppins", 540, italic=False).weight == 500
    assert fonts.face("Poppins", 550, italic=False).weight == 600  # a tie goes to the bolder
    assert fonts.face("Poppins", 100, italic=True).weight == 600
    assert fonts.face("Bebas Neue", 900, italic=True).italic is False
    with pytest.raises(MissingError, match="'Comic Sans' does not ship; there are: Poppins"):
        fonts.face("Comic Sans", 400, italic=False)


def test_libass_finds_every_face(tmp_path):
    events = [
        rf"{{\pos(0,{i * 30})\fn{f.family}\b{f.weight}\i{int(f.italic)}}}{letter(f)}"
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
    em_px, count, height = 60, 8, 110
    events, rows = [], []
    for face in fonts.faces():
        size = em_px * fonts.metrics(face).ass_size_per_em
        for text in (letter(face), letter(face) * count):
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
        one, many = letter(face), letter(face) * count
        libass_px = drawn[face, many] - drawn[face, one]
        ours_px = em_px * (
            measure.advance_em(many, face.family, face.weight, face.italic)
            - measure.advance_em(one, face.family, face.weight, face.italic)
        )
        assert libass_px == pytest.approx(ours_px, rel=LIBASS_ROUNDING - 1, abs=2), face


@pytest.mark.parametrize("flavor", [None, "woff2"])
def test_subset_holds_the_letters_and_nothing_else(flavor):
    face = fonts.face("Poppins", 500, italic=False)
    data = subset(face, "Tea, zebra!", flavor=flavor)
    font = TTFont(io.BytesIO(data))
    assert set(font.getBestCmap()) == {ord(c) for c in "Tea, zebra! "}
    assert font["name"].getDebugName(1) == "Poppins"
    assert "Open Font License" in font["name"].getDebugName(13)
    whole = TTFont(face.path)
    assert font["OS/2"].usWinAscent == whole["OS/2"].usWinAscent
    assert font["OS/2"].usWeightClass == 500
    assert len(data) < 12_000
    assert subset(face, "!zebra ,Tea", flavor=flavor) is data  # answered from memory


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

    assert width(subset(face, "AVToe")) == width(face.path.read_bytes())
    font = TTFont(face.path)
    bare = sum(font["hmtx"][font.getBestCmap()[ord(c)]][0] for c in "AVAToTe")
    assert width(face.path.read_bytes()) < bare  # there is kerning to keep


def test_uncovered_letters_are_named_with_the_fonts_that_were_asked():
    doc = document(("so happy 日本 ⛤ \U0001faff", "happiness"), ("plain ᚠ👍🏽👩‍👧 text", "neutral"))
    lacking = fonts.uncovered(styling.style(doc, load()))
    found = dict(lacking)
    assert set(found) == {"⛤", "\U0001faff", "ᚠ"}
    assert found["⛤"][:2] == ("Fredoka", "Noto Sans")
    assert len(found["⛤"]) == 1 + len(fonts.fallbacks())  # nobody knows whose signs are
    assert found["\U0001faff"] == ("Fredoka", "Noto Emoji")  # an emoji that Unicode may yet name
    assert found["ᚠ"] == ("Poppins",)  # no fallback claims runes
    assert no_glyph(lacking[:1]).startswith("no glyph for ⛤ in Fredoka, Noto Sans, ")


def test_used_names_faces_and_letters():
    track = styling.style(document(("no way out", "anger"), ("ok", "neutral")), load())
    letters = {face.family: text for face, text in fonts.used(track).items()}
    assert set("NOWAYUT") <= set(letters["Bebas Neue"])
    assert letters["Poppins"] == " ko"


def test_used_holds_fallback_faces_and_labels():
    made = styling.style(document(("食べた hello", "neutral")), load())
    cue = replace(made.cues[0], label="[Анна]")
    found = fonts.used(replace(made, cues=(cue,), language="ja"))
    assert {face.family: text for face, text in found.items()} == {
        "Noto Sans": " []Аан",
        "Poppins": " ehlo",
        "Noto Sans JP": "たべ食",
    }


def shaped(text, data):
    """Glyphs that HarfBuzz gives for a text, and where each stands."""
    font = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob(data)))
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    uharfbuzz.shape(font, buffer, {})
    places = [(p.x_advance, p.x_offset, p.y_offset) for p in buffer.glyph_positions]
    return [info.codepoint for info in buffer.glyph_infos], places


@pytest.mark.parametrize("family", ["Bebas Neue", "Poppins", "Chelsea Market"])
@pytest.mark.parametrize("language", SENTENCES)
def test_every_script_is_drawn(language, family):
    text, wanted = SENTENCES[language]
    pieces = fonts.pieces(text, family, 500, False, language)
    assert "".join(piece.text for piece in pieces) == text
    for piece in pieces:
        glyphs, places = shaped(piece.text, piece.face.path.read_bytes())
        assert 0 not in glyphs, piece  # .notdef
        in_subset = shaped(piece.text, subset(piece.face, piece.text))
        assert 0 not in in_subset[0], piece
        assert in_subset[1] == places, piece
    if family == "Bebas Neue":
        assert [piece.face.family for piece in pieces] == [wanted]  # nothing tears it


def test_each_script_ships_and_is_tested():
    claimed = {f.family for f in fonts.fallbacks()}
    assert claimed == {family for _, family in SENTENCES.values()} - {"Bebas Neue"} | {"Noto Emoji"}
    for fallback in fonts.fallbacks():
        assert fonts.face(fallback.family, 500, italic=False).weight == 500


def names(text, family="Bebas Neue", weight=400, language=""):
    return [
        (piece.text, piece.face and piece.face.family)
        for piece in fonts.pieces(text, family, weight, False, language)
    ]


def test_pieces_keep_to_scripts():
    assert names("κμ/iPhone15的3章") == [
        ("κμ/", "Noto Sans"),
        ("iPhone15", "Bebas Neue"),
        ("的3章", "Noto Sans SC"),
    ]
    assert names("“日本”") == [("“日本”", "Noto Sans SC")]
    assert names("2024年") == [("2024年", "Noto Sans SC")]
    assert names("日本👍!") == [
        ("日本", "Noto Sans SC"),
        ("👍", "Noto Emoji"),
        ("!", "Noto Sans SC"),
    ]
    assert names("♪ la") == [("♪ ", "Noto Sans JP"), ("la", "Bebas Neue")]
    assert names("") == [("", "Bebas Neue")]
    assert names("日本", family="Own Font") == [("日本", None)]  # the user's own: no one knows


def test_emoji_have_a_face_and_digits_beside_them_do_not_get_it():
    assert names("😂 10") == [("😂 ", "Noto Emoji"), ("10", "Bebas Neue")]
    assert names("我10😂7") == [
        ("我10", "Noto Sans SC"),
        ("😂", "Noto Emoji"),
        ("7", "Noto Sans SC"),
    ]
    assert names("1️⃣2") == [("1️⃣", "Noto Emoji"), ("2", "Bebas Neue")]
    assert names("©️©") == [("©️©", "Bebas Neue")]  # a letter's sign in this font
    assert names("🏴\U000e0067\U000e0062\U000e007f") == [
        ("🏴\U000e0067\U000e0062\U000e007f", "Noto Emoji")
    ]


def test_every_emoji_of_unicode_has_a_glyph():
    has = fonts.coverage(fonts.face("Noto Emoji", 500, italic=False))
    known = [code for code in range(0x80, 0x20000) if regex.fullmatch(r"\p{Emoji}", chr(code))]
    assert len(known) > 1400
    assert has.issuperset(known)


def test_a_word_is_never_set_in_two_latin_fonts():
    assert names("soẹ") == [("soẹ", "Noto Sans")]
    assert names("ᚠab") == [("ᚠ", None), ("ab", "Bebas Neue")]
    assert names("toi", language="vi") == [("toi", "Noto Sans")]  # the next word may be "tôi"
    assert names("toi", family="Oswald", language="vi") == [("toi", "Oswald")]
    assert names("tam", family="Fredoka", language="pl") == [("tam", "Noto Sans")]
    assert names("tam", family="Poppins", language="pl") == [("tam", "Poppins")]


def test_language_decides_between_japanese_and_chinese():
    assert names("直", language="ja") == [("直", "Noto Sans JP")]
    assert names("直", language="zh") == [("直", "Noto Sans SC")]
    assert names("直した", language="zh") == [("直した", "Noto Sans JP")]  # kana are Japanese
    assert names("這", language="ja") == [("這", "Noto Sans JP")]
    assert names("们", language="ja") == [("们", "Noto Sans SC")]  # simplified: not in Japan


def test_fallbacks_take_the_nearest_weight():
    assert fonts.pieces("мир", "Poppins", 500, False)[0].face.weight == 500
    assert fonts.pieces("мир", "Poppins", 800, True)[0].face.weight == 700
    assert fonts.pieces("我", "Poppins", 800, True)[0].face.weight == 500


ALPHABET = "".join(text for text, _ in SENTENCES.values()) + "👩‍👧👍🏽🇩🇪ᚠ\u0301\u200c\u202e(1)"


@given(
    st.text(st.sampled_from(ALPHABET) | st.characters(), max_size=12),
    st.sampled_from(["Poppins", "Bebas Neue", "Own Font"]),
    st.sampled_from(["", "ja", "vi"]),
)
def test_pieces_are_the_text_in_whole_clusters(text, family, language):
    pieces = fonts.pieces(text, family, 500, False, language)
    assert "".join(piece.text for piece in pieces) == text
    whole = [c for piece in pieces for c in letters.clusters(piece.text)]
    assert whole == list(letters.clusters(text)) or not text
    for piece in pieces:
        if piece.face is not None:
            assert all(
                ord(c) in fonts.coverage(piece.face) or not fonts._visible(c) for c in piece.text
            )
    faces = [piece.face for piece in pieces]
    assert all(a != b for a, b in pairwise(faces))


def test_text_that_the_style_s_own_face_draws_is_not_divided(monkeypatch):
    """An hour of it costs nothing: no cluster looks for a face of its own."""

    def divided(*_arguments):
        message = "text in one face was divided"
        raise AssertionError(message)

    monkeypatch.setattr(fonts, "_divided", divided)
    own = fonts.face("Poppins", 500, False)
    assert fonts.pieces("word, another – ’tis", "Poppins", 500, False, "en") == (
        fonts.FontRun("word, another – ’tis", own),
    )
