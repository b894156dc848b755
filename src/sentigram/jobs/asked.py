"""What a job may be asked for: the options of `Settings` by the names that are typed.

The command line makes its flags of them, and the server the fields of its forms; both make a
`Settings` here of what they were given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal, get_args, get_origin

from sentigram.core.option import Option, options_of, spelled
from sentigram.errors import UsageError
from sentigram.jobs.job import Settings

_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0", "")
_KINDS: Mapping[type, str] = {int: "a whole number", float: "a number"}


@dataclass(frozen=True, slots=True)
class Asked:
    """An option of the work.

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

    @property
    def choices(self) -> tuple[str, ...]:
        """What may be typed, where that is a choice of a few; else nothing."""
        return get_args(self.kind) if get_origin(self.kind) is Literal else ()

    @property
    def typed_default(self) -> Any:
        """The default, as it would be typed."""
        if self.option.is_off:
            return not self.default
        if isinstance(self.default, tuple):
            joint = "," if all(isinstance(part, str) for part in self.default) else "x"
            return joint.join(map(str, self.default))
        return self.default

    def value(self, given: Any) -> Any:
        """The field's value, of what was typed.

        Raises:
            UsageError: It is none.
        """
        if self.option.is_off:
            return not given
        return given if given is None or self.option.read is None else self.option.read(given)

    def of_text(self, text: str) -> Any:
        """What was typed, of a text where all is text, as in a form.

        Raises:
            UsageError: It is no number, or neither yes nor no.
        """
        wanted = next(
            (t for t in (bool, int, float) if self.typed is t or t in get_args(self.typed)), str
        )
        if wanted is bool:
            if text.lower() not in (*_YES, *_NO):
                message = f"`{self.name} {text!r:.50}`: choose true or false"
                raise UsageError(message)
            return text.lower() in _YES
        if not text and self.default is None:
            return None
        try:
            return wanted(text)
        except ValueError as error:
            message = f"`{self.name} {text!r:.50}`: is not {_KINDS[wanted]}"
            raise UsageError(message) from error


@cache
def asked() -> Mapping[str, Asked]:
    """All options of the work, by name, in the order in which stages declare them."""
    return {each.name: each for each in asked_of(Settings)}


def settings_of(given: Mapping[str, Any]) -> Settings:
    """What the work needs, of what was typed for each option; the others have their defaults.

    Args:
        given: By name, of the type that is typed.

    Raises:
        UsageError: A value is wrong.
    """
    values: dict[type, dict[str, Any]] = {}
    for name, typed in given.items():
        each = asked()[name]
        values.setdefault(each.owner, {})[each.field] = each.value(typed)
    parts = {name: part(**values.get(part, {})) for name, part in _parts(Settings).items()}
    return Settings(**values.get(Settings, {}), **parts)


def settings_of_texts(given: Mapping[str, str]) -> Settings:
    """The same of texts.

    Raises:
        UsageError: There is no such option, or a value is wrong.
    """
    unknown = [name for name in given if name not in asked()]
    if unknown:
        message = f"no option is called {unknown[0]!r:.50}; there are: {', '.join(asked())}"
        raise UsageError(message)
    return settings_of({name: asked()[name].of_text(text) for name, text in given.items()})


def as_asked(text: str, form: str) -> str:
    """A message with its options spelled as they are asked for.

    Args:
        text: With options between backticks.
        form: How one is written, such as `--{}`.
    """
    return spelled(text, _names(), form)


@cache
def _names() -> dict[str, str]:
    """What messages call an option, and what it is called here; a few are `check`'s alone."""
    names = {"fix": "fix", "fps": "fps", "folder": "out", "report": "report"}
    names |= {"shard": "shard", "workers": "workers", "cluster": "cluster"}
    for each in asked().values():
        names[f"{each.field}=False" if each.option.is_off else each.field] = each.name
        names[each.name] = each.name
    return names


def asked_of(kind: type) -> Iterator[Asked]:
    """The options of a dataclass, and then those of the dataclasses in it."""
    defaults = {field.name: field.default for field in fields(kind)}
    for name, hint, option in options_of(kind):
        yield Asked(kind, name, hint, defaults[name], option)
    for part in _parts(kind).values():
        yield from asked_of(part)


def _parts(kind: type) -> dict[str, type]:
    """The fields of a dataclass that are options of a stage, and the dataclass of each."""
    made: dict[str, Any] = {field.name: field.default_factory for field in fields(kind)}
    return {name: part for name, part in made.items() if isinstance(part, type)}
