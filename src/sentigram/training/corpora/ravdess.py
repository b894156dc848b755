"""RAVDESS: 24 English-speaking actors say two sentences in eight emotions.

Livingstone and Russo 2018, "The Ryerson Audio-Visual Database of Emotional Speech and Song"
(CC BY-NC-SA 4.0). `split` is the speaker-independent test fold of EmoBox (Ma et al. 2024). Calm
stays apart here, for the eight-class evaluation; the shipped model reads it as neutral.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sentigram.training.corpora.clips import read_clips

if TYPE_CHECKING:
    from pathlib import Path

    from sentigram.training.corpora.item import Item

NAME = "ravdess"

LABELS: dict[str, str | None] = {
    "anger": "anger",
    "calm": "calm",
    "disgust": "disgust",
    "fear": "fear",
    "happiness": "happiness",
    "neutral": "neutral",
    "sadness": "sadness",
    "surprise": "surprise",
}


def read(root: Path) -> tuple[Item, ...]:
    """Read all clips.

    Args:
        root: The folder that holds `manifest.csv` and the clips.

    Raises:
        InputError: The manifest or a clip is absent, or a label is unknown.
    """
    return read_clips(root, corpus=NAME, labels=LABELS)
