"""An archive from end to end: its recordings are listed, handed to workers, and reported on."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from sentigram.core.protocols import Reporter
from sentigram.core.time import MS_PER_MINUTE, MS_PER_SECOND
from sentigram.errors import SentigramError
from sentigram.jobs.batch import find_media_files, is_recording
from sentigram.jobs.cluster.driver import Driver, Pool
from sentigram.jobs.cluster.here import HerePool
from sentigram.jobs.cluster.pace import Pace
from sentigram.jobs.cluster.places import Bucket, Folder, is_safe, url_of
from sentigram.jobs.cluster.shards import Shard
from sentigram.jobs.cluster.split import PartPool, Workers, worth_dividing
from sentigram.jobs.cluster.units import Order, Share, Unit
from sentigram.jobs.cluster.worker import Worker
from sentigram.jobs.entry import Entry
from sentigram.jobs.job import Settings
from sentigram.jobs.one_source import AS_USUAL, Again, Wanted, clashes
from sentigram.jobs.record import FOLDER
from sentigram.jobs.twins import find_twins
from sentigram.media.probe import probe

SPLIT_MS = 30 * MS_PER_MINUTE

_UNSAFE = "its name cannot be that of a file; rename the object"


@dataclass(frozen=True, slots=True)
class Crew:
    """Who does the work.

    Attributes:
        cluster: Address of a cluster of Ray, "" for none.
        n_workers: Workers at most; None for as many as there is room for in a cluster, and for
            one in this process without any.
        share: What each has of its machine.
        split_ms: A recording that lasts as long may be divided among them; 0 for never.
    """

    cluster: str = ""
    n_workers: int | None = None
    share: Share = field(default_factory=Share)
    split_ms: int = SPLIT_MS

    @property
    def uses_ray(self) -> bool:
        """Whether workers are processes of Ray."""
        return bool(self.cluster) or self.n_workers is not None


@dataclass(frozen=True, slots=True)
class _Listed:
    """What is there: units of all recordings in order, and entries of those that cannot be one."""

    units: tuple[Unit, ...]
    refused: Mapping[str, Entry]
    states: Mapping[str, str]


class Archive:
    """An archive that is being worked through; workers stay while it is open.

    Args:
        folder: Of the recordings, or its URL.
        settings: What is wanted of each; `out` may be a URL, too.
        reporter: Is told of warnings and progress.
        again: What is looked at again of what an earlier run did.
        crew: Who does the work.
        shard: The part of the archive that this run does, None for all of it.
        on_pace: Is told how far it is, now and then.
        on_entry: Is told of each recording that is done with.

    Attributes:
        source: Where the recordings are.
        results: Where the results go.

    Raises:
        UsageError: A URL is wrong.
        MissingError: A package or a cluster is missing.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        reporter: Reporter,
        *,
        again: Again = AS_USUAL,
        crew: Crew | None = None,
        shard: Shard | None = None,
        on_pace: Callable[[Pace], None] = lambda _pace: None,
        on_entry: Callable[[Entry], None] = lambda _entry: None,
    ) -> None:
        self._folder, self._shard = folder, shard
        self._crew = Crew() if crew is None else crew
        self._url = url_of(folder)
        out_url = "" if settings.out is None else url_of(settings.out)
        self._out = out_url or str(settings.out or "")
        self._settings = replace(
            settings,
            out=None if out_url else settings.out,
            engine=replace(settings.engine),  # what this process has loaded stays here
        )
        self._order = Order(
            folder=self._url or str(folder),
            out=self._out,
            settings=self._settings,
            again=again,
            cwd=str(Path.cwd()) if self._crew.uses_ray else "",
            share=self._crew.share if self._crew.uses_ray else None,
        )
        self.source: Bucket | Folder = Bucket(self._url) if self._url else Folder(folder)
        beyond = Bucket(out_url) if out_url and out_url != self._url else None
        self._results = beyond  # another bucket than that of the recordings
        in_folder = Folder(settings.out) if settings.out is not None and not out_url else None
        self.results: Bucket | Folder = beyond or in_folder or self.source
        self._reporter, self._on_pace, self._on_entry = reporter, on_pace, on_entry
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            pool = stack.enter_context(_pool(self._order, self._crew))
            self._pool = pool
            self._driver = stack.enter_context(
                Driver(
                    pool,
                    self._reporter,
                    on_pace=self._on_pace,
                    on_entry=self._on_entry,
                    shown=self.source.shown,
                )
            )
            self._open = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def look(self) -> Mapping[str, str]:
        """The recordings that are there, and what changes when they change.

        Raises:
            InputError: There is no such place.
        """
        return self._listed().states

    def run(self, names: Collection[str] | None = None) -> tuple[Entry, ...]:
        """Do the archive, or some of it.

        Args:
            names: Of recordings, None for all.

        Returns:
            An entry for each recording, by name.

        Raises:
            SentigramError: There is no such place, or nobody can work: see `Driver.run`.
        """
        listed = self._listed()
        wanted = [
            unit
            for unit in listed.units
            if (names is None or unit.name in names)
            and (self._shard is None or self._shard.holds(unit.name))
        ]
        units = [unit for unit in wanted if unit.name not in listed.refused]
        if not self._url:
            units = self._with_twins(units)
        done = self._divided(units)
        whole = [unit for unit in units if unit.name not in done]
        done |= self._driver.run(whole) if whole else {}
        for unit in wanted:
            if unit.name in listed.refused:
                self._on_entry(listed.refused[unit.name])
        return tuple(done.get(unit.name) or listed.refused[unit.name] for unit in wanted)

    def _divided(self, units: Sequence[Unit]) -> dict[str, Entry]:
        """Do the long recordings that would keep one worker busy and the others waiting.

        Each is owned by this process, one after another, with all workers at its parts. What
        cannot be done so, for want of anything but what is in it, is left to one worker.
        """
        if not (self._crew.uses_ray and self._crew.split_ms):
            return {}
        pool: PartPool = self._pool  # type: ignore[assignment]  # that of Ray is one
        long = worth_dividing(units, pool.n_workers(), self._is_long)
        if not long:
            return {}
        greeting = Worker(replace(self._order, share=None, cwd="")).greet()
        if greeting.error:
            self._reporter.note(f"no recording is divided: {greeting.error}")
            return {}
        self._driver.let_go()  # their room is that of the workers below
        done = {}
        with closing(Workers(pool, greeting.choice, self._reporter)) as workers:
            engine = replace(self._settings.engine, spread=workers)
            settings = replace(self._settings, engine=engine)
            owner = Worker(replace(self._order, settings=settings, share=None, cwd=""))
            for unit in long:
                shown = self.source.shown(unit.name)
                self._reporter.note(f"{shown}: its parts are shared out among the workers")
                outcome = owner.do(unit, self._reporter)
                if outcome.entry is None:
                    continue  # another batch is at it
                if outcome.fault not in ("", "file"):
                    self._reporter.warn(f"{shown}: is left to one worker: {outcome.entry.error}")
                    continue
                for line in outcome.warnings:
                    self._reporter.warn(f"{shown}: {line}")
                done[unit.name] = outcome.entry
                self._on_entry(outcome.entry)
        return done

    def _is_long(self, unit: Unit) -> bool:
        """Whether a recording lasts long enough; at a URL, as far as its size tells."""
        if isinstance(self.source, Bucket):
            return unit.weight * MS_PER_SECOND >= self._crew.split_ms
        try:
            return probe(self.source.path / unit.name).duration_ms >= self._crew.split_ms
        except SentigramError:  # a worker says so
            return False

    def _listed(self) -> _Listed:
        if isinstance(self.source, Bucket):
            return self._in_bucket(self.source)
        return self._in_folder()

    def _in_folder(self) -> _Listed:
        sources = find_media_files(self._folder)
        units, states = [], {}
        beyond = {} if self._results is None else self._beside(self._results.listing())
        for source in sources:
            name = source.relative_to(self._folder).as_posix()
            try:
                found = source.stat()
                n_bytes, states[name] = found.st_size, f"{found.st_size}-{found.st_mtime_ns}"
            except OSError:  # the worker says why
                n_bytes = 0
            units.append(Unit(name, n_bytes, results=tuple(beyond.get(_stem(name), ()))))
        return _Listed(tuple(units), self._clashing(units), states)

    def _in_bucket(self, bucket: Bucket) -> _Listed:
        listing = bucket.listing()
        paths = sorted(
            path
            for path in map(PurePosixPath, (name for name in listing if "//" not in name))
            if is_recording(path) and path.as_posix() in listing
        )
        odd = sorted(name for name in listing if "//" in name and is_recording(PurePosixPath(name)))
        beside = self._beside(listing)
        beyond = {} if self._results is None else self._beside(self._results.listing())
        goes_beside = self._results is None and not self._out
        units, refused = [], {}
        for name in (*(path.as_posix() for path in paths), *odd):
            if not is_safe(name):
                refused[name] = Entry(name, bucket.shown(name), "failed", error=_UNSAFE)
            stem = _stem(name)
            with_it = tuple(
                one for one in beside.get(stem, ()) if goes_beside or f"{FOLDER}/" not in one
            )
            results = tuple(beyond.get(stem, ()))
            units.append(Unit(name, listing[name][0], beside=with_it, results=results))
        refused = {**self._clashing([u for u in units if u.name not in refused]), **refused}
        states = {unit.name: listing[unit.name][1] for unit in units}
        return _Listed(tuple(units), refused, states)

    @staticmethod
    def _beside(listing: Mapping[str, tuple[int, str]]) -> Mapping[str, list[str]]:
        """What is named after each recording, by what that is called without its suffix."""
        found: dict[str, list[str]] = {}
        for name in listing:
            path = PurePosixPath(name)
            if is_recording(path) or not is_safe(name):
                continue
            home = path.parent.parent if path.parent.name == FOLDER else path.parent
            parts = path.name.split(".")
            for n_parts in range(1, len(parts)):  # talk.en.srt is named after talk, or talk.en
                stem = str(home / ".".join(parts[:n_parts]))
                found.setdefault(stem, []).append(name)
        return found

    def _clashing(self, units: Collection[Unit]) -> dict[str, Entry]:
        """Entries of recordings whose results would have the names of an earlier one's."""
        base = Path(os.sep, "recordings")  # only what is below it counts
        wanted = Wanted(base, replace(self._settings, out=None))
        found = clashes(wanted, [base / unit.name for unit in units])
        entries = {}
        for path, why in found.items():
            name = path.relative_to(base).as_posix()
            shown = self.source.shown(name)
            entries[name] = Entry(name, shown, "failed", error=f"{shown}: {why}")
        return entries

    def _with_twins(self, units: list[Unit]) -> list[Unit]:
        paths = {self._folder / unit.name: unit for unit in units}
        twins = find_twins(tuple(paths))
        return [
            replace(unit, twin=paths[twins[path]].name) if path in twins else unit
            for path, unit in paths.items()
        ]


@contextmanager
def _pool(order: Order, crew: Crew) -> Iterator[Pool]:
    if not crew.uses_ray:
        yield HerePool(order)
        return
    from sentigram.jobs.cluster.local import at_cluster, on_this_machine

    if crew.cluster:
        started = at_cluster(crew.cluster)
    else:
        started = on_this_machine(crew.n_workers or 1, crew.share)
    with started:
        from sentigram.jobs.cluster.ray_pool import RayPool  # needs the Ray that is there now

        yield RayPool(order, crew.share, crew.n_workers)


def _stem(name: str) -> str:
    path = PurePosixPath(name)
    return str(path.parent / path.stem)
