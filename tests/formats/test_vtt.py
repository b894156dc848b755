"""WebVTT: voices, notes, and the rolling captions of video sites."""

from __future__ import annotations

import pytest

from sentigram.errors import TranscriptError
from sentigram.formats import editable, read_text
from sentigram.formats.track import NewCue
from tests.formats.files import cues, texts, transcript_of, vtt


def test_vtt():
    text = (
        "WEBVTT - a title\nLanguage: en\nKind: captions\n\nSTYLE\n::cue { color: red }\n\n"
        "NOTE a comment\nof two lines\n\nREGION\nid:fred\n\n"
        "intro\n00:01.000 --> 00:02.500 align:start position:10%\n<v Roger Bingham>We are in\n\n"
        "NOTE\n\n1:00:03.000 --> 1:00:04.000\n<c.loud>New</c> &lt;York&gt; &amp; <i>you</i>\n"
    )
    read = transcript_of(text, ".vtt", "given")
    assert read.transcript.language == "en"
    assert cues(text, ".vtt") == [
        (1000, 2500, "Roger Bingham", "We are in"),
        (3_603_000, 3_604_000, "", "New <York> & you"),
    ]


def test_vtt_voices_share_a_cue():
    text = vtt("<v.first Ann &amp; Co>Hi there</v>\n<v Bob>Oh hello</v>")
    assert cues(text, ".vtt") == [
        (2000, 2750, "Ann & Co", "Hi there"),
        (2750, 3500, "Bob", "Oh hello"),
    ]


def test_rolling_captions_are_unrolled():
    text = (
        "WEBVTT\n\n00:00.000 --> 00:02.000\n \nhello<00:00:01.000><c> world</c>\n\n"
        "00:02.000 --> 00:02.010\nhello world\n\n"
        "00:02.010 --> 00:04.000\nhello world\nnext<00:00:03.000><c> line</c>\n\n"
        "00:04.000 --> 00:04.010\nnext line\n \n\n"
    )
    assert cues(text, ".vtt") == [(0, 2000, "", "hello world"), (2010, 4000, "", "next line")]
    assert texts(vtt("No.", "No."), ".vtt") == ["No.", "No."]  # said twice, not rolling


def test_broken_vtt():
    with pytest.raises(TranscriptError, match=r"given: line 3: '00:01\.000 --> later'"):
        transcript_of("WEBVTT\n\n00:01.000 --> later\nHi\n", ".vtt", "given")
    with pytest.raises(TranscriptError, match="no cue"):
        transcript_of("WEBVTT\n\nHi\n", ".vtt", "given")


def test_readings_beside_ruby_are_not_said():
    said = "<ruby>江陵<rp>(</rp><rt>カンヌン</rt><rp>)</rp></ruby>で<ruby>会<rt>あ<rt>お</ruby>おう"
    assert texts(vtt(said), ".vtt") == ["江陵で会おう"]
    assert texts(vtt("a <rt> b", "<rtx>c"), ".vtt") == ["a", "c"]


HEADER = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{},LOCAL:00:00:00.000\n\n"


def test_segments_on_one_clock():
    text = (
        HEADER.format(900_000) + "1\n00:01.000 --> 00:02.000\none\n\n"
        "2\n00:03.000 --> 00:04.000\ntwo\n"  # and no empty line before the next header
        + HEADER.format(900_000)
        + "2\n00:03.000 --> 00:04.000\ntwo\n\n3\n00:04.000 --> 00:05.000\ntwo and three\n"
        + HEADER.format(900_000)
        + "3\n00:05.000 --> 00:06.000\ntwo and three\n"
    )
    read = transcript_of(text, ".vtt", "given")
    assert cues(text, ".vtt") == [
        (1000, 2000, "", "one"),
        (3000, 4000, "", "two"),
        (4000, 6000, "", "two and three"),
    ]
    assert read.warnings == (
        "given: 3 segments of a stream, joined; 2 cues at their boundaries were read once",
    )


def test_segments_whose_times_begin_anew_are_moved():
    ticks = 2**33 - 90_000
    text = "".join(
        HEADER.format((ticks + n * 900_000) % 2**33) + f"00:01.000 --> 00:02.000\nno {n}\n\n"
        for n in range(3)
    )
    assert [cue[:2] for cue in cues(text, ".vtt")] == [(1000, 2000), (11000, 12000), (21000, 22000)]


def test_a_line_that_is_said_twice_at_a_boundary_stays():
    text = (
        HEADER.format(0) + "00:01.000 --> 00:02.000\nNo.\n\n"
        + HEADER.format(0) + "00:02.200 --> 00:03.000\nNo.\n"
    )  # fmt: skip
    assert texts(text, ".vtt") == ["No.", "No."]


def test_joined_segments_are_written_as_one_file():
    text = (
        HEADER.format(0) + "00:01.000 --> 00:02.000\none\n\n"
        + HEADER.format(900_000) + "NOTE kept\n\n00:01.000 --> 00:02.000\ntwo\n"
    )  # fmt: skip
    track = read_text(text, ".vtt", "given")
    drafts = [NewCue(c.start_ms, c.end_ms, c.source, c.index, c.row) for c in track.captions]
    written = editable("vtt").rewritten(track, drafts)
    assert written == (
        HEADER.format(0) + "00:00:01.000 --> 00:00:02.000\none\n\n"
        "NOTE kept\n\n00:00:11.000 --> 00:00:12.000\ntwo\n"
    )
    assert cues(written, ".vtt") == cues(text, ".vtt")


@pytest.mark.parametrize(
    "times", ["00:02.000 -> 00:03.500", "00：02.000 --> 00：03.500", "00:02.000 → 00:03.500"]
)
def test_times_that_are_not_written_as_they_should_be_are_read_and_said(times):
    text = vtt("Hi").replace("00:02.000 --> 00:03.500", times)
    read = transcript_of(text, ".vtt", "given")
    assert cues(text, ".vtt") == [(2000, 3500, "", "Hi")]
    assert read.warnings[0].startswith("given: line 3: ")
    assert "1 line of times is not written as WebVTT has them" in read.warnings[0]


def test_numbers_without_an_empty_line_above_are_not_said():
    text = "WEBVTT\n\n1\n00:01.000 --> 00:02.000\none\n2\n00:03.000 --> 00:04.000\n42\n"
    assert texts(text, ".vtt") == ["one", "42"]


def test_spaced_lines_and_texts_without_times():
    spaced = vtt("one\ntwo", "three").replace("\n", "\n\n")
    assert texts(spaced, ".vtt") == ["one two", "three"]
    read = transcript_of(vtt("one") + "and more\n", ".vtt", "given")
    assert [u.text for u in read.transcript.utterances] == ["one"]
    assert "line 6: 'and more' has no times" in read.warnings[0]


def test_a_language_may_have_its_full_name():
    text = vtt("Hola").replace("WEBVTT\n", "WEBVTT\nLanguage: Spanish\n")
    assert transcript_of(text, ".vtt", "given").transcript.language == "es"
