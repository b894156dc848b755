"""What every corpus module yields: one labelled clip or sentence."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from sentigram.errors import InputError


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled example.

    Attributes:
        id: Unique within its corpus.
        corpus: The corpus module's name.
        labels: Emotion names in Sentigram's vocabulary; several where raters chose several.
        split: The corpus's own split or fold, empty where it has none.
        text: What is said or written, verbatim.
        audio: Path of the clip, None for a text corpus.
        speaker: Speaker id, unique within its corpus; empty when unknown.
        vad: Valence, arousal, dominance in [-1, 1], None where it is not annotated.
    """

    id: str
    corpus: str
    labels: tuple[str, ...]
    split: str
    text: str
    audio: Path | None = None
    speaker: str = ""
    vad: tuple[float, float, float] | None = None


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a UTF-8 CSV with a header line.

    Raises:
        InputError: The file is absent.
    """
    if not path.is_file():
        message = f"{path}: no such corpus file; pass the folder that holds it with DATA=FOLDER"
        raise InputError(message)
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
