"""From what words and voice say of each word to readings: windows, time, decision.

Every engine ends here. It gives evidence (log likelihood ratios of the labels) for each word, from
both modalities and from each alone, and gets back smoothed posteriors, the shares that words and
voice had in them, and labels that are neutral where the posterior is unsure.

Emotions last, so neighbouring words inform each other: a hidden Markov chain over the words. From
one word to the next, Δt later, the emotion stays with probability ρ = exp(-Δt / τ) and is drawn
anew from the prior otherwise: A_ij = ρ [i = j] + (1 - ρ) p(j). Windows of neighbouring words
overlap, so each word's evidence is raised to the share of its window that is the word's own;
otherwise the same sound would count several times and make the reading overconfident.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sentigram.core.arrays import Floats64, Ints64
from sentigram.core.emotion import NEUTRAL, EmotionTrack, Evidence, LabelSet, WordEmotion
from sentigram.core.time import Span
from sentigram.core.transcript import Utterance
from sentigram.emotion.join import JoinParameters, States, of_voice, of_words, shares, sounds_raised


def smooth(
    evidence: Floats64,
    log_prior: Floats64,
    gaps_ms: Ints64,
    *,
    tau_ms: float,
) -> Floats64:
    """Posterior of every word given all words (forward-backward), in one pass each way.

    Args:
        evidence: (n, n_labels) log likelihood ratios, already raised to the words' shares.
        log_prior: (n_labels,) stationary distribution of the chain.
        gaps_ms: (n,) time since the word before; negative cuts the chain (another speaker).
        tau_ms: Time constant; 0 reads each word by itself.

    Returns:
        (n, n_labels) probabilities.
    """
    n, n_labels = evidence.shape
    prior = np.exp(log_prior - np.logaddexp.reduce(log_prior))
    likelihood = np.exp(evidence - evidence.max(axis=1, keepdims=True)) if n else evidence
    stay = np.where(gaps_ms < 0, 0.0, np.exp(-np.maximum(gaps_ms, 0) / max(tau_ms, 1e-9)))
    forward = np.empty((n, n_labels))
    state = prior
    for i in range(n):
        # state sums to 1, so the redraw term is (1 - ρ) p and needs no sum over labels
        state = (stay[i] * state + (1 - stay[i]) * prior if i else prior) * likelihood[i]
        state = state / state.sum()
        forward[i] = state
    backward = np.ones(n_labels)
    posterior = forward.copy()
    for i in range(n - 2, -1, -1):
        ahead = likelihood[i + 1] * backward
        backward = stay[i + 1] * ahead + (1 - stay[i + 1]) * (prior @ ahead)
        backward = backward / backward.max()
        posterior[i] = forward[i] * backward
    return np.asarray(posterior / posterior.sum(axis=1, keepdims=True))


def own_share(starts_ms: Ints64, ends_ms: Ints64, windows_ms: Ints64) -> Floats64:
    """Share of each word's evidence that is its own, in (0, 1].

    A word owns the time from its start to the next word's, at most its own length and half a
    second: silence is no evidence.

    Args:
        starts_ms: (n,) word starts.
        ends_ms: (n,) word ends.
        windows_ms: (n,) stretches of speech that give evidence once.
    """
    following = np.append(starts_ms[1:], ends_ms[-1:])
    own = np.clip(following - starts_ms, ends_ms - starts_ms, ends_ms - starts_ms + 500)
    share: Floats64 = np.clip(own / np.maximum(windows_ms, 1), 1e-3, 1.0)
    return share


WINDOW_MS = 2000  # a word is read from this much sound around it
# Speech that counts as one witness: less than a window, for windows that are read against the
# temperature of single ones under-rate what a stretch of them says (spliced corpora that the model
# does not know: word UA .45 at 4 s, .48 at 2 s, .52 at 1 s).
_ONE_WITNESS_MS = 1000
_NEW_SENTENCE_MS = 3000  # a new sentence makes a change of emotion as likely as this much time
_EDGE_MS = 250  # windows may reach this far out of their utterance
_RAISED_FROM = 0.6  # probability of a raised voice from which it is shown
TEXT_WINDOW_WORDS = 12  # a sentence is one witness up to this many words


@dataclass(frozen=True, slots=True, eq=False)
class Cues:
    """What one modality says about every word, before it is joined.

    Attributes:
        evidence: (n_words, n_labels) log likelihood ratios of each word's window by itself.
        vad: (n_words, 3); None where the modality does not read it: that of the labels is taken.
        levels: (n_words,) how far the level of the voice is known (see `voice_model`); None where
            its scores do not depend on that.
    """

    evidence: Floats64
    vad: Floats64 | None = None
    levels: Floats64 | None = None


def joined(
    utterances: Sequence[Utterance],
    words: Cues | None,
    voice: Cues,
    parameters: JoinParameters,
    states: States,
) -> EmotionTrack:
    """Readings from words and voice as independent witnesses (see `emotion.join`).

    Args:
        utterances: Their words.
        words: What they say; None where they are in a language that nobody reads.
        voice: What the voice says.
        parameters: Of the join.
        states: Labels, and the raised voice.
    """
    n_words, n_labels = voice.evidence.shape
    levels = np.ones(n_words) if voice.levels is None else voice.levels
    voiced = of_voice(voice.evidence, levels, parameters, states)
    voiced *= (voice_share(utterances) / agreeing(utterances, levels, parameters.tau_ms))[:, None]
    text = np.zeros((n_words, n_labels + 1))
    if words is not None:
        text = of_words(words.evidence, parameters, states) * text_share(utterances)[:, None]
    gaps_ms, log_prior = gaps(utterances), states.log_prior(parameters)
    joint, only_voice, only_words = (
        smooth(e, log_prior, gaps_ms, tau_ms=parameters.tau_ms)
        for e in (text + voiced, voiced, text)
    )
    vad = only_voice @ states.vad
    if words is not None:
        said = only_words @ states.vad if words.vad is None else words.vad
        share = parameters.text_vad_share
        vad = share * said + (1 - share) * vad
    by_manner = only_voice[:, -1] * sounds_raised(voice.evidence, levels, parameters, states)
    raised = only_voice[:, :-1][:, states.aroused].sum(axis=1) + by_manner
    folded = states.fold(joint)
    measured = shares(folded, states.fold(only_voice), states.fold(only_words))
    decided = decide(folded, vad, measured, states.labels, parameters.shown_from, raised=raised)
    return EmotionTrack(states.labels, decided)


def smoothed(
    utterances: Sequence[Utterance],
    evidence: tuple[Floats64, Floats64, Floats64],
    vad: Floats64,
    parameters: JoinParameters,
    labels: LabelSet,
) -> EmotionTrack:
    """Readings of all words of a recording from evidence that is joined already.

    Args:
        utterances: Its words.
        evidence: (n_words, n_labels) of both modalities, of the voice alone, of the words alone,
            raised to the words' shares.
        vad: (n_words, 3) in [-1, 1]; NaN rows where it is not read.
        parameters: Prior, time constant and threshold; the rest is not used.
        labels: What is told apart.
    """
    gaps_ms = gaps(utterances)
    joint, only_voice, only_words = (
        smooth(e, parameters.log_prior, gaps_ms, tau_ms=parameters.tau_ms) for e in evidence
    )
    measured = shares(joint, only_voice, only_words)
    return EmotionTrack(labels, decide(joint, vad, measured, labels, parameters.shown_from))


def windows(utterance: Utterance, duration_ms: int) -> list[Span]:
    """The sound that each word is read from: two seconds around it, inside its utterance."""
    low = max(0, utterance.span.start_ms - _EDGE_MS)
    high = min(duration_ms, utterance.span.end_ms + _EDGE_MS)
    spans = []
    for word in utterance.words:
        centre = (word.span.start_ms + word.span.end_ms) // 2
        start = max(low, min(centre - WINDOW_MS // 2, high - WINDOW_MS))
        spans.append(Span(start, max(start, min(start + WINDOW_MS, high))))
    return spans


def voice_share(utterances: Sequence[Utterance]) -> Floats64:
    """How much of its window's evidence is a word's own, (n_words,): windows overlap."""
    spans = [word.span for utterance in utterances for word in utterance.words]
    starts = np.array([span.start_ms for span in spans])
    ends = np.array([span.end_ms for span in spans])
    return own_share(starts, ends, witnesses(utterances))


def agreeing(utterances: Sequence[Utterance], levels: Floats64, tau_ms: float) -> Floats64:
    """How many windows say the same because they share one unknown offset, (n_words,).

    Where a voice shows a range of moods its level is known, and each window is a witness of its
    own. Where it shows none, all windows are wrong or right together, and count as one: as many as
    the chain over time adds up, a time constant each way, are divided by their number.

    Args:
        utterances: Their words.
        levels: (n_words,) in [0, 1].
        tau_ms: Time constant of the chain.
    """
    names = np.array([u.speaker for u in utterances for _ in u.words])
    spoken_ms = np.array([w.span.duration_ms for u in utterances for w in u.words])
    most = 1 + 2 * tau_ms / WINDOW_MS
    count = np.ones(len(names))
    for name in np.unique(names):
        own = names == name
        count[own] = np.clip(spoken_ms[own].sum() / WINDOW_MS, 1, most)
    number: Floats64 = 1 + (1 - levels) * (count - 1)
    return number


def text_share(utterances: Sequence[Utterance]) -> Floats64:
    """How much of its sentence's evidence is a word's own, (n_words,)."""
    counts = np.concatenate([np.full(len(u.words), len(u.words)) for u in utterances])
    share: Floats64 = 1 / np.minimum(counts, TEXT_WINDOW_WORDS)
    return share


def witnesses(utterances: Sequence[Utterance]) -> Ints64:
    """How much speech around each word is one witness, (n_words,) in milliseconds."""
    lengths = [min(u.span.duration_ms, _ONE_WITNESS_MS) for u in utterances]
    return np.repeat(lengths, [len(u.words) for u in utterances])


def gaps(utterances: Sequence[Utterance]) -> Ints64:
    """Time since each word's predecessor, for the chain; -1 where the speaker changes."""
    found: list[int] = []
    previous: Utterance | None = None
    for utterance in utterances:
        starts = [word.span.start_ms for word in utterance.words]
        if previous is None or utterance.speaker != previous.speaker:
            found.append(-1)
        else:
            found.append(starts[0] - previous.words[-1].span.start_ms + _NEW_SENTENCE_MS)
        found += [after - before for before, after in pairwise(starts)]
        previous = utterance
    return np.array(found, np.int64)


def decide(
    joint: Floats64,
    vad: Floats64,
    share: Floats64,
    labels: LabelSet,
    shown_from: float,
    *,
    raised: Floats64 | None = None,
) -> tuple[WordEmotion, ...]:
    """Label, intensity and evidence of every word.

    The intensity of a label grows with the posterior above the threshold and with arousal's
    distance from rest: 0 for neutral, never 0 for another label. Where no label is sure and the
    voice is raised, the label is withheld, and the intensity says how sure that is.

    Args:
        joint: (n, n_labels) posterior.
        vad: (n, 3); NaN rows where it is not read.
        share: (n, 2) of text and audio.
        labels: What is told apart.
        shown_from: Least posterior of a label that is shown.
        raised: (n,) probability that the voice is raised, for whatever reason; None if unknown.
    """
    readings = []
    for row, (probs, vad_row, (text, audio)) in enumerate(zip(joint, vad, share, strict=True)):
        best = int(probs.argmax())
        is_shown = probs[best] >= shown_from and labels.names[best] != NEUTRAL
        loud = 0.0 if raised is None else float(raised[row])
        is_withheld = not is_shown and loud >= _RAISED_FROM
        sure, least = (loud, _RAISED_FROM) if is_withheld else (float(probs[best]), shown_from)
        is_read = bool(np.isfinite(vad_row).all())
        arousal = abs(float(vad_row[1])) if is_read else 0.0
        strength = 0.25 + 0.6 * (sure - least) / (1 - least) + 0.15 * arousal
        intensity = round(float(np.clip(strength, 0.05, 1)), 3)
        v, a, d = (round(float(np.clip(x, -1, 1)), 3) for x in np.nan_to_num(vad_row))
        readings.append(
            WordEmotion(
                label=labels.names[best] if is_shown else NEUTRAL,
                # what is withheld is never certainly neutral
                probs=_rounded(0.999 * probs + 0.001 / len(labels) if is_withheld else probs),
                intensity=intensity if is_shown or is_withheld else 0.0,
                vad=(v, a, d) if is_read else None,
                evidence=Evidence(round(float(text), 3), round(float(audio), 3)),
                withheld=is_withheld,
            )
        )
    return tuple(readings)


def _rounded(probs: Floats64) -> tuple[float, ...]:
    """Four digits, still summing to 1: the best label takes the rest, and stays best."""
    rounded = [round(float(p), 4) for p in probs]
    best = int(probs.argmax())
    rounded[best] = round(rounded[best] + 1 - sum(rounded), 4)
    top = rounded.index(max(rounded))  # another one where both nearly tie
    rounded[best], rounded[top] = rounded[top], rounded[best]
    return tuple(rounded)
