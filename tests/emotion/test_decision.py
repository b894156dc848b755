"""From evidence to readings: who counts as a witness, what is decided, what is withheld."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.emotion import NEUTRAL, LabelSet, WordEmotion
from sentigram.core.time import Span
from sentigram.core.transcript import Utterance, Word
from sentigram.emotion.decision import (
    Cues,
    agreeing,
    decide,
    joined,
    own_share,
    smooth,
    text_share,
    witnesses,
)
from sentigram.emotion.join import JoinParameters, States

LABELS = LabelSet(("anger", "joy", "neutral", "sadness"))
ANGER, JOY, CALM, SADNESS = range(4)
VAD = np.array([(-0.5, 0.6, 0.3), (0.8, 0.5, 0.4), (0, 0, 0), (-0.6, -0.3, -0.3)])
STATES = States.of(LABELS, VAD)
SHARES = np.array([[0.25, 0.75]])
PARAMETERS = JoinParameters(
    log_prior=np.log([0.2, 0.2, 0.4, 0.2]),
    text_shown=0.7,
    text_weight=1.0,
    formulas=np.zeros(4),
    voice_shown=0.9,
    voice_weight=1.0,
    manner=0.3,
    tau_ms=4000.0,
    shown_from=0.4,
    text_vad_share=np.array([0.7, 0.3, 0.5]),
)


def decided(
    probs: list[float],
    *,
    arousal: float = 0.0,
    raised: float | None = None,
    shown_from: float = 0.4,
) -> WordEmotion:
    vad = np.array([[0.1, arousal, -0.1]])
    loud = None if raised is None else np.array([raised])
    (one,) = decide(np.array([probs]), vad, SHARES, LABELS, shown_from, raised=loud)
    return one


def said(
    *n_words: int, word_ms: int = 400, speakers: tuple[str, ...] = ()
) -> tuple[Utterance, ...]:
    """Utterances of words end to end, a second apart."""
    made, at = [], 0
    for number, n in enumerate(n_words):
        words = tuple(
            Word(f"w{i}", Span(at + i * word_ms, at + (i + 1) * word_ms)) for i in range(n)
        )
        span = Span(at, at + n * word_ms)
        made.append(Utterance(f"u{number}", span, words, speakers[number] if speakers else ""))
        at = span.end_ms + 1000
    return tuple(made)


def test_a_label_is_shown_from_the_threshold_on():
    assert decided([0.4, 0.2, 0.2, 0.2]).label == "anger"
    below = decided([0.399, 0.2, 0.201, 0.2])
    assert below.label == NEUTRAL
    assert below.intensity == 0
    assert not below.withheld
    assert decided([0.3, 0.3, 0.2, 0.2], shown_from=0.3).label == "anger"


def test_what_is_neutral_has_no_intensity():
    assert decided([0.1, 0.1, 0.7, 0.1], arousal=0.9).intensity == 0


def test_a_label_is_withheld_only_where_none_is_shown_and_the_voice_is_raised():
    unsure = [0.35, 0.3, 0.3, 0.05]
    assert decided(unsure, raised=0.6).is_raised
    assert decided(unsure, raised=0.6).label == NEUTRAL
    assert not decided(unsure, raised=0.59).withheld
    assert not decided(unsure).withheld
    sure = decided([0.6, 0.2, 0.15, 0.05], raised=0.99)
    assert (sure.label, sure.withheld) == ("anger", False)
    calm = decided([0.05, 0.05, 0.85, 0.05], raised=0.8)  # a manner, whatever it sounds like
    assert calm.is_raised


def test_how_raised_the_voice_is_shows():
    weak, strong = (decided([0.3, 0.3, 0.3, 0.1], raised=r).intensity for r in (0.6, 0.95))
    assert weak == pytest.approx(0.25)
    assert strong == pytest.approx(0.25 + 0.6 * 0.35 / 0.4, abs=1e-3)


def test_intensity_grows_with_the_posterior_and_with_arousal():
    found = [decided([p, 0.0, 1 - p, 0.0]).intensity for p in (0.5, 0.7, 1.0)]
    assert found == pytest.approx([0.25 + 0.6 / 6, 0.25 + 0.6 * 0.5, 0.85], abs=1e-3)
    assert decided([1.0, 0.0, 0.0, 0.0], arousal=-1.0).intensity == 1


def test_without_values_none_are_given():
    (one,) = decide(np.array([[0.9, 0.0, 0.1, 0.0]]), np.full((1, 3), np.nan), SHARES, LABELS, 0.4)
    assert one.vad is None
    assert one.intensity == pytest.approx(0.25 + 0.6 * 0.5 / 0.6, abs=1e-3)


@pytest.mark.parametrize("raised", [0.6, 0.9, 1.0])
def test_a_withheld_reading_is_never_certainly_neutral(raised: float):
    """A certain one would look set by hand."""
    one = decided([0.0, 0.0, 1.0, 0.0], raised=raised)
    assert one.is_raised
    assert one.probs[CALM] < 1
    assert sum(one.probs) == pytest.approx(1)
    assert not one.is_by_hand(LABELS)


@st.composite
def posteriors(draw: st.DrawFn) -> list[float]:
    """Of four labels, often with near ties and with none left for some."""
    top = draw(st.floats(0.2, 1.0))
    other = draw(st.one_of(st.floats(0, 1), st.floats(-1e-4, 1e-4).map(lambda d: top + d)))
    rest = draw(st.lists(st.floats(0, 3e-4) | st.floats(0, 1), min_size=2, max_size=2))
    weights = np.array(draw(st.permutations([top, abs(other), *rest])))
    return list(weights / weights.sum())


@given(
    posteriors(),
    st.floats(-1, 1),
    st.none() | st.floats(0, 1),
    st.floats(0.05, 0.95),
)
def test_every_reading_keeps_what_readers_of_it_expect(probs, arousal, raised, shown_from):
    one = decided(probs, arousal=arousal, raised=raised, shown_from=shown_from)
    assert sum(one.probs) == pytest.approx(1, abs=1e-9)
    assert all(0 <= p <= 1 for p in one.probs)
    assert not one.is_by_hand(LABELS)
    assert 0 <= one.intensity <= 1
    assert (one.intensity > 0) == (one.label != NEUTRAL or one.withheld)
    if one.label != NEUTRAL:
        assert not one.withheld
        assert one.probs[LABELS.index(one.label)] == max(one.probs)


def test_a_near_tie_does_not_fall_behind_by_rounding():
    """Four digits of every probability sum to 1.0001 here; the best must stay the best."""
    one = decided([0.49996, 0.49995, 0.00006, 0.00003])
    assert one.label == "anger"
    assert one.probs[ANGER] >= one.probs[JOY]
    assert not one.is_by_hand(LABELS)


def test_a_voice_whose_level_is_known_is_as_many_witnesses_as_windows():
    utterances = said(10, 20)  # 12 s of speech
    assert agreeing(utterances, np.ones(30), 4000.0).tolist() == [1.0] * 30


def test_a_voice_whose_level_is_unknown_is_one_witness():
    """The chain over time adds up a time constant each way: that many windows count as one."""
    assert agreeing(said(30), np.zeros(30), 4000.0).tolist() == [5.0] * 30
    assert agreeing(said(15), np.zeros(15), 4000.0) == pytest.approx([3.0] * 15)  # 6 s are 3
    assert agreeing(said(1), np.zeros(1), 4000.0).tolist() == [1.0]
    half = agreeing(said(30), np.full(30, 0.5), 4000.0)
    assert half.tolist() == [3.0] * 30


def test_speakers_agree_with_themselves_only():
    utterances = said(5, 30, speakers=("Ann", "Ben"))
    counts = agreeing(utterances, np.zeros(35), 4000.0)
    assert counts.tolist() == [1.0] * 5 + [5.0] * 30


def test_a_window_of_voice_is_one_witness_and_a_sentence_of_words():
    utterances = said(2, 30)
    assert witnesses(utterances).tolist() == [800] * 2 + [1000] * 30
    assert text_share(utterances) == pytest.approx([1 / 2] * 2 + [1 / 12] * 30)


def cues(label: int, n: int, strength: float, *, level: float = 1.0) -> Cues:
    evidence = np.zeros((n, 4))
    evidence[:, label] = strength
    return Cues(evidence, levels=np.full(n, level))


def test_words_of_a_language_that_nobody_reads_are_left_to_the_voice():
    utterances = said(6, 8)
    track = joined(utterances, None, cues(SADNESS, 14, 6.0), PARAMETERS, STATES)
    assert {one.label for one in track.readings} == {"sadness"}
    for one in track.readings:
        assert one.evidence.text == 0
        assert one.evidence.audio == 1
        probs = np.array(one.probs)
        # values are those of the labels: nothing is raised where the level is known
        assert np.array(one.vad) == pytest.approx(probs @ VAD, abs=2e-3)


def test_values_follow_the_words_as_far_as_they_are_trusted():
    utterances = said(6)
    told = Cues(np.zeros((6, 4)), vad=np.tile([0.9, -0.9, 0.5], (6, 1)))
    calm = Cues(np.zeros((6, 4)), vad=np.zeros((6, 3)))
    voice = cues(ANGER, 6, 4.0)
    far, near = (joined(utterances, words, voice, PARAMETERS, STATES) for words in (told, calm))
    for a, b in zip(far.readings, near.readings, strict=True):
        moved = np.array(a.vad) - np.array(b.vad)
        assert moved == pytest.approx([0.7 * 0.9, 0.3 * -0.9, 0.5 * 0.5], abs=2e-3)


def test_either_witness_alone_is_heard_and_named():
    utterances = said(8)
    nothing = cues(CALM, 8, 0.0, level=0.0)  # a known level says that no voice is raised
    heard = joined(utterances, nothing, cues(ANGER, 8, 8.0), PARAMETERS, STATES)
    told = joined(utterances, cues(SADNESS, 8, 8.0), nothing, PARAMETERS, STATES)
    assert {one.label for one in heard.readings} == {"anger"}
    assert {one.label for one in told.readings} == {"sadness"}
    assert all(one.evidence.audio == 1 for one in heard.readings)
    assert all(one.evidence.text == 1 for one in told.readings)


def test_a_loud_voice_of_unknown_level_is_raised_and_its_label_withheld():
    """Anger and joy alike, and no words: whatever it is, it is loud."""
    utterances = said(30)
    evidence = np.zeros((30, 4))
    evidence[:, [ANGER, JOY]] = 6.0
    unknown, known = (
        joined(utterances, None, Cues(evidence, levels=np.full(30, level)), PARAMETERS, STATES)
        for level in (0.0, 1.0)
    )
    raised = replace(PARAMETERS, shown_from=0.6)
    withheld = joined(utterances, None, Cues(evidence, levels=np.zeros(30)), raised, STATES)
    assert all(one.is_raised for one in withheld.readings)
    assert all(not one.is_by_hand(LABELS) for one in withheld.readings)
    middle = 15
    # of the same sound more is neutral where it may be a manner
    assert unknown.readings[middle].probs[CALM] > 2 * known.readings[middle].probs[CALM]


def test_levels_that_are_not_given_are_known():
    utterances = said(6)
    evidence = cues(ANGER, 6, 3.0).evidence
    assert joined(utterances, None, Cues(evidence), PARAMETERS, STATES) == joined(
        utterances, None, Cues(evidence, levels=np.ones(6)), PARAMETERS, STATES
    )


PRIOR = np.log([0.2, 0.5, 0.3])


def _slow_posterior(ev, log_prior, gaps, tau):
    """All label sequences, one by one."""
    n, k = ev.shape
    prior, total = np.exp(log_prior), np.zeros((n, k))
    for path in np.ndindex(*[k] * n):
        p = prior[path[0]] * np.exp(ev[0, path[0]])
        for i in range(1, n):
            rho = 0.0 if gaps[i] < 0 else np.exp(-gaps[i] / tau)
            stay = rho * (path[i] == path[i - 1])
            p *= (stay + (1 - rho) * prior[path[i]]) * np.exp(ev[i, path[i]])
        for i in range(n):
            total[i, path[i]] += p
    return total / total.sum(axis=1, keepdims=True)


@given(st.integers(1, 5), st.integers(0, 2**31))
def test_forward_backward_equals_the_sum_over_all_paths(n, seed):
    rng = np.random.default_rng(seed)
    ev, gaps = rng.normal(size=(n, 3)) * 3, rng.integers(-200, 3000, n)
    fast = smooth(ev, PRIOR, gaps, tau_ms=1500.0)
    assert fast == pytest.approx(_slow_posterior(ev, PRIOR, gaps, 1500.0), abs=1e-9)


def test_smoothing_forgets_at_a_change_of_speaker():
    ev = np.array([[5.0, 0, 0], [0, 0, 0]])
    together = smooth(ev, PRIOR, np.array([0, 100]), tau_ms=3000)
    apart = smooth(ev, PRIOR, np.array([0, -1]), tau_ms=3000)
    assert together[1, 0] > 0.8
    assert apart[1] == pytest.approx(np.exp(PRIOR))


def test_ten_hours_of_words_do_not_underflow():
    ev = np.tile([[40.0, 0.0, -40.0]], (5000, 1))
    posterior = smooth(ev, PRIOR, np.full(5000, 300), tau_ms=3000)
    assert np.isfinite(posterior).all()
    assert smooth(np.empty((0, 3)), PRIOR, np.empty(0, int), tau_ms=1).shape == (0, 3)


def test_a_word_owns_its_share_of_the_window():
    starts, ends = np.array([0, 500, 5000]), np.array([400, 900, 5400])
    share = own_share(starts, ends, np.array([2000, 2000, 400]))
    assert share.tolist() == [0.25, 0.45, 1.0]


def test_a_voice_of_known_level_is_not_raised_by_what_is_set_aside_for_manner():
    """As far as the level is known, the raised state keeps its prior, and says nothing."""
    utterances = said(6)
    for strength in np.linspace(0, 3, 61):
        evidence = np.zeros((6, 4))
        evidence[:, ANGER] = strength
        far = replace(PARAMETERS, manner=0.9, shown_from=0.99)
        heard = joined(utterances, None, Cues(evidence, levels=np.ones(6)), far, STATES)
        for reading in heard.readings:
            aroused = sum(reading.probs[i] for i in np.flatnonzero(STATES.aroused))
            assert reading.is_raised == (aroused >= 0.6) or abs(aroused - 0.6) < 0.01
