from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.emotion.encoders.compact import acoustics
from sentigram.emotion.prosody import COLUMNS, FEWEST_WORDS, emphasis, measure, relative
from sentigram.training.augment.sound import telephone

N_WORDS = 20
WORD_MS, GAP_MS = 300, 40
ODD = 9  # the word that is said otherwise


def tone(hz: float, ms: int, volume: float = 0.1) -> np.ndarray:
    at = np.arange(SAMPLE_RATE_HZ * ms // 1000) / SAMPLE_RATE_HZ
    wave = sum(np.sin(2 * np.pi * hz * k * at) / k for k in range(1, 20))
    return (volume * np.asarray(wave)).astype(np.float32)


def said(
    *, volume: float = 1.0, hz: float = 1.0, length: float = 1.0, pause_ms: int = 0, seed: int = 0
) -> tuple[Transcript, Audio]:
    """Twenty words of slightly different pitch and level, the odd one changed by these factors."""
    rng = np.random.default_rng(seed)
    parts, words, at = [], [], 0
    for i in range(N_WORDS):
        is_odd = i == ODD
        ms = round(WORD_MS * rng.uniform(0.9, 1.1) * (length if is_odd else 1))
        gap = GAP_MS + (pause_ms if i == ODD - 1 else 0)
        sound = tone(
            120 * rng.uniform(0.96, 1.04) * (hz if is_odd else 1),
            ms,
            0.05 * rng.uniform(0.9, 1.1) * (volume if is_odd else 1),
        )
        parts += [sound, np.zeros(SAMPLE_RATE_HZ * gap // 1000, np.float32)]
        words.append(Word("word", Span(at, at + ms)))
        at += ms + gap
    span = Span(0, words[-1].span.end_ms)
    return Transcript("en", (Utterance("u1", span, tuple(words)),)), Audio(np.concatenate(parts))


def prosody_of(transcript: Transcript, audio: Audio):
    return [word.prosody for word in measure(transcript, audio).transcript.words()]


@pytest.mark.parametrize(
    ("cue", "change", "sign"),
    [
        ("loudness", {"volume": 3.0}, 1),
        ("loudness", {"volume": 0.3}, -1),
        ("pitch", {"hz": 1.5}, 1),
        ("rate", {"length": 2.0}, -1),
        ("pause", {"pause_ms": 600}, 1),
    ],
)
def test_what_is_said_otherwise_stands_out_by_that_cue_alone(cue, change, sign):
    told = prosody_of(*said(**change))
    usual = [abs(getattr(one, cue) or 0) for i, one in enumerate(told) if i != ODD]
    assert sign * getattr(told[ODD], cue) > max(usual) > 0 or cue == "pause"
    assert sign * getattr(told[ODD], cue) > 2
    others = [name for name in COLUMNS if name != cue]
    assert all(abs(getattr(told[ODD], name) or 0) < 2 for name in others)


def test_emphasis_is_highest_where_a_word_is_louder_higher_and_drawn_out():
    told = prosody_of(*said(volume=2.5, hz=1.3, length=1.6))
    scores = [one.emphasis for one in told]
    assert max(range(N_WORDS), key=lambda i: scores[i]) == ODD
    assert scores[ODD] > 0.9
    assert np.median(scores) < 0.3


@pytest.mark.parametrize(
    "change",
    [lambda x: x * 0.25, lambda x: x * 4, telephone],
    ids=["quieter", "louder", "telephone"],
)
def test_neither_level_nor_the_telephone_changes_it(change):
    transcript, audio = said(volume=2.5, hz=1.3)
    before = prosody_of(transcript, audio)
    after = prosody_of(transcript, Audio(change(audio.samples)))
    for cue in ("loudness", "pitch", "emphasis"):
        values = [[getattr(one, cue) for one in told] for told in (before, after)]
        np.testing.assert_allclose(*np.array(values, float), atol=0.3)


def test_each_speaker_is_compared_with_herself():
    transcript, audio = said()
    words = transcript.utterances[0].words
    loud = Audio(np.concatenate([audio.samples, 5 * audio.samples]))
    later = tuple(
        replace(
            w, span=Span(w.span.start_ms + audio.duration_ms, w.span.end_ms + audio.duration_ms)
        )
        for w in words
    )
    both = (
        Utterance("u1", transcript.utterances[0].span, words, "Ann"),
        Utterance("u2", Span(later[0].span.start_ms, later[-1].span.end_ms), later, "Bob"),
    )
    told = prosody_of(Transcript("en", both), loud)
    for ann, bob in zip(told[:N_WORDS], told[N_WORDS:], strict=True):
        assert ann.loudness == pytest.approx(bob.loudness, abs=0.05)
    one_voice = prosody_of(Transcript("en", tuple(replace(u, speaker="") for u in both)), loud)
    assert one_voice[N_WORDS].loudness - one_voice[0].loudness > 1


def test_what_cannot_be_known_stays_unknown_and_is_said():
    transcript, audio = said()
    utterance = transcript.utterances[0]
    few = measure(
        replace(transcript, utterances=(replace(utterance, words=utterance.words[:5]),)), audio
    )
    assert [word.prosody for word in few.transcript.words()] == [None] * 5
    (note,) = few.notes
    assert note == (
        f"how words are said is not known: fewer than {FEWEST_WORDS} of them were measured, too "
        "few to tell what is usual"
    )
    words = list(utterance.words)
    words[0] = replace(words[0], timing="estimated")
    words[1] = replace(words[1], text="[laughs]")
    told = prosody_of(
        replace(transcript, utterances=(replace(utterance, words=tuple(words)),)), audio
    )
    assert told[:2] == [None, None]
    assert told[2].pause is None  # nobody knows when the word before it ended
    whisper = np.random.default_rng(0).normal(0, 0.02, len(audio.samples)).astype(np.float32)
    hushed = prosody_of(transcript, Audio(whisper))
    assert all(one.pitch is None for one in hushed)
    assert all(one.loudness is not None for one in hushed)
    silent = measure(transcript, Audio(np.zeros_like(audio.samples)))
    assert all(word.prosody.loudness is None for word in silent.transcript.words())


def test_sound_that_is_no_number_or_too_short_does_no_harm():
    transcript, audio = said()
    broken = audio.samples.copy()
    broken[1000:9000] = np.nan
    assert len(prosody_of(transcript, Audio(broken))) == N_WORDS
    assert len(prosody_of(transcript, Audio(audio.samples[:4000]))) == N_WORDS
    assert measure(Transcript("en", ()), audio).transcript.utterances == ()
    with pytest.raises(ValueError, match="8000 Hz: prosody is measured at 16000 Hz"):
        measure(transcript, Audio(audio.samples, 8000))


def test_spreads_are_those_of_a_normal_distribution():
    values = np.random.default_rng(0).normal(0, 5, (4000, 5))
    values[:, 4] = 0
    scaled = relative(values)
    assert np.nanstd(scaled[:, 0]) == pytest.approx(1, abs=0.05)
    assert np.nanmedian(scaled[:, 0]) == pytest.approx(0, abs=1e-9)


def test_emphasis_needs_loudness_and_one_cue_more():
    nan = math.nan
    rows = np.array([[3.0, 3, -3, 0], [3, nan, nan, 0], [nan, 3, -3, 0], [0.9, 0.9, nan, nan]])
    scores = emphasis(rows)
    assert scores[0] > 0.95
    assert np.isnan(scores[1:3]).all()
    assert scores[3] == pytest.approx(0.5)


def test_the_level_is_of_the_band_that_a_telephone_passes():
    n = SAMPLE_RATE_HZ // acoustics.HOP_SAMPLES
    at = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    inside, below = (0.5 * np.sin(2 * np.pi * hz * at) for hz in (1000, 100))
    level = acoustics.voice(inside.astype(np.float32), n)[4:-4, 0]
    np.testing.assert_allclose(level, 10 * np.log10(0.5**2 / 2), atol=0.3)
    assert acoustics.voice(below.astype(np.float32), n)[4:-4, 0].max() < -45
    assert acoustics.voice(np.zeros(0, np.float32), 0).shape == (0, 3)


@pytest.mark.parametrize("hz", [90, 140, 230, 330])
def test_the_pitch_is_heard_through_a_telephone(hz):
    n = SAMPLE_RATE_HZ // acoustics.HOP_SAMPLES
    frames = acoustics.voice(telephone(tone(hz, 1000, 0.05)), n)[4:-4]
    np.testing.assert_allclose(2 ** frames[:, 1], hz, rtol=0.03)
    assert frames[:, 2].min() > 0.4
