"""A job's events: numbered, kept for who comes late, and bounded.

Numbers begin at the time when a feed is made, in milliseconds: after a restart of the server they
go on above all that were given before, so `Last-Event-ID` of an earlier life asks for everything.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

MOST_EVENTS = 2000  # that are kept; a recording of two hours makes some hundreds
_LATEST_COUNTS = frozenset({"state", "stage"})  # of these, who comes late needs only the last
_LAST = frozenset({"done", "failed"})


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a job.

    Attributes:
        number: Ascending, not without gaps.
        name: state, stage, note, recognized, words, readings, done or failed.
        data: What goes with it, as JSON has it.
    """

    number: int
    name: str
    data: dict[str, Any]

    @property
    def is_last(self) -> bool:
        """Whether nothing comes after it, unless the job is taken up again."""
        return self.name in _LAST


class Feed:
    """The events of one job, in one event loop."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._next = time.time_ns() // 1_000_000
        self._changed = asyncio.Event()
        self._is_closed = False

    @property
    def latest(self) -> Mapping[str, Event]:
        """The last event of each name."""
        return {event.name: event for event in self._events}

    def tell(self, name: str, data: Mapping[str, Any]) -> None:
        """Add an event, and wake all who listen."""
        if name in _LATEST_COUNTS:
            self._events = [event for event in self._events if event.name != name]
        self._events.append(Event(self._next, name, dict(data)))
        self._next += 1
        del self._events[:-MOST_EVENTS]
        self._wake()

    def forget(self, *names: str) -> None:
        """Drop what no longer holds, such as the words of a run that begins anew."""
        self._events = [event for event in self._events if event.name not in names]

    def close(self) -> None:
        """End all who listen: the job is gone."""
        self._is_closed = True
        self._wake()

    async def events(self, after: int | None = None) -> AsyncIterator[Event]:
        """Give what was told after an event, and then what is told, up to the job's end.

        Args:
            after: The number of the last event that the listener knows, None for none.
        """
        known = -1 if after is None or after >= self._next else after
        while True:
            changed = self._changed
            for event in [event for event in self._events if event.number > known]:
                known = event.number
                yield event
                if event.is_last and event.number == self._events[-1].number:
                    return
            if self._is_closed:
                return
            await changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
