"""Where the parts of a recording are worked on: in this process, or on workers.

What costs much is done part by part: stretches are heard, windows aligned, utterances scored, each
by itself. What is of the whole recording (statistics of its voices, smoothing over time) is done
once, by whoever asked. So results do not depend on where, nor in what order, parts are done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from sentigram.core.media import Audio

_In = TypeVar("_In")
_Out = TypeVar("_Out")


class Spread(Protocol):
    """Has parts of a recording worked on."""

    def map(
        self,
        work: Callable[[Audio, _In], _Out],
        audio: Audio,
        items: Iterable[_In],
        *,
        group: int = 1,
        n_threads: int = 1,
    ) -> Iterator[_Out]:
        """Do the same with each part of a recording; results come in the order of the parts.

        Args:
            work: Depends on its arguments alone, and may be done twice. It is pickled without
                what it has loaded, and so are items and results: values, and no sound.
            audio: The recording.
            items: The parts; they may be found while others are worked on.
            group: Parts that go together to a worker: some ten seconds of work.
            n_threads: Parts that one process may work on at once.
        """
        ...


@dataclass(frozen=True, slots=True)
class Here:
    """Works in this process."""

    def map(
        self,
        work: Callable[[Audio, _In], _Out],
        audio: Audio,
        items: Iterable[_In],
        *,
        group: int = 1,
        n_threads: int = 1,
    ) -> Iterator[_Out]:
        """One part after another, or a few at once; see `Spread.map`."""
        del group
        if n_threads == 1:
            yield from map(partial(work, audio), items)
            return
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(max_workers=n_threads) as pool:
            yield from pool.map(partial(work, audio), items)


HERE = Here()


def in_parts(items: Iterable[_In], size: int) -> Iterator[tuple[_In, ...]]:
    """Items in tuples of a size, the last of those that are left."""
    rest = iter(items)
    while part := tuple(islice(rest, size)):
        yield part
