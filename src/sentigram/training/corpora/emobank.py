"""EmoBank: 10,062 sentences with valence, arousal and dominance.

Buechel and Hahn 2017, "EmoBank: Studying the Impact of Annotation Perspective and Representation
Format on Dimensional Emotion Analysis" (CC BY-SA 4.0: weights trained on it share alike).
"""

from __future__ import annotations

from pathlib import Path

from sentigram.training.corpora.item import Item, Warn, refuse
from sentigram.training.corpora.labels import ClassSets, rated
from sentigram.training.corpora.rows import read_rows

NAME = "emobank"
LICENCE = "CC BY-SA 4.0"

CLASSES: ClassSets = {}

_COLUMNS = ("id", "split", "V", "A", "D", "text")


def read(root: Path, *, warn: Warn = refuse) -> tuple[Item, ...]:
    """Read every sentence with its ratings, given from 1 to 5, scaled to [-1, 1].

    Args:
        root: The folder that holds `corpus/emobank.csv`, or that file itself.
        warn: Never called: nothing is left out.

    Raises:
        InputError: The file is absent, or a rating is not a number from 1 to 5.
    """
    del warn
    official = root / "corpus" / "emobank.csv"
    path = official if official.is_file() else root / "emobank.csv"
    return tuple(
        Item(
            id=row["id"],
            corpus=NAME,
            labels=(),
            split=row["split"],
            text=row["text"],
            vad=rated(
                (row["V"], row["A"], row["D"]), low=1, high=5, where=row.where, item=row["id"]
            ),
        )
        for row in read_rows(path, columns=_COLUMNS)
    )
