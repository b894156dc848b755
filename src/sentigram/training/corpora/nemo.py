"""nEMO: nine actors say Polish sentences in six emotions.

Christop 2024, "nEMO: Dataset of Emotional Speech in Polish" (CC BY-NC-SA 4.0). It has no split of
its own: hold out speakers.
"""

from __future__ import annotations

from pathlib import Path

from sentigram.training.corpora.clips import has_manifest, present, read_clips
from sentigram.training.corpora.item import Item, Warn, refuse
from sentigram.training.corpora.labels import ClassSets, mapped, same
from sentigram.training.corpora.rows import read_rows

NAME = "nemo"
LICENCE = "CC BY-NC-SA 4.0"

CLASSES: ClassSets = {
    "6": same("anger", "fear", "happiness", "neutral", "sadness", "surprise"),
    "4": same("anger", "happiness", "neutral", "sadness"),
}

LABELS: dict[str, str | None] = {
    "anger": "anger",
    "fear": "fear",
    "happiness": "happiness",
    "neutral": "neutral",
    "sadness": "sadness",
    "surprised": "surprise",
}

_COLUMNS = ("file_id", "emotion", "raw_text", "speaker_id")


def read(root: Path, *, warn: Warn = refuse) -> tuple[Item, ...]:
    """Read all clips.

    Args:
        root: The folder that holds `data.tsv` and `samples/`, or `manifest.csv` and the clips.
        warn: Never called: nothing is left out.

    Raises:
        InputError: A table or a clip is absent, or a label is unknown.
    """
    del warn
    if has_manifest(root):
        return read_clips(root, corpus=NAME, labels=LABELS)
    items = []
    for row in read_rows(root / "data.tsv", columns=_COLUMNS, delimiter="\t", quoted=False):
        name = row["file_id"].strip()
        clip = root / "samples" / (name if name.endswith(".wav") else f"{name}.wav")
        items.append(
            Item(
                id=f"samples/{clip.name}",
                corpus=NAME,
                labels=mapped([row["emotion"].strip()], LABELS, where=row.where, item=name),
                split="",
                text=row["raw_text"].strip(),
                audio=present(clip, where=row.where, corpus=NAME),
                speaker=row["speaker_id"].strip(),  # the table pads it with spaces
            )
        )
    return tuple(items)
