"""Where the lines of text that is already in a file break best.

The text may hold tags; they travel with the word that they touch.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sentigram.core.text import split
from sentigram.formats.values import n_chars
from sentigram.style.layout.lines import shape_cost
from sentigram.style.text.breaks import BOUND, break_cost, break_costs

_MOST_TOKENS = 400  # in one cue; a longer one is divided without a search
_TAGS = re.compile(r"<[^<>]*>|\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Token:
    """A word with the tags that touch it.

    Attributes:
        source: As the file has it.
        text: As it is shown.
        joined: No space before it.
    """

    source: str
    text: str
    joined: bool = False


def tokens_of(text: str, language: str = "") -> tuple[Token, ...]:
    """Words of plain text; Chinese and Japanese in units that may end a line."""
    del language
    return tuple(Token(word, word, joined) for word, joined in split(text))


def boundary_cost(upper: str, lower: str, language: str) -> float:
    """What the break between two lines costs."""
    before, after = _last_word(upper), _first_word(lower)
    if not before or not after:
        return 0.0
    # East Asian lines meet without a space.
    joined = not (before.isascii() or after.isascii()) and language in ("zh", "ja", "th")
    return break_cost(before, after, language, joined=joined)


@cache
def _last_word(line: str) -> str:
    words = line.split()
    return words[-1] if words else ""


@cache
def _first_word(line: str) -> str:
    words = line.split()
    return words[0] if words else ""


def costs_of(tokens: Sequence[Token], language: str) -> list[float]:
    """What a break before each token costs; before the first, nothing."""
    return break_costs([one.text for one in tokens], [one.joined for one in tokens], language)


def lengths_of(tokens: Sequence[Token], language: str) -> list[float]:
    """Characters up to the end of each token, spaces included, beginning with 0."""
    total, sums = 0.0, [0.0]
    for at, token in enumerate(tokens):
        total += n_chars(token.text, language) + (1 if at and not token.joined else 0)
        sums.append(total)
    return sums


def best_breaks(
    tokens: Sequence[Token], room: float, lines: int, language: str, *, below: float = BOUND * 2
) -> tuple[int, ...] | None:
    """Where words break into at most so many lines.

    Args:
        tokens: Words of one cue.
        room: Most characters in a line.
        lines: Most lines.
        language: ISO 639-1.
        below: Breaks that cost this much or more are not taken.

    Returns:
        Positions in `tokens` that begin a new line; None where they do not fit.
    """
    if not tokens or len(tokens) > _MOST_TOKENS:
        return None
    found = _Search(tokens, room, language, below).lines(0, lines)
    return None if found is None else found[1]


class _Search:
    """Looks for the cheapest breaks."""

    __slots__ = ("below", "costs", "room", "sums", "tokens")

    def __init__(self, tokens: Sequence[Token], room: float, language: str, below: float) -> None:
        self.tokens, self.room, self.below = tokens, room, below
        self.sums, self.costs = lengths_of(tokens, language), costs_of(tokens, language)

    def length(self, start: int, end: int) -> float:
        """Characters of a line of these tokens."""
        space = 1 if start and not self.tokens[start].joined else 0
        return self.sums[end] - self.sums[start] - space

    def lines(self, start: int, left: int) -> tuple[float, tuple[int, ...]] | None:
        """The cost and the breaks of the tokens from `start` on, in so many lines."""
        total = self.length(start, len(self.tokens))
        if total <= self.room:
            return 0.0, ()
        best: tuple[float, tuple[int, ...]] | None = None
        for at in range(start + 1, len(self.tokens) if left > 1 else 0):
            top = self.length(start, at)
            if top > self.room:
                break
            rest = self.lines(at, left - 1) if self.costs[at] < self.below else None
            if rest is None:
                continue
            uneven = (left * top - total) / total
            cost = self.costs[at] + shape_cost(uneven) + rest[0]
            if best is None or cost < best[0]:
                best = cost, (at, *rest[1])
        return best
