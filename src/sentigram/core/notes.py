"""What is said about a recording while it is heard, kept for its Document."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sentigram.core.document import Document
    from sentigram.core.protocols import Progress, Reporter
    from sentigram.core.transcript import Word

# Folders of an absolute path, as far as their names hold no spaces.
_FOLDERS = re.compile(r"(?<![\w/.:])(?:[A-Za-z]:)?(?:[/\\][\w.@+~-]+)+[/\\](?=[\w.])")
_LONGEST = 4_000  # letters that are looked at: a message may quote a file, and no more is kept


class NotedReporter:
    """Passes on what it is told, and keeps the warnings; none is said twice.

    Args:
        reporter: Is told.
        paths: Files whose folders may stand in warnings: what is kept names files only.
    """

    def __init__(self, reporter: Reporter, *paths: Path | None) -> None:
        self._reporter = reporter
        self._folders = tuple(_folders(path) for path in paths if path is not None)
        self._told: dict[str, None] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """The warnings so far."""
        return tuple(self._told)

    def stage(self, name: str) -> AbstractContextManager[Progress]:
        """Open a stage."""
        return self._reporter.stage(name)

    def note(self, text: str) -> None:
        """Pass on a choice that was made."""
        self._reporter.note(text)

    def warn(self, text: str) -> None:
        """Pass on a warning, and keep it."""
        kept = self._without_folders(text)
        if kept not in self._told:
            self._told[kept] = None
            self._reporter.warn(text)

    def recognized(self, words: Sequence[Word]) -> None:
        """Pass on words as they come."""
        self._reporter.recognized(words)

    def words(self, document: Document) -> None:
        """Pass on words."""
        self._reporter.words(document)

    def readings(self, document: Document) -> None:
        """Pass on readings."""
        self._reporter.readings(document)

    def _without_folders(self, text: str) -> str:
        text = text[:_LONGEST]
        for folders in self._folders:
            for folder in folders:
                text = text.replace(folder, "")
        return without_folders(text)


def without_folders(text: str) -> str:
    """A text with names of files, and without the folders that may stand before them."""
    return _FOLDERS.sub("", text)


def _folders(path: Path) -> tuple[str, ...]:
    """How the folder of a file may stand before its name, the longest first."""
    found = {str(path.parent), str(path.absolute().parent), os.path.realpath(path.parent)}
    named = {folder if folder.endswith(os.sep) else f"{folder}{os.sep}" for folder in found}
    return tuple(sorted(named - {f".{os.sep}", os.sep}, key=len, reverse=True))
