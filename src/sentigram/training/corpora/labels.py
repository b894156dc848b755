"""From a corpus's labels and ratings to Sentigram's, and from those to class sets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from sentigram.errors import InputError

ClassSets = Mapping[str, Mapping[str, str]]
"""Name of a class set → {label in Sentigram's vocabulary → class}, in the order of the classes."""

EKMAN: Mapping[str, str | None] = MappingProxyType(
    {
        "anger": "anger",
        "disgust": "disgust",
        "fear": "fear",
        "joy": "happiness",
        "neutral": "neutral",
        "sadness": "sadness",
        "surprise": "surprise",
    }
)
"""Ekman's six and neutral, as the text corpora call them → Sentigram's."""

SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        name: label
        for label, names in {
            "anger": "ang angry mad",
            "calm": "calmness relaxed",
            "contempt": "contemptuous",
            "disgust": "dis disgusted",
            "excitement": "exc excited",
            "fear": "fea fearful scared afraid",
            "frustration": "fru frustrated",
            "happiness": "hap happy joy joyful",
            "neutral": "neu none",
            "sadness": "sad sorrow",
            "surprise": "sur surprised",
        }.items()
        for name in names.split()
    }
)
"""Other spellings → Sentigram's, for corpora that come without a module of their own."""

LABEL_VAD: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        "anger": (-0.51, 0.59, 0.25),
        "disgust": (-0.60, 0.35, 0.11),
        "excitement": (0.62, 0.75, 0.38),
        "fear": (-0.64, 0.60, -0.43),
        "frustration": (-0.64, 0.52, 0.35),
        "happiness": (0.81, 0.51, 0.46),
        "neutral": (0.00, 0.00, 0.00),
        "sadness": (-0.63, -0.27, -0.33),
        "surprise": (0.40, 0.67, -0.13),
    }
)
"""Valence, arousal and dominance of emotion words: a prior, where a corpus has no annotations.

Means of Russell & Mehrabian 1977, "Evidence for a three-factor theory of emotions", table of 151
terms, in [-1, 1]; neutral is the origin. Whoever trains on them regresses a table lookup, so cards
say so.
"""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def same(*names: str) -> dict[str, str]:
    """A class set of labels that stand for themselves."""
    return {name: name for name in names}


def mapped(
    given: Iterable[str], labels: Mapping[str, str | None], *, where: str, item: str
) -> tuple[str, ...]:
    """Translate labels, each once; those that map to None are left out.

    Args:
        given: The corpus's labels of one item.
        labels: The corpus's label → Sentigram's, or None.
        where: `file:line`, for the message.
        item: The item's id, for the message.

    Raises:
        InputError: A label is not in the table.
    """
    names = tuple(given)
    unknown = [name for name in names if name not in labels]
    if unknown:
        expected = ", ".join(sorted(labels))
        message = f"{where}: {item} has label {unknown[0]!r}; expected one of {expected}"
        raise InputError(message)
    found = (labels[name] for name in names)
    return tuple(dict.fromkeys(label for label in found if label is not None))


def understood(given: Sequence[str], *, where: str) -> tuple[str, ...]:
    """Translate labels that anyone may have written: synonyms, else the name itself.

    Args:
        given: Names in any case; spaces count as underscores.
        where: `file:line`, for the message.

    Raises:
        InputError: A name is empty or holds other than letters, digits, hyphens and underscores.
    """
    plain = [name.strip().casefold().replace(" ", "_") for name in given]
    names = [SYNONYMS.get(name, name) for name in plain]
    wrong = [name for name in names if not _NAME.fullmatch(name)]
    if wrong:
        message = (
            f"{where}: label {wrong[0]!r} is no name; "
            "write an emotion such as anger, or several as anger;fear"
        )
        raise InputError(message)
    return tuple(dict.fromkeys(names))


def rated(
    given: Sequence[str], *, low: float, high: float, where: str, item: str
) -> tuple[float, float, float]:
    """Scale valence, arousal and dominance, as written, from [low, high] to [-1, 1].

    Args:
        given: The three, in this order.
        low: What the least rating is.
        high: What the greatest rating is.
        where: `file:line`, for the message.
        item: The item's id, for the message.

    Raises:
        InputError: One is not a number in the range.
    """
    valence, arousal, dominance = (
        _scaled(text, low, high, f"{where}: {item} has rating {text!r}") for text in given
    )
    return valence, arousal, dominance


def _scaled(text: str, low: float, high: float, start: str) -> float:
    message = f"{start}; expected a number from {low:g} to {high:g}"
    try:
        value = (float(text) - (low + high) / 2) / ((high - low) / 2)
    except ValueError as error:
        raise InputError(message) from error
    if not -1.0 <= value <= 1.0:  # also refuses NaN
        raise InputError(message)
    return value
