"""Fetches files from the Hugging Face hub: whole, checked, and going on where it broke off.

Models that are on no hub come from the address that the catalogue names, and are checked against
the digests that it names. huggingface_hub lists the files and streams them. Where unfinished files
lie is decided here: since its release 1.22 its own downloads start anew in every process.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from logging import ERROR
from pathlib import Path
from typing import Any

from sentigram.errors import InputError, MissingError, OutputError
from sentigram.store.card import sha256_of
from sentigram.store.catalogue import Entry
from sentigram.store.folder import make

_ENDPOINT = "https://huggingface.co"
_BLOCK = 2**20


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository.

    Attributes:
        name: In the repository.
        n_bytes: Its size.
        digest: Of its content: sha256 of a large file, git's sha1 of a small one; or the first
            eight digits of a sha256, where no more of it is known.
    """

    name: str
    n_bytes: int
    digest: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A repository at one commit."""

    commit: str
    licence: str
    files: tuple[HubFile, ...]


def endpoint() -> str:
    """The hub's address: HF_ENDPOINT, as huggingface_hub has it."""
    return (os.environ.get("HF_ENDPOINT") or _ENDPOINT).rstrip("/")


def address(entry: Entry) -> str:
    """Where a model is fetched from."""
    return entry.address or f"{endpoint()}/{entry.repository}"


def list_files(entry: Entry) -> Listing:
    """Ask the hub what a repository holds; or an address of the catalogue, how large its files are.

    Raises:
        MissingError: It does not exist, needs a login, or the hub cannot be reached.
    """
    if entry.address:
        return _list_address(entry)
    with _explained(entry):
        from huggingface_hub import HfApi

        info = HfApi(endpoint=endpoint()).model_info(
            entry.repository, revision=entry.revision, files_metadata=True
        )
    files = []
    for sibling in info.siblings or ():
        digest = sibling.lfs.sha256 if sibling.lfs else sibling.blob_id
        if sibling.size is None or not digest:
            continue  # nothing that could be checked
        files.append(HubFile(sibling.rfilename, int(sibling.size), str(digest)))
    marks = (tag for tag in info.tags or () if tag.startswith("license:"))
    licence = next(marks, "").removeprefix("license:")
    return Listing(str(info.sha or ""), licence if licence.isprintable() else "", tuple(files))


def _list_address(entry: Entry) -> Listing:
    files = []
    with _explained(entry):
        from huggingface_hub.utils import (  # type: ignore[attr-defined]
            get_session,
            hf_raise_for_status,
        )

        for name, digest in entry.sha256.items():
            # the first byte tells how many there are; addresses signed for reading refuse HEAD
            answer = get_session().get(
                f"{entry.address}/{name}",
                headers={"Accept-Encoding": "identity", "Range": "bytes=0-0"},
                follow_redirects=True,
            )
            hf_raise_for_status(answer)
            _, _, n_bytes = answer.headers["Content-Range"].rpartition("/")
            files.append(HubFile(name, int(n_bytes), digest))
    return Listing("", entry.licence, tuple(files))


def fetch(
    entry: Entry, commit: str, file: HubFile, folder: Path, *, progress: Callable[[int], None]
) -> None:
    """Fetch one file into a folder, from where an earlier attempt left off, and check it.

    Args:
        entry: The model.
        commit: As the listing has it.
        file: One of the listing, its name checked.
        folder: Where it goes; unfinished parts lie in its folder `.parts`.
        progress: Told how many bytes of this file are here.

    Raises:
        MissingError: The hub cannot be reached, or the connection broke.
        InputError: What came is not what the hub says it is.
        OutputError: The disk is full.
    """
    target = folder / file.name
    if target.is_file() and is_same(target, file):
        progress(file.n_bytes)
        return
    make(target.parent)
    # The digest in the name: a part of another version is never gone on with
    part = make(folder / ".parts") / f"{file.digest[:40]}.part"
    if part.is_file() and part.stat().st_size > file.n_bytes:
        part.unlink()
    with _explained(entry):
        _stream(entry, commit, file, part, progress)
    if not is_same(part, file):
        part.unlink()
        whose = "that of the catalogue" if entry.address else "the hub's"
        message = (
            f"{entry.repository}: {file.name} arrived damaged (its checksum is not {whose}) and "
            "was thrown away; try again, and if it stays so, do not use this model"
        )
        raise InputError(message)
    part.replace(target)


def is_same(path: Path, file: HubFile) -> bool:
    """Whether a file on disk is the one that the hub has."""
    if path.stat().st_size != file.n_bytes:
        return False
    if len(file.digest) == hashlib.sha1(usedforsecurity=False).digest_size * 2:
        return git_sha1(path) == file.digest
    return sha256_of(path).startswith(file.digest)


def git_sha1(path: Path) -> str:
    """The id that git gives to a file's content."""
    digest = hashlib.sha1(usedforsecurity=False)
    digest.update(b"blob %d\0" % path.stat().st_size)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


class _Part(io.FileIO):
    """An unfinished file that tells how long it is."""

    def __init__(self, path: Path, progress: Callable[[int], None]) -> None:
        super().__init__(path, "ab")
        self._progress = progress

    def write(self, data: Any, /) -> int:
        rest = memoryview(data)
        while rest:  # a raw file may take less than it is given
            rest = rest[super().write(rest) :]
        self._progress(self.tell())
        return len(data)


def _stream(
    entry: Entry, commit: str, file: HubFile, part: Path, progress: Callable[[int], None]
) -> None:
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    # Ranges of a compressed stream would not be ranges of the file
    headers = {"Accept-Encoding": "identity"}
    if entry.address:  # a login to the hub is for the hub alone
        url = f"{entry.address}/{file.name}"
    else:
        url = hf_hub_url(entry.repository, file.name, revision=commit, endpoint=endpoint())
        headers |= build_hf_headers()
    with _no_bars(), _Part(part, progress) as opened:
        here = opened.seek(0, os.SEEK_END)
        progress(here)
        http_get(url, opened, resume_size=here, headers=headers, expected_size=file.n_bytes)


@contextmanager
def _no_bars() -> Iterator[None]:
    """Keep huggingface_hub from printing."""
    from huggingface_hub.utils import (  # type: ignore[attr-defined]
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
        logging,
    )

    was_silent, level = are_progress_bars_disabled(), logging.get_verbosity()
    disable_progress_bars()
    logging.set_verbosity(ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if not was_silent:
            enable_progress_bars()


@contextmanager
def _explained(entry: Entry) -> Iterator[None]:
    """Turn what huggingface_hub and its transport raise into errors that say what to do."""
    try:
        yield
    except (MissingError, InputError):
        raise
    except ImportError as error:
        message = f"huggingface_hub does not load ({error}); run: pip install 'sentigram[full]'"
        raise MissingError(message) from error
    except Exception as error:  # two transports and the library raise three trees
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            message = (
                f"the disk is full while fetching {entry.repository}; free some space and run the "
                "command again: it goes on where it was"
            )
            raise OutputError(message) from error
        raise MissingError(_reason(error, address(entry))) from error


def _reason(error: Exception, where: str) -> str:
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "GatedRepoError" in kinds:
        return (
            f"{where} asks its users to accept its conditions: do so there, then log in with: hf "
            "auth login"
        )
    if "RepositoryNotFoundError" in kinds:
        return f"{where}: no such repository, or it is private; check the name"
    if "RevisionNotFoundError" in kinds or "EntryNotFoundError" in kinds:
        return f"{where}: has changed while it was fetched; run the command again"
    first, *_ = str(error).strip().splitlines() or [""]
    return (
        f"{where}: cannot be fetched ({type(error).__name__}: {first[:200]}); check the connection "
        "and run the command again: it goes on where it was. On a machine without internet: "
        "sentigram models pull --from DIR"
    )
