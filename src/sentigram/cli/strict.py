"""`--strict` of `render` and `batch`: what was only warned of makes the command fail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import typer

STRICT = (
    "Exit with 1 where speech has no words, or where something about the sound or the words was "
    "warned of; results are written all the same."
)
_FAILED = 1


def fail_if_strict(minded: Iterable[tuple[str, Sequence[str]]], *, strict: bool) -> None:
    """Say what `--strict` minds, a line for each file, and leave with 1 where there is something.

    Args:
        minded: Names of files, and what was warned of: see `jobs.run.concerns`.
        strict: Whether it was asked for.

    Raises:
        Exit: It was, and something was warned of.
    """
    from sentigram.cli.flags import as_flags
    from sentigram.cli.reporter import say

    if not strict:
        return
    lines = [f"--strict: {name}: {_summary(found)}" for name, found in minded if found]
    for line in lines:
        say(as_flags(line))
    if lines:
        raise typer.Exit(_FAILED)


def _summary(found: Sequence[str]) -> str:
    n_more = len(found) - 1
    return found[0] + (f" (and {n_more} more warning{'s' if n_more > 1 else ''})" if n_more else "")
