"""Which times that a file gives to words can be; the others are not believed.

Recognizers that lose the thread give words no length, all the same time, a time before the word
that precedes them, or one after the end of the recording.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from sentigram.core.text import letters
from sentigram.formats.track import SpokenCue, TimedWord

_LEAST_MS_PER_LETTER = 8  # five times faster than the fastest speech
_LONGEST_MS = 5000  # of a word; a longer one holds a pause
_MOST_MS_PER_LETTER = 400  # of a very long one
_ROOM_MS_PER_LETTER = 35  # fast speech
_OUTSIDE_MS = 2000  # between a word and its cue: recognizers mend one without the other


def believed(
    cue: SpokenCue, words: Sequence[TimedWord], limit_ms: int | None
) -> tuple[tuple[TimedWord, ...], int]:
    """Words without the times that cannot be, and how many times were taken.

    Args:
        cue: That holds them.
        words: In order.
        limit_ms: Length of the media, None where it is not known.
    """
    timed = [i for i, word in enumerate(words) if _span(word) is not None]
    doubted = {i for i in timed if not _is_possible(words[i], cue)}
    doubted |= _copied(words, timed)
    doubted |= _backwards(words, [i for i in timed if i not in doubted])
    if limit_ms is not None:
        doubted |= _late(words, [i for i in timed if i not in doubted], limit_ms)
    if not doubted:
        return tuple(words), 0
    kept = tuple(
        replace(word, start_ms=None, end_ms=None) if i in doubted else word
        for i, word in enumerate(words)
    )
    return kept, len(doubted)


def _span(word: TimedWord) -> tuple[int, int] | None:
    if word.start_ms is None or word.end_ms is None:
        return None
    return word.start_ms, word.end_ms


def _is_possible(word: TimedWord, cue: SpokenCue) -> bool:
    start_ms, end_ms = word.start_ms or 0, word.end_ms or 0
    n_letters = letters(word.text)
    length_ms = end_ms - start_ms
    if not max(1, _LEAST_MS_PER_LETTER * n_letters) <= length_ms:
        return False
    if n_letters and length_ms > max(_LONGEST_MS, _MOST_MS_PER_LETTER * n_letters):
        return False
    if cue.end_ms <= cue.start_ms:
        return True
    return cue.start_ms - _OUTSIDE_MS <= start_ms <= cue.end_ms + _OUTSIDE_MS


def _copied(words: Sequence[TimedWord], timed: Sequence[int]) -> set[int]:
    """Words with one and the same time, as where that of the segment was written at each."""
    spans = [_span(words[i]) for i in timed]
    return {
        timed[at]
        for at in range(len(timed))
        if (at and spans[at] == spans[at - 1])
        or (at + 1 < len(timed) and spans[at] == spans[at + 1])
    }


def _backwards(words: Sequence[TimedWord], timed: Sequence[int]) -> set[int]:
    """All but the most words whose starts increase; of two that disagree the first is believed."""
    order = list(reversed(timed))  # patience sorting prefers what comes last
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for at, i in enumerate(order):
        start_ms = -(words[i].start_ms or 0)
        k = bisect_left(tails, start_ms)
        before.append(ends[k - 1] if k else -1)
        tails[k : k + 1] = [start_ms]
        ends[k : k + 1] = [at]
    kept = set()
    at = ends[-1] if ends else -1
    while at >= 0:
        kept.add(order[at])
        at = before[at]
    return set(timed) - kept


def _late(words: Sequence[TimedWord], timed: Sequence[int], limit_ms: int) -> set[int]:
    """Words after the end of the media that have room before it; else the media was cut."""
    late = [i for i in timed if (words[i].start_ms or 0) >= limit_ms]
    inside = [i for i in timed if (words[i].start_ms or 0) < limit_ms]
    if not late or not inside:
        return set()
    room_ms = limit_ms - (words[inside[-1]].end_ms or 0)
    needed_ms = sum(_ROOM_MS_PER_LETTER * (letters(words[i].text) + 1) for i in late)
    return set(late) if room_ms >= needed_ms else set()
