r"""Reads ASS and SSA as libass does: what it draws as text is text.

pysubs2 is not used here: it misreads `\{`, ignores `Format:` lines and gives no line numbers; the
tests compare with it where both read the same.
"""

from __future__ import annotations

import re

from sentigram.core.text import clean_speaker
from sentigram.errors import TranscriptError
from sentigram.formats.cues import Cue, Parsed, broken, clock_ms, shown

_TIME = re.compile(r"\s*(-?)(\d{1,5}):(\d{1,2}):(\d{1,2})[.:,](\d{1,9})\s*", re.ASCII)
_SECTION = re.compile(r"\[[^\]]*[a-z][^\]]*\]")  # lower case: attached fonts hold brackets too
_FIELDS = (
    "layer",
    "start",
    "end",
    "style",
    "name",
    "marginl",
    "marginr",
    "marginv",
    "effect",
    "text",
)
_ESCAPED = {r"\N": "\n", r"\n": "\n", r"\h": "\u00a0", r"\{": "{", r"\}": "}"}
_DRAWING = re.compile(r"\\p(\d+)")


def looks_like(text: str) -> bool:
    """Whether there is a section that only this format has."""
    return re.search(r"^\[(?:Script Info|V4\+? Styles)\]", text, re.MULTILINE) is not None


def parse(text: str, name: str) -> Parsed:
    """Read dialogue; comments, drawings and copies of a line on other layers are left out.

    Raises:
        TranscriptError: An event that cannot be read, or none at all.
    """
    fields: tuple[str, ...] = _FIELDS
    inside = False
    cues: dict[tuple[int, int, str, str], Cue] = {}
    found = False
    for n, line in enumerate(text.split("\n"), 1):
        if _SECTION.match(line):
            inside = line.strip().lower() == "[events]"
            continue
        kind, _, rest = line.partition(":")
        kind = kind.strip().lower()
        if inside and kind == "format":
            fields = _format(rest, name, n)
        elif inside and kind == "dialogue":
            found = True
            cue = _event(rest, fields, name, n)
            if cue.text:
                cues.setdefault((cue.start_ms, cue.end_ms, cue.speaker, cue.text), cue)
    if not found:
        message = f"{name}: no Dialogue line in its [Events]"
        raise TranscriptError(message)
    return Parsed(tuple(cues.values()))


def plain(text: str) -> str:
    """The text that libass draws, without drawings."""
    out: list[str] = []
    drawing = False
    last_end = text.rfind("}")
    i = 0
    while i < len(text):
        piece = text[i : i + 2]
        if piece not in _ESCAPED:
            piece = text[i]
        if piece == "{" and i < last_end:  # without an end it is a brace like any other
            block = text[i : text.index("}", i) + 1]
            for mode in _DRAWING.findall(block):
                drawing = bool(mode.strip("0"))
            i += len(block)
            continue
        if not drawing:
            out.append(_ESCAPED.get(piece, piece))
        i += len(piece)
    return "".join(out).strip()


def _format(rest: str, name: str, line: int) -> tuple[str, ...]:
    fields = tuple(field.strip().lower() for field in rest.split(","))
    if not {"start", "end", "text"} <= set(fields) or fields[-1] != "text":
        raise broken(name, line, "the Format of events needs Start and End, and Text at its end")
    return fields


def _event(rest: str, fields: tuple[str, ...], name: str, line: int) -> Cue:
    values = rest.split(",", len(fields) - 1)
    if len(values) < len(fields):
        raise broken(name, line, f"{len(fields)} fields are needed, here are {len(values)}")
    event = dict(zip(fields, values, strict=True))
    times = []
    for field in ("start", "end"):
        match = _TIME.fullmatch(event[field])
        if match is None:
            raise broken(name, line, f"{shown(event[field])!r} is not a time like 0:00:01.50")
        sign, *parts = match.groups()
        times.append(clock_ms(*parts) * (-1 if sign else 1))
    speaker = clean_speaker(event.get("name", event.get("actor", "")))
    return Cue(times[0], times[1], plain(event["text"]), speaker=speaker, line=line)
