"""From tokens to words: each with its probability, without what the decoder made up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sentigram.words.moonshine.model import Written
from sentigram.words.moonshine.vocabulary import END, Vocabulary

_FASTEST_WORD_MS = 60  # nobody speaks more than about 16 words a second
_LONGEST_LOOP = 12  # words in a phrase that is looked for as a loop
_LEAST_COPIES = 4  # of a phrase, where there is no time for it …
_MOST_COPIES = 10  # … and where there is


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word as the decoder wrote it.

    Attributes:
        text: With its punctuation.
        log_prob: Natural logarithm of the probability of its letters, given what came before.
    """

    text: str
    log_prob: float


def words_of(written: Written, vocabulary: Vocabulary) -> tuple[HeardWord, ...]:
    """Group tokens into words; punctuation and the end do not count for their probability."""
    groups: list[list[int]] = []
    for i, token in enumerate(written.tokens):
        if token == END:
            break
        if not groups or vocabulary.begins_word(token):
            groups.append([])
        groups[-1].append(i)
    out: list[HeardWord] = []
    for group in groups:
        text = vocabulary.text([written.tokens[i] for i in group])
        letters = [i for i in group if vocabulary.has_letters(written.tokens[i])]
        log_prob = float(sum(written.log_probs[i] for i in letters))
        if letters:
            out.append(HeardWord(text, log_prob))
        elif text and out:  # a mark that stands alone
            out[-1] = replace(out[-1], text=f"{out[-1].text}\u00a0{text}")
    return tuple(out)


def clean(words: Sequence[HeardWord], duration_ms: int) -> tuple[HeardWord, ...]:
    """Remove what the decoder made up: loops, doubled punctuation, more words than fit.

    A phrase said four times in a row is a loop only where it would not fit into the time that the
    line lasts, or where it goes on ten times; one copy is kept.
    """
    marked = [replace(word, text=re.sub(r"([,;:])\1+", r"\1", word.text)) for word in words]
    said = [word for word in marked if any(c.isalnum() for c in word.text)]
    too_fast = len(said) * _FASTEST_WORD_MS > duration_ms
    said = _without_loops(said, _LEAST_COPIES if too_fast else _MOST_COPIES)
    return tuple(said[: max(1, duration_ms // _FASTEST_WORD_MS)])


def _without_loops(words: Sequence[HeardWord], most: int) -> list[HeardWord]:
    bare = [re.sub(r"\W", "", word.text).lower() for word in words]
    out: list[HeardWord] = []
    i = 0
    while i < len(words):
        for length in range(1, min(_LONGEST_LOOP, (len(words) - i) // 2) + 1):
            phrase = bare[i : i + length]
            count = 1
            while bare[i + count * length : i + (count + 1) * length] == phrase:
                count += 1
            if count >= most:
                out += words[i : i + length]
                i += count * length
                break
        else:
            out.append(words[i])
            i += 1
    return out
