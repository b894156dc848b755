"""Joins what the words say and what the voice says, so that either can be heard alone.

Given the emotion e, words and voice are taken as independent, and Bayes' rule joins their
likelihoods with the prior of speech, once. But neither witness always speaks: most sentences do
not show what is felt, and a calm voice may tell good news. So each likelihood is a mixture:

    p(words | e) = (1 - π_t) p(words | neutral) + π_t p(words | e)
    p(voice | e) = (1 - π_a) p(voice | neutral) + π_a p(voice | e)

with the shares π of emotional speech in which the witness shows the emotion. Silence of a witness
then counts against an emotion by at most log(1 - π).

Nor is all that sounds like an emotion one. People thank, are sorry and ask in neutral speech; so
its words are a mixture, too, with the shares λ_e of such formulas, and what they say counts for an
emotion by at most log(π_t / λ_e).

A voice can also sound like an emotion that nobody feels: an orator is loud, a cold is hoarse. As
far as the level of a speaker is known (`voice_model`), such a manner is part of it, and subtracted
with it. As far as it is not, manner cannot be told from mood, and neutral speech is a mixture once
more: with the share κ it sounds like any other label. What sounds aroused that way is a state of
its own, the raised voice: its words are those of neutral speech, its voice that of any aroused
label. Where no label is likely enough and the voice is raised, the label is withheld.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sentigram.core.arrays import Bools, Floats64
from sentigram.core.emotion import NEUTRAL, LabelSet

_AROUSED = 0.4  # arousal from which on a label sounds raised
_MOST = 30.0  # log likelihood ratio beyond which nothing changes


@dataclass(frozen=True, slots=True, eq=False)
class JoinParameters:
    """What the join was fitted to; see the card `join.card.json`.

    Attributes:
        log_prior: (n_labels,), how often each label is expected in speech.
        text_shown: π_t, share of emotional speech whose words show the emotion, in (0, 1].
        text_weight: Power of the words' likelihood ratios: 1 where they are calibrated.
        formulas: (n_labels,) λ, shares of neutral speech whose words sound like each label; 0 for
            neutral.
        voice_shown: π_a, the same of the voice.
        voice_weight: Power of the voice's likelihood ratios.
        manner: κ, share of neutral speech, by speakers whose level is not known, that sounds like
            an emotion; so much of it is raised as labels are aroused.
        tau_ms: How long an emotion lasts, for smoothing over time.
        shown_from: A reading whose best label is less probable than this is neutral.
        text_vad_share: (3,), how far valence, arousal and dominance follow the words.
    """

    log_prior: Floats64
    text_shown: float
    text_weight: float
    formulas: Floats64
    voice_shown: float
    voice_weight: float
    manner: float
    tau_ms: float
    shown_from: float
    text_vad_share: Floats64


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """What speech can be in: the labels, and a raised voice without a label, which comes last.

    Attributes:
        labels: Without the raised voice.
        aroused: bool (n_labels,), labels that sound raised.
        vad: (n_labels + 1, 3) valence, arousal, dominance of each.
    """

    labels: LabelSet
    aroused: Bools
    vad: Floats64

    @classmethod
    def of(cls, labels: LabelSet, label_vad: Floats64) -> States:
        """States of labels whose valence, arousal and dominance are known, (n_labels, 3)."""
        aroused = label_vad[:, 1] >= _AROUSED
        raised = [0.0, label_vad[aroused, 1].mean() if aroused.any() else 0.0, 0.0]
        return cls(labels, aroused, np.vstack([label_vad, raised]))

    @property
    def neutral(self) -> int:
        """Position of neutral."""
        return self.labels.index(NEUTRAL)

    def log_prior(self, parameters: JoinParameters) -> Floats64:
        """Of each state, (n_labels + 1,): the raised voice is a part of neutral speech."""
        prior = np.exp(parameters.log_prior - np.logaddexp.reduce(parameters.log_prior))
        raised = parameters.manner * self.aroused.sum() / max(1, len(self.labels) - 1)
        raised = raised if self.aroused.any() else 0.0
        full = np.append(prior, prior[self.neutral] * raised)
        full[self.neutral] *= 1 - raised
        return np.asarray(np.log(np.maximum(full, 1e-12)))

    def fold(self, probs: Floats64) -> Floats64:
        """Probabilities of the labels, (..., n_labels): a raised voice is neutral."""
        folded = probs[..., :-1].copy()
        folded[..., self.neutral] += probs[..., -1]
        return folded


def log_normalize(scores: Floats64) -> Floats64:
    """Subtract log-sum-exp from each row; (..., n_labels) to (..., n_labels)."""
    top = scores.max(axis=-1, keepdims=True)
    total: Floats64 = top + np.log(np.exp(scores - top).sum(axis=-1, keepdims=True))
    return scores - total


def evidence(log_probs: Floats64, log_prior: Floats64) -> Floats64:
    """What a head adds to its prior: log p - log q, (n, n_labels).

    Args:
        log_probs: (n, n_labels), calibrated.
        log_prior: (n_labels,), the label frequencies that the head was trained under.
    """
    return log_probs - log_prior


def of_words(text: Floats64, parameters: JoinParameters, states: States) -> Floats64:
    """Log likelihood ratios of all states against neutral from the words, (n, n_labels + 1).

    Args:
        text: (n, n_labels) evidence; zeros leave the words out.
        parameters: Share and weight.
        states: The last is the raised voice, whose words are neutral.
    """
    ratios = np.minimum(parameters.text_weight * (text - text[:, [states.neutral]]), _MOST)
    shown = _mixed(ratios, parameters.text_shown)
    plain = 1 - parameters.formulas.sum()
    neutral = np.log(plain + np.exp(ratios) @ parameters.formulas)
    shown[:, states.neutral] = neutral
    return np.concatenate([shown, neutral[:, None]], axis=1)


def of_voice(
    audio: Floats64, levels: Floats64, parameters: JoinParameters, states: States
) -> Floats64:
    """Log likelihood ratios of all states from the voice, (n, n_labels + 1).

    Args:
        audio: (n, n_labels) evidence; zeros leave the voice out.
        levels: (n,) in [0, 1], how far the speaker's level is known.
        parameters: Share, weight and manner.
        states: The last is the raised voice.
    """
    ratios = _voice_ratios(audio, parameters, states)
    shown = _mixed(ratios, parameters.voice_shown)
    quiet = ~states.aroused
    quiet[states.neutral] = False
    hoarse = parameters.manner * (1 - levels) * quiet.sum() / max(1, len(states.labels) - 1)
    shown[:, states.neutral] = _mixed(_any(ratios, quiet), hoarse)
    raised = _mixed(_any(ratios, states.aroused), 1 - levels)
    return np.concatenate([shown, raised[:, None]], axis=1)


def sounds_raised(
    audio: Floats64, levels: Floats64, parameters: JoinParameters, states: States
) -> Floats64:
    """How far a voice in the raised state is so because it sounds aroused, (n,) in [0, 1].

    As far as a speaker's level is known, that state sounds as neutral speech does: it says nothing.
    The arguments are those of `of_voice`.
    """
    aroused = _any(_voice_ratios(audio, parameters, states), states.aroused)
    with np.errstate(divide="ignore"):
        share = np.exp(np.log(1 - levels) + aroused - _mixed(aroused, 1 - levels))
    return np.asarray(share)


def join(
    text: Floats64,
    audio: Floats64,
    parameters: JoinParameters,
    states: States,
    *,
    levels: Floats64 | None = None,
) -> Floats64:
    """Log posterior of the labels in single windows, without smoothing over time, (n, n_labels).

    Args:
        text: (n, n_labels) evidence of the words; zeros leave them out.
        audio: (n, n_labels) evidence of the voice; zeros leave it out.
        parameters: What was fitted.
        states: Of the labels.
        levels: (n,) see `of_voice`; 1 if None.
    """
    shown = np.ones(len(audio)) if levels is None else levels
    scores = states.log_prior(parameters) + of_words(text, parameters, states)
    scores = scores + of_voice(audio, shown, parameters, states)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(states.fold(np.exp(log_normalize(scores)))))


def shares(joint: Floats64, without_text: Floats64, without_audio: Floats64) -> Floats64:
    """How much each modality moved the reading, by leaving one out.

    Args:
        joint: (n, n_labels) probabilities with both.
        without_text: The same with the words left out.
        without_audio: The same with the voice left out.

    Returns:
        (n, 2), the shares of text and audio: total-variation distances that leaving each out
        makes, divided by their sum; zeros where neither makes any.
    """
    moved = np.stack(
        [np.abs(joint - other).sum(axis=-1) / 2 for other in (without_text, without_audio)],
        axis=-1,
    )  # (n, 2)
    total = moved.sum(axis=-1, keepdims=True)
    share: Floats64 = np.divide(moved, total, out=np.zeros_like(moved), where=total > 1e-6)
    return share


def _voice_ratios(audio: Floats64, parameters: JoinParameters, states: States) -> Floats64:
    return parameters.voice_weight * (audio - audio[:, [states.neutral]])


def _any(ratios: Floats64, labels: Bools) -> Floats64:
    """Log likelihood ratio of any of some labels, all alike, (n,); 0 where there are none."""
    if not labels.any():
        return np.zeros(len(ratios))
    return np.asarray(np.logaddexp.reduce(ratios[:, labels], axis=1) - np.log(labels.sum()))


def _mixed(ratios: Floats64, share: float | Floats64) -> Floats64:
    """log((1 - π) + π exp r), bounded below by log(1 - π)."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.logaddexp(np.log1p(-np.asarray(share)), np.log(share) + ratios))
