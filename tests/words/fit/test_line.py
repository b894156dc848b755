"""By how much the times of a text are off: by the words that were heard, and by voices."""

from __future__ import annotations

import numpy as np
import pytest

from sentigram.core.time import Span
from sentigram.core.transcript import Word
from sentigram.words.fit.line import RATES, Line, line_by_voice, line_by_words, voiced_share


def words(*, n_words: int, apart_ms: int, name: str = "word") -> list[Word]:
    """Words that all differ, at regular times."""
    return [
        Word(f"{name}{i}", Span(i * apart_ms, i * apart_ms + 300), timing="estimated")
        for i in range(n_words)
    ]


def moved(given: list[Word], line: Line) -> list[Word]:
    return [
        Word(
            word.text, Span(max(0, line.at(word.span.start_ms)), max(0, line.at(word.span.end_ms)))
        )
        for word in given
    ]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("offset_ms", [-40_000, 12_300])
def test_a_shift_is_found_at_each_frame_rate(rate, offset_ms):
    given = words(n_words=1_200, apart_ms=6_000)  # two hours
    wanted = Line(rate, offset_ms)
    heard = [w for w in moved(given, wanted) if w.span.end_ms > 0]
    found = line_by_words(given, heard)
    assert found is not None
    for word in (given[20], given[600], given[-1]):
        assert abs(found.at(word.span.start_ms) - wanted.at(word.span.start_ms)) <= 100
    assert found.rate == rate


def test_words_that_were_misheard_and_unsure_times_do_not_matter():
    rng = np.random.default_rng(1)
    given = words(n_words=300, apart_ms=900)
    heard = [
        Word(
            word.text if rng.random() < 0.6 else f"misheard{i}",
            Span(
                word.span.start_ms + 4_000 + int(rng.integers(-400, 400)), word.span.end_ms + 5_000
            ),
        )
        for i, word in enumerate(given)
    ]
    found = line_by_words(given, heard)
    assert found is not None
    assert found.rate == 1.0
    assert found.offset_ms == pytest.approx(4_000, abs=100)


def test_of_a_stretch_that_was_heard_all_of_the_text_is_moved():
    given = words(n_words=600, apart_ms=1_000)
    found = line_by_words(given, moved(given, Line(1.0, -7_000))[200:260])
    assert found == Line(1.0, -7_000)


def test_a_few_minutes_do_not_show_another_frame_rate():
    """In five minutes a thousandth is a third of a second: alignment mends that."""
    given = words(n_words=300, apart_ms=1_000)
    found = line_by_words(given, moved(given, Line(24_000 / 1_001 / 24, 2_000)))
    assert found is not None
    assert found.rate == 1.0
    assert found.offset_ms == pytest.approx(2_000, abs=300)


def test_nothing_is_found_where_too_little_agrees():
    given = words(n_words=100, apart_ms=1_000)
    assert line_by_words(given, words(n_words=100, apart_ms=1_000, name="other")) is None
    assert line_by_words(given, []) is None
    assert line_by_words([], given) is None
    assert line_by_words(given, moved(given[:3], Line(1.0, 500))) is None
    mixed = [*moved(given[:20], Line()), *words(n_words=80, apart_ms=900, name="other")]
    assert line_by_words(given, mixed) is None


def test_words_that_agree_in_no_order_of_time_are_not_believed():
    rng = np.random.default_rng(2)
    given = words(n_words=100, apart_ms=1_000)
    starts = sorted(1_000 * int(i) for i in rng.choice(3_600, 100, replace=False))
    heard = [Word(w.text, Span(at, at + 300)) for w, at in zip(given, starts, strict=True)]
    assert line_by_words(given, heard) is None


def cues(n_cues: int, seed: int = 0) -> list[Span]:
    """Of one to four seconds, with pauses between that differ."""
    rng, out, at = np.random.default_rng(seed), [], 20_000
    for _ in range(n_cues):
        length_ms = 100 * int(rng.integers(10, 40))
        out.append(Span(at, at + length_ms))
        at += length_ms + int(rng.choice([300, 800, 2_500, 6_000]))
    return out


def shifted(spans: list[Span], by_ms: int) -> list[Span]:
    return [Span(span.start_ms + by_ms, span.end_ms + by_ms) for span in spans]


@pytest.mark.parametrize("by_ms", [-15_000, -2_500, 1_800, 9_000])
@pytest.mark.parametrize("n_cues", [8, 60])
def test_a_shift_is_found_by_voices(by_ms, n_cues):
    shown = cues(n_cues)
    voice = shifted(shown, by_ms)
    found = line_by_voice(shown, voice, voice[-1].end_ms + 10_000)
    if voiced_share(shown, voice) > 0.7:  # it is hardly off
        assert found is None or found.offset_ms == pytest.approx(by_ms, abs=100)
    else:
        assert found is not None
        assert found.rate == 1.0
        assert found.offset_ms == pytest.approx(by_ms, abs=100)


def test_voices_beside_the_cues_and_cues_without_voices_do_not_matter():
    shown = cues(60)
    voice = [span for i, span in enumerate(shifted(shown, 9_000)) if i % 7]
    voice.append(Span(voice[-1].end_ms + 5_000, voice[-1].end_ms + 12_000))
    found = line_by_voice(shown, voice, 600_000)
    assert found is not None
    assert found.offset_ms == pytest.approx(9_000, abs=100)


def test_few_cues_fit_many_places():
    assert line_by_voice(cues(7), shifted(cues(7), 9_000), 60_000) is None
    assert line_by_voice(cues(60), [], 60_000) is None


def test_other_voices_fit_nowhere():
    shown = cues(60)
    for seed in range(1, 6):
        assert line_by_voice(shown, cues(60, seed), 400_000) is None


def test_a_text_in_time_is_left_where_it_is():
    shown = cues(60)
    assert line_by_voice(shown, shifted(shown, 200), shown[-1].end_ms) is None
    assert line_by_voice(shown, [Span(0, shown[-1].end_ms)], shown[-1].end_ms) is None


def test_damaged_times_take_no_memory():
    shown = [*cues(60), Span(10**13, 10**13 + 2_000)]
    voice = shifted(shown[:-1], 9_000)
    found = line_by_voice(shown, voice, 400_000)
    assert found is not None
    assert found.offset_ms == pytest.approx(9_000, abs=100)
    assert voiced_share(shown, shown[:-1]) > 0.9
    assert voiced_share([Span(0, 1_000), Span(0, 10**13)], [Span(0, 1_000)]) < 0.001


def test_the_share_with_a_voice_is_that_of_the_time_of_the_cues():
    assert voiced_share([Span(0, 1_000), Span(2_000, 3_000)], [Span(500, 2_500)]) == 0.5
    assert voiced_share([Span(0, 1_000)], [Span(5_000, 6_000)]) == 0
    assert voiced_share([Span(0, 0)], [Span(0, 6_000)]) == 0


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (Line(1.0, 4_000), "4.0 s later"),
        (Line(1.0, -1_480), "1.5 s earlier"),
        (Line(25 / 24, -1_500), "1.5 s earlier and 4.2 % slower"),
        (Line(24 / 25, 500), "0.5 s later and 4.0 % faster"),
    ],
)
def test_it_is_said_in_words(line, text):
    assert str(line) == text
    assert Line().at(1_234) == 1_234
