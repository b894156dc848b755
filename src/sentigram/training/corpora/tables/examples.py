"""From the lines of a table to items: what is said, by whom, with which label, in which clip."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath

from sentigram.errors import InputError
from sentigram.training.corpora.item import Item, Style, Warn, refuse
from sentigram.training.corpora.labels import rated, understood
from sentigram.training.corpora.tables.columns import Asked, Columns
from sentigram.training.corpora.tables.table import Line

SPLITS = ("train", "dev", "val", "valid", "validation", "test")
VAD = ("valence", "arousal", "dominance")
_STYLES: Mapping[str, Style] = {"": "", "scripted": "scripted", "improvised": "improvised"}
# SpeechBrain writes {data_root}/a.wav in JSON and $data_folder/a.wav in CSV
_PLACEHOLDER = re.compile(r"(?:\{\w+\}|\$\w+)/")


@dataclass(frozen=True, slots=True)
class Listing:
    """How a list of examples is to be read.

    Attributes:
        columns: What its columns mean; those that are not named are found by usual names.
        labels: Label as given → emotion.
        clips: The folder that all clips lie in; paths may then be whole ones. The list's own
            folder, and no whole paths, if None.
        held_out: Split → the file that lists it, where the source lists the training split.
    """

    columns: Asked = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    clips: Path | None = None
    held_out: Mapping[str, Path] = field(default_factory=dict)

    def root(self, source: Path) -> Path:
        """The folder that clips lie in.

        Args:
            source: The list, or the folder that holds it.
        """
        return self.clips or (source if source.is_dir() else source.parent)


def item_of(
    line: Line,
    columns: Columns,
    listing: Listing,
    *,
    root: Path,
    base: Path,
    split: str = "",
    fallback: str = "",
    needs_content: bool = True,
) -> Item:
    """Read one line.

    Args:
        line: It.
        columns: Where in it what is.
        listing: How it is to be read.
        root: The folder that clips lie in, for messages and for whole paths.
        base: The folder that its paths begin in.
        split: Of the list, where its lines do not say.
        fallback: Its id where nothing gives one.
        needs_content: Whether it must name a clip or words.

    Raises:
        InputError: A cell is not as it must be, or a path leaves the folder.
    """
    path, text, label = (columns.get(line, name) for name in ("file", "text", "label"))
    if needs_content and not path.strip() and not text.strip():
        message = f"{line.where}: neither a path nor words"
        raise InputError(message)
    name = columns.get(line, "id").strip() or _below(path, root) or fallback
    vad = tuple(columns.get(line, one).strip() for one in VAD)
    if not label.strip() and not any(vad):
        message = f"{line.where}: {name} has neither label nor valence, arousal and dominance"
        raise InputError(message)
    style = columns.get(line, "style").strip()
    if style not in _STYLES:
        message = f"{line.where}: style {style!r}; expected scripted, improvised or empty"
        raise InputError(message)
    return Item(
        id=name,
        corpus="folder",
        labels=_labels(label, listing.labels, line.where),
        split=_split(columns.get(line, "split").strip()) or split,
        text=text,
        audio=clip_of(path, root=root, base=base, listing=listing, where=line.where)
        if path.strip()
        else None,
        speaker=columns.get(line, "speaker").strip(),
        vad=rated(vad, low=-1, high=1, where=line.where, item=name) if any(vad) else None,
        dialogue=columns.get(line, "dialogue").strip(),
        session=columns.get(line, "session").strip(),
        style=_STYLES[style],
        origin=columns.get(line, "origin").strip(),
    )


def _below(path: str, root: Path) -> str:
    """A clip's path without the folders of this machine, on which no id may depend."""
    whole = Path(path.strip())
    if not path.strip() or not whole.is_absolute():
        return path
    return (whole.relative_to(root) if whole.is_relative_to(root) else Path(whole.name)).as_posix()


def collected(named: Iterable[tuple[str, Item]], *, warn: Warn = refuse) -> tuple[Item, ...]:
    """All items, each id once.

    Args:
        named: Where an item stands, and the item.
        warn: Told of clips that are named twice by different ids.

    Raises:
        InputError: Two items share an id.
    """
    items: dict[str, Item] = {}
    places: dict[str, str] = {}
    clips: dict[Path, str] = {}
    for where, item in named:
        if item.id in items:
            message = (
                f"{where}: {item.id} is there already, at {places[item.id]}; give an id column "
                "that tells apart"
            )
            raise InputError(message)
        if item.audio is not None and clips.setdefault(item.audio, where) != where:
            warn(f"{where}: names {item.audio.name} as {clips[item.audio]} does: one sound twice")
        items[item.id], places[item.id] = item, where
    return tuple(items.values())


def clip_of(given: str, *, root: Path, base: Path, listing: Listing, where: str) -> Path:
    """The clip, in the folder of clips: a list from elsewhere must not read other files.

    Args:
        given: As the list has it: from `base`, or whole where the user named the folder of clips.
        root: The folder of clips.
        base: Where paths begin.
        listing: Says whether the user named the folder.
        where: For messages.

    Raises:
        InputError: It leaves the folder, or is no file.
    """
    placed = _PLACEHOLDER.sub("", given, count=1) if _PLACEHOLDER.match(given) else given
    start = root if placed != given or listing.clips is not None else base
    windows = PureWindowsPath(placed)  # understands both slashes and drives
    is_whole = placed.startswith("/") or windows.is_absolute() or bool(windows.drive)
    if is_whole and listing.clips is None:
        message = (
            f"{where}: {given} leaves the folder; if that is where your clips are, allow it with "
            f"--clips {Path(placed).parent}, or a folder above"
        )
        raise InputError(message)
    clip = start / placed
    if "\\" in placed and not clip.is_file():
        clip = start / windows.as_posix()  # a list that was made on Windows
    if "\0" in placed or ".." in windows.parts or not clip.resolve().is_relative_to(root.resolve()):
        message = (
            f"{where}: {given} leaves the folder {root}; put the clip into it, or give the folder "
            "that holds all clips with --clips"
        )
        raise InputError(message)
    if not clip.is_file():
        message = f"{where}: {given}: no such clip in {start}"
        raise InputError(message)
    # named from the folder, however a whole path came to it
    return root / clip.resolve().relative_to(root.resolve()) if is_whole else clip


def _split(given: str) -> str:
    """A split's name as splits are called everywhere, where it is one; else as written."""
    return given.casefold() if given.casefold() in SPLITS else given


def _labels(given: str, names: Mapping[str, str], where: str) -> tuple[str, ...]:
    if not given.strip():
        return ()
    whole = names.get(given.strip())
    parts = [whole] if whole else [names.get(part.strip(), part) for part in given.split(";")]
    if any(part.strip().isdecimal() for part in parts):
        message = (
            f"{where}: label {given.strip()!r} is a number; say what numbers mean with --labels "
            "0=anger,1=happiness"
        )
        raise InputError(message)
    return understood(parts, where=where)
