"""Examples in which nothing can be learnt, and a network that remembers all it has seen."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from sentigram.core.arrays import Floats64, Ints64
from sentigram.training.dataset.examples import Table, Tokens
from sentigram.training.dataset.manifest import Example
from sentigram.training.judge.metrics import confusion_matrix, unweighted_accuracy_of

STRENGTHS = (1.0, 10.0, 100.0)  # of regularization, to choose from
_HIDDEN = 1024


def noise_table(
    features: Floats64, labels: Ints64, classes: Sequence[str], speakers: Ints64
) -> Table:
    """Noise as examples; features are (n, n_frames, d)."""
    n, n_frames, d = features.shape
    return Table(
        ids=tuple(f"noise/{i:05d}" for i in range(n)),
        classes=tuple(classes),
        labels=np.asarray(labels, np.int64),
        tokens={
            "audio": Tokens(
                features.reshape(n * n_frames, d).astype(np.float32),
                np.arange(n + 1, dtype=np.int64) * n_frames,
                np.ones(n * n_frames, bool),
            )
        },
        vad=np.full((n, 3), np.nan, np.float32),
        speakers=tuple(f"noise/speaker{s:02d}" for s in speakers),
        dialogues=("",) * n,
        corpora=("noise",) * n,
        sentences=("",) * n,
        groups=("",) * n,
    )


def joined(tables: Sequence[Table]) -> Table:
    """Tables of `noise_table` end to end."""
    audio = [table.tokens["audio"] for table in tables]
    n_frames = int(audio[0].starts[1])  # of every example here
    n = sum(map(len, tables))
    texts = ("ids", "speakers", "dialogues", "corpora", "sentences", "groups")
    columns: dict[str, Any] = {
        name: tuple(chain.from_iterable(getattr(table, name) for table in tables)) for name in texts
    }
    return replace(
        tables[0],
        labels=np.concatenate([table.labels for table in tables]),
        vad=np.concatenate([table.vad for table in tables]),
        tokens={
            "audio": Tokens(
                np.concatenate([tokens.values for tokens in audio]),
                np.arange(n + 1, dtype=np.int64) * n_frames,
                np.concatenate([tokens.marked for tokens in audio]),
            )
        },
        **columns,
    )


def examples_of(table: Table) -> tuple[Example, ...]:
    """Rows as a manifest has them; `id#1` was made from `id`."""
    audio = table.tokens["audio"]
    return tuple(
        Example(
            id=name,
            corpus="noise",
            labels=(table.classes[table.labels[row]],),
            split="",
            text="",
            speaker=table.speakers[row],
            audio_sha256=hashlib.sha256(audio.of(row).tobytes()).hexdigest(),
            origin=name.partition("#")[0] if "#" in name else "",
        )
        for row, name in enumerate(table.ids)
    )


def pooled(table: Table) -> Floats64:
    """Mean and deviation over frames, (n, 2 d)."""
    audio = table.tokens["audio"]
    frames = audio.values.reshape(len(table), -1, audio.width).astype(float)  # (n, n_frames, d)
    return np.concatenate([frames.mean(axis=1), frames.std(axis=1)], axis=1)


def selected_guess(table: Table, train: Ints64, validation: Ints64, test: Ints64) -> Ints64:
    """Guesses for test of the classifier that is best on validation."""
    x = pooled(table)
    scores = [
        unweighted_accuracy(
            guess_of(x, table.labels, train, validation, strength), table, validation
        )
        for strength in STRENGTHS
    ]
    return guess_of(x, table.labels, train, test, STRENGTHS[int(np.argmax(scores))])


def guess_of(
    x: Floats64, labels: Ints64, train: Ints64, test: Ints64, strength: float, network: int = 0
) -> Ints64:
    """Guesses of a network with a hidden layer that is drawn, and an output that is learnt.

    It is solved in one step, and wide enough to remember every example it has seen, as the
    networks of the seeds are.
    """
    from sklearn.linear_model import RidgeClassifier

    scaled = (x - x[train].mean(axis=0)) / x[train].std(axis=0)
    weights = np.random.default_rng(network).standard_normal((x.shape[1], _HIDDEN))
    hidden = np.maximum(scaled @ weights / np.sqrt(x.shape[1]), 0)
    classifier = RidgeClassifier(alpha=strength).fit(hidden[train], labels[train])
    return np.asarray(classifier.predict(hidden[test]), np.int64)


def unweighted_accuracy(guess: Ints64, table: Table, rows: Ints64) -> float:
    """Mean recall over the classes among rows, (n_rows,) of the table."""
    confusion = confusion_matrix(table.labels[rows], guess, len(table.classes))
    return float(unweighted_accuracy_of(confusion[None].astype(float))[0])
