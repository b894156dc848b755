"""All models in one list: bundled, stored, and those that can be brought."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from sentigram.errors import InputError
from sentigram.reading import size_text
from sentigram.store import shipped
from sentigram.store.card import ModelCard, has_card, read_card
from sentigram.store.catalogue import Entry, catalogue
from sentigram.store.folder import store_folder
from sentigram.store.installed import problems, stored_folders


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One model.

    Attributes:
        kind: Bundled with Sentigram, of the catalogue, or brought by the user from elsewhere.
        role: What it does.
        id: Its name.
        version: Its version, or the commit that it came from.
        licence: SPDX expression or name.
        size_bytes: On disk if it is here, else about what is fetched.
        is_installed: Whether it is here and whole.
        problem: What is wrong with it and how to mend it, "" if nothing is.
        command: What brings it, "" if it is here.
        sets: The sets that it belongs to.
    """

    kind: Literal["bundled", "catalogue", "own"]
    role: str
    id: str
    version: str
    licence: str
    size_bytes: int
    is_installed: bool
    problem: str = ""
    command: str = ""
    sets: tuple[str, ...] = ()

    @property
    def size_text(self) -> str:
        """For people."""
        about = "" if self.is_installed else "about "
        return f"{about}{size_text(self.size_bytes)}" if self.size_bytes else "—"

    @property
    def state(self) -> str:
        """For people: where it is, what is wrong with it, or what brings it."""
        if self.problem:
            return self.problem
        if self.kind == "bundled":
            return "bundled"
        return "installed" if self.is_installed else self.command

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return asdict(self)


def listed(store: Path | None = None) -> tuple[ListedModel, ...]:
    """Bundled models first, then the catalogue's, then the user's own."""
    known = catalogue().models
    bundled = (
        ListedModel(
            "bundled", m.role, m.id, m.version, m.licence, m.size_bytes, not m.problem, m.problem
        )
        for m in shipped.installed()
    )
    own = (_stored(folder, None) for folder in stored_folders(store) if folder.name not in known)
    return (*bundled, *(_listed(entry, store_folder(store)) for entry in known.values()), *own)


def _listed(entry: Entry, store: Path) -> ListedModel:
    folder = store / entry.name
    if has_card(folder):
        return _stored(folder, entry)
    return ListedModel(
        "catalogue",
        entry.role,
        entry.name,
        "",
        entry.licence,
        entry.size_bytes,
        is_installed=False,
        command=entry.command,
        sets=_sets(entry),
    )


def _stored(folder: Path, entry: Entry | None) -> ListedModel:
    complaints = problems(folder)
    try:
        card: ModelCard | None = read_card(folder)
    except InputError:
        card = None
    again = f"sentigram models pull {folder.name} --again"
    return ListedModel(
        "catalogue" if entry else "own",
        card.role if card else "?",
        folder.name,
        card.revision if card else "",
        card.licence if card else "",
        card.n_bytes if card else 0,
        is_installed=not complaints,
        problem=f"damaged ({complaints[0]}); run: {again}" if complaints else "",
        command=again if complaints else "",
        sets=_sets(entry) if entry else (),
    )


def _sets(entry: Entry) -> tuple[str, ...]:
    return tuple(name for name, members in catalogue().sets.items() if entry.name in members)
