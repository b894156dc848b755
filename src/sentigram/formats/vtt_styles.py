"""STYLE blocks of WebVTT: what `::cue(…)` rules say of the letters in tags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from sentigram.formats.colours import css_colour
from sentigram.formats.markup import BOLD
from sentigram.formats.track import Lettering

_MOST_RULES = 1000  # in a file; each kind of tag is compared with all of them
_STYLE_RULE = re.compile(r"::cue(?:\(([^(){}]{0,400})\))?\s*\{([^{}]{0,2000})\}")
_SELECTOR = re.compile(
    r"""([a-z]*)((?:\.[^\s.\[\]:,]{1,80})*)(?:\[voice=["']?([^"'\]]{0,100})["']?\])?"""
)
_CSS_NUMBER = re.compile(r"-?\d{1,5}(?:\.\d{1,5})?")
_BASE = Lettering(fill="#ffffff", box="#000000", box_alpha=0.2)  # as the standard draws cues
_COLOURS = ("white", "lime", "cyan", "red", "yellow", "magenta", "blue", "black")

_SAME = {"background": "background-color", "text-decoration-line": "text-decoration"}

Declared = tuple[tuple[str, str], ...]
"""Property and value, both in lower case, each property once."""


@dataclass(frozen=True, slots=True)
class _CueRule:
    """A `::cue(…)` rule: what it selects and what it declares.

    Attributes:
        tag: Name of the tag, "" for any.
        classes: All must be there.
        voice: Name in `v[voice="…"]`, "" for any.
        declared: What it says of the letters.
    """

    tag: str
    classes: frozenset[str]
    voice: str
    declared: Declared

    @property
    def is_special(self) -> bool:
        return bool(self.tag or self.classes or self.voice)

    def fits(self, name: str, worn: frozenset[str], annotation: str) -> bool:
        """Whether it selects a tag with these classes."""
        return (
            self.tag in ("", name)
            and self.classes <= worn
            and (not self.voice or (name == "v" and self.voice == annotation))
        )


@dataclass(frozen=True, slots=True)
class CueSheet:
    """The rules of a file.

    Attributes:
        usual: Letters outside of all tags.
        rules: For what stands in tags.
        classes: That any of them names.
        voices: That any of them names, and "".
        n_left: How many rules were too many.
    """

    usual: Lettering
    rules: tuple[_CueRule, ...]
    classes: frozenset[str]
    voices: frozenset[str]
    n_left: int = 0
    _known: dict[tuple[str, frozenset[str], str], Declared] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Self:
        """Read the STYLE blocks of a file; what segments of a stream repeat counts once."""
        found: dict[_CueRule, None] = {}
        for rule in _rules(text):
            found.pop(rule, None)  # the later one counts
            found[rule] = None
        kept = tuple(found)[:_MOST_RULES]
        usual = _declared(_BASE, _merged([rule for rule in kept if not rule.is_special]))
        special = tuple(rule for rule in kept if rule.is_special)
        classes = frozenset(name for rule in special for name in rule.classes)
        voices = frozenset(rule.voice for rule in special)
        return cls(usual, special, classes, voices, len(found) - len(kept))

    def tagged(self, look: Lettering, name: str, classes: str, annotation: str) -> Lettering:
        """Letters inside a tag.

        Args:
            look: Around it.
            name: Of the tag.
            classes: With a point before each.
            annotation: What stands behind them.
        """
        look = {
            "b": replace(look, weight=BOLD),
            "i": replace(look, italic=True),
            "u": replace(look, underline=True),
        }.get(name, look)
        worn = frozenset(classes.split(".")[1:])
        for colour in _COLOURS:  # classes that every player knows
            if colour in worn:
                look = replace(look, fill=css_colour(colour)[0])  # type: ignore[index]
            if f"bg_{colour}" in worn:
                look = replace(look, box=css_colour(colour)[0], box_alpha=0.0)  # type: ignore[index]
        if not self.rules:
            return look
        # Tags that no rule tells apart are one: files may make up classes and voices without end.
        worn &= self.classes
        annotation = annotation if annotation in self.voices else ""
        key = name, worn, annotation
        if key not in self._known:
            fitting = [rule for rule in self.rules if rule.fits(*key)]
            self._known[key] = _merged(fitting)
        return _declared(look, self._known[key])

    def remarks(self) -> Iterator[str]:
        """What to say of rules that were not read."""
        if self.n_left:
            yield (
                f"more than {_MOST_RULES:,} style rules; {self.n_left:,} of them were left out, "
                "and their colours are not known"
            )


def _rules(text: str) -> Iterator[_CueRule]:
    for block in re.split(r"\n[ \t]*\n", text):
        if not block.lstrip("\n").startswith("STYLE"):
            continue
        for match in _STYLE_RULE.finditer(block):
            declared = _declarations(match[2])
            for selector in (match[1] or "").split(","):
                found = _SELECTOR.fullmatch(selector.strip())
                if found:
                    classes = frozenset(found[2].split(".")[1:])
                    yield _CueRule(found[1], classes, found[3] or "", declared)


def _declarations(text: str) -> Declared:
    """What a block says of letters; what players cannot read does not count."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition(":")
        name = name.strip().lower()
        value = value.replace("!important", "").strip().lower()
        if _with(_BASE, _SAME.get(name, name), value) is not None:
            found[_SAME.get(name, name)] = value
    return tuple(found.items())


def _merged(fitting: Sequence[_CueRule]) -> Declared:
    """What rules declare together: of each property what the more special, then the later says."""
    order = sorted(fitting, key=lambda rule: (len(rule.classes) + bool(rule.voice), bool(rule.tag)))
    return tuple({name: value for rule in order for name, value in rule.declared}.items())


def _declared(look: Lettering, declared: Declared) -> Lettering:
    for name, value in declared:
        look = _with(look, name, value) or look
    return look


def _with(look: Lettering, name: str, value: str) -> Lettering | None:
    """Letters of which a property is declared; None where that means nothing."""
    colour = css_colour(value)
    number = _CSS_NUMBER.match(value)
    made: Lettering | None = None
    match name:
        case "color" if colour:
            made = replace(look, fill=colour[0], fill_alpha=colour[1])
        case "background-color" if colour:
            made = replace(look, box=colour[0], box_alpha=colour[1])
        case "font-weight" if value:
            named = {"normal": 400, "bold": 700, "bolder": 700, "lighter": 300}
            weight = int(value) if value.isdecimal() and len(value) < 5 else 400
            made = replace(look, weight=named.get(value, weight))
        case "font-style" if value:
            made = replace(look, italic=value in ("italic", "oblique"))
        case "text-decoration" if value:
            made = replace(look, underline="underline" in value or "line-through" in value)
        case "font-family" if value:
            made = replace(look, family=value.partition(",")[0].strip(" \"'"))
        case "font-size" if number:
            made = replace(look, size_px=float(number[0]))
        case "letter-spacing" if number:
            made = replace(look, spacing_px=float(number[0]))
    return made
