"""RAVDESS: 24 actors, two sentences, eight emotions (Livingstone & Russo 2018, CC BY-NC-SA 4.0)."""

from __future__ import annotations

from pathlib import Path

from sentigram.training.corpora.item import Item, read_rows

NAME = "ravdess"


def read(root: Path) -> tuple[Item, ...]:
    """Read `manifest.csv` of 16 kHz clips; `calm` is kept, as the eight-class task has it.

    Raises:
        InputError: The manifest is absent.
    """
    return tuple(
        Item(
            id=row["path"],
            corpus=NAME,
            labels=(row["label"],),
            split=row["split"],
            text=row["text"],
            audio=root / row["path"],
            speaker=row["speaker"],
        )
        for row in read_rows(root / "manifest.csv")
    )
