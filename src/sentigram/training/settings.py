"""Every setting of an experiment with its type, default and meaning, from the classes themselves.

Meanings are the Attributes sections of the settings' docstrings: they are written nowhere else.
`docs/config.md` is what `sentigram train --explain-settings` prints.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sentigram.emotion.networks.config import NetworkConfig
from sentigram.emotion.networks.registry import DEFAULT_FAMILY, FAMILIES, network_config
from sentigram.training.config import ExperimentConfig

_WIDTH = 98
_KINDS: Mapping[Any, str] = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    Path: "path",
    NoneType: "null",
    Any: "any",
}
_OF_FEATURES = ("family", "widths")  # the one names the section, the others are not set by hand
_OF_WHOLE = (*_OF_FEATURES, "vad_head")  # not of networks inside of networks
_BELOW = "as below"
_BOUNDS = (
    (annotated_types.Ge, "ge", "at least"),
    (annotated_types.Gt, "gt", "more than"),
    (annotated_types.Le, "le", "at most"),
    (annotated_types.Lt, "lt", "less than"),
)
_ENTRY = re.compile(r"    (\w+): (.*)")


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of an experiment's YAML file.

    Attributes:
        key: With its sections, such as training.epochs.
        kind: What may be written, in words.
        default: As YAML; "" where it must be given.
        meaning: What it does; "" where its class does not say.
    """

    key: str
    kind: str
    default: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Section:
    """Settings that stand together.

    Attributes:
        title: Such as training, or model, family resnet18.
        about: What they are.
        settings: In the order in which they are written.
    """

    title: str
    about: str
    settings: tuple[Setting, ...]


def sections() -> tuple[Section, ...]:
    """Every setting: of the experiment, of all networks, of each family."""
    fields = ExperimentConfig.model_fields
    parts = {name: part for name, field in fields.items() if (part := _part(field.annotation))}
    alone = {name: field for name, field in fields.items() if name not in parts}
    found = [Section("experiment", _about(ExperimentConfig), _rows(ExperimentConfig, "", alone))]
    for name, part in parts.items():
        if issubclass(part, NetworkConfig):
            continue
        found.append(Section(name, _about(part), _rows(part, f"{name}.", part.model_fields)))
        entries = (
            entry
            for field in part.model_fields.values()
            if not _part(field.annotation)
            for entry in _entries(field.annotation)
        )
        for entry in dict.fromkeys(entries):
            kind = entry.model_fields["kind"].default
            rest = {k: f for k, f in entry.model_fields.items() if k != "kind"}
            found.append(
                Section(f"{name}, entry of kind {kind}", _about(entry), _rows(entry, "", rest))
            )
    common = NetworkConfig.model_fields
    found.append(
        Section(
            "model, every family", _about(NetworkConfig), _rows(NetworkConfig, "model.", common)
        )
    )
    for family in FAMILIES:
        own = type(network_config({"family": family}))
        fields = {
            name: field
            for name, field in own.model_fields.items()
            if name not in _OF_FEATURES
            and (name not in common or field.default != common[name].default)
        }
        found.append(Section(f"model, family {family}", _about(own), _rows(own, "model.", fields)))
    return tuple(found)


def as_markdown(found: tuple[Section, ...]) -> str:
    """All settings as a document that reads well on a terminal, too."""
    lines = [
        "# Settings of experiments",
        "",
        *textwrap.wrap(
            "Every key of an experiment's YAML file: what may be written, what it is if nothing "
            "is, and what it means. Made by `sentigram train --explain-settings > docs/config.md`. "
            "`--set training.epochs=10` changes one, and `--grid` tries several values.",
            _WIDTH,
        ),
    ]
    for section in found:
        lines += ["", f"## {section.title}", "", *textwrap.wrap(section.about, _WIDTH), ""]
        for setting in section.settings:
            default = f"default `{setting.default}`" if setting.default else "required"
            default = _BELOW if setting.default == _BELOW else default
            text = f"- `{setting.key}` ({setting.kind}; {default}): {setting.meaning}"
            lines += textwrap.wrap(
                text, _WIDTH, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False
            )
    return "\n".join(lines) + "\n"


def meanings(of: type[BaseModel]) -> dict[str, str]:
    """What the docstring of a class, and of those that it is made from, says of each attribute."""
    found: dict[str, str] = {}
    for each in reversed(of.__mro__):
        if issubclass(each, BaseModel) and each is not BaseModel:
            found |= _attributes(each)
    return found


def _rows(of: type[BaseModel], before: str, fields: Mapping[str, FieldInfo]) -> tuple[Setting, ...]:
    return tuple(_settings(of, before, fields))


def _settings(
    of: type[BaseModel], before: str, fields: Mapping[str, FieldInfo]
) -> Iterator[Setting]:
    said = meanings(of)
    for name, field in fields.items():
        part = _part(field.annotation)
        kind = "settings" if part else _kind(field.annotation, field.metadata)
        if part and type(None) in get_args(field.annotation):
            kind = "settings or null"
        default = "" if field.is_required() else _yaml(field.get_default(call_default_factory=True))
        if name == "family":
            default = DEFAULT_FAMILY
        if part and default != "null":
            default = _BELOW
        entries = () if part else _entries(field.annotation)
        if entries:
            each = ", ".join(str(of.model_fields["kind"].default) for of in entries)
            of_classes = "table: class to list" if get_origin(field.annotation) is dict else "list"
            kind = f"{of_classes} of entries of kind {each}"
        yield Setting(f"{before}{name}", kind, default, said.get(name, ""))
        if part is not None:
            inner = {k: f for k, f in part.model_fields.items() if k not in _OF_WHOLE}
            yield from _settings(part, f"{before}{name}.", inner)


def _part(annotation: Any) -> type[BaseModel] | None:
    """The class of a nested section, None where it is a plain value."""
    for each in _choices(annotation):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    return None


def _entries(annotation: Any) -> tuple[type[BaseModel], ...]:
    """The kinds of settings that a list may hold, in order; none where it holds plain values."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation,)
    inside = (each for part in get_args(annotation) for each in _entries(part))
    return tuple(dict.fromkeys(inside))


def _choices(annotation: Any) -> tuple[Any, ...]:
    """What a union is made of; the annotation itself where it is none."""
    if get_origin(annotation) is Annotated:
        return _choices(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return tuple(each for part in get_args(annotation) for each in _choices(part))
    return (annotation,)


def _kind(annotation: Any, metadata: list[Any]) -> str:
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        nested = [m for each in more for m in getattr(each, "metadata", [each])]
        return _kind(inner, [*metadata, *nested])
    words = _words(annotation)
    bounds = [
        f"{word} {_number(getattr(each, name))}"
        for kind, name, word in _BOUNDS
        for each in metadata
        if isinstance(each, kind)
    ]
    return words + (f", {' and '.join(bounds)}" if bounds else "")


def _words(annotation: Any) -> str:
    """A type in words."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(annotation, [])
    if origin is Literal:
        return _any_of([f"`{value}`" if value else "empty" for value in inside])
    if origin in (Union, UnionType):
        return _any_of([_words(each) for each in inside])
    if origin is dict:
        return f"table: {_words(inside[0])} to {_words(inside[1])}"
    if origin is tuple:
        n = "" if ... in inside else f"{len(inside)} "
        kind, comma, bounds = _words(inside[0]).partition(",")
        return f"list of {n}{kind}{'' if '`' in kind else 's'}{comma}{bounds}"
    return _KINDS.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _any_of(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _yaml(value: Any) -> str:
    """A default as it would be written."""
    import yaml

    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if isinstance(value, tuple):
        value = list(value)
    plain = str(value) if isinstance(value, Path) else value
    text = str(yaml.safe_dump(plain, default_flow_style=True, sort_keys=False, width=10_000))
    return text.removesuffix("\n").removesuffix("\n...")


def _about(of: type[BaseModel]) -> str:
    """The docstring without its Attributes, in one paragraph."""
    text = inspect.cleandoc(of.__doc__ or "").partition("\nAttributes:")[0]
    return " ".join(text.split())


def _attributes(of: type) -> dict[str, str]:
    """The Attributes section of a class's own docstring."""
    section = inspect.cleandoc(of.__dict__.get("__doc__") or "").partition("\nAttributes:\n")[2]
    found: dict[str, list[str]] = {}
    name = ""
    for line in section.splitlines():
        if line and not line.startswith("    "):
            break  # another section
        if entry := _ENTRY.fullmatch(line):
            name = entry[1]
            found[name] = [entry[2]]
        elif name:
            found[name].append(line)
    return {name: " ".join(" ".join(lines).split()) for name, lines in found.items()}
