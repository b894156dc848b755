"""What was heard of a recording, so that a preview or a run that was killed is gone on from.

A folder per source and settings, in the user's cache, that nobody else may read: it holds what
people said. It goes away when the whole render is done; else two weeks after its last use, and
earlier where more than twenty recordings wait. Arrays are safetensors and texts are JSON: nothing
in it is executed, and what cannot be read is as if it were not there. Nothing depends on it: where
it cannot be written, runs go on without it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import stat
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from sentigram import __version__
from sentigram.errors import OutputError, SentigramError
from sentigram.files import whole_file
from sentigram.reading import KEPT_ARRAYS, KEPT_TEXT, read_bytes, read_text
from sentigram.store.content import content_of

VARIABLE = "SENTIGRAM_CACHE"
_DAY_SECONDS = 24 * 3600
_OLDEST_SECONDS = 14 * _DAY_SECONDS
_MOST = 20  # recordings; what is younger than a day stays, another process may be at it
_VERSION = "2"  # of what stages leave; older leavings are not taken up
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
_BEING_WRITTEN = "."  # temporary files begin with it


class FolderMemory:
    """Keeps what stages made in a folder, which is made when there is something to keep.

    It is used only where it is this user's, and made private where it was not.

    Args:
        folder: Of one run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._complaint = ""
        self._was_told = False

    def complaint(self) -> str:
        """Why something could not be kept; "" where nothing is wrong, and when it was said."""
        said = "" if self._was_told else self._complaint
        self._was_told = self._was_told or bool(said)
        return said

    def recall(self, stage: str) -> Mapping[str, NDArray[np.generic]] | None:
        """What a stage left, None where it did not finish."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        if not self._is_usable:
            return None
        try:
            arrays: Mapping[str, NDArray[np.generic]] = load(
                read_bytes(self._path(stage), KEPT_ARRAYS)
            )
        except (SentigramError, OSError, SafetensorError, ValueError, KeyError):
            return None
        return arrays

    def remember(self, stage: str, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Keep what a stage made; where that cannot be, `complaint` says why."""
        from safetensors.numpy import save_file

        whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        self._keep(self._path(stage), lambda part: save_file(whole, part))

    def recall_text(self, stage: str) -> str | None:
        """The text that a stage left."""
        if not self._is_usable:
            return None
        try:
            return read_text(self._path(stage, ".json"), KEPT_TEXT)
        except (SentigramError, OSError, ValueError):
            return None

    def remember_text(self, stage: str, text: str) -> bool:
        """Keep a text; where that cannot be, `complaint` says why.

        Returns:
            Whether it is kept.
        """
        path = self._path(stage, ".json")
        return self._keep(path, lambda part: part.write_text(text, encoding="utf-8", newline="\n"))

    def use(self) -> None:
        """What is here is wanted: let it grow old from now on."""
        with contextlib.suppress(OSError):
            os.utime(self.folder)

    def forget(self, *, but: Collection[str] = ()) -> None:
        """Remove all, or all but some stages."""
        if not self._is_usable:
            return
        if not but:
            shutil.rmtree(self.folder, ignore_errors=True)
            return
        with contextlib.suppress(OSError):
            for path in self.folder.iterdir():
                if path.stem not in but and not path.name.startswith(_BEING_WRITTEN):
                    path.unlink(missing_ok=True)

    @cached_property
    def _is_usable(self) -> bool:
        """Whether what is here is this user's alone, from now on if it was not."""
        try:
            for folder in (self.folder.parent, self.folder):
                if folder.exists() and not _made_private(folder):
                    self._complaint = f"{folder}: belongs to another user; set {VARIABLE}=DIR"
                    return False
        except OSError as error:
            self._complaint = f"{self.folder}: {error.strerror}; set {VARIABLE}=DIR"
            return False
        return True

    def _keep(self, path: Path, write: Callable[[Path], object]) -> bool:
        """Write a file of the folder, and say whether that went well."""
        if not self._is_usable:
            return False
        try:
            self.folder.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            self.folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
            with whole_file(path, overwrite=True, private=True) as part:
                write(part)
        except OSError as error:
            self._complaint = f"{self.folder}: {error.strerror or error}; set {VARIABLE}=DIR"
        except OutputError as error:
            self._complaint = f"{error}; or set {VARIABLE}=DIR"
        else:
            return True
        return False

    def _path(self, stage: str, suffix: str = ".safetensors") -> Path:
        return self.folder / f"{stage}{suffix}"


def _made_private(folder: Path) -> bool:
    """Let nobody else into a folder; False where it is another user's.

    Raises:
        OSError: It cannot be looked at, or its mode cannot be changed.
    """
    if not hasattr(os, "geteuid"):  # Windows: the user's cache is the user's
        return True
    found = folder.stat()
    if found.st_uid != os.geteuid():
        return False
    if stat.S_IMODE(found.st_mode) != _FOLDER_MODE:
        folder.chmod(_FOLDER_MODE)
    for path in folder.iterdir():
        mode = path.lstat().st_mode
        if stat.S_ISREG(mode) and stat.S_IMODE(mode) != _FILE_MODE:
            path.chmod(_FILE_MODE)
    return True


def home() -> Path:
    """Where what was heard is kept: SENTIGRAM_CACHE, or the user's cache folder."""
    named = os.environ.get(VARIABLE)
    return (Path(named) if named else user_cache_path("sentigram")) / "heard"


def memory_of(source: Path, settings: object, *, files: Sequence[Path] = ()) -> FolderMemory:
    """The memory of one recording; the same file with the same settings finds it again.

    Args:
        source: The media file; its path, size and time of change count.
        settings: All that changes what stages make; anything whose repr says so.
        files: What else is read: a transcript, a checkpoint, folders of models. What they hold
            counts, and not what they are called: who corrects a transcript wants it heard again.
    """
    facts = [_VERSION, __version__, repr(settings), f"{source.resolve()} {_state(source)}"]
    facts += [content_of(path) for path in files]
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]
    return FolderMemory(home() / key)


def _state(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return "absent"  # whoever needs it will say so
    return f"{found.st_size} {found.st_mtime_ns}"


def sweep() -> None:
    """Remove what nobody used for two weeks, and what is least recent of more than twenty."""
    ages: list[tuple[float, Path]] = []
    try:
        folders = list(home().iterdir())
    except OSError:
        return
    for folder in folders:
        with contextlib.suppress(OSError):  # another process took it away
            ages.append((time.time() - folder.stat().st_mtime, folder))
    for place, (age, folder) in enumerate(sorted(ages)):
        if age > _OLDEST_SECONDS or (place >= _MOST and age > _DAY_SECONDS):
            shutil.rmtree(folder, ignore_errors=True)
