"""What finished stages of a run left, so that a run that was killed goes on where it was.

A folder per source and settings, in the user's cache; it goes away when the run is done, and after
two weeks if it never is. Arrays are safetensors and texts are JSON: nothing in it is executed, and
what cannot be read is as if it were not there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from sentigram.errors import OutputError
from sentigram.outputs import is_own_output, whole_file, write_text

VARIABLE = "SENTIGRAM_CACHE"
_TRANSCRIPTS = (".srt", ".vtt", ".ass", ".ssa", ".txt", ".json")
_OLDEST_SECONDS = 14 * 24 * 3600
_VERSION = "1"  # of what stages leave; older leavings are not taken up


class FolderMemory:
    """Keeps what stages made in a folder, which is made when there is something to keep.

    Args:
        folder: Of one run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def recall(self, stage: str) -> Mapping[str, NDArray[np.generic]] | None:
        """What a stage left, None where it did not finish."""
        from safetensors import SafetensorError  # noqa: PLC0415
        from safetensors.numpy import load  # noqa: PLC0415

        try:
            arrays: Mapping[str, NDArray[np.generic]] = load(self._path(stage).read_bytes())
        except (OSError, SafetensorError, ValueError, KeyError):
            return None
        return arrays

    def remember(self, stage: str, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Keep what a stage made.

        Raises:
            OutputError: The disk is full, or the folder may not be written to.
        """
        from safetensors.numpy import save_file  # noqa: PLC0415

        whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        path = self._path(stage)
        self._make()
        with whole_file(path, overwrite=True) as part:
            save_file(whole, part)

    def recall_text(self, stage: str) -> str | None:
        """The text that a stage left."""
        try:
            return self._path(stage, ".json").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def remember_text(self, stage: str, text: str) -> None:
        """Keep a text.

        Raises:
            OutputError: See `remember`.
        """
        self._make()
        write_text(self._path(stage, ".json"), text, overwrite=True)

    def forget(self) -> None:
        """The run is done."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"{self.folder}: cannot be made ({error.strerror}); set {VARIABLE}=DIR"
            raise OutputError(message) from error

    def _path(self, stage: str, suffix: str = ".safetensors") -> Path:
        return self.folder / f"{stage}{suffix}"


def home() -> Path:
    """Where unfinished runs are kept: SENTIGRAM_CACHE, or the user's cache folder."""
    named = os.environ.get(VARIABLE)
    return (Path(named) if named else user_cache_path("sentigram")) / "unfinished"


def memory_of(source: Path, settings: object) -> FolderMemory:
    """The memory of one run; the same file with the same settings finds it again.

    Files beside it that share its stem count as well: its transcript may be one of them.

    Args:
        source: The media file; its path, size and time of change count.
        settings: All that changes what stages make; anything whose repr says so.
    """
    beside = sorted(
        path for path in source.parent.iterdir() if path.name.startswith(f"{source.stem}.")
    )
    facts = [_VERSION, str(source.resolve()), repr(settings)]
    facts += [f"{path.name} {_state(path)}" for path in beside if _may_be_given(path)]
    facts.append(_state(source))
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]
    return FolderMemory(home() / key)


def _may_be_given(path: Path) -> bool:
    return path.suffix.lower() in _TRANSCRIPTS and not is_own_output(path)


def _state(path: Path) -> str:
    stat = path.stat()
    return f"{stat.st_size} {stat.st_mtime_ns}"


def sweep() -> None:
    """Remove what runs left that nobody went on with."""
    try:
        folders = [folder for folder in home().iterdir() if folder.is_dir()]
    except OSError:
        return
    for folder in folders:
        try:
            is_old = time.time() - folder.stat().st_mtime > _OLDEST_SECONDS
        except OSError:  # another process took it away
            continue
        if is_old:
            shutil.rmtree(folder, ignore_errors=True)
