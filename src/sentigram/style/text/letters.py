"""Case and stressed letters: what happens to a word's text before it is drawn."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import accumulate, pairwise

from sentigram.core.style import StyledRun, StyleKey, Transform

_TURKIC = frozenset({"tr", "az"})
_GEORGIAN = range(0x10D0, 0x1100)  # capitals exist in Unicode, but neither in use nor in fonts
_STRESS = re.compile(r"([^\W\d_])\1{2,}|[!?！？؟]+$", re.IGNORECASE)
_CLOSING = "\"'”’»)]"
_VARIATION = range(0xFE00, 0xFE10)
_JOINER = "\u200d"
_PICTURE_SELECTOR, _TEXT_SELECTOR, _KEY = "\ufe0f", "\ufe0e", "\u20e3"
_PICTURES = range(0x1F000, 0x1FB00)  # blocks of pictographs, with what comes to stand in them
_SYMBOLS = range(0x2300, 0x2C00)
_CONTROLS = ("Cc", "Cf", "Cs", "Zl", "Zp")
# Zero-width (non-)joiner, Thai and Lao AM, half-width voicing marks: letters by category.
_EXTENDING = frozenset("\u200c\u200d\u0e33\u0eb3\uff9e\uff9f")
# Arabic signs that stand under the digits after them.
_PREPENDED = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u0890\u0891\u08e2")
# Signs that stack or join the consonants beside them. Tamil's puḷḷi joins none.
_LINKERS = frozenset("\u094d\u09cd\u0a4d\u0acd\u0b4d\u0c4d\u0ccd\u0d4d\u1039\u17d2\u1a60")
_HANGUL = re.compile(
    "[\u1100-\u115f\ua960-\ua97c][\u1100-\u11a7\uac00-\ud7a3\ua960-\ua97c]"  # lead
    "|[\u1160-\u11a7\ud7b0-\ud7c6\uac00-\ud7a3][\u1160-\u11ff\ud7b0-\ud7fb]"  # vowel
    "|[\u11a8-\u11ff\ud7cb-\ud7fb][\u11a8-\u11ff\ud7cb-\ud7fb]"
)
_JOINING = re.compile(
    "[\u0600-\u077f\u07c0-\u07ff\u0840-\u08ff\ufb50-\ufdff\ufe70-\ufefc"  # Arabic and the like
    "\u0900-\u09ff\ua8e0-\ua8ff\u0a00-\u0a7f"  # Devanagari, Bengali, Gurmukhi
    "\u1800-\u18af\ua840-\ua87f\U0001e900-\U0001e95f]"  # Mongolian, Phags-pa, Adlam
)
_ASCII = re.compile(r"\r\n|.", re.DOTALL)


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


def runs(
    text: str,
    key: StyleKey,
    *,
    stress_from: int,
    transform: Transform = "none",
    language: str = "",
) -> tuple[StyledRun, ...]:
    """A word in runs: drawn-out letters ("sooo") and final ! and ? stand out when it is strong.

    Only letters with case and these marks are set apart, so that no joined script is torn.

    Args:
        text: A word as it is spelled, not empty.
        key: The word's style.
        stress_from: The level from which letters stand out.
        transform: The case that it is drawn in.
        language: See `transformed`.

    Returns:
        Runs that together are the word; grapheme clusters are never divided.
    """
    parts = [(text, key)] if key.level < stress_from else list(_parts(text, key))
    if transform == "none":
        return tuple(StyledRun(part, style) for part, style in parts)
    whole = transformed(text, transform, language)
    drawn = [transformed(part, transform, language) for part, _ in parts]
    if "".join(drawn) != whole:  # a letter's form depends on its neighbours: the sigma of Greek
        ends = list(accumulate(map(len, drawn)))
        if ends[-1] != len(whole):
            return (StyledRun(whole, key, text),)
        drawn = [whole[start:end] for start, end in pairwise((0, *ends))]
    return tuple(
        StyledRun(shown, style, None if shown == part else part)
        for shown, (part, style) in zip(drawn, parts, strict=True)
    )


def _parts(text: str, key: StyleKey) -> Iterator[tuple[str, StyleKey]]:
    """A strong word in parts, each with its style."""
    loud = replace(key, is_emphasis=True)
    at = 0
    for start, end in _stressed(text):
        if start > at:
            yield text[at:start], key
        yield text[start:end], loud
        at = end
    if at < len(text):
        yield text[at:], key


def units(run: StyledRun) -> Iterator[tuple[str, str]]:
    """A run in units that are never divided, each as it is drawn and as it is spelled.

    One letter may be drawn as two: "ß" in capitals.
    """
    drawn, spelled = clusters(run.text), clusters(run.spelled)
    at = 0
    for number, unit in enumerate(spelled, start=1):
        end = at + 1
        if number == len(spelled):
            end = len(drawn)
        elif len(drawn) != len(spelled):
            while end < len(drawn) and len("".join(drawn[at:end])) < len(unit.casefold()):
                end += 1
        yield "".join(drawn[at:end]), unit
        at = end


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
        or char in _EXTENDING
        or ord(char) in _VARIATION
        or 0x1F3FB <= ord(char) <= 0x1F3FF  # skin tones
        or 0xE0020 <= ord(char) <= 0xE007F  # tags: the flags of Scotland and Wales
    )


def is_emoji(cluster: str) -> bool:
    """Whether a grapheme cluster is drawn as a picture: an emoji, a flag, a key, a joined family.

    Decided by blocks, so that emoji count that are newer than Python's own tables. Among older
    symbols those are wide that Unicode draws in colour by itself (UAX 11); the others (`❤`, `☀`)
    are letters' symbols unless a selector asks for the picture.
    """
    if cluster.isascii() or _TEXT_SELECTOR in cluster:
        return False
    first = ord(cluster[0])
    return (
        first in _PICTURES
        or _PICTURE_SELECTOR in cluster
        or _KEY in cluster
        or (first in _SYMBOLS and _is_wide_symbol(cluster[0]))
    )


def _is_wide_symbol(char: str) -> bool:
    return unicodedata.east_asian_width(char) == "W" and unicodedata.category(char).startswith("S")


def is_joining(text: str) -> bool:
    """Whether letters of the text touch each other: Arabic and its like, scripts with a headline.

    Extra space between such letters would tear words, so they are set without letter spacing.
    """
    return not text.isascii() and _JOINING.search(text) is not None


def clusters(text: str) -> tuple[str, ...]:
    """Text in units that are never divided: a letter with its marks, a joined emoji, a flag.

    Unicode's extended grapheme clusters (UAX 29), and a little more: whatever a zero-width joiner
    or the sign of a conjunct (virama, coeng) links stays together in every script that stacks or
    joins letters there.
    """
    if text.isascii():
        return tuple(text) if "\r\n" not in text else tuple(_ASCII.findall(text))
    out: list[str] = []
    for char in text:
        if out and _continues(out[-1], char):
            out[-1] += char
        else:
            out.append(char)
    return tuple(out)


def _continues(before: str, char: str) -> bool:
    """Whether a character belongs to the cluster before it."""
    last = before[-1]
    if _is_control(last):
        return before + char == "\r\n"
    if is_extending(char):
        return True
    if last == _JOINER or last in _PREPENDED:
        return not _is_control(char)
    if "\u1100" <= char <= "\u11ff" or "\ua960" <= char <= "\ud7fb":
        return _HANGUL.fullmatch(last + char) is not None
    if _is_indicator(char):
        return _is_indicator(last) and not (len(before) > 1 and _is_indicator(before[-2]))
    linked = last in _LINKERS or (
        len(before) > 2 and before[-2] in _LINKERS and unicodedata.combining(last) > 0
    )
    return linked and unicodedata.category(char) == "Lo"


def _is_control(char: str) -> bool:
    is_format = unicodedata.category(char) in _CONTROLS
    return is_format and char not in _PREPENDED and not is_extending(char)


def _is_indicator(char: str) -> bool:
    """Whether a character is half of a flag."""
    return "\U0001f1e6" <= char <= "\U0001f1ff"
