"""What is to be read: clips, folders of them, tables that name them, or manifests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sentigram.errors import InputError
from sentigram.training.corpora.rows import TableRow, read_rows
from sentigram.training.dataset.manifest import read_manifest

_TABLES = {".csv": ",", ".tsv": "\t"}
_MANIFEST = ".parquet"
SUFFIXES = frozenset(
    {
        *(".wav", ".flac", ".mp3", ".m4a", ".aac", ".ogg", ".opus", ".wma", ".aif", ".aiff"),
        *(".mp4", ".mkv", ".mov", ".webm", ".avi", ".m4v", ".mpg", ".mpeg", ".3gp"),
    }
)
"""Of files that are taken from a folder; a clip that is named is read whatever it is called."""
_PATHS = ("path", "file_name", "file", "audio", "clip")
_TEXTS = ("text", "utterance", "sentence", "transcript", "words")


@dataclass(frozen=True, slots=True)
class Clip:
    """One thing to read.

    Attributes:
        name: As it was given: a path, or an id of a manifest.
        path: Of the sound; None where there are words only.
        text: What is said, "" where that is not known.
        speaker: "" where that is not known.
        dialogue: "" where there is none.
        origin: Where it was named, for complaints.
    """

    name: str
    path: Path | None
    text: str = ""
    speaker: str = ""
    dialogue: str = ""
    origin: str = ""


def find_clips(sources: Sequence[Path]) -> tuple[Clip, ...]:
    """All clips of clips, folders, CSV or TSV tables, and manifests, in their order.

    A table has a column `path` (or file_name, file, audio, clip; relative to the table), or `text`
    (or utterance, sentence, transcript, words), or both; and `speaker` and `dialogue`, if known.
    Other columns are left alone.

    Args:
        sources: As given.

    Raises:
        InputError: One is not there or holds nothing, or a table is not as above.
    """
    found: list[Clip] = []
    for source in sources:
        own = tuple(_clips_of(source))
        if not own:
            message = f"{source}: holds no clips; give clips, folders, a CSV or a manifest"
            raise InputError(message)
        found += own
    return tuple(found)


def _clips_of(source: Path) -> Iterator[Clip]:
    if source.is_dir():
        paths = (path for path in sorted(source.rglob("*")) if path.suffix.lower() in SUFFIXES)
        yield from (Clip(str(path), path, origin=str(source)) for path in paths if path.is_file())
    elif not source.is_file():
        message = f"{source}: no such clip, folder or table"
        raise InputError(message)
    elif source.suffix.lower() == _MANIFEST:
        manifest = read_manifest(source)
        for example in manifest.examples:
            path = manifest.root / example.audio if example.audio else None
            yield Clip(
                example.id, path, example.text, example.speaker, example.dialogue, str(source)
            )
    elif source.suffix.lower() in _TABLES:
        yield from _rows(source, _TABLES[source.suffix.lower()])
    else:
        yield Clip(str(source), source, origin=str(source))


def _rows(table: Path, delimiter: str) -> Iterator[Clip]:
    rows = read_rows(table, delimiter=delimiter)
    columns = rows[0].cells if rows else {}
    path, text = (next((name for name in names if name in columns), "") for names in _NAMES)
    if rows and not (path or text):
        message = f"{table}:1: no column path or text; found {', '.join(columns)}"
        raise InputError(message)
    yield from (_clip(table, row, {"path": path, "text": text}, i) for i, row in enumerate(rows))


_NAMES = (_PATHS, _TEXTS)


def _clip(table: Path, row: TableRow, columns: Mapping[str, str], number: int) -> Clip:
    path, text = (row.get(columns[name]).strip() for name in ("path", "text"))
    return Clip(
        name=path or f"{table.name}:{number + 1}",
        path=table.parent / path if path else None,
        text=text,
        speaker=row.get("speaker").strip(),
        dialogue=row.get("dialogue").strip(),
        origin=row.where,
    )
