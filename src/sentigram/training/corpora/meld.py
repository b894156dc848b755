"""MELD: dialogue lines of a television series with seven emotions; for evaluation only.

Poria et al. 2019, "MELD: A Multimodal Multi-Party Dataset for Emotion Recognition in
Conversations" (GPL-3.0, and the dialogue is copyrighted: nothing may be trained on it).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sentigram.errors import InputError
from sentigram.training.corpora.item import Item, read_rows

if TYPE_CHECKING:
    from pathlib import Path

NAME = "meld"

SPLITS = ("train", "dev")

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
    """Read both splits; an item's id is `split/dialogue/utterance`.

    Args:
        root: The folder that holds `train_sent_emo.csv` and `dev_sent_emo.csv`.

    Raises:
        InputError: A file is absent or holds an unknown label.
    """
    items = []
    for split in SPLITS:
        path = root / f"{split}_sent_emo.csv"
        for row in read_rows(path):
            item = f"{split}/{row['Dialogue_ID']}/{row['Utterance_ID']}"
            if row["Emotion"] not in LABELS:
                message = (
                    f"{path}: item {item} has label {row['Emotion']!r}; "
                    f"expected one of {sorted(LABELS)}"
                )
                raise InputError(message)
            items.append(
                Item(
                    id=item,
                    corpus=NAME,
                    labels=(LABELS[row["Emotion"]],),
                    split=split,
                    text=row["Utterance"],
                    speaker=row["Speaker"],
                )
            )
    return tuple(items)


def dialogue(item: Item) -> str:
    """Return the dialogue that a line belongs to, unique within the corpus."""
    return item.id.rpartition("/")[0]
