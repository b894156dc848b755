"""Corrected files: what is mended, what is left to a person, and that a second pass rests."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pysubs2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentigram.check.checking import CheckOptions, check_text, limits_for, spoken_language
from sentigram.check.fix.fixing import Fixed, fix
from sentigram.check.fix.line_breaks import shown_lines, tokens
from sentigram.check.rules.catalogue import chosen
from sentigram.check.rules.open_tags import balanced
from sentigram.check.rules.stray_markup import cleaned
from sentigram.core.time import format_ass, format_srt, format_vtt
from sentigram.errors import UsageError
from sentigram.formats import ass, editable, vtt
from sentigram.formats import read_text as track_of
from sentigram.formats import srt as given_srt
from sentigram.formats.track import Caption

_BAD = Path(__file__).parents[1] / "bad"
_WORDS = [
    "the", "a", "of", "and", "house", "I", "was", "will", "never", "garden,", "evening.", "it's",
    "—", "Mary", "Smith", "「はい」", "字幕", "שלום", "مرحبا", "<i>so</i>", "<b>very</b>", "{x}",
    "<i>", "</b>", r"{\b1}", r"{\i1",
    "-->", "&", "émigré", "unquestionably",
]  # fmt: skip


def _options(**given: object) -> CheckOptions:
    return CheckOptions(fps=Fraction(25), language="en", **given)


def _fix(text: str, suffix: str, options: CheckOptions | None = None) -> Fixed:
    options = options or _options()
    track = track_of(text, suffix, f"talk{suffix}")
    language = options.language or spoken_language(track)
    return fix(track, limits_for(track, options, language), language, options.wanted)


def _read(text: str) -> tuple[Caption, ...]:
    return track_of(text, ".srt", "x").captions


def _srt(*cues: tuple[int, int, str]) -> str:
    return "\n".join(
        f"{n}\n{format_srt(start)} --> {format_srt(end)}\n{text}\n"
        for n, (start, end, text) in enumerate(cues, 1)
    )


def _vtt(*cues: tuple[int, int, str]) -> str:
    head = "WEBVTT\nLanguage: en\n\nSTYLE\n::cue(.a) { font-weight: 700 }\n"
    return "\n".join(
        [head]
        + [
            f"cue-{n}\n{format_vtt(start)} --> {format_vtt(end)} align:start\n{text}\n"
            for n, (start, end, text) in enumerate(cues, 1)
        ]
    )


def _ass(*cues: tuple[int, int, str]) -> str:
    return (
        "[Script Info]\nPlayResX: 1920\nPlayResY: 1080\nScriptType: v4.00+\n\n[V4+ Styles]\n"
        "Format: Name, Fontname, Fontsize, Bold, Outline, Alignment, MarginV\n"
        "Style: Default,Poppins,80,0,4,2,80\n\n[Events]\n"
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        + "\n".join(
            f"Dialogue: 0,{format_ass(start)},{format_ass(end)},Default,Ann,0,0,0,,{text}"
            for start, end, text in cues
        )
        + "\n"
    )


def _violations(text: str, suffix: str, options: CheckOptions | None = None) -> dict[str, int]:
    report = check_text(text, suffix, f"talk{suffix}", options or _options())
    return {f.rule: f.cue for f in report.findings if f.severity == "violation"}


def test_short_cues_last_into_the_silence_after_them() -> None:
    text = _srt((1000, 1300, "Hello there, everybody."), (9000, 11000, "Good evening to you."))
    fixed = _fix(text, ".srt")
    assert [(c.rule, c.cue) for c in fixed.changes] == [("min-duration", 1)]
    assert "00:00:01,000 --> 00:00:02,150" in fixed.text  # 23 characters at 20 a second
    assert _violations(fixed.text, ".srt") == {}


def test_a_cue_that_cannot_be_longer_is_left_and_reported() -> None:
    text = _srt((0, 900, "This is far more than anybody could read."), (980, 3000, "Yes."))
    fixed = _fix(text, ".srt")
    assert "cps" in _violations(fixed.text, ".srt")


def test_gaps_become_two_frames_and_overlaps_end() -> None:
    text = _srt(
        (0, 2000, "One."), (2000, 4000, "Two."), (4240, 6500, "Three."), (6000, 8000, "Four.")
    )
    fixed = _fix(text, ".srt")
    times = re.findall(r"(\S+) --> (\S+)", fixed.text)
    assert times == [
        ("00:00:00,000", "00:00:01,920"),
        ("00:00:02,000", "00:00:04,160"),
        ("00:00:04,240", "00:00:05,920"),
        ("00:00:06,000", "00:00:08,000"),
    ]


def test_long_texts_are_divided_where_a_phrase_ends() -> None:
    said = (
        "When the rain had stopped at last, we went out into the garden, and there we saw "
        "that all the flowers had gone."
    )
    fixed = _fix(_srt((0, 6800, said)), ".srt")
    cues = _read(fixed.text)
    assert len(cues) == 2
    assert " ".join(" ".join(cue.source.split()) for cue in cues) == said
    assert cues[0].source.rstrip().endswith(",")
    assert _violations(fixed.text, ".srt") == {}


def test_tags_are_closed_and_opened_again_where_a_cue_is_divided() -> None:
    first, second = given_srt.divided(r"{\an8}<i><font color='red'>one", "two</font></i>")
    assert first == r"{\an8}<i><font color='red'>one</font></i>"
    assert second == r"{\an8}<i><font color='red'>two</font></i>"
    assert vtt.divided("<v Ann><c.a>one</c>", "two</v>") == (
        "<v Ann><c.a>one</c></v>",
        "<v Ann>two</v>",
    )
    assert ass.divided(r"{\i1}one {note}", "two") == (r"{\i1}one {note}", r"{\i1}two")


def test_ass_keeps_all_that_is_not_wrong() -> None:
    said = r"{\i1}He told me about the\Nhouse on the hill"
    text = _ass((1000, 4000, said), (5000, 8000, r"{\pos(900,900)\k20}Ka{\k30}raoke here"))
    fixed = _fix(text, ".ass")
    before, after = text.split("\n"), fixed.text.split("\n")
    assert len(before) == len(after)
    assert [i for i, pair in enumerate(zip(before, after, strict=True)) if len(set(pair)) > 1] == [
        before.index(next(line for line in before if "told me" in line))
    ]
    assert r"{\i1}He told me about\Nthe house on the hill" in fixed.text
    events = pysubs2.SSAFile.from_string(fixed.text)
    assert events[0].plaintext == "He told me about\nthe house on the hill"


def test_events_with_times_inside_are_not_divided() -> None:
    words = r"\k20}word {".join([""] * 30)
    text = _ass((0, 9000, "{" + words + r"\k1}end"))
    fixed = _fix(text, ".ass")
    assert fixed.text.count("Dialogue:") == 1


def test_vtt_keeps_header_ids_settings_and_notes() -> None:
    text = _vtt((1000, 1200, "Hello there."), (3000, 5000, "<v Ann>Good <c.a>day</c>.</v>"))
    text = text.replace("cue-2", "NOTE keep me\n\ncue-2")
    fixed = _fix(text, ".vtt").text
    for part in (
        "STYLE\n::cue(.a)",
        "NOTE keep me\n\ncue-2\n",
        "cue-1\n",
        "align:start",
        "<v Ann>",
    ):
        assert part in fixed, part
    assert fixed.index("cue-1") < fixed.index("NOTE keep me")


def test_times_of_words_outside_their_cue_are_dropped() -> None:
    said = (
        "When the rain had stopped <00:00:01.500>at last, we went out into the garden, and there "
        "we saw <00:00:06.000>that all the flowers had gone."
    )
    fixed = _fix(_vtt((0, 6800, said)), ".vtt").text
    blocks = [block for block in fixed.split("\n\n") if "-->" in block]
    assert len(blocks) == 2
    assert "<00:00:01.500>" in blocks[0]
    assert "<00:00:06.000>" in blocks[1]


def test_files_that_a_person_must_correct_are_refused() -> None:
    ttml = (_BAD / "11-shapes.ttml").read_text(encoding="utf-8")
    with pytest.raises(UsageError, match="by hand"):
        _fix(ttml, ".ttml")
    composed = _ass((0, 2000, r"{\pos(9,9)}one")) + (
        "Comment: 0,0:00:00.00,0:00:02.00,Default,,0,0,0,,one two\n"
    )
    with pytest.raises(UsageError, match="event of its own"):
        _fix(composed, ".ass")


@pytest.mark.parametrize(
    ("kind", "source", "clean"),
    [
        ("srt", "a --> b", "a → b"),
        ("srt", r"a\Nb", "a\nb"),
        ("vtt", r"a \n b", "a\nb"),
        ("srt", "{} <x>y</x>", "｛｝ ＜x＞y＜/x＞"),
        ("srt", r"{\an8}<i>a</i> 1 < 2", r"{\an8}<i>a</i> 1 < 2"),
        ("srt", "&lt;i&gt; &amp; &#60;x&#62;", "<i> & ＜x＞"),
        ("vtt", r"{\an8}a & b <x>", "a &amp; b &lt;x&gt;"),
        ("vtt", "<c.a>a</c> {b} &lt;", "<c.a>a</c> {b} &lt;"),
        ("ass", "<i>a</i> { b", r"{\i1}a{\i0} ｛ b"),
        ("ass", r"{\b1}a{\b0} \{c\}", r"{\b1}a{\b0} ｛c｝"),
    ],
)
def test_stray_markup_is_replaced_once_and_for_all(kind: str, source: str, clean: str) -> None:
    assert cleaned(kind, source) == clean
    assert cleaned(kind, clean) == clean


def test_tokens_keep_every_letter_and_tag() -> None:
    source = "<i>So  very</i> <b>\nlate</b>"
    found = tokens(editable("srt"), source)
    assert [token.text for token in found] == ["So", "very", "late"]
    assert [token.source for token in found] == ["<i>So", "very</i>", "<b>late</b>"]
    assert shown_lines(editable("srt"), source) == ("So  very", "late")


_texts = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=30).flatmap(
    lambda words: st.lists(
        st.sampled_from([" ", " ", " ", "\n"]), min_size=len(words), max_size=len(words)
    ).map(lambda gaps: "".join(w + g for w, g in zip(words, gaps, strict=True)).strip())
)
_cues = st.lists(
    st.tuples(st.integers(0, 1500), st.integers(-300, 9000), _texts), min_size=1, max_size=6
)


def _placed(cues: list[tuple[int, int, str]], tick_ms: int) -> list[tuple[int, int, str]]:
    out, at_ms = [], 0
    for pause, length, text in cues:
        start_ms = max(0, at_ms + pause - 400) // tick_ms * tick_ms
        end_ms = max(0, start_ms + length) // tick_ms * tick_ms
        out.append((start_ms, end_ms, text))
        at_ms = max(at_ms, end_ms)
    return out


@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass"])
@settings(max_examples=120)
@given(cues=_cues)
def test_a_fixed_file_fixed_again_stays_as_it_is(
    suffix: str, cues: list[tuple[int, int, str]]
) -> None:
    made = {".srt": _srt, ".vtt": _vtt, ".ass": _ass}[suffix]
    placed = _placed(cues, 10)
    if suffix == ".ass":
        placed = [(a, b, text.replace("\n", r"\N")) for a, b, text in placed]
    once = _fix(made(*placed), suffix)
    again = _fix(once.text, suffix)
    assert again.changes == ()
    assert again.text == once.text


@settings(max_examples=120)
@given(cues=_cues)
def test_no_word_is_lost_and_nothing_gets_worse(cues: list[tuple[int, int, str]]) -> None:
    text = _srt(*_placed(cues, 1))
    fixed = _fix(text, ".srt")
    before, after = (track_of(t, ".srt", "x") for t in (cleaned_file(text), fixed.text))
    letters = [
        sorted("".join("".join("".join(c.texts) for c in track.captions).split()))
        for track in (before, after)
    ]
    assert letters[0] == letters[1]
    mended = {"stray-markup", "unclosed-tag", "times", "order", "empty"}
    assert not mended & set(_violations(fixed.text, ".srt", _options(wanted=chosen())))


def cleaned_file(text: str) -> str:
    """A file with each cue cleaned, for a comparison of letters."""
    cues = _read(text)
    return _srt(
        *((c.start_ms, c.end_ms, cleaned("srt", balanced("srt", c.source.strip()))) for c in cues)
    )


def test_what_several_people_say_is_divided_where_one_begins_to_speak() -> None:
    said = "- Hello there.\n- Good-bye, my dear friend who never comes to visit."
    fixed = _fix(_srt((1000, 6000, said), (9000, 12000, "- Yes.\n- No.\n<i>- Maybe.</i>")), ".srt")
    assert [cue.source.strip() for cue in _read(fixed.text)] == [
        "- Hello there.",
        "- Good-bye, my dear friend\nwho never comes to visit.",
        "- Yes.\n- No.",
        "<i>- Maybe.</i>",
    ]
    assert _violations(fixed.text, ".srt") == {}
    drawn = _fix(_ass((1000, 6000, said.replace("\n", r"\N"))), ".ass").text
    assert drawn.count("Dialogue:") == 2
    named = "ANN: Good-bye, my dear friend, and good luck to you!\nBO: Bye."
    fixed = _fix(_srt((1000, 6000, named)), ".srt")
    assert [cue.source.split(":")[0] for cue in _read(fixed.text)] == ["ANN", "BO"]
    assert _violations(fixed.text, ".srt") == {}  # the last one is shown for 833 ms at least
    short = _srt((1000, 2000, said), (2080, 4000, "Now."))
    assert _read(_fix(short, ".srt").text)[0].source.strip() == said


def test_notes_between_the_lines_of_a_song_go_where_the_lines_are_joined() -> None:
    sung = "♪ Late December back in '63 what a very special ♪\n♪ time for me ♪"
    fixed = _fix(_srt((1000, 6000, sung)), ".srt")
    (cue,) = _read(fixed.text)
    assert cue.source.strip() == "♪ Late December back in '63\nwhat a very special time for me ♪"
    whole = _srt((1000, 6000, "♪ ♪\n♪ Late ♪\n♪"))
    assert _fix(whole, ".srt").text.count("♪") >= 2


def test_a_short_text_becomes_one_line() -> None:
    said = "He gave it to the\nman."
    assert "He gave it to the man." in _fix(_srt((1000, 3000, said)), ".srt").text
    assert (
        "He gave it to the man." in _fix(_ass((1000, 3000, said.replace("\n", r"\N"))), ".ass").text
    )


def test_a_cue_does_not_begin_more_than_half_a_second_late_to_make_room() -> None:
    text = _srt((0, 2000, "One moment."), (200, 5000, "Two moments."))
    assert re.findall(r"(\S+) --> (\S+)", _fix(text, ".srt").text)[1][0] == "00:00:00,200"
    near = _srt((0, 860, "One."), (600, 5000, "Two moments."))
    assert re.findall(r"(\S+) --> (\S+)", _fix(near, ".srt").text)[1][0] == "00:00:00,913"


def test_a_gap_at_a_change_of_shot_stays() -> None:
    text = _srt((0, 2000, "One moment."), (2300, 5000, "Two moments."))
    assert _fix(text, ".srt", _options(shots_ms=(2150,))).changes == ()
    assert [c.rule for c in _fix(text, ".srt", _options(shots_ms=(4000,))).changes] == ["gap-close"]
