"""What is left to be made of a source: what its record says, against what is there and is asked.

A result is up to date if it was made from this source, heard this way, and drawn this way. One that
Sentigram wrote and nobody changed is made again where it is not; all others are left alone unless
they may be overwritten.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from sentigram.core.document import Document, dumps, read_document
from sentigram.core.seal import is_untouched, resealed
from sentigram.errors import DocumentError, InputError
from sentigram.jobs.corrected import Corrected
from sentigram.jobs.draw import renderers_of
from sentigram.jobs.hear import reading_parts
from sentigram.jobs.job import Job
from sentigram.jobs.record import Record, Written
from sentigram.jobs.stamps import WHOLE_BYTES, Stamp, sha256_of, stamp_of
from sentigram.jobs.versions import HEARING, KINDS, STYLE
from sentigram.store.content import content_of


@dataclass(frozen=True, slots=True)
class ToDo:
    """What is to be made of a source.

    Attributes:
        paths: By kind, the files to be made.
        replaces: The kinds of them whose files may be replaced.
        known: The Document that they are made from; None where it must be heard.
        left_alone: Files that are not what is asked for and may not be replaced, each with why.
        note: What is to be said about it, "" for nothing.
    """

    paths: Mapping[str, Path]
    replaces: Collection[str]
    known: Document | None = None
    left_alone: tuple[str, ...] = ()
    note: str = ""


def everything(job: Job) -> ToDo:
    """All that is asked for; what a person corrected needs no hearing, unless that is asked for.

    Raises:
        DocumentError: The source changed after its Document was corrected, as a record knows.
        OSError: The source cannot be read.
    """
    if job.corrected is None or job.settings.rehear:
        return ToDo(job.paths, job.replaces)
    record = job.record.read()
    if record is not None and record.name == job.source.name:
        _check_source(job, job.corrected, record)
    there = job.corrected.path
    paths = {kind: path for kind, path in job.paths.items() if kind != "json" or path != there}
    return ToDo(paths, job.replaces, job.corrected.document, note=job.corrected.line)


def to_do(job: Job, record: Record | None, *, verify: bool = False) -> ToDo:
    """Find out what is left to be made.

    Args:
        job: From `plan`, of a recording.
        record: Of its source, None where there is none.
        verify: Compare all of the source with what it was, and not pieces of it.

    Raises:
        DocumentError: The source changed after its Document was corrected, or a Document of
            another recording is in the way.
        OSError: The source cannot be read.
    """
    known = _known(job, record, verify=verify)
    keys = {} if known is None else result_keys(job, known, stamp_of(job.source))
    is_corrected = job.corrected is not None and known is job.corrected.document
    paths: dict[str, Path] = {}
    replaces: set[str] = set()
    left_alone: list[str] = []
    for kind, path in job.paths.items():
        if kind == "json" and is_corrected and job.corrected and path == job.corrected.path:
            continue  # a person's file: nothing is written there
        if not path.exists():
            paths[kind] = path
        elif kind in job.replaces or _is_stale(kind, path, job, record, known, keys):
            paths[kind] = path
            replaces.add(kind)
        elif not _is_asked_for(kind, path, record, known, keys):
            left_alone.append(_why_left(path, kind, record))
    if job.corrected is not None and is_corrected:
        note = job.corrected.line
    elif known is not None and record is None:
        note = (
            f"{job.source.name} has a Document already, of which no batch knows how it was heard: "
            "it is used as it is; `rehear` hears anew"
        )
    else:
        note = ""
    return ToDo(paths, replaces, known, tuple(left_alone), note if paths else "")


def is_source_same(job: Job, record: Record, *, verify: bool = False) -> bool:
    """Whether the source holds what it held when it was heard.

    Raises:
        OSError: It cannot be read.
    """
    now = stamp_of(job.source)
    if record.source is None or not now.is_alike(record.source):
        return False
    is_old = now.changed_ns == record.source.changed_ns
    return (is_old and not verify) or sha256_of(job.source) == record.sha256


def asked_key(job: Job, record: Record | None) -> str:
    """Of the source and of all that its words and readings depend on.

    Raises:
        MissingError: A model is not installed.
        OSError: The source cannot be read.
    """
    return _key([heard_key(job, record), stamp_of(job.source).sample])


def heard_key(job: Job, record: Record | None) -> str:
    """Of all that words and readings depend on, but the source itself.

    Raises:
        MissingError: A model is not installed.
    """
    from sentigram.words.given import beside

    settings, engine = job.settings, job.settings.engine
    chosen, options = engine.chosen, settings.hear
    told = (*chosen.transcriber_options, *chosen.model_options)
    files = [value for _, value in told if isinstance(value, Path)]
    if options.transcript is not None:
        files.append(options.transcript)
    elif options.use_sidecar:
        made = {*job.paths, *(() if record is None else record.results)}
        own = {job.record.result(kind) for kind in made}
        files += [path for path in beside(job.source) if path.absolute() not in own]
    facts = [
        HEARING,
        repr(options),
        repr(chosen),
        repr(reading_parts(engine, options)),
        repr(settings.preview),
    ]
    return _key([*facts, *(f"{path.name} {content_of(path)}" for path in files)])


def result_keys(job: Job, document: Document, media: Stamp | None) -> dict[str, str]:
    """By kind of result, a key of all that it is made from.

    Args:
        job: What is asked for.
        document: What it shows.
        media: Of the recording, None where it is not at hand.

    Raises:
        ThemeError: The theme cannot be used.
    """
    from sentigram.style.theme.theme import load

    look, video = job.settings.look, job.settings.video
    theme = load(culture=look.culture, age=look.age, profiles=look.worn, file=look.theme)
    digest = hashlib.sha256(dumps(document).encode()).hexdigest()
    shared = [digest, STYLE, repr(look), repr(theme), repr(job.settings.preview)]
    keys = {"json": _key([digest])}
    for kind, renderer in renderers_of(job.paths).items():
        drawn = [repr(video), None if media is None else media.sample]
        own = drawn if renderer.needs_media else [repr(video.size)]
        keys[kind] = _key([*shared, kind, KINDS.get(kind, 1), *own])
    return keys


def standing(job: Job) -> Document | None:
    """The Document that an earlier run made and nobody changed, among the results or aside.

    Raises:
        DocumentError: One of another recording is in the way.
    """
    for path in (job.record.result("json"), job.record.aside):
        if not path.is_file():
            continue
        document = read_document(path)
        if document.media.name != job.source.name and "json" in job.paths:
            message = (
                f"{path}: is the Document of {document.media.name}, not of {job.source.name}; "
                "rename one of the two files, or remove the Document"
            )
            raise DocumentError(message)
        if is_untouched(document) and document.media.name == job.source.name:
            return document
    return None


def _known(job: Job, record: Record | None, *, verify: bool) -> Document | None:
    """The Document that needs no hearing."""
    if job.settings.rehear:
        return None
    if job.corrected is not None:
        if record is not None:
            _check_source(job, job.corrected, record, verify=verify)
        return job.corrected.document
    is_same = record is None or record.source is None or is_source_same(job, record, verify=verify)
    if job.settings.overwrite:
        return None
    document = standing(job)
    if document is None or document.seal is None or record is None:
        return document
    is_current = record.document == document.seal.sha256 and is_same
    return document if is_current and record.heard == heard_key(job, record) else None


def _check_source(job: Job, corrected: Corrected, record: Record, *, verify: bool = False) -> None:
    """See that a Document that a person changed is still of what its source holds."""
    if record.source is None or is_source_same(job, record, verify=verify):
        return
    message = (
        f"{job.source}: changed since {corrected.path.name} was made, which may hold corrections; "
        "hear it anew with `rehear`: corrections that still fit are carried over"
    )
    raise DocumentError(message)


def _is_stale(
    kind: str,
    path: Path,
    job: Job,
    record: Record | None,
    known: Document | None,
    keys: Mapping[str, str],
) -> bool:
    """Whether a file is Sentigram's own, as it wrote it, and not what is asked for now."""
    if kind == "json":  # one that a person changed is what is known, or is kept when it is replaced
        is_corrected = job.corrected is not None and job.corrected.path == path
        return known is None or not (
            is_corrected or path.read_bytes() == dumps(resealed(known)).encode()
        )
    written = _written(kind, path, record)
    return written is not None and written.key != keys.get(kind)


def _is_asked_for(
    kind: str,
    path: Path,
    record: Record | None,
    known: Document | None,
    keys: Mapping[str, str],
) -> bool:
    """Whether a file may pass for what is asked for; a person's changes to it count as wanted."""
    if kind == "json":
        return True
    if record is None or known is None or not path.is_file():
        return False
    written = _written(kind, path, record)
    return record.is_latest(kind, keys[kind]) or (written is not None and written.key == keys[kind])


def _why_left(path: Path, kind: str, record: Record | None) -> str:
    if record is None or kind not in record.results:
        why = "was there before, and nothing says how it was made"
    else:
        why = "was changed since it was made"
    return f"{path.name} {why}: it is left as it is; `overwrite` replaces it"


def _written(kind: str, path: Path, record: Record | None) -> Written | None:
    """What Sentigram wrote, if a file is that and was not changed since."""
    if record is None:
        return None
    try:
        return record.wrote(kind, stamp_of(path, whole_bytes=WHOLE_BYTES))
    except (InputError, OSError):  # something else of that name
        return None


def _key(facts: object) -> str:
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()[:32]
