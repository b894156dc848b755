"""One long recording on many workers: parts of it go to them, and are put together here.

Whoever owns the recording decodes it, has its parts worked on (`Workers` is a `Spread` of `core`),
and does once what is of the whole: so words and readings are those of a run that is not divided.
What a worker loses goes to another one. Knows no Ray: workers come from a pool, as in `driver`.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from sentigram import errors
from sentigram.core.media import Audio
from sentigram.core.protocols import Reporter
from sentigram.core.spread import HERE, in_parts
from sentigram.errors import ResourceError, SentigramError
from sentigram.jobs.cluster.driver import Hand, Lost, Pool
from sentigram.jobs.cluster.units import Greeting, Unit
from sentigram.jobs.faults import Fault, fault_of
from sentigram.store.threads import n_threads as threads_here

_TRIES = 3  # of a part, whatever goes wrong with it, except what is in the recording
_MOST_BAD_STARTS = 3  # workers in a row that are lost before they have greeted
_GLANCE_SECONDS = 1.0

_In = TypeVar("_In")
_Out = TypeVar("_Out")


@dataclass(frozen=True, slots=True)
class Part:
    """Some items of one stage of a recording.

    Attributes:
        number: Of the part in its stage.
        items: They.
        n_threads: Items at once.
        work: What is done with each item; None for what was done with those before.
    """

    number: int
    items: tuple[Any, ...]
    n_threads: int = 1
    work: Callable[[Audio, Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class PartDone:
    """What became of a part.

    Attributes:
        results: One for each item.
        fault: Whose fault it is that there are none, "" where there are.
        error: Why.
        kind: Which of `sentigram.errors` that is.
    """

    results: tuple[Any, ...] = ()
    fault: Fault = ""
    error: str = ""
    kind: str = ""


class PartHand(Hand, Protocol):
    """A worker, from here, that also does parts; what it says then is a `PartDone`."""

    def begin_part(self, part: Part, sound: Any) -> None:
        """Let it do a part.

        Args:
            part: It.
            sound: What `PartPool.shared` gave.
        """
        ...


class PartPool(Pool, Protocol):
    """Where such workers come from."""

    def shared(self, audio: Audio) -> Any:
        """Put a recording where workers have it, once; it goes when this is forgotten."""
        ...

    def n_workers(self) -> int:
        """How many there is room for."""
        ...


class Bench:
    """Where a worker does parts; what a stage has loaded stays until the next one."""

    def __init__(self) -> None:
        self._work: Callable[[Audio, Any], Any] | None = None

    def do(self, part: Part, audio: Audio) -> PartDone:
        """Do a part; what goes wrong is in what comes back."""
        self._work = work = part.work or self._work
        assert work is not None  # noqa: S101  (it comes with the first part)
        n_threads = min(part.n_threads, threads_here())
        try:
            return PartDone(tuple(HERE.map(work, audio, part.items, n_threads=n_threads)))
        except Exception as error:  # noqa: BLE001  (it is told to the owner)
            is_ours = isinstance(error, SentigramError)
            text = str(error) if is_ours else f"internal error: {type(error).__name__}: {error}"
            return PartDone(error=text, kind=type(error).__name__, fault=fault_of(error))


class Workers:
    """A Spread over the workers of a pool; one stage of one recording at a time.

    Args:
        pool: Where they come from; they are started when there is something to do.
        choice: Version and parts of the owner's engine: a worker with others gets nothing.
        reporter: Is told of workers that are lost.
    """

    def __init__(self, pool: PartPool, choice: str, reporter: Reporter) -> None:
        self._pool, self._choice, self._reporter = pool, choice, reporter
        self._hands: dict[Hand, Part | None] = {}  # at work; None while it starts
        self._idle: list[Hand] = []
        self._knowing: set[Hand] = set()  # what is done in this stage
        self._closed: dict[str, str] = {}  # machines that get nothing, and why
        self._bad_starts = 0
        self._todo: deque[Part] = deque()
        self._tries: Counter[int] = Counter()
        self._done: dict[int, tuple[Any, ...]] = {}
        self._sound: tuple[Any, Any] = (None, None)  # samples, and where workers have them

    def map(
        self,
        work: Callable[[Audio, _In], _Out],
        audio: Audio,
        items: Iterable[_In],
        *,
        group: int = 1,
        n_threads: int = 1,
    ) -> Iterator[_Out]:
        """Do the same with each part of a recording; see `core.spread.Spread`.

        Raises:
            SentigramError: What a worker finds wrong with the recording.
            ResourceError: A part was lost too often, or nobody can work.
        """
        self._todo, self._tries, self._done = deque(), Counter(), {}
        self._knowing = set()
        left = (
            Part(number, own, n_threads, work) for number, own in enumerate(in_parts(items, group))
        )
        following = 0
        try:
            while self._give(left, audio) or self._is_at_work():
                for hand in self._pool.wait(tuple(self._hands), _GLANCE_SECONDS):
                    self._hear(hand)
                while following in self._done:
                    yield from self._done.pop(following)
                    following += 1
        finally:  # what is still at work is wanted by nobody
            for hand in [hand for hand, part in self._hands.items() if part is not None]:
                del self._hands[hand]
                hand.end()

    def close(self) -> None:
        """End the workers, and forget the sound."""
        for hand in (*self._hands, *self._idle):
            hand.end()
        self._hands, self._idle = {}, []
        self._sound = (None, None)

    def _is_at_work(self) -> bool:
        return any(part is not None for part in self._hands.values())

    def _give(self, left: Iterator[Part], audio: Audio) -> bool:
        """Give parts to all who are free, start more workers for the rest.

        Returns:
            Whether parts wait for workers.

        Raises:
            ResourceError: There is nobody who could work.
        """
        while self._has_next(left):
            if not self._idle:
                break
            hand = self._idle.pop()
            part = self._todo.popleft()
            self._hands[hand] = part
            self._begin(hand, part, self._shared(audio))
        n_starting = sum(part is None for part in self._hands.values())
        while self._has_next(left, n_starting) and (machines := self._open()):
            self._hands[self._pool.start(machines[0])] = None
            n_starting += 1
        if self._todo and not self._hands:
            why = next(reversed(self._closed.values()), "no machine has room for a worker")
            message = f"no worker can take a part of it: {why}"
            raise ResourceError(message)
        return bool(self._todo)

    def _begin(self, hand: Any, part: Part, sound: Any) -> None:
        """Send a part to a hand of a `PartPool`; what is done, once."""
        hand.begin_part(replace(part, work=None) if hand in self._knowing else part, sound)
        self._knowing.add(hand)

    def _has_next(self, left: Iterator[Part], n_before: int = 0) -> bool:
        """Whether there is a part behind so many others; those are found when they are wanted."""
        while len(self._todo) <= n_before:
            part = next(left, None)
            if part is None:
                return False
            self._todo.append(part)
        return True

    def _open(self) -> Sequence[str]:
        return [name for name in self._pool.machines() if name not in self._closed]

    def _shared(self, audio: Audio) -> Any:
        if self._sound[0] is not audio.samples:
            self._sound = (None, None)  # there is room for the next one
            self._sound = (audio.samples, self._pool.shared(replace(audio, spread=HERE)))
        return self._sound[1]

    def _hear(self, hand: Hand) -> None:
        part = self._hands.pop(hand)
        try:
            said: Any = hand.take()
        except Lost as lost:
            hand.end()
            self._lose(part, lost)
            return
        if isinstance(said, Greeting):
            self._welcome(hand, said)
        elif part is not None:
            self._take(hand, part, said)

    def _lose(self, part: Part | None, lost: Lost) -> None:
        if part is not None:
            self._again(part, f"its worker is gone ({lost})")
            return
        self._bad_starts += 1
        if self._bad_starts >= _MOST_BAD_STARTS:
            message = f"workers do not start: {lost}"
            raise ResourceError(message)

    def _welcome(self, hand: Hand, greeting: Greeting) -> None:
        error = greeting.error
        if not error and greeting.choice != self._choice:
            error = "its engine or version is another one than here; name the `engine`"
        if error:
            hand.end()
            self._closed[hand.machine] = error
            self._reporter.warn(f"machine {hand.machine} gets no part: {error}")
        else:
            self._bad_starts = 0
            self._idle.append(hand)

    def _take(self, hand: Hand, part: Part, said: PartDone) -> None:
        if not said.fault:
            self._idle.append(hand)
            self._done[part.number] = said.results
            return
        hand.end()  # a fresh process may have what this one lacked
        if said.fault == "file":
            kind = getattr(errors, said.kind, ResourceError)
            raised: SentigramError = kind(*said.error.splitlines())
            raise raised
        self._again(part, said.error)

    def _again(self, part: Part, why: str) -> None:
        self._tries[part.number] += 1
        if self._tries[part.number] >= _TRIES:
            message = f"a part of it failed {_TRIES} times, the last time: {why}"
            raise ResourceError(message)
        self._reporter.warn(f"a part of it is done again: {why}")
        self._todo.appendleft(part)


def worth_dividing(
    units: Sequence[Unit], n_workers: int, is_long: Callable[[Unit], bool]
) -> tuple[Unit, ...]:
    """The recordings that would keep one worker busy when the others have nothing left to do.

    With the longest first, that is each one that lasts longer than it and all shorter ones would
    last on all workers: one long talk among short ones, or the last few of many long ones.

    Args:
        units: All that are to be done.
        n_workers: Who does them.
        is_long: Asked of these only: it may open the recording.
    """
    if n_workers < 2:
        return ()
    found = []
    left = sum(unit.weight for unit in units)
    for unit in sorted(units, key=lambda unit: (-unit.weight, unit.name)):
        if unit.weight * n_workers > left and not unit.twin and is_long(unit):
            found.append(unit)
        left -= unit.weight
    return tuple(found)
