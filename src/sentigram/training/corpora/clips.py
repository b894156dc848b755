"""What the corpora of labelled clips have in common: a manifest beside a folder of sound files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sentigram.errors import InputError
from sentigram.training.corpora.item import Item, read_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def read_clips(root: Path, *, corpus: str, labels: Mapping[str, str | None]) -> tuple[Item, ...]:
    """Read a manifest with the columns path, label, speaker, split and text.

    Args:
        root: The folder that holds `manifest.csv`; paths in it are relative to this folder.
        corpus: The corpus module's name.
        labels: The corpus's label → Sentigram's, or None for clips that are left out.

    Raises:
        InputError: The manifest or a clip is absent, or a label is unknown.
    """
    manifest = root / "manifest.csv"
    items = []
    for row in read_rows(manifest):
        if row["label"] not in labels:
            message = (
                f"{manifest}: {row['path']} has label {row['label']!r}; "
                f"expected one of {', '.join(sorted(labels))}"
            )
            raise InputError(message)
        label = labels[row["label"]]
        if label is None:
            continue
        audio = root / row["path"]
        if not audio.is_file():
            message = f"{audio}: listed in {manifest} but absent; fetch {corpus} again"
            raise InputError(message)
        items.append(
            Item(
                id=row["path"],
                corpus=corpus,
                labels=(label,),
                split=row["split"],
                text=row["text"],
                audio=audio,
                speaker=row["speaker"],
            )
        )
    return tuple(items)
