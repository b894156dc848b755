"""Waits for new recordings in a folder or bucket: those that nobody is writing any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

State = str
"""What changes while a file is written: its size and its time, or the version of an object."""


def settled(
    look: Callable[[], Mapping[str, State]], wait: Callable[[], None]
) -> Iterator[frozenset[str]]:
    """Rounds of names that are new or changed, and were the same in two looks running.

    The first round is what is there at the start: a batch would take it at once, too. Empty rounds
    are left out. It ends when `wait` raises.

    Args:
        look: What is there now.
        wait: Waits for the next look.
    """
    given = dict(look())
    yield frozenset(given)
    seen = given
    while True:
        wait()
        now = look()
        ready = {
            name: state
            for name, state in now.items()
            if seen.get(name) == state and given.get(name) != state
        }
        seen = dict(now)
        given = {name: state for name, state in given.items() if name in now} | ready
        if ready:
            yield frozenset(ready)
