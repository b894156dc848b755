"""The options of `render` and `batch`: made of the options that the stages declare."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache, wraps
from typing import Annotated, Any, Literal, get_origin, get_type_hints

import typer

from sentigram.core.option import Option, options_of, spelled
from sentigram.jobs.job import Settings

_VARIABLE = "SENTIGRAM_{}"


@dataclass(frozen=True, slots=True)
class _Flag:
    """An option as a parameter of a command.

    Attributes:
        owner: The dataclass that it is a field of.
        field: Its name there.
        kind: Its type there.
        default: Its default there.
        option: What is known of it.
    """

    owner: type
    field: str
    kind: Any
    default: Any
    option: Option

    @property
    def name(self) -> str:
        """What it is called, without the hyphens before it."""
        return self.option.name or self.field.replace("_", "-")

    @property
    def typed(self) -> Any:
        """The type of what is typed."""
        if self.option.read is None and get_origin(self.kind) is not Literal:
            return self.kind
        return str | None if self.default is None else str

    def parameter(self) -> inspect.Parameter:
        """The parameter that typer makes an option of."""
        option, default = self.option, self.default
        names = (f"--{self.name}",) if self.kind is bool else ()
        variable = _VARIABLE.format(self.name.replace("-", "_").upper())
        described = typer.Option(
            *names,
            help=option.help,
            envvar=variable if option.is_variable else None,
            min=option.least,
            max=option.most,
            rich_help_panel=option.panel,
        )
        if option.is_off:
            default = not default
        elif isinstance(default, tuple):
            joint = "," if all(isinstance(part, str) for part in default) else "x"
            default = joint.join(map(str, default))
        return inspect.Parameter(
            self.name.replace("-", "_"),
            inspect.Parameter.KEYWORD_ONLY,
            default=default,
            annotation=Annotated[self.typed, described],
        )

    def value(self, given: Any) -> Any:
        """The field's value, of what was typed.

        Raises:
            UsageError: It is none.
        """
        if self.option.is_off:
            return not given
        return given if given is None or self.option.read is None else self.option.read(given)


def _flags_of(kind: type) -> Iterator[_Flag]:
    """The options of a dataclass, and then those of the dataclasses in it."""
    defaults = {field.name: field.default for field in fields(kind)}
    for name, hint, option in options_of(kind):
        yield _Flag(kind, name, hint, defaults[name], option)
    for part in _parts(kind).values():
        yield from _flags_of(part)


def _parts(kind: type) -> dict[str, type]:
    """The fields of a dataclass that are options of a stage, and the dataclass of each."""
    made: dict[str, Any] = {field.name: field.default_factory for field in fields(kind)}
    return {name: part for name, part in made.items() if isinstance(part, type)}


@cache
def flags() -> tuple[_Flag, ...]:
    """All options of `render` and `batch`."""
    return tuple(_flags_of(Settings))


def typed_kinds() -> dict[str, Any]:
    """The type of what is typed for each option, by its name."""
    return {flag.name: flag.typed for flag in flags()}


def as_flags(text: str) -> str:
    """A message with its options spelled as they are typed here."""
    return spelled(text, _typed_names(), "--{}")


@cache
def _typed_names() -> dict[str, str]:
    """What messages call an option, and what it is called here; a few are one command's alone."""
    names = {"fix": "fix", "fps": "fps", "folder": "out", "report": "report"}
    names |= {"shard": "shard", "workers": "workers", "cluster": "cluster"}
    for flag in flags():
        names[f"{flag.field}=False" if flag.option.is_off else flag.field] = flag.name
        names[flag.name] = flag.name
    return names


def settings_of(given: Mapping[str, Any]) -> Settings:
    """What the work needs, of what was typed for each parameter.

    Raises:
        UsageError: A value is wrong.
    """
    values: dict[type, dict[str, Any]] = {}
    for flag in flags():
        typed = given[flag.name.replace("-", "_")]
        values.setdefault(flag.owner, {})[flag.field] = flag.value(typed)
    parts = {name: part(**values[part]) for name, part in _parts(Settings).items()}
    return Settings(**values[Settings], **parts)


def with_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Turn a command's parameter `settings: Settings` into one option per field."""
    hints = get_type_hints(command, include_extras=True)
    own = [
        parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(command).parameters.items()
        if name != "settings"
    ]
    options = [flag.parameter() for flag in flags()]

    @wraps(command)
    def run(**given: Any) -> None:
        typed = {option.name: given.pop(option.name) for option in options}
        command(**given, settings=settings_of(typed))

    signature = inspect.Signature([*own, *options])
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
    del run.__wrapped__  # typer would read its signature
    return run
