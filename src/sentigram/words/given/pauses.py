"""When sounds and short songs are shown whose cues lie over what is said.

Words are looked for where their own cue has them. `[rain]` over a whole sentence takes no time from
it, since half of it would then be looked for beside the sound: the pauses are the sound's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from sentigram.core.time import Span
from sentigram.words.missed import joined, uncovered

_READABLE_MS = 1_000  # a pause of this length is taken before a longer one that comes later


@dataclass(frozen=True, slots=True)
class SaidTimes:
    """Where a text says that somebody speaks.

    Attributes:
        cues: In order of their starts.
        covered: The same, in order and apart.
    """

    cues: tuple[Span, ...]
    covered: tuple[Span, ...]

    @classmethod
    def of(cls, cues: Iterable[Span]) -> SaidTimes:
        """Those of cues in any order."""
        in_order = tuple(sorted(cues))
        return cls(in_order, tuple(joined(in_order, 0)))

    def pause(self, span: Span, least_ms: int) -> Span:
        """The part of a span in which nothing is said: the first of a second, or the longest.

        Without a pause of `least_ms`, it is that much right before or after what is being said as
        it begins, whichever is nearer.
        """
        free = [rest for rest in uncovered(span, self.covered) if rest.duration_ms >= least_ms]
        if free:
            readable = (rest for rest in free if rest.duration_ms >= _READABLE_MS)
            return next(readable, None) or max(free, key=lambda rest: rest.duration_ms)
        start_ms = self._nearest_edge(span.start_ms)
        return Span(start_ms, start_ms + least_ms)

    def _nearest_edge(self, ms: int) -> int:
        """Where what is being said at a time begins or ends; the time itself if nothing is."""
        for cues in (self.cues, self.covered):
            at = bisect_right(cues, ms, key=lambda cue: cue.start_ms)
            if at and cues[at - 1].end_ms > ms:
                said = cues[at - 1]
                return min(said.start_ms, said.end_ms, key=lambda edge: abs(edge - ms))
        return ms
