from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.time import Span
from sentigram.core.transcript import Word
from sentigram.words.whisper.faults import Dropped, WordDoubts, loops_of, without_made_up
from tests.words.strategies import spans, words

SURE = WordDoubts(no_speech_prob=0.01, avg_logprob=-0.2, compression_ratio=1.3)


def _said(text: str, start_ms: int, word_ms: int, confidence: float = 0.9) -> list[Word]:
    return [
        Word(word, Span(start_ms + i * word_ms, start_ms + (i + 1) * word_ms), confidence)
        for i, word in enumerate(text.split())
    ]


def _texts(kept) -> str:
    return " ".join(word.text for word in kept)


def test_speech_stays_as_it_is():
    said = _said("it was the best of times", 1000, 250)
    assert without_made_up(said, [Span(900, 2600)], SURE) == (tuple(said), ())


def test_a_window_that_the_model_takes_for_silence_goes():
    said = _said("thanks for all", 0, 300)
    doubt = WordDoubts(no_speech_prob=0.8, avg_logprob=-1.4)
    kept, dropped = without_made_up(said, [Span(0, 900)], doubt)
    assert kept == ()
    assert dropped == (Dropped("thanks for all", Span(0, 900), "no speech"),)


@pytest.mark.parametrize("doubt", [WordDoubts(0.8, -0.5), WordDoubts(0.3, -1.4)])
def test_one_doubt_alone_is_not_enough(doubt):
    said = _said("quiet but real", 0, 300)
    assert without_made_up(said, [Span(0, 900)], doubt) == (tuple(said), ())


def test_an_endless_word_is_a_loop_without_spaces():
    said = _said("before " + "la" * 200 + " after", 0, 400)
    kept, dropped = without_made_up(said, [Span(0, 1200)], SURE)
    assert _texts(kept) == "before after"
    assert [drop.reason for drop in dropped] == ["a loop"]


def test_unlikely_words_where_there_is_no_voice_go_and_their_neighbours_stay():
    said = _said("real words", 0, 300)
    made_up = _said("the end of it", 8000, 300, confidence=0.3)
    after = _said("more words", 14_000, 300)
    voice = [Span(0, 600), Span(14_000, 14_600)]
    kept, dropped = without_made_up([*said, *made_up, *after], voice, SURE)
    assert _texts(kept) == "real words more words"
    assert dropped == (Dropped("the end of it", Span(8000, 9200), "no voice"),)


def test_words_that_the_model_is_sure_of_stay_where_the_detector_hears_nothing():
    said = _said("whispered words", 8000, 300, confidence=0.8)
    assert without_made_up(said, [Span(0, 600)], SURE) == (tuple(said), ())


def test_a_word_that_is_placed_beside_its_voice_stays():
    said = _said("late", 1200, 200, confidence=0.2)
    assert without_made_up(said, [Span(500, 1000)], SURE) == (tuple(said), ())


@pytest.mark.parametrize("text", ["Thanks for watching!", "Thank you.", "Bye."])
def test_a_known_phantom_needs_more_to_stay_where_nobody_speaks(text):
    said = _said(text, 8000, 300, confidence=0.8)
    kept, [dropped] = without_made_up(said, [Span(0, 600)], SURE)
    assert kept == ()
    assert (dropped.text, dropped.reason) == (text, "no voice")


@pytest.mark.parametrize("confidence", [0.05, 0.9])
@pytest.mark.parametrize("text", ["Thanks for watching!", "Thank you.", "you", "Bye."])
def test_a_phantom_alone_is_no_reason_for_real_words_are_said_like_it(text, confidence):
    said = _said(text, 1000, 300, confidence)
    voice = [Span(1000, 1000 + 300 * len(said))]
    assert without_made_up(said, voice, SURE) == (tuple(said), ())


def test_a_phantom_with_hardly_any_voice_goes_only_with_a_doubt():
    said = _said("Thank you.", 1000, 1000, confidence=0.8)
    voice = [Span(1000, 1300)]
    assert without_made_up(said, voice, SURE)[0] == tuple(said)
    kept, [dropped] = without_made_up(said, voice, WordDoubts(no_speech_prob=0.7))
    assert (kept, dropped.reason) == ((), "no voice")


def test_a_loop_that_nobody_could_say_keeps_one_copy():
    said = _said("so " + "thank you " * 40 + "right", 0, 20)
    kept, [dropped] = without_made_up(said, [Span(0, 2000)], SURE)
    assert _texts(kept) == "so thank you right"
    assert dropped.reason == "a loop"
    assert dropped.text.split() == ["thank", "you"] * 39
    assert loops_of(said, [Span(0, 2000)]) == (dropped,)


def test_a_loop_that_is_spread_over_a_silence_goes_too():
    said = _said("thank you " * 10, 0, 500)
    kept, [dropped] = without_made_up(said, [Span(0, 900)], SURE)
    assert _texts(kept) == "thank you"
    assert dropped.reason == "a loop"


@pytest.mark.parametrize(
    ("text", "word_ms"),
    [
        ("no no no no no no", 180),
        ("ha ha ha ha ha ha ha ha", 150),
        ("never give up never give up never give up never give up", 200),
        ("thank you thank you thank you", 20),  # three times, however fast, is no loop
    ],
)
def test_real_repetition_stays(text, word_ms):
    said = _said(text, 0, word_ms)
    kept, _ = without_made_up(said, [Span(0, word_ms * len(said))], SURE)
    assert kept == tuple(said)
    assert loops_of(said, [Span(0, word_ms * len(said))]) == ()


def test_a_loop_without_spaces_is_counted_in_syllables():
    def joined(word_ms: int) -> list[Word]:
        return [
            Word("哈", Span(i * word_ms, (i + 1) * word_ms), 0.9, joined=i > 0) for i in range(12)
        ]

    assert without_made_up(joined(200), [Span(0, 2400)], SURE)[0] == tuple(joined(200))
    kept, [dropped] = without_made_up(joined(30), [Span(0, 360)], SURE)
    assert (len(kept), dropped.text) == (1, "哈" * 11)


def test_words_that_are_crammed_into_the_last_moment_go():
    said = _said("this was said", 0, 300)
    crammed = [
        Word(text, Span(900, 900), 0.2) for text in ["and", "please", "subscribe", "to", "us"]
    ]
    kept, [dropped] = without_made_up([*said, *crammed], [Span(0, 900)], SURE)
    assert kept == tuple(said)
    assert (dropped.text, dropped.reason) == ("and please subscribe to us", "no time")


def test_a_few_words_without_time_or_sure_ones_stay():
    said = _said("this was said", 0, 300)
    few = [Word(text, Span(900, 900), 0.2) for text in ["to", "us"]]
    sure = [Word(text, Span(900, 900), 0.9) for text in ["and", "then", "we", "went", "home"]]
    for tail in (few, sure):
        assert without_made_up([*said, *tail], [Span(0, 900)], SURE)[0] == (*said, *tail)


def test_short_words_with_room_between_them_stay():
    said = [Word("tick", Span(i * 400, i * 400 + 20), 0.3) for i in range(3)]
    said += [Word("tock", Span(1200 + i * 400, 1220 + i * 400), 0.3) for i in range(3)]
    assert without_made_up(said, [Span(0, 2100)], SURE) == (tuple(said), ())


def test_what_is_left_out_can_be_told():
    dropped = Dropped(
        "one two three four five six seven eight nine", Span(61_000, 62_000), "a loop"
    )
    assert str(dropped) == (
        "left out 'one two three four five six seven eight …' at 1:01: it goes on repeating itself"
    )


@given(
    st.lists(words(7000), max_size=30),
    st.lists(spans(7000), max_size=4),
    st.builds(WordDoubts, st.floats(0, 1), st.floats(-3, 0), st.floats(0, 5)),
)
def test_every_word_stays_or_is_named(said, voice, evidence):
    said = sorted(said, key=lambda word: word.span.start_ms)
    kept, dropped = without_made_up(said, voice, evidence)
    rest = iter(said)
    assert all(any(word == other for other in rest) for word in kept), "in order, unchanged"

    def characters(texts) -> Counter[str]:
        return Counter(c for text in texts for c in text if c != " ")

    assert characters(w.text for w in kept) + characters(d.text for d in dropped) == characters(
        w.text for w in said
    )
    assert [d.span.start_ms for d in dropped] == sorted(d.span.start_ms for d in dropped)
