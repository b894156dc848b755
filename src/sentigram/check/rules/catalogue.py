"""The rules: what each is called, where it comes from, and whether breaking it is a violation."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Literal

from sentigram.errors import UsageError

Severity = Literal["violation", "advice"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        id: What `--rules` and `--skip` call it.
        title: What it is about.
        severity: What breaking it usually is; a finding may be milder.
        source: Guide, standard or measurement.
        remedy: What to do.
        fix: Whether `--fix` can mend it.
    """

    id: str
    title: str
    severity: Severity
    source: str
    remedy: str
    fix: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """A place where a rule is broken.

    Attributes:
        rule: Its id.
        severity: violation or advice.
        cue: Number of the cue, from 1; 0 for the whole file.
        place: Line of the file, 0 where lines mean nothing.
        start_ms: When it is seen.
        measured: What was found, with its unit.
        allowed: What the rule allows, with its unit.
        message: In words, with the text that it is about.
        remedy: What to do.
    """

    rule: str
    severity: Severity
    cue: int
    place: int
    start_ms: int
    measured: str
    allowed: str
    message: str
    remedy: str


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by its id, in the order of rules.toml."""
    text = (
        resources.files("sentigram.check.rules").joinpath("rules.toml").read_text(encoding="utf-8")
    )
    table = tomllib.loads(text)
    return MappingProxyType({name: Rule(id=name, **values) for name, values in table.items()})


def chosen(only: Sequence[str] = (), skip: Sequence[str] = ()) -> frozenset[str]:
    """Ids of the rules that count.

    Args:
        only: These; all where it is empty.
        skip: But not these.

    Raises:
        UsageError: There is no such rule.
    """
    for flag, names in (("--rules", only), ("--skip", skip)):
        unknown = [name for name in names if name not in rules()]
        if unknown:
            message = f"{flag} {','.join(unknown)}: no such rule; there are: {', '.join(rules())}"
            raise UsageError(message)
    return frozenset(only or rules()) - frozenset(skip)
