"""Any folder with a table of clips or sentences.

The table is `manifest.csv`, or the only .csv in the folder. Its columns:

- `path` (or file_name, file, audio): a clip within the folder; `text` (or utterance, sentence,
  transcript): the words; at least one of the two columns;
- `label` (or emotion, emotion_label): required; several as anger;fear; empty where only VAD is
  annotated. Synonyms are translated (`labels.SYNONYMS`: angry → anger, joy → happiness, fru →
  frustration, …), other names are kept;
- `id`, `speaker`, `split`, `session`, `dialogue` and `style` (scripted or improvised), optional;
- `origin`, optional: the id of the row that this one is a changed copy of, or the name of the
  recording that it was cut from; rows of one origin belong on one side of a split;
- `valence`, `arousal` and `dominance` in [-1, 1], all three or none.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PureWindowsPath

from sentigram.errors import InputError
from sentigram.training.corpora.clips import MANIFEST
from sentigram.training.corpora.item import Item, Style, Warn, refuse
from sentigram.training.corpora.labels import ClassSets, rated, same, understood
from sentigram.training.corpora.rows import TableRow, read_rows

NAME = "folder"
LICENCE = "as its owner says"

CLASSES: ClassSets = {
    "4": same("anger", "happiness", "neutral", "sadness"),
    "5": same("anger", "happiness", "neutral", "sadness", "frustration"),
    "6": same("anger", "disgust", "fear", "happiness", "neutral", "sadness"),
    "7": same("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"),
    "8": same("anger", "calm", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"),
}

_ALIASES = {
    "path": ("path", "file_name", "file", "audio"),
    "text": ("text", "utterance", "sentence", "transcript"),
    "label": ("label", "emotion", "emotion_label"),
}
_VAD = ("valence", "arousal", "dominance")
_READ = frozenset(
    {"id", "speaker", "split", "session", "dialogue", "style", "origin", *_VAD}
    | {name for names in _ALIASES.values() for name in names}
)
_STYLES: Mapping[str, Style] = {"": "", "scripted": "scripted", "improvised": "improvised"}


def read(root: Path, *, warn: Warn = refuse) -> tuple[Item, ...]:
    """Read all rows, in their order.

    Args:
        root: The folder.
        warn: Never called: nothing is left out.

    Raises:
        InputError: There is no table or more than one, a column is absent, a cell is not as above,
            or a path leaves the folder.
    """
    del warn
    path = _table(root)
    rows = read_rows(path)
    if not rows:
        message = f"{path}: holds no rows"
        raise InputError(message)
    columns = _columns(path, rows[0])
    items: dict[str, Item] = {}
    for number, row in enumerate(rows):
        item = _item(root, row, columns, number)
        if item.id in items:
            message = f"{row.where}: {item.id} is there already; give an id column that tells apart"
            raise InputError(message)
        items[item.id] = item
    return tuple(items.values())


def unused(root: Path) -> tuple[str, ...]:
    """Columns of the table that nothing is made of, in their order.

    Args:
        root: The folder.

    Raises:
        InputError: There is no table or more than one, or it cannot be read.
    """
    rows = read_rows(_table(root))
    return tuple(name for name in (rows[0].cells if rows else ()) if name not in _READ)


def _table(root: Path) -> Path:
    found = sorted(root.glob("*.csv"))
    if (root / MANIFEST).is_file():
        return root / MANIFEST
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        message = f"{root}: expected {MANIFEST} or a single .csv, found {names}"
        raise InputError(message)
    return found[0]


def _columns(path: Path, row: TableRow) -> dict[str, str]:
    """What a column is called here."""
    columns = {
        column: name
        for column, names in _ALIASES.items()
        for name in names[::-1]
        if name in row.cells
    }
    present = ", ".join(row.cells)
    if "label" not in columns or len(columns) == 1:
        message = f"{path}:1: expected columns label and path or text, found {present}"
        raise InputError(message)
    vad = [name for name in _VAD if name in row.cells]
    if vad and len(vad) < len(_VAD):
        message = f"{path}:1: expected valence, arousal and dominance together, found {present}"
        raise InputError(message)
    return columns


def _item(root: Path, row: TableRow, columns: Mapping[str, str], number: int) -> Item:
    path, text, label = (row.get(columns.get(name, "")) for name in ("path", "text", "label"))
    if not path and not text.strip():
        message = f"{row.where}: neither a path nor words"
        raise InputError(message)
    name = row.get("id") or path or f"row{number}"
    vad = tuple(row.get(column).strip() for column in _VAD)
    if not label.strip() and not any(vad):
        message = f"{row.where}: {name} has neither label nor valence, arousal and dominance"
        raise InputError(message)
    if row.get("style") not in _STYLES:
        message = f"{row.where}: style {row.get('style')!r}; expected scripted, improvised or empty"
        raise InputError(message)
    return Item(
        id=name,
        corpus=NAME,
        labels=understood(label.split(";"), where=row.where) if label.strip() else (),
        split=row.get("split").strip(),
        text=text,
        audio=_within(root, path, row.where) if path else None,
        speaker=row.get("speaker").strip(),
        vad=rated(vad, low=-1, high=1, where=row.where, item=name) if any(vad) else None,
        dialogue=row.get("dialogue").strip(),
        session=row.get("session").strip(),
        style=_STYLES[row.get("style")],
        origin=row.get("origin").strip(),
    )


def _within(root: Path, given: str, where: str) -> Path:
    """The clip, which must lie in the folder: a table from elsewhere must not read other files."""
    outside = PureWindowsPath(given)  # understands both slashes and drives
    clip = root / given
    leaves = outside.is_absolute() or outside.drive or given.startswith("/")
    if leaves or ".." in outside.parts or not clip.resolve().is_relative_to(root.resolve()):
        message = f"{where}: {given} leaves the folder; put the clip into it and name it from there"
        raise InputError(message)
    if not clip.is_file():
        message = f"{where}: {given}: no such clip in {root}"
        raise InputError(message)
    return clip
