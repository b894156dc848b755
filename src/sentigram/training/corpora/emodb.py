"""EmoDB: ten actors say German sentences in seven moods.

Burkhardt et al. 2005, "A Database of German Emotional Speech" (CC0). Boredom is left out: the
originals hold nine such clips, and calling a bored voice neutral would teach that low arousal with
displeasure is neutral. The manifest's folds mix speakers, so they are not passed on: hold out
speakers instead.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sentigram.training.corpora.clips import read_clips

if TYPE_CHECKING:
    from pathlib import Path

    from sentigram.training.corpora.item import Item

NAME = "emodb"

LABELS: dict[str, str | None] = {
    "anger": "anger",
    "boredom": None,
    "disgust": "disgust",
    "fear": "fear",
    "happiness": "happiness",
    "neutral": "neutral",
    "sadness": "sadness",
}


def read(root: Path) -> tuple[Item, ...]:
    """Read all clips.

    Args:
        root: The folder that holds `manifest.csv` and the clips.

    Raises:
        InputError: The manifest or a clip is absent, or a label is unknown.
    """
    items = read_clips(root, corpus=NAME, labels=LABELS)
    return tuple(replace(item, split="") for item in items)
