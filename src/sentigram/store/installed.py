"""Models on this machine: found by name in the store, or by path anywhere else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sentigram.errors import MissingError

Role = Literal["transcriber", "text encoder", "text classifier", "audio encoder"]


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model whose files are on this machine.

    Attributes:
        name: In the catalogue, or the folder's name.
        role: What it does.
        folder: Where its files are.
        licence: SPDX expression or name, "" when unknown.
        revision: Of the repository that it came from, "" when unknown.
        sha256: Of its weights, "" when no card says it.
        languages: That it reads (ISO 639-1), empty when no card says it.
    """

    name: str
    role: Role
    folder: Path
    licence: str = ""
    revision: str = ""
    sha256: str = ""
    languages: tuple[str, ...] = ()


def find(name_or_path: str, role: Role) -> StoredModel:
    """The model of this name in the store, or the one in this folder.

    Raises:
        MissingError: It is not here; the message names the command that brings it, and its size.
    """
    folder = Path(name_or_path)
    if folder.is_dir():
        return StoredModel(folder.name, role, folder)
    message = f"the {role} {name_or_path!r} is not here; run: sentigram models pull {name_or_path}"
    raise MissingError(message)
