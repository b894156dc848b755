"""A table that holds features of each utterance beside its words and label.

So the tables of trimodal systems are: acoustic, prosodic and spectral numbers (V1, V3, V4), faces
(A2), the utterance and its emotion. They become a manifest and features by id.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.counted import counted
from sentigram.emotion.encoders.tokens import EncoderInfo, Kind
from sentigram.errors import InputError, UsageError
from sentigram.store.shipped import sha256
from sentigram.training.corpora.folder import LICENCE
from sentigram.training.corpora.item import Item, Note, Warn, refuse, silent
from sentigram.training.corpora.tables.columns import FIELDS, Asked, find_columns, tell, whole_names
from sentigram.training.corpora.tables.examples import Listing, collected, item_of
from sentigram.training.corpora.tables.numbers import Group, RowError, find_group, joined
from sentigram.training.corpora.tables.opening import open_table
from sentigram.training.corpora.tables.table import Line
from sentigram.training.dataset.importing import keep_features
from sentigram.training.dataset.manifest import Manifest
from sentigram.training.dataset.preparing import prepare

FEATURES: Mapping[str, Kind] = {"audio": "audio", "visual": "visual", "text-features": "text"}
"""What columns of numbers may mean → the modality."""

MEANINGS = (*FEATURES, *FIELDS, "time")
_MOST_NAMED = 5
_MOST_REASONS = 10


@dataclass(frozen=True, slots=True, eq=False)
class _Features:
    """Features of one row: float32 (n_tokens, sum of widths), and the widths of their groups."""

    values: Floats32
    widths: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """What one row says; `time` orders the rows of one example."""

    where: str
    item: Item
    features: Mapping[Kind, _Features]
    time: float = 0.0


@dataclass(slots=True)
class _Found:
    """What was read so far."""

    rows: list[_Row] = field(default_factory=list)
    left_out: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    groups: dict[Kind, tuple[str, ...]] = field(default_factory=dict)

    def leave_out(self, where: str, reason: str) -> None:
        file, _, line = where.rpartition(":")
        self.left_out.setdefault((file, reason), []).append(line.strip())


def read_feature_table(
    source: Path,
    root: Path,
    *,
    name: str,
    listing: Listing,
    warn: Warn = refuse,
    note: Note = silent,
) -> Manifest:
    """Read a table into a manifest, and keep its features as NAME-audio, NAME-visual, NAME-text.

    Rows without a label, without words where words were asked for, with cells that are empty or no
    numbers, or with other widths than most are left out, and said. Where a column of time is named,
    the rows of one id are one example: a sequence.

    Args:
        source: The table; of the training split where the listing names others.
        root: The folder of all features.
        name: Of the corpus.
        listing: Which columns mean what; one of FEATURES at least.
        warn: Told of rows that are left out; by default that is an error.
        note: Told which columns were read, how wide groups are, and which columns are not read.

    Raises:
        InputError: A table or column is absent, ids are there twice, rows of one id say different
            things, or nothing is left.
        UsageError: No features are asked for.
    """
    kinds = [meaning for meaning in FEATURES if meaning in listing.columns]
    if not kinds:
        message = (
            f"--columns names no features: {', '.join(FEATURES)}; write such as "
            "audio=V1+V3+V4,visual=A2,text=Utterance,label=Emotion, or prepare the list as folder"
        )
        raise UsageError(message)
    files = {"train": source, **listing.held_out} if listing.held_out else {"": source}
    found = _Found()
    for split, path in files.items():
        _read(path, split, listing, listing.root(source), found, note)
    widths = _leave_out_other_widths(found)
    _tell_left_out(found, warn)
    if not found.rows:
        message = f"{source}: no row can be used"
        raise InputError(message)
    rows = _sequences(found.rows) if "time" in listing.columns else found.rows
    items = collected(((row.where, row.item) for row in rows), warn=warn)
    manifest = prepare(
        items,
        corpus=name,
        root=listing.root(source),
        licence=LICENCE,
        unused=tuple(dict.fromkeys(found.unused)),
        warn=warn,
    )
    by_id = {f"{name}/{row.item.id}": row.features for row in rows}
    about = ", ".join(path.name for path in files.values())
    digest = hashlib.sha256("".join(map(sha256, files.values())).encode()).hexdigest()
    for meaning in kinds:
        kind = FEATURES[meaning]
        groups = zip(found.groups[kind], widths[kind], strict=True)
        parts = " + ".join(f"{group} {width}" for group, width in groups)
        info = EncoderInfo(f"{name}-{kind}", kind, 1, f"{parts} of {about}", digest)
        note(f"{source}: {info.name} is {parts}")
        arrays = [by_id[example.id][kind].values for example in manifest.examples]
        keep_features(manifest.examples, arrays, info, root)
    return manifest


def _read(
    path: Path,
    split: str,
    listing: Listing,
    home: Path,
    found: _Found,
    note: Note,
) -> None:
    table = open_table(path, note=note)
    fields: Asked = {k: v for k, v in listing.columns.items() if k not in FEATURES}
    by_name = [meaning for meaning in FIELDS if meaning != "file"]
    columns = find_columns(path, table.header, fields, by_name=by_name)
    groups = {
        FEATURES[meaning]: [
            find_group(path, table.header, one) for one in whole_names(table.header, names)
        ]
        for meaning, names in listing.columns.items()
        if meaning in FEATURES
    }
    found.groups = {kind: tuple(group.name for group in own) for kind, own in groups.items()}
    used = {place for own in groups.values() for group in own for place in group.places}
    columns = replace(
        columns,
        places={k: v for k, v in columns.places.items() if k in fields or not used & set(v)},
        found=tuple(k for k in columns.found if not used & set(columns.places[k])),
    )
    if "label" not in columns:
        message = f"{path}:1: no column of labels; say which is, with --columns label=…"
        raise InputError(message)
    if "time" in columns and "id" not in columns:
        message = f"{path}:1: a column of time orders the rows of one id; say which, with id=…"
        raise InputError(message)
    tell(path, columns, note, used=used)
    found.unused += columns.unused(used)
    for number, line in enumerate(table.lines):
        own = f"{split}/row{number}" if split else f"row{number}"
        if not columns.get(line, "label").strip():
            found.leave_out(line.where, "the label is empty")
            continue
        if "text" in fields and not columns.get(line, "text").strip():
            found.leave_out(line.where, "the words are empty")
            continue
        try:
            row = {kind: _joined(own_groups, line) for kind, own_groups in groups.items()}
            time = _time(columns.get(line, "time")) if "time" in columns else 0.0
        except RowError as error:
            found.leave_out(line.where, str(error))
            continue
        item = item_of(
            line,
            columns,
            listing,
            root=home,
            base=path.parent,
            split=split,
            fallback=own,
            needs_content=False,
        )
        found.rows.append(_Row(line.where, item, row, time))


def _joined(groups: Sequence[Group], line: Line) -> _Features:
    parts = [group.values(line) for group in groups]
    return _Features(joined(parts), tuple(part.shape[-1] for part in parts))


def _time(text: str) -> float:
    try:
        time = float(text)
    except ValueError:
        time = math.nan
    if not math.isfinite(time):
        raise RowError("the time is no number")
    return time


def _leave_out_other_widths(found: _Found) -> Mapping[Kind, tuple[int, ...]]:
    """Keep the rows whose groups are as wide as those of most; how wide that is."""
    if not found.rows:
        return {}
    usual = {
        kind: Counter(row.features[kind].widths for row in found.rows).most_common(1)[0][0]
        for kind in found.rows[0].features
    }
    kept = []
    for row in found.rows:
        other = next((kind for kind in usual if row.features[kind].widths != usual[kind]), None)
        if other is None:
            kept.append(row)
        else:
            width = " + ".join(map(str, usual[other]))
            found.leave_out(row.where, f"the width of {other} is not that of most rows, {width}")
    found.rows = kept
    return usual


def _tell_left_out(found: _Found, warn: Warn) -> None:
    """Say which rows were left out and why: the first lines of each reason, the first reasons."""
    reasons = list(found.left_out.items())
    for (file, reason), lines in reasons[:_MOST_REASONS]:
        shown = ", ".join(lines[:_MOST_NAMED])
        more = f" and {len(lines) - _MOST_NAMED} more" if len(lines) > _MOST_NAMED else ""
        rows = counted(len(lines), "row")
        where = "line" if len(lines) == 1 else "lines"
        warn(f"{file}: {rows} left out, because {reason}: {where} {shown}{more}")
    others = [line for _, lines in reasons[_MOST_REASONS:] for line in lines]
    if others:
        warn(f"{reasons[0][0][0]}: {counted(len(others), 'more row')} left out, for other reasons")


def _sequences(rows: Sequence[_Row]) -> list[_Row]:
    """The rows of each id as one, in the order of their times.

    Raises:
        InputError: Rows of one id differ in what they say of it, or are of one time.
    """
    by_id: dict[str, list[_Row]] = {}
    for row in rows:
        own = by_id.setdefault(row.item.id, [])
        if own and own[0].item != row.item:
            message = (
                f"{row.where}: {row.item.id} has another label, words, speaker or split than at "
                f"{own[0].where}"
            )
            raise InputError(message)
        own.append(row)
    made = []
    for own in by_id.values():
        own.sort(key=lambda row: row.time)
        for one, after in pairwise(own):
            if one.time == after.time:
                message = (
                    f"{after.where}: {after.item.id} is at time {after.time:g} already, at "
                    f"{one.where}"
                )
                raise InputError(message)
        features = {
            kind: _Features(np.concatenate([row.features[kind].values for row in own]), one.widths)
            for kind, one in own[0].features.items()
        }
        made.append(_Row(own[0].where, own[0].item, features))
    return made
