"""Words of a text that is already in a file, with their tags, and where its lines break best."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from sentigram.check.measures import n_chars
from sentigram.core.text import is_visible, split
from sentigram.formats import EditableGrammar
from sentigram.style.layout.lines import shape_cost
from sentigram.style.text.breaks import BOUND, break_cost, break_costs

_MOST_TOKENS = 400  # in one cue; a longer one is divided without a search
_NOTES = ("♪", "♫")


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


def shown_lines(grammar: EditableGrammar, source: str) -> tuple[str, ...]:
    """The lines that a viewer sees, without those that show nothing."""
    return tuple(line.strip() for line in grammar.shown_lines(source) if is_visible(line))


@lru_cache(maxsize=50_000)
def _shown_word(grammar: EditableGrammar, raw: str) -> str:
    return "".join(shown_lines(grammar, raw))


@lru_cache(maxsize=16)  # a cue that is divided is looked at several times in each pass
def tokens(grammar: EditableGrammar, source: str) -> tuple[Token, ...]:
    """Words with the tags that touch them; a tag between spaces goes to the next word."""
    out: list[Token] = []
    waiting = ""
    for raw in _words(grammar, source):
        text = _shown_word(grammar, raw)
        if not text:
            waiting += raw
            continue
        if waiting == "" and text == raw and not text.isascii():
            out += [Token(part, part, joined) for part, joined in split(raw)]
        else:
            out.append(Token(waiting + raw, text))
        waiting = ""
    if waiting and out:
        out[-1] = Token(out[-1].source + waiting, out[-1].text, out[-1].joined)
    return tuple(out)


def _words(grammar: EditableGrammar, source: str) -> Iterator[str]:
    """Stretches of source without a space outside of tags."""
    word = ""
    for piece in grammar.pieces(source):
        if grammar.is_tag(piece):
            word += piece
            continue
        first, *others = re.split(r"[ \t\n]+", " ".join(grammar.source_lines(piece)))
        word += first
        for part in others:
            if word:
                yield word
            word = part
    if word:
        yield word


def sung(words: Sequence[Token]) -> tuple[Token, ...]:
    """Words without the notes that ended one line of a song and began the next."""
    notes = [word.source in _NOTES for word in words]
    inner = {i for i in range(len(words) - 1) if i and notes[i] and notes[i + 1]}
    inner |= {i + 1 for i in inner if i + 2 < len(words)}
    return tuple(word for i, word in enumerate(words) if i not in inner)


def joined(grammar: EditableGrammar, words: Sequence[Token], breaks: Sequence[int] = ()) -> str:
    """Words as source text, with line breaks before some of them."""
    made, starts = "", set(breaks)
    for at, word in enumerate(words):
        if at in starts:
            made += grammar.LINE_BREAK
        elif at and not word.joined:
            made += " "
        made += word.source
    return made


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
