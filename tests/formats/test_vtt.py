"""WebVTT: voices, notes, and the rolling captions of video sites."""

from __future__ import annotations

import pytest

from sentigram.errors import TranscriptError
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
