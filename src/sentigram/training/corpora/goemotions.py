"""GoEmotions: 54,263 Reddit comments with 28 emotions, grouped into Ekman's six and neutral.

Demszky et al. 2020, "GoEmotions: A Dataset of Fine-Grained Emotions" (Apache-2.0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sentigram.errors import InputError
from sentigram.training.corpora.item import Item, read_rows

if TYPE_CHECKING:
    from pathlib import Path

NAME = "goemotions"

LABELS = {
    "anger": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "joy": "happiness",
    "neutral": "neutral",
    "sadness": "sadness",
    "surprise": "surprise",
}


def read(root: Path) -> tuple[Item, ...]:
    """Read every comment with its labels in Sentigram's vocabulary.

    Args:
        root: The folder that holds `ekman_manifest.csv`.

    Raises:
        InputError: The file is absent or holds an unknown label.
    """
    path = root / "ekman_manifest.csv"
    return tuple(
        Item(
            id=row["id"],
            corpus=NAME,
            labels=_mapped(row["label"], path=path, item=row["id"]),
            split=row["split"],
            text=row["text"],
            speaker=row["speaker"],
        )
        for row in read_rows(path)
    )


def read_fine(root: Path) -> dict[str, tuple[str, ...]]:
    """Read the 28 fine labels of every comment, by comment id.

    Args:
        root: The folder that holds `original_manifest.csv`.

    Raises:
        InputError: The file is absent.
    """
    rows = read_rows(root / "original_manifest.csv")
    return {row["id"]: tuple(row["label"].split(";")) for row in rows}


def _mapped(joined: str, *, path: Path, item: str) -> tuple[str, ...]:
    names = joined.split(";")
    unknown = [name for name in names if name not in LABELS]
    if unknown:
        message = f"{path}: item {item} has label {unknown[0]!r}; expected one of {sorted(LABELS)}"
        raise InputError(message)
    return tuple(LABELS[name] for name in names)
