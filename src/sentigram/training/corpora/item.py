"""What every corpus module yields: one labelled clip or sentence."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sentigram.errors import InputError

Style = Literal["", "scripted", "improvised"]


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled example.

    Attributes:
        id: Unique within its corpus.
        corpus: The corpus module's name.
        labels: Emotion names in Sentigram's vocabulary; several where raters chose several.
        split: The corpus's own split or fold, empty where it has none.
        text: What is said or written, verbatim; empty when unknown.
        audio: Path of the clip, None for a text corpus.
        speaker: Speaker id, unique within its corpus; empty when unknown.
        vad: Valence, arousal, dominance in [-1, 1], None where it is not annotated.
        dialogue: Dialogue id, unique within its corpus; empty where there are none.
        session: Recording session, unique within its corpus; empty where there are none.
        style: Whether the words were scripted or improvised, where a corpus has both.
    """

    id: str
    corpus: str
    labels: tuple[str, ...]
    split: str
    text: str
    audio: Path | None = None
    speaker: str = ""
    vad: tuple[float, float, float] | None = None
    dialogue: str = ""
    session: str = ""
    style: Style = ""


def read_rows(path: Path, *, delimiter: str = ",") -> list[dict[str, str]]:
    """Read a UTF-8 CSV with a header line.

    Raises:
        InputError: The file is absent.
    """
    if not path.is_file():
        message = f"{path}: no such corpus file; pass the folder that holds it with DATA=FOLDER"
        raise InputError(message)
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=delimiter))
