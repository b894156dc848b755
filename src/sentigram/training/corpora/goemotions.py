"""GoEmotions: 54,263 Reddit comments with 28 emotions, grouped into Ekman's six and neutral.

Demszky et al. 2020, "GoEmotions: A Dataset of Fine-Grained Emotions" (Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sentigram.errors import InputError
from sentigram.reading import TABLE, read_text
from sentigram.training.corpora.item import Item, Warn, refuse
from sentigram.training.corpora.labels import EKMAN, ClassSets, mapped, same
from sentigram.training.corpora.rows import TableRow, read_rows

NAME = "goemotions"
LICENCE = "Apache-2.0"

CLASSES: ClassSets = {
    "7": same("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"),
    "4": same("anger", "happiness", "neutral", "sadness"),
}

# The paper's grouping (data/ekman_mapping.json), in Sentigram's names.
_GROUPS = {
    "anger": "anger annoyance disapproval",
    "disgust": "disgust",
    "fear": "fear nervousness",
    "happiness": "joy amusement approval excitement gratitude love optimism relief pride "
    "admiration desire caring",
    "neutral": "neutral",
    "sadness": "sadness disappointment embarrassment grief remorse",
    "surprise": "surprise realization confusion curiosity",
}
GROUPS: Mapping[str, str | None] = {
    fine: group for group, names in _GROUPS.items() for fine in names.split()
}
"""Each of the 28 → one of the seven."""

_SPLITS = ("train", "dev", "test")
_COLUMNS = ("id", "label", "speaker", "split", "text")


def read(root: Path, *, warn: Warn = refuse) -> tuple[Item, ...]:
    """Read every comment with its labels in Sentigram's vocabulary.

    Args:
        root: The folder that holds `data/train.tsv`, `dev.tsv`, `test.tsv` and `emotions.txt`, that
            data folder, or one with `ekman_manifest.csv`.
        warn: Never called: nothing is left out.

    Raises:
        InputError: A file is absent or holds an unknown label.
    """
    del warn
    official = _official(root)
    if official is not None:
        return tuple(
            _item(row, mapped(names, GROUPS, where=row.where, item=row["id"]), split)
            for split, row, names in _comments(official)
        )
    items = []
    for row in read_rows(root / "ekman_manifest.csv", columns=_COLUMNS):
        found = mapped(row["label"].split(";"), EKMAN, where=row.where, item=row["id"])
        items.append(_item(row, found, row["split"]))
    return tuple(items)


def read_fine(root: Path) -> dict[str, tuple[str, ...]]:
    """Read the 28 fine labels of every comment, by comment id.

    Args:
        root: As for `read`; or the folder that holds `original_manifest.csv`.

    Raises:
        InputError: A file is absent.
    """
    official = _official(root)
    if official is not None:
        return {row["id"]: names for _, row, names in _comments(official)}
    rows = read_rows(root / "original_manifest.csv", columns=("id", "label"))
    return {row["id"]: tuple(row["label"].split(";")) for row in rows}


def _item(row: TableRow, labels: tuple[str, ...], split: str) -> Item:
    return Item(row["id"], NAME, labels, split, row["text"], speaker=row.get("speaker"))


def _official(root: Path) -> Path | None:
    """The folder of the official files, None where there are none."""
    return next((f for f in (root / "data", root) if (f / "emotions.txt").is_file()), None)


def _comments(folder: Path) -> list[tuple[str, TableRow, tuple[str, ...]]]:
    """Split, row and fine labels of each comment."""
    names = read_text(folder / "emotions.txt", TABLE).split()
    found = []
    for split in _SPLITS:
        header = ("text", "numbers", "id")
        path = folder / f"{split}.tsv"
        for row in read_rows(path, header=header, delimiter="\t", quoted=False):
            numbers = row["numbers"].split(",")
            if not all(n.isdecimal() and int(n) < len(names) for n in numbers):
                message = (
                    f"{row.where}: {row['id']} has labels {row['numbers']!r}; "
                    f"expected numbers below {len(names)} with commas between"
                )
                raise InputError(message)
            found.append((split, row, tuple(names[int(n)] for n in numbers)))
    return found
