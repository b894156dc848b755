from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sentigram.training.shipped.alterations import ALTERATIONS, middle_half, within
from tests.training.recordings import hum, recording

MOVING = ("among own speech", "among others' speech", "middle half alone")
CHANGING = tuple(name for name in ALTERATIONS if name not in MOVING)


def numbered(name: str, *, n_words: int = 12, hz: float = 300.0, **given):
    """A recording in which every word has a level of its own."""
    levels = tuple(0.05 + 0.02 * i for i in range(n_words))
    return recording(name, n_words=n_words, samples=hum(n_words, hz=hz, levels=levels), **given)


ALL = (
    numbered("a", speaker="ann"),
    numbered("b", speaker="bob", hz=500),
    numbered("c", speaker="ann", hz=700),
    numbered("d", speaker="dan", language="fr", hz=900),
)


@pytest.mark.parametrize("name", CHANGING)
def test_changes_of_the_sound_move_nothing(name: str):
    made = ALTERATIONS[name](ALL[0], ALL)
    assert made.transcript == ALL[0].transcript
    assert made.words == made.originals == range(12)
    assert made.audio.samples.shape == ALL[0].audio.samples.shape
    assert made.audio.samples.dtype == np.float32
    assert np.abs(made.audio.samples).max() <= 1
    assert np.abs(made.audio.samples - ALL[0].audio.samples).max() > 1e-6
    again = ALTERATIONS[name](ALL[0], ALL)
    np.testing.assert_array_equal(made.audio.samples, again.audio.samples)


@pytest.mark.parametrize("name", MOVING)
def test_moved_words_keep_their_sound(name: str):
    made = ALTERATIONS[name](ALL[0], ALL)
    words = list(made.transcript.words())
    originals = list(ALL[0].transcript.words())
    assert len(made.words) == len(made.originals) > 0
    for i, j in zip(made.words, made.originals, strict=True):
        assert words[i].text == originals[j].text
        np.testing.assert_array_equal(
            made.audio.cut(words[i].span), ALL[0].audio.cut(originals[j].span)
        )


@pytest.mark.parametrize("name", MOVING)
def test_utterances_are_in_order_and_hold_their_words(name: str):
    made = ALTERATIONS[name](ALL[0], ALL)
    utterances = made.transcript.utterances
    assert len({utterance.id for utterance in utterances}) == len(utterances)
    for before, after in pairwise(utterances):
        assert before.span.end_ms <= after.span.start_ms
    for utterance in utterances:
        assert utterance.span.start_ms == utterance.words[0].span.start_ms
        assert utterance.span.end_ms == utterance.words[-1].span.end_ms
    assert utterances[-1].span.end_ms <= made.audio.duration_ms


def pitch_hz(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples))
    return float(np.fft.rfftfreq(len(samples), 1 / 16_000)[spectrum.argmax()])


def test_who_speaks_around_it():
    own = ALTERATIONS["among own speech"](ALL[0], ALL).audio.samples
    assert pitch_hz(own[:16_000]) == pytest.approx(700, abs=5)  # c is ann's as well
    others = ALTERATIONS["among others' speech"](ALL[0], ALL).audio.samples
    assert pitch_hz(others[:16_000]) == pytest.approx(500, abs=5)  # bob, not dan: same language
    foreign = ALTERATIONS["among others' speech"](ALL[3], ALL).audio.samples
    assert pitch_hz(foreign[:16_000]) == pytest.approx(300, abs=5)  # nobody else speaks French


def test_who_has_no_other_recording_is_put_among_own_words():
    made = ALTERATIONS["among own speech"](ALL[1], ALL)
    assert pitch_hz(made.audio.samples[:16_000]) == pytest.approx(500, abs=5)
    assert len(list(made.transcript.words())) == 36


def test_nobody_else_is_an_error():
    with pytest.raises(ValueError, match="a: nobody else speaks"):
        ALTERATIONS["among others' speech"](ALL[0], ALL[:1])


def test_at_most_25_seconds_are_put_on_each_side():
    long = numbered("long", n_words=120)  # a minute
    made = within(ALL[0], long, long)
    texts = [word.text for word in made.transcript.words()]
    assert len(texts) == 12 + 2 * 48  # utterances of two seconds
    assert (texts[0], texts[47]) == ("w72", "w119")
    assert (texts[60], texts[-1]) == ("w0", "w47")


def test_the_middle_half_is_cut_between_words():
    made = middle_half(numbered("odd", n_words=10))  # five seconds: from 1.25 to 3.75
    assert made.originals == range(3, 7)
    assert [word.text for word in made.transcript.words()] == ["w3", "w4", "w5", "w6"]
    assert made.audio.duration_ms == 4 * 500 + 2 * 200
    with pytest.raises(ValueError, match="no word in its middle half"):
        middle_half(numbered("one", n_words=1))


def test_noise_and_music_are_10_db_below_and_quieter_is_12_db_down():
    made = recording(samples=0.3 * hum(12))
    clean = made.audio.samples
    for name in ("noise 10 dB", "music 10 dB"):
        added = ALTERATIONS[name](made, (made,)).audio.samples - clean
        assert 10 * np.log10(np.mean(clean**2) / np.mean(added**2)) == pytest.approx(10, abs=0.2)
    quiet = ALTERATIONS["12 dB quieter"](made, (made,)).audio.samples
    assert 20 * np.log10(np.std(quiet) / np.std(clean)) == pytest.approx(-12, abs=0.01)
