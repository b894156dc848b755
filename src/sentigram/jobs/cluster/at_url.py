"""A recording or results at a URL: brought into a work folder, done as a batch does, and put back.

Beside the results lies `.sentigram/NAME.objects.json`: the versions of the recording and of all
that was made of it. Where these are as they were, nothing is fetched. Where they are not, records,
Documents and results are fetched with the recording, and the batch decides by them as it does in a
folder. Objects have no locks: two runs on one bucket may do a recording twice, with one result.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from sentigram import __version__
from sentigram.core.protocols import Reporter
from sentigram.errors import MediaError, ResourceError
from sentigram.files import work_folder
from sentigram.jobs.cluster.places import Bucket, Folder, Place
from sentigram.jobs.cluster.units import Unit
from sentigram.jobs.entry import Entry, entry_of
from sentigram.jobs.faults import Fault
from sentigram.jobs.job import Settings
from sentigram.jobs.one_source import FAILED_BEFORE, Again, Busy, Wanted, do_source
from sentigram.jobs.record import FOLDER, Record, RecordFile
from sentigram.jobs.versions import HEARING, KINDS, STYLE
from sentigram.store.content import content_of

_FORMAT = "sentigram-objects/1"
_MOST_WRITTEN = 2  # as `jobs.keeper` has it: the old result and the one that takes its place


@dataclass(frozen=True, slots=True)
class Objects:
    """What was made of a recording, by the versions of objects.

    Attributes:
        source: State of the recording.
        asked: Key of all that was asked for.
        beside: States of what lay beside the recording and counted.
        results: States of what was made, by name.
        error: Why it failed for what is in it, "" where it did not.
        concerns: What is to be looked at.
    """

    source: str
    asked: str
    beside: Mapping[str, str]
    results: Mapping[str, str]
    error: str = ""
    concerns: tuple[str, ...] = ()

    def as_text(self) -> str:
        """For the file."""
        return json.dumps(
            {
                "format": _FORMAT,
                "source": self.source,
                "asked": self.asked,
                "beside": dict(self.beside),
                "results": dict(self.results),
                "error": self.error,
                "concerns": list(self.concerns),
            },
            indent=1,
        )


def objects_name(name: str) -> str:
    """Where that of a recording is, below the place of the results."""
    path = PurePosixPath(name)
    return str(path.parent / FOLDER / f"{path.stem}.objects.json")


def read_objects(place: Place, name: str) -> Objects | None:
    """What was made of a recording; None where that cannot be known.

    Raises:
        ResourceError: The place cannot be asked.
    """
    text = place.read(objects_name(name))
    try:
        data = json.loads(text or "")
        if data["format"] != _FORMAT:
            return None
        return Objects(
            source=str(data["source"]),
            asked=str(data["asked"]),
            beside={str(key): str(value) for key, value in data["beside"].items()},
            results={str(key): str(value) for key, value in data["results"].items()},
            error=str(data["error"]),
            concerns=tuple(map(str, data["concerns"])),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def asked_of(settings: Settings) -> str:
    """Key of all that is asked for of each recording, and of what the work is done with.

    Raises:
        MissingError: A model is not installed.
    """
    chosen = settings.engine.chosen
    told = (*chosen.transcriber_options, *chosen.model_options)
    files = [value for _, value in told if isinstance(value, Path)]
    files += [path for path in (settings.look.theme, settings.hear.transcript) if path is not None]
    wanted = (settings.kinds, settings.preview, settings.look, settings.hear, settings.video)
    facts = [__version__, HEARING, STYLE, repr(KINDS), repr(wanted)]
    facts += [repr(chosen), repr(settings.engine.model.parts), *map(content_of, files)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


class AtUrl:
    """Does recordings of which the recording or the results are at a URL.

    Args:
        source: Where the recordings are.
        results: Where the results go; the source itself for beside the recordings.
    """

    def __init__(self, source: Place, results: Place) -> None:
        self._source, self._results = source, results

    def do(
        self, unit: Unit, settings: Settings, again: Again, reporter: Reporter
    ) -> tuple[Entry | None, Fault]:
        """What became of a recording, and whose fault it is if it failed; None for busy.

        Raises:
            SentigramError: Something cannot be fetched or put.
        """
        name, asked = unit.name, asked_of(settings)
        state = self._source.state(name)
        if not state:
            message = f"{self._source.shown(name)}: is gone"
            raise MediaError(message)
        if not (settings.overwrite or settings.rehear or again.verify):
            known = read_objects(self._results, name)
            if known is not None and self._is_current(known, unit, state, asked):
                entry = Entry(name, self._source.shown(name), "skipped", concerns=known.concerns)
                if not known.error:
                    return entry, ""
                if not again.retry_failed:
                    error = f"{known.error} {FAILED_BEFORE}"
                    return replace(entry, status="failed", error=error, concerns=()), "file"
        with work_folder() as work:
            return self._do_here(unit, settings, again, reporter, state, asked, work)

    def _do_here(
        self,
        unit: Unit,
        settings: Settings,
        again: Again,
        reporter: Reporter,
        state: str,
        asked: str,
        work: Path,
    ) -> tuple[Entry | None, Fault]:
        home = _Home(self._source, self._results, work)
        home.fetch(unit, state)
        wanted = Wanted(home.recordings, replace(settings, out=home.out), again)
        result = do_source(home.recordings / unit.name, wanted, reporter, waits=unit.waits)
        if isinstance(result, Busy):
            return None, ""
        home.put_back(unit)
        entry = home.shown(entry_of(result, home.recordings), self._source.shown(unit.name))
        if entry.status in ("done", "skipped") or result.fault == "file":
            results = {name: self._results.state(name) for name in home.results_of(unit)}
            made = Objects(
                source=state,
                asked=asked,
                beside=self._beside(unit, results),
                results=results,
                error=entry.error,
                concerns=entry.concerns,
            )
            self._results.write(objects_name(unit.name), made.as_text())
        return entry, result.fault

    def _is_current(self, known: Objects, unit: Unit, state: str, asked: str) -> bool:
        return (
            (known.source, known.asked) == (state, asked)
            and known.beside == self._beside(unit, known.results)
            and all(self._results.state(name) == was for name, was in known.results.items())
        )

    def _beside(self, unit: Unit, results: Collection[str]) -> dict[str, str]:
        """States of transcripts and the like beside a recording: all but its results."""
        own = results if self._source is self._results else ()
        names = (name for name in unit.beside if name not in own and f"{FOLDER}/" not in name)
        return {name: self._source.state(name) for name in names}


class _Home:
    """The work folder of one recording: a part of each place that is a bucket."""

    def __init__(self, source: Place, results: Place, work: Path) -> None:
        self._source, self._results = source, results
        self.recordings = source.path if isinstance(source, Folder) else work / "recordings"
        self._made = self.recordings if results is source else work / "results"
        self.out: Path | None = None
        if isinstance(results, Folder):
            self.out = self._made = results.path
        elif results is not source:
            self.out = self._made
        self._before: dict[str, tuple[int, int, int]] = {}
        self._record_before: Record | None = None

    def fetch(self, unit: Unit, state: str) -> None:
        """Bring a recording, what lies beside it, and what was made of it.

        Raises:
            MediaError: It is gone.
            ResourceError: It cannot be fetched, or changes meanwhile.
        """
        if isinstance(self._source, Bucket):
            if not self._source.fetch(unit.name, self.recordings / unit.name):
                message = f"{self._source.shown(unit.name)}: is gone"
                raise MediaError(message)
            for name in unit.beside:
                self._source.fetch(name, self.recordings / name)
            if self._source.state(unit.name) != state:
                message = f"{self._source.shown(unit.name)}: changed while it was fetched"
                raise ResourceError(message)
        if isinstance(self._results, Bucket):
            for name in unit.results:
                self._results.fetch(name, self._made / name)
            self._before = dict(self._states())
            self._record_before = self._record(unit).read()

    def put_back(self, unit: Unit) -> None:
        """Put what was made, the record before the results and once more after them.

        Raises:
            ResourceError: Something cannot be put.
        """
        if not isinstance(self._results, Bucket):
            return
        changed = [name for name, state in self._states() if self._before.get(name) != state]
        file = self._record(unit)
        record = file.read()
        name = file.path.relative_to(self._made).as_posix()
        if record is not None and name in changed and len(changed) > 1:
            old = {} if self._record_before is None else self._record_before.results
            both = {
                kind: (*old.get(kind, ()), *written)[-_MOST_WRITTEN:]
                for kind, written in record.results.items()
            }
            file.write(replace(record, state="begun", results=both))
            self._results.put(file.path, name)
            file.write(record)
        for other in changed:
            if other != name:
                self._results.put(self._made / other, other)
        if name in changed:
            self._results.put(file.path, name)

    def results_of(self, unit: Unit) -> tuple[str, ...]:
        """Names of what is there of the results, and of the record."""
        file = self._record(unit)
        record = file.read()
        if record is None:
            return ()
        paths = [*map(file.result, record.results), file.path]
        home = self._made.absolute()
        return tuple(
            path.absolute().relative_to(home).as_posix() for path in paths if path.is_file()
        )

    def shown(self, entry: Entry, source: str) -> Entry:
        """An entry with the places that people know in it, and not those of the work folder."""
        places: list[tuple[str, str]] = []
        if isinstance(self._results, Bucket):
            places.append((f"{self._made}/", self._results.shown("")))
        if isinstance(self._source, Bucket):
            places.append((f"{self.recordings}/", self._source.shown("")))

        def known(value: Any) -> Any:
            if isinstance(value, str):
                for here, there in places:
                    value = value.replace(here, there)
                return value
            if isinstance(value, dict):
                return {key: known(one) for key, one in value.items()}
            return [known(one) for one in value] if isinstance(value, list | tuple) else value

        return replace(
            entry,
            source=source,
            error=known(entry.error),
            left_alone=tuple(known(entry.left_alone)),
            concerns=tuple(known(entry.concerns)),
            detail=known(dict(entry.detail)),
        )

    def _record(self, unit: Unit) -> RecordFile:
        path = PurePosixPath(unit.name)
        return RecordFile(self._made / path.parent, path.stem)

    def _states(self) -> Iterator[tuple[str, tuple[int, int, int]]]:
        for path in sorted(self._made.rglob("*")):
            with suppress(OSError):
                found = path.lstat()
                if path.is_file() and not path.name.endswith(".lock"):
                    name = path.relative_to(self._made).as_posix()
                    yield name, (found.st_size, found.st_mtime_ns, found.st_ino)
