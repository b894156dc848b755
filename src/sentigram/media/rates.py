"""The frame rate of pictures by the times at which they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from statistics import median_low

HIGHEST_FPS = 1000  # above it, the number is a time base, not a frame rate

_USUAL_FPS = (
    *(Fraction(n * 1000, 1001) for n in (24, 30, 60, 120)),
    *(Fraction(n, 2) for n in (10, 15, 20, 24, 25, 30, 40, 48, 50, 60, 96, 100, 120, 200, 240)),
)
_SAME = Fraction(1, 1000)  # what rounded times make of a rate over a hundred frames
_FINEST = 1001
_PAUSE = Fraction(3, 2)  # times the usual step: frames were lost, or nothing moved


def measured_fps(times: Iterable[int], unit: Fraction) -> Fraction | None:
    """Frames per second while pictures come, without the pauses; None where there are too few.

    Args:
        times: When pictures are shown, in any order.
        unit: What they count, in seconds.
    """
    steps = [later - sooner for sooner, later in pairwise(sorted(set(times)))]
    if not steps:
        return None
    usual = median_low(steps)
    even = [step for step in steps if step <= _PAUSE * usual]
    rate = len(even) / (sum(even) * unit)
    if rate > HIGHEST_FPS:
        return None
    nearest = min(_USUAL_FPS, key=lambda known: abs(known - rate))
    if abs(nearest / rate - 1) < _SAME:
        return nearest
    return rate.limit_denominator(_FINEST)
