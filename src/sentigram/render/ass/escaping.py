"""Makes any text safe inside an ASS event: what is written is what libass draws."""

from __future__ import annotations

import re
from collections.abc import Sequence

WORD_JOINER = "\u2060"
HARD_SPACE = r"\h"
LINE_BREAK = r"\N"

# `{` opens a tag block. libass knows `\{`, other tools do not: look-alikes are safe everywhere.
# A backslash may start `\n \N \h`, or escape the `{` of our own tags: a joiner keeps them apart.
_LOOK_ALIKES = str.maketrans({"{": "\uff5b", "}": "\uff5d", "\\": "\\" + WORD_JOINER})
_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
# No characters, the last two: XML cannot hold them, and Chromium ends a cue of WebVTT at U+FFFF.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_OPENERS = {
    "\u202a": "\u202c",
    "\u202b": "\u202c",
    "\u202d": "\u202c",
    "\u202e": "\u202c",
    "\u2066": "\u2069",
    "\u2067": "\u2069",
    "\u2068": "\u2069",
}
_CLOSERS = frozenset(_OPENERS.values())
_DIRECTION = re.compile(r"[\u202a-\u202e\u2066-\u2069]")


def one_line(text: str) -> str:
    """Text without line breaks, control characters and broken code units; nothing escaped."""
    text = _CONTROLS.sub("", _BREAKS.sub(" ", text))
    return _SURROGATES.sub("\ufffd", text)


def escape(text: str) -> str:
    """Text of one line without anything that ASS gives a meaning to."""
    return one_line(text).translate(_LOOK_ALIKES)


def balance(parts: Sequence[str]) -> tuple[str, ...]:
    """The parts of one line with their bidi embeddings and isolates closed where the line ends.

    Closers without an opener are dropped: nothing can reach out of the line.
    """
    expected: list[str] = []
    balanced = []
    for part in parts:
        if _DIRECTION.search(part) is None:
            balanced.append(part)
            continue
        kept = []
        for char in part:
            if char in _OPENERS:
                expected.append(_OPENERS[char])
            elif char in _CLOSERS:
                if not expected or expected[-1] != char:
                    continue
                expected.pop()
            kept.append(char)
        balanced.append("".join(kept))
    if expected and balanced:
        balanced[-1] += "".join(reversed(expected))
    return tuple(balanced)


def keep_edges(line: str) -> str:
    """Hard spaces in place of the ones at the ends of a line, which libass would trim.

    Args:
        line: Escaped text that may hold tag blocks in the middle, not at its ends.
    """
    body = line.strip(" ")
    if not body:
        return HARD_SPACE * len(line)
    before = len(line) - len(line.lstrip(" "))
    after = len(line) - len(line.rstrip(" "))
    return HARD_SPACE * before + body + HARD_SPACE * after


def field(text: str) -> str:
    """Text for a field of an event or a header line: no commas, no line breaks."""
    return one_line(text).replace(",", ";").strip()
