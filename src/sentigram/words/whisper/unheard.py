"""Voice for which the model wrote nothing: it stops early now and then, or skips what repeats."""

from __future__ import annotations

from collections.abc import Sequence

from sentigram.core.time import Span
from sentigram.core.transcript import Word
from sentigram.words.whisper.windows import Window, merged

_LEAST_MS = (
    1_000  # of voice without words: shorter ones are breaths, and words that are placed badly
)
_REACH_MS = 250  # words are placed this much off, more often than not
_WORD_MS = 600  # from the start of a word, and before its end: a longer one hides others
_PAD_MS = 200


def unheard(window: Window, words: Sequence[Word]) -> tuple[Window, ...]:
    """The stretches of a window that should be heard once more.

    Args:
        window: What the model heard.
        words: What it wrote, and stays; in order.
    """
    covered = merged(
        span
        for word in words
        for span in (
            _around(word.span.start_ms, min(word.span.end_ms, word.span.start_ms + _WORD_MS)),
            _around(max(word.span.start_ms, word.span.end_ms - _WORD_MS), word.span.end_ms),
        )
    )
    out: list[Window] = []
    for span in merged(window.speech, gap_ms=_LEAST_MS):
        for free in _without(span, covered):
            speech = tuple(_within(s, free) for s in window.speech if s.overlap_ms(free))
            if sum(part.duration_ms for part in speech) >= _LEAST_MS:
                rest = Span(speech[0].start_ms, speech[-1].end_ms)
                out.append(Window(_padded(rest, window.span, covered), speech))
    return tuple(out)


def _around(start_ms: int, end_ms: int) -> Span:
    return Span(max(0, start_ms - _REACH_MS), end_ms + _REACH_MS)


def _without(span: Span, covered: Sequence[Span]) -> list[Span]:
    """What is left of a span."""
    out: list[Span] = []
    start_ms = span.start_ms
    for other in covered:
        if other.overlap_ms(span):
            if other.start_ms > start_ms:
                out.append(Span(start_ms, other.start_ms))
            start_ms = max(start_ms, other.end_ms)
    if start_ms < span.end_ms:
        out.append(Span(start_ms, span.end_ms))
    return out


def _within(span: Span, limits: Span) -> Span:
    return Span(max(span.start_ms, limits.start_ms), min(span.end_ms, limits.end_ms))


def _padded(span: Span, limits: Span, covered: Sequence[Span]) -> Span:
    """With some sound before and after, but none of the words around."""
    low_ms = max((c.end_ms for c in covered if c.end_ms <= span.start_ms), default=limits.start_ms)
    high_ms = min((c.start_ms for c in covered if c.start_ms >= span.end_ms), default=limits.end_ms)
    return Span(
        max(low_ms, limits.start_ms, span.start_ms - _PAD_MS),
        min(high_ms, limits.end_ms, span.end_ms + _PAD_MS),
    )
