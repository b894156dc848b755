"""Turns the text corpora into one pool of weighted training examples."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sentigram.core.arrays import Floats32, Floats64, Ints64
from sentigram.training.corpora import emobank, goemotions, meld, xed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from sentigram.training.corpora.item import Item

LABELS = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")

FINE_LABELS = (
    "admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion",
    "curiosity", "desire", "disappointment", "disapproval", "disgust", "embarrassment",
    "excitement", "fear", "gratitude", "grief", "joy", "love", "nervousness", "neutral",
    "optimism", "pride", "realization", "relief", "remorse", "sadness", "surprise",
)  # fmt: skip

# GoEmotions masks names; people say them, so half of the masks become one of these.
NAMES = (
    "john", "mary", "david", "anna", "james", "sarah", "michael", "laura", "peter", "emma",
    "robert", "lisa", "tom", "kate", "daniel", "julia", "george", "alice", "ben", "maria",
    "chris", "rachel", "mark", "susan", "paul", "jane", "steve", "amy", "alex", "sam",
)  # fmt: skip

_NAME_MASK = "[NAME]"
_PUNCTUATION = re.compile(r"[^\w\s'’]|_")
_NOT_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class TextExample:
    """One training text.

    Attributes:
        text: As written.
        target: (7,) label distribution, zeros where unlabelled.
        weight: Of the classification loss; 0 where unlabelled.
        fine: (28,) multi-hot GoEmotions labels, None where unknown.
        vad: Valence, arousal, dominance in [-1, 1], None where unknown.
    """

    text: str
    target: Floats32
    weight: float
    fine: Floats32 | None = None
    vad: Floats32 | None = None


@dataclass(frozen=True, slots=True)
class Corpora:
    """Everything that text training and evaluation read."""

    goemotions: tuple[Item, ...]
    fine: Mapping[str, tuple[str, ...]]
    xed: tuple[Item, ...]
    emobank: tuple[Item, ...]
    meld: tuple[Item, ...]


def read_corpora(data: Path) -> Corpora:
    """Read the four corpora from their folders in `data`.

    Raises:
        InputError: A corpus file is absent or malformed.
    """
    return Corpora(
        goemotions=goemotions.read(data / "goemotions"),
        fine=goemotions.read_fine(data / "goemotions"),
        xed=xed.read(data / "xed"),
        emobank=emobank.read(data / "emobank"),
        meld=meld.read(data / "meld"),
    )


def normalised(text: str) -> str:
    """Reduce a text to its lower-case letters and digits, to find repeated sentences."""
    return _NOT_WORD.sub(" ", text.lower()).strip()


def without_punctuation(text: str) -> str:
    """Write a text as a recognizer without punctuation would; the text itself if nothing stays."""
    bare = " ".join(_PUNCTUATION.sub(" ", text.replace(_NAME_MASK, "NAMEMASK")).split())
    return bare.replace("NAMEMASK", _NAME_MASK) or text


def with_names(text: str, rng: np.random.Generator) -> str:
    """Replace each name mask by a random first name."""
    parts = text.split(_NAME_MASK)
    return parts[0] + "".join(NAMES[rng.integers(len(NAMES))] + part for part in parts[1:])


def held_out_texts(corpora: Corpora) -> frozenset[str]:
    """Normalised texts of every item that evaluation uses: no XED line may repeat one."""
    return frozenset(
        normalised(item.text)
        for item in (*corpora.goemotions, *corpora.emobank, *corpora.meld)
        if item.corpus == meld.NAME or item.split != "train"
    )


def training_examples(corpora: Corpora, *, xed_weight: float) -> tuple[TextExample, ...]:
    """Pool GoEmotions train, the XED lines that no evaluation text repeats, and EmoBank train."""
    held_out = held_out_texts(corpora)
    examples = [
        TextExample(
            item.text, soft_target(item.labels), 1.0, fine=_multi_hot(corpora.fine[item.id])
        )
        for item in corpora.goemotions
        if item.split == "train"
    ]
    examples += [
        TextExample(item.text, soft_target(item.labels), xed_weight)
        for item in corpora.xed
        if normalised(item.text) and normalised(item.text) not in held_out
    ]
    examples += [
        TextExample(
            item.text,
            np.zeros(len(LABELS), np.float32),
            0.0,
            vad=np.asarray(item.vad, np.float32),
        )
        for item in corpora.emobank
        if item.split == "train"
    ]
    return tuple(examples)


def single_label(items: Iterable[Item], split: str) -> tuple[tuple[Item, ...], Ints64]:
    """Pick a split's items that have exactly one label, with their label indices (n,)."""
    chosen = tuple(item for item in items if item.split == split and len(item.labels) == 1)
    return chosen, np.array([LABELS.index(item.labels[0]) for item in chosen], np.int64)


def soft_target(labels: Sequence[str]) -> Floats32:
    """Spread the probability evenly over the labels: (7,), sum 1."""
    target = np.zeros(len(LABELS), np.float32)
    for label in labels:
        target[LABELS.index(label)] = 1.0 / len(labels)
    return target


def class_weights(examples: Sequence[TextExample], *, power: float) -> Floats64:
    """Weight classes by frequency ** -power, scaled so that the mean over examples is 1: (7,)."""
    frequency = _mass(examples)
    weights = frequency**-power
    return np.asarray(weights * (frequency.sum() / (frequency @ weights)), np.float64)


def log_prior(examples: Sequence[TextExample]) -> Floats64:
    """Log of the label distribution in the pool, without class weights: (7,)."""
    mass = _mass(examples)
    return np.asarray(np.log(mass / mass.sum()), np.float64)


def _mass(examples: Sequence[TextExample]) -> Floats64:
    """Weighted count of each label: (7,)."""
    rows = np.stack([e.weight * e.target for e in examples])
    return np.asarray(rows.sum(axis=0, dtype=np.float64))


def _multi_hot(labels: Sequence[str]) -> Floats32:
    hot = np.zeros(len(FINE_LABELS), np.float32)
    hot[[FINE_LABELS.index(label) for label in labels]] = 1.0
    return hot
