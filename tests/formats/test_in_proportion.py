"""Twice the file takes twice the time: what a file repeats costs no more than the file is long."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable

import pytest

from sentigram.errors import TranscriptError
from sentigram.formats import read_text, srt
from sentigram.formats.track import SubtitleTrack
from tests.formats.files import styled_ass
from tests.timing import grows_at_most

_BEGINNING = "1\n00:00:01,000 --> 00:00:03,000\n"


def _chorus(n: int) -> str:
    return "[00:01.00]" * n + "la " * n


def _agents(n: int) -> str:
    names = "<ttm:name>aaaaaaaaaa</ttm:name>" * n
    return _ttml(f'<metadata><ttm:agent xml:id="a">{names}</ttm:agent></metadata>', "<p>a</p>")


def _shared_style(n: int) -> str:
    style = (
        f'<styling><style xml:id="s" tts:color="{"x" * n}" tts:fontFamily="{"y" * n}"/></styling>'
    )
    return _ttml(style, '<p begin="1s" end="2s" style="s">a</p>' * (n // 20))


def _ttml(head: str, body: str) -> str:
    return (
        '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata" '
        'xmlns:tts="http://www.w3.org/ns/ttml#styling">'
        f"<head>{head}</head><body><div>{body}</div></body></tt>"
    )


def _parts_of_words(n: int) -> str:
    parts = [
        {"offsets": {"from": 9 * i, "to": 9 * i + 9}, "text": f"{' two words' if not i else 'abc'}"}
        for i in range(n)
    ]
    return json.dumps({"transcription": parts})


def _rules(n: int) -> str:
    rules = "\n".join(f"::cue(.c{i}) {{ color: red }}" for i in range(n))
    cues = "".join(f"<c.c{i}.x{i}>a</c>" for i in range(n))
    return f"WEBVTT\n\nSTYLE\n{rules}\n\n00:01.000 --> 00:03.000\n{cues}\n"


def _layers(n: int) -> str:
    line = r"Dialogue: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,same words"
    return styled_ass("a") + f"\n{line}" * n


def _font_name(n: int) -> str:
    return styled_ass(rf"{{\fn{'x' * n}}}" + r"a{\i1}b{\i0}" * (n // 8))


@pytest.mark.parametrize(
    ("suffix", "made"),
    [
        (".lrc", _chorus),
        (".ttml", _agents),
        (".ttml", _shared_style),
        (".json", _parts_of_words),
        (".vtt", _rules),
        (".ass", _layers),
        (".ass", _font_name),
    ],
)
def test_what_is_repeated_costs_no_more_than_its_file(
    suffix: str, made: Callable[[int], str]
) -> None:
    def read(n: int) -> None:
        with contextlib.suppress(TranscriptError):
            read_text(made(n), suffix, "given")

    read(100)
    assert grows_at_most(24, read, (500, 4_000), 0.02)


def test_many_rules_of_colour_are_left_out_and_said() -> None:
    track = read_text(_rules(1010), ".vtt", "given")
    assert track.remarks == (
        "more than 1,000 style rules; 10 of them were left out, and their colours are not known",
    )
    fills = [run.look.fill for run in track.captions[0].runs]
    assert fills[0] == "#ff0000"
    assert fills[-1] == "#ffffff"


def test_more_changes_over_time_than_any_line_has_are_refused() -> None:
    read_text(styled_ass(r"{\t(0,9,\fs9)}a" * 200), ".ass", "given")
    with pytest.raises(TranscriptError, match=r"given: line \d+: more than 200 changes over time"):
        read_text(styled_ass(r"{\t(0,9,\fs9)}a" * 201), ".ass", "given")


def test_a_text_in_more_tags_than_any_has_is_not_divided() -> None:
    assert srt.divided("<b>" * 40 + "one", "two") is not None
    assert srt.divided("<b>" * 60 + "one", "two") is None
    assert srt.divided(r"{\an8}" * 60 + "one", "two") is None


def _lengths(track: SubtitleTrack) -> list[int]:
    return [len(one.text) for one in track.spoken]


def test_a_transcript_without_times_may_be_of_any_length() -> None:
    words = "word " * 30_000
    assert _lengths(read_text(words, ".txt", "given")) == [len(words.strip())]
    with pytest.raises(TranscriptError, match="line 2: a cue of"):
        read_text(_BEGINNING + words, ".srt", "given")
