"""Stretches of speech that are encoded at once: utterances that lie close together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sentigram.core.time import Span
from sentigram.core.transcript import Utterance
from sentigram.emotion.decision import windows

_LONGEST_MS = 9_500  # below what networks hear at once, so that few segments are cut again
_LONGEST_PAUSE_MS = 1_500  # longer ones cost more to encode than the context of another segment


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring utterances of one speaker.

    Attributes:
        span: All that the windows of their words reach.
        utterances: They, at least one.
        windows: Of their words, in order.
    """

    span: Span
    utterances: tuple[Utterance, ...]
    windows: tuple[Span, ...]

    @property
    def n_words(self) -> int:
        """Of all its utterances."""
        return len(self.windows)


def stretches(utterances: Sequence[Utterance], duration_ms: int) -> Iterator[Stretch]:
    """Put utterances together as long as they are short, close, and of one speaker.

    Each stretch that is encoded apart is heard with a second of sound around it, which is encoded
    for nothing else: few long stretches cost less than many short ones.
    """
    group: list[Utterance] = []
    for utterance in utterances:
        if group and not _fits(group, utterance):
            yield _segment(group, duration_ms)
            group = []
        group.append(utterance)
    if group:
        yield _segment(group, duration_ms)


def _fits(group: Sequence[Utterance], following: Utterance) -> bool:
    first, last = group[0], group[-1]
    return (
        following.speaker == last.speaker
        and following.span.start_ms >= last.span.start_ms
        and following.span.start_ms - last.span.end_ms <= _LONGEST_PAUSE_MS
        and following.span.end_ms - first.span.start_ms <= _LONGEST_MS
    )


def _segment(group: Sequence[Utterance], duration_ms: int) -> Stretch:
    spans = [window for utterance in group for window in windows(utterance, duration_ms)]
    start = min(span.start_ms for span in spans)
    return Stretch(Span(start, max(span.end_ms for span in spans)), tuple(group), tuple(spans))
