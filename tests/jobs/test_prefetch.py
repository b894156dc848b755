"""Works that overlap: order, what is told when, failures, and what is held open."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import pytest

from sentigram.jobs.prefetch import EarlyWork, in_turn
from tests.fakes import Recorder


def test_the_next_work_runs_while_the_caller_is_busy_with_the_last():
    seen: list[str] = []
    started = threading.Event()

    def first(_reporter, _stack):
        seen.append("first")
        return 1

    def second(_reporter, _stack):
        seen.append("second")
        started.set()
        return 2

    turns = in_turn([first, second], Recorder())
    turn = next(turns)
    assert turn.result() == 1
    assert started.wait(10), "the second did not begin before its turn"
    seen.append("caller")
    assert next(turns).result() == 2
    assert next(turns, None) is None
    assert seen == ["first", "second", "caller"]


def test_two_works_never_run_at_once():
    running, most = 0, 0

    def work(_reporter, _stack):
        nonlocal running, most
        running += 1
        most = max(most, running)
        running -= 1
        return threading.current_thread().name

    names = [turn.result() for turn in in_turn([work] * 5, Recorder())]
    assert most == 1
    assert names[0] == threading.current_thread().name
    assert set(names[1:]) == {"early work"}


def test_what_is_told_ahead_is_said_in_its_turn():
    reporter = Recorder()

    def work(told, _stack):
        with told.stage("decode") as progress:
            progress(0.5)
        told.note("a choice")
        told.warn("look")
        return 0

    turns = in_turn([lambda *_: 0, work], reporter)
    next(turns).result()
    second = next(turns)
    assert reporter.notes == []
    second.result()
    assert reporter.notes == ["a choice"]
    assert reporter.warnings == ["look"]


def test_a_failure_is_raised_in_its_turn_and_the_next_goes_on():
    def fails(_reporter, _stack):
        message = "broken"
        raise ValueError(message)

    results = []
    for turn in in_turn([fails, lambda *_: 1, fails, lambda *_: 2], Recorder()):
        try:
            results.append(turn.result())
        except ValueError as error:
            results.append(str(error))
    assert results == ["broken", 1, "broken", 2]


def test_what_a_work_opened_stays_open_until_its_turn_is_over():
    open_now: set[int] = set()

    def opening(number):
        @contextmanager
        def scope():
            open_now.add(number)
            yield
            open_now.remove(number)

        def work(_reporter, stack):
            stack.enter_context(scope())
            return number

        return work

    for number, turn in enumerate(in_turn([opening(i) for i in range(4)], Recorder())):
        assert turn.result() == number
        assert number in open_now
        assert open_now <= {number, number + 1}
    assert open_now == set()


def test_leaving_stops_the_work_at_its_next_step():
    begun, closed = threading.Event(), threading.Event()

    @contextmanager
    def scope():
        try:
            yield
        finally:
            closed.set()

    def endless(reporter, stack):
        stack.enter_context(scope())
        with reporter.stage("words") as progress:
            while True:
                begun.set()
                progress(0.1)

    with EarlyWork(endless):
        assert begun.wait(10)
    assert closed.is_set()


def test_a_caller_that_stops_leaves_nothing_running():
    def endless(reporter, _stack):
        with reporter.stage("words") as progress:
            while True:
                progress(0.1)

    turns = in_turn([lambda *_: 0, endless], Recorder())
    next(turns).result()
    turns.close()  # type: ignore[attr-defined]
    assert not any(thread.name == "early work" for thread in threading.enumerate())


@pytest.mark.parametrize("works", [[], [lambda *_: 7]])
def test_few_works(works):
    assert [turn.result() for turn in in_turn(works, Recorder())] == [7] * len(works)
