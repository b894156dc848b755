"""Speech without words: where somebody speaks, and no recognizer and no transcript has a word.

What a recognizer leaves out it does not know; a detector of speech does, without knowing the words.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from sentigram.core.time import MS_PER_SECOND, Span, format_clock
from sentigram.words.speech_events import SpeechEvent

LEAST_MS = 1_000  # what is shorter is a breath, a laugh, a word half heard
_NEAR_MS = 500  # events that are no further apart are one stretch of speech
# Around words, whose times err: wide enough that words 300 ms early or late give no false alarm,
# narrow enough that a short sentence between two others is found (docs/accuracy.md).
_MARGIN_MS = 250
_MOST_NAMED = 6


def missed_speech(
    events: Iterable[SpeechEvent],
    known: Iterable[Span],
    *,
    within: Span | None = None,
) -> tuple[Span, ...]:
    """Stretches of speech, a second long or longer, in which no word is known.

    Args:
        events: Of any kind; only speech counts.
        known: Spans of the words; sounds and songs that a transcript names are such.
        within: Only there words were looked for; None for everywhere.

    Returns:
        In order and apart.
    """
    spoken = joined((e.span for e in events if e.kind == "speech"), _NEAR_MS)
    covered = joined((_widened(span) for span in known), 0)
    free = [rest for span in spoken for rest in uncovered(span, covered)]
    if within is not None:
        free = [_clipped(span, within) for span in free if span.overlap_ms(within)]
    return tuple(span for span in free if span.duration_ms >= LEAST_MS)


def missed_line(missed: Sequence[Span]) -> str:
    """One line for people: where, and how much in all; "" where nothing was missed."""
    if not missed:
        return ""
    seconds = round(sum(span.duration_ms for span in missed) / MS_PER_SECOND)
    return f"speech without words at {named(missed)}; {seconds} s in all"


def named(spans: Sequence[Span]) -> str:
    """The times of the first few, and how many more there are."""
    clocks = ", ".join(_clocks(span) for span in spans[:_MOST_NAMED])
    n_more = len(spans) - _MOST_NAMED
    return clocks + (f" and {n_more} more times" if n_more > 0 else "")


def _clocks(span: Span) -> str:
    """`0:12–0:15`, to the nearest second, and never none long."""
    start_ms = span.start_ms + MS_PER_SECOND // 2
    end_ms = max(span.end_ms + MS_PER_SECOND // 2, start_ms + MS_PER_SECOND)
    return f"{format_clock(start_ms)}–{format_clock(end_ms)}"


def joined(spans: Iterable[Span], near_ms: int) -> list[Span]:
    """In order; those that overlap, or are no further apart, as one."""
    out: list[Span] = []
    for span in sorted(spans):
        if out and span.start_ms - out[-1].end_ms <= near_ms:
            out[-1] = Span(out[-1].start_ms, max(out[-1].end_ms, span.end_ms))
        else:
            out.append(span)
    return out


def uncovered(span: Span, covered: Sequence[Span]) -> Iterator[Span]:
    """What of a span lies in no other, of spans in order and apart."""
    at_ms = span.start_ms
    first = bisect_right(covered, at_ms, key=lambda other: other.end_ms)
    for other in (covered[i] for i in range(first, len(covered))):
        if other.start_ms >= span.end_ms:
            break
        if other.start_ms > at_ms:
            yield Span(at_ms, other.start_ms)
        at_ms = other.end_ms
    if at_ms < span.end_ms:
        yield Span(at_ms, span.end_ms)


def _widened(span: Span) -> Span:
    return Span(max(0, span.start_ms - _MARGIN_MS), span.end_ms + _MARGIN_MS)


def _clipped(span: Span, to: Span) -> Span:
    return Span(max(span.start_ms, to.start_ms), min(span.end_ms, to.end_ms))
