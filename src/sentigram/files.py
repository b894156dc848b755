"""Files are written whole or not at all, and never over another one unasked."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sentigram.errors import OutputError, ResourceError, UsageError, resource_error
from sentigram.leftovers import LOCK, PART, WORK, clear_parts, clear_work, hold

OUT = "`out DIR`"
"""How messages name the place of results, where no other option names it."""


def check_free(
    paths: Sequence[Path],
    *,
    overwrite: bool,
    may_make: bool = False,
    hint: str = "",
    instead: str = OUT,
) -> None:
    """Find out before the work whether its results can be written.

    Args:
        paths: The results.
        overwrite: Whether files that exist may be replaced.
        may_make: Their folders may still have to be made.
        hint: Another way out, for the message about a file in the way.
        instead: The option that names another place, as messages spell it.

    Raises:
        OutputError: A file is in the way and may not be replaced, or the folder is not writable.
    """
    for path in paths:
        try:
            is_folder, exists = path.is_dir(), os.path.lexists(path)  # a link to nowhere counts
        except OSError as error:
            raise output_error(path, error, instead=instead) from error
        if is_folder:
            message = f"{path}: is a folder; remove it or give {instead}"
            raise OutputError(message)
        if exists and not overwrite:
            message = f"{path}: exists already; add `overwrite` to replace it, or give {instead}"
            raise OutputError(message + hint)
    for folder in dict.fromkeys(path.parent for path in paths):
        check_folder(folder, may_make=may_make, instead=instead)


def check_folder(folder: Path, *, may_make: bool, instead: str = OUT) -> None:
    """Find out whether files can be put into a folder.

    Args:
        folder: It.
        may_make: If it is not there, see whether it could be made, without making it.
        instead: See `check_free`.

    Raises:
        OutputError: It is not there, not a folder, or not writable.
    """
    try:
        above = folder
        while may_make and not os.path.lexists(above) and above != above.parent:
            above = above.parent
        with tempfile.TemporaryFile(dir=above):
            pass
    except OSError as error:
        raise _folder_error(folder, above, error, instead) from error


def _folder_error(
    folder: Path, above: Path, error: OSError, instead: str
) -> OutputError | ResourceError:
    """Say why files cannot be put into a folder.

    Args:
        folder: It.
        above: It, or what is there of the folders above it.
        error: What came of a file in `above`.
        instead: See `check_free`.
    """
    if not os.path.lexists(above):
        why = "there is no such folder"
    elif not above.is_dir():
        why = f"{'it' if above == folder else above} is a file, not a folder"
    elif error.errno == errno.ENOENT:
        why = f"no file can be made in {above}"
    else:
        return output_error(folder, error, instead=instead)
    return OutputError(f"{folder}: cannot be written: {why}; give {instead}")


def check_apart(transcript: Path, results: Sequence[Path]) -> None:
    """Make sure that no result takes the place of the transcript that it is made from.

    Raises:
        UsageError: One would.
    """
    for path in results:
        if path.exists() and transcript.exists() and path.samefile(transcript):
            message = (
                f"{path} is the transcript of this run and would be overwritten; give `out DIR`"
            )
            raise UsageError(message)


@contextmanager
def made_folder(folder: Path) -> Iterator[None]:
    """Make a folder for results, with the folders above it.

    When the block raises, those that were made are removed again, unless something is in them.

    Raises:
        OutputError: It cannot be made.
    """
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{folder}: cannot be made ({error.strerror}); choose another `out`"
        raise OutputError(message) from error
    try:
        yield
    except BaseException:
        with suppress(OSError):
            for path in new:
                path.rmdir()
        raise


def clear_dead_work() -> None:
    """Remove the work folders of runs that were killed; a run that starts does so."""
    with suppress(OSError):
        clear_work(Path(tempfile.gettempdir()))


@contextmanager
def work_folder() -> Iterator[Path]:
    """Give a folder for temporary files; it is gone afterwards, or at the next start after a kill.

    Raises:
        OutputError: There is no place for one.
        ResourceError: The machine lacks memory or file handles.
    """
    try:
        clear_dead_work()
        work, handle = _held_folder()
    except OSError as error:
        if lack := resource_error(error):
            raise lack from error
        message = (
            f"there is no place for temporary files ({error.strerror or error}); "
            "free some space, or set TMPDIR to a folder that can be written"
        )
        raise OutputError(message) from error
    with work as name:
        try:
            yield Path(name)
        finally:
            os.close(handle)  # Windows removes nothing that is open


def _held_folder() -> tuple[tempfile.TemporaryDirectory[str], int]:
    """A new folder, and the handle of the lock that says that it is in use."""
    while True:
        work = tempfile.TemporaryDirectory(prefix=WORK)
        lock = Path(work.name) / LOCK
        with suppress(FileNotFoundError):  # it was cleared as soon as it was made
            handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            if hold(handle, lock):
                return work, handle
            os.close(handle)
        work.cleanup()


@contextmanager
def whole_file(
    path: Path, *, overwrite: bool, private: bool = False, instead: str = OUT
) -> Iterator[Path]:
    """Give a temporary path beside `path`; what is written there becomes `path` at the end.

    When the block raises, nothing is left behind; what a run left that was killed is cleared by the
    next one that writes there. A file that is replaced keeps its mode.

    Args:
        path: The file.
        overwrite: Whether one that exists may be replaced.
        private: Only its owner may read it, also where others could read the one that was there;
            else whoever could, or whoever the user's umask lets.
        instead: See `check_free`.

    Raises:
        OutputError: The file cannot be written, or `path` appeared meanwhile.
    """
    try:
        clear_parts(path.parent.absolute())
        handle, part = _held_part(path)
    except OSError as error:
        raise output_error(path, error, instead=instead) from error
    try:
        yield part
        if not private:  # it was made for its owner alone
            part.chmod(_mode_of(path) if overwrite else 0o666 & ~_umask())
        if overwrite:
            part.replace(path)
        else:
            _move_new(part, path)
    except OSError as error:
        raise output_error(path, error, instead=instead) from error
    except Exception as error:
        if (full := _disk_full(error)) is None:
            raise
        raise output_error(path, full, instead=instead) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        os.close(handle)


def _disk_full(error: Exception) -> OSError | None:
    """The system's error, where a library written in Rust, such as safetensors, only quotes it."""
    for code in (errno.ENOSPC, errno.EDQUOT):
        if str(error).rstrip().endswith(f"(os error {code})"):
            return OSError(code, os.strerror(code))
    return None


def _held_part(path: Path) -> tuple[int, Path]:
    """A new file beside a path, and the handle that says that this run is at it."""
    while True:
        handle, name = tempfile.mkstemp(prefix=PART, suffix=path.suffix, dir=path.parent)
        if os.name == "nt":  # what is open cannot be renamed there
            os.close(handle)
            handle = os.open(os.devnull, os.O_RDONLY)
        if hold(handle, Path(name)):
            return handle, Path(name)
        os.close(handle)


def write_text(
    path: Path, text: str, *, overwrite: bool, private: bool = False, instead: str = OUT
) -> None:
    """Write a UTF-8 text file whole; the arguments are those of `whole_file`.

    Raises:
        OutputError: See `whole_file`.
    """
    with whole_file(path, overwrite=overwrite, private=private, instead=instead) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def output_error(path: Path, error: OSError, *, instead: str = OUT) -> OutputError | ResourceError:
    """Say why a result could not be written, and what to do about it; see `check_free`."""
    if lack := resource_error(error):
        return lack
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        remedy = f"the disk is full; free some space or give {instead} on another disk"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        remedy = f"the folder may not be written to; give {instead}"
    elif error.errno == errno.EEXIST:
        remedy = "it exists already; add `overwrite` to replace it"
    elif error.errno == errno.ENOENT:
        remedy = f"its folder does not exist; give {instead}"
    elif error.errno == errno.ENOTDIR:
        remedy = f"what should be its folder is a file; give {instead}"
    elif error.errno == errno.ENAMETOOLONG:
        remedy = f"its name is too long; rename the source or give {instead}"
    else:
        remedy = f"{error.strerror or error}; give {instead}"
    return OutputError(f"{path}: cannot be written: {remedy}")


def _move_new(part: Path, path: Path) -> None:
    """Rename without replacing; a hard link fails where the name is taken, a rename would not."""
    try:
        os.link(part, path)
    except OSError as error:
        if error.errno == errno.EEXIST or path.exists():
            raise FileExistsError(errno.EEXIST, "File exists") from error
        part.replace(path)  # a file system without hard links


def _mode_of(path: Path) -> int:
    """Who may do what with a file; with a new one, if it is not there."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
