"""SubRip as people and tools write it."""

from __future__ import annotations

import pytest

from sentigram.errors import TranscriptError
from tests.formats.files import cues, srt, texts, transcript_of


def test_srt():
    text = (
        "1\n00:00:01,000 --> 00:00:02,500\nHello\nthere.\n\n2\n00:00:03,000 --> 00:00:04,000\nHi\n"
    )
    assert cues(text, ".srt") == [(1000, 2500, "", "Hello there."), (3000, 4000, "", "Hi")]


@pytest.mark.parametrize(
    ("body", "plain"),
    [
        ("<i>Hello</i> <font color='red'>you</font>", "Hello you"),
        ("{\\an8}Up here", "Up here"),
        ("a {\\b1}bold{\\b0} word", "a bold word"),
        ("a --> b", "a --> b"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("{curly} 1 < 2 > 0", "{curly} 1 < 2 > 0"),
        ("one<br/>two", "one two"),
        ("[applause] (music) ♪ la ♪", "[applause] (music) ♪ la ♪"),
        ("The answer is\n42", "The answer is 42"),
        ("para\n\ngraph", "para graph"),
        ("no\xa0break\u2028line\tstop", "no break line stop"),
        ("שלום עולם", "שלום עולם"),
    ],
)
def test_srt_text(body, plain):
    assert texts(srt("first", body, "last"), ".srt") == ["first", plain, "last"]


def test_srt_counters_without_blank_lines_and_empty_cues():
    text = (
        "1\n00:00:01,000 --> 00:00:02,000\none\n2\n00:00:02,000 --> 00:00:03,000\n\n"
        "3\n00:00:03,000 --> 00:00:04,000\nthree\n99\n"
    )
    assert texts(text, ".srt") == ["one", "three 99"]


@pytest.mark.parametrize(
    "times",
    [
        "00:00:01.000 --> 00:00:02.500",
        "0:0:1,0 --> 0:0:2,5",
        "  00:00:01,000-->00:00:02,500  ",
        "00:01,000 --> 00:02,500",
        "00: 00: 01,000 --> 00:00:02:500 X1:0 X2:100",
    ],
)
def test_srt_times_as_people_write_them(times):
    assert cues(f"1\n{times}\nHi\n", ".srt") == [(1000, 2500, "", "Hi")]


def test_broken_srt_names_the_line():
    text = (
        srt("fine", "broken").replace("00:00:04,000", "00:00:xx,000").replace("00:00:xx", "00:00:")
    )
    with pytest.raises(TranscriptError, match=r"given: line 6: broken SRT: '00:00:,000 --> 00:0"):
        transcript_of(text, ".srt", "given")
    with pytest.raises(TranscriptError, match="broken SRT: no line like"):
        transcript_of("just words\n", ".srt", "given")
