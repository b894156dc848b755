"""Models on this machine: found by name in the store, or by path anywhere else."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sentigram.errors import InputError, MissingError, UsageError
from sentigram.reading import size_text
from sentigram.store.card import (
    ModelCard,
    has_card,
    is_weights,
    joined,
    read_card,
    sha256_of,
)
from sentigram.store.catalogue import Role, entry, is_plain_name, unknown
from sentigram.store.folder import store_folder

__all__ = ["Role", "StoredModel", "files_sha256", "find", "installed", "problems", "weights_sha256"]


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model whose files are on this machine.

    Attributes:
        name: In the catalogue, or the folder's name.
        role: What it does.
        folder: Where its files are.
        licence: SPDX expression or name, "" when unknown.
        revision: Of the repository that it came from, "" when unknown.
        sha256: Of its weights, "" when no card says it; `weights_sha256` knows it either way.
        languages: That it reads (ISO 639-1), empty when no card says it.
    """

    name: str
    role: Role
    folder: Path
    licence: str = ""
    revision: str = ""
    sha256: str = ""
    languages: tuple[str, ...] = ()


def find(name_or_path: str, role: Role, *, store: Path | None = None) -> StoredModel:
    """The model of this name in the store, or the one in this folder.

    Args:
        name_or_path: A name, the repository of a model of the catalogue, or a folder.
        role: What the model is needed for.
        store: The store's folder, None for the user's.

    Raises:
        MissingError: It is not here; the message names the command that brings it, and its size.
        UsageError: It is here, and does something else.
        InputError: Its card is damaged.
    """
    known = entry(name_or_path)
    name = known.name if known else name_or_path
    places = [store_folder(store) / name] if is_plain_name(name) else []
    found = next((place for place in places if has_card(place)), None)
    if found is None and name_or_path and Path(name_or_path).is_dir():
        found = Path(name_or_path)
    if found is not None:
        return _in_folder(found, role)
    if known is None:
        raise MissingError(f"the {role} {name_or_path!r} is not here: " + unknown(name, role=role))
    if known.role != role:
        raise UsageError(_wrong_role(known.name, known.role, role))
    message = (
        f"the {role} {known.name!r} is not here; run: {known.command} "
        f"(about {size_text(known.size_bytes)}, {known.licence})"
    )
    raise MissingError(message)


def installed(role: Role | None = None, *, store: Path | None = None) -> tuple[StoredModel, ...]:
    """The models in the store, by name; none whose card is damaged.

    Args:
        role: Only those that do this.
        store: The store's folder, None for the user's.
    """
    found = []
    for folder in stored_folders(store):
        try:
            card = read_card(folder)
        except InputError:
            continue
        if role in (None, card.role):
            found.append(_stored(folder, card))
    return tuple(found)


def stored_folders(store: Path | None = None) -> Iterator[Path]:
    """The folders in the store that have a card, damaged or not, by name."""
    try:
        folders = sorted(store_folder(store).iterdir())
    except OSError:
        return
    yield from (path for path in folders if is_plain_name(path.name) and has_card(path))


def problems(folder: Path, *, deep: bool = False) -> tuple[str, ...]:
    """What is wrong with a stored model: one line for each file, none if it is whole.

    Args:
        folder: Of the model.
        deep: Read every file and compare its sha256, instead of its size only.
    """
    try:
        card = read_card(folder)
    except InputError as error:
        return (str(error),)
    return tuple(
        f"{name}: {said}"
        for name in card.files
        if (said := _file_problem(folder / name, card, name, deep=deep))
    )


def weights_sha256(model: StoredModel) -> str:
    """Digest of a model's weights: what its card says, else read from the files, once.

    Of several files, the digest of their digests in order of name. "" if there are none.
    """
    if model.sha256:
        return model.sha256
    files = sorted(path for path in model.folder.iterdir() if is_weights(path.name))
    return files_sha256(files)


def files_sha256(files: Sequence[Path]) -> str:
    """Digest of files, each read once; of several, of their digests in order. "" if none."""
    return joined([_cached_sha256(path, *_state(path)) for path in files])


def _in_folder(folder: Path, role: Role) -> StoredModel:
    if not has_card(folder):
        return StoredModel(folder.name or folder.resolve().name, role, folder)
    card = read_card(folder)
    if card.role != role:
        raise UsageError(_wrong_role(card.name, card.role, role))
    missing = problems(folder)
    if missing:
        message = (
            f"{folder}: damaged ({missing[0]}); run: sentigram models pull {card.name} --again"
        )
        raise MissingError(message)
    return _stored(folder, card)


def _stored(folder: Path, card: ModelCard) -> StoredModel:
    return StoredModel(
        card.name,
        card.role,
        folder,
        licence=card.licence,
        revision=card.revision,
        sha256=card.weights_sha256,
        languages=card.languages,
    )


def _wrong_role(name: str, is_a: str, wanted: str) -> str:
    kinds = {role: f"an {role}" for role in ("aligner", "audio encoder", "audio network")}
    return (
        f"{name} is {kinds.get(is_a, f'a {is_a}')}, where {kinds.get(wanted, f'a {wanted}')} is "
        "needed; see: sentigram models list"
    )


def _file_problem(path: Path, card: ModelCard, name: str, *, deep: bool) -> str:
    expected = card.files[name]
    try:
        size = path.stat().st_size
    except OSError:
        return "is missing"
    if size != expected.n_bytes:
        return f"has {size} bytes instead of {expected.n_bytes}"
    if deep and sha256_of(path) != expected.sha256:
        return "is not what was brought (its sha256 differs)"
    return ""


def _state(path: Path) -> tuple[int, int]:
    stat = os.stat(path)  # noqa: PTH116  (one call for both)
    return stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=64)
def _cached_sha256(path: Path, _size: int, _time_ns: int) -> str:
    return sha256_of(path)
