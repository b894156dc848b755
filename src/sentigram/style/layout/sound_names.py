"""What captions call a sound: in the language of the words, `sounds.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

_WHO = "who"
_ENGLISH = "en"


def name_of(label: str, language: str) -> str:
    """A sound's name in a language; the label itself where the table has none.

    Args:
        label: As the Document has it.
        language: ISO 639-1, "" when unknown.
    """
    named = _table().get(label, {}).get(language, label)
    return str(named)


def deed_of(label: str, language: str) -> str:
    """What whoever makes the sound does: `laughs`; "" where it is nobody's, or not known."""
    deeds = _table().get(label, {}).get(_WHO, {})
    return str(deeds.get(language or _ENGLISH, ""))


def labels() -> frozenset[str]:
    """The labels that have names."""
    return frozenset(_table())


@cache
def _table() -> dict[str, dict[str, Any]]:
    file = resources.files("sentigram.style.layout").joinpath("sounds.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))
