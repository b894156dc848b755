"""`sentigram.toml`: defaults for options, one table per command.

Flags win over environment variables, these over the file, and the file over built-in defaults.

The file of a folder may be a stranger's, who gave away the folder. So the file in use is named, and
what lies in a folder says how things are heard and how they look; it does not name places outside
of the folder, replace files or silence messages. A file that SENTIGRAM_CONFIG names may do all.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Any, get_args

import typer

from sentigram.cli.flags import typed_kinds
from sentigram.data_files import read_toml
from sentigram.errors import UsageError
from sentigram.reading import SETTINGS, real

VARIABLE = "SENTIGRAM_CONFIG"
_NAME = "sentigram.toml"
_COMMANDS = ("render", "batch")  # training has its settings in experiment files
_KINDS = {**typed_kinds(), "report": str}
_NEVER = ("overwrite", "quiet", "rehear")  # of a folder's own file
_PLACES = ("report", "audio-model", "text-model", "whisper-model")  # and all that are paths


def defaults(ctx: typer.Context, command: str) -> dict[str, Any]:
    """Read the settings file of this folder, or the one that SENTIGRAM_CONFIG names; name it.

    Args:
        ctx: Of the program.
        command: What is going to run; nothing is read for those that have no settings.

    Raises:
        UsageError: The file cannot be read, names a command or option that does not exist, or
            wants what a folder's own file may not.
        InputError: It is not a regular file, or larger or deeper than settings are.
    """
    named = os.environ.get(VARIABLE)
    path = Path(named) if named else Path(_NAME)
    if command not in _COMMANDS or not (named or os.path.lexists(path)):
        return {}
    settings = _read(path, ctx)
    if not named:
        for option, value in settings.get(command, {}).items():
            _check_own(option.replace("_", "-"), value, path, command)
    from sentigram.cli.reporter import say

    say(f"settings from {path}")
    return settings


def _check_own(option: str, value: object, path: Path, command: str) -> None:
    """Refuse what the file of a folder may not say.

    Raises:
        UsageError: It says it.
    """
    where = f"{path}: [{command}]: {option}"
    remedy = f"give it on the command line, or trust the whole file: {VARIABLE}={path}"
    if option in _NEVER and value:
        message = f"{where}: a folder's own file may not set it; {remedy}"
        raise UsageError(message)
    if (option in _PLACES or Path in get_args(_KINDS.get(option))) and value:
        folder = real(path.absolute().parent)
        if not real(folder / str(value)).is_relative_to(folder):
            message = f"{where}: {value!r} leads out of the folder of this file; {remedy}"
            raise UsageError(message)


def _read(path: Path, ctx: typer.Context) -> dict[str, dict[str, Any]]:
    """All tables of a file, checked: parameters and their values, by command."""
    try:
        data = read_toml(path, SETTINGS)
    except (OSError, ValueError) as error:
        message = f"{path}: cannot be read as settings ({error})"
        raise UsageError(message) from error
    commands = getattr(ctx.command, "commands", {})
    known = {name: _options(commands[name]) for name in _COMMANDS if name in commands}
    settings: dict[str, dict[str, Any]] = {}
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
