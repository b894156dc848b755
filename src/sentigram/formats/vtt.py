"""Reads WebVTT: cues, voices, and the rolling captions of video sites.

pysubs2 is not used here: it reads notes and cue ids as speech, and knows no voices.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from sentigram.core.text import clean_speaker, letters
from sentigram.errors import TranscriptError
from sentigram.formats.cues import Cue, Parsed, broken, clock_ms, shown

_TIME = r"(?:(\d{1,5}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,9})"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?", re.ASCII)
_BLOCK = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")
_LANGUAGE = re.compile(r"Language:\s*([A-Za-z]{2,3})\b", re.IGNORECASE)
_INLINE_TIME = re.compile(r"<(?:\d+:)?\d\d:\d\d\.\d{3}>", re.ASCII)
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t]+([^<>]*)>")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|</?>")


def looks_like(text: str) -> bool:
    """Whether the text begins as every WebVTT file does."""
    return re.match(r"WEBVTT(?:\s|$)", text) is not None


def parse(text: str, name: str) -> Parsed:
    """Read cues.

    Raises:
        TranscriptError: A line of times that cannot be read, or no cue at all.
    """
    header = text.split("\n\n", 1)[0] if looks_like(text) else ""
    named = _LANGUAGE.search(header)
    raw = list(raw_cues(text, name))
    if any(_INLINE_TIME.search(cue.text) for cue in raw):
        raw = _unrolled(raw)
    cues = [part for cue in raw for part in _voices(cue)]
    if not cues:
        message = f"{name}: no cue in it; expected 00:00:01.000 --> 00:00:02.500 and text below"
        raise TranscriptError(message)
    return Parsed(tuple(cues), language=named[1].lower() if named else "")


def raw_cues(text: str, name: str) -> Iterator[Cue]:
    """Read cues with their tags and references; `line` is that of the times.

    Raises:
        TranscriptError: A line of times that cannot be read.
    """
    block: list[tuple[int, str]] = []
    for n, line in enumerate([*text.split("\n"), ""], 1):
        # Rolling captions begin with a line that holds a space; only an empty one ends the cue.
        is_first_of_cue = bool(line and block and "-->" in block[-1][1])
        if line.strip() or is_first_of_cue:
            block.append((n, line))
            continue
        yield from _cues_of(block, name)
        block = []


def _cues_of(block: list[tuple[int, str]], name: str) -> Iterator[Cue]:
    """The cues of one block; the standard lets a line of times end the text before it."""
    if block and _BLOCK.match(block[0][1]):
        return
    current: Cue | None = None
    body: list[str] = []
    for n, line in block:
        match = _TIMES.fullmatch(line) if "-->" in line else None
        if match:
            if current:
                yield _with_text(current, body)
            parts = match.groups()
            current, body = Cue(clock_ms(*parts[:4]), clock_ms(*parts[4:]), "", line=n), []
        elif "-->" in line and current is None:
            raise broken(name, n, f"{shown(line.strip())!r} is not 00:00:01.000 --> 00:00:02.500")
        elif current is not None:
            body.append(line)
    if current:
        yield _with_text(current, body)


def _with_text(cue: Cue, body: list[str]) -> Cue:
    return Cue(cue.start_ms, cue.end_ms, "\n".join(body), line=cue.line)


def _unrolled(cues: list[Cue]) -> list[Cue]:
    """Drop the lines that a rolling caption repeats from the cue before it."""
    kept: list[Cue] = []
    previous: list[str] = []
    for cue in cues:
        lines = [line for line in cue.text.split("\n") if _plain(line).strip()]
        said = [_plain(line).strip() for line in lines]
        repeated = next((k for k in range(len(said), 0, -1) if previous[-k:] == said[:k]), 0)
        previous = said
        if lines[repeated:]:
            text = "\n".join(lines[repeated:])
            kept.append(Cue(cue.start_ms, cue.end_ms, text, line=cue.line))
    return kept


def _voices(cue: Cue) -> Iterator[Cue]:
    """One cue per voice; each gets its share of the time by its letters."""
    pieces = _VOICE.split(cue.text)  # text, name, text, name, text, …
    named = [("", pieces[0]), *zip(pieces[1::2], pieces[2::2], strict=True)]
    parts = [(clean_speaker(html.unescape(who)), _plain(text)) for who, text in named]
    parts = [(who, text) for who, text in parts if text.strip()]
    total = sum(letters(text) + 1 for _, text in parts)
    done, start_ms = 0, cue.start_ms
    for who, text in parts:
        done += letters(text) + 1
        end_ms = cue.start_ms + (cue.end_ms - cue.start_ms) * done // total
        yield Cue(start_ms, end_ms, text.strip(), speaker=who, line=cue.line)
        start_ms = end_ms


def _plain(text: str) -> str:
    """What is shown: tags, known or not, are dropped, and then character references read."""
    return html.unescape(_TAG.sub("", _INLINE_TIME.sub("", text)))
