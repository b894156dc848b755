"""The join of words and voice, against Bayes' rule over all states written out the slow way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.emotion import NEUTRAL, LabelSet
from sentigram.emotion.join import (
    JoinParameters,
    States,
    evidence,
    join,
    log_normalize,
    of_voice,
    of_words,
    shares,
    sounds_raised,
)

# anger and joy sound aroused, sadness and worry do not
LABELS = LabelSet(("anger", "joy", "neutral", "sadness", "worry"))
AROUSAL = {"anger": 0.6, "joy": 0.5, "neutral": 0.0, "sadness": -0.3, "worry": 0.1}
ANGER, JOY, CALM, SADNESS, WORRY = range(5)
SURE = 6.0  # log likelihood ratio of what is said plainly


def states(labels: LabelSet = LABELS, arousal: dict[str, float] = AROUSAL) -> States:
    vad = np.array([(0.1 * i, arousal[name], -0.1 * i) for i, name in enumerate(labels)])
    return States.of(labels, vad)


STATES = states()


def parameters(**changes: object) -> JoinParameters:
    prior = np.full(len(LABELS), 0.125)
    prior[CALM] = 0.5
    formulas = np.zeros(len(LABELS))
    formulas[JOY], formulas[WORRY] = 0.1, 0.05
    usual = JoinParameters(
        log_prior=np.log(prior),
        text_shown=0.7,
        text_weight=1.0,
        formulas=formulas,
        voice_shown=0.9,
        voice_weight=0.8,
        manner=0.3,
        tau_ms=4000.0,
        shown_from=0.4,
        text_vad_share=np.full(3, 0.5),
    )
    return replace(usual, **changes)


NOTHING = np.zeros((1, len(LABELS)))
PLAIN = parameters(
    text_shown=1.0,
    formulas=np.zeros(len(LABELS)),
    voice_shown=1.0,
    voice_weight=1.0,
    manner=0.0,
)


def says(label: int, strength: float = SURE) -> np.ndarray:
    row = NOTHING.copy()
    row[0, label] = strength
    return row


def _mixture(witness: list[float], i: int, share: float, calm: int) -> float:
    """p(witness | label i) / p(witness | neutral) where it shows the label in a share of speech."""
    return (1 - share) + share * witness[i] / witness[calm]


def slow_join(
    text: np.ndarray, audio: np.ndarray, level: float, p: JoinParameters, of: States
) -> np.ndarray:
    """One window: prior times likelihoods of every state, one number at a time."""
    labels, calm = list(of.labels), of.labels.index(NEUTRAL)
    loud = [i for i in range(len(labels)) if of.aroused[i]]
    quiet = [i for i in range(len(labels)) if i not in loud and i != calm]
    others = max(1, len(labels) - 1)
    words = [float(np.exp(p.text_weight * e)) for e in text]
    voice = [float(np.exp(p.voice_weight * e)) for e in audio]
    prior = [float(np.exp(q)) / float(np.exp(p.log_prior).sum()) for q in p.log_prior]
    plain_words = 1 - sum(p.formulas)
    plain_words += sum(p.formulas[i] * words[i] / words[calm] for i in range(len(labels)))
    masses = []
    raised = p.manner * len(loud) / others
    for i in range(len(labels)):
        if i == calm:
            seeming = p.manner * (1 - level) * len(quiet) / others
            sound = 1 - seeming
            for j in quiet:
                sound += seeming / len(quiet) * voice[j] / voice[calm]
            masses.append(prior[calm] * (1 - raised) * plain_words * sound)
        else:
            masses.append(
                prior[i]
                * _mixture(words, i, p.text_shown, calm)
                * _mixture(voice, i, p.voice_shown, calm)
            )
    for j in loud:  # the raised voice, which is neutral
        sound = level + (1 - level) * voice[j] / voice[calm]
        masses[calm] += prior[calm] * raised * plain_words * sound / len(loud)
    return np.array(masses) / sum(masses)


arousals = st.floats(-1, 1)
rows = st.lists(st.floats(-8, 8), min_size=5, max_size=5)
unit = st.floats(0.02, 1.0)


@given(
    text=rows,
    audio=rows,
    level=st.floats(0, 1),
    arousal=st.lists(arousals, min_size=5, max_size=5),
    prior=st.lists(st.floats(0.05, 1), min_size=5, max_size=5),
    formulas=st.lists(st.floats(0, 0.2), min_size=5, max_size=5),
    numbers=st.tuples(unit, unit, unit, unit, unit),
)
def test_the_join_is_bayes_rule_over_all_states(
    text, audio, level, arousal, prior, formulas, numbers
):
    formulas[CALM] = 0.0
    drawn = JoinParameters(
        log_prior=np.log(prior),
        text_shown=numbers[0],
        text_weight=2 * numbers[1],
        formulas=np.array(formulas),
        voice_shown=numbers[2],
        voice_weight=2 * numbers[3],
        manner=0.9 * numbers[4],
        tau_ms=0.0,
        shown_from=0.4,
        text_vad_share=np.full(3, 0.5),
    )
    of = states(arousal=dict(zip(LABELS, arousal, strict=True)))
    text, audio = np.array(text), np.array(audio)
    fast = join(text[None], audio[None], drawn, of, levels=np.array([level]))
    slow = slow_join(text, audio, level, drawn, of)
    # smaller prior masses than 1e-12 are lifted to it
    assert np.exp(fast[0]) == pytest.approx(slow, rel=1e-6, abs=1e-9)


def test_plain_witnesses_join_by_bayes_rule():
    rng = np.random.default_rng(1)
    like_t, like_a = rng.random((2, 5)) + 0.1  # p(words | e), p(voice | e)
    prior_t, prior_a = rng.dirichlet(np.ones(5), 2)  # each head under its own training prior
    head_t = log_normalize(np.log(like_t * prior_t))
    head_a = log_normalize(np.log(like_a * prior_a))
    truth = like_t * like_a * np.exp(PLAIN.log_prior)
    joined = join(
        evidence(head_t[None], np.log(prior_t)),
        evidence(head_a[None], np.log(prior_a)),
        PLAIN,
        STATES,
        levels=np.ones(1),
    )
    assert np.exp(joined[0]) == pytest.approx(truth / truth.sum())


def test_a_head_that_only_knows_its_prior_changes_nothing():
    some = evidence(log_normalize(np.array([[1.0, 2.0, 0.5, 0.0, 0.0]])), PLAIN.log_prior)
    nothing = evidence(PLAIN.log_prior[None], PLAIN.log_prior)
    given_nothing = join(some, nothing, parameters(), STATES)
    assert given_nothing == pytest.approx(join(some, NOTHING, parameters(), STATES))


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_of_neither_witness_nothing_remains_but_the_prior(level: float):
    silent = np.exp(join(NOTHING, NOTHING, parameters(), STATES, levels=np.full(1, level))[0])
    assert silent == pytest.approx(np.exp(parameters().log_prior))


@given(st.floats(-1e6, -20), st.integers(0, 4))
def test_silent_words_cost_an_emotion_a_bounded_share(strength: float, label: int):
    """However plainly words say that it is not so, they may just not show it."""
    p = parameters()
    said = of_words(says(label, strength), p, STATES)[0]
    if label != CALM:
        assert said[label] >= np.log(1 - p.text_shown) - 1e-12
        assert said[label] == pytest.approx(np.log(1 - p.text_shown), abs=1e-6)


@given(st.floats(-1e6, 0), st.integers(0, 4))
def test_a_calm_voice_costs_an_emotion_a_bounded_share(strength: float, label: int):
    p = parameters()
    heard = of_voice(says(label, strength), np.ones(1), p, STATES)[0]
    if label != CALM:
        assert np.log(1 - p.voice_shown) - 1e-12 <= heard[label] <= 1e-12


@given(st.floats(0, 1e6), st.sampled_from([JOY, WORRY]))
def test_formulas_bound_what_words_can_say_for_an_emotion(strength: float, label: int):
    """Thanks are said in neutral speech, too: no number of them is joy for certain."""
    p = parameters()
    said = of_words(says(label, strength), p, STATES)[0]
    bound = np.log(p.text_shown / p.formulas[label])
    assert said[label] - said[CALM] <= bound + 1e-9
    if strength > 25:
        assert said[label] - said[CALM] == pytest.approx(bound, abs=1e-3)


def test_without_formulas_words_say_as_much_as_they_say():
    p = parameters()
    said = of_words(says(SADNESS), p, STATES)[0]
    plain = np.log(1 - p.text_shown + p.text_shown * np.exp(SURE))
    assert said[SADNESS] == pytest.approx(plain)
    assert said[CALM] == pytest.approx(0)


def best(text: np.ndarray, audio: np.ndarray, level: float = 1.0) -> int:
    return int(join(text, audio, parameters(), STATES, levels=np.array([level])).argmax())


def test_either_witness_alone_is_heard():
    calm_words, calm_voice = says(CALM, 3.0), says(CALM, 2.0)
    assert best(calm_words, says(ANGER)) == ANGER
    assert best(calm_words, says(SADNESS)) == SADNESS
    assert best(says(ANGER), calm_voice) == ANGER
    assert best(says(SADNESS), calm_voice) == SADNESS
    assert best(calm_words, calm_voice) == CALM


def test_what_sounds_aroused_may_be_a_manner_while_the_level_is_unknown():
    loud = says(ANGER, 5.0)
    known, unknown = (
        of_voice(loud, np.array([level]), parameters(), STATES)[0] for level in (1.0, 0.0)
    )
    assert unknown[-1] == pytest.approx(0.8 * 5.0 - np.log(2), abs=0.02)  # any of two labels
    assert known[-1] == 0  # as neutral speech sounds
    assert known[ANGER] == unknown[ANGER]
    of_level = [
        sounds_raised(loud, np.array([level]), parameters(), STATES)[0] for level in (0.0, 0.5, 1.0)
    ]
    assert of_level[0] == pytest.approx(1)
    assert of_level[0] > of_level[1] > 0.9
    assert of_level[2] == 0
    probs = {
        level: np.exp(join(NOTHING, loud, parameters(), STATES, levels=np.array([level]))[0])
        for level in (0.0, 0.5, 1.0)
    }
    # what the raised voice takes is neutral
    assert probs[0.0][CALM] > probs[0.5][CALM] > probs[1.0][CALM]
    assert probs[0.0][CALM] > 0.15
    assert probs[1.0][CALM] < 0.1


def test_what_sounds_quiet_may_be_a_manner_while_the_level_is_unknown():
    subdued = says(SADNESS, 8.0)
    known, unknown = (
        of_voice(subdued, np.array([level]), parameters(), STATES)[0] for level in (1.0, 0.0)
    )
    assert known[CALM] == pytest.approx(0)
    assert unknown[CALM] > 2
    # two of four labels are quiet: sadness is half of their share
    bound = np.log(parameters().voice_shown / (0.3 * 2 / 4 / 2))
    assert unknown[SADNESS] - unknown[CALM] == pytest.approx(bound, abs=0.05)


def test_words_of_a_raised_voice_are_those_of_neutral_speech():
    said = of_words(says(ANGER), parameters(), STATES)[0]
    assert said[-1] == said[CALM]
    assert STATES.vad[-1].tolist() == pytest.approx([0, 0.55, 0])  # mean of what is aroused


def test_the_raised_voice_is_a_part_of_neutral_speech():
    p = parameters()
    prior = np.exp(STATES.log_prior(p))
    assert prior.sum() == pytest.approx(1)
    assert prior[-1] == pytest.approx(0.5 * 0.3 * 2 / 4)
    assert STATES.fold(prior) == pytest.approx(np.exp(p.log_prior))


@given(st.integers(0, 2**31), st.integers(1, 6))
def test_folding_keeps_the_sum_and_gives_the_raised_voice_to_neutral(seed: int, n: int):
    probs = np.random.default_rng(seed).dirichlet(np.ones(6), (2, n))
    folded = STATES.fold(probs)
    assert folded.shape == (2, n, 5)
    assert folded.sum(axis=-1) == pytest.approx(np.ones((2, n)))
    assert folded[..., CALM] == pytest.approx(probs[..., CALM] + probs[..., 5])
    assert folded[..., ANGER] == pytest.approx(probs[..., ANGER])


def test_where_no_label_is_aroused_there_is_no_raised_voice():
    quiet = states(arousal=dict.fromkeys(LABELS, 0.1))
    assert not quiet.aroused.any()
    assert np.exp(quiet.log_prior(parameters()))[-1] < 1e-9
    assert np.isfinite(quiet.log_prior(parameters())).all()
    heard = of_voice(says(ANGER), np.zeros(1), parameters(), quiet)[0]
    assert heard[-1] == 0
    probs = np.exp(join(NOTHING, says(ANGER), parameters(), quiet, levels=np.zeros(1))[0])
    assert probs.sum() == pytest.approx(1)
    assert probs[ANGER] > probs[CALM]


def test_where_all_labels_are_aroused_none_is_a_quiet_manner():
    loud = states(arousal=dict.fromkeys(LABELS, 0.7) | {NEUTRAL: 0.0})
    heard = of_voice(says(SADNESS), np.zeros(1), parameters(), loud)[0]
    assert heard[CALM] == 0
    assert heard[-1] > 2


@given(st.permutations(range(5)), rows, rows, st.floats(0, 1))
def test_the_order_of_labels_does_not_matter(order, text, audio, level):
    text, audio, p = np.array([text]), np.array([audio]), parameters()
    moved = replace(p, log_prior=p.log_prior[order], formulas=p.formulas[order])
    there = states(LabelSet(tuple(LABELS.names[i] for i in order)))
    levels = np.array([level])
    usual = np.exp(join(text, audio, p, STATES, levels=levels))
    other = np.exp(join(text[:, order], audio[:, order], moved, there, levels=levels))
    assert other == pytest.approx(usual[:, order], abs=1e-9)


@given(
    st.lists(
        st.sampled_from([-1e6, -700.0, -40.0, 0.0, 40.0, 700.0, 1e6]), min_size=10, max_size=10
    ),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.booleans(),
)
def test_extreme_evidence_gives_probabilities(drawn, level, is_plain):
    text, audio = np.array(drawn).reshape(2, 1, 5)
    given_ = PLAIN if is_plain else parameters()
    probs = np.exp(join(text, audio, given_, STATES, levels=np.array([level])))
    assert np.isfinite(probs).all()
    assert probs.sum() == pytest.approx(1)
    for ratios in (
        of_words(text, given_, STATES),
        of_voice(audio, np.array([level]), given_, STATES),
    ):
        assert np.isfinite(ratios).all()


def test_shares_name_the_modality_that_moved_the_reading():
    joint, same = np.array([[0.8, 0.1, 0.1]]), np.array([[0.8, 0.1, 0.1]])
    other = np.array([[0.1, 0.8, 0.1]])
    assert shares(joint, other, same).tolist() == [[1.0, 0.0]]
    assert shares(joint, same, same).tolist() == [[0.0, 0.0]]
