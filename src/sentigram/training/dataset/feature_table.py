"""A table that holds features of each utterance beside its words and label.

So the tables of trimodal systems are: acoustic, prosodic and spectral numbers (V1, V3, V4), faces
(A2), the utterance and its emotion. They become a manifest and features by id.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sentigram.core.arrays import Floats32
from sentigram.emotion.encoders.tokens import EncoderInfo, Kind
from sentigram.errors import InputError, UsageError
from sentigram.store.shipped import sha256
from sentigram.training.corpora.folder import LICENCE
from sentigram.training.corpora.item import Item, Note, Warn, refuse, silent
from sentigram.training.corpora.tables.columns import FIELDS, Asked, find_columns, tell
from sentigram.training.corpora.tables.examples import Listing, collected, item_of
from sentigram.training.corpora.tables.numbers import Group, RowError, find_group, joined
from sentigram.training.corpora.tables.opening import open_table
from sentigram.training.corpora.tables.table import Line
from sentigram.training.dataset.importing import keep_features
from sentigram.training.dataset.manifest import Manifest
from sentigram.training.dataset.preparing import prepare

FEATURES: Mapping[str, Kind] = {"audio": "audio", "visual": "visual", "text-features": "text"}
"""What columns of numbers may mean → the modality."""

MEANINGS = (*FEATURES, *FIELDS)
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True, eq=False)
class _Features:
    """Features of one row: float32 (n_tokens, sum of widths), and the widths of their groups."""

    values: Floats32
    widths: tuple[int, ...]


@dataclass(slots=True)
class _Found:
    """What was read so far."""

    items: list[tuple[str, Item]] = field(default_factory=list)
    rows: list[Mapping[Kind, _Features]] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=dict)

    def leave_out(self, line: Line, reason: str) -> None:
        self.left_out.setdefault(reason, []).append(line.where)


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
    numbers, or with other widths than most are left out, and said.

    Args:
        source: The table; of the training split where the listing names others.
        root: The folder of all features.
        name: Of the corpus.
        listing: Which columns mean what; one of FEATURES at least.
        warn: Told of rows that are left out; by default that is an error.
        note: Told which columns were read, how wide groups are, and which columns are not read.

    Raises:
        InputError: A table or column is absent, ids are there twice, or nothing is left.
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
    for reason, places in found.left_out.items():
        shown = ", ".join(place.rpartition(":")[2] for place in places[:_MOST_NAMED])
        more = f" and {len(places) - _MOST_NAMED} more" if len(places) > _MOST_NAMED else ""
        lines = "row" if len(places) == 1 else "rows"
        warn(f"{source}: {len(places)} {lines} left out, because {reason}: {shown}{more}")
    if not found.items:
        message = f"{source}: no row can be used"
        raise InputError(message)
    items = collected(found.items, warn=warn)
    manifest = prepare(items, corpus=name, root=listing.root(source), licence=LICENCE, warn=warn)
    rows = dict(zip((f"{name}/{item.id}" for item in items), found.rows, strict=True))
    about = ", ".join(path.name for path in files.values())
    digest = hashlib.sha256("".join(map(sha256, files.values())).encode()).hexdigest()
    for meaning in kinds:
        kind = FEATURES[meaning]
        groups = zip(listing.columns[meaning], widths[kind], strict=True)
        parts = " + ".join(f"{group} {width}" for group, width in groups)
        info = EncoderInfo(f"{name}-{kind}", kind, 1, f"{parts} of {about}", digest)
        note(f"{source}: {info.name} is {parts}")
        arrays = [rows[example.id][kind].values for example in manifest.examples]
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
        FEATURES[meaning]: [find_group(path, table.header, one) for one in names]
        for meaning, names in listing.columns.items()
        if meaning in FEATURES
    }
    used = {place for own in groups.values() for group in own for place in group.places}
    columns = replace(
        columns,
        places={k: v for k, v in columns.places.items() if k in fields or not used & set(v)},
    )
    if "label" not in columns:
        message = f"{path}:1: no column of labels; say which is, with --columns label=…"
        raise InputError(message)
    tell(path, columns, note, used=used)
    for number, line in enumerate(table.lines):
        own = f"{split}/row{number}" if split else f"row{number}"
        if not columns.get(line, "label").strip():
            found.leave_out(line, "they have no label")
            continue
        if "text" in fields and not columns.get(line, "text").strip():
            found.leave_out(line, "they have no words")
            continue
        try:
            row = {kind: _joined(own_groups, line) for kind, own_groups in groups.items()}
        except RowError as error:
            found.leave_out(line, str(error))
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
        found.items.append((line.where, item))
        found.rows.append(row)


def _joined(groups: Sequence[Group], line: Line) -> _Features:
    parts = [group.values(line) for group in groups]
    return _Features(joined(parts), tuple(part.shape[-1] for part in parts))


def _leave_out_other_widths(found: _Found) -> Mapping[Kind, tuple[int, ...]]:
    """Keep the rows whose groups are as wide as those of most; how wide that is."""
    if not found.rows:
        return {}
    usual = {
        kind: Counter(row[kind].widths for row in found.rows).most_common(1)[0][0]
        for kind in found.rows[0]
    }
    kept = []
    for (where, item), row in zip(found.items, found.rows, strict=True):
        other = next((kind for kind in usual if row[kind].widths != usual[kind]), None)
        if other is None:
            kept.append((where, item, row))
        else:
            width = " + ".join(map(str, usual[other]))
            reason = f"their {other} is not as wide as that of most rows, {width}"
            found.left_out.setdefault(reason, []).append(where)
    found.items = [(where, item) for where, item, _ in kept]
    found.rows = [row for _, _, row in kept]
    return usual
