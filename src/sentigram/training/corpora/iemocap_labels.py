"""IEMOCAP as some unpack it: `labels.csv` beside `wavs/Session1` to `wavs/Session5`.

The table has the columns file_name and emotion_label, and text in some copies. The names of the
clips, such as Ses01F_impro01_F000.wav, tell session, dialogue and speaker: the letter at the end is
who speaks, the first one is who wears the markers.
"""

from __future__ import annotations

import re
from pathlib import Path

from sentigram.errors import InputError
from sentigram.training.corpora.item import Item, Style
from sentigram.training.corpora.labels import mapped, understood
from sentigram.training.corpora.tables.columns import find_columns
from sentigram.training.corpora.tables.examples import Listing, clip_of, collected
from sentigram.training.corpora.tables.opening import open_table
from sentigram.training.corpora.tables.table import Line

TABLE, CLIPS = "labels.csv", "wavs"
_TURN = re.compile(
    r"(?P<dialogue>Ses0(?P<session>[1-5])[FM]_(?P<style>impro|script)\w+)_(?P<who>[FM])[X\d]\d+"
)
_STYLES: dict[str, Style] = {"impro": "improvised", "script": "scripted"}


def is_here(root: Path) -> bool:
    """Whether a folder is laid out so."""
    return (root / TABLE).is_file() and (root / CLIPS).is_dir()


def read(root: Path, *, corpus: str, labels: dict[str, str | None]) -> tuple[Item, ...]:
    """Read all turns of the table.

    Args:
        root: The folder that holds `labels.csv` and `wavs`.
        corpus: The corpus module's name.
        labels: The corpus's label → Sentigram's, or None where raters did not agree; words such as
            Angry are understood beside them.

    Raises:
        InputError: A name is not of IEMOCAP, a clip is absent or there twice, or a label is no
            emotion.
    """
    table = open_table(root / TABLE)
    columns = find_columns(table.path, table.header, {}, by_name=("file", "label", "text"))
    missing = [name for name in ("file", "label") if name not in columns]
    if missing:
        message = f"{table.path}:1: expected columns file_name and emotion_label"
        raise InputError(message)
    found = []
    for line in table.lines:
        given = columns.get(line, "file").strip()
        match = _TURN.fullmatch(Path(given).stem)
        if match is None:
            message = f"{line.where}: {given!r} is no name of IEMOCAP, such as Ses01F_impro01_F000"
            raise InputError(message)
        name = columns.get(line, "label").strip()
        known = name.casefold() in labels
        clip = _clip(root, given, match, line)
        item = Item(
            id=clip.relative_to(root).as_posix(),
            corpus=corpus,
            labels=mapped([name.casefold()], labels, where=line.where, item=given)
            if known
            else understood([name], where=line.where),
            split="",
            text=columns.get(line, "text"),
            audio=clip,
            speaker=f"{match['session']}{match['who']}",
            dialogue=match["dialogue"],
            session=match["session"],
            style=_STYLES[match["style"]],
        )
        found.append((line.where, item))
    if not found:
        message = f"{table.path}: holds no rows"
        raise InputError(message)
    return collected(found)


def _clip(root: Path, given: str, turn: re.Match[str], line: Line) -> Path:
    """The clip, in the folder of its session, with or without one of its dialogue in it."""
    name = f"{Path(given).stem}.wav"
    session = root / CLIPS / f"Session{turn['session']}"
    guesses = (session / name, session / turn["dialogue"] / name, root / CLIPS / name)
    for guess in guesses:
        if guess.is_file():
            return clip_of(
                guess.relative_to(root).as_posix(),
                root=root,
                base=root,
                listing=Listing(),
                where=line.where,
            )
    message = f"{line.where}: {given}: no such clip in {session}"
    raise InputError(message)
