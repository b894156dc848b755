"""ASS and SSA, against pysubs2 and the rules of libass."""

from __future__ import annotations

import time
from pathlib import Path

import pysubs2
import pytest

from sentigram.check.checking import CheckOptions, check_text, read_track
from sentigram.check.measures import contrast
from sentigram.errors import TranscriptError
from sentigram.formats import read_text as track_of
from tests.formats.files import STYLED_HEAD, ass, cues, said, styled_ass, texts, transcript_of

_BAD = Path(__file__).parents[1] / "check" / "bad"


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
    (caption,) = track_of(styled_ass(text), ".ass", "x").captions
    looks = {run.text: run.look for run in caption.runs}
    assert looks["a"] == looks["c"]
    assert (looks["b"].weight, looks["b"].italic, looks["b"].fill) == (700, True, "#00ff00")
    assert (looks["d"].family, looks["d"].size_px, looks["d"].fill) == ("Anton", 40, "#ff0000")
    assert (looks["e"].family, looks["e"].stretch) == ("Arial", 0.5)


def test_places_come_from_styles_and_tags() -> None:
    track = track_of(
        styled_ass(
            "low", r"{\an8}high", r"{\an5}middle", r"{\pos(10,20)}there", r"{\move(1,2,3,4)}goes"
        ),
        ".ass",
        "x",
    )
    assert [caption.row for caption in track.captions] == [
        "bottom", "top", "middle", "placed", "placed",
    ]  # fmt: skip
    assert track.captions[3].at.x_px == 10


def test_motion_and_light_are_read_from_transitions() -> None:
    text = r"{\alpha&HFF&\t(0,500,\alpha&H00&)\t(500,900,\fscx120)\fad(100,200)}word"
    (drawn,) = track_of(styled_ass(text), ".ass", "x").drawn
    assert drawn.moves == ((500, 900),)
    assert drawn.lights == (
        (0, "#ffffff", 0.0),
        (100, "#ffffff", 1.0),
        (1300, "#ffffff", 1.0),
        (1500, "#ffffff", 0.0),
    )
    (drawn,) = track_of(styled_ass(text.replace(r"\fad(100,200)", "")), ".ass", "x").drawn
    assert drawn.lights == ((0, "#ffffff", 0.0), (500, "#ffffff", 1.0))


def test_lines_that_are_drawn_word_by_word_count_once() -> None:
    lines = STYLED_HEAD + (
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
    lines = styled_ass(r"{\3a&HFF&}Bright", style="Default")
    lines += lines.split("\n")[-2].replace(r"{\3a&HFF&}", "") + "\n"
    (caption,) = check_text(lines, ".ass", "x", CheckOptions()).track.captions
    assert contrast(caption.runs[0].look, 54) == pytest.approx(21)


def test_ass():
    text = ass(
        "Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,not said",
        "Dialogue: 0,0:00:01.00,0:00:02.50,Default,Ann,0,0,0,,{\\i1}Well{\\i0}, yes,\\Nno",
        "Dialogue: 1,0:00:01.00,0:00:02.50,Default,Ann,0,0,0,,Well, yes,\\Nno",
        "Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\p1}m 0 0 l 9 9{\\p0} shape",
        "Dialogue: 0,0:00:04.00,0:00:05.00,Default,,0,0,0,,{\\k20}ka{\\kf30}ra {\\k10}oke",
        "Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\\pos(1,2)\\p1}m 0 0 l 9 9",
    )
    assert cues(text, ".ass") == [
        (1000, 2500, "Ann", "Well, yes, no"),
        (3000, 4000, "", "shape"),
        (4000, 4600, "", "kara oke"),
    ]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a\\hb\\nc", "a b c"),
        ("\\{real\\} braces", "{real} braces"),  # as libass draws it
        ("an {open brace", "an {open brace"),
        ("back\\slash", "back\\slash"),
        ("{}nothing{comment}", "nothing"),
        ("{\\b1{\\i1}nested", "nested"),
    ],
)
def test_ass_text(text, plain):
    assert texts(ass(said(text)), ".ass") == [plain]


def test_ass_honours_its_format_line_and_reads_ssa():
    text = (
        "[Script Info]\nScriptType: v4.00\n[V4 Styles]\n[Events]\n"
        "Format: Marked, End, Start, Actor, Text\n"
        "Dialogue: Marked=0,0:00:02.50,0:00:01.00,Bo,Hi, you\n"
    )
    assert cues(text, ".ssa") == [(1000, 2500, "Bo", "Hi, you")]


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ("Dialogue: 0,0:00:01.00", "line 6: 10 fields are needed, here are 2"),
        ("Dialogue: 0,now,0:00:02.00,D,,0,0,0,,Hi", "line 6: 'now' is not a time"),
        ("Format: Start, Text, End", "line 6: the Format"),
        ("Comment: 0,0:00:00.00,0:00:01.00,D,,0,0,0,,Hi", "no Dialogue"),
    ],
)
def test_broken_ass(event, says):
    with pytest.raises(TranscriptError, match=says):
        transcript_of(ass(event), ".ass", "given")


def test_an_attached_font_is_not_read():
    text = ass(said("Hi")) + "\n[Fonts]\nfontname: a.ttf\nDialogue: rubbish\n"
    assert texts(text, ".ass") == ["Hi"]


def event(start, end, text, *, kind="Dialogue", style="Default", effect="", layer=0):
    times = ",".join(f"0:00:{ms // 1000:02d}.{ms % 1000 // 10:02d}" for ms in (start, end))
    return f"{kind}: {layer},{times},{style},,0,0,0,{effect},{text}"


def spoken(*events):
    track = track_of(STYLED_HEAD + "\n".join(events) + "\n", ".ass", "x")
    return [(cue.start_ms, cue.text) for cue in track.spoken], track.remarks


def left_out(counts):
    return (f"{counts} left out: drawn on the picture, not said",)


def test_a_song_that_a_script_draws_is_said_once() -> None:
    line = event(1000, 3000, r"{\k50}fel{\k30}low {\k120}man", kind="Comment", effect="karaoke")
    template = event(0, 0, r"!retime('line')!{\pos(1,2)}", kind="Comment", effect="template syl")
    drawn = [
        event(900, 3200, rf"{{\pos({x},900)\t(\fscx120)}}{text}", effect="fx", layer=layer)
        for layer in (0, 1)
        for x, text in enumerate(("fel", "low", "man"))
    ]
    track = track_of(
        STYLED_HEAD + "\n".join([template, line, *drawn, event(5000, 6000, "So.")]), ".ass", "x"
    )
    assert [(cue.start_ms, cue.text) for cue in track.spoken] == [
        (1000, "fellow man"),
        (5000, "So."),
    ]
    assert [(w.text, w.start_ms, w.end_ms) for w in track.spoken[0].words] == [
        ("fellow", 1000, 1800),
        ("man", 1800, 3000),
    ]
    assert track.remarks == left_out("6 copies were")


def test_letters_that_are_drawn_beside_their_line_are_copies() -> None:
    letters = [event(1000, 2000, rf"{{\pos({x},900)\blur2}}{c}") for x, c in enumerate("whole")]
    assert spoken(event(1000, 2000, "the whole"), *letters) == (
        [(1000, "the whole")],
        left_out("5 copies were"),
    )


@pytest.mark.parametrize(
    "sign",
    [
        event(0, 9000, "Washington", style="Signs"),
        event(0, 9000, "Episode one", style="Ep-Title"),
        event(0, 9000, "kimi ga", style="OP Romaji"),
        event(0, 9000, "kimi ga", style="ED1"),
        event(0, 9000, r"{\an7\pos(40,40)}Washington"),
        event(0, 9000, r"{\pos(900,1000)\frz20}Washington"),
        event(0, 9000, r"{\move(900,1000,0,0)\an5}Washington"),
    ],
)
def test_signs_are_not_said(sign) -> None:
    assert spoken(sign, event(1000, 2000, "So it is."), event(3000, 4000, "Yes, it is.")) == (
        [(1000, "So it is."), (3000, "Yes, it is.")],
        left_out("1 sign was"),
    )


@pytest.mark.parametrize(
    "events",
    [
        # moved a little; a file in which all is placed; names that only hold the letters of signs
        [event(1000, 2000, r"{\pos(960,980)}Moved."), event(3000, 4000, "Not moved.")],
        [event(n * 1000, n * 1000 + 900, rf"{{\an5\pos(9,9)}}Text {n}.") for n in range(3)],
        [event(1000, 2000, "I am Ed.", style="Ed"), event(3000, 4000, "Design.", style="Opal")],
        [event(1000, 2000, "All are titles.", style="Title")],
    ],
)
def test_what_is_said_stays(events) -> None:
    said, remarks = spoken(*events)
    assert len(said) == len(events)
    assert remarks == ()


def test_layers_whose_times_differ_a_little_are_copies() -> None:
    assert spoken(
        event(1000, 2000, "Glow"), event(950, 2100, r"{\blur5}Glow", layer=1),
        event(2200, 2500, "Glow"),
    ) == ([(1000, "Glow"), (2200, "Glow")], left_out("1 copy was"))  # fmt: skip


def test_furigana_of_a_song_are_not_sung() -> None:
    line = event(1000, 2000, r"{\k20}二|ふ{\k30}#|た{\k50}人|り")
    track = track_of(STYLED_HEAD + line, ".ass", "x")
    assert [(w.text, w.start_ms, w.end_ms) for w in track.spoken[0].words] == [
        ("二", 1000, 1200),
        ("人", 1500, 2000),
    ]


def test_syllables_without_length_give_no_times() -> None:
    track = track_of(styled_ass(r"{\k0}no {\k0}time"), ".ass", "x")
    assert track.spoken[0].words == ()


def test_two_languages_at_once_are_named() -> None:
    stacked = [event(n * 1000, n * 1000 + 900, rf"你好{n}\NHello {n}.") for n in range(4)]
    said, (remark,) = spoken(*stacked)
    assert len(said) == 4
    assert remark.startswith("4 times two texts stand over each other")
    both = [
        event(n * 1000, n * 1000 + 900, f"{text} {n}", style=style)
        for n in range(4)
        for text, style in (("Hola", "Loud"), ("Hello", "Default"))
    ]
    assert "4 times two texts" in spoken(*both)[1][0]


def test_a_bracket_that_never_closes_takes_no_time():
    """Found by the fuzzer: 100 kB took eight seconds."""
    text = "[Script Info]\n[" + "chun" * 100_000 + "\n"
    begin = time.process_time()
    with pytest.raises(TranscriptError, match="no Dialogue line"):
        track_of(text, suffix=".ass", name="hostile.ass")
    assert time.process_time() - begin < 2
