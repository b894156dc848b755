"""XED: English film-subtitle lines with Plutchik's eight emotions and neutral.

Öhman et al. 2020, "XED: A Multilingual Dataset for Sentiment Analysis and Emotion Detection"
(CC BY 4.0). Anticipation and trust have no counterpart in Sentigram's seven: they are left out,
and a line that has nothing else is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sentigram.errors import InputError
from sentigram.reading import TABLE, read_text
from sentigram.training.corpora.item import Item, Warn, refuse
from sentigram.training.corpora.labels import EKMAN, ClassSets, mapped, same
from sentigram.training.corpora.rows import read_rows

NAME = "xed"
LICENCE = "CC BY 4.0"

CLASSES: ClassSets = {
    "7": same("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"),
    "4": same("anger", "happiness", "neutral", "sadness"),
}

LABELS: dict[str, str | None] = {**EKMAN, "anticipation": None, "trust": None}

# Of AnnotatedData/en-annotated.tsv, by the corpus's README.
_NUMBERS = {
    "1": "anger",
    "2": "anticipation",
    "3": "disgust",
    "4": "fear",
    "5": "joy",
    "6": "sadness",
    "7": "surprise",
    "8": "trust",
}


def read(root: Path, *, warn: Warn = refuse) -> tuple[Item, ...]:
    """Read the lines that carry at least one of Sentigram's seven labels.

    Args:
        root: The folder that holds `AnnotatedData/en-annotated.tsv` and `neu_en.txt`, or
            `manifest.csv`.
        warn: Never called: lines are dropped by the rule above.

    Raises:
        InputError: A file is absent or holds an unknown label.
    """
    del warn
    if (root / "AnnotatedData").is_dir():
        return (*_annotated(root / "AnnotatedData"), *_neutral(root / "AnnotatedData"))
    items = []
    for row in read_rows(root / "manifest.csv", columns=("id", "label", "text")):
        labels = mapped(row["label"].split(";"), LABELS, where=row.where, item=row["id"])
        if labels:
            items.append(Item(row["id"], NAME, labels, "", row["text"]))
    return tuple(items)


def _annotated(folder: Path) -> Iterator[Item]:
    path = folder / "en-annotated.tsv"
    header = ("text", "numbers")
    for i, row in enumerate(read_rows(path, header=header, delimiter="\t", quoted=False)):
        numbers = [number.strip() for number in row["numbers"].split(",")]
        if not set(numbers) <= _NUMBERS.keys():
            message = f"{row.where}: labels {row['numbers']!r}; expected numbers from 1 to 8"
            raise InputError(message)
        names = [_NUMBERS[number] for number in numbers]
        labels = mapped(names, LABELS, where=row.where, item=f"xed{i}")
        if labels:
            yield Item(f"xed{i}", NAME, labels, "", row["text"])


def _neutral(folder: Path) -> Iterator[Item]:
    """Lines are `9<tab>text`, a few are only tabs."""
    path = folder / "neu_en.txt"
    if not path.is_file():
        message = f"{path}: no such corpus file; it comes with en-annotated.tsv"
        raise InputError(message)
    lines = read_text(path, TABLE).splitlines()
    texts = [line.partition("\t")[2].strip() if "\t" in line else line.strip() for line in lines]
    for i, text in enumerate(text for text in texts if text):
        yield Item(f"xedn{i}", NAME, ("neutral",), "", text)
