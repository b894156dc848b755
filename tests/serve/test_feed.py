"""Events: in order, each once, for all who listen, also for who comes late or comes back."""

from __future__ import annotations

import asyncio
from typing import Any

from sentigram.serve.feed import MOST_EVENTS, Event, Feed


def _all(feed: Feed, after: int | None = None) -> list[Event]:
    async def listen() -> list[Event]:
        async with asyncio.timeout(5):
            return [event async for event in feed.events(after)]

    return asyncio.run(listen())


def _names(events: list[Event]) -> list[str]:
    return [event.name for event in events]


def test_who_comes_late_gets_what_still_counts() -> None:
    feed = Feed()
    feed.tell("state", {"state": "queued"})
    feed.tell("stage", {"name": "words", "share": 0.1})
    feed.tell("note", {"text": "a"})
    feed.tell("state", {"state": "running"})
    feed.tell("stage", {"name": "words", "share": 0.9})
    feed.tell("done", {})
    events = _all(feed)
    assert _names(events) == ["note", "state", "stage", "done"]
    assert events[1].data == {"state": "running"}
    assert events[2].data["share"] == 0.9
    numbers = [event.number for event in events]
    assert numbers == sorted(set(numbers))


def test_who_comes_back_gets_what_is_new() -> None:
    feed = Feed()
    for text in "abc":
        feed.tell("note", {"text": text})
    feed.tell("done", {})
    second = _all(feed)[1].number
    assert [event.data.get("text") for event in _all(feed, second)] == ["c", None]


def test_numbers_of_an_earlier_life_ask_for_everything() -> None:
    first = Feed()
    first.tell("note", {"text": "old"})
    first.tell("done", {})
    last = _all(first)[-1].number

    async def later() -> list[Event]:
        await asyncio.sleep(0.01)
        feed = Feed()
        feed.tell("note", {"text": "new"})
        feed.tell("done", {})
        return [event async for event in feed.events(last)]

    assert _names(asyncio.run(later())) == ["note", "done"]
    assert len(_all(first, last + 10**9)) == 2, "a number from the future, too"


def test_all_listeners_hear_what_comes_while_they_wait() -> None:
    async def work() -> list[list[str]]:
        feed = Feed()

        async def listen() -> list[str]:
            return [event.data["text"] async for event in feed.events() if event.name == "note"]

        listeners = [asyncio.create_task(listen()) for _ in range(3)]
        for text in "abcd":
            await asyncio.sleep(0)
            feed.tell("note", {"text": text})
        feed.tell("failed", {"error": "x"})
        async with asyncio.timeout(5):
            return await asyncio.gather(*listeners)

    assert asyncio.run(work()) == [list("abcd")] * 3


def test_a_job_that_is_gone_ends_its_listeners() -> None:
    async def work() -> list[Any]:
        feed = Feed()
        feed.tell("note", {"text": "a"})
        listener = asyncio.create_task(_collect(feed))
        await asyncio.sleep(0.01)
        feed.close()
        async with asyncio.timeout(5):
            return await listener

    async def _collect(feed: Feed) -> list[str]:
        return [event.name async for event in feed.events()]

    assert asyncio.run(work()) == ["note"]


def test_an_end_that_was_taken_back_is_none() -> None:
    """A job that is taken up again begins anew."""
    feed = Feed()
    feed.tell("failed", {"error": "x"})
    feed.forget("failed")
    feed.tell("done", {})
    assert _names(_all(feed)) == ["done"]


def test_no_more_is_kept_than_is_needed() -> None:
    feed = Feed()
    for number in range(MOST_EVENTS + 10):
        feed.tell("note", {"text": str(number)})
    feed.tell("done", {})
    events = _all(feed)
    assert len(events) == MOST_EVENTS
    assert events[-1].is_last
