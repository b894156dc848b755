"""Brings the lines before a line into its reading, in the encoder or after it.

In the encoder: it reads the lines before in front of the line, whose own tokens alone are averaged.
After it: the evidence of the lines before is added to the line's own, less for each line back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar

from sentigram.core.protocols import TextFeatures
from sentigram.core.time import Span
from sentigram.core.transcript import Utterance, Word
from sentigram.emotion.encoders.compact.text import MiniLmEncoder, token_mean
from sentigram.emotion.join import log_normalize
from sentigram.training.corpora.item import Item
from sentigram.training.shipped.text.data import single_label

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MAX_WORDS_BEFORE = 60  # as many words, the latest, are read in front of a line
_START = (-0.7, 0.1, 0.0)  # of fitting: log scale, weight, logit of the decay


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Labelled lines of dialogues, in the order in which they are said.

    Attributes:
        items: The lines.
        truth: (n,) their label indices.
    """

    items: tuple[Item, ...]
    truth: Ints


@dataclass(frozen=True, slots=True)
class Before:
    """Which lines before a line are heeded.

    Attributes:
        n_lines: At most so many, of the same dialogue.
        same_speaker: Only those that the line's own speaker says.
    """

    n_lines: int
    same_speaker: bool

    def __str__(self) -> str:
        lines = "1 line" if self.n_lines == 1 else f"{self.n_lines} lines"
        return f"{lines} of {'the speaker' if self.same_speaker else 'anyone'}"


@dataclass(frozen=True, slots=True)
class Late:
    """How the evidence of the lines before is added.

    Attributes:
        scale: Of the sum, which calibrates it.
        weight: Of the last line before; the line itself has 1.
        decay: Factor for each further line back, in [0, 1].
    """

    scale: float
    weight: float
    decay: float


def lines_of(corpus: Sequence[Item], split: str, *, step: int = 1) -> Lines:
    """The lines of every `step`-th dialogue of a split."""
    items, truth = single_label(corpus, split)
    wanted = set(list(dict.fromkeys(item.dialogue for item in items))[::step])
    rows = [i for i, item in enumerate(items) if item.dialogue in wanted]
    return Lines(tuple(items[i] for i in rows), truth[rows])


def rows_before(items: Sequence[Item], before: Before) -> Ints:
    """The lines before each line, (n, n_lines), the last first; -1 where there is none."""
    rows = np.full((len(items), before.n_lines), -1, np.int64)
    heard: dict[tuple[str, str], list[int]] = {}
    for i, item in enumerate(items):
        earlier = heard.setdefault((item.dialogue, item.speaker if before.same_speaker else ""), [])
        last = earlier[: -before.n_lines - 1 : -1]
        rows[i, : len(last)] = last
        earlier.append(i)
    return rows


def vectors_in_dialogue(
    encoder: MiniLmEncoder, items: Sequence[Item], before: Before
) -> NDArray[np.float32]:
    """Mean over a line's own tokens, read with the lines before in front of it: (n, 384)."""
    words = [item.text.split() for item in items]
    instant = Span(0, 0)
    utterances = []
    for own, rows in zip(words, rows_before(items, before), strict=True):
        earlier = [word for row in rows[::-1] if row >= 0 for word in words[row]]
        read = (*earlier[-MAX_WORDS_BEFORE:], *own)
        utterances.append(Utterance("", instant, tuple(Word(word, instant) for word in read)))
    return np.stack(
        [
            token_mean(TextFeatures(f.vectors[-len(own) :], f.n_tokens[-len(own) :]))
            for f, own in zip(encoder.encode(utterances), words, strict=True)
        ]
    )


def with_late(found: Floats, rows: Ints, late: Late) -> Floats:
    """Add the evidence of the lines before: (n, n_labels).

    Args:
        found: (n, n_labels) evidence of each line alone.
        rows: (n, n_lines) of `rows_before`.
        late: The weights.
    """
    padded = np.vstack([found, np.zeros_like(found[:1])])  # row -1 says nothing
    weights = late.weight * late.decay ** np.arange(rows.shape[1])
    return np.asarray(found + np.einsum("k,nkl->nl", weights, padded[rows]), float)


def fit_late(found: Floats, rows: Ints, log_prior: Floats, truth: Ints) -> Late:
    """Fit all three numbers by likelihood; see `with_late` and `log_likelihood`."""

    def late(x: Floats) -> Late:
        return Late(float(np.exp(x[0])), float(x[1]), float(1 / (1 + np.exp(-x[2]))))

    def loss(x: Floats) -> float:
        added = late(x).scale * with_late(found, rows, late(x))
        return -float(log_likelihood(added, log_prior, truth).mean())

    return late(minimize(loss, np.array(_START), method="Nelder-Mead").x)


def fit_scale(found: Floats, log_prior: Floats, truth: Ints) -> float:
    """The factor on evidence that makes the labels likeliest: one over a temperature."""

    def loss(scale: float) -> float:
        return -float(log_likelihood(scale * found, log_prior, truth).mean())

    return float(minimize_scalar(loss, bounds=(0, 3), method="bounded").x)


def log_likelihood(found: Floats, log_prior: Floats, truth: Ints) -> Floats:
    """Log probability of each true label in nats, (n,).

    Args:
        found: (n, n_labels) calibrated evidence.
        log_prior: (n_labels,), or (n, n_labels) where each line has its own.
        truth: (n,) label indices.
    """
    return np.asarray(log_normalize(log_prior + found)[np.arange(len(truth)), truth], float)
