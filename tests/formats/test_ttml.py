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


def body(inner: str, *, root: str = "", head: str = "") -> str:
    return (
        '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:tts="s" xmlns:ttm="m" xmlns:ttp="p" '
        f"{root}><head>{head}</head>{inner}</tt>"
    )


def spoken(text: str) -> list[tuple[int, int, str]]:
    track = track_of(text, ".ttml", "x")
    return [(cue.start_ms, cue.end_ms, cue.text) for cue in track.spoken]


def test_times_count_from_what_they_lie_in() -> None:
    text = body(
        '<body begin="5s"><div begin="1s" end="3.5s"><p>A</p><p begin="1s">B</p>'
        '<p begin="2s" end="9s">C</p></div><div><p begin="4s" end="6s" dur="1s">D</p>'
        '<p begin="6s" dur="2s">E <span begin="500ms" end="1s">F</span></p></div></body>'
    )
    # Body at 5; the first div from 6 to 8.5, which nothing in it outlasts.
    assert spoken(text) == [
        (6000, 8500, "A"),
        (7000, 8500, "B"),
        (8000, 8500, "C"),
        (9000, 10_000, "D"),
        (11_000, 13_000, "E"),
        (11_500, 12_000, "F"),
    ]


def test_what_follows_each_other_begins_where_the_one_before_ends() -> None:
    text = body(
        '<body timeContainer="seq"><metadata/><div timeContainer="seq" begin="1s">'
        '<p dur="2s">A<br/>a</p><p begin="0.5s" dur="1s">B</p></div>'
        '<div><p begin="0s" end="1s">C</p><p begin="1s" end="2s">D</p></div>'
        '<p dur="3s">E</p></body>'
    )
    assert spoken(text) == [
        (1000, 3000, "A\na"),
        (3500, 4500, "B"),
        (4500, 5500, "C"),
        (5500, 6500, "D"),
        (6500, 9500, "E"),
    ]


def test_paragraphs_without_any_time_are_not_captions() -> None:
    text = body('<body><div><p>notes</p><p begin="1s" end="2s">said</p></div></body>')
    assert spoken(text) == [(1000, 2000, "said")]


def test_words_with_times_are_one_cue() -> None:
    text = body(
        '<body><p begin="1s" end="4s"><span begin="0s" end="1s">And</span> '
        '<span begin="1s" end="1.5s">fel</span><span begin="1.5s" end="2s">low,</span></p></body>'
    )
    track = track_of(text, ".ttml", "x")
    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in track.spoken] == [
        (1000, 3000, "And fellow,")
    ]
    assert [(w.text, w.start_ms, w.end_ms) for w in track.spoken[0].words] == [
        ("And", 1000, 2000),
        ("fellow,", 2000, 3000),
    ]
    assert [caption.texts for caption in track.captions] == [("And",), ("fel",), ("low,",)]


def test_what_is_hidden_or_only_tells_how_to_read_is_not_said() -> None:
    head = '<styling><style xml:id="rt" tts:ruby="text"/></styling>'
    head += '<layout><region xml:id="off" tts:display="none"/></layout>'
    text = body(
        '<body><p begin="1s" end="2s"><span tts:ruby="container"><span tts:ruby="base">東京</span>'
        '<span style="rt">とうきょう</span></span>へ<span tts:display="none">x</span></p>'
        '<p begin="2s" end="3s" region="off">hidden</p><p begin="3s" end="4s">seen</p></body>',
        head=head,
    )
    assert [cue for cue in spoken(text) if cue[2]] == [
        (1000, 2000, "東京へ"),
        (3000, 4000, "seen"),
    ]


def test_agents_of_spans_and_divisions_speak() -> None:
    head = "<metadata>" + "".join(
        f'<ttm:agent xml:id="{i}"><ttm:name>{n}</ttm:name></ttm:agent>'
        for i, n in (("a", "Ann"), ("b", "Bo"))
    )
    text = body(
        '<body><div ttm:agent="a"><p begin="1s" end="2s">Hi. <span ttm:agent="b">Ho.</span></p>'
        "</div></body>",
        head=head + "</metadata>",
    )
    track = track_of(text, ".ttml", "x")
    assert [(cue.speaker, cue.text) for cue in track.spoken] == [("Ann", "Hi."), ("Bo", "Ho.")]


def test_spaces_are_kept_where_the_file_says_so() -> None:
    text = body(
        '<body><p begin="1s" end="2s">a\n  b</p>'
        '<p begin="2s" end="3s" xml:space="preserve">a\n  b</p></body>'
    )
    assert [c.texts for c in track_of(text, ".ttml", "x").captions] == [("a b",), ("a", "b")]


NTSC = 'ttp:timeBase="smpte" ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"'


@pytest.mark.parametrize(
    ("root", "time", "ms"),
    [
        ("", "00:00:01:15", 1500),  # 30 frames a second where the file does not say
        ('ttp:frameRate="25"', "00:00:01:10.1", 1400),
        ('ttp:frameRate="25" ttp:subFrameRate="2"', "00:00:01:10.1", 1420),
        ('ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"', "30f", 1001),
        ('ttp:frameRate="30" ttp:frameRateMultiplier="1000:1001"', "00:00:10:15", 10_500),
        # As timecode: 300 + 15 frames at 29.97; by the tenth minute 18 were left out.
        (NTSC, "00:00:10:15", 10_510),
        (NTSC + ' ttp:dropMode="dropNTSC"', "00:10:00:00", 599_999),
        ('ttp:tickRate="10000000"', "15000000t", 1500),
        ('ttp:frameRate="50"', "75t", 1500),  # ticks are frames
        ("", "2t", 2000),  # and seconds where there are no frames
        ("", "0.5m", 30_000),
        ("", "1h", 3_600_000),
        ("", "1.5", 1500),
    ],
)
def test_every_unit(root: str, time: str, ms: int) -> None:
    text = body(f'<body><p begin="{time}" dur="1s">a</p></body>', root=root)
    assert spoken(text)[0][0] == pytest.approx(ms, abs=1)
