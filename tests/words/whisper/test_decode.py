from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.time import Span
from sentigram.core.transcript import join_words
from sentigram.words.whisper.decode import words_of


@dataclass
class Heard:
    word: str
    start: float
    end: float
    probability: float


def _texts(*tokens: str) -> list[tuple[str, bool]]:
    heard = [Heard(token, i, i + 1, 0.5) for i, token in enumerate(tokens)]
    return [(word.text, word.joined) for word in words_of(heard, 100_000)]


def test_a_leading_space_starts_a_word_and_its_absence_joins():
    words = words_of(
        [Heard(" Hi", 0.1, 0.3, 0.9), Heard(" you", 0.3, 0.5, 0.8), Heard("好", 0.5, 0.7, 0.7)],
        10_000,
    )
    assert [(w.text, w.joined) for w in words] == [("Hi", False), ("you", False), ("好", True)]
    assert words[0].span == Span(100, 300)
    assert words[2].confidence == 0.7
    assert all(w.timing == "estimated" and w.source == "heard" for w in words)


def test_the_first_word_of_a_segment_is_never_joined():
    words = words_of([Heard("今天", 0, 1, 0.5), Heard("好", 1, 2, 0.5)], 9000)
    assert [word.joined for word in words] == [False, True]


def test_odd_words_are_kept_inside_of_the_sound():
    words = words_of(
        [
            Heard("  ", 0, 1, 1),
            Heard(" a", -0.5, 0.2, 1.5),
            Heard(" b", 3, 2, math.nan),
            Heard(" c", 8, 12, 0.2),
        ],
        10_000,
    )
    assert [w.text for w in words] == ["a", "b", "c"]
    assert [w.span for w in words] == [Span(0, 200), Span(3000, 3000), Span(8000, 10_000)]
    assert [w.confidence for w in words] == [1.0, 0.0, 0.2]


@pytest.mark.parametrize(
    ("tokens", "texts"),
    [
        ((" I", " don", "'t", " know."), ["I", "don't", "know."]),
        ((" that", "'s", " it"), ["that's", "it"]),
        ((" that", "’s", " it"), ["that’s", "it"]),
        ((" l", "'homme"), ["l'homme"]),
        ((" U", ".S", "."), ["U.S."]),
        ((" well", "-known"), ["well-known"]),
        ((" €", "5"), ["€5"]),
        ((" it", " costs", " $", "5"), ["it", "costs", "$5"]),
    ],
)
def test_parts_without_a_space_are_one_word(tokens, texts):
    assert _texts(*tokens) == [(text, False) for text in texts]


def test_merged_parts_share_their_time_and_confidence():
    [word] = words_of([Heard(" do", 1, 1.2, 0.9), Heard("n't", 1.2, 1.5, 0.4)], 9000)
    assert word.span == Span(1000, 1500)
    assert word.confidence == pytest.approx((0.9 * 2 + 0.4 * 3) / 5)


@pytest.mark.parametrize(
    ("tokens", "texts"),
    [
        ((" Go", " ?"), ["Go\u00a0?"]),
        ((" Well", " —", " no"), ["Well\u00a0—", "no"]),
        ((" Go", "»", " he"), ["Go»", "he"]),
        ((" he", " “", "Go", ".", "”"), ["he", "“Go.”"]),
        ((" ¿", "Qué", "?"), ["¿Qué?"]),
        ((" ♪", " la"), ["la"]),
        ((" so", " ?", "!"), ["so\u00a0?!"]),
        ((" ♪", " ♪"), []),
    ],
)
def test_punctuation_goes_to_its_word(tokens, texts):
    assert _texts(*tokens) == [(text, False) for text in texts]


@pytest.mark.parametrize(
    "tokens",
    [("今", "天", "好。"), ("これ", "は", "ペン", "です。"), ("สวัส", "ดี", "ครับ")],
)
def test_scripts_without_spaces_stay_in_words_that_are_joined(tokens):
    assert _texts(*tokens) == [(token, i > 0) for i, token in enumerate(tokens)]


def test_punctuation_alone_is_joined_in_scripts_without_spaces():
    assert _texts("你", "好", "。") == [("你", False), ("好。", True)]


def test_latin_words_among_characters_are_words_of_their_own():
    assert _texts("用", "Whisper", "写") == [("用", False), ("Whisper", True), ("写", True)]


def test_korean_has_spaces():
    assert _texts(" 안녕", "하세요", " 여러분") == [("안녕하세요", False), ("여러분", False)]


_TOKENS = st.lists(
    st.tuples(
        st.sampled_from(["", " "]),
        st.sampled_from(["a", "don", "'t", "好", "です", ".", "?", "“", "”", "¿", "—", "ดี", "5"]),
        st.floats(-1, 12),
        st.floats(-1, 12),
        st.floats(-0.5, 1.5),
    ),
    max_size=20,
)


@given(_TOKENS)
def test_no_letter_is_lost(tokens):
    heard = [Heard(space + text, a, b, p) for space, text, a, b, p in tokens]
    words = words_of(heard, 10_000)
    before = "".join(c for item in heard for c in item.word if c.isalnum() or c == "ี")
    after = "".join(c for c in join_words(words) if c.isalnum() or c == "ี")
    assert after == before
    assert all(word.text.strip() == word.text != "" for word in words)
    assert all(0 <= w.span.start_ms <= w.span.end_ms <= 10_000 for w in words)
    assert not words or not words[0].joined
