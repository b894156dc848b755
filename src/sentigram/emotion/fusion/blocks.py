"""Tokens of a recording, block by block, and where each word's lie among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sentigram.core.media import Audio
from sentigram.core.protocols import Memory
from sentigram.core.transcript import Utterance
from sentigram.emotion.encoders.tokens import AudioTokens, Kind, TextTokens
from sentigram.emotion.stretches import Segment
from sentigram.errors import InputError

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

_BLOCK_WORDS = 1500  # about ten minutes of speech: what is in memory at once
_MOST_CONTEXT = 256  # tokens of a modality before a word's window


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Tokens of some segments, and each word's place among them.

    Attributes:
        values: Per modality, float32 (n_tokens, d).
        places: Per modality, int64 (n_words, 3): tokens first … high are given to the network, low
            … high are marked as what it is asked about.
    """

    values: Mapping[Kind, Floats]
    places: Mapping[Kind, Ints]

    @property
    def n_words(self) -> int:
        """Of its segments."""
        return len(next(iter(self.places.values())))


def blocks_of(found: Iterator[Segment]) -> Iterator[list[Segment]]:
    """Consecutive segments of about _BLOCK_WORDS words."""
    block: list[Segment] = []
    n_words = 0
    for segment in found:
        if block and n_words + segment.n_words > _BLOCK_WORDS:
            yield block
            block, n_words = [], 0
        block.append(segment)
        n_words += segment.n_words
    if block:
        yield block


def word_tokens(
    encoder: TextTokens,
    block: Sequence[Segment],
    before: Sequence[Utterance],
    context: int,
) -> tuple[Floats, Ints]:
    """Vectors of the block's words and of the utterances before it, and each word's place."""
    utterances = [utterance for segment in block for utterance in segment.utterances]
    encoded = encoder.encode([*before, *utterances])
    starts = np.concatenate([[0], np.cumsum([len(features.vectors) for features in encoded])])
    places = []
    number = len(before)
    for segment in block:
        windows = iter(segment.windows)
        for utterance in segment.utterances:
            start = int(starts[number])
            reach = int(starts[max(0, number - context)]) if context else start
            for i, word in enumerate(utterance.words):
                window = next(windows)
                near = [
                    k
                    for k, other in enumerate(utterance.words)
                    if other.span.overlap_ms(window) or other is word
                ]
                low, high = start + min(*near, i), start + max(*near, i) + 1
                first = max(reach, low - _MOST_CONTEXT) if context else low
                places.append((first, low, high))
            number += 1
    return np.concatenate([features.vectors for features in encoded]), np.array(places, np.int64)


def voice_tokens(
    encoder: AudioTokens, block: Sequence[Segment], audio: Audio, *, has_context: bool
) -> tuple[Floats, Ints]:
    """Tokens of the block's segments, and each word's place among them."""
    values, places = [], []
    at = 0
    spans = [segment.span for segment in block]
    for segment, tokens in zip(block, encoder.encode_spans(audio, spans), strict=True):
        for window in segment.windows:
            part = tokens.within(window)
            low, high = at + part.start, at + part.stop
            first = max(0, low - _MOST_CONTEXT) if has_context else low
            places.append((first, low, high))
        values.append(tokens.values)
        at += len(tokens.values)
    return np.concatenate(values), np.array(places, np.int64)


def keep(block: Block, number: int, memory: Memory) -> None:
    """Keep the tokens of a block, so that they are made once."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for kind, values in block.values.items():
        arrays[f"{kind}-values"] = values.astype(np.float32)
        arrays[f"{kind}-places"] = block.places[kind]
    memory.remember(_stage(number), arrays)


def kept(number: int, memory: Memory) -> Block | None:
    """The tokens that were kept of a block, None where there are none."""
    arrays = memory.recall(_stage(number))
    if arrays is None:
        return None
    kinds: tuple[Kind, ...] = ("text", "audio")
    present = [kind for kind in kinds if f"{kind}-values" in arrays]
    return Block(
        {kind: np.asarray(arrays[f"{kind}-values"], np.float32) for kind in present},
        {kind: np.asarray(arrays[f"{kind}-places"], np.int64) for kind in present},
    )


def read_kept(number: int, memory: Memory) -> Block:
    """The tokens that were kept of a block.

    Raises:
        InputError: They are gone, or cannot be read.
    """
    block = kept(number, memory)
    if block is None:
        message = f"what was kept of block {number} cannot be read again; run it again"
        raise InputError(message)
    return block


def _stage(number: int) -> str:
    return f"tokens-{number:04d}"
