"""Clips in folders named after emotions, maybe within folders named after splits or sessions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from sentigram.errors import InputError
from sentigram.training.corpora.item import Item, Warn, refuse
from sentigram.training.corpora.labels import understood
from sentigram.training.corpora.tables.examples import Listing

_SOUNDS = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".wma", ".aif", ".aiff")
_FILMS = (".mp4", ".mkv", ".mov", ".avi", ".webm")
SUFFIXES = frozenset((*_SOUNDS, *_FILMS))
_SPLIT = re.compile(r"train|dev|val|valid|validation|test|.*fold[_-]?\d+", re.IGNORECASE)
_SESSION = re.compile(r"sess?(?:ion)?[ _-]?(\d+)", re.IGNORECASE)
_DEPTHS = (2, 3)


def find(root: Path) -> list[Path]:
    """The clips that lie in folders of a folder, by name; empty where there are none."""
    return sorted(
        path
        for depth in _DEPTHS
        for path in root.glob("/".join("*" * depth))
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(root).parts)
        and path.is_file()
    )


def read(
    root: Path, clips: Sequence[Path], *, listing: Listing, warn: Warn = refuse
) -> Iterator[tuple[str, Item]]:
    """Read clips as the folders that they lie in say.

    Args:
        root: The folder.
        clips: From `find`.
        listing: Names emotions by the names of folders.
        warn: Told of clips that no folder gives a label.

    Yields:
        Where a clip is, and the clip.

    Raises:
        InputError: A clip lies in folders whose meaning is not known, or leads out of the folder.
    """
    loose = sorted(p.name for p in root.glob("*") if p.suffix.lower() in SUFFIXES)
    if loose:
        warn(f"{root}: {len(loose)} clips lie in no folder, such as {loose[0]}; they are left out")
    for clip in clips:
        inner = clip.relative_to(root)
        *outer, label = inner.parts[:-1]
        split = session = ""
        for name in outer:
            found = _SESSION.fullmatch(name)
            if found is None and _SPLIT.fullmatch(name) is None:
                message = (
                    f"{clip}: {name} is no split such as train, nor a session; folders are read as "
                    "ROOT/EMOTION/CLIP, ROOT/SPLIT/EMOTION/CLIP or ROOT/SESSION/EMOTION/CLIP"
                )
                raise InputError(message)
            session, split = (found[1], split) if found else (session, name.casefold())
        if not clip.resolve().is_relative_to(root.resolve()):
            message = f"{clip}: leaves the folder {root}; put the clip itself into it"
            raise InputError(message)
        yield (
            str(clip),
            Item(
                id=inner.as_posix(),
                corpus="folder",
                labels=understood([listing.labels.get(label, label)], where=str(clip.parent)),
                split=split,
                text="",
                audio=clip,
                session=session,
            ),
        )
