"""MELD: dialogue lines of a television series with seven emotions; for evaluation only.

Poria et al. 2019, "MELD: A Multimodal Multi-Party Dataset for Emotion Recognition in
Conversations" (GPL-3.0, and the dialogue is copyrighted: nothing may be trained on it). With the
clips at hand every line has its clip; with the tables alone it is a text corpus.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sentigram.errors import InputError
from sentigram.training.corpora.item import Item, Warn, refuse
from sentigram.training.corpora.labels import EKMAN, ClassSets, mapped, same
from sentigram.training.corpora.rows import TableRow, read_rows

NAME = "meld"
LICENCE = "GPL-3.0, copyrighted dialogue: evaluation only"

CLASSES: ClassSets = {
    "7": same("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"),
    "4": same("anger", "happiness", "neutral", "sadness"),
}

CLIP_FOLDERS: Mapping[str, str] = {
    "train": "train_splits",
    "dev": "dev_splits_complete",
    "test": "output_repeated_splits_test",
}
"""Split → the folder of its clips in MELD.Raw."""

BROKEN: Mapping[str, str] = {
    "dev/110/7": "the official release has no such clip",
    "train/125/3": "the official clip cannot be decoded",
}

_COLUMNS = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID")
_REQUIRED = ("train", "dev")  # the test split is withheld from folders made for evaluation


def read(root: Path, *, warn: Warn = refuse) -> tuple[Item, ...]:
    """Read the splits that are there; an item's id is `split/dialogue/utterance`.

    Args:
        root: MELD.Raw or the folder that holds it, with `train_sent_emo.csv`, `dev_sent_emo.csv`
            and `test_sent_emo.csv`, and the folders of clips beside them or in `train`, `dev` and
            `test`; or the tables alone.
        warn: Told of lines that are left out because their clip is absent or broken.

    Raises:
        InputError: The table of train or dev is absent, a table holds an unknown label, or clips
            of only some splits are there.
    """
    home = root / "MELD.Raw" if (root / "MELD.Raw").is_dir() else root
    tables = {split: _find(home, split, f"{split}_sent_emo.csv") for split in CLIP_FOLDERS}
    present = [split for split, path in tables.items() if split in _REQUIRED or path.is_file()]
    folders = {split: _find(home, split, CLIP_FOLDERS[split]) for split in present}
    absent = [str(folder) for folder in folders.values() if not folder.is_dir()]
    if absent and len(absent) < len(folders):
        message = f"{', '.join(absent)}: absent, while other clips are there; unpack these too"
        raise InputError(message)
    items = []
    for split in present:
        for row in read_rows(tables[split], columns=_COLUMNS):
            item = _item(row, split, None if absent else folders[split], warn)
            if item is not None:
                items.append(item)
    return tuple(items)


def dialogue(item: Item) -> str:
    """Return the dialogue that a line belongs to, unique within the corpus."""
    return item.dialogue


def _find(home: Path, split: str, name: str) -> Path:
    """A file or folder of a split: the archives of some mirrors unpack into one more folder."""
    nested = home / split / name
    return nested if nested.exists() else home / name


def _item(row: TableRow, split: str, clips: Path | None, warn: Warn) -> Item | None:
    group = f"{split}/{row['Dialogue_ID']}"
    name = f"{group}/{row['Utterance_ID']}"
    clip = None
    if clips is not None:
        clip = clips / f"dia{row['Dialogue_ID']}_utt{row['Utterance_ID']}.mp4"
        why = BROKEN.get(name) or ("" if clip.is_file() else "there is no such clip")
        if why:
            warn(f"{clip}: {why}; {row.where} is left out")
            return None
    return Item(
        id=name,
        corpus=NAME,
        labels=mapped([row["Emotion"]], EKMAN, where=row.where, item=name),
        split=split,
        text=row["Utterance"],
        audio=clip,
        speaker=row["Speaker"],
        dialogue=group,
    )
