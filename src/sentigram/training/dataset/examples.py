"""Examples with their features, in arrays; and which of them may be changed.

A transform that copies, augments or reweights examples takes a TrainSet and nothing else: to the
type checker, and at run time, a held-out set cannot be passed to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sentigram.core.arrays import Bools, Floats32, Ints64
from sentigram.emotion.encoders.tokens import AnyFloats, Kind, Numbers
from sentigram.emotion.networks.inputs import Inputs


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """Token sequences of all examples of one modality, end to end.

    Attributes:
        values: float32 or float16 (n_tokens, d).
        starts: int64 (n_examples + 1,); example i has tokens starts[i] to starts[i + 1].
        marked: bool (n_tokens,), the tokens that the example is about; the rest is context.
        numbers: `values` may be scaled and made noisy; `ids` are names and stay as they are.
    """

    values: AnyFloats
    starts: Ints64
    marked: Bools
    numbers: Numbers = "values"

    @property
    def width(self) -> int:
        """D."""
        return int(self.values.shape[1])

    def of(self, row: int) -> AnyFloats:
        """Tokens of one example, (n, d)."""
        return self.values[self.starts[row] : self.starts[row + 1]]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """All examples of an experiment.

    Attributes:
        ids: (n,) example ids.
        classes: Ordered names.
        labels: (n,) indices into classes.
        tokens: Of each modality that is learnt from.
        vad: float32 (n, 3), NaN where there is no target.
        speakers: (n,) ids, empty when unknown.
        dialogues: (n,) ids, empty when there are none; of pieces whose speaker is unknown, too, the
            recording.
        corpora: (n,) names.
        sentences: (n,) the words themselves, for the TF-IDF row.
        groups: (n,) scripted, improvised or empty: rows of the report.
    """

    ids: tuple[str, ...]
    classes: tuple[str, ...]
    labels: Ints64
    tokens: Mapping[Kind, Tokens]
    vad: Floats32
    speakers: tuple[str, ...]
    dialogues: tuple[str, ...]
    corpora: tuple[str, ...]
    sentences: tuple[str, ...]
    groups: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class TrainSet:
    """Rows that weights are fitted on; the only ones that transforms accept.

    Attributes:
        table: The experiment's examples.
        rows: (n,) positions; a row twice counts twice.
    """

    table: Table
    rows: Ints64


@dataclass(frozen=True, slots=True, eq=False)
class HeldOutSet:
    """Rows that are only read.

    Attributes:
        table: The experiment's examples.
        rows: (n,) positions, each once.
        role: `validation` picks epochs; `test` is scored once.
    """

    table: Table
    rows: Ints64
    role: Literal["validation", "test"]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Padded examples, as torch tensors.

    Attributes:
        inputs: Tokens of each modality, what networks take.
        labels: int64 (batch,).
        vad: float32 (batch, 3), NaN where there is no target.
        rows: int64 (batch,) positions in the table.
    """

    inputs: Inputs
    labels: Any
    vad: Any
    rows: Any


def require_train(given: object, *, what: str) -> None:
    """Make sure that a transform got a training set, also where nobody checks types.

    Raises:
        TypeError: It got something else.
    """
    if not isinstance(given, TrainSet):
        message = f"{what} changes examples, so it takes a TrainSet, not {type(given).__name__}"
        raise TypeError(message)
