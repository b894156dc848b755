"""The models that can be brought by name: `catalogue.toml`, checked when it is loaded."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal, NoReturn, get_args

from sentigram.errors import InputError, MissingError, UsageError

Role = Literal[
    "transcriber",
    "aligner",
    "text encoder",
    "text classifier",
    "audio encoder",
    "audio network",
    "sound tagger",
]
ROLES: tuple[Role, ...] = get_args(Role)
DEFAULT_SET = "large"

_FORMAT = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_REPOSITORY = re.compile(rf"{_NAME.pattern}/{_NAME.pattern}")
_REQUIRED = {"role": str, "repository": str, "licence": str, "bytes": int, "layouts": list}
_OPTIONAL = {
    "revision": str,
    "licence_url": str,
    "languages": list,
    "address": str,
    "by_hand": str,
    "sha256": dict,
}
_SHA256 = re.compile("[0-9a-f]{8}|[0-9a-f]{64}")

Alternative = tuple[str, ...]
"""File names or patterns that belong together."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which files a kind of model consists of.

    Attributes:
        needed: Per thing that must be there, its alternatives, best first.
        optional: What is taken if it exists.
    """

    needed: tuple[tuple[Alternative, ...], ...]
    optional: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A model that can be brought.

    Attributes:
        name: Of its folder in the store.
        role: What it does.
        repository: On the hub, "" for one that only lies in a folder.
        revision: Branch, tag or commit.
        licence: SPDX expression or name, "" when unknown.
        licence_url: Where an uncommon licence can be read.
        size_bytes: About what is fetched, 0 when unknown.
        layouts: The first one that the files fit is taken.
        languages: That a text classifier or an aligner reads (ISO 639-1).
        address: Where its files are, "" for those of the hub.
        by_hand: What its file is, of a model that nobody can fetch: it comes from a folder or file.
        sha256: Of each file at that address or brought by hand; or its first eight digits, where no
            more is known.
    """

    name: str
    role: Role
    repository: str
    layouts: tuple[Layout, ...]
    revision: str = "main"
    licence: str = ""
    licence_url: str = ""
    size_bytes: int = 0
    languages: tuple[str, ...] = ()
    address: str = ""
    by_hand: str = ""
    sha256: Mapping[str, str] = field(default_factory=dict)

    @property
    def command(self) -> str:
        """What brings it."""
        return f"sentigram models pull {self.name}" + (" --from FILE" if self.by_hand else "")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that can be brought by name."""

    models: Mapping[str, Entry]
    sets: Mapping[str, tuple[str, ...]]
    layouts_of_roles: Mapping[Role, tuple[Layout, ...]]


@cache
def catalogue() -> Catalogue:
    """The shipped catalogue."""
    file = resources.files("sentigram.store") / "catalogue.toml"
    return read_catalogue(file.read_text(encoding="utf-8"))


def entry(name: str) -> Entry | None:
    """The entry of a name or of a repository, None if there is none."""
    models = catalogue().models
    if name in models:
        return models[name]
    return next((known for known in models.values() if known.repository == name), None)


def entries_of_set(name: str) -> tuple[Entry, ...]:
    """The models of a set.

    Raises:
        UsageError: There is no such set.
    """
    known = catalogue()
    if name not in known.sets:
        message = f"--set {name!r}: choose from {', '.join(known.sets)}"
        raise UsageError(message)
    return tuple(known.models[model] for model in known.sets[name])


def new_entry(repository: str, *, role: str | None) -> Entry:
    """An entry for a repository that the catalogue does not list.

    Args:
        repository: OWNER/NAME on the hub.
        role: What the model is for.

    Raises:
        UsageError: There is no such role, or none is given.
        MissingError: This is not the name of a repository.
    """
    if not _REPOSITORY.fullmatch(repository):
        raise MissingError(unknown(repository))
    checked = check_role(role, repository)
    layouts = catalogue().layouts_of_roles[checked]
    name = repository.rpartition("/")[2]
    if entry(name) is not None:  # it would take the place of another model
        name = repository.replace("/", "--")
    return Entry(name, checked, repository, layouts)


def check_role(role: str | None, name: str) -> Role:
    """The role that was given for a model which the catalogue does not list.

    Raises:
        UsageError: There is no such role, or none is given.
    """
    if role not in ROLES:
        said = "" if role is None else f", not {role!r}"
        message = (
            f"{name} is not in the catalogue: say what it is for with --role and one of "
            f"{', '.join(repr(known) for known in ROLES)}{said}"
        )
        raise UsageError(message)
    if role == "aligner":  # it writes the letters of one language, and nothing here says of which
        names = [known.name for known in catalogue().models.values() if known.role == role]
        message = f"{name}: aligners are those of the catalogue: {', '.join(names)}"
        raise UsageError(message)
    return role


def is_plain_name(name: str) -> bool:
    """Whether a folder of the store may have this name."""
    return _NAME.fullmatch(name) is not None


def unknown(name: str, *, role: Role | None = None) -> str:
    """Say that there is no such model, and which ones have names like it.

    Args:
        name: What was asked for.
        role: Only models of this role are meant.
    """
    names = [known.name for known in catalogue().models.values() if role in (None, known.role)]
    near = get_close_matches(name.rpartition("/")[2], names, n=3, cutoff=0.6)
    near += [known for known in names if len(name) > 2 and name in known and known not in near]
    hint = f"did you mean {' or '.join(near[:3])}?" if near else f"there are: {', '.join(names)}"
    return f"no model is called {name!r}; {hint} (all: sentigram models list)"


def read_catalogue(text: str) -> Catalogue:
    """Read and check a catalogue.

    Raises:
        InputError: It has a wrong key or value; the message names it.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        _refuse("the file", f"not TOML ({error})")
    if table.get("format") != _FORMAT:
        _refuse("format", f"{table.get('format')!r} instead of {_FORMAT}")
    if set(table) != {"format", "layouts", "roles", "sets", "models"}:
        _refuse("the file", f"tables {sorted(table)}")
    layouts = {name: _layout(name, value) for name, value in table["layouts"].items()}
    if set(table["roles"]) != set(ROLES):
        _refuse("roles", f"{sorted(table['roles'])} instead of {sorted(ROLES)}")
    models = {name: _entry(name, value, layouts) for name, value in table["models"].items()}
    repositories = [model.repository for model in models.values()]
    twice = sorted({one for one in repositories if repositories.count(one) > 1})
    if twice:
        _refuse("models", f"{twice[0]} is listed twice")
    sets = {name: tuple(members) for name, members in table["sets"].items()}
    for name, members in sets.items():
        strange = [member for member in members if member not in models]
        if strange or not members:
            _refuse(f"sets.{name}", f"no model {strange}")
    if DEFAULT_SET not in sets:
        _refuse("sets", f"no set {DEFAULT_SET!r}")
    return Catalogue(
        MappingProxyType(models),
        MappingProxyType(sets),
        MappingProxyType(
            {role: _layouts(f"roles.{role}", table["roles"][role], layouts) for role in ROLES}
        ),
    )


def _layout(name: str, value: Mapping[str, Any]) -> Layout:
    if set(value) != {"needed", "optional"}:
        _refuse(f"layouts.{name}", "needs exactly the keys needed and optional")
    needed = tuple(tuple(tuple(alternative) for alternative in thing) for thing in value["needed"])
    optional = tuple(value["optional"])
    for file in (*optional, *(file for thing in needed for one in thing for file in one)):
        if not isinstance(file, str) or not file or file.startswith(("/", ".")):
            _refuse(f"layouts.{name}", f"{file!r} is not a file name")
    if not needed or not all(thing and all(thing) for thing in needed):
        _refuse(f"layouts.{name}.needed", "an empty list")
    return Layout(needed, optional)


def _layouts(where: str, names: Sequence[str], layouts: Mapping[str, Layout]) -> tuple[Layout, ...]:
    strange = [name for name in names if name not in layouts]
    if strange or not names:
        _refuse(where, f"no layout {strange}")
    return tuple(layouts[name] for name in names)


def _entry(name: str, value: Mapping[str, Any], layouts: Mapping[str, Layout]) -> Entry:
    where = f"models.{name}"
    if not is_plain_name(name):
        _refuse(where, "not a plain name")
    kinds = {**_REQUIRED, **_OPTIONAL}
    strange = [key for key in value if key not in kinds] or [
        key for key in _REQUIRED if key not in value
    ]
    if strange:
        _refuse(f"{where}.{strange[0]}", "an unknown or missing key")
    for key, given in value.items():
        if not isinstance(given, kinds[key]) or not given:
            _refuse(f"{where}.{key}", repr(given))
    if value["role"] not in ROLES:
        _refuse(f"{where}.role", repr(value["role"]))
    if not _REPOSITORY.fullmatch(value["repository"]):
        _refuse(f"{where}.repository", f"{value['repository']!r} is not OWNER/NAME")
    languages = tuple(value.get("languages", ()))
    if not all(isinstance(code, str) and re.fullmatch("[a-z]{2,3}", code) for code in languages):
        _refuse(f"{where}.languages", repr(languages))
    if value["role"] == "aligner" and not languages:
        _refuse(f"{where}.languages", "an aligner needs them")
    return Entry(
        name,
        value["role"],
        value["repository"],
        _layouts(f"{where}.layouts", value["layouts"], layouts),
        revision=value.get("revision", "main"),
        licence=value["licence"],
        licence_url=value.get("licence_url", ""),
        size_bytes=value["bytes"],
        languages=languages,
        address=value.get("address", ""),
        by_hand=value.get("by_hand", ""),
        sha256=_digests(where, value),
    )


def _digests(where: str, value: Mapping[str, Any]) -> Mapping[str, str]:
    """Of the files at an address, or of those that are brought by hand; none without either."""
    address, by_hand, digests = (value.get(key) for key in ("address", "by_hand", "sha256"))
    if bool(address or by_hand) != bool(digests) or (address or "https://")[:8] != "https://":
        _refuse(f"{where}.address", "needs https:// and a sha256 for each file")
    if address and by_hand:
        _refuse(f"{where}.by_hand", "it has an address")
    digests = digests or {}
    if not all(
        isinstance(digest, str) and _SHA256.fullmatch(digest) for digest in digests.values()
    ):
        _refuse(f"{where}.sha256", repr(digests))
    return MappingProxyType(digests)


def _refuse(where: str, what: str) -> NoReturn:
    message = f"catalogue.toml: {where}: {what}"
    raise InputError(message)
