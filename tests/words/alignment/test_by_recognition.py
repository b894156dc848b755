from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.words.alignment.by_recognition import anchor, matches, share
from tests.words.strategies import transcripts

WORDS = st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f", "g"]), max_size=40)


def _heard(text: str, *, start_ms: int = 0, each_ms: int = 300) -> Transcript:
    words = tuple(
        Word(part, Span(start_ms + i * each_ms, start_ms + (i + 1) * each_ms))
        for i, part in enumerate(text.split())
    )
    span = Span(words[0].span.start_ms, words[-1].span.end_ms)
    return Transcript("en", (Utterance("u1", span, words),))


def _given(*lines: str) -> Transcript:
    return Transcript(
        "en",
        tuple(
            Utterance(
                f"u{i}",
                Span(0, 0),
                tuple(Word(w, Span(0, 0), source="given") for w in line.split()),
            )
            for i, line in enumerate(lines)
        ),
    )


@given(WORDS, WORDS)
def test_matches_are_equal_words_in_order(left, right):
    pairs = matches(left, right)
    assert all(left[i] == right[j] for i, j in pairs)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in itertools.pairwise(pairs))


@given(WORDS)
def test_a_text_matches_itself_entirely(words):
    assert matches(words, words) == [(i, i) for i in range(len(words))]


@given(transcripts(), transcripts())
def test_any_pair_of_transcripts_keeps_the_given_words(given_words, heard):
    result = anchor(given_words, heard)
    assert [w.text for w in result.words()] == [w.text for w in given_words.words()]
    assert all(word.timing == "estimated" for word in result.words())


def test_equal_words_take_the_time_they_were_heard_at():
    result = anchor(_given("Four score", "and seven years!"), _heard("four score and seven years"))
    assert [w.span.start_ms for w in result.words()] == [0, 300, 600, 900, 1200]
    assert result.utterances[1].span == Span(600, 1500)
    assert [w.source for w in result.words()] == ["given"] * 5


def test_words_that_were_heard_otherwise_lie_between_their_neighbours():
    result = anchor(
        _given("the quick brown fox jumped over lazy dogs"),
        _heard("the quick brown box bumped over lazy dogs"),
    )
    spans = [w.span for w in result.words()]
    assert spans[2].end_ms <= spans[3].start_ms < spans[4].start_ms < spans[4].end_ms
    assert spans[4].end_ms == spans[5].start_ms == 1500


def test_words_before_and_after_keep_the_pace():
    result = anchor(
        _given("missing words come first then silence"), _heard("come first then", start_ms=5000)
    )
    spans = [w.span for w in result.words()]
    assert 3500 < spans[0].start_ms < 4500
    assert spans[1].end_ms == 5000
    assert spans[5].start_ms == 5900
    assert spans[5].end_ms > 6200


def test_a_lone_filler_is_no_anchor():
    result = anchor(
        _given("uh so this is what he said about corpus linguistics"),
        _heard("uh about corpus linguistics", start_ms=6000),
    )
    assert next(iter(result.words())).span.start_ms < 5500


def test_a_match_that_leaves_no_time_is_dropped():
    text = " ".join(f"w{i}" for i in range(30))
    result = anchor(
        _given(f"alpha beta gamma {text} delta epsilon zeta eta"),
        _heard("alpha beta gamma delta epsilon zeta eta"),
    )
    starts = [w.span.start_ms for w in result.words()]
    assert starts == sorted(starts)
    assert starts[33] - starts[2] >= 30 * 100


def test_nothing_in_common_changes_no_time():
    given_words = _given("one two three")
    result = anchor(given_words, _heard("vier fünf sechs"))
    assert [w.span for w in result.words()] == [w.span for w in given_words.words()]


def test_repeated_sentences_keep_their_order():
    line = "it was the best of times it was the worst of times"
    heard = _heard(f"{line} {line}")
    assert [w.span for w in anchor(_given(line, line), heard).words()] == [
        w.span for w in heard.words()
    ]


def test_an_hour_of_text_is_quick_enough_to_test():
    text = " ".join(f"word{i % 997} the {i} of" for i in range(2000))
    assert anchor(_given(text), _heard(text)) is not None


def test_shares_touch_and_fill():
    assert share([1, 3], Span(0, 400)) == [Span(0, 100), Span(100, 400)]
