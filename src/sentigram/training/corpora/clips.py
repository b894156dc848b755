"""What the corpora of labelled clips have in common: a manifest, or names that tell it all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from sentigram.errors import InputError
from sentigram.training.corpora.item import Item
from sentigram.training.corpora.labels import mapped
from sentigram.training.corpora.rows import read_rows

MANIFEST = "manifest.csv"
_COLUMNS = ("path", "label", "speaker", "split", "text")


def has_manifest(root: Path) -> bool:
    """Whether a folder is laid out as `manifest.csv` beside clips, not as downloaded."""
    return (root / MANIFEST).is_file()


def read_clips(root: Path, *, corpus: str, labels: Mapping[str, str | None]) -> tuple[Item, ...]:
    """Read a manifest with the columns path, label, speaker, split and text.

    Args:
        root: The folder that holds `manifest.csv`; paths in it are relative to this folder.
        corpus: The corpus module's name.
        labels: The corpus's label → Sentigram's, or None for clips that are left out.

    Raises:
        InputError: The manifest or a clip is absent, or a label is unknown.
    """
    items = []
    for row in read_rows(root / MANIFEST, columns=_COLUMNS):
        found = mapped([row["label"]], labels, where=row.where, item=row["path"])
        if found:
            items.append(
                Item(
                    id=row["path"],
                    corpus=corpus,
                    labels=found,
                    split=row["split"],
                    text=row["text"],
                    audio=present(root / row["path"], where=row.where, corpus=corpus),
                    speaker=row["speaker"],
                )
            )
    return tuple(items)


def present(clip: Path, *, where: str, corpus: str) -> Path:
    """Return the path of a clip that is there.

    Raises:
        InputError: It is not.
    """
    if not clip.is_file():
        message = f"{clip}: listed in {where} but absent; fetch {corpus} again"
        raise InputError(message)
    return clip


def named_clips(
    root: Path, pattern: str, name: re.Pattern[str], *, corpus: str, example: str
) -> Iterator[tuple[Path, re.Match[str]]]:
    """Find the clips of a corpus whose file names say everything, in the order of their names.

    Args:
        root: The corpus as downloaded.
        pattern: Of the paths within it.
        name: What a file name is made of, without its suffix.
        corpus: The corpus module's name.
        example: A correct path, for messages.

    Raises:
        InputError: There is no clip, or a name is of another form.
    """
    # macOS writes `._NAME` beside each file that it unpacks
    clips = sorted(path for path in root.glob(pattern) if not path.name.startswith("."))
    if not clips:
        message = (
            f"{root}: neither {example} nor {MANIFEST} is there; "
            f"give the folder that holds {corpus} as downloaded"
        )
        raise InputError(message)
    for clip in clips:
        match = name.fullmatch(clip.stem)
        if match is None:
            message = f"{clip}: not a name of {corpus}; expected such as {example}"
            raise InputError(message)
        yield clip, match
