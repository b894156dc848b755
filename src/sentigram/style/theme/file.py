"""Reads one theme file: every key known, every value of the right type and in range.

All that is wrong with a file is told at once, each with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sentigram.core.emotion import RAISED
from sentigram.data_files import toml_of
from sentigram.errors import ThemeError
from sentigram.reading import THEME, read_text
from sentigram.style.keywords import MOST_SELECTORS
from sentigram.style.text import fonts
from sentigram.style.text.own_fonts import read_face
from sentigram.style.theme.keys import (
    DIMENSION,
    DIMENSION_TABLE,
    DIMENSIONS,
    EMOTION,
    EVIDENCE,
    FONTS,
    RULE,
    SELECT,
    SELECTOR,
    TABLES,
    TOP,
    Kind,
    nearest,
)
from sentigram.style.theme.lines import Where, line_of, lines_of

_FAMILY = re.compile(r"\w[\w -]{0,39}")
_MOST_FAMILIES, _MOST_FILES = 8, 16


@dataclass(frozen=True, slots=True)
class Citation:
    """Why a layer deviates: a sentence with its source, and how much the source carries."""

    text: str
    level: str


@dataclass(frozen=True, slots=True)
class Layer:
    """One theme file as it stands, before its parents.

    Attributes:
        path: Where it was read.
        top: Values outside any table.
        tables: scale, from, confidence and caption.
        rules: Values per emotion.
        dimensions: Values per dimension, in the order of the file.
        evidence: Per (emotion or table, key), where the file gives it; the table "" holds what is
            outside any.
        selectors: Values per selector of words.
        faces: Of the fonts that it brings.
        problems: What is wrong with it, a line each; values that are wrong are left out.
        lines: Where its keys stand.
    """

    path: Path
    top: Mapping[str, Any]
    tables: Mapping[str, Mapping[str, Any]]
    rules: Mapping[str, Mapping[str, Any]]
    evidence: Mapping[tuple[str, str], Citation]
    selectors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    dimensions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    faces: tuple[fonts.Face, ...] = ()
    problems: tuple[str, ...] = ()
    lines: Mapping[Where, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the file calls itself, else its file name."""
        return str(self.top.get("name", self.path.stem))

    def named(self) -> Iterator[tuple[str, str]]:
        """Every (emotion or table, key) that the file gives a value."""
        dimensions = ((_place(name), values) for name, values in self.dimensions.items())
        places = (("", self.top), *self.tables.items(), *self.rules.items(), *dimensions)
        for place, values in places:
            yield from ((place, key) for key in values)

    def value(self, where: tuple[str, str]) -> object:
        """What the file gives a key of `named`."""
        place, key = where
        dimensions = {_place(name): values for name, values in self.dimensions.items()}
        found = self.tables.get(place) or self.rules.get(place) or dimensions.get(place)
        return (found or self.top)[key]

    def problem(self, where: Where, message: str) -> str:
        """A line about something wrong in the file."""
        return told(self.path, where, self.lines, message)


def _place(dimension: str) -> str:
    """How a dimension is named beside emotions and tables."""
    return f"{DIMENSION_TABLE}.{dimension}"


def told(path: Path, where: Where, lines: Mapping[Where, int], message: str) -> str:
    """File, line, key and what is wrong there."""
    line = line_of(where, lines)
    at = f"{path}:{line}" if line else f"{path}"
    return f"theme {at}: {'.'.join(where)}: {message}"


def read_layer(path: Path) -> Layer:
    """Read and check one theme file; parents are not looked at.

    Returns:
        The layer with all that is wrong in its keys and values; each names file, line, key and the
        nearest valid one.

    Raises:
        ThemeError: It cannot be read, or is not TOML.
    """
    try:
        text = read_text(path, THEME)
        table = toml_of(text, THEME, str(path))
    except OSError as error:
        message = f"theme {path}: cannot be read: {error.strerror or error}"
        raise ThemeError(message) from error
    except ValueError as error:
        message = f"theme {path}: not valid TOML: {error}"
        raise ThemeError(message) from error
    return _Reader(path, lines_of(text)).layer(table)


class _Reader:
    """Collects values, evidence and problems of one file."""

    def __init__(self, path: Path, lines: Mapping[Where, int]) -> None:
        self._path = path
        self._lines = lines
        self._problems: list[str] = []
        self._evidence: dict[tuple[str, str], Citation] = {}

    def layer(self, data: dict[str, Any]) -> Layer:
        """The layer of a parsed file."""
        emotions, own_fonts = data.pop(EMOTION, {}), data.pop(FONTS, {})
        dimensions = self._dimensions(data.pop(DIMENSION_TABLE, {}))
        selectors = self._selectors(data.pop(SELECT, {}))
        tables = {name: data.pop(name) for name in TABLES if name in data}
        top = self._table(data, TOP, "", also=(*TABLES, EMOTION, DIMENSION_TABLE, SELECT, FONTS))
        read = {name: self._table(table, TABLES[name], name) for name, table in tables.items()}
        rules = self._rules(emotions)
        faces = tuple(self._faces(own_fonts))
        return Layer(
            path=self._path,
            top=top,
            tables=read,
            rules=rules,
            dimensions=dimensions,
            evidence=self._evidence,
            selectors=selectors,
            faces=faces,
            problems=tuple(self._problems),
            lines=self._lines,
        )

    def _wrong(self, where: Where, message: str) -> None:
        self._problems.append(told(self._path, where, self._lines, message))

    def _rules(self, emotions: object) -> dict[str, dict[str, Any]]:
        if not isinstance(emotions, dict):
            self._wrong((EMOTION,), "write one table per emotion, such as [emotion.anger]")
            return {}
        rules = {}
        for emotion, rule in emotions.items():
            if isinstance(rule, dict) and (emotion == RAISED or _is_label(emotion)):
                rules[emotion] = self._table(rule, RULE, emotion, within=(EMOTION,))
            else:
                self._wrong(
                    (EMOTION, emotion),
                    "write a table such as [emotion.anger]; "
                    f"names use lower-case letters, digits and _, or are {RAISED}",
                )
        return rules

    def _selectors(self, given: object) -> dict[str, dict[str, Any]]:
        if not isinstance(given, dict):
            self._wrong((SELECT,), "write one table per kind of word, such as [select.names]")
            return {}
        if len(given) > MOST_SELECTORS:
            self._wrong((SELECT,), f"has more than {MOST_SELECTORS} tables")
            return {}
        found = {}
        for name, table in given.items():
            if not (isinstance(table, dict) and _is_label(name)):
                message = "write a table such as [select.names]; names use a-z, digits and _"
                self._wrong((SELECT, name), message)
                continue
            values = self._table(table, SELECTOR, name, within=(SELECT,))
            if "match" not in table and "tag" not in table:
                message = 'match is missing: match = ["never", "climat*"], or tag = ["NOUN"]'
                self._wrong((SELECT, name), message)
            found[name] = values
        return found

    def _dimensions(self, tables: object) -> dict[str, dict[str, Any]]:
        example = f"[{DIMENSION_TABLE}.valence]"
        if not isinstance(tables, dict):
            self._wrong((DIMENSION_TABLE,), f"write one table per dimension, such as {example}")
            return {}
        read = {}
        for name, table in tables.items():
            if name in DIMENSIONS:
                read[name] = self._table(table, DIMENSION, name, within=(DIMENSION_TABLE,))
                continue
            known = tuple(DIMENSIONS)
            message = f"no such dimension{nearest(name, known) or _listing(known)}"
            self._wrong((DIMENSION_TABLE, name), message)
        return read

    def _table(
        self,
        data: object,
        kinds: Mapping[str, Kind],
        name: str,
        *,
        within: Where = (),
        also: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        """The values of a table that are right; "" for what is outside any."""
        place = (*within, name) if name else within
        if not isinstance(data, dict):
            self._wrong(place, f"is {data!r}; write a table [{name}]")
            return {}
        out = {}
        for key, value in data.items():
            where = (*place, key)
            if key not in kinds:
                known = (*kinds, *also)
                self._wrong(where, f"no such key{nearest(key, known) or _listing(known)}")
                continue
            named = _place(name) if within == (DIMENSION_TABLE,) else name
            plain = self._unwrapped(value, where, (named, key))
            if plain is None:
                continue
            try:
                out[key] = kinds[key].read(plain)
            except ValueError as error:
                self._wrong(where, str(error))
        return out

    def _unwrapped(self, value: object, where: Where, key: tuple[str, str]) -> object:
        """Take `{ value, evidence, level }` apart; None where that is wrong."""
        if not isinstance(value, dict):
            return value
        before = len(self._problems)
        for name in value:
            if name not in EVIDENCE:
                hint = nearest(name, tuple(EVIDENCE)) or _listing(tuple(EVIDENCE))
                self._wrong((*where, name), f"no such key{hint}")
        lacking = sorted(set(EVIDENCE) - set(value))
        if lacking:
            message = f"{', '.join(lacking)} missing; write value, evidence and level"
            self._wrong(where, message)
        read = {}
        for name in ("evidence", "level"):
            try:
                read[name] = str(EVIDENCE[name].read(value.get(name, "")))
            except ValueError as error:
                if name in value:
                    self._wrong((*where, name), str(error))
        if len(self._problems) > before:
            return None
        self._evidence[key] = Citation(read["evidence"], read["level"])
        found: object = value["value"]
        return found

    def _faces(self, families: object) -> Iterator[fonts.Face]:
        """The faces of the families that the file brings."""
        if not isinstance(families, dict):
            self._wrong((FONTS,), f"is {families!r}; write a table [{FONTS}]")
            return
        if len(families) > _MOST_FAMILIES:
            self._wrong((FONTS,), f"has more than {_MOST_FAMILIES} families")
            return
        for family, files in families.items():
            where = (FONTS, family)
            if not _FAMILY.fullmatch(family):
                self._wrong(where, "a family has up to 40 letters, digits, spaces, - and _")
            elif family in fonts.shipped_families():
                self._wrong(where, "a family of this name ships; choose another name")
            elif not _is_list_of_names(files):
                example = f'"{family}" = ["{family.replace(" ", "")}-Regular.ttf"]'
                self._wrong(where, f"write 1 to {_MOST_FILES} files: {example}")
            else:
                yield from self._family(family, files, where)

    def _family(self, family: str, files: list[str], where: Where) -> Iterator[fonts.Face]:
        home = self._path.resolve().parent
        seen: dict[tuple[int, bool], str] = {}
        for name in files:
            path = (home / name).resolve()
            if not path.is_relative_to(home):
                self._wrong(where, f"{name!r} is outside the folder of the theme")
                continue
            try:
                face = read_face(path, family)
            except ValueError as error:
                self._wrong(where, f"{name!r} {error}")
                continue
            other = seen.setdefault((face.weight, face.italic), name)
            if other != name:
                slant = " italic" if face.italic else ""
                message = f"{other!r} and {name!r} are both of weight {face.weight}{slant}"
                self._wrong(where, f"{message}; leave one out")
                continue
            yield face


def _is_list_of_names(files: object) -> bool:
    return (
        isinstance(files, list)
        and 1 <= len(files) <= _MOST_FILES
        and all(isinstance(name, str) and name and name.isprintable() for name in files)
    )


def _is_label(name: str) -> bool:
    return name.isascii() and name.isidentifier() and name.islower() and len(name) <= 32


def _listing(known: tuple[str, ...]) -> str:
    return f"; there are: {', '.join(known)}"
