"""What a person may set: a field of a frozen dataclass, with what it is for beside it.

    crf: Annotated[int, Option("Quality; smaller is better.", panel="Video", least=0)] = 20

Each option is declared once, in the room that uses it. The command line makes its flags of these
fields, and Python sets them by name. Messages name an option between backticks as Python does,
"`clip_width 20`: …" or "`vad=False`": the command line knows how it is typed there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

from sentigram.errors import UsageError

_NAMED = re.compile(r"`([a-z][a-z_-]*(?:=False)?)([^`]*)`")


@dataclass(frozen=True, slots=True)
class Option:
    """What goes with a field of options.

    Attributes:
        help: One line for whoever asks what it is.
        panel: The group that it is listed in.
        name: What it is called outside Python, "" for the field's name with hyphens.
        is_variable: The environment may set it: SENTIGRAM_NAME.
        least: The smallest number, None for any.
        most: The largest number, None for any.
        is_off: Naming it turns the field off: `no-vad`.
        read: Makes the value of a text that a person wrote, where a text is not the value.
    """

    help: str
    panel: str
    name: str = ""
    is_variable: bool = False
    least: float | None = None
    most: float | None = None
    is_off: bool = False
    read: Callable[[str], Any] | None = None


def options_of(kind: type) -> Iterator[tuple[str, Any, Option]]:
    """Field, type and description of each option of a dataclass, in its order."""
    hints = get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        for described in getattr(hints[field.name], "__metadata__", ()):
            if isinstance(described, Option):
                yield field.name, hints[field.name].__origin__, described


def settle(options: Any) -> None:
    """Take values as a person writes them, a text for a list or a path, and check the numbers.

    Args:
        options: A frozen dataclass that is being made.

    Raises:
        UsageError: A number is too small or too large, or no number; a text says nothing.
    """
    for field, kind, option in options_of(type(options)):
        value = getattr(options, field)
        if isinstance(value, str) and option.read is not None:
            object.__setattr__(options, field, option.read(value))
        elif isinstance(value, str) and Path in get_args(kind):
            object.__setattr__(options, field, Path(value))
        elif option.least is not None and option.most is not None and value is not None:
            is_number = isinstance(value, int | float)
            if not is_number or not option.least <= value <= option.most:
                message = f"`{field} {value!r}`: choose from {option.least:g} to {option.most:g}"
                raise UsageError(message)


def spelled(text: str, names: Mapping[str, str], form: str) -> str:
    """A message with its options as somebody knows them.

    Args:
        text: With options between backticks.
        names: What is named, and what it is called there; nothing else between backticks is
            touched.
        form: How one is written, such as `--{}`.
    """
    return _NAMED.sub(
        lambda found: form.format(names[found[1]]) + found[2] if found[1] in names else found[0],
        text,
    )


def one_of(name: str, value: str, allowed: Collection[str]) -> None:
    """Make sure that a value is one of several.

    Raises:
        UsageError: It is not.
    """
    if value not in allowed:
        message = f"`{name} {value!r}`: choose from {', '.join(allowed)}"
        raise UsageError(message)


def listed(text: str) -> tuple[str, ...]:
    """The parts of a comma-separated list."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
