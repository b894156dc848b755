"""Numbers of caption guides, with the page that each was read on, and when."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

OTHER = "other"  # stands for every language that has no speed of its own


@dataclass(frozen=True, slots=True)
class GuidePage:
    """A page of a guide or standard.

    Attributes:
        id: What numbers and rules call it.
        title: Whose it is, and its name.
        url: Where it is.
        read: Year and month in which it was read, of a standard those of its edition: `2026-08`.
    """

    id: str
    title: str
    url: str
    read: str


@dataclass(frozen=True, slots=True)
class GuideNumber:
    """A number that a guide asks for.

    Attributes:
        key: Of a theme: `min_ms` of [caption], or `contrast`.
        value: In the unit of the key.
        page: Id of the page that says it.
        language: ISO 639-1 of the language that it is for, "" for any.
        theme: The theme file that takes it, "" where the layout does.
    """

    key: str
    value: float
    page: str
    language: str = ""
    theme: str = ""


@dataclass(frozen=True, slots=True)
class ReadingSpeed:
    """Reading speeds of a language, characters a second.

    Attributes:
        language: ISO 639-1, or `OTHER`.
        adult: Of programmes for adults.
        child: Of programmes for children.
        sdh_adult: For deaf and hard-of-hearing adults.
        sdh_child: For deaf and hard-of-hearing children.
        page: Id of the page that says so.
    """

    language: str
    adult: float
    child: float
    sdh_adult: float
    sdh_child: float
    page: str


@dataclass(frozen=True, slots=True)
class GuideDashes:
    """How two people who speak in one cue are told apart.

    Attributes:
        first: What the first one's line begins with, its space included; "" for nothing.
        second: What the second one's begins with.
        page: Id of the page that says so.
        languages: ISO 639-1; `OTHER` for all that are not named.
    """

    first: str
    second: str
    page: str
    languages: tuple[str, ...]


@cache
def pages() -> Mapping[str, GuidePage]:
    """Every page by its id."""
    rows = _table()["page"].items()
    return MappingProxyType({name: GuidePage(id=name, **row) for name, row in rows})


@cache
def numbers() -> tuple[GuideNumber, ...]:
    """Every number but reading speeds, in the order of guides.toml."""
    return tuple(GuideNumber(**row) for row in _table()["number"])


@cache
def speeds() -> Mapping[str, ReadingSpeed]:
    """Reading speeds by language."""
    rows = _table()["speed"]
    return MappingProxyType({row["language"]: ReadingSpeed(**row) for row in rows})


@cache
def dash_rules() -> tuple[GuideDashes, ...]:
    """How guides write two speakers, in the order of guides.toml."""
    rows = _table()["dashes"]
    return tuple(GuideDashes(**{**row, "languages": tuple(row["languages"])}) for row in rows)


def dashes(language: str) -> GuideDashes:
    """How a language writes two speakers in one cue; "" where the language is unknown."""
    known = {name: rule for rule in dash_rules() for name in rule.languages}
    return known.get(language, known[OTHER])


@cache
def by_language(key: str) -> Mapping[str, int]:
    """The numbers that languages have for a key of [caption]."""
    found = (one for one in numbers() if one.language and one.key == key)
    return MappingProxyType({one.language: int(one.value) for one in found})


@cache
def _table() -> dict[str, Any]:
    path = resources.files("sentigram.style.layout").joinpath("guides.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))
