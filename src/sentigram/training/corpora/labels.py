"""From a corpus's labels to Sentigram's, and from those to class sets."""

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
