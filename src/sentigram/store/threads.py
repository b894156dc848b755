"""How many threads a computation may have, where several processes share a machine."""

from __future__ import annotations

import os

VARIABLE = "SENTIGRAM_THREADS"


def thread_limit() -> int:
    """What SENTIGRAM_THREADS says; 0, a library's own choice, where it says no number."""
    said = os.environ.get(VARIABLE, "")
    return int(said) if said.isascii() and said.isdigit() else 0


def n_threads() -> int:
    """Threads that may work at once: the limit, or as many as there are cores."""
    return thread_limit() or os.cpu_count() or 1
