"""Units go to workers, the longest first; what goes wrong is tried again as it should be."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.errors import MissingError, ResourceError, UsageError
from sentigram.jobs.cluster.driver import Driver, Hand, Lost
from sentigram.jobs.cluster.pace import Pace
from sentigram.jobs.cluster.units import Greeting, Outcome, Unit
from sentigram.jobs.entry import Entry
from sentigram.jobs.faults import Fault
from tests.fakes import Recorder

Does = Callable[["FakeHand", Unit], Outcome]
FATES = ["", "file", "memory", "machine", "internal", "lost", "busy"]
HELLO = Greeting(choice="engine", line="engine: fake")


class FakeHand:
    """A worker of the script."""

    def __init__(self, pool: FakePool, machine: str) -> None:
        self.machine, self._pool = machine, pool
        self.unit: Unit | None = None
        self.is_ended = False

    def begin(self, unit: Unit) -> None:
        assert not self.is_ended
        self.unit = unit
        self._pool.begun.append((unit.name, self.machine))

    def take(self) -> Greeting | Outcome:
        if self.unit is None:
            return self._pool.greets(self)
        unit, self.unit = self.unit, None
        return self._pool.does(self, unit)

    def end(self) -> None:
        assert not self.is_ended
        self.is_ended = True
        self._pool.hands.remove(self)


class FakePool:
    """Machines with room for so many workers each."""

    def __init__(self, does: Does, room: dict[str, int]) -> None:
        self.does, self.room = does, room
        self.hands: list[FakeHand] = []
        self.begun: list[tuple[str, str]] = []
        self.greets: Callable[[FakeHand], Greeting] = lambda _hand: HELLO
        self.n_started = 0

    def machines(self) -> Sequence[str]:
        free = {m: n - sum(h.machine == m for h in self.hands) for m, n in self.room.items()}
        return [machine for machine, n in free.items() if n > 0]

    def start(self, machine: str) -> Hand:
        self.hands.append(FakeHand(self, machine))
        self.n_started += 1
        return self.hands[-1]

    def wait(self, hands: Collection[Hand], seconds: float) -> Sequence[Hand]:
        return tuple(hands)[:1]


def done(_hand: FakeHand, unit: Unit) -> Outcome:
    return Outcome(Entry(unit.name, unit.name, "done", detail={"duration_ms": 1000}), seconds=1.0)


def failed(unit: Unit, fault: Fault, why: str = "why") -> Outcome:
    return Outcome(Entry(unit.name, unit.name, "failed", error=why), fault)


def units(*names: str) -> list[Unit]:
    """The earlier, the longer."""
    return [Unit(f"{name}.wav", 1000 * (len(names) - i)) for i, name in enumerate(names)]


def driven(pool: FakePool, what: Sequence[Unit], **told: object) -> tuple[dict[str, str], Recorder]:
    recorder = Recorder()
    with Driver(pool, recorder, **told) as driver:
        entries = driver.run(what)
    assert [*entries] == [unit.name for unit in what]
    assert not pool.hands  # all were let go
    return {name: entry.status for name, entry in entries.items()}, recorder


def test_the_longest_goes_first_whatever_the_order() -> None:
    pool = FakePool(done, {"a": 1})
    short, long, middle = Unit("s.wav", 10), Unit("l.mp4", 10**9), Unit("m.mp3", 10**6)
    statuses, _ = driven(pool, [short, long, middle])
    assert set(statuses.values()) == {"done"}
    assert [name for name, _ in pool.begun] == ["l.mp4", "m.mp3", "s.wav"]


def test_a_quiet_hour_weighs_more_than_a_short_film() -> None:
    assert Unit("hour.mp3", 3600 * 16_000).weight > Unit("clip.mp4", 100 * 10**6).weight
    assert Unit("hour.wav", 3600 * 176_400).weight == pytest.approx(3600)


def test_no_more_workers_than_there_is_work_for() -> None:
    pool = FakePool(done, {"a": 8, "b": 8})
    driven(pool, units("x", "y", "z"))
    assert pool.n_started <= 3


def test_bad_input_is_never_tried_again() -> None:
    pool = FakePool(lambda _hand, unit: failed(unit, "file"), {"a": 2})
    statuses, _ = driven(pool, units("x", "y"))
    assert set(statuses.values()) == {"failed"}
    assert len(pool.begun) == 2


def test_a_lost_worker_is_replaced_and_its_unit_tried_again() -> None:
    losses = deque(["x.wav", "y.wav", "x.wav"])

    def does(hand: FakeHand, unit: Unit) -> Outcome:
        if losses and losses[0] == unit.name:
            losses.popleft()
            raise Lost("killed")
        return done(hand, unit)

    pool = FakePool(does, {"a": 1})
    statuses, recorder = driven(pool, units("x", "y"))
    assert set(statuses.values()) == {"done"}
    assert sum(line.endswith("its worker is gone (killed)") for line in recorder.warnings) == 2
    assert pool.n_started == 3


def test_what_kills_its_worker_each_time_is_given_up() -> None:
    def does(hand: FakeHand, unit: Unit) -> Outcome:
        if unit.name == "x.wav":
            raise Lost("killed")
        return done(hand, unit)

    pool = FakePool(does, {"a": 1})
    with Driver(pool, Recorder()) as driver:
        entries = driver.run(units("x", "y"))
    assert entries["y.wav"].status == "done"
    assert entries["x.wav"].error == "its worker was lost 3 times, the last time: killed"
    assert [name for name, _ in pool.begun].count("x.wav") == 3


@pytest.mark.parametrize("is_killed", [True, False])
def test_want_of_memory_gets_half_the_batch_and_a_fresh_process(is_killed: bool) -> None:
    tried: list[tuple[int, FakeHand]] = []

    def does(hand: FakeHand, unit: Unit) -> Outcome:
        tried.append((unit.halvings, hand))
        if unit.halvings == 3:
            return done(hand, unit)
        if is_killed:
            raise Lost("for want of memory", for_memory=True)
        return failed(unit, "memory")

    statuses, _ = driven(FakePool(does, {"a": 1}), units("x"))
    assert statuses == {"x.wav": "done"}
    assert [halvings for halvings, _ in tried] == [0, 1, 2, 3]
    assert len({id(hand) for _, hand in tried}) == 4


def test_memory_that_is_never_enough_is_given_up() -> None:
    pool = FakePool(lambda _hand, unit: failed(unit, "memory", "too little"), {"a": 1})
    with Driver(pool, Recorder()) as driver:
        entries = driver.run(units("x"))
    assert entries["x.wav"].error == "too little"
    assert len(pool.begun) == 5


def test_a_fault_of_ours_is_tried_once_more_in_a_fresh_process() -> None:
    pool = FakePool(lambda _hand, unit: failed(unit, "internal"), {"a": 1})
    statuses, _ = driven(pool, units("x"))
    assert statuses == {"x.wav": "failed"}
    assert (len(pool.begun), pool.n_started) == (2, 2)


def test_a_machine_that_only_fails_gets_nothing_more_and_eats_nothing() -> None:
    """A full disk fails at once: without this it would take every unit there is."""

    def does(hand: FakeHand, unit: Unit) -> Outcome:
        return failed(unit, "machine", "disk full") if hand.machine == "bad" else done(hand, unit)

    pool = FakePool(does, {"bad": 2, "good": 1})
    statuses, recorder = driven(pool, units(*"abcdefghij"))
    assert set(statuses.values()) == {"done"}
    assert sum(machine == "bad" for _, machine in pool.begun) <= 3
    assert recorder.warnings == ["machine bad gets nothing more to do: disk full"]


def test_a_machine_that_fails_now_and_then_stays() -> None:
    faults = deque([True, False, True, False, True, False])

    def does(hand: FakeHand, unit: Unit) -> Outcome:
        return failed(unit, "machine") if faults and faults.popleft() else done(hand, unit)

    statuses, recorder = driven(FakePool(does, {"a": 1}), units(*"abcd"))
    assert set(statuses.values()) == {"done"}
    assert recorder.warnings == []


def test_where_no_machine_is_left_all_that_is_left_says_why() -> None:
    pool = FakePool(lambda _hand, unit: failed(unit, "machine", "disk full"), {"a": 1})
    with Driver(pool, Recorder()) as driver:
        entries = driver.run(units(*"abcd"))
    assert {entry.error for entry in entries.values()} == {"no worker is left: disk full"}
    assert len(pool.begun) == 2


def test_wrong_settings_end_the_run_as_what_they_are() -> None:
    pool = FakePool(done, {"a": 1})
    pool.greets = lambda _hand: Greeting(error="no such culture", kind="UsageError", fault="file")
    with pytest.raises(UsageError, match="no such culture"):
        driven(pool, units("x"))
    pool.greets = lambda _hand: Greeting(error="no model", kind="MissingError", fault="machine")
    with pytest.raises(MissingError, match="no model"):
        driven(pool, units("x"))
    pool.room = {}
    with pytest.raises(ResourceError, match="no machine has room for a worker"):
        driven(pool, units("x"))


def test_one_machine_without_a_model_does_not_stop_the_others() -> None:
    pool = FakePool(done, {"bare": 1, "good": 1})
    pool.greets = lambda hand: (
        Greeting(error="no model", kind="MissingError", fault="machine")
        if hand.machine == "bare"
        else HELLO
    )
    statuses, recorder = driven(pool, units("x", "y"))
    assert set(statuses.values()) == {"done"}
    assert recorder.warnings == ["machine bare gets nothing more to do: no model"]


def test_two_engines_do_not_mix() -> None:
    pool = FakePool(done, {"a": 1, "b": 1})
    pool.greets = lambda hand: Greeting(choice=f"engine of {hand.machine}")
    statuses, recorder = driven(pool, units("x", "y", "z"))
    assert set(statuses.values()) == {"done"}
    assert {machine for _, machine in pool.begun} == {"a"}
    assert "another engine or version than the first worker" in recorder.warnings[0]


def test_workers_that_never_greet_are_not_started_for_ever() -> None:
    pool = FakePool(done, {"a": 1})

    def greets(_hand: FakeHand) -> Greeting:
        raise Lost("cannot import sentigram")

    pool.greets = greets
    with Driver(pool, Recorder()) as driver:
        entries = driver.run(units("x"))
    assert entries["x.wav"].error == (
        "no worker is left: workers do not start: cannot import sentigram"
    )
    assert pool.n_started == 3


def test_what_another_batch_is_at_comes_last_and_is_waited_for() -> None:
    def does(hand: FakeHand, unit: Unit) -> Outcome:
        is_busy = unit.name == "x.wav" and not unit.waits
        return Outcome(None) if is_busy else done(hand, unit)

    pool = FakePool(does, {"a": 1})
    statuses, _ = driven(pool, units("x", "y", "z"))
    assert set(statuses.values()) == {"done"}
    assert [name for name, _ in pool.begun] == ["x.wav", "y.wav", "z.wav", "x.wav"]


@pytest.mark.parametrize("is_done", [True, False])
def test_a_twin_waits_for_the_first_and_is_on_its_own_if_that_fails(is_done: bool) -> None:
    twins: list[str] = []

    def does(hand: FakeHand, unit: Unit) -> Outcome:
        twins.append(unit.twin)
        return done(hand, unit) if is_done or unit.name != "b.wav" else failed(unit, "file")

    pool = FakePool(does, {"a": 4})
    what = [Unit("a.wav", 900, twin="b.wav"), Unit("b.wav", 100), Unit("c.wav", 50)]
    driven(pool, what)
    assert [name for name, _ in pool.begun].index("b.wav") == 0
    assert twins.count("b.wav") == is_done


def test_the_pace_says_rate_and_what_is_left() -> None:
    seen: list[Pace] = []
    clock = iter(range(0, 1000, 10))
    pool = FakePool(done, {"a": 1})
    driven(
        pool,
        [Unit(f"{i}.wav", 176_400) for i in range(4)],
        on_pace=seen.append,
        clock=lambda: next(clock),
    )
    assert seen[-1].share == 1.0
    halfway = next(pace for pace in seen if pace.n_done == 2)
    assert halfway.eta_seconds == pytest.approx(halfway.seconds)
    assert "2 of 4" in str(halfway)
    assert f"about {halfway.seconds:.0f} s left" in str(halfway)
    assert Pace(0, 5).eta_seconds is None
    assert str(Pace(3, 5, n_failed=1)) == "3 of 5, 1 failed"


@given(
    st.lists(
        st.sampled_from(["", "file", "memory", "machine", "internal", "lost", "busy"]), max_size=60
    ),
    st.integers(1, 12),
    st.dictionaries(st.sampled_from("abc"), st.integers(1, 3), min_size=1),
)
def test_every_unit_gets_one_entry_whatever_happens(
    fates: list[str], n_units: int, room: dict[str, int]
) -> None:
    left = deque(fates)

    def does(hand: FakeHand, unit: Unit) -> Outcome:
        fate = left.popleft() if left else ""
        if fate == "lost":
            raise Lost("killed")
        if fate == "busy":
            return done(hand, unit) if unit.waits else Outcome(None)
        return failed(unit, fate) if fate else done(hand, unit)

    pool = FakePool(does, room)
    statuses, _ = driven(pool, [Unit(f"{i}.wav", i) for i in range(n_units)])
    assert len(statuses) == n_units
    if not fates:
        assert set(statuses.values()) == {"done"}
