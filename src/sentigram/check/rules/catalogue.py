"""The rules: what each is called and comes from, what it looks at, and what breaks it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Literal

from sentigram.check.standard import Limits
from sentigram.errors import UsageError
from sentigram.formats.track import Caption, SubtitleTrack

Severity = Literal["violation", "advice"]
_SHOWN_CHARS = 60


@dataclass(frozen=True, slots=True)
class CheckRule:
    """One rule.

    Attributes:
        id: What `--rules` and `--skip` call it.
        title: What it is about.
        severity: What breaking it usually is; a finding may be milder.
        source: Guide, standard or measurement.
        remedy: What to do.
        fix: Whether `--fix` can mend it.
        page: Where the source was read, of `style.layout.guides`; "" where it is our own.
    """

    id: str
    title: str
    severity: Severity
    source: str
    remedy: str
    fix: bool
    page: str = ""


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """A place where a rule is broken.

    Attributes:
        rule: Its id.
        severity: violation or advice.
        cue: Number of the cue, from 1; 0 for the whole file.
        line_number: Of the file, 0 where lines mean nothing.
        start_ms: When it is seen.
        measured: What was found, with its unit.
        allowed: What the rule allows, with its unit.
        message: In words, with the text that it is about.
        remedy: What to do.
    """

    rule: str
    severity: Severity
    cue: int
    line_number: int
    start_ms: int
    measured: str
    allowed: str
    message: str
    remedy: str


@cache
def rules() -> Mapping[str, CheckRule]:
    """Every rule by its id, in the order of rules.toml."""
    text = (
        resources.files("sentigram.check.rules").joinpath("rules.toml").read_text(encoding="utf-8")
    )
    table = tomllib.loads(text)
    return MappingProxyType({name: CheckRule(id=name, **values) for name, values in table.items()})


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


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule looks at.

    Attributes:
        track: The file.
        limits: Numbers.
        language: ISO 639-1, "" when unknown.
        rules: Every rule by id.
        wanted: Ids of the rules that are asked for.
    """

    track: SubtitleTrack
    limits: Limits
    language: str
    rules: Mapping[str, CheckRule]
    wanted: frozenset[str]

    @property
    def spoken(self) -> tuple[Caption, ...]:
        """Captions with text."""
        return tuple(caption for caption in self.track.captions if caption.texts)

    def rows(self) -> Iterator[list[Caption]]:
        """Captions with text and sound times, by where they stand, each row in order of time."""
        rows: dict[str, list[Caption]] = {}
        for caption in self.spoken:
            if caption.row != "placed" and 0 <= caption.start_ms < caption.end_ms:
                rows.setdefault(caption.row, []).append(caption)
        for row in rows.values():
            row.sort(key=lambda caption: (caption.start_ms, caption.end_ms, caption.index))
            yield row

    def found(
        self,
        rule: str,
        caption: Caption | None,
        message: str,
        *,
        measured: str = "",
        allowed: str = "",
        severity: Severity | None = None,
        remedy: str = "",
        line_number: int = 0,
    ) -> CheckFinding:
        """A finding of a rule about a caption."""
        return CheckFinding(
            rule=rule,
            severity=severity or self.rules[rule].severity,
            cue=caption.index if caption else 0,
            line_number=line_number or (caption.line_number if caption else 0),
            start_ms=caption.start_ms if caption else 0,
            measured=measured,
            allowed=allowed,
            message=message,
            remedy=remedy or self.rules[rule].remedy,
        )


def quoted(text: str) -> str:
    """A stretch of text, short and harmless to a terminal."""
    text = " ".join(text.split())
    short = text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 1]}…"
    return "“" + "".join(c if c.isprintable() else "\ufffd" for c in short) + "”"


def number(value: float) -> str:
    """A number without needless digits."""
    return f"{value:.1f}".removesuffix(".0")
