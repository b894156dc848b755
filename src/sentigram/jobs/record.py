"""The completion record: what a batch made of a source, from what, and how.

It lies in the hidden folder `.sentigram` beside the results, one file per source: any number of
machines that share the folder know from it what is up to date. A stranger may have written it; so
it is only compared with what is there, and one that cannot be read is as if it were not there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from sentigram import registry
from sentigram.core.document import SUFFIX
from sentigram.data_files import read_json
from sentigram.errors import OutputError, SentigramError
from sentigram.files import output_error, write_text
from sentigram.jobs.stamps import Stamp
from sentigram.reading import RECORD

FOLDER = ".sentigram"
_FORMAT = "sentigram-record/1"

State = Literal["begun", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Written:
    """A result as it was written.

    Attributes:
        key: Of all that it was made from.
        stamp: Of the file.
        document: Hash of the Document that it shows; "" in records of earlier versions.
    """

    key: str
    stamp: Stamp
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What became of one source.

    Attributes:
        name: The source's file name.
        source: Its content when it was heard, None before.
        sha256: Hash of all of it.
        heard: Key of all that its words and readings depend on.
        document: Hash of the Document that its results show, as a seal has it.
        results: By kind, what was written last; two where a run was stopped between them.
        state: begun, done or failed.
        error: Why it failed.
        asked: Key of the source and of what was asked for, where it failed for what is in the
            source, so that trying again will not help; else "".
    """

    name: str
    source: Stamp | None = None
    sha256: str = ""
    heard: str = ""
    document: str = ""
    results: Mapping[str, tuple[Written, ...]] = field(default_factory=dict, hash=False)
    state: State = "begun"
    error: str = ""
    asked: str = ""

    def wrote(self, kind: str, stamp: Stamp) -> Written | None:
        """What was written as a kind of result, if a file with this stamp is that."""
        fitting = (w for w in self.results.get(kind, ()) if w.stamp.is_alike(stamp))
        return next(fitting, None)

    def behind(self, document: str) -> tuple[str, ...]:
        """Kinds of result that are known to show another Document than the one with this hash."""
        shown = {kind: written[-1].document for kind, written in self.results.items() if written}
        return tuple(
            kind for kind, own in shown.items() if kind != "json" and own not in ("", document)
        )

    def is_latest(self, kind: str, key: str) -> bool:
        """Whether a kind of result was last written from what this key stands for."""
        written = self.results.get(kind, ())
        return bool(written) and written[-1].key == key


class RecordFile:
    """The record of one source on disk, and what lies beside it.

    Args:
        folder: Where the results are.
        name: What the results are named after.

    Attributes:
        folder: Where the results are.
        path: Of the record.
        aside: Where the Document is kept if it is not among the results.
        claim: The lock of whoever works on the source.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self._name = folder, name
        self.path = folder / FOLDER / f"{name}.record.json"
        self.aside = folder / FOLDER / f"{name}{SUFFIX}"
        self.claim = folder / FOLDER / f"{name}.lock"

    @property
    def is_there(self) -> bool:
        """Whether a batch kept one."""
        return self.path.is_file()

    def result(self, kind: str) -> Path:
        """The absolute path that a kind of result has."""
        return (self.folder / f"{self._name}{registry.suffixes()[kind]}").absolute()

    def behind(self, record: Record, document: str) -> tuple[str, ...]:
        """Names of results that are there, and show an earlier state than this Document."""
        paths = (
            self.result(kind) for kind in record.behind(document) if kind in registry.RENDERERS
        )
        return tuple(path.name for path in paths if path.is_file())

    def line_behind(self, record: Record, document: str) -> str:
        """What is to be said of them, "" for nothing."""
        names = self.behind(record, document)
        if not names:
            return ""
        show = "shows" if len(names) == 1 else "show"
        return f"{', '.join(names)} {show} an earlier state; name the kind in `to` to make it again"

    def read(self) -> Record | None:
        """The record, None where there is none that can be read."""
        try:
            return _record(read_json(self.path, RECORD))
        except (SentigramError, OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, record: Record) -> None:
        """Put a record in the place of the one that is there.

        Raises:
            OutputError: It cannot be written.
        """
        make_folder(self.path.parent)
        data = {"format": _FORMAT, **asdict(record)}
        write_text(self.path, f"{json.dumps(data, indent=1)}\n", overwrite=True)


def make_folder(folder: Path) -> None:
    """Make a folder for records; one that is a link may lead anywhere.

    Raises:
        OutputError: It cannot be made, or is a link.
    """
    try:
        with suppress(FileExistsError):  # what it is, is seen below
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(folder, error) from error
    if folder.is_symlink() or not folder.is_dir():
        message = f"{folder}: is a link or a file, where the folder of records belongs; remove it"
        raise OutputError(message)


def _record(data: Mapping[str, Any]) -> Record:
    if data["format"] != _FORMAT:
        message = "another format"
        raise ValueError(message)
    source = data["source"]
    return Record(
        name=str(data["name"]),
        source=None if source is None else Stamp.of_json(source),
        sha256=str(data["sha256"]),
        heard=str(data["heard"]),
        document=str(data["document"]),
        results={
            str(kind): tuple(
                Written(str(w["key"]), Stamp.of_json(w["stamp"]), str(w.get("document", "")))
                for w in written
            )
            for kind, written in data["results"].items()
        },
        state=cast("State", str(data["state"])),
        error=str(data["error"]),
        asked=str(data["asked"]),
    )
