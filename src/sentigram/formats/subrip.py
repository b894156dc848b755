"""SubRip (.srt) and WebVTT (.vtt), with their tags, places and colours."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sentigram.formats import srt, vtt
from sentigram.formats.markup import CueRule, srt_runs, vtt_runs
from sentigram.formats.values import Anchor, Caption, Row, Track

_LANGUAGE = re.compile(r"Language:\s*([A-Za-z]{2,3})\b", re.IGNORECASE)
_STYLE_RULE = re.compile(r"::cue(?:\(([^(){}]{0,400})\))?\s*\{([^{}]{0,2000})\}")
_SELECTOR = re.compile(
    r"""([a-z]*)((?:\.[^\s.\[\]:,]{1,80})*)(?:\[voice=["']?([^"'\]]{0,100})["']?\])?"""
)
_LINE_SETTING = re.compile(r"\bline:(-?\d{1,4})(%?)")
_POSITION = re.compile(r"\bposition:(\d{1,3})")
_TOP_ROWS = 5  # of the 16 lines that a picture has in WebVTT, those near its upper edge
_ROWS: dict[int, Row] = {0: "bottom", 1: "middle", 2: "top"}


def row_of(alignment: int) -> Row:
    """Which row a number of the number pad belongs to."""
    return _ROWS[(alignment - 1) // 3]


def read_srt(text: str, name: str) -> Track:
    """Read SubRip.

    Raises:
        TranscriptError: A line of times that cannot be read, or no cue at all.
    """
    captions = []
    for index, cue in enumerate(srt.raw_cues(text, name), start=1):
        source = cue.text.strip("\n")
        lines, alignment = srt_runs(source)
        captions.append(
            Caption(
                index,
                cue.start_ms,
                cue.end_ms,
                lines,
                place=cue.line,
                source=source,
                row=row_of(alignment),
                at=Anchor(alignment),
            )
        )
    return Track(name, "srt", tuple(captions), text=text)


def read_vtt(text: str, name: str) -> Track:
    """Read WebVTT; colours come from its STYLE blocks.

    Raises:
        TranscriptError: A line of times that cannot be read, or no cue at all.
    """
    sheet = tuple(_sheet(text))
    rows = text.split("\n")
    captions = []
    for index, cue in enumerate(vtt.raw_cues(text, name), start=1):
        settings = rows[cue.line - 1].partition("-->")[2]
        source = cue.text.strip("\n")
        captions.append(
            Caption(
                index,
                cue.start_ms,
                cue.end_ms,
                vtt_runs(source, sheet),
                place=cue.line,
                source=source,
                row=_row(settings),
            )
        )
    if not captions:
        vtt.parse(text, name)  # says what is missing
    header = text.split("\n\n", 1)[0]
    named = _LANGUAGE.search(header)
    return Track(
        name, "vtt", tuple(captions), text=text, language=named[1].lower()[:2] if named else ""
    )


def _row(settings: str) -> Row:
    """Bottom where the cue does not say: where players put it."""
    match = _LINE_SETTING.search(settings)
    position = _POSITION.search(settings)
    if position and not 35 <= int(position[1]) <= 65:
        return "placed"  # beside the middle, as two people who speak at once
    if match is None:
        return "bottom"
    number = int(match[1])
    if match[2]:
        return "top" if number < 33 else "middle" if number < 67 else "bottom"
    return "top" if 0 <= number < _TOP_ROWS else "middle" if 0 <= number < 11 else "bottom"


def _sheet(text: str) -> Iterator[CueRule]:
    """The rules of STYLE blocks whose selectors are simple."""
    for block in re.split(r"\n[ \t]*\n", text):
        if not block.lstrip("\n").startswith("STYLE"):
            continue
        for match in _STYLE_RULE.finditer(block):
            declared = dict(_declarations(match[2]))
            for selector in (match[1] or "").split(","):
                found = _SELECTOR.fullmatch(selector.strip())
                if found:
                    classes = frozenset(found[2].split(".")[1:])
                    yield CueRule(found[1], classes, found[3] or "", declared)


def _declarations(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split(";"):
        name, _, value = part.partition(":")
        if value.strip():
            yield name.strip().lower(), value.replace("!important", "").strip().lower()
