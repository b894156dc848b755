"""What a stored model says about itself: `sentigram-model.json`, written when all else is there."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sentigram.data_files import read_json
from sentigram.errors import InputError
from sentigram.files import write_text
from sentigram.reading import MODEL_CARD
from sentigram.store.catalogue import ROLES, Role, is_plain_name
from sentigram.store.folder import check_file_name, may_be_stored

CARD = "sentigram-model.json"
_FORMAT = 1
_SHA256 = re.compile("[0-9a-f]{64}")
_TEXTS = ("name", "role", "repository", "revision", "licence", "source")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it was when it was brought."""

    sha256: str
    n_bytes: int


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model's card.

    Attributes:
        name: Of its folder.
        role: What it does.
        repository: On the hub, "" if it never was there.
        revision: The commit, "" when unknown.
        licence: SPDX expression or name, "" when unknown.
        source: Where it was brought from.
        languages: That it reads (ISO 639-1), empty when unknown.
        files: All files but the card, by name.
        converted: File → the pickled checkpoint that it was made from and that one's sha256.
    """

    name: str
    role: Role
    repository: str
    revision: str
    licence: str
    source: str
    languages: tuple[str, ...]
    files: Mapping[str, StoredFile]
    converted: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def weights_sha256(self) -> str:
        """Digest of the weights; of several files, of their digests in order of name."""
        names = sorted(name for name in self.files if is_weights(name))
        return joined([self.files[name].sha256 for name in names])

    @property
    def n_bytes(self) -> int:
        """Of all files."""
        return sum(file.n_bytes for file in self.files.values())


def is_weights(name: str) -> bool:
    """Whether a file of a whole model holds its weights."""
    return name.endswith((".safetensors", ".tflite")) or name == "model.bin"


def joined(digests: list[str]) -> str:
    """One digest of several, "" of none."""
    if len(digests) <= 1:
        return "".join(digests)
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """Digest of a file, which may be larger than memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def measure(path: Path) -> StoredFile:
    """What a card says of a file."""
    return StoredFile(sha256_of(path), path.stat().st_size)


def renamed(card: ModelCard, name: str) -> ModelCard:
    """The card of the same files in another folder."""
    return replace(card, name=name)


def has_card(folder: Path) -> bool:
    """Whether a folder holds a model that was brought completely."""
    return (folder / CARD).is_file()


def write_card(folder: Path, card: ModelCard) -> None:
    """Write a card, which makes the folder a whole model."""
    table = {
        "format": _FORMAT,
        **{key: getattr(card, key) for key in _TEXTS},
        "languages": list(card.languages),
        "files": {
            name: {"sha256": file.sha256, "bytes": file.n_bytes}
            for name, file in sorted(card.files.items())
        },
        "converted": {
            name: {"file": file, "sha256": digest}
            for name, (file, digest) in card.converted.items()
        },
    }
    text = json.dumps(table, indent=1, ensure_ascii=False)
    write_text(folder / CARD, f"{text}\n", overwrite=True)


def read_card(folder: Path) -> ModelCard:
    """Read and check the card of a model; its files are not looked at.

    Raises:
        InputError: There is none, or it is damaged or hostile.
    """
    path = folder / CARD
    try:
        table: dict[str, Any] = read_json(path, MODEL_CARD)
        return _checked(table)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{path} is damaged ({error}); bring the model again"
        raise InputError(message) from error


def _checked(table: Mapping[str, Any]) -> ModelCard:
    if table["format"] != _FORMAT:
        message = f"format {table['format']!r}, made by a later Sentigram"
        raise ValueError(message)
    texts = {key: _text(table[key], key) for key in _TEXTS}
    if texts["role"] not in ROLES or not is_plain_name(texts["name"]):
        message = f"role {texts['role']!r} or name {texts['name']!r}"
        raise ValueError(message)
    files = {_name(name): _file(value) for name, value in table["files"].items()}
    if not any(is_weights(name) for name in files):
        message = "no weights"
        raise ValueError(message)
    converted = {
        _text(name, "converted"): (_text(value["file"], "file"), _digest(value["sha256"]))
        for name, value in table.get("converted", {}).items()
    }
    languages = tuple(_text(code, "languages") for code in table.get("languages", ()))
    return ModelCard(
        **texts,  # type: ignore[arg-type]  # the role was checked above
        languages=languages,
        files=MappingProxyType(files),
        converted=MappingProxyType(converted),
    )


def _name(name: str) -> str:
    if not may_be_stored(check_file_name(name)):
        message = f"{name!r} is a program"
        raise ValueError(message)
    return name


def _file(value: Mapping[str, Any]) -> StoredFile:
    n_bytes = value["bytes"]
    if type(n_bytes) is not int or n_bytes < 0:
        message = f"bytes {n_bytes!r}"
        raise ValueError(message)
    return StoredFile(_digest(value["sha256"]), n_bytes)


def _digest(value: object) -> str:
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        message = f"sha256 {value!r}"
        raise ValueError(message)
    return value


def _text(value: object, key: str) -> str:
    if not isinstance(value, str) or not (value.isprintable()):
        message = f"{key} {value!r}"
        raise ValueError(message)
    return value
