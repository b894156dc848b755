"""Which corpora there are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from sentigram.errors import UsageError
from sentigram.training.corpora import (
    cremad,
    emobank,
    emodb,
    folder,
    goemotions,
    iemocap,
    meld,
    nemo,
    ravdess,
    xed,
)
from sentigram.training.corpora.item import Item, Warn, refuse
from sentigram.training.corpora.labels import ClassSets


class Corpus(Protocol):
    """A corpus module.

    Attributes:
        NAME: As users write it.
        LICENCE: What it allows, in a few words.
        CLASSES: Its class sets.
    """

    NAME: str
    LICENCE: str
    CLASSES: ClassSets

    def read(self, root: Path, *, warn: Warn = refuse) -> tuple[Item, ...]:
        """Read it as downloaded."""
        ...


_MODULES: tuple[Corpus, ...] = (
    iemocap,
    cremad,
    meld,
    ravdess,
    emodb,
    nemo,
    goemotions,
    xed,
    emobank,
    folder,
)
CORPORA: Mapping[str, Corpus] = {module.NAME: module for module in _MODULES}


def names() -> tuple[str, ...]:
    """All corpora."""
    return tuple(CORPORA)


def read(name: str, root: Path, *, warn: Warn = refuse) -> tuple[Item, ...]:
    """Read a corpus.

    Args:
        name: One of `names()`.
        root: The folder as downloaded.
        warn: Told of each example that is left out; by default that is an error.

    Raises:
        UsageError: There is no such corpus.
        InputError: The folder does not hold it, or a file in it is not as expected.
    """
    return _corpus(name).read(root, warn=warn)


def licence(name: str) -> str:
    """What a corpus allows.

    Raises:
        UsageError: There is no such corpus.
    """
    return _corpus(name).LICENCE


def classes(name: str, which: str) -> Mapping[str, str]:
    """A class set of a corpus: label → class, in the order of the classes.

    A corpus that a user gave a name of its own has those of `folder`.

    Raises:
        UsageError: There is no such class set.
    """
    sets = CORPORA.get(name, CORPORA[folder.NAME]).CLASSES
    if which not in sets:
        known = ", ".join(sets) or "none"
        message = f"{name} has no class set {which!r}; it has {known}; or list the classes"
        raise UsageError(message)
    return sets[which]


def _corpus(name: str) -> Corpus:
    if name not in CORPORA:
        message = f"no corpus {name!r}; choose from {', '.join(CORPORA)}"
        raise UsageError(message)
    return CORPORA[name]
