"""Reads one theme file: every key known, every value of the right type and in range."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from sentigram.core.emotion import RAISED
from sentigram.core.style import N_LEVELS, Animation, Motion, Transform
from sentigram.errors import ThemeError
from sentigram.style.colour.contrast import parse_color

LEVELS_OF_EVIDENCE = ("strong", "moderate", "convention")
KINDS = ("base", "culture", "age", "profile")


@dataclass(frozen=True, slots=True)
class Citation:
    """Why a layer deviates: a sentence with its source, and how much the source carries."""

    text: str
    level: str


@dataclass(frozen=True, slots=True)
class _Number:
    low: float
    high: float
    is_int: bool = False

    def read(self, value: object) -> float | int:
        kinds = (int,) if self.is_int else (int, float)
        if (
            isinstance(value, bool)
            or not isinstance(value, kinds)
            or not (self.low <= value <= self.high)
        ):
            kind = "a whole number" if self.is_int else "a number"
            message = f"{value!r} is not {kind} from {self.low:g} to {self.high:g}"
            raise ValueError(message)
        return value if self.is_int else float(value)


@dataclass(frozen=True, slots=True)
class _Choice:
    names: tuple[str, ...]

    def read(self, value: object) -> str:
        if value not in self.names:
            near = _nearest(str(value), self.names)
            message = f"{value!r} is not one of {', '.join(self.names)}{near}"
            raise ValueError(message)
        return str(value)


@dataclass(frozen=True, slots=True)
class _Text:
    limit: int = 500

    def read(self, value: object) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > self.limit:
            message = f"{value!r} is not a text of 1 to {self.limit} characters"
            raise ValueError(message)
        if not value.isprintable():
            message = f"{value!r} holds control characters"
            raise ValueError(message)
        return value


class _Flag:
    def read(self, value: object) -> bool:
        if not isinstance(value, bool):
            message = f"{value!r} is not true or false"
            raise ValueError(message)  # noqa: TRY004  (all become ThemeError)
        return value


@dataclass(frozen=True, slots=True)
class _Color:
    may_be_none: bool = False

    def read(self, value: object) -> str:
        if self.may_be_none and value == "none":
            return ""
        return parse_color(value if isinstance(value, str) else repr(value))


_Kind = _Number | _Choice | _Text | _Flag | _Color

RULE: Mapping[str, _Kind] = {
    "family": _Text(80),
    "weight": _Number(100, 900, is_int=True),
    "italic": _Flag(),
    "size": _Number(0.5, 2.0),
    "fill": _Color(),
    "outline": _Color(),
    "transform": _Choice(get_args(Transform)),
    "spacing": _Number(-0.1, 0.5),
    "underline": _Flag(),
    "animation": _Choice(get_args(Animation)),
    "description": _Text(200),
}
_LEVEL = _Number(1, N_LEVELS, is_int=True)
TABLES: Mapping[str, Mapping[str, _Kind]] = {
    "scale": {
        "sentence": _Number(0, 1),
        "sentence_share": _Number(0.5, 1),
        "word": _Number(0, 2),
        "character": _Number(1, 1.5),
    },
    "from": dict.fromkeys(("family", "italic", "underline", "transform", "animation"), _LEVEL),
    "confidence": {
        "doubtful_below": _Number(0, 1),
        "italic": _Flag(),
        "underline": _Flag(),
    },
    "caption": {
        "line_chars": _Number(10, 60, is_int=True),
        "lines": _Number(1, 3, is_int=True),
        "cps": _Number(5, 40),
        "outline_em": _Number(0, 0.2),
        "size": _Number(0.5, 2),
        "weight_add": _Number(-300, 300, is_int=True),
        "spacing_add": _Number(-0.05, 0.1),
        "min_ms": _Number(0, 5000, is_int=True),
        "max_ms": _Number(1000, 20_000, is_int=True),
        "gap_frames": _Number(0, 25, is_int=True),
        "width": _Number(0.2, 1),
        "safe": _Number(0.5, 1),
        "bottom": _Number(0, 0.5),
        "sdh": _Flag(),
        "active": _Flag(),
        "box": _Color(may_be_none=True),
    },
}
TOP: Mapping[str, _Kind] = {
    "name": _Text(40),
    "kind": _Choice(KINDS),
    "extends": _Text(300),
    "description": _Text(),
    "confidence_floor": _Number(0, 1),
    "strong": _Number(0, 1),
    "min_run_ms": _Number(0, 10_000, is_int=True),
    "contrast": _Number(4.5, 15),
    "motion": _Choice(get_args(Motion)),
}
_EMOTION = _Text(32)


@dataclass(frozen=True, slots=True)
class Layer:
    """One theme file as it stands, before its parents.

    Attributes:
        path: Where it was read.
        top: Values outside any table.
        tables: scale, from, confidence and caption.
        rules: Values per emotion.
        evidence: Per (emotion or table, key), where the file gives it; the table "" holds what is
            outside any.
    """

    path: Path
    top: Mapping[str, Any]
    tables: Mapping[str, Mapping[str, Any]]
    rules: Mapping[str, Mapping[str, Any]]
    evidence: Mapping[tuple[str, str], Citation]

    @property
    def name(self) -> str:
        """What the file calls itself, else its file name."""
        return str(self.top.get("name", self.path.stem))

    def named(self) -> Iterator[tuple[str, str]]:
        """Every (emotion or table, key) that the file gives a value."""
        for place, values in (("", self.top), *self.tables.items(), *self.rules.items()):
            yield from ((place, key) for key in values)


def read_layer(path: Path) -> Layer:
    """Read and check one theme file; parents are not looked at.

    Raises:
        ThemeError: It cannot be read, is not TOML, or has a wrong key or value; the message
            names file, key and the nearest valid one.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"theme {path}: cannot be read: {error.strerror or error}"
        raise ThemeError(message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"theme {path}: not valid TOML: {error}"
        raise ThemeError(message) from error
    emotions = data.pop("emotion", {})
    tables = {name: data.pop(name) for name in TABLES if name in data}
    evidence: dict[tuple[str, str], Citation] = {}
    top = _read_table(
        _plain(data, TOP, path, "", evidence), TOP, path, "", extra=(*TABLES, "emotion")
    )
    return Layer(
        path=path,
        top=top,
        tables={
            name: _read_table(
                _plain(table, TABLES[name], path, name, evidence), TABLES[name], path, name
            )
            for name, table in tables.items()
        },
        rules=_read_rules(emotions, path, evidence),
        evidence=evidence,
    )


def _read_rules(
    emotions: object, path: Path, evidence: dict[tuple[str, str], Citation]
) -> dict[str, dict[str, Any]]:
    if not isinstance(emotions, dict):
        message = f"theme {path}: emotion: write one table per emotion, such as [emotion.anger]"
        raise ThemeError(message)
    rules = {}
    for emotion, rule in emotions.items():
        where = f"emotion.{emotion}"
        if not isinstance(rule, dict) or not (emotion == RAISED or _is_label(emotion)):
            message = (
                f"theme {path}: {where}: write a table such as [emotion.anger]; "
                f"names use lower-case letters, digits and _, or are {RAISED}"
            )
            raise ThemeError(message)
        plain = {
            key: _unwrap(value, path, f"{where}.{key}", (emotion, key), evidence)
            for key, value in rule.items()
        }
        rules[emotion] = _read_table(plain, RULE, path, where)
    return rules


def _plain(
    data: object,
    kinds: Mapping[str, _Kind],
    path: Path,
    where: str,
    evidence: dict[tuple[str, str], Citation],
) -> object:
    """A table with the values that carry evidence taken apart; unknown keys pass through."""
    if not isinstance(data, dict):
        return data
    return {
        key: _unwrap(value, path, f"{where}.{key}" if where else key, (where, key), evidence)
        if key in kinds
        else value
        for key, value in data.items()
    }


def _is_label(name: str) -> bool:
    return name.isascii() and name.isidentifier() and name.islower() and len(name) <= 32


def _unwrap(
    value: object,
    path: Path,
    where: str,
    key: tuple[str, str],
    evidence: dict[tuple[str, str], Citation],
) -> object:
    """Take `{ value, evidence, level }` apart; plain values pass through."""
    if not isinstance(value, dict):
        return value
    kinds: Mapping[str, _Kind] = {
        "value": _Text(),
        "evidence": _Text(1000),
        "level": _Choice(LEVELS_OF_EVIDENCE),
    }
    for name in value:
        if name not in kinds:
            raise ThemeError(_unknown(path, f"{where}.{name}", name, tuple(kinds)))
    if set(value) != set(kinds):
        lacking = ", ".join(sorted(set(kinds) - set(value)))
        message = f"theme {path}: {where}: {lacking} missing; write value, evidence and level"
        raise ThemeError(message)
    read = _read_table({k: v for k, v in value.items() if k != "value"}, kinds, path, where)
    evidence[key] = Citation(read["evidence"], read["level"])
    return value["value"]


def _read_table(
    data: object, kinds: Mapping[str, _Kind], path: Path, where: str, *, extra: tuple[str, ...] = ()
) -> dict[str, Any]:
    if not isinstance(data, dict):
        message = f"theme {path}: {where}: is {data!r}; write a table [{where}]"
        raise ThemeError(message)
    out = {}
    for key, value in data.items():
        full = f"{where}.{key}" if where else key
        if key not in kinds:
            raise ThemeError(_unknown(path, full, key, (*kinds, *extra)))
        try:
            out[key] = kinds[key].read(value)
        except ValueError as error:
            message = f"theme {path}: {full}: {error}"
            raise ThemeError(message) from error
    return out


def _unknown(path: Path, where: str, key: str, known: tuple[str, ...]) -> str:
    near = _nearest(key, known)
    return f"theme {path}: {where}: no such key{near or '; there are: ' + ', '.join(known)}"


def _nearest(word: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""
