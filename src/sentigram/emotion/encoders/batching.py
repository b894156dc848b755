"""Long inputs in overlapping windows, and windows of like length in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TokenWindow:
    """Tokens start to end are read together, and the vectors of keep_start to keep_end kept."""

    start: int
    end: int
    keep_start: int
    keep_end: int

    @property
    def kept(self) -> slice:
        """The tokens to keep, among the window's own."""
        return slice(self.keep_start - self.start, self.keep_end - self.start)

    def __len__(self) -> int:
        return self.end - self.start


def windows(n_tokens: int, *, room: int, context: int) -> Iterator[TokenWindow]:
    """Cut a long input into overlapping windows that keep each token exactly once.

    Args:
        n_tokens: Of the input.
        room: Tokens of a window, more than twice the context.
        context: Neighbours that a kept token has on each side, or all that there are.
    """
    start = keep_start = 0
    while n_tokens:
        end = min(start + room, n_tokens)
        keep_end = n_tokens if end == n_tokens else end - context
        yield TokenWindow(start, end, keep_start, keep_end)
        if keep_end == n_tokens:
            return
        start, keep_start = keep_end - context, keep_end


def batches(lengths: Sequence[int], *, budget: int) -> Iterator[list[int]]:
    """Put things of like length together.

    Args:
        lengths: Of each: samples of pieces, or tokens of windows.
        budget: Of a batch, padding included; one that is longer is a batch of its own.

    Yields:
        Numbers of the members of each batch, shortest first.
    """
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if batch and (len(batch) + 1) * lengths[i] > budget:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
