"""A number with its noun, so that messages agree: 1 pair is, 2 pairs are."""

from __future__ import annotations


def counted(n: int, one: str, many: str = "") -> str:
    """A count and what is counted: `1 clip`, `2 clips`, `1 text names`, `2 texts name`.

    Args:
        n: How many.
        one: What follows a 1, its verb with it where that changes.
        many: What follows any other number; by default `one` with an s.
    """
    return f"{n} {one if n == 1 else many or one + 's'}"
