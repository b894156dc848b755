"""TTML, and XML that attacks its readers."""

from __future__ import annotations

import pytest

from sentigram.errors import TranscriptError
from sentigram.formats import read_text as track_of


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


def test_ttml_names_speakers_and_its_language() -> None:
    text = (
        '<tt xml:lang="de-AT" xmlns:ttm="m"><head><metadata><ttm:agent xml:id="a" type="person">'
        "<ttm:name>Ann &amp; Bo</ttm:name></ttm:agent></metadata></head><body><div>"
        '<p begin="1s" end="2s" ttm:agent="a">So.<br/>Ja.</p><p begin="3s" end="4s">Na.</p>'
        "</div></body></tt>"
    )
    track = track_of(text, ".ttml", "x")
    assert track.language == "de"
    assert [(cue.speaker, cue.text) for cue in track.spoken] == [
        ("Ann & Bo", "So.\nJa."),
        ("", "Na."),
    ]
