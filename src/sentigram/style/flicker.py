"""No flicker: short runs of one style take the style beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sentigram.core.emotion import NEUTRAL
from sentigram.core.time import Span


@dataclass(slots=True)
class Mark:
    """What a word is about to be drawn as; changed in place while runs are evened out.

    Attributes:
        emotion: Name, or neutral.
        level: 0 for neutral, else 1 and up.
        span: When the word is said.
        utterance: Number of its utterance.
        is_firm: Strong enough, or set by hand, to stand in however short a run.
        is_by_hand: A person set it: neither emotion nor level moves.
    """

    emotion: str
    level: int
    span: Span
    utterance: int
    is_firm: bool = False
    is_by_hand: bool = False


@dataclass(slots=True)
class _Run:
    start: int
    end: int  # one past the last word
    value: object


def even_out(marks: list[Mark], *, min_run_ms: int) -> None:
    """Let every run that is too short take the style beside it, in place.

    Afterwards each run of one emotion lasts at least `min_run_ms`, from its first word's start to
    its last word's end, or holds a firm word of that emotion; inside it, each run of one level
    does too, or holds a word set by hand, or is the whole run. A neutral gap within an utterance
    is closed when a lasting run of emotion lies beside it. Nothing spreads past its utterance.
    """
    _merge_emotions(marks, min_run_ms)
    _merge_levels(marks, min_run_ms)


def _duration_ms(marks: list[Mark], run: _Run) -> int:
    return marks[run.end - 1].span.end_ms - marks[run.start].span.start_ms


def _runs(marks: list[Mark], value: Callable[[Mark], object]) -> list[_Run]:
    runs: list[_Run] = []
    for i, mark in enumerate(marks):
        if runs and runs[-1].value == value(mark):
            runs[-1].end = i + 1
        else:
            runs.append(_Run(i, i + 1, value(mark)))
    return runs


def _join(runs: list[_Run], at: int) -> int:
    """Unite a run with neighbours of its value; the position from which to look again."""
    if at + 1 < len(runs) and runs[at + 1].value == runs[at].value:
        runs[at].end = runs.pop(at + 1).end
    if at > 0 and runs[at - 1].value == runs[at].value:
        runs[at - 1].end = runs.pop(at).end
        at -= 1
    return max(0, at - 1)


def _merge_emotions(marks: list[Mark], min_run_ms: int) -> None:
    runs = _runs(marks, lambda mark: mark.emotion)
    at = 0
    while at < len(runs):
        run = runs[at]
        if _duration_ms(marks, run) >= min_run_ms or any(
            mark.is_firm for mark in marks[run.start : run.end]
        ):
            at += 1
            continue
        near = [
            other
            for other, edge, beyond in (
                (runs[at - 1] if at else None, run.start, run.start - 1),
                (runs[at + 1] if at + 1 < len(runs) else None, run.end - 1, run.end),
            )
            if other is not None and marks[edge].utterance == marks[beyond].utterance
        ]
        taken = (
            _for_gap(marks, near, min_run_ms) if run.value == NEUTRAL else _for_flash(marks, near)
        )
        if taken is None:
            at += 1
            continue
        emotion, level = taken
        for mark in marks[run.start : run.end]:
            mark.emotion, mark.level = emotion, level
        run.value = emotion
        at = _join(runs, at)


def _edge_level(marks: list[Mark], run: _Run) -> int:
    return min(marks[run.start].level, marks[run.end - 1].level)


def _for_gap(marks: list[Mark], near: list[_Run], min_run_ms: int) -> tuple[str, int] | None:
    """What a short neutral gap becomes; it stays at an utterance's edge and between flashes."""
    lasting = [run for run in near if _duration_ms(marks, run) >= min_run_ms]
    if len(near) < 2 or not lasting:
        return None
    run = max(lasting, key=lambda r: _duration_ms(marks, r))
    return str(run.value), _edge_level(marks, run)


def _for_flash(marks: list[Mark], near: list[_Run]) -> tuple[str, int]:
    """What a short, weak run of emotion becomes."""
    if not near or any(run.value == NEUTRAL for run in near):
        return NEUTRAL, 0
    run = max(near, key=lambda r: _duration_ms(marks, r))
    return str(run.value), _edge_level(marks, run)


def _merge_levels(marks: list[Mark], min_run_ms: int) -> None:
    runs = _runs(marks, lambda mark: (mark.emotion, mark.level))
    at = 0
    while at < len(runs):
        run = runs[at]
        words = marks[run.start : run.end]
        near = [
            runs[i]
            for i in (at - 1, at + 1)
            if 0 <= i < len(runs) and marks[runs[i].start].emotion == words[0].emotion
        ]
        if (
            not near
            or _duration_ms(marks, run) >= min_run_ms
            or any(mark.is_by_hand for mark in words)
        ):
            at += 1
            continue
        level = words[0].level
        to = min(
            near,
            key=lambda r: (abs(marks[r.start].level - level), -_duration_ms(marks, r)),
        )
        for mark in words:
            mark.level = marks[to.start].level
        run.value = to.value
        at = _join(runs, at)
