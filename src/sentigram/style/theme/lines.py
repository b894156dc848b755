"""In which line of a TOML file each key stands, to tell people where they are wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping

_NAME = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"({_NAME}(?:\s*\.\s*{_NAME})*)"
_HEADER = re.compile(rf"\s*\[\[?\s*{_DOTTED}\s*\]")
_KEY = re.compile(rf"\s*{_DOTTED}\s*=(.*)")
_PARTS = re.compile(_NAME)
_LONG_TEXTS = ('"""', "'''")

Where = tuple[str, ...]


def lines_of(text: str) -> Mapping[Where, int]:
    """Numbers of lines, from 1, by table and key; what stands inside braces has that of its key."""
    found: dict[Where, int] = {}
    table: Where = ()
    closing = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if closing:
            closing = "" if closing in line else closing
        elif header := _HEADER.match(line):
            table = tuple(_parts(header[1]))
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, *_parts(key[1])), number)
            mark = next((mark for mark in _LONG_TEXTS if key[2].count(mark) == 1), "")
            closing = mark
    return found


def line_of(where: Where, lines: Mapping[Where, int]) -> int:
    """The line of a key, else of the nearest table around it; 0 for none."""
    while where and where not in lines:
        where = where[:-1]
    return lines.get(where, 0)


def _parts(dotted: str) -> Iterator[str]:
    for found in _PARTS.finditer(dotted):
        name = found.group()
        yield tomllib.loads(f"name = {name}")["name"] if name[0] in "\"'" else name
