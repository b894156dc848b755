"""nEMO: nine actors say Polish sentences in six emotions.

Christop 2024, "nEMO: Dataset of Emotional Speech in Polish" (CC BY-NC-SA 4.0). It has no split of
its own: hold out speakers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sentigram.training.corpora.clips import read_clips

if TYPE_CHECKING:
    from pathlib import Path

    from sentigram.training.corpora.item import Item

NAME = "nemo"

LABELS: dict[str, str | None] = {
    "anger": "anger",
    "fear": "fear",
    "happiness": "happiness",
    "neutral": "neutral",
    "sadness": "sadness",
    "surprised": "surprise",
}


def read(root: Path) -> tuple[Item, ...]:
    """Read all clips.

    Args:
        root: The folder that holds `manifest.csv` and the clips.

    Raises:
        InputError: The manifest or a clip is absent, or a label is unknown.
    """
    return read_clips(root, corpus=NAME, labels=LABELS)
