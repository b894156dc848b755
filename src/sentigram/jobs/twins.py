"""Recordings with the same content under several names: heard once.

Only what a record vouches for is taken over: the same bytes, heard the same way, and a Document
that nobody changed. Everything else is heard as if it were alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sentigram.core.document import Document
from sentigram.core.seal import holds_corrections, sealed
from sentigram.errors import DocumentError, InputError
from sentigram.jobs.job import Job
from sentigram.jobs.record import Record
from sentigram.jobs.stamps import sha256_of, stamp_of
from sentigram.jobs.up_to_date import heard_key, standing


def find_twins(sources: Sequence[Path]) -> Mapping[Path, Path]:
    """Those that seem to hold what an earlier one holds, and which that is."""
    by_size: dict[int, list[Path]] = {}
    for source in sources:
        with contextlib.suppress(OSError):  # whoever needs it will say so
            by_size.setdefault(source.stat().st_size, []).append(source)
    found: dict[Path, Path] = {}
    for alike in by_size.values():
        firsts: dict[str, Path] = {}
        for source in alike if len(alike) > 1 else ():  # of one size: others need no reading
            with contextlib.suppress(InputError, OSError):
                first = firsts.setdefault(stamp_of(source).sample, source)
                if first != source:
                    found[source] = first
    return found


def heard_of_twin(job: Job, record: Record | None, twin: Job) -> Document | None:
    """The Document of a twin, as this recording's; None where it would be heard differently.

    Args:
        job: Of the recording.
        record: What is known of it.
        twin: Of the other one.

    Raises:
        OSError: A file cannot be read.
        MissingError: A model is not installed.
    """
    known = twin.record.read()
    is_new = record is None or record.source is None
    if not is_new or job.settings.overwrite or job.settings.rehear or known is None:
        return None
    is_same = (
        known.state == "done"
        and known.name == twin.source.name
        and known.heard == heard_key(job, record)
        and known.sha256 == sha256_of(job.source)
    )
    try:
        document = standing(twin) if is_same else None
    except DocumentError:
        return None
    if document is None or holds_corrections(document):
        return None
    own = replace(document, media=replace(document.media, name=job.source.name))
    return sealed(own)
