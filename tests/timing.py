"""How work grows with what it is given: ratios of processor time within one run."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

_TRIES = 3  # what grows too fast does so each time; what was disturbed once does not


def grows_at_most(
    factor: float, work: Callable[[int], object], sizes: tuple[int, int], least_s: float
) -> bool:
    """Whether work on the larger size takes at most so many times as long as on the smaller.

    Args:
        factor: So many times.
        work: Takes a size.
        sizes: The smaller and the larger.
        least_s: A time that is too short to tell; less counts as this much.
    """
    small, large = sizes
    return any(
        _seconds(work, large) < factor * max(least_s, _seconds(work, small)) for _ in range(_TRIES)
    )


def _seconds(work: Callable[[int], object], size: int) -> float:
    """Processor time, without that of the collector, which looks at the whole test run."""
    gc.disable()
    started = time.process_time()
    try:
        work(size)
        return time.process_time() - started
    finally:
        gc.enable()
