"""Takes models out of the store."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from sentigram.errors import MissingError, OutputError
from sentigram.store.card import CARD, has_card
from sentigram.store.catalogue import entry, is_plain_name, unknown
from sentigram.store.folder import locked, make, store_folder, unfinished
from sentigram.store.installed import stored_folders


def stored_folder(name: str, store: Path | None = None) -> Path:
    """The folder of a stored model, whole or damaged.

    Raises:
        MissingError: It is not in the store; the message names the command that brings it.
    """
    known = entry(name)
    folder = store_folder(store) / (known.name if known else name)
    if is_plain_name(folder.name) and folder.parent == store_folder(store) and has_card(folder):
        return folder
    if known:
        message = f"{known.name} is not in the store; run: {known.command}"
        raise MissingError(message)
    names = ", ".join(one.name for one in stored_folders(store))
    message = f"{name!r} is not in the store, which holds: {names}" if names else unknown(name)
    raise MissingError(message)


def size_of(folder: Path) -> int:
    """Bytes that a folder's files take."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def remove_model(folder: Path, *, note: Callable[[str], None]) -> None:
    """Remove a model: its card first, so that half a model is never found.

    Args:
        folder: From `stored_folder`.
        note: Told when another process has to be waited for.

    Raises:
        OutputError: It cannot be removed.
    """
    store = folder.parent
    with locked(store, folder.name, note=note):
        aside = make(store / ".unfinished") / f"{folder.name}.removed-{os.getpid()}"
        try:
            (folder / CARD).unlink(missing_ok=True)
            folder.rename(aside)
            shutil.rmtree(aside)
            shutil.rmtree(unfinished(store, folder.name), ignore_errors=True)
        except OSError as error:
            message = f"{folder}: cannot be removed ({error.strerror}); close what uses it"
            raise OutputError(message) from error
