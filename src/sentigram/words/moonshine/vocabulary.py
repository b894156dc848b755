"""The recognizer's vocabulary: 32,768 pieces of words, and how a text is cut into them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path

from sentigram.assets import weights

START = 1
END = 2
_SPECIAL = 3  # unknown, start and end come first
_FIRST_BYTE = 3  # then a piece for each byte
_SPACE = "\u2581"  # stands for the space before a word
_LONGEST_WORD = 64  # letters; more are no word, and merging them is quadratic


class Vocabulary:
    """Pieces of words by number.

    A text is cut as the model's own tokenizer (byte-pair encoding) does it: neighbours are merged
    again and again, first those whose merged piece has the lowest number.

    Args:
        path: Pieces one after the other: a length (a second byte from 128 on) and its bytes.
    """

    def __init__(self, path: Path) -> None:
        self._pieces = _read(path.read_bytes())

    def __len__(self) -> int:
        """How many pieces there are."""
        return len(self._pieces)

    def text(self, tokens: Sequence[int]) -> str:
        """What tokens say, without the spaces around it."""
        joined = b"".join(self._pieces[token] for token in tokens if token >= _SPECIAL)
        return joined.decode("utf-8", "replace").replace(_SPACE, " ").strip()

    def begins_word(self, token: int) -> bool:
        """Whether a token begins with the space before a word."""
        return self._pieces[token].startswith(_SPACE.encode())

    def has_letters(self, token: int) -> bool:
        """Whether a token is more than punctuation."""
        piece = self._pieces[token].decode("utf-8", "replace")
        return token >= _SPECIAL and any(c.isalnum() for c in piece)

    def tokens(self, text: str) -> tuple[int, ...]:
        """The tokens of a text, without the ones that stand for its start and end."""
        return tuple(token for word in text.split() for token in self._word(word))

    def _word(self, word: str) -> tuple[int, ...]:
        known = self._numbers
        parts = list(_SPACE + word[:_LONGEST_WORD])
        while len(parts) > 1:
            merged = [known.get((a + b).encode(), len(known)) for a, b in pairwise(parts)]
            lowest = min(merged)
            if lowest == len(known):
                break
            at = merged.index(lowest)
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        return tuple(token for part in parts for token in self._numbered(part))

    def _numbered(self, part: str) -> tuple[int, ...]:
        number = self._numbers.get(part.encode())
        return (number,) if number else tuple(_FIRST_BYTE + byte for byte in part.encode())

    @cached_property
    def _numbers(self) -> dict[bytes, int]:
        # Single bytes come first, and again as pieces where they are letters: those are meant.
        return {piece: number for number, piece in enumerate(self._pieces) if piece}


def _read(data: bytes) -> tuple[bytes, ...]:
    pieces = []
    at = 0
    while at < len(data):
        length = data[at]
        at += 1
        if length >= 128:
            length += 128 * (data[at] - 1)
            at += 1
        pieces.append(data[at : at + length])
        at += length
    return tuple(pieces)


@cache
def vocabulary() -> Vocabulary:
    """The one that ships."""
    return Vocabulary(weights() / "words_vocabulary.bin")
