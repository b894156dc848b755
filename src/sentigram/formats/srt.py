"""Reads SubRip (.srt), forgivingly where players are.

pysubs2 is not used here: it takes a last line that is a number (`42`) for the next cue's counter,
gives no line numbers, and turns tags into those of ASS; the tests compare with it elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sentigram.errors import TranscriptError
from sentigram.formats.cues import Cue, Parsed, broken, clock_ms, shown

# Space where people put it, but not without end: what is hostile must not make this slow.
_TIME = r"(-?)(?:(\d{1,5}) ?: ?)?(\d{1,2}) ?: ?(\d{1,2}) ?[,.:] ?(\d{1,9})"
_TIMES = re.compile(rf"{_TIME}\s*-->\s*{_TIME}(?:\s.*)?", re.ASCII)
_ATTEMPT = re.compile(r"-?\d[\d\s:.,]*-->.*")
_COUNTER = re.compile(r"\s*\d+\s*", re.ASCII)
# The tags that players know; anything else in angle brackets is text.
_TAG = re.compile(r"</?(?:[ibus]|em|strong|font)(?:\s[^<>]*)?>", re.IGNORECASE)
# Players also obey the tags of ASS here: {\an8} is common.
_OVERRIDE = re.compile(r"\{\\[a-zA-Z0-9][^{}]*\}")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def looks_like(text: str) -> bool:
    """Whether any line is a line of times."""
    return any("-->" in line and _TIMES.fullmatch(line.strip()) for line in text.split("\n"))


def parse(text: str, name: str) -> Parsed:
    """Read cues.

    Raises:
        TranscriptError: A line of times that cannot be read, or no cue at all.
    """
    return Parsed(tuple(replace(cue, text=plain(cue.text)) for cue in raw_cues(text, name)))


def raw_cues(text: str, name: str) -> tuple[Cue, ...]:
    """Read cues with their tags; `line` is that of the times.

    Raises:
        TranscriptError: A line of times that cannot be read, or no cue at all.
    """
    lines = text.split("\n")
    starts = []
    for n, line in enumerate(lines):
        if "-->" not in line:
            continue
        if match := _TIMES.fullmatch(line.strip()):
            starts.append((n, *_times(match)))
        elif _ATTEMPT.fullmatch(line.strip()) and _is_counter(lines, n - 1):
            raise broken(
                name,
                n + 1,
                f"broken SRT: {shown(line.strip())!r} is not 00:00:01,000 --> 00:00:02,500",
            )
    if not starts:
        message = f"{name}: broken SRT: no line like 00:00:01,000 --> 00:00:02,500"
        raise TranscriptError(message)
    cues = []
    for i, (n, start_ms, end_ms) in enumerate(starts):
        last = starts[i + 1][0] if i + 1 < len(starts) else len(lines)
        body = lines[n + 1 : last]
        if i + 1 < len(starts) and body and _ends_with_counter(body, lines, n):
            body = body[:-1]
        cues.append(Cue(start_ms, end_ms, "\n".join(body), line=n + 1))
    return tuple(cues)


def plain(text: str) -> str:
    """Take out the tags that players obey."""
    return _OVERRIDE.sub("", _TAG.sub("", _BREAK.sub("\n", text))).strip()


def _times(match: re.Match[str]) -> tuple[int, int]:
    parts = match.groups()
    start_ms, end_ms = (clock_ms(*parts[k + 1 : k + 5]) * (-1 if parts[k] else 1) for k in (0, 5))
    return start_ms, end_ms


def _is_counter(lines: list[str], n: int) -> bool:
    return n < 0 or bool(_COUNTER.fullmatch(lines[n])) or not lines[n].strip()


def _ends_with_counter(body: list[str], lines: list[str], n: int) -> bool:
    """Whether the last line of a cue is the counter of the next one, not a number that is said."""
    if not _COUNTER.fullmatch(body[-1]):
        return False
    if len(body) == 1 or not body[-2].strip():
        return True
    own = lines[n - 1] if n else ""  # without the blank line: only if it counts on
    return (
        bool(_COUNTER.fullmatch(own))
        and body[-1].strip().isdecimal()
        and (body[-1].strip().lstrip("0") == _counted_on(own))
    )


def _counted_on(counter: str) -> str:
    digits = counter.strip()
    return str(int(digits) + 1) if len(digits) <= 9 else ""
