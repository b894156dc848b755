"""Case and stressed letters: what happens to a word's text before it is drawn."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from sentigram.core.style import StyledRun, StyleKey, Transform

_TURKIC = frozenset({"tr", "az"})
_GEORGIAN = range(0x10D0, 0x1100)  # capitals exist in Unicode, but neither in use nor in fonts
_STRESS = re.compile(r"([^\W\d_])\1{2,}|[!?！？]+$", re.IGNORECASE)
_CLOSING = "\"'”’»)]"
_VARIATION = range(0xFE00, 0xFE10)
_JOINER = "\u200d"


@cache
def transformed(text: str, transform: Transform, language: str = "") -> str:
    """Text in the case that a style asks for, by the rules of its language.

    Scripts without case stay as they are. Length may change: "ß" becomes "SS".

    Args:
        text: A word.
        transform: The style's case.
        language: ISO 639-1; Turkish and Azeri tell "i" from "ı", Greek capitals lose the accent.
    """
    if transform == "none":
        return text
    if transform == "lowercase":
        if language in _TURKIC:
            text = text.replace("I", "ı").replace("İ", "i")
        return text.lower()
    if language in _TURKIC:
        text = text.replace("i", "İ")
    if language == "el":
        bare = unicodedata.normalize("NFD", text).replace("\u0301", "")
        text = unicodedata.normalize("NFC", bare) or text
    return "".join(char if ord(char) in _GEORGIAN else char.upper() for char in text)


def runs(text: str, key: StyleKey, *, stress_from: int) -> tuple[StyledRun, ...]:
    """A word in runs: drawn-out letters ("sooo") and final ! and ? stand out when it is strong.

    Only letters with case and these marks are set apart, so that no joined script is torn.

    Args:
        text: Shown text, not empty.
        key: The word's style.
        stress_from: The level from which letters stand out.

    Returns:
        Runs that together are the text; grapheme clusters are never divided.
    """
    if key.level < stress_from:
        return (StyledRun(text, key),)
    loud = StyleKey(key.emotion, key.level, is_emphasis=True)
    out: list[StyledRun] = []
    at = 0
    for start, end in _stressed(text):
        if start > at:
            out.append(StyledRun(text[at:start], key))
        out.append(StyledRun(text[start:end], loud))
        at = end
    if at < len(text):
        out.append(StyledRun(text[at:], key))
    return tuple(out)


@cache
def _stressed(text: str) -> tuple[tuple[int, int], ...]:
    body = text.rstrip(_CLOSING)
    found = []
    for match in _STRESS.finditer(body):
        start, end = match.span()
        if match[1] is not None and match[1].upper() == match[1].lower():
            continue  # no case: may belong to a script whose letters join
        if end < len(text) and is_extending(text[end]):
            continue  # the last letter carries a mark: the cluster stays whole
        found.append((start, end))
    return tuple(found)


def is_extending(char: str) -> bool:
    """Whether a character belongs to the one before it: marks, joiners, selectors."""
    return (
        unicodedata.category(char) in ("Mn", "Mc", "Me")
        or char == _JOINER
        or ord(char) in _VARIATION
        or 0x1F3FB <= ord(char) <= 0x1F3FF  # skin tones
    )


def clusters(text: str) -> tuple[str, ...]:
    """Text in units that are never divided: a letter with its marks, a joined emoji, a flag.

    A practical subset of Unicode's grapheme clusters (UAX 29): marks, selectors, skin tones,
    zero-width joiners and pairs of regional indicators.
    """
    out: list[str] = []
    for char in text:
        is_flag = 0x1F1E6 <= ord(char) <= 0x1F1FF
        joins = out and (
            is_extending(char)
            or out[-1].endswith(_JOINER)
            or (is_flag and len(out[-1]) == 1 and 0x1F1E6 <= ord(out[-1]) <= 0x1F1FF)
        )
        if joins:
            out[-1] += char
        else:
            out.append(char)
    return tuple(out)
