"""Words that a theme sets apart, whatever their emotion: which words its selectors mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from unicodedata import category, normalize

from sentigram.errors import MissingError

MOST_SELECTORS, MOST_PATTERNS, LONGEST_PATTERN = 8, 200, 60
# The parts of speech of Universal Dependencies: https://universaldependencies.org/u/pos/
PARTS_OF_SPEECH = (
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN",
    "PUNCT", "SCONJ", "SYM", "VERB", "X",
)  # fmt: skip
_MOST_STARS = 2  # of one word: each makes looking slower by a power
_LONGEST_WORD = 80  # longer ones are no words


@dataclass(frozen=True, slots=True)
class Selector:
    """Some words, and what their letters are in place of their own.

    Attributes:
        name: As the theme calls it.
        match: Words and phrases; `*` stands for any letters of a word. Case, and marks such as
            quotes and commas, do not count. None: all words that have one of the tags.
        values: `fill`, `weight`, `italic`, `underline`, `transform`, and `size`, a factor.
        tags: Of `PARTS_OF_SPEECH`: of what matches, the words that are one of them; none for all.
    """

    name: str
    match: tuple[str, ...]
    values: Mapping[str, Any]
    tags: tuple[str, ...] = ()


def selected(
    words: Sequence[str], selectors: Sequence[Selector], tags: Sequence[str] = ()
) -> list[int]:
    """For each word the number of the selector that it falls under, from 1; 0 for none.

    The last selector that matches wins, as the last layer of a theme does.

    Args:
        words: In the order of speech.
        selectors: In the order of the theme.
        tags: The part of speech of each word; needed where a selector asks for some.

    Raises:
        MissingError: A selector asks for parts of speech, and the words have none.
    """
    if len(tags) != len(words) and any(one.tags for one in selectors):
        message = "a selector of the theme asks for parts of speech, and no tagger was asked"
        raise MissingError(message)
    found = [0] * len(words)
    spelled = [_spelled(word) for word in words]
    for number, selector in enumerate(selectors, start=1):
        if not selector.match:
            found = [number if tags[i] in selector.tags else old for i, old in enumerate(found)]
        for pattern in selector.match:
            parts = _parts(pattern)
            for start in range(len(words) - len(parts) + 1):
                if all(_fits(part, spelled[start + i]) for i, part in enumerate(parts)):
                    for i in range(start, start + len(parts)):
                        if not selector.tags or tags[i] in selector.tags:
                            found[i] = number
    return found


def check_pattern(pattern: str) -> None:
    """See that a word or phrase can be looked for.

    Raises:
        ValueError: It cannot; the message quotes it.
    """
    message = ""
    if not pattern.strip() or len(pattern) > LONGEST_PATTERN or not pattern.isprintable():
        message = f"{pattern!r:.70} is not a word or phrase of 1 to {LONGEST_PATTERN} characters"
    elif any(part.count("*") > _MOST_STARS for part in pattern.split()):
        message = f"{pattern!r} has more than {_MOST_STARS} stars in a word"
    elif not all(_spelled(part.replace("*", "")) for part in pattern.split()):
        message = f"{pattern!r} has a part without any letter: it would fit every word"
    if message:
        raise ValueError(message)


@cache
def _parts(pattern: str) -> tuple[re.Pattern[str] | str, ...]:
    """What each word of a phrase must be: a text, or an expression where it has a star."""
    return tuple(
        re.compile(".*".join(re.escape(_spelled(p)) for p in part.split("*")), re.DOTALL)
        if "*" in part
        else _spelled(part)
        for part in pattern.split()
    )


def _spelled(text: str) -> str:
    """Its letters and digits without case, with the marks that tell some words apart: की, का."""
    composed = normalize("NFC", text.casefold())
    return "".join(c for c in composed if c.isalnum() or category(c).startswith("M"))


def _fits(part: re.Pattern[str] | str, word: str) -> bool:
    if isinstance(part, str):
        return part == word
    return len(word) <= _LONGEST_WORD and part.fullmatch(word) is not None
