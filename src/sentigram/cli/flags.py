"""The options of `render` and `batch`: made of the options that the stages declare."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from sentigram.jobs.asked import Asked, as_asked, asked
from sentigram.jobs.asked import settings_of as settings_of_asked
from sentigram.jobs.job import Settings

_VARIABLE = "SENTIGRAM_{}"


def parameter_of(each: Asked) -> inspect.Parameter:
    """The parameter that typer makes an option of."""
    option = each.option
    names = (f"--{each.name}",) if each.kind is bool else ()
    variable = _VARIABLE.format(each.name.replace("-", "_").upper())
    described = typer.Option(
        *names,
        help=option.help,
        envvar=variable if option.is_variable else None,
        min=option.least,
        max=option.most,
        rich_help_panel=option.panel,
    )
    return inspect.Parameter(
        _parameter(each.name),
        inspect.Parameter.KEYWORD_ONLY,
        default=each.typed_default,
        annotation=Annotated[each.typed, described],
    )


def typed_kinds() -> dict[str, Any]:
    """The type of what is typed for each option, by its name."""
    return {name: each.typed for name, each in asked().items()}


def as_flags(text: str) -> str:
    """A message with its options spelled as they are typed here."""
    return as_asked(text, "--{}")


def settings_of(given: Mapping[str, Any]) -> Settings:
    """What the work needs, of what was typed for each parameter.

    Raises:
        UsageError: A value is wrong.
    """
    return settings_of_asked({name: given[_parameter(name)] for name in asked()})


def with_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Turn a command's parameter `settings: Settings` into one option per field."""
    hints = get_type_hints(command, include_extras=True)
    own = [
        parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(command).parameters.items()
        if name != "settings"
    ]
    options = [parameter_of(each) for each in asked().values()]

    @wraps(command)
    def run(**given: Any) -> None:
        typed = {option.name: given.pop(option.name) for option in options}
        command(**given, settings=settings_of(typed))

    signature = inspect.Signature([*own, *options])
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
    del run.__wrapped__  # typer would read its signature
    return run


def _parameter(name: str) -> str:
    """What an option's parameter is called."""
    return name.replace("-", "_")
