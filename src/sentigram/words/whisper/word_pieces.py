"""Whisper's words as ours: whole, with their punctuation, with or without spaces between them."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sentigram.core.time import Span, ms_from_seconds
from sentigram.core.transcript import Word

_NO_BREAK_SPACE = "\u00a0"
# Scripts that put no space between words, by the first word of their characters' Unicode names.
_UNSPACED = frozenset(
    {"CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN", "IDEOGRAPHIC"}
)
_OPENING = frozenset({"Ps", "Pi"})  # Unicode categories: opening brackets and quotes
_OPENING_MARKS = frozenset("¿¡")


def words_of(words: Sequence[Any], duration_ms: int) -> tuple[Word, ...]:
    """Turn faster-whisper's words into ours.

    Whisper marks a word's start by a space before it. One without belongs to the word before it
    (`don` + `'t`, `l` + `'homme`, `U` + `.S` + `.`), except in scripts without spaces, where it is
    a word of its own that is joined. Punctuation that stands alone goes to the word before it, or
    to the word after it where it opens something or is written together with it (`€` + `5`); with
    no word at all it is left out. The first word of a segment starts a line.

    Args:
        words: With `word`, `start` and `end` in seconds, `probability`.
        duration_ms: Of the sound; Whisper's last window may go beyond.
    """
    heard_words = [heard for heard in words if heard.word.strip()]
    out: list[Word] = []
    opening = ""
    for i, heard in enumerate(heard_words):
        text = " ".join(heard.word.split())
        is_apart = heard.word[0].isspace()
        if not _has_letters(text):
            after = heard_words[i + 1].word if i + 1 < len(heard_words) else " "
            if opening or _opens(text) or (is_apart and not after[0].isspace()):
                opening += text
            elif out:
                out[-1] = _closed(out[-1], text, is_apart=is_apart)
            continue
        word = Word(
            opening + text,
            _span(heard, duration_ms),
            confidence=_share(heard.probability),
            source="heard",
            timing="aligned",
            joined=bool(out) and not is_apart and not (opening and _is_spaced(text[0])),
        )
        opening = ""
        if word.joined and _is_spaced(text[0]) and _is_spaced(out[-1].text[-1]):
            out[-1] = _merged(out[-1], word)
        else:
            out.append(word)
    if opening and out:
        out[-1] = _closed(out[-1], opening, is_apart=True)
    return tuple(out)


def _closed(word: Word, mark: str, *, is_apart: bool) -> Word:
    """A word with the mark behind it; a space between them does not break the line."""
    return replace(word, text=f"{word.text}{_NO_BREAK_SPACE if is_apart else ''}{mark}")


def _merged(before: Word, after: Word) -> Word:
    start_ms = min(before.span.start_ms, after.span.start_ms)
    span = Span(start_ms, max(before.span.end_ms, after.span.end_ms))
    n_before, n_after = len(before.text), len(after.text)
    confidence = (before.confidence * n_before + after.confidence * n_after) / (n_before + n_after)
    return replace(before, text=before.text + after.text, span=span, confidence=confidence)


def _span(heard: Any, duration_ms: int) -> Span:
    start_ms = min(max(0, ms_from_seconds(heard.start)), duration_ms)
    return Span(start_ms, min(max(start_ms, ms_from_seconds(heard.end)), duration_ms))


def _share(probability: float) -> float:
    return min(1.0, max(0.0, float(probability))) if math.isfinite(probability) else 0.0


def _has_letters(text: str) -> bool:
    return any(c.isalnum() or unicodedata.category(c) in ("Mn", "Mc") for c in text)


def _opens(text: str) -> bool:
    return all(unicodedata.category(c) in _OPENING or c in _OPENING_MARKS for c in text)


def _is_spaced(character: str) -> bool:
    return unicodedata.name(character, "").split(" ")[0] not in _UNSPACED
