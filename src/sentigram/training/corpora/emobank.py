"""EmoBank: 10,062 sentences with valence, arousal and dominance.

Buechel and Hahn 2017, "EmoBank: Studying the Impact of Annotation Perspective and Representation
Format on Dimensional Emotion Analysis" (CC BY-SA 4.0: weights trained on it share alike).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sentigram.errors import InputError
from sentigram.training.corpora.item import Item, read_rows

if TYPE_CHECKING:
    from pathlib import Path

NAME = "emobank"

# The raters' scale runs from 1 to 5.
_MIDDLE = 3.0
_HALF_RANGE = 2.0


def read(root: Path) -> tuple[Item, ...]:
    """Read every sentence with its ratings scaled to [-1, 1].

    Args:
        root: The folder that holds `emobank.csv`.

    Raises:
        InputError: The file is absent, or a rating is not a number from 1 to 5.
    """
    path = root / "emobank.csv"
    return tuple(
        Item(
            id=row["id"],
            corpus=NAME,
            labels=(),
            split=row["split"],
            text=row["text"],
            vad=(
                _scaled(row["V"], path=path, item=row["id"]),
                _scaled(row["A"], path=path, item=row["id"]),
                _scaled(row["D"], path=path, item=row["id"]),
            ),
        )
        for row in read_rows(path)
    )


def _scaled(rating: str, *, path: Path, item: str) -> float:
    message = f"{path}: item {item} has rating {rating!r}; expected a number from 1 to 5"
    try:
        value = (float(rating) - _MIDDLE) / _HALF_RANGE
    except ValueError as error:
        raise InputError(message) from error
    if not -1.0 <= value <= 1.0:
        raise InputError(message)
    return value
