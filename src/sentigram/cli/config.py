"""`sentigram.toml`: defaults for options, one table per command.

Flags win over environment variables, these over the file, and the file over built-in defaults.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any

import typer

from sentigram.errors import UsageError

_NAME = "sentigram.toml"


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
    known = {name: [str(p.name) for p in command.params] for name, command in commands.items()}
    return {
        _known(command, list(known), f"{path}: table"): {
            _known(key.replace("-", "_"), known[command], f"{path}: [{command}]"): value
            for key, value in _table(options, f"{path}: [{command}]").items()
        }
        for command, options in data.items()
    }


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
