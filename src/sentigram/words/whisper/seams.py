"""Joins the words of two windows that overlap: none lost, none twice."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from sentigram.core.time import Span
from sentigram.core.transcript import Word

_SLACK_MS = 300  # two windows place the same word this far apart at most


def joined_at_seam(
    left: Sequence[Word], right: Sequence[Word], overlap: Span
) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """Leave out of each window what the other one heard as well.

    The windows change hands at a word that both heard at about the same time, the one nearest to
    the middle of the overlap; there each is far from its own edge, where words are cut in half.
    Where they heard no word alike, they change hands in the middle of the overlap, and a word stays
    beyond it if the other window heard nothing at that time.

    Args:
        left: Words of the earlier window, in order.
        right: Words of the later window, in order.
        overlap: What both windows heard.

    Returns:
        What stays of each.
    """
    middle_ms = (overlap.start_ms + overlap.end_ms) // 2
    first = next((i for i, w in enumerate(left) if w.span.end_ms > overlap.start_ms), len(left))
    last = max((i + 1 for i, w in enumerate(right) if w.span.start_ms < overlap.end_ms), default=0)
    tail = [bare(word.text) for word in left[first:]]
    head = [bare(word.text) for word in right[:last]]
    pairs = [
        (first + block.a + k, block.b + k)
        for block in SequenceMatcher(None, tail, head, autojunk=False).get_matching_blocks()
        for k in range(block.size)
    ]
    near = [(i, j) for i, j in pairs if _distance_ms(left[i], right[j]) <= _SLACK_MS]
    if near:
        i, j = min(near, key=lambda pair: abs(_middle_ms(left[pair[0]]) - middle_ms))
        return tuple(left[: i + 1]), tuple(right[j + 1 :])
    return _shared_out(left[:first], left[first:], right[:last], right[last:], middle_ms)


def _shared_out(
    before: Sequence[Word],
    tail: Sequence[Word],
    head: Sequence[Word],
    after: Sequence[Word],
    middle_ms: int,
) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """Of words at the same time, those of the window that is further from its edge there."""
    early = [w for w in tail if _middle_ms(w) < middle_ms]
    late = [w for w in head if _middle_ms(w) >= middle_ms]
    kept = early + late
    kept += [w for w in tail if _middle_ms(w) >= middle_ms and not _is_contested(w, late)]
    kept += [w for w in head if _middle_ms(w) < middle_ms and not _is_contested(w, early)]
    return (*before, *sorted(kept, key=_middle_ms)), tuple(after)


def _is_contested(word: Word, others: Sequence[Word]) -> bool:
    return any(_distance_ms(word, other) <= _SLACK_MS for other in others)


def bare(text: str) -> str:
    """A word without case and punctuation; as it is where nothing else is in it."""
    return "".join(c for c in text if c.isalnum()).casefold() or text


def _middle_ms(word: Word) -> int:
    return (word.span.start_ms + word.span.end_ms) // 2


def _distance_ms(one: Word, other: Word) -> int:
    """How far apart two spans lie; 0 where they touch or overlap."""
    return max(0, one.span.start_ms - other.span.end_ms, other.span.start_ms - one.span.end_ms)
