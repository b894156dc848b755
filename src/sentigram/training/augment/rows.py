"""Training rows with their altered copies beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from sentigram.core.arrays import Bools, Ints64
from sentigram.emotion.encoders.tokens import AnyFloats, Kind
from sentigram.errors import InputError
from sentigram.training.augment.copies import Copy
from sentigram.training.dataset.examples import Table, Tokens, TrainSet, require_train
from sentigram.training.dataset.features import FeatureStore

Scale = Callable[[AnyFloats, str], AnyFloats]
"""Tokens of the voice, (n, d), and who speaks → the same, scaled as the table's are."""

_KIND: Kind = "audio"


def with_copies(
    train: TrainSet, copies: Mapping[str, Sequence[Copy]], store: FeatureStore, *, scale: Scale
) -> TrainSet:
    """Add altered copies to a training set.

    A copy is its original with another sound: label, words, faces and what was said before it
    stay. A row that counts twice has its copies twice.

    Args:
        train: Whose rows are copied; held-out rows of its table are not.
        copies: Example id → its copies.
        store: Features of the voice, with those of the copies.
        scale: How the table's tokens of the voice were scaled.

    Returns:
        A table with the copies after its own rows, and the rows of both.

    Raises:
        TypeError: A held-out set was given.
        InputError: A copy has not been encoded.
    """
    require_train(train, what="with_copies")
    table = train.table
    made = [(row, copy) for row in train.rows.tolist() for copy in copies.get(table.ids[row], ())]
    if not made:
        return train
    origins = np.array([row for row, _ in made], np.int64)
    extended: Table = replace(
        table,
        ids=(*table.ids, *(copy.example.id for _, copy in made)),
        labels=np.concatenate([table.labels, table.labels[origins]]),
        vad=np.concatenate([table.vad, table.vad[origins]]),
        tokens={
            kind: _heard(tokens, table, made, store, scale)
            if kind == _KIND
            else _repeated(tokens, origins)
            for kind, tokens in table.tokens.items()
        },
        **{name: _named(getattr(table, name), origins) for name in _NAMES},
    )
    rows = np.arange(len(table), len(extended), dtype=np.int64)
    return TrainSet(extended, np.concatenate([train.rows, rows]))


_NAMES = ("speakers", "dialogues", "corpora", "sentences", "groups")


def _named(values: tuple[str, ...], origins: Ints64) -> tuple[str, ...]:
    return (*values, *(values[row] for row in origins))


def _repeated(tokens: Tokens, origins: Ints64) -> Tokens:
    """The tokens, and those of the origins once more."""
    parts = [slice(tokens.starts[row], tokens.starts[row + 1]) for row in origins]
    return _joined(tokens, [tokens.values[p] for p in parts], [tokens.marked[p] for p in parts])


def _heard(
    tokens: Tokens,
    table: Table,
    made: Sequence[tuple[int, Copy]],
    store: FeatureStore,
    scale: Scale,
) -> Tokens:
    """The tokens, and those of the copies: what was said before is heard as it was."""
    values, marks = [], []
    for row, copy in made:
        found = store.get(copy.example)
        if found is None:
            message = (
                f"{store.folder}: no features of {copy.example.id}; make them with: sentigram "
                "prepare copies EXPERIMENT.yaml"
            )
            raise InputError(message)
        own = scale(found, table.speakers[row]).astype(tokens.values.dtype)
        marked = tokens.marked[tokens.starts[row] : tokens.starts[row + 1]]
        before = tokens.of(row)[~marked]
        values.append(np.concatenate([before, own]))
        marks.append(np.repeat([False, True], [len(before), len(own)]))
    return _joined(tokens, values, marks)


def _joined(tokens: Tokens, values: Sequence[AnyFloats], marks: Sequence[Bools]) -> Tokens:
    ends = tokens.starts[-1] + np.cumsum([len(part) for part in values])
    return replace(
        tokens,
        values=np.concatenate([tokens.values, *values]),
        starts=np.concatenate([tokens.starts, ends]).astype(np.int64),
        marked=np.concatenate([tokens.marked, *marks]),
    )
