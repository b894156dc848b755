"""Where recordings and results are: a folder, or a bucket at a URL of fsspec.

Objects are put whole or not at all by the stores that are allowed here. Who may read and write is
the business of the environment, as fsspec has it (AWS_…, GOOGLE_APPLICATION_CREDENTIALS, the role
of the machine): a URL that holds a password is refused, and never shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, Protocol
from urllib.parse import urlsplit

from sentigram.errors import InputError, MissingError, ResourceError, SentigramError, UsageError
from sentigram.files import write_text
from sentigram.reading import RECORD, read_text

# Of these fsspec's own packages put an object whole; what else can be mounted is a folder.
_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs"}
_URL = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+):/+(.*)", re.DOTALL)
_LONGEST_NAME_BYTES = 255


class Place(Protocol):
    """Where files are, by their paths below it, with `/`."""

    def shown(self, name: str) -> str:
        """How a file there is called in messages and reports."""
        ...

    def state(self, name: str) -> str:
        """What changes when a file changes, "" where there is none.

        Raises:
            ResourceError: It cannot be asked.
        """
        ...

    def read(self, name: str) -> str | None:
        """A small text, None where there is none.

        Raises:
            ResourceError: It cannot be fetched.
        """
        ...

    def write(self, name: str, text: str) -> None:
        """Put a small text there, whole.

        Raises:
            SentigramError: It cannot be written.
        """
        ...


class Folder:
    """A folder that all workers see.

    Args:
        path: Of it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def shown(self, name: str) -> str:
        """How a file in it is called."""
        return str(self.path / name)

    def state(self, name: str) -> str:
        """Its size and time."""
        try:
            found = (self.path / name).stat()
        except OSError:
            return ""
        return f"{found.st_size}-{found.st_mtime_ns}"

    def read(self, name: str) -> str | None:
        """A small text in it."""
        try:
            return read_text(self.path / name, RECORD)
        except (SentigramError, OSError, ValueError):
            return None

    def write(self, name: str, text: str) -> None:
        """Write a small text; its folder is there."""
        write_text(self.path / name, text, overwrite=True)


class Bucket:
    """Objects below a URL.

    Args:
        url: Of the place, from `url_of`.
        files: fsspec's file system; of the URL if not given.

    Raises:
        MissingError: Its package is not installed.
    """

    def __init__(self, url: str, files: Any = None) -> None:
        self._url = url.rstrip("/")
        self._files = _files_of(url) if files is None else files
        self._root = str(self._files._strip_protocol(self._url)).strip("/")  # noqa: SLF001

    def shown(self, name: str) -> str:
        """The URL of an object."""
        return f"{self._url}/{name}"

    def listing(self) -> Mapping[str, tuple[int, str]]:
        """The size and the state of each object, by its name below the URL.

        Raises:
            InputError: There is no such bucket, or nobody may read it.
            ResourceError: It cannot be reached.
        """
        with self._transfer("", "listed", InputError):
            self._files.invalidate_cache()
            found = self._files.find(self._root, detail=True)
        names = ((path.lstrip("/")[len(self._root) :], facts) for path, facts in found.items())
        return {
            name[1:]: (int(facts.get("size") or 0), _state(facts))
            for name, facts in names
            if name[:1] == "/" and name[-1:] != "/"
        }

    def state(self, name: str) -> str:
        """The version of an object."""
        try:
            with self._transfer(name, "looked at", ResourceError):
                self._files.invalidate_cache()
                return _state(self._files.info(self._path(name)))
        except FileNotFoundError:
            return ""

    def read(self, name: str) -> str | None:
        """A small object."""
        try:
            with self._transfer(name, "fetched", ResourceError):
                return bytes(self._files.cat_file(self._path(name))).decode(errors="replace")
        except FileNotFoundError:
            return None

    def write(self, name: str, text: str) -> None:
        """Put a small object."""
        with self._transfer(name, "put", ResourceError):
            self._files.pipe_file(self._path(name), text.encode())

    def fetch(self, name: str, path: Path) -> bool:
        """Bring an object into a file.

        Returns:
            Whether it is there.

        Raises:
            ResourceError: It cannot be fetched, or the disk is full.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._transfer(name, "fetched", ResourceError):
                self._files.get_file(self._path(name), str(path))
        except FileNotFoundError:
            path.unlink(missing_ok=True)
            return False
        return True

    def put(self, path: Path, name: str) -> None:
        """Bring a file into an object; who reads it sees the old one or the new one.

        Raises:
            ResourceError: It cannot be put.
        """
        with self._transfer(name, "put", ResourceError):
            self._files.put_file(str(path), self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    @contextmanager
    def _transfer(self, name: str, what: str, refused: type[SentigramError]) -> Iterator[None]:
        """Say of what goes wrong where it did; a missing object is left to the caller."""
        where = self.shown(name)
        try:
            yield
        except FileNotFoundError:
            if name:
                raise
            message = f"{where}: there is no such bucket"
            raise InputError(message) from None
        except PermissionError as error:
            message = f"{where}: may not be {what} with the credentials of this environment"
            raise refused(message) from error
        except Exception as error:
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
            message = f"{where}: cannot be {what} ({why:.300})"
            raise ResourceError(message) from error


def url_of(path: Path | str) -> str:
    """The URL that a person wrote where a path may stand, "" for a path.

    A path of pathlib has lost the second slash of `s3://bucket`.

    Raises:
        UsageError: It is of a store that is not known here, or holds credentials.
    """
    text = path if isinstance(path, str) else path.as_posix()
    found = _URL.fullmatch(text)
    if not found or len(found[1]) < 2 or Path(text).exists():  # C:/ is a drive
        return ""
    protocol = found[1].lower()
    if protocol not in _PACKAGES:
        message = (
            f"`{protocol}:`: is no store that is known here; there are: {', '.join(_PACKAGES)}; "
            "others can be mounted as a folder"
        )
        raise UsageError(message)
    url = f"{protocol}://{found[2].rstrip('/')}"
    if "@" in urlsplit(url).netloc or "@" in found[2].partition("/")[0]:
        message = (
            f"`{protocol}://…`: the URL holds a user or a password; take them out, and set them in "
            "the environment of the workers, as fsspec reads them (such as AWS_ACCESS_KEY_ID)"
        )
        raise UsageError(message)
    if not urlsplit(url).netloc:
        message = f"`{protocol}://`: names no bucket"
        raise UsageError(message)
    return url


def is_safe(name: str) -> bool:
    """Whether the name of an object can be a path below a folder: keys may hold anything."""
    parts = name.split("/")
    return not any(
        part in ("", ".", "..") or len(part.encode()) > _LONGEST_NAME_BYTES or "\0" in part
        for part in parts
    ) and not (any(c in name for c in "\\\r\n") or PurePosixPath(name).is_absolute())


def _files_of(url: str) -> Any:
    protocol = url.partition(":")[0]
    package = _PACKAGES[protocol]
    try:
        import fsspec

        files, _ = fsspec.url_to_fs(url, use_listings_cache=False)
    except ImportError as error:
        message = f"{protocol}:// needs {package} (pip install 'sentigram[cluster]' {package})"
        raise MissingError(message) from error
    return files


def _state(facts: Mapping[str, Any]) -> str:
    """What changes when an object is put again: its ETag, or what else its store tells."""
    told = ("ETag", "etag", "md5Hash", "generation", "mtime", "LastModified", "updated", "created")
    mark = next((str(facts[key]) for key in told if facts.get(key)), "")
    return f"{int(facts.get('size') or 0)}-{mark}".replace('"', "")
