from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.time import Span
from sentigram.core.transcript import Word
from sentigram.words.whisper.seams import joined_at_seam


def _words(text: str, start_ms: int, word_ms: int = 300) -> list[Word]:
    return [
        Word(word, Span(start_ms + i * word_ms, start_ms + (i + 1) * word_ms))
        for i, word in enumerate(text.split())
    ]


def _joined(left, right, overlap: Span) -> str:
    a, b = joined_at_seam(left, right, overlap)
    return " ".join(word.text for word in (*a, *b))


def test_words_that_both_windows_heard_come_once():
    left = _words("a b c d e", 0)
    right = _words("c D, e f g", 600)
    assert _joined(left, right, Span(600, 1500)).lower().replace(",", "") == "a b c d e f g"


def test_words_that_were_cut_in_half_are_taken_from_the_other_window():
    left = _words("it was the best of tie", 0)  # "times", cut at the edge
    right = _words("st of times it was", 900)  # "best", cut at the edge
    assert _joined(left, right, Span(900, 1800)) == "it was the best of times it was"


def test_different_words_change_hands_in_the_middle():
    left = _words("a b x y", 0)
    right = _words("p q c d", 600)
    assert _joined(left, right, Span(600, 1200)) == "a b x q c d"


def test_the_same_word_at_another_time_is_another_word():
    left = _words("no", 0) + _words("no", 2000)
    right = _words("no", 3000)
    assert _joined(left, right, Span(1000, 3000)) == "no no no"


def test_a_word_that_is_said_twice_in_the_overlap_comes_twice():
    left = _words("well no", 28_000)
    right = _words("no then", 29_500)
    assert _joined(left, right, Span(28_000, 30_000)) == "well no no then"


def test_what_only_one_window_heard_stays_in_order_of_time():
    left = _words("a", 0) + _words("late", 1700)
    right = _words("early", 1100) + _words("d", 2300)
    assert _joined(left, right, Span(1000, 2000)) == "a early late d"


def test_a_window_without_words_changes_nothing_before_the_overlap():
    left = _words("a b", 0)
    assert _joined(left, [], Span(700, 2000)) == "a b"
    assert _joined([], left, Span(0, 0)) == "a b"


@given(
    st.lists(st.sampled_from("abc"), min_size=12, max_size=40),
    st.integers(0, 200),
    st.integers(2, 8),
)
def test_two_windows_over_the_same_speech_give_the_speech(texts, jitter_ms, n_shared):
    word_ms = 300
    middle = len(texts) // 2
    full = _words(" ".join(texts), 0, word_ms)
    first = max(0, middle - n_shared // 2)
    last = min(len(full), first + n_shared)
    left = full[:last]
    right = [
        Word(w.text, Span(w.span.start_ms + jitter_ms // 3, w.span.end_ms + jitter_ms // 3))
        for w in full[first:]
    ]
    overlap = Span(first * word_ms, last * word_ms)
    # Alike neighbours may pair up off by one; never by more than the slack allows.
    n_words = len(_joined(left, right, overlap).split())
    assert abs(n_words - len(texts)) <= 1
    if len(set(texts[first:last])) == n_shared:
        assert _joined(left, right, overlap) == " ".join(texts)
