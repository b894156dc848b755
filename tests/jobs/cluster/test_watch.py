"""New recordings are given out when nobody writes them any more, and once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from sentigram.jobs.cluster.watch import settled


class _EndError(Exception):
    """Nobody waits any longer."""


def _rounds(*looks: dict[str, str]) -> list[set[str]]:
    """What is given out while the folder looks like this, one look after another."""
    views = iter(looks)
    waits = iter(looks[1:])

    def wait() -> None:
        if next(waits, None) is None:
            raise _EndError

    rounds: list[set[str]] = []
    _collect(rounds, lambda: next(views), wait)
    return rounds


def _collect(
    rounds: list[set[str]], look: Callable[[], dict[str, str]], wait: Callable[[], None]
) -> None:
    with suppress(_EndError):
        for names in settled(look, wait):
            rounds.append(set(names))  # noqa: PERF401  (what came before the end stays)


def test_what_is_there_comes_first_and_what_grows_when_it_has_stopped() -> None:
    a, growing, grown = {"a": "1"}, {"a": "1", "b": "1"}, {"a": "1", "b": "2"}
    assert _rounds(a, growing, grown) == [{"a"}]
    assert _rounds(a, growing, grown, grown, grown, grown) == [{"a"}, {"b"}]


def test_what_changes_or_comes_back_is_given_again() -> None:
    one, two = {"a": "1"}, {"a": "2"}
    assert _rounds(one, two, two, {}, two, two) == [{"a"}, {"a"}, {"a"}]


def test_an_empty_folder_waits() -> None:
    assert _rounds({}, {}, {"a": "1"}, {"a": "1"}) == [set(), {"a"}]
