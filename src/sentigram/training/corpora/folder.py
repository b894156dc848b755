"""Any corpus that someone has: a list of clips or sentences, or folders of clips by class.

A source is a file, or a folder that holds one of these:

- `manifest.csv`;
- EmoBox's lists: `fold_1/NAME_train_fold_1.jsonl`, …, and `label_map.json`;
- `metadata.csv` or `metadata.jsonl`, here or in folders named after splits, as Hugging Face's
  audiofolder has them;
- a single table (.csv, .tsv, .jsonl, .json, .xlsx), or one for each split, such as SpeechBrain's
  `train.json`, `valid.json` and `test.json`;
- folders named after emotions, which hold clips; these may lie in folders named after splits or
  sessions.

A table's columns are found by the names in `tables.columns.ALIASES`, or named by the user:

- `file`: a clip within the folder; `text`: the words; at least one of the two;
- `label`: required; several as anger;fear; empty where only VAD is annotated. Synonyms are
  translated (`labels.SYNONYMS`: angry → anger, joy → happiness, fru → frustration, …), other names
  are kept;
- `id`, `speaker`, `split`, `session`, `dialogue` and `style` (scripted or improvised), optional;
- `origin`, optional: the id of the row that this one is a changed copy of, or the name of the
  recording that it was cut from; rows of one origin belong on one side of a split;
- `valence`, `arousal` and `dominance` in [-1, 1], all three or none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sentigram.errors import InputError
from sentigram.training.corpora.clips import MANIFEST
from sentigram.training.corpora.item import Item, Note, Warn, refuse, silent
from sentigram.training.corpora.labels import ClassSets, same
from sentigram.training.corpora.tables import class_folders, emobox
from sentigram.training.corpora.tables.columns import Columns, Unread, find_columns, named, tell
from sentigram.training.corpora.tables.examples import SPLITS, VAD, Listing, collected, item_of
from sentigram.training.corpora.tables.opening import SUFFIXES, open_table
from sentigram.training.corpora.tables.table import Line, Table

NAME = "folder"
LICENCE = "as its owner says"

CLASSES: ClassSets = {
    "4": same("anger", "happiness", "neutral", "sadness"),
    "5": same("anger", "happiness", "neutral", "sadness", "frustration"),
    "6": same("anger", "disgust", "fear", "happiness", "neutral", "sadness"),
    "7": same("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"),
    "8": same("anger", "calm", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"),
}

_METADATA = ("metadata.csv", "metadata.jsonl")


def read(
    root: Path,
    *,
    warn: Warn = refuse,
    note: Note = silent,
    listing: Listing | None = None,
    unread: Unread = lambda _names: None,
) -> tuple[Item, ...]:
    """Read all examples, in their order.

    Args:
        root: The folder, or a table.
        warn: Told of clips that are named twice, and of those that no folder labels.
        note: Told which columns are read for what, and which are not.
        listing: How the table is to be read.
        unread: Told the columns of each table that nothing reads, for the audit.

    Raises:
        InputError: There is no table or more than one, a column is absent, a cell is not as above,
            or a path leaves the folder.
    """
    how = listing or Listing()
    home = how.root(root)
    if how.held_out:
        return _of_tables([("train", root), *how.held_out.items()], home, how, warn, note, unread)
    if root.is_file():
        return _of_tables([("", root)], home, how, warn, note, unread)
    if not (root / MANIFEST).is_file():
        if emobox.folds(root):
            found = emobox.read(root, home=home, listing=how, warn=warn, note=note, unread=unread)
            return collected(found, warn=warn)
        if metadata := _metadata(root):
            return _of_tables(metadata, home, how, warn, note, unread)
    tables = _tables(root)
    if not tables and (clips := class_folders.find(root)):
        return collected(class_folders.read(root, clips, listing=how, warn=warn), warn=warn)
    if not tables:
        message = (
            f"{root}: expected {MANIFEST} or a single .csv, found none; nor another table "
            f"({', '.join(SUFFIXES[1:])}), nor folders of clips named after emotions"
        )
        raise InputError(message)
    return _of_tables(tables, home, how, warn, note, unread)


def _tables(root: Path) -> list[tuple[str, Path]]:
    """The table of a folder, or one for each split; which one is never guessed."""
    if (root / MANIFEST).is_file():
        return [("", root / MANIFEST)]
    for suffixes in ((".csv",), (".tsv",), (".jsonl", ".json"), (".xlsx", ".xlsm")):
        found = sorted(
            path
            for path in root.glob("*")
            if path.suffix.lower() in suffixes
            and not path.name.startswith((".", "~$"))
            and path.name != emobox.LABEL_MAP
        )
        splits = [_split_of(path) for path in found]
        if len(found) == 1:
            return [("", found[0])]
        if found and all(splits) and len(set(splits)) == len(splits):
            order = sorted(zip(splits, found, strict=True), key=lambda p: SPLITS.index(p[0]))
            return list(order)
        if found:
            names = named([path.name for path in found])
            message = (
                f"{root}: expected {MANIFEST} or a single {suffixes[0]}, found {names}; give the "
                "file itself"
            )
            raise InputError(message)
    return []


def _split_of(path: Path) -> str:
    """The split that a table's name ends in: train of train.json and of iemocap_train.csv."""
    last = path.stem.casefold().replace("-", "_").rpartition("_")[2]
    return last if last in SPLITS else ""


def _metadata(root: Path) -> list[tuple[str, Path]]:
    """Tables of Hugging Face's audiofolder."""
    folders = [("", root), *((name, root / name) for name in SPLITS)]
    found = [(split, folder / name) for split, folder in folders for name in _METADATA]
    there = [(split, path) for split, path in found if path.is_file()]
    if len({path.parent for _, path in there}) < len(there):
        message = f"{there[0][1].parent}: holds both {' and '.join(_METADATA)}; keep one"
        raise InputError(message)
    return there


def _of_tables(
    tables: Sequence[tuple[str, Path]],
    root: Path,
    listing: Listing,
    warn: Warn,
    note: Note,
    unread: Unread,
) -> tuple[Item, ...]:
    items = (
        found
        for split, path in tables
        for found in _of_table(path, split, root, listing, note, unread)
    )
    return collected(items, warn=warn)


def _of_table(
    path: Path, split: str, root: Path, listing: Listing, note: Note, unread: Unread
) -> Iterator[tuple[str, Item]]:
    table = open_table(path, note=note)
    columns = _columns(table, listing)
    tell(path, columns, note)
    unread(columns.unused())
    number = -1
    for number, line in enumerate(table.lines):
        _check_whole(line, columns)
        own = f"{split}/row{number}" if split else f"row{number}"
        base = path.parent
        yield (
            line.where,
            item_of(line, columns, listing, root=root, base=base, split=split, fallback=own),
        )
    if number < 0:
        message = f"{path}: holds no rows"
        raise InputError(message)


def _columns(table: Table, listing: Listing) -> Columns:
    columns = find_columns(table.path, table.header, listing.columns)
    present = named(table.header)
    vad = [name for name in VAD if name in columns]
    if vad and len(vad) < len(VAD):
        message = (
            f"{table.path}:1: expected valence, arousal and dominance together, found {present}"
        )
        raise InputError(message)
    is_labelled = "label" in columns or vad
    if not is_labelled or ("file" not in columns and "text" not in columns):
        message = (
            f"{table.path}:1: expected columns label and path or text, found {present}; say which "
            "is which with --columns file=…,label=…"
        )
        raise InputError(message)
    return columns


def _check_whole(line: Line, columns: Columns) -> None:
    """Refuse lists whose examples are parts of recordings: whole files would be read for them."""
    cells = dict(zip(columns.names, line.cells, strict=True))
    clip = [line.cells[place] for place in columns.places.get("file", ())]
    options = cells.get("wav_opts")
    is_part = isinstance(options, str) and options.strip().startswith("start:")
    if is_part or any(isinstance(one, dict) and {"start", "stop"} & one.keys() for one in clip):
        message = (
            f"{line.where}: this example is a part of a recording; cut the parts into files first, "
            "since whole files are read"
        )
        raise InputError(message)
