"""From tokens to words, and what the decoder made up is taken away."""

from __future__ import annotations

import numpy as np
import pytest

from sentigram.words.moonshine.model import Written
from sentigram.words.moonshine.vocabulary import END, vocabulary
from sentigram.words.moonshine.writing import HeardWord, clean, words_of


def written(text: str, *, log_prob: float = -0.5) -> Written:
    tokens = (*vocabulary().tokens(text), END)
    return Written(tokens, np.full(len(tokens), log_prob, np.float32))


def words(text: str) -> list[HeardWord]:
    return [HeardWord(word, -0.1) for word in text.split()]


def cleaned(text: str, duration_ms: int) -> str:
    return " ".join(word.text for word in clean(words(text), duration_ms))


def test_tokens_are_grouped_into_words_with_their_punctuation():
    text = "It was incredulity, wasn't it?"
    found = words_of(written(text), vocabulary())
    assert [word.text for word in found] == text.split()


def test_a_word_is_as_likely_as_its_letters_together():
    (word,) = words_of(written("incredulity,"), vocabulary())
    n_tokens = len(vocabulary().tokens("incredulity"))
    assert n_tokens > 1
    assert word.log_prob == pytest.approx(-0.5 * n_tokens)  # its comma does not count


def test_what_comes_after_the_end_is_not_written():
    one = written("yes")
    more = Written((*one.tokens, *one.tokens), np.full(2 * len(one.tokens), -1, np.float32))
    assert [word.text for word in words_of(more, vocabulary())] == ["yes"]


def test_a_mark_that_stands_alone_stays_with_the_word_before():
    dash = written("well – no")
    assert [word.text for word in words_of(dash, vocabulary())] == ["well\u00a0–", "no"]
    assert words_of(written("– –"), vocabulary()) == ()
    assert words_of(Written((END,), np.zeros(1, np.float32)), vocabulary()) == ()


def test_loops_and_doubled_marks_are_removed():
    assert cleaned("In short,, yes", 2000) == "In short, yes"
    assert cleaned("no no no no no", 5000) == "no no no no no"
    assert cleaned("no " * 12, 5000) == "no"
    assert cleaned("and then and then and then and then", 400) == "and then"
    assert cleaned("So it is. So it is, so it is: so it is", 600) == "So it is."
    assert cleaned("... —", 2000) == ""
    assert len(cleaned(" ".join(f"w{i}" for i in range(100)), 600).split()) == 10


def test_a_word_keeps_its_probability():
    assert clean([HeardWord("yes,,", -0.7)], 1000) == (HeardWord("yes,", -0.7),)
