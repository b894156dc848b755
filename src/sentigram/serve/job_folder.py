"""Jobs on disk: what was uploaded, what is known of it, and what was made.

    DATA/jobs/ID/job.json               the record, written whole each time
    DATA/jobs/ID/files/talk.mp4         the recording, under its visitor's name for it, cleaned
    DATA/jobs/ID/files/talk.html …      results; beside the recording, as they will lie at home
    DATA/jobs/ID/given/talk.srt         words that came with it
    DATA/jobs/ID/files/.words.…         the words alone, until their emotions are read
    DATA/jobs/ID/heard/                 what stages of hearing left, to be taken up
    DATA/jobs/ID/work-…/                temporary files of the job's process

Only the server writes the record; the job's process writes the rest, and is not trusted: what it
left counts where it is a file of its own, and no link to another's. An id is 128 bits of chance,
and the only way to a job: nothing that a visitor says becomes a path, but the cleaned name.
"""

from __future__ import annotations

import json
import logging
import math
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self

from sentigram import registry
from sentigram.core.document import SUFFIX, Document, dumps, read_document
from sentigram.core.seal import resealed
from sentigram.core.text import clean, one_line
from sentigram.errors import InputError, OutputError, ResourceError, UsageError
from sentigram.files import write_text
from sentigram.jobs.results import PREVIEW, stem, targets

State = Literal["uploading", "queued", "running", "done", "failed"]
UNFINISHED: frozenset[State] = frozenset({"uploading", "queued", "running"})
_LOG = logging.getLogger(__name__)
JOBS = "jobs"
FILES, GIVEN, HEARD, WORK = "files", "given", "heard", "work"
WORDS = f"{FILES}/.words{SUFFIX}"

_RECORD = "job.json"
_ID = re.compile(r"[0-9a-f]{32}")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}$")  # no name of a person or a place, as in "Dr. Smith"
_LARGEST_RECORD_BYTES = 1_000_000
_LONGEST_STEM_BYTES = 120  # suffixes of results, of previews and of parts go after it
_UNFIT = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]|^[.\s-]+|[.\s]+$')


def clean_name(name: str) -> str:
    """A name that a visitor gave, as a file may be called on any system; "recording" for nothing.

    Folders before it go, and so do control characters, what turns the direction of writing, and a
    beginning that hides a file or looks like an option.
    """
    last = one_line(clean(name.replace("\\", "/"))).rpartition("/")[2]
    return _shortened(_UNFIT.sub("", _UNFIT.sub("", last)).strip()) or "recording"


def _shortened(stem: str) -> str:
    return stem.encode()[:_LONGEST_STEM_BYTES].decode("utf-8", "ignore").strip(" .")


def clean_stem(name: str) -> str:
    """What results are named after: the cleaned name without its suffix."""
    name = clean_name(name).removesuffix(SUFFIX)
    return _ENDING.sub("", name) or "recording"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """What is known of a job.

    Attributes:
        id: 32 hexadecimal digits.
        owner: Whose it is: a session, a token, or "" for nobody.
        name: What its visitor called the file, cleaned.
        state: How far it is.
        options: By their command-line names, what was asked for, as texts.
        created: Seconds since 1970.
        finished: The same, None while it is not.
        expires: When it will be removed; None while it is not finished.
        source: File name of the recording or Document, "" until it is named.
        transcript: The same of the words that came with it, "" for none.
        error: Why it failed, fit for visitors.
        notes: What was said on the way.
        seconds: How long it ran.
        media_ms: How long the recording is, 0 while that is not known.
        starts: How often its process was started.
    """

    id: str
    owner: str
    name: str
    state: State = "uploading"
    options: Mapping[str, str] = field(default_factory=dict)
    created: float = 0.0
    finished: float | None = None
    expires: float | None = None
    source: str = ""
    transcript: str = ""
    error: str = ""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    media_ms: int = 0
    starts: int = 0

    @property
    def is_finished(self) -> bool:
        """Whether nothing more is done to it."""
        return self.state not in UNFINISHED

    def as_text(self) -> str:
        """JSON for the disk."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `as_text` wrote; fields that are not known are left out.

        Raises:
            ValueError: It is no record.
        """
        data = json.loads(text)
        if not isinstance(data, dict) or not _ID.fullmatch(str(data.get("id", ""))):
            message = "not a job's record"
            raise ValueError(message)
        known = {each.name for each in fields(cls)}
        data = {key: value for key, value in data.items() if key in known}
        for name in (data.get("source", ""), data.get("transcript", "")):
            if name and (name.startswith(".") or Path(name).name != name):
                message = "a job's record that leads out of its folder"
                raise ValueError(message)
        return cls(**{**data, "notes": tuple(data.get("notes", ()))})


@dataclass(frozen=True, slots=True)
class Job:
    """A job's folder.

    Attributes:
        id: Of the job.
        path: Its folder.
        held: Records that could not be written, by id: of all jobs of these folders.
    """

    id: str
    path: Path
    held: dict[str, JobRecord] = field(default_factory=dict, compare=False, repr=False)

    @property
    def record(self) -> JobRecord:
        """What is known of it, read from the disk, unless that is full.

        Raises:
            JobGone: It was removed.
        """
        path = self.path / _RECORD
        if not _is_file(path, most_bytes=_LARGEST_RECORD_BYTES):
            raise _gone()
        if (held := self.held.get(self.id)) is not None:
            return held
        try:
            found = path.stat()
            return _record(path, (found.st_ino, found.st_mtime_ns, found.st_size))
        except (OSError, ValueError, TypeError) as error:
            raise _gone() from error

    @property
    def files(self) -> Path:
        """The folder of the recording and its results."""
        return self.path / FILES

    @property
    def words_path(self) -> Path:
        """The Document of words alone."""
        return self.path / WORDS

    def update(self, **changes: Any) -> JobRecord:
        """Change the record; only the server does so, from its one event loop.

        Where there is no room to write it, it is held in memory, for `JobFolders.write_held`: who
        asks is told the truth, and a server that ends before that finds the one of before.

        Raises:
            JobGone: It was removed.
        """
        changed = replace(self.record, **changes)
        try:
            self._write(changed)
        except (OutputError, ResourceError):
            if self.id not in self.held:
                _LOG.warning("the record of job %s cannot be written yet", self.id)
            self.held[self.id] = changed
        else:
            self.held.pop(self.id, None)
        return changed

    def source(self, suffix: str) -> Path:
        """Name the recording, or the Document, that is about to be written there.

        Args:
            suffix: By its content: `.mp4`, `.wav`, `.sentigram.json` …

        Raises:
            UsageError: No suffix of a file.
        """
        name = clean_stem(self.record.name) + _checked(suffix)
        self.files.mkdir(mode=0o700, exist_ok=True)
        self.update(source=name)
        return self.files / name

    def transcript(self, suffix: str) -> Path:
        """Name the words that come with the recording; they are about to be written there.

        Raises:
            UsageError: No suffix of a file.
        """
        name = clean_stem(self.record.name) + _checked(suffix)
        folder = self.path / GIVEN
        folder.mkdir(mode=0o700, exist_ok=True)
        self.update(transcript=name)
        return folder / name

    @property
    def media(self) -> Path | None:
        """The recording, None where a Document was uploaded."""
        name = self.record.source
        path = self.files / name
        is_recording = name and not name.endswith(SUFFIX)
        return path if is_recording and self.is_own(path) else None

    @property
    def document_path(self) -> Path:
        """Where the Document is once emotions are read, or where it was uploaded to."""
        record = self.record
        is_slice = bool(record.options.get("preview")) and not record.source.endswith(SUFFIX)
        infix = PREVIEW if is_slice else ""
        return self.files / f"{clean_stem(record.source or record.name)}{infix}{SUFFIX}"

    def document(self) -> Document | None:
        """The words with their readings; before those, the words alone; None before those.

        Raises:
            DocumentError: It cannot be read.
        """
        for path in (self.document_path, self.words_path):
            if self.is_own(path):
                return read_document(path)
        return None

    def write_document(self, document: Document) -> Document:
        """Keep what a person corrected, sealed; results that show the old one are removed.

        They are drawn again when somebody wants them: see `drawing.restyle`.

        Raises:
            JobGone: The folder of its files is none any more.
            OutputError: It cannot be written.
        """
        if self.files.is_symlink():
            raise _gone()
        kept = resealed(document)
        write_text(self.document_path, dumps(kept), overwrite=True)
        for kind, path in self.results().items():
            if kind != "json":
                path.unlink(missing_ok=True)
        return kept

    def results(self) -> dict[str, Path]:
        """What there is to take home, by kind."""
        paths = result_paths(self.document_path, tuple(registry.suffixes()))
        return {kind: path for kind, path in paths.items() if self.is_own(path)}

    def is_own(self, path: Path) -> bool:
        """Whether a file of the job is one, and no link that would lead to another's."""
        return _is_file(path) and not path.parent.is_symlink()

    def size_bytes(self) -> int:
        """What it takes on disk."""
        return sum(_sizes(self.path))

    def remove(self) -> None:
        """Take it from the disk: the record first, so that half a removal is one."""
        self.held.pop(self.id, None)
        (self.path / _RECORD).unlink(missing_ok=True)
        shutil.rmtree(self.path, ignore_errors=True)

    def _write(self, record: JobRecord) -> None:
        write_text(self.path / _RECORD, record.as_text(), overwrite=True, private=True)


def result_paths(document: Path, kinds: Sequence[str]) -> dict[str, Path]:
    """Where results of a Document lie, by kind.

    Raises:
        UsageError: There is no such kind.
    """
    # Asked for something else of its name, so that the Document is not taken for its own source.
    return targets(document.with_name(f"{stem(document)}.of"), kinds, folder=None)


class JobGone(InputError):  # noqa: N818  (said to a visitor as it is)
    """A job is not there, or not any more."""


def _gone() -> JobGone:
    return JobGone("there is no such job")


def _is_file(path: Path, *, most_bytes: float = math.inf) -> bool:
    """Whether it is a regular file of some size, and no link to one."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size <= most_bytes


class JobFolders:
    """All jobs of a server.

    Args:
        data: The server's folder; made if it is not there, for its user alone.
    """

    def __init__(self, data: Path) -> None:
        self.data = data
        self._jobs = data / JOBS
        self._jobs.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._known_sizes: dict[str, tuple[State, int]] = {}
        self._held: dict[str, JobRecord] = {}

    def create(self, owner: str, name: str, options: Mapping[str, str]) -> Job:
        """Make the folder of a new job, whose upload is about to come.

        Args:
            owner: Whose it is.
            name: What they call the file.
            options: What they ask for, checked: by command-line name, as texts.

        Raises:
            OutputError: The disk is full.
        """
        job_id = secrets.token_hex(16)
        job = self._job(job_id)
        job.path.mkdir(mode=0o700)
        now = time.time()
        record = JobRecord(
            id=job_id, owner=owner, name=clean_name(name), options=dict(options), created=now
        )
        job._write(record)  # noqa: SLF001  (its maker)
        return job

    def find(self, job_id: str) -> Job | None:
        """A job by its id, None where there is none."""
        if not _ID.fullmatch(job_id):
            return None
        job = self._job(job_id)
        return job if (job.path / _RECORD).is_file() else None

    def _job(self, job_id: str) -> Job:
        return Job(job_id, self._jobs / job_id, self._held)

    def write_held(self) -> None:
        """Write the records for which there was no room before."""
        for job_id in list(self._held):
            try:
                self._job(job_id).update()
            except JobGone:
                self._held.pop(job_id, None)

    def of(self, owner: str) -> tuple[Job, ...]:
        """The jobs of an owner whose upload is whole, the oldest first."""
        mine = [
            (record.created, job)
            for job, record in self.records()
            if record.owner == owner and record.state != "uploading"
        ]
        return tuple(job for _, job in sorted(mine, key=lambda each: (each[0], each[1].id)))

    def records(self) -> Iterator[tuple[Job, JobRecord]]:
        """Every job with its record; what is removed meanwhile is left out."""
        for path in sorted(self._jobs.iterdir()):
            job = self.find(path.name)
            if job is not None:
                with suppress(JobGone):
                    yield job, job.record

    def delete(self, job_id: str) -> None:
        """Remove a job; nothing where there is none."""
        self._known_sizes.pop(job_id, None)
        if (job := self.find(job_id)) is not None:
            job.remove()

    def sweep(self, now: float | None = None) -> tuple[str, ...]:
        """Remove what has expired, and folders without a record; the ids of what was removed."""
        now = time.time() if now is None else now
        removed = []
        for path in list(self._jobs.iterdir()):
            if not _ID.fullmatch(path.name):
                continue  # not of a server
            job = self._job(path.name)
            try:
                expires = job.record.expires
            except JobGone:
                expires = 0.0 if _is_old(job.path, now) else None
            if expires is not None and expires <= now:
                self._known_sizes.pop(job.id, None)
                job.remove()
                removed.append(job.id)
        return tuple(removed)

    def used_bytes(self) -> int:
        """What all jobs take on disk; those that wait or are finished are measured once."""
        total = 0
        for job, record in self.records():
            state, size = self._known_sizes.get(job.id, ("", 0))
            if state != record.state:
                with suppress(OSError):
                    size = job.size_bytes()
                    if record.state not in ("uploading", "running"):
                        self._known_sizes[job.id] = record.state, size
            total += size
        return total

    def measure_again(self, job_id: str) -> None:
        """Say that a finished job takes another size now."""
        self._known_sizes.pop(job_id, None)


@lru_cache(maxsize=4096)
def _record(path: Path, _version: tuple[int, int, int]) -> JobRecord:
    """A record, parsed once for each time that it was written: rooms are counted by all of them.

    Raises:
        OSError: It cannot be read.
        ValueError: It is none.
        TypeError: It is none.
    """
    return JobRecord.from_text(path.read_text(encoding="utf-8"))


_JUST_MADE_S = 60.0


def _is_old(path: Path, now: float) -> bool:
    """Whether a folder without a record is not just being made."""
    try:
        return now - path.stat().st_mtime > _JUST_MADE_S
    except OSError:
        return False


def _checked(suffix: str) -> str:
    if suffix != SUFFIX and not _SUFFIX.fullmatch(suffix):
        message = f"{suffix!r:.20}: not the end of a file's name"
        raise UsageError(message)
    return suffix


def _sizes(folder: Path) -> Iterator[int]:
    for root, _folders, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                yield Path(root, name).lstat().st_size
