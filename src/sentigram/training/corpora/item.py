"""What every corpus module yields: one labelled clip or sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

from sentigram.errors import InputError

Style = Literal["", "scripted", "improvised"]

Warn = Callable[[str], None]
"""Is told of each example that is left out, and why."""

Note = Callable[[str], None]
"""Is told how something was read that could be meant otherwise."""


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled example.

    Attributes:
        id: Unique within its corpus.
        corpus: The corpus module's name.
        labels: Emotion names in Sentigram's vocabulary; several where raters chose several, none
            where they did not agree or only vad is annotated.
        split: The corpus's own split or fold, empty where it has none.
        text: What is said or written, verbatim; empty when unknown.
        audio: Path of the clip, None for a text corpus.
        speaker: Speaker id, unique within its corpus; empty when unknown.
        vad: Valence, arousal, dominance in [-1, 1], None where it is not annotated.
        dialogue: Dialogue id, unique within its corpus; empty where there are none.
        session: Recording session, unique within its corpus; empty where there are none.
        style: Whether the words were scripted or improvised, where a corpus has both.
        origin: The id of the item that this one was made from, or the name of the recording that
            it was cut from; empty for originals.
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
    origin: str = ""


def silent(message: str) -> None:
    """Drop a note: the default where nobody listens to them.

    Args:
        message: What was read how, such as columns that nothing reads.
    """
    del message


def refuse(message: str) -> NoReturn:
    """Treat what would be left out as an error: the default where nobody listens to warnings.

    Raises:
        InputError: Always.
    """
    whole = f"{message}; give a function as `warn` to go on without it"
    raise InputError(whole)
