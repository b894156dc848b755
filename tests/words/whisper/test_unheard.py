from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.time import Span
from sentigram.core.transcript import Word
from sentigram.words.whisper.unheard import unheard
from sentigram.words.whisper.windows import Window
from tests.words.strategies import spans


def _words(*spans_ms: tuple[int, int]) -> list[Word]:
    return [Word("a", Span(*span)) for span in spans_ms]


def _window(*speech_ms: tuple[int, int]) -> Window:
    speech = tuple(Span(*span) for span in speech_ms)
    return Window(Span(max(0, speech[0].start_ms - 400), speech[-1].end_ms + 400), speech)


def test_voice_after_the_last_word_and_between_words_is_unheard():
    words = _words((1000, 1400), (1400, 2000), (6000, 6500))
    found = unheard(_window((900, 2100), (3000, 6600), (8000, 11_000)), words)
    assert [w.span for w in found] == [Span(2800, 5750), Span(7800, 11_200)]
    assert [w.speech for w in found] == [(Span(3000, 5750),), (Span(8000, 11_000),)]


def test_a_word_that_lasts_too_long_hides_nothing():
    found = unheard(_window((1000, 6000)), _words((1000, 6000)))
    assert [w.span for w in found] == [Span(1850, 5150)]


def test_breaths_and_words_that_are_a_little_off_are_heard():
    assert unheard(_window((1000, 3000), (4000, 4800)), _words((1100, 1600), (1800, 2500))) == ()


def test_a_window_without_words_is_heard_again():
    [again] = unheard(_window((1000, 3000)), ())
    assert again.span == Span(800, 3200)


@given(st.lists(spans(), min_size=1), st.lists(spans()))
def test_it_lies_in_the_window_and_holds_voice(speech, words):
    speech = sorted(speech, key=lambda s: (s.start_ms, s.end_ms))
    whole = Span(speech[0].start_ms, max(s.end_ms for s in speech))
    for found in unheard(Window(whole, tuple(speech)), [Word("a", s) for s in words]):
        assert whole.start_ms <= found.span.start_ms <= found.span.end_ms <= whole.end_ms
        assert found.speech
