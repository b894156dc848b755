"""One worker in this process: an archive at a URL, or a part of one, without Ray."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from sentigram.jobs.cluster.driver import Hand
from sentigram.jobs.cluster.units import Greeting, Order, Outcome, Unit
from sentigram.jobs.cluster.worker import Worker

_HERE = "here"


class HereHand:
    """The worker of this process; it works when it is asked what it says.

    Args:
        order: What the run wants.
        on_end: Called when it is ended.
    """

    machine = _HERE

    def __init__(self, order: Order, on_end: Callable[[], None]) -> None:
        self._worker, self._on_end = Worker(order), on_end
        self._unit: Unit | None = None

    def begin(self, unit: Unit) -> None:
        """Note which unit is next."""
        self._unit = unit

    def take(self) -> Greeting | Outcome:
        """Do it now."""
        return self._worker.greet() if self._unit is None else self._worker.do(self._unit)

    def end(self) -> None:
        """Make room for another one."""
        self._on_end()


class HerePool:
    """Gives one worker at a time.

    Args:
        order: What the run wants.
    """

    def __init__(self, order: Order) -> None:
        self._order = order
        self._hand: HereHand | None = None

    def machines(self) -> Sequence[str]:
        """This one, while it has no worker."""
        return (_HERE,) if self._hand is None else ()

    def start(self, machine: str) -> Hand:
        """Make the worker."""
        del machine
        self._hand = HereHand(self._order, self._leave)
        return self._hand

    def wait(self, hands: Collection[Hand], seconds: float) -> Sequence[Hand]:
        """Those that have something to do."""
        del seconds
        return tuple(hands)

    def _leave(self) -> None:
        self._hand = None
