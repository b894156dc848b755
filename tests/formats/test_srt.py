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


@pytest.mark.parametrize(
    "times",
    [
        "00:00:01,000 -> 00:00:02,500",
        "00:00:01,000 –> 00:00:02,500",
        "00:00:01,000 —>00:00:02,500",
        "00:00:01,000 - -> 00:00:02,500",
        "00:00:01,000 ==> 00:00:02,500",
        "00:00:01,000 → 00:00:02,500",
        "00:00:01,000 --&gt; 00:00:02,500",
        "00:00:01,000 - 00:00:02,500",
        "00:00:01,000 00:00:02,500",
        "00：00：01，000 －－＞ 00：00：02，500",
        "００：００：０１，０００ --> ００：００：０２，５００",
        "٠٠:٠٠:٠١,٠٠٠ --> ٠٠:٠٠:٠٢,٥٠٠",
        "00.00.01.000 --> 00.00.02.500",
        "00:00:01;000 --> 00:00:02;500",
        "00:00:01 000 --> 00:00:02 500",
        "00:01.000 -> 00:02.500 align:start",
        "\u200e00:00:01,000 --> 00:00:02,500",
        "OO:00:0l,000 --> 00:00:02,500",
    ],
)
def test_times_that_are_not_written_as_they_should_be_are_read_and_said(times):
    first, last = "00:00:00,100 --> 00:00:00,900", "00:00:03,000 --> 00:00:04,000"
    text = f"1\n{first}\nHo\n\n2\n{times}\nHi\n\n3\n{last}\nHe"
    read = transcript_of(text, ".srt", "given")
    assert [u.text for u in read.transcript.utterances] == ["Ho", "Hi", "He"]
    assert cues(text, ".srt")[1] == (1000, 2500, "", "Hi")
    (warning,) = read.warnings
    assert warning.startswith("given: line 6: ")
    assert "was read as 00:00:01,000 --> 00:00:02,500; 1 line of times is not" in warning


def test_words_behind_the_times_are_said():
    text = srt("one", "two").replace(
        "00:00:02,000 --> 00:00:03,500\n", "00:00:02,000 --> 00:00:03,500 And "
    )
    assert texts(text, ".srt") == ["And one", "two"]


@pytest.mark.parametrize("line", ["10:30 - 11:45", "1984 --> 1986", "at 5:30 -> 6", "12:00"])
def test_times_that_are_said_stay_words(line):
    assert texts(srt("one", f"From\n{line}", "two"), ".srt") == ["one", f"From {line}", "two"]


@pytest.mark.parametrize(
    "times", ["00:00:0x,350 --> 00:00:07,690", "00:00:05,350 -->", "00:00:05,350:00:00:07:690:1"]
)
def test_times_that_nobody_can_read_are_refused_with_their_line(times):
    text = f"1\n00:00:00,100 --> 00:00:00,900\nHo\n\n2\n{times}\nHi\n"
    with pytest.raises(TranscriptError, match="given: line 6: broken SRT"):
        transcript_of(text, ".srt", "given")


@pytest.mark.parametrize(
    "text",
    [
        srt("one\ntwo", "three").replace("\n", "\n\n"),
        srt("one\ntwo", "three").replace("2\n00:", "2\n2\n00:"),
        srt("one\ntwo", "three").replace("2\n00:", "2\n\n00:"),
        srt("one\ntwo", "three").replace("\n\n2\n", "\n2\n"),
        srt("one\ntwo", "three").replace("\n\n2\n", "\n\n7\n"),
        srt("one\ntwo", "three").replace("\n\n2\n", "\n\n"),
        srt("one\ntwo", "three").replace("\n\n2\n", "\n\n#2\n"),
        srt("one\ntwo", "three").replace("\n\n2\n", "\n\n2.\n"),
        srt("one\ntwo", "three").replace("1\n00", "1\n1\n00", 1),
    ],
)
def test_counters_are_never_said(text):
    assert texts(text, ".srt") == ["one two", "three"]


def test_numbers_that_are_said_stay():
    assert texts(srt("10", "9", "8", "7 and\n6", "5"), ".srt") == ["10", "9", "8", "7 and 6", "5"]
    counterless = srt("The answer is\n42", "42", "end").split("\n")
    counterless = [row for n, row in enumerate(counterless) if row not in ("1", "2", "3")]
    assert texts("\n".join(counterless), ".srt") == ["The answer is 42", "42", "end"]


def test_what_stands_before_the_first_times_is_said_to_be_left_out():
    read = transcript_of("My subtitles\n\n" + srt("one"), ".srt", "given")
    assert [u.text for u in read.transcript.utterances] == ["one"]
    assert read.warnings == (
        "given: line 1: 'My subtitles' stands before the first times; left out",
    )


def test_two_files_joined_into_one_are_noticed():
    part = srt(*["word"] * 40)
    other = part.replace("word", "other")
    read = transcript_of(part + other, ".srt", "given")
    (warning,) = read.warnings
    assert warning.startswith("given: line 162: the times begin again")
    assert transcript_of(part, ".srt", "given").warnings == ()
