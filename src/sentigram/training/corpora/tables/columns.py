"""Which column of a table means what: as the user says, else by the names that are usual."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sentigram.errors import InputError, UsageError
from sentigram.training.corpora.item import Note
from sentigram.training.corpora.tables.table import Line, text_of

ALIASES: Mapping[str, tuple[str, ...]] = {
    "file": ("path", "file_name", "filename", "file", "audio", "wav", "audio_path", "file_path"),
    "text": ("text", "utterance", "sentence", "transcript", "transcription"),
    "label": ("label", "emotion", "emotion_label", "emo"),
    "speaker": ("speaker", "speaker_id", "spk", "spk_id"),
    "split": ("split",),
    "session": ("session",),
    "dialogue": ("dialogue", "dialogue_id"),
    "style": ("style",),
    "origin": ("origin",),
    "id": ("id", "key"),
    "valence": ("valence",),
    "arousal": ("arousal",),
    "dominance": ("dominance",),
}
"""What a column means → names by which it is found, the first of which is there, in any case."""

FIELDS = tuple(ALIASES)
_SYNONYMS = {"path": "file"}
_JOINED_BY: Mapping[str, str] = {"file": "/", "text": " "}
_NUMBERED = re.compile(r"(?P<stem>.*?)[ _.\-\[(]?(?P<number>\d+)[\])]?")
_MOST_NAMED = 20

Asked = Mapping[str, tuple[str, ...]]
"""What a column means → the names of the columns that it is joined from."""

Unread = Callable[[Sequence[str]], None]
"""Is told names of columns that nothing reads."""


def parse_columns(text: str, known: Collection[str]) -> Asked:
    """Read `label=Emotion,audio=V1+V3`.

    Args:
        text: As typed; empty asks for nothing.
        known: What columns may mean.

    Raises:
        UsageError: It is of another form.
    """
    asked: dict[str, tuple[str, ...]] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        meaning, equals, names = part.partition("=")
        meaning = _SYNONYMS.get(meaning.strip(), meaning.strip())
        columns = tuple(name.strip() for name in names.split("+"))
        if not equals or meaning not in known or not all(columns):
            message = (
                f"--columns {part}: write MEANING=COLUMN or MEANING=COLUMN+COLUMN; what columns "
                f"may mean: {', '.join(known)}"
            )
            raise UsageError(message)
        if meaning in asked:
            message = f"--columns: {meaning} is given twice; join columns by +"
            raise UsageError(message)
        asked[meaning] = columns
    return asked


def parse_names(text: str) -> Mapping[str, str]:
    """Read `0=anger,1=happiness`: labels as given → emotions.

    Raises:
        UsageError: It is of another form, or names a label twice.
    """
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        given, equals, emotion = (piece.strip() for piece in part.partition("="))
        if not equals or not given or not emotion or given in found:
            message = f"--labels {part}: write GIVEN=EMOTION, each once, such as 0=anger,1=sadness"
            raise UsageError(message)
        found[given] = emotion
    return found


@dataclass(frozen=True, slots=True)
class Columns:
    """Where in a line what is.

    Attributes:
        names: Of all columns.
        places: What is meant → the columns that it is joined from.
        found: Meanings that were found by their usual names, not given.
    """

    names: tuple[str, ...]
    places: Mapping[str, tuple[int, ...]]
    found: tuple[str, ...] = ()

    def __contains__(self, meaning: str) -> bool:
        return meaning in self.places

    def get(self, line: Line, meaning: str) -> str:
        """What a line says, joined; empty where it says nothing.

        Raises:
            InputError: A cell holds a list.
        """
        parts = [
            text_of(line.cells[i], line.where, self.names[i]) for i in self.places.get(meaning, ())
        ]
        if len(parts) == 1:
            return parts[0]
        return _JOINED_BY.get(meaning, "_").join(part.strip() for part in parts if part.strip())

    def unused(self, used: Collection[int] = ()) -> tuple[str, ...]:
        """Names of the columns that nothing reads, numbered ones together.

        Args:
            used: Places that something else reads.
        """
        read = {*used, *(place for places in self.places.values() for place in places)}
        stems: dict[str, list[str]] = {}
        for i, name in enumerate(self.names):
            if i not in read:
                numbered = _NUMBERED.fullmatch(name)
                stems.setdefault(numbered["stem"] if numbered else name, []).append(name)
        return tuple(
            (names[0] or "a column without a name")
            if len(names) == 1
            else f"{names[0] or 'columns without a name'} … ({len(names)} columns)"
            for names in stems.values()
        )


def named(names: Sequence[str]) -> str:
    """Names for a message, the first of many."""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def find_columns(
    path: Path, header: Sequence[str], asked: Asked, *, by_name: Collection[str] = FIELDS
) -> Columns:
    """Find what was asked for, and the rest by its usual names.

    Args:
        path: Of the table, for messages.
        header: Its columns.
        asked: What the user says.
        by_name: Meanings that are looked for where the user says nothing.

    Raises:
        InputError: A column that was asked for is absent, or there twice.
    """
    places = {
        meaning: tuple(place_of(path, header, name) for name in whole_names(header, names))
        for meaning, names in asked.items()
    }
    taken = {place for own in places.values() for place in own}
    folded = [name.casefold() for name in header]
    found = []
    for meaning in by_name:
        usual = next((name for name in ALIASES[meaning] if name in folded), None)
        if meaning in places or usual is None:
            continue
        if (place := place_of(path, header, usual)) not in taken:
            places[meaning] = (place,)
            found.append(meaning)
    return Columns(tuple(header), places, tuple(found))


def tell(path: Path, columns: Columns, note: Note, *, used: Collection[int] = ()) -> None:
    """Say which columns were found by their usual names, and which nothing reads.

    Args:
        path: Of the table.
        columns: As found.
        note: Is told.
        used: Places that something else reads.
    """
    if columns.found:
        read = [f"{one}={columns.names[columns.places[one][0]]}" for one in columns.found]
        note(f"{path}: found by their names: {', '.join(read)}")
    if unused := columns.unused(used):
        note(f"{path}: columns that are not read: {named(unused)}")


def whole_names(header: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Names joined by +, where a column's own name may hold one: the longest that is there wins.

    Args:
        header: Columns, numbered ones too: `A+B_0` makes `A+B` one name.
        names: As they were typed, divided at each +.
    """
    known = {column.casefold() for column in header}
    known |= {numbered["stem"].casefold() for c in header if (numbered := _NUMBERED.fullmatch(c))}
    found: list[str] = []
    first = 0
    while first < len(names):
        ends = range(len(names), first, -1)
        joined = ("+".join(names[first:end]) for end in ends)
        end, name = next(
            (
                (end, name)
                for end, name in zip(ends, joined, strict=True)
                if name.casefold() in known
            ),
            (first + 1, names[first]),
        )
        found.append(name)
        first = end
    return tuple(found)


def place_of(path: Path, header: Sequence[str], name: str) -> int:
    """Where a column is; its name as written, else in any case.

    Raises:
        InputError: It is absent, or there twice.
    """
    exact = [i for i, column in enumerate(header) if column == name]
    places = exact or [i for i, col in enumerate(header) if col.casefold() == name.casefold()]
    if len(places) == 1:
        return places[0]
    if places:
        message = f"{path}:1: {len(places)} columns are called {name}; give each a name of its own"
    else:
        message = f"{path}:1: no column {name}; found {named(header) or 'nothing'}"
    raise InputError(message)
