"""Reads JSON, TOML and YAML of strangers: of bounded size, depth, and length of numbers.

Parsers cost more than the file does: a TOML key of twenty thousand parts takes gigabytes, brackets
without end overflow the stack, and a number of a million digits takes minutes to print. So what
would be out of proportion is refused before it is parsed, with its place.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any, NoReturn

from sentigram.reading import Kind, read_text

DEEPEST = 40  # lists and tables within each other; ours are eight deep
_LONGEST_NUMBER = 40  # characters; a number of 64 bits has 20
_LONGEST_SHOWN = 20
_LINE = "\n"
# TOML: what is not structure, a number or a key of several parts, and how far brackets go.
_TOML = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*(?:"""|\Z)'
    r"|'''(?:[^']|'(?!''))*(?:'''|\Z)"
    r'|"(?:[^"\\\n]|\\.)*"?'
    r"|'[^'\n]*'?"
    r"|\#[^\n]*"
    r"|(?P<open>[\[{])|(?P<close>[\]}])|(?P<dot>\.)|(?P<end>[=\n,])"
    r"|(?P<plain>[^\s\"'#\[\]{}.=,]+)",
    re.DOTALL,
)


def read_json(path: Path, kind: Kind) -> Any:
    """Read a JSON file: see `json_of`.

    Raises:
        SentigramError: It is no regular file, too large or too deep: `kind.error`.
        OSError: It cannot be read.
        ValueError: It is not UTF-8, or not JSON.
    """
    return json_of(read_text(path, kind), kind, str(path))


def json_of(text: str, kind: Kind, name: str, *, is_strict: bool = False) -> Any:
    """Parse JSON.

    Args:
        text: It.
        kind: Of the file that it is from.
        name: How messages call it.
        is_strict: Refuse NaN and infinity, which JSON does not have and many programs write.

    Raises:
        SentigramError: It holds too much, or goes too deep.
        ValueError: It is not JSON, or has a number of thousands of digits.
    """
    n_values = 1 + text.count(",") + text.count("[") + text.count("{")
    if n_values > kind.most_values:
        _refuse_values(n_values, kind, name)

    constant = _refuse_constant if is_strict else float
    try:
        return json.loads(text, parse_constant=constant)
    except RecursionError:
        message = f"{name}: not {kind.name}: its lists and tables go too deep"
        raise kind.error(message) from None


def read_toml(path: Path, kind: Kind) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        SentigramError: It is no regular file, too large or too deep: `kind.error`.
        OSError: It cannot be read.
        ValueError: It is not UTF-8, or not TOML.
    """
    return toml_of(read_text(path, kind), kind, str(path))


def toml_of(text: str, kind: Kind, name: str) -> dict[str, Any]:
    """Parse TOML.

    Args:
        text: It.
        kind: Of the file that it is from.
        name: How messages call it.

    Raises:
        SentigramError: It is too deep, or holds too much: `kind.error`.
        ValueError: It is not TOML.
    """
    _check_toml(text, kind, name)
    return tomllib.loads(text)


def read_yaml(path: Path, kind: Kind) -> Any:
    """Read a YAML file: see `yaml_of`.

    Raises:
        SentigramError: It is no regular file, or see `yaml_of`: `kind.error`.
        OSError: It cannot be read.
        ValueError: It is not UTF-8, or not YAML.
    """
    return yaml_of(read_text(path, kind), kind, str(path))


def yaml_of(text: str, kind: Kind, name: str) -> Any:
    """Parse YAML.

    Args:
        text: It.
        kind: Of the file that it is from.
        name: How messages call it.

    Raises:
        SentigramError: It holds too much, goes too deep, has a number out of proportion, or
            something that stands for another part of it (`*name`).
        ValueError: It is not YAML.
    """
    import yaml

    try:
        _check_yaml(text, kind, name)
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _check_yaml(text: str, kind: Kind, name: str) -> None:
    """Look through YAML without making anything of it."""
    import yaml

    deep = 0
    for n_values, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        where = name if event.start_mark is None else f"{name}: line {event.start_mark.line + 1}"
        if isinstance(event, yaml.AliasEvent):
            message = f"{where}: `*{event.anchor:.40}` stands for another part; write that out"
            raise kind.error(message)
        if isinstance(event, yaml.CollectionStartEvent):
            deep += 1
            _check_depth(deep, kind, where)
        elif isinstance(event, yaml.CollectionEndEvent):
            deep -= 1
        elif isinstance(event, yaml.ScalarEvent) and event.implicit[0]:
            _check_number(event.value, kind, where)
        if n_values > kind.most_values:
            _refuse_values(n_values, kind, where)


def _check_toml(text: str, kind: Kind, name: str) -> None:
    """Look through TOML without making anything of it."""
    deep = n_parts = 0
    n_values = 1 + text.count("=") + text.count(",") + text.count("[")
    if n_values > kind.most_values:
        _refuse_values(n_values, kind, name)
    for match in _TOML.finditer(text):
        group = match.lastgroup
        if group == "open":
            deep += 1
        elif group == "close":
            deep = max(0, deep - 1)
        elif group == "dot":
            n_parts += 1
        elif group == "end":
            n_parts = 0
        if max(deep, n_parts) > DEEPEST or (group == "plain" and len(match[0]) > _LONGEST_NUMBER):
            where = f"{name}: line {text.count(_LINE, 0, match.start()) + 1}"
            _check_depth(max(deep, n_parts), kind, where)
            _check_number(match[0], kind, where)


def _check_depth(deep: int, kind: Kind, where: str) -> None:
    if deep > DEEPEST:
        message = f"{where}: goes deeper than the {DEEPEST} levels that are read of {kind.name}"
        raise kind.error(message)


def _check_number(text: str, kind: Kind, where: str) -> None:
    if len(text) > _LONGEST_NUMBER and text.lstrip("+-")[:1].isdigit():
        message = f"{where}: a number of {len(text):,} characters ({text[:_LONGEST_SHOWN]}…)"
        raise kind.error(message)


def _refuse_values(n_values: int, kind: Kind, where: str) -> NoReturn:
    message = (
        f"{where}: holds {n_values:,} values or so, where {kind.most_values:,} are the most that "
        f"are read of {kind.name} ({kind.why})"
    )
    raise kind.error(message)


def _refuse_constant(text: str) -> float:
    message = f"{text} is not a JSON number"
    raise ValueError(message)
