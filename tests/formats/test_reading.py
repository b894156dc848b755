"""Subtitle files as values, against pysubs2, libass's rules, and hostile input."""

from __future__ import annotations

import time
from pathlib import Path

import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.check.checking import CheckOptions, check_text, read_track
from sentigram.check.measures import contrast, n_chars
from sentigram.core.language import detect
from sentigram.errors import TranscriptError
from sentigram.formats import read_text as track_of
from sentigram.formats.colours import ass_colour, css_colour
from sentigram.formats.embedded_fonts import characters, uu_decode, uu_encode
from sentigram.formats.track import Lettering
from sentigram.style.text import fonts
from sentigram.style.text.subsets import subset

_BAD = Path(__file__).parents[1] / "check" / "bad"
_HEAD = (
    "[Script Info]\nPlayResX: 1920\nPlayResY: 1080\n\n[V4+ Styles]\n"
    "Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, Outline, Alignment, MarginV\n"
    "Style: Default,Poppins,80,&H00FFFFFF,&H00000000,4,2,80\n"
    "Style: Loud,Anton,90,&H000000FF,&H00000000,4,8,80\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
)


def _ass(*texts: str, style: str = "Default") -> str:
    return _HEAD + "".join(
        f"Dialogue: 0,0:00:{2 * n:02d}.00,0:00:{2 * n + 1:02d}.50,{style},,0,0,0,,{text}\n"
        for n, text in enumerate(texts)
    )


@pytest.mark.parametrize("path", sorted(_BAD.glob("*.ass")), ids=lambda path: path.name)
def test_times_and_texts_are_those_of_pysubs2(path: Path) -> None:
    ours = read_track(path, CheckOptions()).captions
    theirs = [event for event in pysubs2.load(str(path)) if event.type == "Dialogue"]
    assert [(c.start_ms, c.end_ms) for c in ours] == [(e.start, e.end) for e in theirs]
    for caption, event in zip(ours, theirs, strict=True):
        if "{ without" not in event.text:  # what libass and pysubs2 read differently
            assert "\n".join(caption.texts) == event.plaintext.strip()


def test_tags_change_the_letters_after_them() -> None:
    text = r"a{\b1\i1\1c&H00FF00&}b{\r}c{\rLoud\fs40}d{\fnArial\fscx50}e"
    (caption,) = track_of(_ass(text), ".ass", "x").captions
    looks = {run.text: run.look for run in caption.runs}
    assert looks["a"] == looks["c"]
    assert (looks["b"].weight, looks["b"].italic, looks["b"].fill) == (700, True, "#00ff00")
    assert (looks["d"].family, looks["d"].size_px, looks["d"].fill) == ("Anton", 40, "#ff0000")
    assert (looks["e"].family, looks["e"].stretch) == ("Arial", 0.5)


def test_places_come_from_styles_and_tags() -> None:
    track = track_of(
        _ass("low", r"{\an8}high", r"{\an5}middle", r"{\pos(10,20)}there", r"{\move(1,2,3,4)}goes"),
        ".ass",
        "x",
    )
    assert [caption.row for caption in track.captions] == [
        "bottom", "top", "middle", "placed", "placed",
    ]  # fmt: skip
    assert track.captions[3].at.x_px == 10


def test_motion_and_light_are_read_from_transitions() -> None:
    text = r"{\alpha&HFF&\t(0,500,\alpha&H00&)\t(500,900,\fscx120)\fad(100,200)}word"
    (drawn,) = track_of(_ass(text), ".ass", "x").drawn
    assert drawn.moves == ((500, 900),)
    assert drawn.lights == (
        (0, "#ffffff", 0.0),
        (100, "#ffffff", 1.0),
        (1300, "#ffffff", 1.0),
        (1500, "#ffffff", 0.0),
    )
    (drawn,) = track_of(_ass(text.replace(r"\fad(100,200)", "")), ".ass", "x").drawn
    assert drawn.lights == ((0, "#ffffff", 0.0), (500, "#ffffff", 1.0))


def test_lines_that_are_drawn_word_by_word_count_once() -> None:
    lines = _HEAD + (
        "Comment: 0,0:00:00.00,0:00:02.00,Default,,0,0,0,,so it is\n"
        "Dialogue: 0,0:00:00.00,0:00:02.00,Default,,0,0,0,fx,{\\pos(500,900)}so\n"
        "Dialogue: 0,0:00:00.00,0:00:02.00,Default,,0,0,0,fx,{\\pos(600,900)}it\n"
        "Dialogue: 0,0:00:00.00,0:00:02.00,Default,,0,0,0,fx,{\\pos(700,900)}is\n"
        "Dialogue: 0,0:00:04.00,0:00:06.00,Default,,0,0,0,,and more\n"
    )
    track = track_of(lines, ".ass", "x")
    assert track.is_composed
    assert [caption.texts for caption in track.captions] == [("so it is",), ("and more",)]


def test_copies_on_other_layers_count_once_with_the_better_contrast() -> None:
    lines = _ass(r"{\3a&HFF&}Bright", style="Default")
    lines += lines.split("\n")[-2].replace(r"{\3a&HFF&}", "") + "\n"
    (caption,) = check_text(lines, ".ass", "x", CheckOptions()).track.captions
    assert contrast(caption.runs[0].look, 54) == pytest.approx(21)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("red", ("#ff0000", 0)),
        ("#0f0", ("#00ff00", 0)),
        ("#11223380", ("#112233", 1 - 128 / 255)),
        ("rgba(0, 0, 0, 0.8)", ("#000000", 0.2)),
        ("rgb(1 2 3 / 50%)", ("#010203", 0.5)),
        ("nonsense", None),
        ("rgb(1,2)", None),
    ],
)
def test_css_colours(text: str, expected: tuple[str, float] | None) -> None:
    found = css_colour(text)
    assert found == (None if expected is None else (expected[0], pytest.approx(expected[1])))


def test_ass_colours() -> None:
    assert ass_colour("&H0000FF") == ("#ff0000", 0)
    assert ass_colour("&H80FF0000&") == ("#0000ff", 128 / 255)
    assert ass_colour("255") == ("#ff0000", 0)


@given(st.binary(max_size=400))
def test_fonts_are_decoded_as_they_were_encoded(data: bytes) -> None:
    assert uu_decode("".join(uu_encode(data))) == data


def test_the_characters_of_fonts_inside_are_known() -> None:
    face = fonts.face("Poppins", 400, italic=False)
    lines = ["fontname: poppins.ttf", *uu_encode(subset(face, "abc")), "fontname: broken", "!"]
    found = characters(lines)
    assert {ord(c) for c in "abc"} <= found["poppins"]
    assert ord("z") not in found["poppins"]


def test_see_through_boxes_are_judged_over_black_and_white() -> None:
    look = Lettering(fill="#ffffff", box="#000000", box_alpha=0.5)
    # White on black at half strength over white: #808080, 3.95:1.
    assert contrast(look, 54) == pytest.approx(3.95, abs=0.01)
    assert contrast(Lettering(fill="#ffffff", box="#000000"), 54) == pytest.approx(21)
    assert contrast(Lettering(), 54) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I have been there, and it was the best of all the days of my life.", "en"),
        ("Ich habe das nicht gewusst, und es war auch nicht die Zeit dafür, sagt er.", "de"),
        ("これは日本語の字幕です", "ja"),
        ("这是一个中文字幕", "zh"),
        ("이것은 자막입니다", "ko"),
        ("Hm.", ""),
        ("zxcv qwer asdf zxcv qwer asdf zxcv qwer asdf", ""),
    ],
)
def test_languages_are_found_from_letters_and_common_words(text: str, language: str) -> None:
    assert detect(text) == language


def test_wide_characters_count_twice_the_narrow_ones_in_their_languages() -> None:
    assert n_chars("字幕ab", "ja") == 3
    assert n_chars("字幕ab", "en") == 4
    assert n_chars("e\u0301te\u0301\u200d", "fr") == 3


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            '<!DOCTYPE tt [<!ENTITY a "aaa">]><tt><p begin="1s" end="2s">&a;</p></tt>',
            "cannot be|DOCTYPE",
        ),
        ('<tt><!DOCTYPE x><p begin="1s" end="2s">a</p></tt>', "not well-formed"),
        ('<tt><p begin="soon" end="2s">a</p></tt>', "not a time"),
        ("<tt></tt>", "no paragraph"),
        ("<tt>" + "<div>" * 300 + "</tt>", "too deep"),
    ],
)
def test_hostile_ttml_is_refused(text: str, what: str) -> None:
    with pytest.raises(TranscriptError, match=what):
        track_of(text, ".xml", "talk.xml")


def test_ttml_times_come_in_every_notation() -> None:
    text = (
        '<?xml version="1.0" encoding="UTF-16"?><tt xmlns:ttp="p" ttp:frameRate="25" '
        'ttp:tickRate="1000"><p begin="00:00:01.5" end="00:00:02:05">a</p>'
        '<p begin="250t" dur="1.5s">b</p><p begin="50f" end="3000ms">c</p></tt>'
    )
    track = track_of(text, ".ttml", "x")
    assert [(c.start_ms, c.end_ms) for c in track.captions] == [
        (1500, 2200),
        (250, 1750),
        (2000, 3000),
    ]


@given(
    st.sampled_from([".srt", ".vtt", ".ass"]),
    st.text(
        st.sampled_from(list("{}<>\\()&;=,:.-_|/\"'#!aANnptc019 \n\t\u200b\u202e字é\ud83d")),
        max_size=120,
    ),
)
def test_any_text_is_checked_without_an_accident(suffix: str, text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    files = {
        ".srt": f"1\n00:00:01,000 --> 00:00:03,000\n{text}\n",
        ".vtt": f"WEBVTT\n\nSTYLE\n::cue(.a) {{ color: {text[:20]} }}\n\n"
        f"00:01.000 --> 00:03.000\n{text}\n",
        ".ass": _ass(text.replace("\n", r"\N")),
    }
    try:
        check_text(files[suffix], suffix, "x", CheckOptions(language="en"))
    except TranscriptError:
        assert suffix != ".ass"  # the text may hold lines of times that are broken


_EVIL = (
    *("{" * 150_000, "<" * 50_000, r"{\t(" * 50_000, "<a " * 30_000, r"\q{" * 40_000),
    *(r"\N" * 30_000, "&" * 50_000, "a " * 30_000, "字" * 30_000),
)


@pytest.mark.parametrize("evil", _EVIL, ids=lambda evil: evil[:4])
@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass"])
def test_no_text_makes_it_slow(evil: str, suffix: str) -> None:
    files = {
        ".srt": f"1\n00:00:01,000 --> 00:00:03,000\n{evil}\n",
        ".vtt": f"WEBVTT\n\n00:01.000 --> 00:03.000\n{evil}\n",
        ".ass": _ass(evil),
    }
    started = time.process_time()
    check_text(files[suffix], suffix, "x", CheckOptions(language="en"))
    assert time.process_time() - started < 5


def test_a_hundred_thousand_cues_take_seconds() -> None:
    """Linear: ten times the cues take about ten times as long."""

    def seconds(count: int) -> float:
        text = "\n".join(
            f"{n}\n{n * 3 // 3600:02d}:{n * 3 // 60 % 60:02d}:{n * 3 % 60:02d},000 --> "
            f"{n * 3 // 3600:02d}:{n * 3 // 60 % 60:02d}:{n * 3 % 60 + 1:02d},500\n"
            f"Line {n} of\nmany lines.\n"
            for n in range(count)
        )
        started = time.process_time()
        assert check_text(text, ".srt", "x", CheckOptions()).n_cues == count
        return time.process_time() - started

    seconds(100)
    assert seconds(20_000) < 20 * max(0.05, seconds(2_000))
