"""Pieces of words: cut as the model's own tokenizer does it, back to the same text, and in time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.words.moonshine.vocabulary import END, START, vocabulary

# What the model wrote itself for speech, token by token (its start and end left out).
WRITTEN = {
    "And so my fellow Americans ask not what your country can do for you, ask what": (
        1126, 577, 590, 10404, 23035, 2244, 451, 825, 596, 4234, 508, 437, 363, 366, 29892, 2244,
        825,
    ),
    "Going to act the other way, in short, the period was so far like the present period": (
        2921, 292, 304, 1044, 278, 916, 982, 29892, 297, 3273, 29892, 278, 3785, 471, 577, 2215,
        763, 278, 2198, 3785,
    ),
    "Eph, it was the epoch of incredulity. It was a season of light.": (
        382, 561, 29892, 372, 471, 278, 21502, 305, 310, 29811, 352, 537, 29889, 739, 471, 263,
        4259, 310, 3578, 29889,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "tokens"), WRITTEN.items())
def test_a_text_is_cut_as_the_model_writes_it(text: str, tokens: tuple[int, ...]):
    assert vocabulary().tokens(text) == tokens
    assert vocabulary().text((START, *tokens, END)) == text


def test_there_is_a_number_for_each_output_of_the_model():
    assert len(vocabulary()) == 32_768


def test_letters_without_a_piece_become_their_bytes():
    space, *rest = vocabulary().tokens("🜁")
    assert vocabulary().begins_word(space)
    assert rest == [3 + byte for byte in "🜁".encode()]
    assert vocabulary().text([space, *rest]) == "🜁"


@given(st.lists(st.text(st.characters(exclude_categories=("C", "Z")), max_size=30), max_size=8))
def test_what_is_cut_comes_back(words: list[str]):
    text = " ".join(" ".join(words).replace("\u2581", "").split())
    tokens = vocabulary().tokens(text)
    assert vocabulary().text(tokens) == text
    assert all(2 < token < len(vocabulary()) for token in tokens)


def test_bytes_that_are_no_letters_are_shown_as_such():
    assert vocabulary().text([3 + 0xFF, 3 + 0xF0]) == "\ufffd\ufffd"


def test_a_word_of_a_million_letters_takes_no_time():
    began = time.process_time()
    tokens = vocabulary().tokens("ab" * 500_000 + " end")
    assert time.process_time() - began < 2
    assert len(tokens) < 100
    assert vocabulary().text(tokens).endswith(" end")


def test_what_begins_a_word_and_what_has_letters_is_known():
    known = vocabulary()
    word, comma = known.tokens("country,")
    assert known.begins_word(word)
    assert known.has_letters(word)
    assert not known.begins_word(comma)
    assert not known.has_letters(comma)
    assert not known.has_letters(END)
