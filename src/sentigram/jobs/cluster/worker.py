"""Does one unit after another, exactly as a batch of one folder does; knows no Ray."""

from __future__ import annotations

import os
import time
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path

from sentigram import __version__
from sentigram.core.media import Audio
from sentigram.core.protocols import Progress, Reporter, SilentReporter
from sentigram.errors import SentigramError
from sentigram.jobs.cluster.at_url import AtUrl
from sentigram.jobs.cluster.places import Bucket, Folder, Place, url_of
from sentigram.jobs.cluster.split import Bench, Part, PartDone
from sentigram.jobs.cluster.units import Greeting, Order, Outcome, Unit
from sentigram.jobs.entry import Entry, entry_of
from sentigram.jobs.faults import Fault, fault_of
from sentigram.jobs.hear import reading_parts
from sentigram.jobs.job import Settings, check
from sentigram.jobs.one_source import Busy, Wanted, do_source
from sentigram.store.threads import VARIABLE


class Worker:
    """Has an engine that is loaded once, when the first unit needs it.

    Args:
        order: What the run wants.
    """

    def __init__(self, order: Order) -> None:
        self._order = order
        self._settings = order.settings
        self._halvings = 0
        self._bench = Bench()
        if order.share is not None:
            os.environ[VARIABLE] = str(max(1, int(order.share.cores)))
            if not order.share.gpus:  # one that has asked for none takes none
                os.environ["CUDA_VISIBLE_DEVICES"] = ""
        if order.cwd:
            with suppress(OSError):  # relative paths will be missed where they are needed
                os.chdir(order.cwd)

    def greet(self) -> Greeting:
        """Which engine this worker has, or why it cannot work: no unit must find that out."""
        engine = self._settings.engine
        try:
            check(self._settings)
            parts = reading_parts(engine, self._settings.hear)
            choice = f"{__version__} {engine.chosen!r} {parts!r}"
            return Greeting(choice=choice, line=self._settings.engine_line)
        except Exception as error:  # noqa: BLE001  (it is told to the driver)
            return Greeting(error=_said(error), kind=type(error).__name__, fault=fault_of(error))

    def do_part(self, part: Part, audio: Audio) -> PartDone:
        """Do a part of a recording that somebody else owns; see `split`."""
        return self._bench.do(part, audio)

    def do(self, unit: Unit, stages: Reporter | None = None) -> Outcome:
        """Make the results of a unit; what goes wrong is in the outcome.

        Args:
            unit: It.
            stages: Is told of stages and how far they are.
        """
        started = time.perf_counter()
        told = _Told(stages or SilentReporter())
        try:
            entry, fault = self._do(unit, told)
        except Exception as error:  # noqa: BLE001  (as above)
            place = _place(self._order.folder)
            entry = Entry(unit.name, place.shown(unit.name), "failed", error=_said(error))
            fault = fault_of(error)
        return Outcome(entry, fault, tuple(told.warnings), time.perf_counter() - started)

    def _do(self, unit: Unit, told: _Told) -> tuple[Entry | None, Fault]:
        settings, again = self._settings_for(unit), self._order.again
        source = _place(self._order.folder)
        results = _place(self._order.out) if self._order.out else source
        if isinstance(source, Bucket) or isinstance(results, Bucket):
            return AtUrl(source, results).do(unit, settings, again, told)
        assert isinstance(source, Folder)  # noqa: S101  (there are two kinds of places)
        twin = source.path / unit.twin if unit.twin else None
        result = do_source(
            source.path / unit.name,
            Wanted(source.path, settings, again),
            told,
            waits=unit.waits,
            twin=twin,
        )
        if isinstance(result, Busy):
            return None, ""
        return entry_of(result, source.path), result.fault

    def _settings_for(self, unit: Unit) -> Settings:
        """The settings, with an engine whose batch is as small as it must be; only one is kept."""
        if unit.halvings != self._halvings:
            engine = replace(self._order.settings.engine, halvings=unit.halvings)
            self._settings = replace(self._order.settings, engine=engine)
            self._halvings = unit.halvings
        return self._settings


class _Told(SilentReporter):
    """Keeps warnings, and tells another one of stages alone."""

    def __init__(self, stages: Reporter) -> None:
        self.warnings: list[str] = []
        self._stages = stages

    def stage(self, name: str) -> AbstractContextManager[Progress]:
        """Open a stage there."""
        return self._stages.stage(name)

    def warn(self, text: str) -> None:
        """Keep a warning."""
        self.warnings.append(text)


def _place(text: str) -> Place:
    """A place by its path or its URL; of a bucket each time anew, as processes fork and sleep."""
    return Bucket(url) if (url := url_of(text)) else Folder(Path(text))


def _said(error: Exception) -> str:
    if isinstance(error, SentigramError):
        return str(error)
    return f"internal error: {type(error).__name__}: {error}"
