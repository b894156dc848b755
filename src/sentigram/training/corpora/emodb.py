"""EmoDB: ten German actors, seven labels (Burkhardt et al. 2005, CC0)."""

from __future__ import annotations

from pathlib import Path

from sentigram.training.corpora.item import Item, read_rows

NAME = "emodb"


def read(root: Path) -> tuple[Item, ...]:
    """Read `manifest.csv` of 16 kHz clips.

    Boredom is left out: it is none of Sentigram's labels, and calling it neutral would teach that
    slow and flat is how neutral speech sounds. The manifest's folds are ignored: they mix speakers.

    Raises:
        InputError: The manifest is absent.
    """
    return tuple(
        Item(
            id=row["path"],
            corpus=NAME,
            labels=(row["label"],),
            split="",
            text=row["text"],
            audio=root / row["path"],
            speaker=row["speaker"],
        )
        for row in read_rows(root / "manifest.csv")
        if row["label"] != "boredom"
    )
