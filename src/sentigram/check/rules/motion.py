"""Rules about change: flashes, motion that goes on, and styles that are gone at once."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence

from sentigram.check.measures import brightness, manner
from sentigram.check.rules.catalogue import CheckFinding, Context, number, quoted
from sentigram.check.rules.said import said
from sentigram.core.text import is_sound, is_visible
from sentigram.core.time import MS_PER_SECOND
from sentigram.formats.track import Caption, DrawnEvent, Run
from sentigram.style.text.scripts import segments

_MOST_FLASHES = 3  # a second (WCAG 2.3.1)
_SWINGS_IN_FLASH = 2  # brighter and darker again
_SWING = 0.10  # of the brightness of white: WCAG's general flash
_LONGEST_MOTION_MS = 5000  # WCAG 2.2.2
_NEAR_CAPTIONS = 16  # that are looked at, back from the last one that has begun
_SHORT_STYLE = 0.75  # of the theme's shortest run: times of words are only estimated here


def check(context: Context) -> Iterator[CheckFinding]:
    """Every finding about change."""
    drawn = context.track.drawn or tuple(map(_still, context.spoken))
    finder = _Finder(context)
    if "flashes" in context.wanted:
        yield from _flashes(context, drawn, finder)
    yield from _long_motion(context, drawn, finder)
    if "short-style" in context.wanted and context.track.kind == "ass":
        yield from _short_styles(context)


def _still(caption: Caption) -> DrawnEvent:
    text = " ".join(caption.texts)
    lit = max(
        ((run.look.fill, 1 - run.look.fill_alpha) for run in caption.runs),
        key=lambda light: brightness(*light),
        default=("", 1.0),
    )
    return DrawnEvent(
        key=f"{caption.row} {text.casefold()}",
        start_ms=caption.start_ms,
        end_ms=caption.end_ms,
        runs=caption.runs,
        lights=((caption.start_ms, *lit), (caption.end_ms, *lit)),
        line_number=caption.line_number,
    )


def _flashes(
    context: Context, drawn: Sequence[DrawnEvent], finder: _Finder
) -> Iterator[CheckFinding]:
    """Things that grow brighter and darker more than three times in a second."""
    things: dict[str, list[DrawnEvent]] = {}
    for one in drawn:
        if one.end_ms > one.start_ms and any(is_visible(run.text) for run in one.runs):
            things.setdefault(one.key, []).append(one)
    for same in things.values():
        if len(same) <= _MOST_FLASHES and all(len(one.lights) <= 2 * _MOST_FLASHES for one in same):
            continue  # too few changes for a fourth flash
        same.sort(key=lambda one: one.start_ms)
        most, at_ms = _most_swings(_swings(_timeline(same)))
        if most > _MOST_FLASHES * _SWINGS_IN_FLASH:
            caption = finder.at(at_ms, same[0])
            yield context.found(
                "flashes",
                caption,
                f"{quoted(''.join(run.text for run in same[0].runs))} flashes",
                measured=f"{number(most / _SWINGS_IN_FLASH)} flashes a second",
                allowed=f"{_MOST_FLASHES} flashes a second",
                line_number=same[0].line_number,
            )


def _timeline(same: Sequence[DrawnEvent]) -> Iterator[tuple[int, float]]:
    """Brightness over time; dark between two that do not touch."""
    end_ms = None
    for one in same:
        if end_ms is None or one.start_ms > end_ms:
            if end_ms is not None:
                yield end_ms, 0.0
            yield one.start_ms, 0.0
        for at_ms, fill, opacity in sorted(one.lights, key=lambda light: light[0]):
            yield at_ms, brightness(fill, opacity)
        end_ms = max(one.end_ms, end_ms or 0)
    if end_ms is not None:
        yield end_ms, 0.0


def _swings(points: Iterator[tuple[int, float]]) -> list[int]:
    """Times at which brightness has gone up or down by a swing since it last turned."""
    swings: list[int] = []
    direction = 0
    turned: float | None = None
    for at_ms, level in points:
        if turned is None:
            turned = level
        elif direction >= 0 and level <= turned - _SWING:
            swings.append(at_ms)
            direction, turned = -1, level
        elif direction <= 0 and level >= turned + _SWING:
            swings.append(at_ms)
            direction, turned = 1, level
        elif (level - turned) * direction > 0:
            turned = level
    return swings


def _most_swings(times: Sequence[int]) -> tuple[int, int]:
    """The most swings in any second, and when it begins."""
    window: deque[int] = deque()
    most, begin = 0, 0
    for at_ms in times:
        window.append(at_ms)
        while window[0] <= at_ms - MS_PER_SECOND:
            window.popleft()
        if len(window) > most:
            most, begin = len(window), window[0]
    return most, begin


def _long_motion(
    context: Context, drawn: Sequence[DrawnEvent], finder: _Finder
) -> Iterator[CheckFinding]:
    for one in drawn:
        if not one.moves:
            continue
        length_ms = _longest(sorted(one.moves))
        if length_ms > _LONGEST_MOTION_MS:
            yield context.found(
                "long-motion",
                finder.at(one.start_ms, one),
                f"{quoted(''.join(run.text for run in one.runs))} moves without a rest",
                measured=f"{number(length_ms / MS_PER_SECOND)} s",
                allowed=f"{number(_LONGEST_MOTION_MS / MS_PER_SECOND)} s",
                line_number=one.line_number,
            )


def _longest(moves: Sequence[tuple[int, int]]) -> int:
    """The longest stretch of motion without a pause."""
    longest, (start_ms, end_ms) = 0, moves[0]
    for begin, stop in moves:
        if begin > end_ms:
            start_ms, end_ms = begin, stop
        end_ms = max(end_ms, stop)
        longest = max(longest, end_ms - start_ms)
    return longest


class _Finder:
    """Finds the caption that a drawn thing belongs to: on its line, else at its time."""

    def __init__(self, context: Context) -> None:
        captions = context.track.captions
        self._by_line = {one.line_number: one for one in captions if one.line_number}
        self._by_start = sorted(captions, key=lambda caption: caption.start_ms)
        self._starts = [caption.start_ms for caption in self._by_start]

    def at(self, time_ms: int, one: DrawnEvent) -> Caption | None:
        found = self._by_line.get(one.line_number)
        if found is not None:
            return found
        last = bisect_right(self._starts, time_ms)
        near = self._by_start[max(0, last - _NEAR_CAPTIONS) : last]
        return next((caption for caption in reversed(near) if time_ms < caption.end_ms), None)


def _is_other_script(beside: Run, run: Run) -> bool:
    """Whether letters differ from those beside them by their script, and in no colour or line."""
    scripts, others = (
        {script for part in segments(one.text) for script in part.scripts} for one in (run, beside)
    )
    look, other = run.look, beside.look
    return scripts.isdisjoint(others) and (look.fill, look.underline) == (
        other.fill,
        other.underline,
    )


def _short_styles(context: Context) -> Iterator[CheckFinding]:
    """Words between others of one style that are over before the eye has seen them.

    Files hold no times of words: each letter is given its share of the cue.
    """
    shortest_ms = context.limits.min_run_ms * _SHORT_STYLE
    for caption in context.spoken:
        runs = [
            run
            for line in caption.lines
            for run in said(line)
            if is_visible(run.text) and not is_sound(run.text.strip())
        ]
        total = sum(len(run.text) for run in runs)
        stretches: list[tuple[tuple[object, ...], int, str]] = []
        for beside, run in zip((*runs[:1], *runs), runs, strict=False):
            # Digits and marks come from whatever font draws the letters beside them, and letters of
            # another script need one of their own: what sets those apart is colour.
            is_same = stretches and stretches[-1][0] == manner(run.look)
            has_letters = any(map(str.isalpha, run.text))
            if stretches and (is_same or not has_letters or _is_other_script(beside, run)):
                last = stretches[-1]
                stretches[-1] = (last[0], last[1] + len(run.text), last[2] + run.text)
            else:
                stretches.append((manner(run.look), len(run.text), run.text))
        for at in range(1, len(stretches) - 1):
            before, (_, letters, text), after = stretches[at - 1 : at + 2]
            length_ms = caption.duration_ms * letters / total
            if before[0] == after[0] and length_ms < shortest_ms:
                yield context.found(
                    "short-style",
                    caption,
                    f"{quoted(text)} has a style of its own for about {length_ms:.0f} ms",
                    measured=f"about {length_ms:.0f} ms",
                    allowed=f"about {context.limits.min_run_ms} ms",
                )
                break
