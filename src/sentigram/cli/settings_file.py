"""`sentigram.toml`: defaults for options, one table per command.

Flags win over environment variables, these over the file, and the file over built-in defaults.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any, get_args

import typer

from sentigram.cli.flags import typed_kinds
from sentigram.errors import UsageError

_NAME = "sentigram.toml"
_COMMANDS = ("render", "batch", "doctor")  # training has its settings in experiment files
_KINDS = {**typed_kinds(), "report": str}


def defaults(ctx: typer.Context) -> dict[str, Any]:
    """Read the settings file of this folder, or the one that SENTIGRAM_CONFIG names.

    Raises:
        UsageError: The file cannot be read, or it names a command or option that does not exist.
    """
    named = os.environ.get("SENTIGRAM_CONFIG")
    path = Path(named) if named else Path(_NAME)
    if not named and not path.is_file():
        return {}
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{path}: cannot be read as settings ({error})"
        raise UsageError(message) from error
    commands = getattr(ctx.command, "commands", {})
    known = {name: _options(commands[name]) for name in _COMMANDS if name in commands}
    settings: dict[str, Any] = {}
    for command, table in data.items():
        options = known[_known(command, list(known), f"{path}: table")]
        where = f"{path}: [{command}]"
        settings[command] = {
            options[_known(key.replace("_", "-"), list(options), where)]: _checked(
                key.replace("_", "-"), value, f"{where}: {key}"
            )
            for key, value in _table(table, where).items()
        }
    return settings


def _options(command: Any) -> dict[str, str]:
    """Options of a command, as they are typed, and the parameters that they set."""
    return {
        flag.removeprefix("--"): str(parameter.name)
        for parameter in command.params
        for flag in parameter.opts
        if flag.startswith("--") and not hasattr(command, "commands") and not parameter.is_eager
    }


def _checked(option: str, value: object, where: str) -> object:
    """A value of the type that its option takes; typer would turn a list into a string."""
    hint = _KINDS.get(option, bool)  # what the commands add is --json or --quiet
    wanted: type = next((t for t in (bool, int, float) if hint is t or t in get_args(hint)), str)
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:
        name = {
            bool: "true or false",
            int: "a whole number",
            float: "a number",
            str: "a text in quotes",
        }[wanted]
        message = f"{where}: {value!r} is not {name}"
        raise UsageError(message)
    return value


def _known(name: str, allowed: list[str], where: str) -> str:
    if name in allowed:
        return name
    near = difflib.get_close_matches(name, allowed, n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; there are: {', '.join(sorted(allowed))}"
    message = f"{where}: no {name!r}{hint}"
    raise UsageError(message)


def _table(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        message = f"{where}: must be a table, such as [render]"
        raise UsageError(message)
    return value
