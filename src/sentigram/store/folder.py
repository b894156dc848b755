"""Where the store is, what may lie in it, and who may change it now.

STORE/NAME/…                        a model, whole if it has a card
STORE/.unfinished/NAME/…            one that is being brought
STORE/.locks/NAME.lock              held while it is
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from sentigram.errors import InputError, OutputError

VARIABLE = "SENTIGRAM_MODELS"
_OFFLINE = ("SENTIGRAM_OFFLINE", "HF_HUB_OFFLINE")
_YES = ("1", "true", "yes", "on")
_FORBIDDEN_IN_NAMES = '\\:*?"<>|'  # separators and what Windows has reserved
_LONGEST_NAME = 200
# Programs: pickled checkpoints run when they are loaded. CTranslate2's model.bin is not one.
_PROGRAMS = (".py", ".pyc", ".so", ".dll", ".pkl", ".pickle", ".pt", ".pth", ".ckpt")
_PICKLED = ("model.pt", "pytorch_model.bin")


def store_folder(folder: Path | None = None) -> Path:
    """The store: the given folder, else SENTIGRAM_MODELS, else one in the user's cache."""
    if folder is not None:
        return folder
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("sentigram") / "models"


def offline_reason(*, offline: bool = False) -> str:
    """Which switch forbids the internet, "" if none does."""
    if offline:
        return "--offline"
    for variable in _OFFLINE:
        if os.environ.get(variable, "").strip().lower() in _YES:
            return f"{variable}={os.environ[variable]}"
    return ""


def check_file_name(name: str) -> str:
    """Make sure that a name from elsewhere stays inside the folder that it is put into.

    Raises:
        InputError: It is absolute, leads upwards, or holds what is not part of plain names.
    """
    path = PurePosixPath(name)
    is_plain = (
        0 < len(name) <= _LONGEST_NAME
        and name.isprintable()
        and not any(c in name for c in _FORBIDDEN_IN_NAMES)
        and str(path) == name  # no "//", no "./", no "/" at the end
        and all(not part.startswith(".") for part in path.parts)
        and not path.is_absolute()
    )
    if not is_plain:
        message = f"refused: {name[:80]!r} is not a plain file name; do not use this model"
        raise InputError(message)
    return name


def is_pickled(name: str) -> bool:
    """Whether a file is a checkpoint that has to be converted."""
    return name in _PICKLED or name.endswith(".pth")


def may_be_stored(name: str) -> bool:
    """Whether a whole model may have a file of this name: nothing that is executed when loaded."""
    last = PurePosixPath(name).name.lower()
    return not last.endswith(_PROGRAMS) and not (
        last.startswith("pytorch_model") and last.endswith(".bin")
    )


def make(folder: Path) -> Path:
    """Make a folder of the store.

    Raises:
        OutputError: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = (
            f"{folder}: cannot be made ({error.strerror}); choose another place with --folder DIR "
            f"or {VARIABLE}=DIR"
        )
        raise OutputError(message) from error
    return folder


def unfinished(store: Path, name: str) -> Path:
    """Where a model lies while it is being brought."""
    return store / ".unfinished" / name


@contextmanager
def locked(store: Path, name: str, *, note: Callable[[str], None]) -> Iterator[None]:
    """Be the only process that changes a model; wait, and say so, while another one does.

    Raises:
        OutputError: The store may not be written to.
    """
    from filelock import FileLock, Timeout

    path = make(store / ".locks") / f"{name}.lock"
    lock = FileLock(path)
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            note(f"{name}: another process is at it; waiting for it ({path})")
            lock.acquire()
    except OSError as error:
        message = f"{path}: cannot be written ({error.strerror}); choose another --folder DIR"
        raise OutputError(message) from error
    try:
        yield
    finally:
        lock.release()
