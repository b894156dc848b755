"""Token sequences of words and voice: the same ones in training and at work.

An encoder that training knows by a name makes tokens of whole texts and clips when features are
prepared, and of the sentences and stretches of a recording when it is read. Both go through the
same calls, so that a network is given what it was trained on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from sentigram.core.arrays import Floats32
from sentigram.core.document import EnginePart
from sentigram.core.media import Audio
from sentigram.core.protocols import Progress, TextFeatures, no_progress
from sentigram.core.time import Span
from sentigram.core.transcript import Utterance

AnyFloats = NDArray[np.floating[Any]]
Kind = Literal["text", "audio", "visual"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Numbers = Literal["values", "ids"]


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """What features were made by: everything that changes their numbers.

    Attributes:
        name: Of the folder and in experiments.
        kind: What it reads.
        width: Of a token.
        id: The encoder, its version and what was done with its output.
        sha256: Of the weights, empty when unknown.
        numbers: `values` are scaled for training; `ids` number the pieces of a vocabulary.
        stored: How they are kept on disk.
    """

    name: str
    kind: Kind
    width: int
    id: str
    sha256: str = ""
    numbers: Numbers = "values"
    stored: Literal["float32", "float16"] = "float32"


@dataclass(frozen=True, slots=True, eq=False)
class SpanTokens:
    """Tokens of one stretch of a recording, evenly spaced.

    Attributes:
        first_ms: Where token 0 begins in the recording.
        step_ms: From the start of a token to that of the next.
        values: float32 (n_tokens, width), n_tokens ≥ 1.
    """

    first_ms: float
    step_ms: float
    values: Floats32

    def within(self, span: Span) -> slice:
        """The tokens whose centres lie in a span; the nearest one where there is none."""
        n = len(self.values)
        low = int(np.ceil((span.start_ms - self.first_ms) / self.step_ms - 0.5))
        high = int(np.ceil((span.end_ms - self.first_ms) / self.step_ms - 0.5))
        if high <= low:  # shorter than a token
            low = int((0.5 * (span.start_ms + span.end_ms) - self.first_ms) // self.step_ms)
            high = low + 1
        low = min(max(low, 0), n - 1)
        return slice(low, min(max(high, low + 1), n))


class TextTokens(Protocol):
    """Word vectors of sentences."""

    @property
    def info(self) -> EncoderInfo:
        """What checkpoints remember of it."""
        ...

    @property
    def part(self) -> EnginePart:
        """For the Document's engine list."""
        ...

    def encode(
        self, utterances: Sequence[Utterance], *, progress: Progress = no_progress
    ) -> tuple[TextFeatures, ...]:
        """One entry per utterance, all utterances in few batches."""
        ...


class AudioTokens(Protocol):
    """Tokens of stretches of a recording."""

    @property
    def info(self) -> EncoderInfo:
        """What checkpoints remember of it."""
        ...

    @property
    def part(self) -> EnginePart:
        """For the Document's engine list."""
        ...

    def encode_spans(self, audio: Audio, spans: Sequence[Span]) -> Iterator[SpanTokens]:
        """Tokens of each stretch, in order, each sound encoded once, holding few in memory."""
        ...
