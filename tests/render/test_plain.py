"""SRT and VTT: pysubs2 and a strict reader of our own read back what we wrote."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.text import one_line
from sentigram.formats.marks import SRT_MARK
from sentigram.render.plain import srt_text, vtt_text
from tests.render.tracks import ANGER, JOY, cue, track

_TIME = r"(?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3}"
_SETTINGS = r"line:-\d+ position:50% size:\d+% align:center"
_TIMING = re.compile(rf"({_TIME}) --> ({_TIME}) {_SETTINGS}")


def _ms(stamp: str) -> int:
    clock, _, fraction = stamp.partition(".")
    total = 0
    for part in clock.split(":"):
        total = total * 60 + int(part)
    return total * 1000 + int(fraction)


def _read_vtt(text: str) -> list[tuple[int, int, str, list[str]]]:
    """A WebVTT reader that refuses whatever the specification does: cues as (start, end, text,
    tags)."""
    assert text.startswith("WEBVTT\n\n")
    assert not re.search(r"[\r\0]", text)
    cues = []
    for block in re.split(r"\n\n+", text.strip("\n"))[1:]:
        lines = block.split("\n")
        if lines[0] in {"NOTE", "STYLE"}:
            assert "-->" not in block
            assert not cues
            continue
        timing = _TIMING.fullmatch(lines[0])
        assert timing is not None, lines[0]
        start_ms, end_ms = map(_ms, timing.groups())
        assert start_ms < end_ms
        cues.append((start_ms, end_ms, *_read_payload("\n".join(lines[1:]), start_ms, end_ms)))
    return cues


def _read_payload(payload: str, start_ms: int, end_ms: int) -> tuple[str, list[str]]:
    assert "-->" not in payload
    tags: list[str] = []
    open_tags: list[str] = []
    told_ms = start_ms
    shown = ""
    for tag, text in re.findall(r"<([^>]*)>|([^<>]+|[<>])", payload):
        if text:
            assert text not in {"<", ">"}
            assert not re.search(r"&(?!amp;|lt;|gt;)", text)
            shown += html.unescape(text)
        elif re.fullmatch(_TIME, tag):
            assert told_ms < _ms(tag) < end_ms
            told_ms = _ms(tag)
        elif tag.startswith("/"):
            assert open_tags.pop() == tag[1:]
        else:
            assert re.fullmatch(r"c(\.[a-z0-9_-]+)+|v .+", tag), tag
            open_tags.append(tag[0])
            tags.append(html.unescape(tag))
    assert not open_tags
    return shown, tags


def test_vtt_has_classes_voices_and_word_times() -> None:
    text = vtt_text(track(cue(["so", ("MAD", ANGER)], [("yes!", JOY)], speaker="Tom & <Al>")))
    assert _read_vtt(text) == [
        (1000, 3000, "so MAD\nyes!", ["v Tom & <Al>", "c.anger.anger-3", "c.happiness.happiness-4"])
    ]
    assert "so <00:00:02.000><c.anger.anger-3>MAD</c>" in text
    assert re.search(
        r"::cue\(\.anger\) \{ font-family: \"[\w ]+\", sans-serif; color: #ff5040; "
        "background-color: #000000;",
        text,
    )
    assert "NOTE\nMade by Sentigram" in text


def test_vtt_without_readable_words_has_no_cue() -> None:
    assert _read_vtt(vtt_text(track(cue(["\x00", "\n"])))) == []


@given(texts=st.lists(st.text(min_size=1), min_size=1, max_size=4), speaker=st.text())
def test_any_text_survives_vtt(texts: list[str], speaker: str) -> None:
    cues = _read_vtt(vtt_text(track(cue(texts), cue(["end"], start_ms=4000, end_ms=5000),
                                    language="\n", styles=track().styles)))  # fmt: skip
    expected = " ".join(one_line(text) for text in texts if one_line(text).strip())
    assert [shown for _, _, shown, _ in cues] == ([expected] if expected else []) + ["end"]
    voiced = _read_vtt(vtt_text(track(cue(["x"], speaker=speaker))))
    name = one_line(speaker).strip()
    assert voiced[0][3] == ([f"v {name}"] if name else [])


@given(texts=st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_any_text_survives_srt(texts: list[str]) -> None:
    made = track(cue(texts), cue(["end"], start_ms=4000, end_ms=5000))
    parsed = pysubs2.SSAFile.from_string(srt_text(made), format_="srt")
    alike = str.maketrans({"\uff5b": "{", "\uff5d": "}", "\uff1c": "<", "\uff1e": ">"})
    expected = " ".join(map(one_line, texts)).replace("-->", "→")
    events = [event for event in parsed if event.start == 1000]
    assert len(events) == (1 if expected.strip() else 0)
    assert parsed[-1].plaintext == "end"
    if events:
        shown = events[0].text.replace("\\\u2060", "\\")
        assert shown.translate(alike).strip() == expected.translate(alike).strip()


def test_pysubs2_reads_times_and_lines() -> None:
    made = track(
        cue(["one", ("two", ANGER)], ["-->", "<b>three</b>"], start_ms=61_007, end_ms=63_000)
    )
    for text, kind in ((srt_text(made), "srt"), (vtt_text(made), "vtt")):
        parsed = pysubs2.SSAFile.from_string(text, format_=kind)
        assert [(e.start, e.end) for e in parsed] == [(61_007, 63_000)]
        assert parsed[0].text.replace(r"\N", "\n").split("\n")[0].endswith("two") or kind == "vtt"
    assert srt_text(made) == (
        "1\n00:01:01,007 --> 00:01:03,000\none two\n→ \uff1cb\uff1ethree\uff1c/b\uff1e\n" + SRT_MARK
    )


def test_the_label_stands_before_the_first_word() -> None:
    labelled = replace(cue(["\x00"], ["so", ("MAD", ANGER)]), label="[Tom & <Al>]")
    made = track(labelled, replace(cue(["\x00"], start_ms=4000, end_ms=5000), label="[Nobody]"))
    assert srt_text(made).rstrip().splitlines()[2:] == ["[Tom & \uff1cAl\uff1e] so MAD"]
    (shown,) = _read_vtt(vtt_text(made))
    assert shown[2] == "[Tom & <Al>] so MAD"


@pytest.mark.parametrize(
    ("bottom", "lines", "row"), [(0.07, 1, -2), (0.07, 2, -3), (0.02, 1, -1), (0.25, 2, -6)]
)
def test_vtt_cues_stand_on_rows_above_the_lower_edge(bottom: float, lines: int, row: int) -> None:
    made = track(cue(*([["word"]] * lines)))
    made = replace(made, canvas=replace(made.canvas, bottom=bottom, safe=0.8))
    assert f"line:{row} position:50% size:80% align:center\n" in vtt_text(made)
