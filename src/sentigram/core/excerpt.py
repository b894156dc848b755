"""A stretch of a Document: moved out to whole sentences, and cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sentigram.core.document import Document
from sentigram.core.time import Span, format_clock
from sentigram.core.transcript import Utterance
from sentigram.errors import InputError

_FARTHEST_MS = 15_000  # a sentence that goes on for longer is cut between words
_PAUSE_MS = 250  # … at its longest pause, if it has one this long
_MARGIN_MS = 200  # of sound beyond the outer words, where nobody else speaks: word times err


def sentence_bounds(document: Document, asked: Span, *, longest_ms: int | None = None) -> Span:
    """Move a slice out to the sentences that it touches.

    A sentence that reaches further than 15 s out of the slice is cut at a pause, or between words.

    Args:
        document: The words.
        asked: The slice.
        longest_ms: The result is no longer than this, unless the slice is; None for no limit.

    Returns:
        The slice with whole sentences, no further than the media and the words last.
    """
    words = list(document.transcript.words())
    end_ms = max([document.media.duration_ms, *(word.span.end_ms for word in words[-1:])])
    asked = Span(asked.start_ms, max(asked.start_ms, min(asked.end_ms, end_ms)))
    touched = [u for u in document.transcript.utterances if u.span.overlap_ms(asked)]
    if not touched:
        return asked
    room_ms = end_ms if longest_ms is None else max(0, longest_ms - asked.duration_ms)
    starts = _edges([(-w.span.end_ms, -w.span.start_ms) for w in reversed(words)], limit_ms=0)
    start_ms = -_moved_out(
        -asked.start_ms, -touched[0].span.start_ms, starts, min(_FARTHEST_MS, room_ms)
    )
    room_ms -= asked.start_ms - start_ms
    ends = _edges([(w.span.start_ms, w.span.end_ms) for w in words], limit_ms=end_ms)
    end_ms = _moved_out(asked.end_ms, touched[-1].span.end_ms, ends, min(_FARTHEST_MS, room_ms))
    return Span(start_ms, end_ms)


def _edges(spans: Sequence[tuple[int, int]], *, limit_ms: int) -> list[tuple[int, int]]:
    """The end of each word, and how long it is quiet after it."""
    following = [*(start for start, _ in spans[1:]), limit_ms]
    return [(end, max(0, start - end)) for (_, end), start in zip(spans, following, strict=True)]


def _moved_out(
    asked_ms: int, sentence_ms: int, edges: Sequence[tuple[int, int]], reach_ms: int
) -> int:
    """Where the slice ends, for times that grow outwards.

    Args:
        asked_ms: Where it was asked to end.
        sentence_ms: Where the last sentence in it ends.
        edges: See `_edges`.
        reach_ms: How far it may be moved.
    """
    if sentence_ms <= asked_ms:
        return asked_ms
    within = [
        edge for edge in edges if asked_ms <= edge[0] <= min(sentence_ms, asked_ms + reach_ms)
    ]
    if not within:
        return asked_ms
    last, quiet_ms = within[-1]
    if last < sentence_ms:
        longest = max(within, key=lambda edge: edge[1])
        last, quiet_ms = longest if longest[1] >= _PAUSE_MS else within[0]
    return min(last + min(_MARGIN_MS, quiet_ms // 2), asked_ms + reach_ms)


def nothing_said(name: str, span: Span) -> InputError:
    """The error for a slice without words."""
    return InputError(
        f"{name}: nothing is said between {format_clock(span.start_ms)} "
        f"and {format_clock(span.end_ms)}; choose another stretch with `preview`"
    )


def cut_document(document: Document, span: Span) -> Document:
    """Keep the words that lie in a span, the speech without words, and the sounds.

    Raises:
        InputError: No word lies in it.
    """
    utterances: list[Utterance] = []
    readings = []
    remaining = iter(document.track.readings)
    for utterance in document.transcript.utterances:
        pairs = [(word, next(remaining)) for word in utterance.words]
        kept = [(word, reading) for word, reading in pairs if word.span.overlap_ms(span)]
        if kept:
            words = tuple(word for word, _ in kept)
            utterances.append(
                replace(
                    utterance,
                    span=Span(words[0].span.start_ms, words[-1].span.end_ms),
                    words=words,
                )
            )
            readings += [reading for _, reading in kept]
    if not utterances:
        raise nothing_said(document.media.name, span)
    return replace(
        document,
        transcript=replace(document.transcript, utterances=tuple(utterances)),
        track=replace(document.track, readings=tuple(readings)),
        missed=tuple(
            _within(missed, span) for missed in document.missed if missed.overlap_ms(span)
        ),
        sounds=tuple(
            replace(sound, span=_within(sound.span, span))
            for sound in document.sounds
            if sound.span.overlap_ms(span)
        ),
    )


def _within(span: Span, bounds: Span) -> Span:
    return Span(max(span.start_ms, bounds.start_ms), min(span.end_ms, bounds.end_ms))
