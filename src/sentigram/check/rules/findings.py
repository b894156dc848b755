"""Makes findings, with what all of them share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sentigram.check.rules.catalogue import Finding, Rule, Severity
from sentigram.check.standard import Limits
from sentigram.formats.values import Caption, Track

_SHOWN_CHARS = 60


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

    track: Track
    limits: Limits
    language: str
    rules: Mapping[str, Rule]
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
        place: int = 0,
    ) -> Finding:
        """A finding of a rule about a caption."""
        return Finding(
            rule=rule,
            severity=severity or self.rules[rule].severity,
            cue=caption.index if caption else 0,
            place=place or (caption.place if caption else 0),
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
