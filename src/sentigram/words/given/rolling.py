"""Unrolls captions that show each line again: every word once, when it first appears.

Live captions scroll: a cue shows the line before it and adds one (roll-up), or the same line with
more words in it (paint-on); converters put dummy cues of 10 ms between. Whoever reads all of them
hears everything three times. But people repeat themselves too: a chorus, "No. – No." So text that
comes again is dropped only where the cues touch in time, and where it is not the only such pair: a
caption scrolls all the time or never.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from sentigram.core.text import letters
from sentigram.formats.track import SpokenCue

_TOUCH_MS = 300  # between cues that scroll; the first cue after a cleared screen repeats nothing
_LEAST_MS_PER_LETTER = 25  # nobody speaks faster: twice the fastest speech
_LEAST_CHAIN = 2  # pairs of cues in a row: one alone may be a person's repetition
_MOST_LINES = 8  # on a screen; and
_MOST_WORDS = 120  # what is longer does not scroll, and must not make this slow
_LEAST_SLID = 3  # words that may be shown again from the middle of a line

# Words, and characters of scripts without spaces.
_ALONE = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_ALONE}]|[^\s{_ALONE}]+")

_Kind = Literal["apart", "again", "less", "more"]


@dataclass(frozen=True, slots=True)
class _Shown:
    """A cue, and its words as they are compared.

    Attributes:
        words: In lower case.
        firsts: Which of them begin a line.
        ends: Where each ends in the text; none where the cue has words of its own.
    """

    cue: SpokenCue
    words: tuple[str, ...]
    firsts: tuple[int, ...]
    ends: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Pair:
    """What a cue repeats of the one before it.

    Attributes:
        kind: Nothing, all of it and no more, a part of it and no more, or something and more.
        n_words: How many of its words are repeated.
    """

    kind: _Kind
    n_words: int = 0


_APART = _Pair("apart")


def unrolled(cues: Sequence[SpokenCue]) -> tuple[tuple[SpokenCue, ...], tuple[str, ...]]:
    """Cues in which each word stands once, and what to say of it.

    Args:
        cues: With times; in any order.

    Returns:
        The cues as they were where none of them scroll, else in order of time.
    """
    shown = [_shown(cue) for cue in sorted(cues, key=lambda cue: cue.start_ms)]
    pairs = [_compared(before, one) for before, one in pairwise(shown)]
    rolls = _rolling(pairs, [_is_too_short(one.cue) for one in shown[1:]])
    kept: list[SpokenCue] = [one.cue for one in shown[:1]]
    n_dropped = n_merged = 0
    for before, one, pair, is_rolling in zip(shown, shown[1:], pairs, rolls, strict=False):
        if is_rolling and pair.n_words:
            n_dropped += pair.n_words
            if pair.kind == "more":
                kept.append(_without(one, pair.n_words))
            continue
        if pair.kind == "again" and _is_copy(before.cue, one.cue):
            n_merged += 1
            kept[-1] = replace(kept[-1], end_ms=max(kept[-1].end_ms, one.cue.end_ms))
            continue
        kept.append(one.cue)
    if not n_dropped and not n_merged:
        return tuple(cues), ()
    return tuple(kept), tuple(_remarks(n_dropped, n_merged))


def _remarks(n_dropped: int, n_merged: int) -> Iterator[str]:
    if n_dropped:
        yield f"its captions scroll: {n_dropped} words that are shown again were read once"
    if n_merged:
        count = "1 cue that repeats" if n_merged == 1 else f"{n_merged} cues that repeat"
        yield f"{count} the one before, and that there is no time to say, were joined to it"


def _shown(cue: SpokenCue) -> _Shown:
    if cue.words:
        words = tuple(word.text.casefold() for word in cue.words[: _MOST_WORDS + 1])
        return _Shown(cue, words, (0,), ())
    words_in: list[str] = []
    firsts: list[int] = []
    ends: list[int] = []
    for match in _WORD.finditer(cue.text):
        if not ends or "\n" in cue.text[ends[-1] : match.start()]:
            firsts.append(len(words_in))
        words_in.append(match[0].casefold())
        ends.append(match.end())
        if len(words_in) > _MOST_WORDS:
            break
    return _Shown(cue, tuple(words_in), tuple(firsts), tuple(ends))


def _compared(before: _Shown, one: _Shown) -> _Pair:
    """What a cue repeats of the one before it."""
    lengths = len(before.words), len(one.words)
    gap_ms = one.cue.start_ms - max(before.cue.start_ms, before.cue.end_ms)
    if (
        not all(lengths)
        or max(lengths) > _MOST_WORDS
        or gap_ms > _TOUCH_MS
        or before.cue.speaker != one.cue.speaker
    ):
        return _APART
    if before.words == one.words:
        return _Pair("again", lengths[1])
    for first in _beginnings(before):
        rest = before.words[first:]
        if one.words[: len(rest)] == rest:
            return _Pair("less" if len(rest) == len(one.words) else "more", len(rest))
    return _APART


def _beginnings(before: _Shown) -> Iterator[int]:
    """Where what is shown again may begin: at a line, or at a word if enough words follow."""
    lines = before.firsts[-_MOST_LINES:]
    slid = range(1, len(before.words) - _LEAST_SLID + 1)
    yield from sorted({*lines, *slid})


def _rolling(pairs: Sequence[_Pair], too_short: Sequence[bool]) -> list[bool]:
    """Which pairs belong to captions that scroll: stretches where several cues show so.

    Args:
        pairs: Each cue with the one before it.
        too_short: Whether there is no time to say the cue: a dummy that keeps lines on screen.
    """
    rolls = [False] * len(pairs)
    start = 0
    while start < len(pairs):
        end = start
        while end < len(pairs) and pairs[end].kind != "apart":
            end += 1
        n_more = sum(pair.kind == "more" for pair in pairs[start:end])
        if n_more and n_more + sum(too_short[start:end]) >= _LEAST_CHAIN:
            rolls[start:end] = [True] * (end - start)
        start = end + 1
    return rolls


def _is_copy(before: SpokenCue, one: SpokenCue) -> bool:
    """Whether a cue with the text of the one before it is not said by itself."""
    shorter_ms = min(before.end_ms - before.start_ms, one.end_ms - one.start_ms)
    overlap_ms = min(before.end_ms, one.end_ms) - one.start_ms
    return _is_too_short(before) or _is_too_short(one) or 2 * overlap_ms > shorter_ms


def _is_too_short(cue: SpokenCue) -> bool:
    return cue.end_ms - cue.start_ms < _LEAST_MS_PER_LETTER * letters(cue.text)


def _without(one: _Shown, n_words: int) -> SpokenCue:
    """A cue without its first words."""
    if one.cue.words:
        first, *rest = one.cue.words[n_words:]
        return replace(one.cue, words=(replace(first, joined=False), *rest))
    return replace(one.cue, text=one.cue.text[one.ends[n_words - 1] :].strip())
