"""Rules about time: how long cues stay, how far apart they are, and where shots change."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import pairwise

from sentigram.check.measures import n_chars
from sentigram.check.rules.catalogue import CheckFinding, Context, number, quoted
from sentigram.core.time import MS_PER_SECOND
from sentigram.formats.track import Caption

CLOSE_BELOW_MS = 500  # Netflix: half a second
_SNAP_WITHIN_MS = 500


def check(context: Context) -> Iterator[CheckFinding]:
    """Every finding about time."""
    yield from _sound(context)
    if context.track.kind != "ass":  # editors keep signs and speech apart, not sorted
        yield from _order(context)
    for caption in context.spoken:
        if caption.row != "placed" and caption.duration_ms > 0:
            yield from _pace(context, caption)
    for row in context.rows():
        for one, two in pairwise(row):
            yield from _between(context, one, two)
        if context.limits.shots_ms:
            for caption in row:
                yield from _shots(context, caption)


def _sound(context: Context) -> Iterator[CheckFinding]:
    for caption in context.track.captions:
        if caption.start_ms < 0 or caption.end_ms <= caption.start_ms:
            yield context.found(
                "times",
                caption,
                "begins before the film does"
                if caption.start_ms < 0
                else "ends when it begins, or before",
                measured=f"{caption.start_ms} to {caption.end_ms} ms",
                allowed="0 <= start < end",
            )


def _order(context: Context) -> Iterator[CheckFinding]:
    latest_ms = 0
    for caption in context.track.captions:
        if caption.start_ms < latest_ms:
            yield context.found(
                "order",
                caption,
                "stands after a cue that begins later",
                measured=f"{caption.start_ms} ms after {latest_ms} ms",
                allowed="rising starts",
            )
        latest_ms = max(latest_ms, caption.start_ms)


def _pace(context: Context, caption: Caption) -> Iterator[CheckFinding]:
    rules, tick_ms = context.limits.rules, context.track.tick_ms
    length_ms = caption.duration_ms
    chars = sum(n_chars(text, context.language) for text in caption.texts)
    # The file's rounding may have taken a tick; a hundredth of a character is no difference.
    if chars * MS_PER_SECOND > (rules.cps + 0.01) * (length_ms + tick_ms):
        speed = chars * MS_PER_SECOND / length_ms
        yield context.found(
            "cps",
            caption,
            f"{number(chars)} characters in {length_ms} ms: {quoted(' '.join(caption.texts))}",
            measured=f"{number(speed)} characters a second",
            allowed=f"{number(rules.cps)} characters a second",
        )
    if length_ms + tick_ms < rules.min_ms:
        yield context.found(
            "min-duration",
            caption,
            f"is shown for {length_ms} ms: {quoted(' '.join(caption.texts))}",
            measured=f"{length_ms} ms",
            allowed=f"at least {rules.min_ms} ms",
        )
    if length_ms - tick_ms > rules.max_ms:
        yield context.found(
            "max-duration",
            caption,
            f"is shown for {number(length_ms / MS_PER_SECOND)} s: "
            f"{quoted(' '.join(caption.texts))}",
            measured=f"{length_ms} ms",
            allowed=f"at most {rules.max_ms} ms",
        )


def _between(context: Context, one: Caption, two: Caption) -> Iterator[CheckFinding]:
    limits, tick_ms = context.limits, context.track.tick_ms
    gap_ms = two.start_ms - one.end_ms
    if gap_ms <= -tick_ms:
        yield context.found(
            "overlap",
            two,
            f"begins {-gap_ms} ms before cue {one.index} ends",
            measured=f"{-gap_ms} ms together",
            allowed="0 ms",
        )
    elif gap_ms + tick_ms < limits.least_gap_ms:
        yield context.found(
            "gap",
            two,
            f"follows cue {one.index} after {max(0, gap_ms)} ms",
            measured=f"{max(0, gap_ms)} ms",
            allowed=_frames(context),
        )
    elif gap_ms - tick_ms >= limits.open_gap_ms and gap_ms + tick_ms < CLOSE_BELOW_MS:
        could_ms = two.start_ms - limits.rules.gap_ms - one.start_ms
        is_shot = _first_shot(limits.shots_ms, one.end_ms, two.start_ms) is not None
        if could_ms <= limits.rules.max_ms and not is_shot:
            yield context.found(
                "gap-close",
                two,
                f"follows cue {one.index} after {gap_ms} ms: the picture flickers",
                measured=f"{gap_ms} ms",
                allowed=f"2 frames, or at least {CLOSE_BELOW_MS} ms",
            )


def _frames(context: Context) -> str:
    rules, limits = context.limits.rules, context.limits
    if limits.is_fps_known:
        return f"at least {rules.gap_ms} ms (2 frames at {number(float(rules.fps))} a second)"
    return f"at least {limits.least_gap_ms:.0f} ms (2 frames, at 60 a second)"


def _first_shot(shots_ms: tuple[int, ...], start_ms: float, end_ms: float) -> int | None:
    """The first shot that begins in a stretch of time, both ends included."""
    at = bisect_left(shots_ms, start_ms)
    return shots_ms[at] if at < len(shots_ms) and shots_ms[at] <= end_ms else None


def _shots(context: Context, caption: Caption) -> Iterator[CheckFinding]:
    """Starts and ends that miss a change of shot by more than a frame, and less than half a second.

    Advice: whether to move a cue depends on who speaks, and on the shots around.
    """
    shots_ms, frame_ms = context.limits.shots_ms, context.limits.frame_ms
    tick_ms = context.track.tick_ms
    near = _nearest(shots_ms, caption.start_ms)
    away_ms = abs(near - caption.start_ms)
    if frame_ms + tick_ms < away_ms < _SNAP_WITHIN_MS:
        yield context.found(
            "shot-start",
            caption,
            f"begins {away_ms} ms {'before' if near > caption.start_ms else 'after'} a shot does",
            measured=f"{away_ms} ms",
            allowed=f"0 ms, or at least {_SNAP_WITHIN_MS} ms",
        )
    wanted_ms = _nearest(shots_ms, caption.end_ms) - context.limits.rules.gap_ms
    away_ms = abs(wanted_ms - caption.end_ms)
    if frame_ms + tick_ms < away_ms < _SNAP_WITHIN_MS:
        yield context.found(
            "shot-end",
            caption,
            f"ends {away_ms} ms away from 2 frames before a shot",
            measured=f"{away_ms} ms",
            allowed=f"0 ms, or at least {_SNAP_WITHIN_MS} ms",
        )


def _nearest(shots_ms: tuple[int, ...], time_ms: int) -> int:
    at = bisect_right(shots_ms, time_ms)
    near = shots_ms[max(0, at - 1) : at + 1]
    return min(near, key=lambda shot: abs(shot - time_ms))
