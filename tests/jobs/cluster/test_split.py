"""A long recording is divided: whatever order parts are done in, and lost, all stays the same."""

from __future__ import annotations

import os
import pickle  # noqa: TID251  (as Ray does it)
import random
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentigram.core.document import Document, dumps
from sentigram.core.media import Audio
from sentigram.core.spread import HERE, Here, Spread, in_parts
from sentigram.emotion import bundled
from sentigram.errors import MediaError, ResourceError
from sentigram.jobs.cluster import archive as archives
from sentigram.jobs.cluster.archive import Archive, Crew
from sentigram.jobs.cluster.driver import Hand, Lost
from sentigram.jobs.cluster.split import Bench, Part, Workers, worth_dividing
from sentigram.jobs.cluster.units import Greeting, Order, Share, Unit
from sentigram.jobs.cluster.worker import Worker
from sentigram.jobs.engine import Engine
from sentigram.jobs.hear import hear
from sentigram.jobs.job import Settings
from sentigram.media.probe import probe
from sentigram.words import speech_events
from sentigram.words.alignment import windows
from sentigram.words.heard_or_given import HearOptions
from sentigram.words.moonshine import transcriber
from tests import media_samples
from tests.fakes import Recorder

_TALK = Path(__file__).resolve().parents[3] / "examples" / "talk.mp4"
_SOUND = Audio(np.zeros(16_000, np.float32))
_ENGINE = Greeting(choice="one")


class Desk:
    """A worker of a pool: it does its part when it is asked what it says, or is lost.

    Args:
        pool: Its pool.
        machine: Where it is.
    """

    def __init__(self, pool: Desks, machine: str) -> None:
        self.machine, self._pool = machine, pool
        self._bench = Bench()
        self._part: tuple[bytes, Any] | None = None
        self._unit: Unit | None = None

    def begin(self, unit: Unit) -> None:
        self._unit = unit

    def begin_part(self, part: Part, sound: Any) -> None:
        self._part = (pickle.dumps(part), sound)

    def take(self) -> Any:
        if self._unit is not None:
            self._pool.whole.append(self._unit.name)
            return Worker(self._pool.order).do(self._unit)
        if self._part is None:
            return self._pool.greeting
        data, sound = self._part
        part = pickle.loads(data)  # noqa: S301  (its own)
        self._pool.n_begun += 1
        if self._pool.is_lost(self._pool.n_begun):
            raise Lost("killed")
        return pickle.loads(pickle.dumps(self._bench.do(part, sound)))  # noqa: S301

    def end(self) -> None:
        self._pool.hands.remove(self)


class Desks:
    """Room for some workers, who finish in any order.

    Args:
        n_workers: How many.
        is_lost: Whether the worker of the n-th part that is begun, from 1, is lost.
        seed: Of the order.
    """

    greeting = _ENGINE
    order: Order

    def __init__(
        self, n_workers: int, is_lost: Callable[[int], bool] = lambda _n: False, seed: int = 0
    ) -> None:
        self.hands: list[Desk] = []
        self.shares, self.n_begun = 0, 0
        self.whole: list[str] = []  # recordings that one worker did
        self.is_lost = is_lost
        self._n_workers, self._random = n_workers, random.Random(seed)  # noqa: S311

    def machines(self) -> Sequence[str]:
        return ("here",) if len(self.hands) < self._n_workers else ()

    def n_workers(self) -> int:
        return self._n_workers

    def start(self, machine: str) -> Hand:
        self.hands.append(Desk(self, machine))
        return self.hands[-1]

    def wait(self, hands: Collection[Hand], seconds: float) -> Sequence[Hand]:
        return [self._random.choice(list(hands))] if hands else ()

    def shared(self, audio: Audio) -> Audio:
        self.shares += 1
        assert audio.spread == HERE
        return replace(audio, samples=np.array(audio.samples))


def squared(audio: Audio, item: int) -> int:
    return item * item + len(audio.samples)


def refused(audio: Audio, item: int) -> int:
    if item == 5:
        message = "what is said is not English"
        raise MediaError(message)
    return squared(audio, item)


def broken(audio: Audio, item: int) -> int:
    return squared(audio, item) // (item - 5)


@given(
    n_items=st.integers(0, 40),
    n_workers=st.integers(1, 5),
    group=st.integers(1, 7),
    seed=st.integers(0, 99),
    lost=st.sets(st.integers(1, 30), max_size=2),
)
@settings(max_examples=60, deadline=None)
def test_results_are_in_order_whoever_is_lost(
    n_items: int, n_workers: int, group: int, seed: int, lost: set[int]
) -> None:
    pool = Desks(n_workers, lost.__contains__, seed)
    workers = Workers(pool, "one", Recorder())
    for _ in range(2):
        found = list(workers.map(squared, _SOUND, range(n_items), group=group))
        assert found == list(HERE.map(squared, _SOUND, range(n_items)))
    assert pool.shares == (1 if n_items else 0)
    workers.close()
    assert not pool.hands


def test_a_part_that_is_lost_for_good_is_an_error_and_no_worker_is_left_at_it() -> None:
    pool, told = Desks(3, lambda n: n > 4), Recorder()
    workers = Workers(pool, "one", told)
    with pytest.raises(ResourceError, match=r"failed 3 times, the last time: its worker is gone"):
        list(workers.map(squared, _SOUND, range(20)))
    assert any("is done again: its worker is gone (killed)" in line for line in told.warnings)
    workers.close()
    assert not pool.hands


def test_what_is_wrong_with_the_recording_is_said_at_once() -> None:
    pool, told = Desks(2), Recorder()
    with pytest.raises(MediaError, match="not English"):
        list(Workers(pool, "one", told).map(refused, _SOUND, range(9)))
    assert not told.warnings


def test_a_fault_of_a_worker_is_tried_again_in_fresh_ones() -> None:
    told = Recorder()
    with pytest.raises(ResourceError, match="3 times, the last time: internal error: ZeroDivision"):
        list(Workers(Desks(2), "one", told).map(broken, _SOUND, range(9)))
    assert len(told.warnings) == 2


def test_a_worker_with_another_engine_gets_nothing() -> None:
    with pytest.raises(ResourceError, match="its engine or version is another one than here"):
        list(Workers(Desks(2), "another", Recorder()).map(squared, _SOUND, range(9)))


def test_items_are_found_while_others_are_worked_on() -> None:
    found: list[int] = []

    def slowly() -> Iterator[int]:
        for item in range(50):
            found.append(item)
            yield item

    results = Workers(Desks(2), "one", Recorder()).map(squared, _SOUND, slowly())
    next(results)
    assert len(found) < 10


def test_threads_of_one_process_keep_the_order() -> None:
    assert list(Here().map(squared, _SOUND, range(9), n_threads=4)) == [
        squared(_SOUND, item) for item in range(9)
    ]
    assert list(in_parts(range(5), 2)) == [(0, 1), (2, 3), (4,)]


def _units(*seconds: float, twin: str = "") -> list[Unit]:
    return [
        Unit(f"{number:02}.wav", int(length * 176_400), twin=twin)
        for number, length in enumerate(seconds)
    ]


@pytest.mark.parametrize(
    ("seconds", "n_workers", "divided"),
    [
        ((3600,), 4, [0]),
        ((3600,), 1, []),
        ((3600, 60, 60, 60, 60, 60), 4, [0]),
        ((3600, 3600, 3600), 2, [2]),
        ((3600,) * 10, 4, [7, 8, 9]),
        ((60,) * 3, 4, []),  # not long
    ],
)
def test_those_are_divided_for_which_workers_would_wait(
    seconds: Sequence[float], n_workers: int, divided: list[int]
) -> None:
    units = _units(*seconds)
    found = worth_dividing(units, n_workers, lambda unit: unit.weight >= 1800)
    assert [units.index(unit) for unit in found] == divided
    assert not worth_dividing(_units(*seconds, twin="x"), n_workers, lambda _unit: True)


@dataclass
class Watched(Recorder):
    """Remembers the shares that each stage told."""

    shares: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[[float], None]]:
        yield self.shares.setdefault(name, []).append


def _heard(path: Path, spread: Spread) -> tuple[Document, Watched]:
    told = Watched()
    engine = Engine("bundled", spread=spread)
    return hear(probe(path), engine, HearOptions(use_sidecar=False), told), told


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A talk of 82 s: half a minute of one, silence, half a minute of it, noise, and its end."""
    out = tmp_path_factory.mktemp("long") / "long.wav"
    return media_samples.make(
        out,
        *("-t", "30", "-i", str(_TALK)),
        *("-f", "lavfi", "-t", "4", "-i", "anullsrc=r=16000:cl=mono"),
        *("-ss", "20", "-t", "30", "-i", str(_TALK)),
        *("-f", "lavfi", "-t", "3", "-i", "anoisesrc=r=16000:a=0.02:seed=1"),
        *("-ss", "40", "-t", "15", "-i", str(_TALK)),
        *("-filter_complex", "[0:a][1][2:a][3][4:a]concat=n=5:v=0:a=1", "-ac", "1", "-ar", "16000"),
    )


@pytest.fixture
def short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts so short that a minute has many."""
    monkeypatch.setattr(transcriber, "STRETCH_MS", 12_000)
    monkeypatch.setattr(windows, "_GROUP", 1)
    monkeypatch.setattr(speech_events, "_BLOCK_MS", 20_000)
    monkeypatch.setattr(speech_events, "_GROUP", 1)
    monkeypatch.setattr(bundled, "_PART", 2)


@pytest.mark.slow  # hears twice
@pytest.mark.usefixtures("short_parts")
def test_words_readings_and_notes_are_those_of_an_undivided_run(talk: Path) -> None:
    """To the bit: the bundled engine works on each part by itself, here as there."""
    whole, _ = _heard(talk, HERE)
    pool, lost = Desks(3, lambda n: n in (2, 9, 15), seed=7), Recorder()
    workers = Workers(pool, "one", lost)
    divided, told = _heard(talk, workers)
    assert pool.n_begun > 20
    assert pool.shares == 1
    assert len(lost.warnings) == 3
    assert len(list(whole.transcript.words())) > 100
    assert dumps(divided) == dumps(whole)
    assert divided == whole
    for name in ("words", "word times", "missed", "emotions"):
        shares = told.shares[name]
        assert len(shares) > 3
        assert shares == sorted(shares)
        assert shares[-1] == 1.0
    workers.close()


@pytest.fixture
def said(tmp_path: Path) -> Path:
    """A folder with a recording whose words are known."""
    folder = tmp_path / "said"
    folder.mkdir()
    media_samples.audio_only(folder / "tone.wav")
    (folder / "tone.vtt").write_text("WEBVTT\n\n00:00.100 --> 00:00.900\nHello there.\n")
    return folder


def _run(
    folder: Path, pool: Desks, monkeypatch: pytest.MonkeyPatch, *, split_ms: int = 1
) -> tuple[list[str], Recorder]:
    """Do a folder with a pool in the place of that of Ray."""

    @contextmanager
    def as_pool(order: Order, _crew: Crew) -> Iterator[Desks]:
        pool.order = replace(order, share=None)
        pool.greeting = Worker(pool.order).greet() if pool.greeting is _ENGINE else pool.greeting
        yield pool

    monkeypatch.setattr(archives, "_pool", as_pool)
    told = Recorder()
    wanted = Settings(kinds=("json",), engine=Engine("bundled"))
    crew = Crew(n_workers=2, split_ms=split_ms)
    with Archive(folder, wanted, told, crew=crew) as archive:
        entries = archive.run()
    assert not pool.hands
    return [entry.status for entry in entries], told


def test_what_is_up_to_date_is_not_divided_again(
    said: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, again = Desks(2), Desks(2)
    assert _run(said, pool, monkeypatch)[0] == ["done"]
    assert pool.n_begun
    assert not pool.whole
    assert _run(said, again, monkeypatch)[0] == ["skipped"]
    assert (again.n_begun, again.whole) == (0, [])


def test_what_cannot_be_divided_is_left_to_one_worker(
    said: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = Desks(2, lambda _n: True)
    statuses, told = _run(said, pool, monkeypatch)
    assert (statuses, pool.whole) == (["done"], ["tone.wav"])
    why = "is left to one worker: a part of it failed 3 times"
    assert any(why in line for line in told.warnings)


def test_recordings_are_divided_from_a_length_on_and_never_where_it_is_0(
    said: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for split_ms in (0, 60_000):
        pool = Desks(2)
        _run(said, pool, monkeypatch, split_ms=split_ms)
        assert (pool.n_begun, pool.whole) == (0, ["tone.wav"])
        (said / "tone.sentigram.json").unlink()


class Killer(Watched):
    """Kills a worker of Ray as soon as the first part is done."""

    archive: Archive

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[[float], None]]:
        import ray

        with super().stage(name) as tell:

            def told(share: float) -> None:
                tell(share)
                if name == "words" and len(self.shares[name]) == 1:
                    hands = self.archive._pool._hands  # type: ignore[attr-defined]
                    ray.kill(hands[0]._actor)

            yield told


@pytest.mark.slow  # a cluster of its own, whose workers hear
@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(os.name != "posix", reason="Ray's cluster of several nodes needs it")
def test_workers_of_ray_of_which_one_is_killed(
    cluster: Any, talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcriber, "STRETCH_MS", 8_000)  # its owner cuts it
    wanted = Settings(kinds=("json", "srt"), engine=Engine("bundled"))
    folders = tmp_path / "whole", tmp_path / "divided"
    for folder in folders:
        folder.mkdir()
        shutil.copy(talk, folder / "long.wav")
    given = "WEBVTT\n\n00:00.100 --> 00:00.900\nHello there.\n"
    (folders[1] / "short.vtt").write_text(given)
    media_samples.audio_only(folders[1] / "short.wav")
    with Archive(folders[0], wanted, Recorder()) as archive:
        archive.run()
    node = cluster.add_node(num_cpus=2, object_store_memory=80 * 2**20)
    try:
        told = Killer()
        crew = Crew(cluster.address, 3, Share(1.0), split_ms=60_000)
        with Archive(folders[1], wanted, told, crew=crew) as archive:
            told.archive = archive
            entries = archive.run()
    finally:
        cluster.remove_node(node)
    assert [(entry.name, entry.status) for entry in entries] == [
        ("long.wav", "done"),
        ("short.wav", "done"),
    ]
    assert sum("is done again: its worker is gone" in line for line in told.warnings) == 1
    assert any("long.wav: its parts are shared out" in line for line in told.notes)
    for name in ("long.sentigram.json", "long.srt"):
        assert (folders[1] / name).read_bytes() == (folders[0] / name).read_bytes()
    with Archive(folders[1], wanted, Recorder()) as archive:
        assert {entry.status for entry in archive.run()} == {"skipped"}
