"""Does works in turn, each begun while the one before is finished: the next file is heard early.

Decoding and recognition wait for other things than the encoders do (the disk, the decoder, another
part of the GPU), so consecutive files overlap by one stage. What is heard early says nothing until
its turn comes; a failure is raised in its turn as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from threading import Event, Thread
from types import TracebackType
from typing import Generic, Self, TypeVar

from sentigram.core.document import Document
from sentigram.core.protocols import Progress, Reporter
from sentigram.core.transcript import Word

T = TypeVar("T")
Work = Callable[[Reporter, ExitStack], T]
"""Gets a reporter, and a stack for what must stay open until its turn is over."""

_GLANCE_SECONDS = 0.2  # between looks at how far the other thread is


class _Stopped(Exception):  # noqa: N818  (a request, not a fault)
    """The work is not wanted any more."""


class _HeldReporter:
    """A Reporter that keeps what it is told until somebody listens, and can stop the work."""

    def __init__(self) -> None:
        self._told: list[Callable[[Reporter], None]] = []
        self.stage_name, self.share = "", 0.0
        self.stopped = Event()

    @contextmanager
    def stage(self, name: str) -> Iterator[Progress]:
        self.stage_name, self.share = name, 0.0
        yield self._progress

    def note(self, text: str) -> None:
        self._told.append(lambda reporter: reporter.note(text))

    def warn(self, text: str) -> None:
        self._told.append(lambda reporter: reporter.warn(text))

    def recognized(self, words: Sequence[Word]) -> None:
        self._told.append(lambda reporter: reporter.recognized(words))

    def words(self, document: Document) -> None:
        self._told.append(lambda reporter: reporter.words(document))

    def readings(self, document: Document) -> None:
        self._told.append(lambda reporter: reporter.readings(document))

    def tell(self, reporter: Reporter) -> None:
        """Say all that was kept."""
        while self._told:
            self._told.pop(0)(reporter)

    def _progress(self, share: float) -> None:
        if self.stopped.is_set():
            raise _Stopped
        self.share = share


class EarlyWork(Generic[T]):
    """Work that was begun in another thread; leaving the scope ends it and what it holds.

    Args:
        work: What to do.
    """

    def __init__(self, work: Work[T]) -> None:
        self._reporter, self._stack = _HeldReporter(), ExitStack()
        self._result: list[T] = []
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, args=(work,), name="early work", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._reporter.stopped.set()
        self._thread.join()
        self._stack.close()

    def result(self, reporter: Reporter) -> T:
        """Wait for it, showing how far it is.

        Raises:
            Exception: What the work raised.
        """
        if self._thread.is_alive():
            with reporter.stage("words") as progress:
                while self._thread.is_alive():
                    self._thread.join(_GLANCE_SECONDS)
                    self._reporter.tell(reporter)
                    progress(self._reporter.share)
        self._reporter.tell(reporter)
        if self._error is not None:
            raise self._error
        return self._result[0]

    def _run(self, work: Work[T]) -> None:
        try:
            self._result.append(work(self._reporter, self._stack))
        except BaseException as error:  # noqa: BLE001  (raised again where the result is wanted)
            self._error = error


class Turn(Generic[T]):
    """One of several works; the next is begun when this one's result is there.

    Args:
        get: Waits for the result.
        begin_next: Begins the next work.
    """

    def __init__(self, get: Callable[[], T], begin_next: Callable[[], None]) -> None:
        self._get, self._begin_next = get, begin_next

    def result(self) -> T:
        """Wait for it.

        Raises:
            Exception: What the work raised.
        """
        try:
            return self._get()
        finally:
            self._begin_next()


def in_turn(works: Iterable[Work[T]], reporter: Reporter) -> Iterator[Turn[T]]:
    """Do works one after another, each begun while the caller is busy with the one before.

    The first is done in this thread, where its stages can be watched.
    """
    queue = iter(works)
    early: list[EarlyWork[T]] = []

    def begin_next() -> None:
        following = next(queue, None)
        if following is not None:
            early.append(EarlyWork(following))

    first = next(queue, None)
    if first is None:
        return
    try:
        with ExitStack() as stack:
            yield Turn(lambda: first(reporter, stack), begin_next)
        while early:
            with early.pop() as begun:
                yield Turn(lambda begun=begun: begun.result(reporter), begin_next)  # type: ignore[misc]
    finally:
        while early:  # the caller stopped between turns
            early.pop().__exit__(None, None, None)
