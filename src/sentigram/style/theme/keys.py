"""What a theme file may say: every key, and what its values are."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from sentigram.core.prosody import FURTHEST
from sentigram.core.style import N_LEVELS, Animation, MarkKind, Motion, Side, Transform
from sentigram.style.colour.contrast import parse_color
from sentigram.style.keywords import MOST_PATTERNS, PARTS_OF_SPEECH, check_pattern

LEVELS_OF_EVIDENCE = ("strong", "moderate", "convention")
KINDS = ("base", "culture", "age", "preset", "profile", "style")


def nearest(word: str, known: tuple[str, ...]) -> str:
    """A hint at the name that was meant, "" where none is near."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


@dataclass(frozen=True, slots=True)
class Number:
    """A number from one to another."""

    low: float
    high: float
    is_int: bool = False

    def read(self, value: object) -> float | int:
        """The value.

        Raises:
            ValueError: It is none; the message quotes it.
        """
        kinds = (int,) if self.is_int else (int, float)
        if (
            isinstance(value, bool)
            or not isinstance(value, kinds)
            or not (self.low <= value <= self.high)
        ):
            kind = "a whole number" if self.is_int else "a number"
            message = f"{value!r} is not {kind} from {self.low:g} to {self.high:g}"
            raise ValueError(message)
        return value if self.is_int else float(value)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several names."""

    names: tuple[str, ...]

    def read(self, value: object) -> str:
        """The value.

        Raises:
            ValueError: It is none; the message quotes it.
        """
        if value not in self.names:
            near = nearest(str(value), self.names)
            message = f"{value!r} is not one of {', '.join(self.names)}{near}"
            raise ValueError(message)
        return str(value)


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text."""

    limit: int = 500

    def read(self, value: object) -> str:
        """The value.

        Raises:
            ValueError: It is none; the message quotes it.
        """
        if not isinstance(value, str) or not value.strip() or len(value) > self.limit:
            message = f"{value!r} is not a text of 1 to {self.limit} characters"
            raise ValueError(message)
        if not value.isprintable():
            message = f"{value!r} holds control characters"
            raise ValueError(message)
        return value


class Flag:
    """True or false."""

    def read(self, value: object) -> bool:
        """The value.

        Raises:
            ValueError: It is none; the message quotes it.
        """
        if not isinstance(value, bool):
            message = f"{value!r} is not true or false"
            raise ValueError(message)  # noqa: TRY004  (all become ThemeError)
        return value


@dataclass(frozen=True, slots=True)
class Color:
    """`#rrggbb` or `oklch(L C H)`."""

    may_be_none: bool = False

    def read(self, value: object) -> str:
        """The value.

        Raises:
            ValueError: It is none; the message quotes it.
        """
        if self.may_be_none and value == "none":
            return ""
        return parse_color(value if isinstance(value, str) else repr(value))


@dataclass(frozen=True, slots=True)
class Colors:
    """A list of colours."""

    most: int

    def read(self, value: object) -> tuple[str, ...]:
        """The colours as `#rrggbb`.

        Raises:
            ValueError: It is none; the message quotes it.
        """
        if not isinstance(value, list) or len(value) > self.most:
            message = f"{value!r} is not a list of up to {self.most} colours"
            raise ValueError(message)
        return tuple(Color().read(one) for one in value)


class Words:
    """A word or phrase, or a list of them."""

    def read(self, value: object) -> tuple[str, ...]:
        """The words and phrases.

        Raises:
            ValueError: One is none; the message quotes it.
        """
        given = [value] if isinstance(value, str) else value
        is_list = isinstance(given, list) and all(isinstance(one, str) for one in given)
        if not isinstance(given, list) or not is_list or not 0 < len(given) <= MOST_PATTERNS:
            message = f"is not a word, or a list of 1 to {MOST_PATTERNS} words and phrases"
            raise ValueError(message)
        for one in given:
            check_pattern(one)
        return tuple(given)


@dataclass(frozen=True, slots=True)
class Choices:
    """One or several of some names.

    Attributes:
        names: To choose from.
        may_be_none: An empty list will do.
    """

    names: tuple[str, ...]
    may_be_none: bool = False

    def read(self, value: object) -> tuple[str, ...]:
        """The names.

        Raises:
            ValueError: One is none of them; the message quotes it.
        """
        given = value if isinstance(value, list) else [value]
        least = 0 if self.may_be_none else 1
        if not least <= len(given) <= len(self.names):
            message = f"is not a list of {least} to {len(self.names)} names"
            raise ValueError(message)
        return tuple(dict.fromkeys(Choice(self.names).read(one) for one in given))


Kind = Number | Choice | Choices | Text | Flag | Color | Colors | Words

RULE: Mapping[str, Kind] = {
    "family": Text(80),
    "weight": Number(100, 900, is_int=True),
    "italic": Flag(),
    "size": Number(0.5, 2.0),
    "fill": Color(),
    "outline": Color(),
    "transform": Choice(get_args(Transform)),
    "spacing": Number(-0.1, 0.5),
    "underline": Flag(),
    "animation": Choice(get_args(Animation)),
    "description": Text(200),
}
# What words may be drawn by in place of emotions, and how far each goes from its middle.
DIMENSIONS: Mapping[str, float] = {
    "valence": 1,
    "arousal": 1,
    "dominance": 1,
    "loudness": FURTHEST,
    "pitch": FURTHEST,
    "rate": FURTHEST,
    "emphasis": 1,
}
SIDES = ("low", "high")
_SIDE: Mapping[str, Kind] = {
    "fill": Color(),
    "family": Text(80),
    "weight_add": Number(-400, 400, is_int=True),
    "italic": Flag(),
    "underline": Flag(),
    "size": Number(0.5, 2.0),
    "spacing_add": Number(-0.1, 0.5),
    "description": Text(200),
}
DIMENSION: Mapping[str, Kind] = {
    "from": Number(0, FURTHEST),
    "full": Number(0, FURTHEST),
    **{f"{side}_{key}": kind for side in SIDES for key, kind in _SIDE.items()},
}
_LEVEL = Number(1, N_LEVELS, is_int=True)
TABLES: Mapping[str, Mapping[str, Kind]] = {
    "scale": {
        "sentence": Number(0, 1),
        "sentence_share": Number(0.5, 1),
        "word": Number(0, 2),
        "character": Number(1, 1.5),
        "colour": Number(0.2, 1),
    },
    "from": dict.fromkeys(("family", "italic", "underline", "transform", "animation"), _LEVEL),
    "confidence": {
        "doubtful_below": Number(0, 1),
        "italic": Flag(),
        "underline": Flag(),
    },
    "caption": {
        "line_chars": Number(10, 60, is_int=True),
        "lines": Number(1, 3, is_int=True),
        "cps": Number(5, 40),
        "outline_em": Number(0, 0.2),
        "size": Number(0.5, 2),
        "weight_add": Number(-300, 300, is_int=True),
        "spacing_add": Number(-0.05, 0.1),
        "min_ms": Number(0, 5000, is_int=True),
        "max_ms": Number(1000, 20_000, is_int=True),
        "gap_frames": Number(0, 25, is_int=True),
        "width": Number(0.2, 1),
        "safe": Number(0.5, 1),
        "bottom": Number(0, 0.5),
        "sdh": Flag(),
        "words": Number(0, 12, is_int=True),
        "sounds": Number(1, 60, is_int=True),
        "active": Flag(),
        "mark": Choice(get_args(MarkKind)),
        "mark_fill": Color(),
        "box": Color(may_be_none=True),
        "speakers": Colors(8),
        "places": Choices(get_args(Side), may_be_none=True),
    },
}
TOP: Mapping[str, Kind] = {
    "name": Text(40),
    "kind": Choice(KINDS),
    "extends": Text(300),
    "description": Text(),
    "confidence_floor": Number(0, 1),
    "strong": Number(0, 1),
    "min_run_ms": Number(0, 10_000, is_int=True),
    "contrast": Number(4.5, 15),
    "motion": Choice(get_args(Motion)),
    "plain": Flag(),
}
SELECT = "select"  # words that are set apart, whatever their emotion
SELECTOR: Mapping[str, Kind] = {
    "match": Words(),
    "tag": Choices(PARTS_OF_SPEECH),
    **{key: RULE[key] for key in ("fill", "weight", "italic", "underline", "transform", "size")},
}
EVIDENCE: Mapping[str, Kind] = {
    "value": Text(),
    "evidence": Text(1000),
    "level": Choice(LEVELS_OF_EVIDENCE),
}
DIMENSION_TABLE = "dimension"
FONTS = "fonts"  # families and their files
EMOTION = "emotion"
