"""What was heard of a recording, so that a preview or a run that was killed is gone on from.

A folder per source and settings, in the user's cache, that nobody else may read: it holds what
people said. It goes away when the whole render is done; else two weeks after its last use, and
earlier where more than twenty recordings wait. Arrays are safetensors and texts are JSON: nothing
in it is executed, and what cannot be read is as if it were not there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from sentigram import __version__
from sentigram.errors import OutputError, SentigramError
from sentigram.files import whole_file, write_text
from sentigram.reading import KEPT_ARRAYS, KEPT_TEXT, read_bytes, read_text

VARIABLE = "SENTIGRAM_CACHE"
_DAY_SECONDS = 24 * 3600
_OLDEST_SECONDS = 14 * _DAY_SECONDS
_MOST = 20  # recordings; what is younger than a day stays, another process may be at it
_VERSION = "2"  # of what stages leave; older leavings are not taken up
_BEING_WRITTEN = "."  # temporary files begin with it


class FolderMemory:
    """Keeps what stages made in a folder, which is made when there is something to keep.

    Args:
        folder: Of one run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def recall(self, stage: str) -> Mapping[str, NDArray[np.generic]] | None:
        """What a stage left, None where it did not finish."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            arrays: Mapping[str, NDArray[np.generic]] = load(
                read_bytes(self._path(stage), KEPT_ARRAYS)
            )
        except (SentigramError, OSError, SafetensorError, ValueError, KeyError):
            return None
        return arrays

    def remember(self, stage: str, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Keep what a stage made.

        Raises:
            OutputError: The disk is full, or the folder may not be written to.
        """
        from safetensors.numpy import save_file

        whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        path = self._path(stage)
        self._make()
        with whole_file(path, overwrite=True, private=True) as part:
            save_file(whole, part)

    def recall_text(self, stage: str) -> str | None:
        """The text that a stage left."""
        try:
            return read_text(self._path(stage, ".json"), KEPT_TEXT)
        except (SentigramError, OSError, ValueError):
            return None

    def remember_text(self, stage: str, text: str) -> None:
        """Keep a text.

        Raises:
            OutputError: See `remember`.
        """
        self._make()
        write_text(self._path(stage, ".json"), text, overwrite=True, private=True)

    def use(self) -> None:
        """What is here is wanted: let it grow old from now on."""
        with contextlib.suppress(OSError):
            os.utime(self.folder)

    def forget(self, *, but: Collection[str] = ()) -> None:
        """Remove all, or all but some stages."""
        if not but:
            shutil.rmtree(self.folder, ignore_errors=True)
            return
        with contextlib.suppress(OSError):
            for path in self.folder.iterdir():
                if path.stem not in but and not path.name.startswith(_BEING_WRITTEN):
                    path.unlink(missing_ok=True)

    def _make(self) -> None:
        try:
            self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            message = f"{self.folder}: cannot be made ({error.strerror}); set {VARIABLE}=DIR"
            raise OutputError(message) from error

    def _path(self, stage: str, suffix: str = ".safetensors") -> Path:
        return self.folder / f"{stage}{suffix}"


def home() -> Path:
    """Where what was heard is kept: SENTIGRAM_CACHE, or the user's cache folder."""
    named = os.environ.get(VARIABLE)
    return (Path(named) if named else user_cache_path("sentigram")) / "heard"


def memory_of(source: Path, settings: object, *, files: Sequence[Path] = ()) -> FolderMemory:
    """The memory of one recording; the same file with the same settings finds it again.

    Args:
        source: The media file; its path, size and time of change count.
        settings: All that changes what stages make; anything whose repr says so.
        files: Others that count as the media file does: a transcript, a checkpoint.
    """
    facts = [_VERSION, __version__, repr(settings)]
    facts += [f"{path.resolve()} {_state(path)}" for path in (source, *files)]
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]
    return FolderMemory(home() / key)


def _state(path: Path) -> str:
    try:
        stat = path.stat()
    except OSError:
        return "absent"  # whoever needs it will say so
    return f"{stat.st_size} {stat.st_mtime_ns}"


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
