"""How much of a given text is expected where it stands: a text that fits is told from another."""

from __future__ import annotations

import numpy as np
import pytest

from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.core.transcript import Utterance
from sentigram.words.fit.text_fit import FITS, NOTHING, Expected, TextFit, said, together
from tests.words.clips import OTHER_LINES, TALK_LINES, spread, talk

LINES = TALK_LINES[:6]


def utterance(start_ms: int, end_ms: int, text: str) -> Utterance:
    span = Span(start_ms, end_ms)
    return Utterance(f"u{start_ms}", span, spread(text.split(), span))


@pytest.fixture(scope="module")
def fit() -> TextFit:
    return TextFit(talk())


def test_what_is_said_there_fits(fit):
    shares: list[float] = []
    found = fit.of_all([utterance(*line) for line in LINES], progress=shares.append)
    assert together(found).share >= FITS + 0.1
    assert all(expected.is_spoken and expected.is_telling for expected in found)
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_another_text_does_not(fit):
    found = fit.of_all(
        [
            utterance(start_ms, end_ms, other)
            for (start_ms, end_ms, _), other in zip(LINES, OTHER_LINES, strict=False)
        ]
    )
    assert together(found).share < 0.35
    assert sum(not expected.is_spoken for expected in found) > len(found) / 2


def test_the_right_words_at_the_wrong_time_do_not(fit):
    """Each stands where the one after the next is said."""
    placed = [(*LINES[i + 2][:2], LINES[i][2]) for i in range(2)]
    assert together(fit.of_all([utterance(*line) for line in placed])).share < 0.35


def test_capitals_and_sounds_in_brackets_do_not_matter(fit):
    start_ms, end_ms, text = LINES[1]
    plain = fit.of(utterance(start_ms, end_ms, text))
    shouted = fit.of(utterance(start_ms, end_ms, f"[CROWD CHEERS] {text.upper()} (APPLAUSE) ♪"))
    assert plain.share >= FITS
    assert shouted == plain


def test_what_lies_outside_of_the_recording_is_not_expected(fit):
    outside = fit.of(utterance(80_000, 82_000, LINES[1][2]))
    assert outside.n_words > 5
    assert outside.n_expected == 0
    assert not outside.is_spoken


def test_a_sound_alone_is_not_asked_for(fit):
    assert fit.of(utterance(0, 1_000, "[applause]")) == NOTHING


def test_samples_that_are_no_numbers_are_silence():
    broken = TextFit(Audio(np.full(32_000, np.nan, np.float32)))
    assert broken.of(utterance(0, 2_000, LINES[1][2])).share < 0.5


def test_little_text_tells_nothing():
    assert not Expected(3, 0, -24.0).is_telling
    assert Expected(3, 0, -24.0).is_spoken
    assert Expected(4, 0, -24.0).is_telling
    assert NOTHING.share == 0
    assert NOTHING.is_spoken


def test_a_sentence_is_spoken_or_not_by_the_mean_over_its_words_but_the_first():
    assert Expected(10, 2, -31.0).is_spoken
    assert not Expected(10, 2, -32.0).is_spoken


def test_the_second_line_of_a_dialogue_is_spoken(fit):
    """The recognizer hears "… your country" before it, and expects that."""
    assert fit.of(utterance(6_626, 7_690, "can do for you,")).is_spoken


def test_several_are_one_text():
    parts = [Expected(4, 1, -8.0), Expected(6, 4, -2.0)]
    assert together(parts) == Expected(10, 5, -10.0)
    assert together([]) == NOTHING


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("it was the best", "It was the best"),
        ("[door closes] STOP IT, BOB!", "Stop it, bob!"),
        ("I met BOB (sighs) again", "I met BOB again"),
        ("♪ la *la* la ♪", "La la la"),
        ("[unclosed", "[unclosed"),
        ("a " + "[" * 200_000, "A " + "[" * 200_000),  # at once
        ("", ""),
    ],
)
def test_a_text_is_asked_for_as_the_recognizer_would_write_it(text, plain):
    assert said(text) == plain
