"""Moves starts and ends of cues as far as the silence around them allows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sentigram.check.fix.line_breaks import shown_lines
from sentigram.check.measures import n_chars
from sentigram.check.rules.durations import CLOSE_BELOW_MS
from sentigram.check.standard import Limits
from sentigram.core.time import MS_PER_SECOND, format_vtt
from sentigram.formats import EditableGrammar
from sentigram.formats.track import NewCue

FARTHEST_MS = 500  # that a start is moved: farther, words and lips part
_NEAR_SHOT_MS = 500  # Netflix: ends nearer than half a second to a shot go 2 frames before it
_PARTED = {
    "overlap": "2 frames from the next cue, which it overlapped",
    "gap": "2 frames from the next cue",
    "gap-close": "lasts until 2 frames before the next",
}
_LONGEST_TOLD = 500  # characters: cues that are longer are named by their beginning


@dataclass(frozen=True, slots=True)
class CueChange:
    """What was changed.

    Attributes:
        rule: That asked for it.
        cue: Number of the cue in the file that was read.
        before: What it was; of a very long text, its beginning.
        after: What it is; of a very long text, its beginning.
        reason: In words.
    """

    rule: str
    cue: int
    before: str
    after: str
    reason: str

    def __post_init__(self) -> None:
        for name in ("before", "after"):
            text: str = getattr(self, name)
            if len(text) > _LONGEST_TOLD:
                object.__setattr__(self, name, f"{text[:_LONGEST_TOLD]} …")


@dataclass(frozen=True, slots=True)
class Clock:
    """The numbers of one file's times.

    Attributes:
        grammar: Of its text.
        tick_ms: Smallest step of its times.
        limits: What it is checked against.
        language: ISO 639-1.
        wanted: Ids of the rules to keep.
    """

    grammar: EditableGrammar
    tick_ms: int
    limits: Limits
    language: str
    wanted: frozenset[str]

    @property
    def gap_ms(self) -> int:
        """The gap that is left between two cues, on the grid."""
        return math.ceil(self.limits.rules.gap_ms / self.tick_ms) * self.tick_ms

    @property
    def max_ms(self) -> int:
        """The longest cue, on the grid."""
        return self.limits.rules.max_ms // self.tick_ms * self.tick_ms

    @property
    def min_ms(self) -> int:
        """The shortest cue, on the grid."""
        return math.ceil(self.limits.rules.min_ms / self.tick_ms) * self.tick_ms

    def needed_ms(self, draft: NewCue) -> int:
        """How long a cue must be shown to be read, within its limits, on the grid."""
        chars = sum(n_chars(t, self.language) for t in shown_lines(self.grammar, draft.source))
        reading_ms = math.ceil(chars * MS_PER_SECOND / self.limits.rules.cps / self.tick_ms)
        return min(self.max_ms, max(self.min_ms, reading_ms * self.tick_ms))


def sounded(drafts: Sequence[NewCue], clock: Clock) -> tuple[list[NewCue], list[CueChange]]:
    """Times that make sense: from 0 on, and ends after starts."""
    out, moves = [], []
    for draft in drafts:
        start_ms, end_ms = max(0, draft.start_ms), draft.end_ms
        if end_ms <= start_ms:
            end_ms = start_ms + clock.needed_ms(draft)
        sound = replace(draft, start_ms=start_ms, end_ms=end_ms)
        if sound != draft:
            moves.append(_moved("times", draft, sound, "its times made no sense"))
        out.append(sound)
    return out, moves


def retimed(row: Sequence[NewCue], clock: Clock) -> tuple[list[NewCue], list[CueChange]]:
    """One pass over the cues of a row, in order of time."""
    cues, moves = list(row), list[CueChange]()
    for at in range(len(cues) - 1):
        before = cues[at - 1] if at else None
        after = cues[at + 2] if at + 2 < len(cues) else None
        pair = cues[at], cues[at + 1]
        rule, parted = _parted(*pair, _Around(before, after), clock)
        if rule in clock.wanted:
            reason = _PARTED[rule]
            moves += [
                _moved(rule, old, new, reason)
                for old, new in zip(pair, parted, strict=True)
                if old != new
            ]
            cues[at : at + 2] = parted
    for at, cue in enumerate(cues):
        around = _Around(cues[at - 1] if at else None, cues[at + 1] if at + 1 < len(cues) else None)
        cues[at], move = _lengthened(cue, around, clock)
        moves += [move] if move else []
    return cues, moves


@dataclass(frozen=True, slots=True)
class _Around:
    """The cues before and after, None at the ends of the file."""

    before: NewCue | None
    after: NewCue | None

    def earliest_ms(self, clock: Clock) -> int:
        """When a cue may begin, for all that stands before it."""
        return 0 if self.before is None else self.before.end_ms + clock.gap_ms

    def latest_ms(self, cue: NewCue, clock: Clock) -> int:
        """When a cue may end, for all that stands after it; no earlier than it does."""
        free_ms = cue.start_ms + clock.max_ms
        if self.after is not None:
            free_ms = min(free_ms, self.after.start_ms - clock.gap_ms)
        return max(cue.end_ms, free_ms)


def _parted(
    one: NewCue, two: NewCue, around: _Around, clock: Clock
) -> tuple[str, tuple[NewCue, NewCue]]:
    """Two cues with two frames or half a second between, and the rule that asked for it."""
    limits, tick_ms = clock.limits, clock.tick_ms
    gap_ms = two.start_ms - one.end_ms
    if gap_ms + tick_ms < limits.least_gap_ms:
        rule = "overlap" if gap_ms <= -tick_ms else "gap"
        return rule, _apart(one, two, around, clock, is_overlap=rule == "overlap")
    end_ms = two.start_ms - clock.gap_ms
    is_open = gap_ms - tick_ms >= limits.open_gap_ms and gap_ms + tick_ms < CLOSE_BELOW_MS
    is_shot = any(one.end_ms <= shot <= two.start_ms for shot in limits.shots_ms)
    if is_open and not is_shot and end_ms - one.start_ms <= clock.max_ms:
        return "gap-close", (replace(one, end_ms=end_ms), two)
    return "", (one, two)


def _apart(
    one: NewCue, two: NewCue, around: _Around, clock: Clock, *, is_overlap: bool
) -> tuple[NewCue, NewCue]:
    """Two cues with a gap between, taken from the time that they can spare.

    The first ends earlier, the second begins later and lasts into the silence after it, the first
    begins earlier: each as far as it can still be read. Where that is not enough, time is taken
    from a cue that could not be read anyway; of an overlap, from the first.
    """
    missing_ms = clock.gap_ms - (two.start_ms - one.end_ms)
    spare_ms = one.duration_ms - clock.needed_ms(one)
    free_ms = _Around(one, around.after).latest_ms(two, clock) - two.start_ms
    late_room_ms = min(FARTHEST_MS, max(0, free_ms - clock.needed_ms(two)))
    early_room_ms = min(FARTHEST_MS, max(0, one.start_ms - around.earliest_ms(clock)))
    cut_ms = min(missing_ms, max(0, spare_ms))
    late_ms = min(missing_ms - cut_ms, late_room_ms)
    early_ms = min(missing_ms - cut_ms - late_ms, early_room_ms)
    left_ms = missing_ms - cut_ms - late_ms - early_ms
    if left_ms and (is_overlap or spare_ms < 0) and one.duration_ms - missing_ms >= clock.min_ms:
        return replace(one, end_ms=one.end_ms - missing_ms), two
    if left_ms:
        return one, two
    end_ms = one.end_ms - cut_ms - early_ms
    later = replace(two, start_ms=two.start_ms + late_ms)
    later = replace(later, end_ms=max(two.end_ms, later.start_ms + clock.needed_ms(two)))
    return replace(one, start_ms=one.start_ms - early_ms, end_ms=end_ms), later if late_ms else two


def _lengthened(cue: NewCue, around: _Around, clock: Clock) -> tuple[NewCue, CueChange | None]:
    """A cue that is shown long enough, where the silence around it has room; never too long.

    It lasts into the silence after it as far as it has to and can; only if that is not enough does
    it begin earlier, and only if that makes it long enough.
    """
    if cue.duration_ms > clock.max_ms + clock.tick_ms and "max-duration" in clock.wanted:
        cut = replace(cue, end_ms=cue.start_ms + clock.max_ms)
        return cut, _moved("max-duration", cue, cut, "stays no longer than a cue may")
    needed_ms = clock.needed_ms(cue)
    broken = ("min-duration",) * (cue.duration_ms < clock.min_ms) + ("cps",)
    rule = next((name for name in broken if name in clock.wanted), "")
    if cue.duration_ms >= needed_ms or not rule:
        return cue, None
    latest_ms = around.latest_ms(cue, clock)
    longer = replace(cue, end_ms=_beside_shots(cue.start_ms + needed_ms, latest_ms, clock))
    if longer.duration_ms < needed_ms:
        start_ms = longer.end_ms - needed_ms
        is_near = cue.start_ms - start_ms <= FARTHEST_MS
        if start_ms >= around.earliest_ms(clock) and is_near:
            longer = replace(longer, start_ms=start_ms)
    if longer == cue:
        return cue, None
    return longer, _moved(rule, cue, longer, "is shown longer, to be read")


def _beside_shots(wanted_ms: int, latest_ms: int, clock: Clock) -> int:
    """An end that is no earlier than it has to be, two frames before a shot or half a second after.

    Args:
        wanted_ms: The end that is asked for.
        latest_ms: The end that is possible; it counts more than shots do.
        clock: Whose limits name the shots.
    """
    end_ms = min(wanted_ms, latest_ms)
    for shot_ms in clock.limits.shots_ms:
        before_ms = (shot_ms - clock.gap_ms) // clock.tick_ms * clock.tick_ms
        if before_ms - _NEAR_SHOT_MS < end_ms <= before_ms:
            return min(before_ms, latest_ms)
        if (
            before_ms < end_ms < before_ms + _NEAR_SHOT_MS
            and before_ms + _NEAR_SHOT_MS <= latest_ms
        ):
            return before_ms + _NEAR_SHOT_MS
    return end_ms


def _moved(rule: str, before: NewCue, after: NewCue, reason: str) -> CueChange:
    before_clock, after_clock = (
        f"{_clock(one.start_ms)}–{_clock(one.end_ms)}" for one in (before, after)
    )
    return CueChange(rule, before.origin, before_clock, after_clock, reason)


def _clock(time_ms: int) -> str:
    return f"-{format_vtt(-time_ms)}" if time_ms < 0 else format_vtt(time_ms)
