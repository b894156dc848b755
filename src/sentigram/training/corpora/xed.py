"""XED: English film-subtitle lines with Plutchik's eight emotions and neutral.

Öhman et al. 2020, "XED: A Multilingual Dataset for Sentiment Analysis and Emotion Detection"
(CC BY 4.0). Anticipation and trust have no counterpart in Sentigram's seven: they are left out,
and a line that has nothing else is dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sentigram.errors import InputError
from sentigram.training.corpora.item import Item, read_rows

if TYPE_CHECKING:
    from pathlib import Path

NAME = "xed"

LABELS = {
    "anger": "anger",
    "anticipation": None,
    "disgust": "disgust",
    "fear": "fear",
    "joy": "happiness",
    "neutral": "neutral",
    "sadness": "sadness",
    "surprise": "surprise",
    "trust": None,
}


def read(root: Path) -> tuple[Item, ...]:
    """Read the lines that carry at least one of Sentigram's seven labels.

    Args:
        root: The folder that holds `manifest.csv`.

    Raises:
        InputError: The file is absent or holds an unknown label.
    """
    path = root / "manifest.csv"
    items = []
    for row in read_rows(path):
        labels = _mapped(row["label"], path=path, item=row["id"])
        if labels:
            items.append(Item(id=row["id"], corpus=NAME, labels=labels, split="", text=row["text"]))
    return tuple(items)


def _mapped(joined: str, *, path: Path, item: str) -> tuple[str, ...]:
    names = joined.split(";")
    unknown = [name for name in names if name not in LABELS]
    if unknown:
        message = f"{path}: item {item} has label {unknown[0]!r}; expected one of {sorted(LABELS)}"
        raise InputError(message)
    return tuple(label for label in (LABELS[name] for name in names) if label is not None)
