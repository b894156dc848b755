"""Utterances: words grouped into sentences and stretches between pauses."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word

PAUSE_MS = 700
COMMA_PAUSE_MS = 350
LONGEST_MS = 15_000
MOST_WORDS = 40

_CLOSING = "\"'”’»)]}」』）】》"
_COMMA = re.compile(r"[,;:—–،、，；：]$")
_WIDE_END = re.compile(r"[。！？｡]$")
_END = re.compile(r"[.!?…؟۔।]$")
_ELLIPSIS = re.compile(r"(?:\.{2,}|…)$")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)+$")  # J. or U.S.
_ABBREVIATIONS = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "st",
        "jr",
        "sr",
        "gen",
        "col",
        "lt",
        "sgt",
        "capt",
        "rev",
        "hon",
        "gov",
        "sen",
        "rep",
        "messrs",
        "mt",
        "ft",
        "vs",
        "etc",
        "e.g",
        "i.e",
        "cf",
        "approx",
        "dept",
        "est",
        "inc",
        "ltd",
        "corp",
        "co",
        "bros",
        "fig",
        "vol",
        "ch",
        "pp",
        "al",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
    ]
)
_BEFORE_NUMBERS = frozenset({"no", "nos", "p", "pp", "art", "sec", "op"})


@dataclass(frozen=True, slots=True)
class _Item:
    """A word, whose it is, whether an utterance of the input began with it, and was no speech."""

    word: Word
    speaker: str
    opens: bool
    is_apart: bool


def segment(transcript: Transcript) -> Transcript:
    """Split anew at sentence ends, pauses and speaker changes.

    A pause is 700 ms of nothing, or 350 ms after a comma. An utterance lasts at most 15 s and has
    at most 40 words (a single longer word stays whole): longer ones are split where the pause is
    longest, rather after a comma and rather where the input had a boundary. A sound in an utterance
    of its own stays in one. Words keep their order, text and times; ids become u1, u2, …
    """
    items = [
        _Item(word, utterance.speaker, i == 0, utterance.is_sound)
        for utterance in transcript.utterances
        for i, word in enumerate(utterance.words)
    ]
    groups: list[list[_Item]] = []
    for item in items:
        if groups and not _breaks(groups[-1][-1], item):
            groups[-1].append(item)
        else:
            groups.append([item])
    pieces = [piece for group in groups for piece in _short_enough(group)]
    return replace(
        transcript,
        utterances=tuple(_utterance(f"u{i}", piece) for i, piece in enumerate(pieces, start=1)),
    )


def ends_sentence(text: str, following: str) -> bool:
    """Whether a sentence ends with this word, given the text of the next one.

    Not after an abbreviation or initials, and after an ellipsis only where a new sentence follows.
    """
    bare = text.rstrip(_CLOSING)
    if _WIDE_END.search(bare):
        return True
    if not _END.search(bare):
        return False
    next_letter = next((c for c in following if c.isalnum()), "")
    if _ELLIPSIS.search(bare):
        return not next_letter.islower()
    if not bare.endswith("."):
        return True
    stem = bare[:-1].lstrip("\"'“‘«([{").lower()
    if stem in _BEFORE_NUMBERS and next_letter.isdigit():
        return False
    return stem not in _ABBREVIATIONS and not _is_initials(bare)


def _is_initials(text: str) -> bool:
    # "I." ends a sentence far more often than it abbreviates a name.
    match = _INITIALS.search(text)
    return match is not None and match.start() == 0 and text != "I."


def _pause_ms(before: _Item, after: _Item) -> int:
    return after.word.span.start_ms - before.word.span.end_ms


def _breaks(before: _Item, after: _Item) -> bool:
    pause_ms = _pause_ms(before, after)
    return (
        before.speaker != after.speaker
        or before.is_apart != after.is_apart
        or (after.is_apart and after.opens)
        or pause_ms >= PAUSE_MS
        or (pause_ms >= COMMA_PAUSE_MS and _after_comma(before))
        or ends_sentence(before.word.text, after.word.text)
    )


def _after_comma(item: _Item) -> bool:
    return bool(_COMMA.search(item.word.text.rstrip(_CLOSING)))


def _short_enough(items: list[_Item]) -> list[list[_Item]]:
    """Halve until every piece is short enough."""
    done: list[list[_Item]] = []
    todo = [items]
    while todo:
        piece = todo.pop()
        length_ms = piece[-1].word.span.end_ms - piece[0].word.span.start_ms
        if len(piece) == 1 or (length_ms <= LONGEST_MS and len(piece) <= MOST_WORDS):
            done.append(piece)
            continue
        cut = max(range(1, len(piece)), key=lambda i, piece=piece: _merit(piece, i))  # type: ignore[misc]
        todo += [piece[cut:], piece[:cut]]
    return done


def _merit(piece: list[_Item], cut: int) -> float:
    """How good a place is to split at, in milliseconds of pause."""
    middle = 1 - abs(2 * cut / len(piece) - 1)  # 1 in the middle, 0 at the ends
    return (
        max(0, _pause_ms(piece[cut - 1], piece[cut]))
        + 250 * _after_comma(piece[cut - 1])
        + 250 * piece[cut].opens
        + 400 * middle
    )


def _utterance(name: str, items: list[_Item]) -> Utterance:
    start_ms = items[0].word.span.start_ms
    end_ms = max(start_ms, items[-1].word.span.end_ms)
    words = tuple(item.word for item in items)
    return Utterance(name, Span(start_ms, end_ms), words, items[0].speaker)
