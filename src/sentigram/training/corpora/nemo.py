"""nEMO: nine Polish actors, six emotions (Christop 2024, CC BY-NC-SA 4.0)."""

from __future__ import annotations

from pathlib import Path

from sentigram.training.corpora.item import Item, read_rows

NAME = "nemo"
_LABELS = {"surprised": "surprise"}


def read(root: Path) -> tuple[Item, ...]:
    """Read `manifest.csv` of Opus clips.

    Raises:
        InputError: The manifest is absent.
    """
    return tuple(
        Item(
            id=row["path"],
            corpus=NAME,
            labels=(_LABELS.get(row["label"], row["label"]),),
            split="",
            text=row["text"],
            audio=root / row["path"],
            speaker=row["speaker"],
        )
        for row in read_rows(root / "manifest.csv")
    )
