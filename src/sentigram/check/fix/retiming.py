"""Moves starts and ends of cues as far as the silence around them allows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sentigram.check.fix.line_breaks import shown_lines
from sentigram.check.measures import n_chars
from sentigram.check.rules.durations import CLOSE_BELOW_MS
from sentigram.check.standard import Limits
from sentigram.core.time import MS_PER_SECOND, format_vtt
from sentigram.formats import EditableGrammar
from sentigram.formats.track import NewCue

_FARTHEST_MS = 500  # that a start is moved: farther, words and lips part
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
    """

    grammar: EditableGrammar
    tick_ms: int
    limits: Limits
    language: str

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
    for at, (one, two) in enumerate(pairwise(row)):
        one = cues[at]  # noqa: PLW2901  (the pair before may have moved it)
        first, second, move = _parted(one, two, clock)
        cues[at], cues[at + 1] = first, second
        moves += [move] if move else []
    for at, cue in enumerate(cues):
        before = cues[at - 1] if at else None
        after = cues[at + 1] if at + 1 < len(cues) else None
        cues[at], move = _lengthened(cue, before, after, clock)
        moves += [move] if move else []
    return cues, moves


def _parted(one: NewCue, two: NewCue, clock: Clock) -> tuple[NewCue, NewCue, CueChange | None]:
    """Two cues that follow each other, with a gap of two frames or half a second."""
    limits, tick_ms = clock.limits, clock.tick_ms
    gap_ms = two.start_ms - one.end_ms
    end_ms = two.start_ms - clock.gap_ms
    if gap_ms + tick_ms < limits.least_gap_ms:
        rule = "overlap" if gap_ms <= -tick_ms else "gap"
        if end_ms - one.start_ms >= clock.min_ms:
            cut = replace(one, end_ms=end_ms)
            return cut, two, _moved(rule, one, cut, "ends 2 frames before the next cue")
        late_ms = one.end_ms + clock.gap_ms
        is_near = late_ms - two.start_ms <= _FARTHEST_MS
        if is_near and two.end_ms - late_ms >= clock.needed_ms(two):
            late = replace(two, start_ms=late_ms)
            return one, late, _moved(rule, two, late, "begins 2 frames after the cue before it")
        return one, two, None
    is_open = gap_ms - tick_ms >= limits.open_gap_ms and gap_ms + tick_ms < CLOSE_BELOW_MS
    is_shot = any(one.end_ms <= shot <= two.start_ms for shot in limits.shots_ms)
    if is_open and not is_shot and end_ms - one.start_ms <= clock.max_ms:
        held = replace(one, end_ms=end_ms)
        return held, two, _moved("gap-close", one, held, "lasts until 2 frames before the next")
    return one, two, None


def _lengthened(
    cue: NewCue, before: NewCue | None, after: NewCue | None, clock: Clock
) -> tuple[NewCue, CueChange | None]:
    """A cue that is shown long enough, where the silence around it has room; never too long."""
    if cue.duration_ms > clock.max_ms + clock.tick_ms:
        cut = replace(cue, end_ms=cue.start_ms + clock.max_ms)
        return cut, _moved("max-duration", cue, cut, "stays no longer than a cue may")
    needed_ms = clock.needed_ms(cue)
    if cue.duration_ms >= needed_ms:
        return cue, None
    rule = "min-duration" if cue.duration_ms < clock.min_ms else "cps"
    latest_ms = cue.start_ms + needed_ms
    if after is not None:
        latest_ms = min(latest_ms, after.start_ms - clock.gap_ms)
    longer = replace(cue, end_ms=max(cue.end_ms, latest_ms))
    if longer.duration_ms < needed_ms:
        start_ms = longer.end_ms - needed_ms
        earliest_ms = 0 if before is None else before.end_ms + clock.gap_ms
        if start_ms >= earliest_ms and cue.start_ms - start_ms <= _FARTHEST_MS:
            longer = replace(longer, start_ms=start_ms)
    if longer == cue:
        return cue, None
    return longer, _moved(rule, cue, longer, "is shown longer, to be read")


def _moved(rule: str, before: NewCue, after: NewCue, reason: str) -> CueChange:
    before_clock, after_clock = (
        f"{_clock(one.start_ms)}–{_clock(one.end_ms)}" for one in (before, after)
    )
    return CueChange(rule, before.origin, before_clock, after_clock, reason)


def _clock(time_ms: int) -> str:
    return f"-{format_vtt(-time_ms)}" if time_ms < 0 else format_vtt(time_ms)
