"""Hands units to workers: the longest first, one at a time each; what is lost is tried again.

Knows no Ray: workers come from a `Pool`. What is tried again, and how often, is in `_TRIES`: what
is in a recording never, since it would fail again; a lost worker, since it may have been the
machine; want of memory with half the batch, in a fresh process; a fault of a machine on another
one. A machine that only fails gets nothing more to do: a full disk fails fast, and would else eat
the whole archive. Records say what is done, so a driver that is killed is started again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Protocol, Self

from sentigram import errors
from sentigram.core.protocols import Reporter
from sentigram.errors import ResourceError, SentigramError
from sentigram.jobs.cluster.pace import Pace
from sentigram.jobs.cluster.units import Greeting, Outcome, Unit
from sentigram.jobs.entry import Entry

# How often a unit is begun, by what went wrong with it.
_TRIES = {"lost": 3, "memory": 5, "machine": 3, "internal": 2, "file": 1}
_FRESH = ("memory", "internal")  # what a process that had it may have again
_MOST_STRIKES = 2  # faults of a machine in a row, and nothing done between them
_MOST_BAD_STARTS = 3  # workers of a machine that are lost before they have greeted
_GLANCE_SECONDS = 1.0
_PATIENCE_SECONDS = 120.0  # until somebody is to be told that no worker comes
_NOBODY_YET = "no worker has started yet: the cluster may be busy with other work"


class Lost(Exception):  # noqa: N818  (what became of a worker, not a fault of the caller)
    """A worker is gone with what it was at.

    Args:
        why: In one line.
        for_memory: It was ended for want of memory.
    """

    def __init__(self, why: str, *, for_memory: bool = False) -> None:
        super().__init__(why)
        self.for_memory = for_memory


class Hand(Protocol):
    """A worker, from here.

    Attributes:
        machine: Where it is.
    """

    machine: str

    def begin(self, unit: Unit) -> None:
        """Let it do a unit."""
        ...

    def take(self) -> Greeting | Outcome:
        """What it said last.

        Raises:
            Lost: It is gone.
        """
        ...

    def end(self) -> None:
        """Let it go, whatever it is at."""
        ...


class Pool(Protocol):
    """Where workers come from."""

    def machines(self) -> Sequence[str]:
        """The machines on which one more worker may be started now, the freest first."""
        ...

    def start(self, machine: str) -> Hand:
        """Start a worker; it greets when it is there."""
        ...

    def wait(self, hands: Collection[Hand], seconds: float) -> Sequence[Hand]:
        """Those that have said something, or are gone; waits for the first."""
        ...


@dataclass
class _Tally:
    """What a run knows of units and machines that goes wrong."""

    tries: Counter[tuple[str, str]] = field(default_factory=Counter)  # by unit and fault
    avoided: dict[str, set[str]] = field(default_factory=dict)  # machines, by unit
    strikes: Counter[str] = field(default_factory=Counter)  # by machine
    bad_starts: Counter[str] = field(default_factory=Counter)
    closed: dict[str, str] = field(default_factory=dict)  # machines that get nothing, and why


class Driver:
    """Hands out units; its workers stay until it is left.

    Args:
        pool: Where workers come from.
        reporter: Is told of warnings, and of the share that is done.
        on_pace: Is told how far it is, now and then.
        on_entry: Is told of each recording that is done with.
        shown: How a unit is called in messages.
        clock: Seconds.
    """

    def __init__(
        self,
        pool: Pool,
        reporter: Reporter,
        *,
        on_pace: Callable[[Pace], None] = lambda _pace: None,
        on_entry: Callable[[Entry], None] = lambda _entry: None,
        shown: Callable[[str], str] = str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool, self._reporter, self._clock = pool, reporter, clock
        self._on_pace, self._on_entry, self._shown = on_pace, on_entry, shown
        self._tally = _Tally()
        self._todo: list[Unit] = []  # the longest last
        self._late: list[Unit] = []  # another batch is at them
        self._twins: dict[str, list[Unit]] = {}  # by the unit that they wait for
        self._hands: dict[Hand, Unit | None] = {}  # at work; None while it starts
        self._idle: list[Hand] = []
        self._choice = ""
        self._entries: dict[str, Entry] = {}
        self._pace = Pace(0, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.let_go()

    def let_go(self) -> None:
        """End all workers; others are started when there is something to do."""
        for hand in (*self._hands, *self._idle):
            hand.end()
        self._hands, self._idle = {}, []

    def run(self, units: Sequence[Unit]) -> dict[str, Entry]:
        """Do all units; the entries come by name, in the order of the units.

        Raises:
            SentigramError: No worker can work: what the first of them finds wrong with the
                settings, what no machine has, or that there is no room.
        """
        names = {unit.name for unit in units}
        for unit in sorted(units, key=lambda unit: (unit.weight, unit.name)):
            waits = unit.twin in names
            (self._twins.setdefault(unit.twin, []) if waits else self._todo).append(unit)
        self._pace = Pace(0, len(units), left=sum(unit.weight for unit in units))
        started = self._clock()
        was_told = False
        with self._reporter.stage("recordings") as progress:
            while self._is_left():
                self._start_hands()
                self._give()
                if not self._hands and self._fail_rest():
                    break
                n_busy = sum(unit is not None for unit in self._hands.values())
                for hand in self._pool.wait(tuple(self._hands), _GLANCE_SECONDS):
                    self._hear(hand)
                seconds = self._clock() - started
                if not (self._choice or was_told) and seconds > _PATIENCE_SECONDS:
                    was_told = True
                    self._reporter.warn(_NOBODY_YET)
                self._pace = replace(self._pace, seconds=seconds, n_workers=n_busy)
                progress(self._pace.share)
                self._on_pace(self._pace)
        return {unit.name: self._entries[unit.name] for unit in units}

    def _is_left(self) -> bool:
        if not self._todo and not any(self._hands.values()) and self._late:
            self._todo, self._late = [replace(unit, waits=True) for unit in self._late], []
        return bool(self._todo or any(self._hands.values()))

    def _start_hands(self) -> None:
        n_free = len(self._idle) + sum(unit is None for unit in self._hands.values())
        while n_free < len(self._todo):
            if not (machines := self._open()):
                return
            self._hands[self._pool.start(machines[0])] = None
            n_free += 1

    def _give(self) -> None:
        for hand in tuple(self._idle):
            unit = self._next_for(hand.machine)
            if unit is None:
                continue
            self._idle.remove(hand)
            hand.begin(unit)
            self._hands[hand] = unit

    def _next_for(self, machine: str) -> Unit | None:
        """The longest unit that did not go wrong on a machine, if others may have that one."""
        others = {hand.machine for hand in (*self._hands, *self._idle)} - {machine}
        for at in range(len(self._todo) - 1, -1, -1):
            avoided = self._tally.avoided.get(self._todo[at].name, set())
            if machine not in avoided or not others - avoided:
                return self._todo.pop(at)
        return None

    def _fail_rest(self) -> bool:
        """Where nobody is left who could work, say so of all that is left.

        Returns:
            Whether that is so.

        Raises:
            ResourceError: There never was anybody.
        """
        if self._idle or not self._todo:
            return False
        if self._open():
            return False
        why = next(reversed(self._tally.closed.values()), "")
        if not why:
            message = "no machine has room for a worker; ask for fewer cores or GPUs for each"
            raise ResourceError(message)
        rest = [*self._todo, *self._late, *(u for left in self._twins.values() for u in left)]
        self._todo, self._late, self._twins = [], [], {}
        for unit in rest:
            self._finish(unit, self._failed(unit, f"no worker is left: {why}"), n_seconds=0.0)
        return True

    def _hear(self, hand: Hand) -> None:
        unit = self._hands.pop(hand)
        try:
            said = hand.take()
        except Lost as lost:
            hand.end()
            self._lose(hand, unit, lost)
            return
        if isinstance(said, Greeting):
            self._welcome(hand, said)
        elif unit is not None:
            self._take(hand, unit, said)

    def _welcome(self, hand: Hand, greeting: Greeting) -> None:
        error = greeting.error
        if not error and self._choice not in ("", greeting.choice):
            error = "it has another engine or version than the first worker; name the `engine`"
        if not error:
            if not self._choice:
                self._reporter.note(greeting.line)
            self._choice = greeting.choice
            self._idle.append(hand)
            return
        hand.end()
        if not self._choice and greeting.fault == "file":  # of the settings: wrong everywhere
            raise _as_raised(greeting)
        self._close(hand.machine, error)
        if not self._choice and not self._hands and not self._idle and not self._open():
            raise _as_raised(greeting)

    def _open(self) -> list[str]:
        return [m for m in self._pool.machines() if m not in self._tally.closed]

    def _lose(self, hand: Hand, unit: Unit | None, lost: Lost) -> None:
        if unit is None:
            self._tally.bad_starts[hand.machine] += 1
            if self._tally.bad_starts[hand.machine] >= _MOST_BAD_STARTS:
                self._close(hand.machine, f"workers do not start: {lost}")
            return
        kind = "memory" if lost.for_memory else "lost"
        self._reporter.warn(f"{self._shown(unit.name)}: its worker is gone ({lost})")
        why = f"its worker was lost {_TRIES[kind]} times, the last time: {lost}"
        self._again_or_failed(unit, kind, self._failed(unit, why), 0.0)

    def _take(self, hand: Hand, unit: Unit, outcome: Outcome) -> None:
        fault = outcome.fault
        if fault in _FRESH:
            hand.end()
        else:
            self._idle.append(hand)
        if outcome.entry is None:
            self._late.append(unit)
            return
        if fault == "machine":
            self._strike(hand.machine, outcome.entry.error)
            self._tally.avoided.setdefault(unit.name, set()).add(hand.machine)
        elif fault == "":
            self._tally.strikes[hand.machine] = 0
        if fault and fault != "file":
            self._again_or_failed(unit, fault, outcome.entry, outcome.seconds)
            return
        for line in outcome.warnings:
            self._reporter.warn(f"{self._shown(unit.name)}: {line}")
        self._finish(unit, outcome.entry, n_seconds=outcome.seconds)

    def _strike(self, machine: str, why: str) -> None:
        self._tally.strikes[machine] += 1
        if self._tally.strikes[machine] >= _MOST_STRIKES:
            self._close(machine, why)

    def _close(self, machine: str, why: str) -> None:
        if machine not in self._tally.closed:
            self._tally.closed[machine] = why
            self._reporter.warn(f"machine {machine} gets nothing more to do: {why}")
        for hand in [hand for hand in self._idle if hand.machine == machine]:
            self._idle.remove(hand)
            hand.end()

    def _again_or_failed(self, unit: Unit, kind: str, failed: Entry, seconds: float) -> None:
        self._tally.tries[unit.name, kind] += 1
        if self._tally.tries[unit.name, kind] >= _TRIES[kind]:
            self._finish(unit, failed, n_seconds=seconds)
            return
        # A second worker that is lost may have been ended by the system for its memory.
        is_short = kind == "memory" or self._tally.tries[unit.name, "lost"] > 1
        halvings = unit.halvings + is_short
        self._todo.append(replace(unit, halvings=halvings))  # next: it has been waited for

    def _failed(self, unit: Unit, why: str) -> Entry:
        return Entry(unit.name, self._shown(unit.name), "failed", error=why)

    def _finish(self, unit: Unit, entry: Entry, *, n_seconds: float) -> None:
        self._entries[unit.name] = entry
        self._on_entry(entry)
        was_worked = entry.status in ("done", "kept") and n_seconds > 0
        pace = self._pace
        self._pace = replace(
            pace,
            n_done=pace.n_done + 1,
            n_failed=pace.n_failed + (entry.status == "failed"),
            left=max(0.0, pace.left - unit.weight),
            worked=pace.worked + (unit.weight if was_worked else 0.0),
            n_worked=pace.n_worked + was_worked,
            heard_ms=pace.heard_ms + int(entry.detail.get("duration_ms", 0)),
        )
        waiting = self._twins.pop(unit.name, [])
        is_there = entry.status in ("done", "skipped")
        self._todo += waiting if is_there else [replace(one, twin="") for one in waiting]
        self._todo.sort(key=lambda unit: (unit.weight, unit.name))


def _as_raised(greeting: Greeting) -> SentigramError:
    """The error of a worker, of the kind that it was there."""
    kind = getattr(errors, greeting.kind, ResourceError)
    raised: SentigramError = kind(*greeting.error.splitlines())
    return raised
