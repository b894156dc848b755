"""When cues come and go.

Times are whole centiseconds, which ASS keeps, and so are the gaps between cues: two frames, rounded
up. A cue comes with its first word and stays until its last word is heard, or longer to be read; it
may come up to LEAD_MS early into silence and up to LAG_MS late. Beyond that, the shortest time of a
cue and the gap are kept first, then the reading speed, then the moment of the words. Where silence
follows, a cue lingers in it for up to LINGER_MS, as editors have it: eyes reach the end of a line
after the voice does.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from sentigram.core.time import MS_PER_CENTISECOND, Span
from sentigram.style.layout.limits import CLOSE_BELOW_MS, LayoutRules

STEP_MS = MS_PER_CENTISECOND
LEAD_MS = 250  # a cue may come this much before its first word
LAG_MS = 300  # and this much after it
LINGER_MS = 500  # and stay this much after its last word (Netflix: up to half a second)
_FAR_LEAD_MS = 2000  # before the end of the media, to be shown long enough at all
SNAP_MS = 500  # a start or an end this near to a shot change goes to it (Netflix: 12 frames)
_MUTE_MS = 250  # of audible speech that may lie outside of its cue for a shot change
_FOREVER_MS = 1 << 50


def floor_step(time_ms: float) -> int:
    """A time on the grid, not later."""
    return int(time_ms // STEP_MS) * STEP_MS


def ceil_step(time_ms: float) -> int:
    """A time on the grid, not earlier."""
    return int(-(-time_ms // STEP_MS)) * STEP_MS


@dataclass(frozen=True, slots=True)
class Slot:
    """What a cue asks for.

    Attributes:
        start_ms: Its first word is heard.
        end_ms: Its last word has been heard.
        need_ms: Shortest time that it must be shown.
        reading_ms: How long it takes to read.
    """

    start_ms: int
    end_ms: int
    need_ms: int
    reading_ms: int


def times(
    slots: Sequence[Slot],
    rules: LayoutRules,
    *,
    end_ms: int = 0,
    shots_ms: Sequence[int] = (),
) -> tuple[Span, ...]:
    """Give each cue its time.

    Args:
        slots: What the cues ask for, in order.
        rules: Shortest and longest cue, and the gap.
        end_ms: End of the media, which no cue outlasts unless a word does; 0 when unknown.
        shots_ms: Where the picture changes, ascending. A start up to SNAP_MS before a change, or
            as much after it, goes to it, and an end goes two frames before it or SNAP_MS beyond
            it, wherever the cue stays readable and no more than a quarter of a second of its
            speech is heard without it.

    Returns:
        Spans on the grid of centiseconds, not overlapping.
    """
    if not slots:
        return ()
    plan = _Plan(slots, rules, end_ms)
    plan.place()
    changes = sorted({floor_step(ms) for ms in shots_ms})
    plan.snap(changes)
    plan.close_gaps()
    plan.linger(changes)
    return tuple(Span(start, end) for start, end in zip(plan.starts, plan.ends, strict=True))


class _Plan:
    """Times while they are being found, in ms on the grid."""

    __slots__ = (
        "ends", "first_ms", "gap_ms", "heard_ms", "limit_ms", "max_ms", "needs_ms", "reading_ms",
        "starts", "total",
    )  # fmt: skip

    def __init__(self, slots: Sequence[Slot], rules: LayoutRules, end_ms: int) -> None:
        self.total = len(slots)
        self.gap_ms = rules.grid_gap_ms
        self.max_ms = max(floor_step(rules.max_ms), STEP_MS)
        self.first_ms = [floor_step(slot.start_ms) for slot in slots]
        self.heard_ms = [ceil_step(slot.end_ms) for slot in slots]
        last_ms = self.heard_ms[-1]
        self.limit_ms = max(floor_step(end_ms), last_ms) if end_ms else _FOREVER_MS
        if end_ms and ceil_step(end_ms) == last_ms and end_ms >= slots[-1].end_ms:
            self.limit_ms = max(floor_step(end_ms), STEP_MS)
        for i, following_ms in enumerate(self.first_ms[1:]):
            self.heard_ms[i] = min(self.heard_ms[i], following_ms - self.gap_ms)
        self.needs_ms = [slot.need_ms for slot in slots]
        self.reading_ms = [min(slot.reading_ms, self.max_ms) for slot in slots]
        self.starts: list[int] = []
        self.ends: list[int] = []

    def place(self) -> None:
        """Every cue as near to its words as those around it allow."""
        latest = self._latest_starts()
        free_ms = 0
        for i in range(self.total):
            first_ms, heard_ms = self.first_ms[i], self.heard_ms[i]
            need_ms, reading_ms = self.needs_ms[i], self.reading_ms[i]
            is_last = i + 1 == self.total
            stop_ms = self.limit_ms if is_last else latest[i + 1] - self.gap_ms
            next_ms = self.limit_ms if is_last else self.first_ms[i + 1] - self.gap_ms
            low = max(free_ms, min(first_ms - LEAD_MS, latest[i]))
            wanted = min(first_ms, next_ms - reading_ms)
            start_ms = min(max(wanted, low), max(latest[i], low))
            if start_ms < heard_ms - self.max_ms <= latest[i]:
                start_ms = heard_ms - self.max_ms
            end_ms = max(start_ms + need_ms, heard_ms, min(start_ms + reading_ms, next_ms))
            end_ms = max(min(end_ms, stop_ms, start_ms + self.max_ms), start_ms + STEP_MS)
            self.starts.append(start_ms)
            self.ends.append(end_ms)
            free_ms = end_ms + self.gap_ms

    def _latest_starts(self) -> list[int]:
        """When each cue must have begun, so that all after it can be shown long enough."""
        bounds, free_ms = [], 0
        for first_ms, heard_ms, need_ms in zip(
            self.first_ms, self.heard_ms, self.needs_ms, strict=True
        ):
            earliest_ms = max(free_ms, first_ms - LEAD_MS)
            bounds.append(max(first_ms + LAG_MS, earliest_ms))
            free_ms = max(earliest_ms + need_ms, heard_ms) + self.gap_ms
        latest = [0] * self.total
        stop_ms = self.limit_ms
        for i in reversed(range(self.total)):
            lowest_ms = max(0, self.first_ms[i] - _FAR_LEAD_MS)
            latest[i] = min(bounds[i], stop_ms - self.needs_ms[i])
            if latest[i] < lowest_ms:  # no room to be shown as long as it should
                latest[i] = max(0, min(lowest_ms, stop_ms - STEP_MS))
                self.needs_ms[i] = max(STEP_MS, stop_ms - latest[i])
            stop_ms = latest[i] - self.gap_ms
        return latest

    def snap(self, shots_ms: Sequence[int]) -> None:
        """Starts and ends that lie near a change of shot go to it."""
        for i in range(self.total):
            self._snap_start(i, shots_ms)
            self._snap_end(i, shots_ms)

    def _snap_start(self, i: int, shots_ms: Sequence[int]) -> None:
        start_ms, first_ms = self.starts[i], self.first_ms[i]
        free_ms = self.ends[i - 1] + self.gap_ms if i else 0
        for shot_ms in _near(shots_ms, start_ms):
            if not -SNAP_MS <= shot_ms - first_ms <= _MUTE_MS:
                continue
            end_ms = max(self.ends[i], min(self._room_end(i), shot_ms + self.needs_ms[i]))
            long_enough = self.needs_ms[i] <= end_ms - shot_ms <= self.max_ms
            shorter_ms = shot_ms - self.gap_ms  # the cue before may have to go earlier
            frees = shot_ms >= free_ms or (
                shorter_ms - self.starts[i - 1] >= self.needs_ms[i - 1]
                and shorter_ms >= self.heard_ms[i - 1] - _MUTE_MS
            )
            if long_enough and frees:
                self.starts[i], self.ends[i] = shot_ms, end_ms
                if i:
                    self.ends[i - 1] = min(self.ends[i - 1], shorter_ms)
                return

    def _room_end(self, i: int) -> int:
        return self.starts[i + 1] - self.gap_ms if i + 1 < self.total else self.limit_ms

    def _snap_end(self, i: int, shots_ms: Sequence[int]) -> None:
        start_ms, end_ms, need_ms = self.starts[i], self.ends[i], self.needs_ms[i]
        room_ms = min(self._room_end(i), start_ms + self.max_ms)
        for shot_ms in _near(shots_ms, end_ms):
            before_ms, beyond_ms = shot_ms - self.gap_ms, shot_ms + SNAP_MS
            if before_ms == end_ms:
                return
            reads = before_ms - start_ms >= min(need_ms, end_ms - start_ms)
            if reads and self.heard_ms[i] - _MUTE_MS <= before_ms <= room_ms:
                self.ends[i] = before_ms
                return
            if shot_ms <= end_ms < beyond_ms <= room_ms:
                self.ends[i] = beyond_ms
                return

    def close_gaps(self) -> None:
        """Gaps under half a second become two frames.

        From the last to the first: a cue that has to begin later opens the gap before it.
        """
        for i in reversed(range(self.total - 1)):
            start_ms, next_ms = self.starts[i], self.starts[i + 1]
            gap_ms = next_ms - self.ends[i]
            if not self.gap_ms < gap_ms < CLOSE_BELOW_MS:
                continue
            longest_ms = start_ms + self.max_ms
            if next_ms - self.gap_ms <= longest_ms:
                self.ends[i] = next_ms - self.gap_ms
            elif next_ms - self.gap_ms - longest_ms + start_ms <= self.first_ms[i] + LAG_MS:
                self.starts[i] += next_ms - self.gap_ms - longest_ms
                self.ends[i] = next_ms - self.gap_ms
            elif next_ms - CLOSE_BELOW_MS >= max(
                start_ms + self.needs_ms[i], self.heard_ms[i] - LAG_MS
            ):
                self.ends[i] = next_ms - CLOSE_BELOW_MS

    def linger(self, shots_ms: Sequence[int]) -> None:
        """Cues stay a little into the silence after their words, as long as nothing flickers.

        An end either meets the next cue or leaves half a second before it, and lies two frames
        before the next change of shot or half a second from there.
        """
        for i, end_ms in enumerate(self.ends):
            next_ms = self.starts[i + 1] if i + 1 < self.total else _FOREVER_MS
            at = bisect_left(shots_ms, end_ms)
            shot_ms = shots_ms[at] if at < len(shots_ms) else _FOREVER_MS
            meets_ms, before_ms = next_ms - self.gap_ms, shot_ms - self.gap_ms
            apart_ms, off_ms = next_ms - CLOSE_BELOW_MS, before_ms - SNAP_MS
            most_ms = min(
                self.heard_ms[i] + LINGER_MS, self.limit_ms, self.starts[i] + self.max_ms, meets_ms
            )
            self.ends[i] = max(
                (
                    ms
                    for ms in (most_ms, meets_ms, apart_ms, before_ms, off_ms)
                    if end_ms <= ms <= most_ms
                    and (ms <= apart_ms or ms in (meets_ms, before_ms))
                    and (ms <= off_ms or ms == before_ms)
                ),
                default=end_ms,
            )


def _near(shots_ms: Sequence[int], time_ms: int) -> list[int]:
    """Changes within SNAP_MS of a time, the nearest first."""
    low = bisect_left(shots_ms, time_ms - SNAP_MS + 1)
    high = bisect_left(shots_ms, time_ms + SNAP_MS)
    return sorted(shots_ms[low:high], key=lambda ms: abs(ms - time_ms))
