"""EmoBox's lists of a corpus: what each fold trains on and tests (Ma et al. 2024).

A folder holds `label_map.json` and `fold_1`, `fold_2`, …, each with NAME_train_fold_N.jsonl and
NAME_test_fold_N.jsonl, and NAME_valid_fold_N.jsonl in some; .json of the same where there is no
.jsonl. An entry has key, wav, emo and length. Paths begin where EmoBox keeps its downloads, which
is the folder of clips here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sentigram.data_files import read_json
from sentigram.errors import InputError
from sentigram.reading import EXPERIMENT
from sentigram.training.corpora.item import Item, Note, Warn, refuse, silent
from sentigram.training.corpora.tables.columns import Columns, Unread, find_columns, named
from sentigram.training.corpora.tables.examples import Listing, item_of
from sentigram.training.corpora.tables.opening import open_table
from sentigram.training.corpora.tables.table import Line

LABEL_MAP = "label_map.json"
Role = Literal["train", "valid", "test"]
_LIST = re.compile(r".*_(?P<role>train|valid|test)_fold_(?P<fold>\d+)")
_COLUMNS = {"file": ("wav",), "label": ("emo",), "id": ("key",)}


@dataclass(frozen=True, slots=True)
class _Entry:
    line: Line
    columns: Columns

    @property
    def key(self) -> str:
        return self.columns.get(self.line, "id")


def folds(root: Path) -> Mapping[str, Mapping[str, Path]]:
    """The lists of a folder: fold → role → file, folds by number; empty where there are none."""
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(root.glob("fold_*/*_fold_*.json*")):
        match = _LIST.fullmatch(path.stem)
        if match is not None and path.suffix in (".json", ".jsonl"):
            # of two of the same, .jsonl comes last and stays
            found.setdefault(match["fold"], {})[match["role"]] = path
    return {fold: found[fold] for fold in sorted(found, key=int) if "test" in found[fold]}


def read(
    root: Path,
    *,
    home: Path,
    listing: Listing,
    warn: Warn = refuse,
    note: Note = silent,
    unread: Unread = lambda _names: None,
) -> Iterator[tuple[str, Item]]:
    """Read a corpus with its folds: split is test_fold_N, or train, valid and test of a single one.

    Args:
        root: The folder of the corpus's lists.
        home: The folder that paths begin in.
        listing: Names labels beside label_map.json.
        warn: Told of examples that no fold tests.
        note: Told which columns are not read.
        unread: Told the same, for the audit.

    Yields:
        Where an entry stands, and the entry.

    Raises:
        InputError: A list is not as above, an example is tested in two folds, or trained on in the
            fold that tests it.
    """
    lists = folds(root)
    labels = {**_label_map(root), **listing.labels}
    entries: dict[str, _Entry] = {}
    splits: dict[str, str] = {}
    for fold, roles in lists.items():
        tested: set[str] = set()
        for role in ("test", "valid", "train"):
            for entry in _entries(roles[role]) if role in roles else ():
                where, key = entry.line.where, entry.key
                if role == "test":
                    _check_tested_once(splits, entries, key, where)
                    tested.add(key)
                elif key in tested:
                    message = f"{where}: {key} is in the test list of fold {fold} too"
                    raise InputError(message)
                entries.setdefault(key, entry)
                if len(lists) == 1:
                    splits[key] = role
                elif role == "test":
                    splits[key] = f"test_fold_{fold}"
    _tell_unread(root, entries.values(), note, unread)
    untested = [key for key in entries if key not in splits]
    if untested:
        warn(f"{root}: no fold tests {len(untested)} examples, such as {untested[0]}")
    known = Listing(labels=labels, clips=listing.clips)
    for key, entry in entries.items():
        item = item_of(
            entry.line,
            entry.columns,
            known,
            root=home,
            base=home,
            split=splits.get(key, ""),
        )
        yield entry.line.where, item


def _tell_unread(root: Path, entries: Iterable[_Entry], note: Note, unread: Unread) -> None:
    unused = tuple(dict.fromkeys(name for one in entries for name in one.columns.unused()))
    unread(unused)
    if unused:
        note(f"{root}: columns that are not read: {named(unused)}")


def _entries(path: Path) -> Iterator[_Entry]:
    table = open_table(path)
    columns = find_columns(path, table.header, _COLUMNS, by_name=("speaker", "text"))
    places = [table.header.index(n) for n in ("start_time", "end_time") if n in table.header]
    for line in table.lines:
        if any(line.cells[place] is not None for place in places):
            message = f"{line.where}: this example is a part of a recording; cut it out first"
            raise InputError(message)
        yield _Entry(line, columns)


def _check_tested_once(
    splits: Mapping[str, str], entries: Mapping[str, _Entry], key: str, where: str
) -> None:
    if key in splits:
        message = f"{where}: {key} is tested already, at {entries[key].line.where}"
        raise InputError(message)


def _label_map(root: Path) -> Mapping[str, str]:
    path = root / LABEL_MAP
    if not path.is_file():
        return {}
    try:
        given = read_json(path, EXPERIMENT)
    except (OSError, ValueError) as error:
        message = f"{path}: cannot be read ({error})"
        raise InputError(message) from error
    if not isinstance(given, dict) or not all(isinstance(name, str) for name in given.values()):
        message = f"{path}: expected an object of label → emotion"
        raise InputError(message)
    return {str(label): name for label, name in given.items()}
