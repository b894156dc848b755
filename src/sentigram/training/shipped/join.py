"""Fits the join of words and voice, and measures it on speakers and sentences never fitted on.

No corpus at hand has words and voice paired, labelled and free to train on. What there is: acted
speech as it was spoken, whose wording is neutral, so that the voice carries all; and comments,
whose words carry all. From both, pairs are formed: a held-out window and a GoEmotions comment. In
half of the formed pairs both carry the label, in a quarter only the voice does and the words are
neutral, in a quarter only the words. How often words show an emotion that is felt is measured on
dialogue. The share of the voice and the weights of both are those that make the labels of formed
pairs and of speech as it was spoken most likely together, the two counted alike, over all corpora.
The windows are read by models that know only other corpora, as with users' recordings.

The prior of neutral, the share of manner and the threshold are not fitted to labels: they are set
so that plain speech stays plain (`evaluate bundled --parts real`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from sentigram.core.arrays import Floats64, Ints64
from sentigram.emotion import join as model
from sentigram.emotion.bundled import JOIN_NUMBERS
from sentigram.emotion.encoders.compact.text import MiniLmEncoder, TextHeads, load_heads
from sentigram.emotion.join import JoinParameters, States, evidence, join, log_normalize
from sentigram.store.shipped import write_card
from sentigram.training.corpora import goemotions, ravdess
from sentigram.training.corpora.item import Item
from sentigram.training.judge.metrics import (
    Estimate,
    bootstrap,
    expected_calibration_error,
    macro_f1,
    unweighted_accuracy,
)
from sentigram.training.shipped.text.evaluate import sentence_vectors
from sentigram.training.shipped.voice.evaluate import Readings
from sentigram.training.shipped.voice.recipe import LABEL_VALUES, LABELS

NAME = "join"
# Set so that plain speech stays plain and acted speech is heard; see docs/accuracy.md.
NEUTRAL_PRIOR = 1 / 3  # as in GoEmotions (32 %); the other labels share the rest evenly
MANNER = 0.3
# Share of emotional lines of dialogue whose words show the emotion, measured like FORMULAS. Fitted
# to formed pairs and speech as spoken it comes out alike (.57 to .72, by how the two are weighed).
TEXT_SHOWN = 0.62
# Neutral lines of dialogue that sound like each label: thanks, regrets, questions. Measured on MELD
# train (benchmarks/dialogue.py); a measurement, nothing is trained there.
FORMULAS = {"happiness": 0.09, "sadness": 0.02, "surprise": 0.18}
SHOWN_FROM = 0.45
TAU_MS = 4000.0
BOTH, ONLY_VOICE = 0.5, 0.25  # shares of formed pairs; in the rest only the words carry the label
TEXT_VAD_SHARE = (0.7, 0.3, 0.5)  # words carry valence, the voice arousal
_PAIRS = 12_000
_N_FOLDS = 4
_MOST_LOST = 0.03  # UA that the join may lose against one witness without a note
# what is left out in the rows of the report
WITNESSES = ("joined", "words only", "voice only")
STATES = States.of(LABELS, LABEL_VALUES)


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Words and voice put together.

    Attributes:
        text: (n, n_labels) evidence of the words.
        audio: (n, n_labels) evidence of the voice.
        levels: (n,) how far the level of the voice's speaker is known.
        truth: (n,) label indices.
        speakers: (n,) for clustering.
    """

    text: Floats64
    audio: Floats64
    levels: Floats64
    truth: Ints64
    speakers: NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Readings of speakers that the voice models never heard.

    Attributes:
        known: RAVDESS clips, by models that know other speakers of the corpus.
        unknown: Clips of each corpus, by a model that knows only the other corpora.
    """

    known: Readings
    unknown: Mapping[str, Readings]

    def of(self, fold_of: Mapping[str, int], fold: int, *, are_in: bool) -> HeldOut:
        """The RAVDESS speakers of a fold, or all others; other corpora stay whole."""
        rows = _speakers(self.unknown[ravdess.NAME], fold_of, fold, are_in=are_in)
        return HeldOut(
            _speakers(self.known, fold_of, fold, are_in=are_in),
            {**self.unknown, ravdess.NAME: rows},
        )


def log_prior() -> Floats64:
    """(n_labels,) how often each label is expected in speech."""
    rest = (1 - NEUTRAL_PRIOR) / (len(LABELS) - 1)
    return np.log([NEUTRAL_PRIOR if name == "neutral" else rest for name in LABELS])


def train(data: Path, out: Path, readings: HeldOut) -> dict[str, Any]:
    """Write join.card.json, with its figures.

    Args:
        data: Folder that holds goemotions/ and ravdess/.
        out: Folder with the text weights, and for the card.
        readings: Of held-out speakers.
    """
    fitted = fit_to(_sentences(data, "dev", out), _spoken(data, out), readings, seed=0)
    metrics = evaluate(data, out, readings)
    card = {
        "name": "sentigram-join",
        "version": "2",
        "licence": "MIT",
        "labels": list(LABELS),
        "what": " ".join(model.__doc__.split()) if model.__doc__ else "",
        "prior": {n: float(p) for n, p in zip(LABELS, np.exp(fitted.log_prior), strict=True)},
        **{name: round(float(getattr(fitted, name)), 4) for name in JOIN_NUMBERS},
        "formulas": FORMULAS,
        "text_vad_share": list(TEXT_VAD_SHARE),
        "fitted": "text_weight, voice_shown, voice_weight",
        "measured": "text_shown and formulas, on MELD train",
        "set": "prior, manner, shown_from, tau_ms and text_vad_share",
        "how": " ".join(__doc__.split()),
        "command": "sentigram train bundled --data FOLDER",
        "metrics": metrics,
    }
    write_card(out, NAME, card, [])
    return metrics


def fit(parts: Sequence[Pairs]) -> JoinParameters:
    """Fit the voice's share and both weights by likelihood, the parts counting alike."""

    def parameters(free: Floats64) -> JoinParameters:
        voice_shown = 1 / (1 + np.exp(-free[0]))
        text_weight, voice_weight = np.exp(free[1:])
        return JoinParameters(
            log_prior=log_prior(),
            text_shown=TEXT_SHOWN,
            text_weight=float(text_weight),
            formulas=np.array([FORMULAS.get(name, 0.0) for name in LABELS]),
            voice_shown=float(voice_shown),
            voice_weight=float(voice_weight),
            manner=MANNER,
            tau_ms=TAU_MS,
            shown_from=SHOWN_FROM,
            text_vad_share=np.array(TEXT_VAD_SHARE),
        )

    def loss(free: Floats64) -> float:
        given = parameters(free)
        losses = []
        for pairs in parts:
            log_probs = join(pairs.text, pairs.audio, given, STATES, levels=pairs.levels)
            losses.append(-log_probs[np.arange(len(log_probs)), pairs.truth].mean())
        return float(np.mean(losses))

    start = np.array([2.0, 0.0, 0.0])
    return parameters(minimize(loss, start, method="Nelder-Mead").x)


def evaluate(data: Path, weights: Path, readings: HeldOut) -> dict[str, Any]:
    """Figures on held-out speakers and GoEmotions test; fitted on other speakers and dev.

    Args:
        data: Folder that holds goemotions/ and ravdess/.
        weights: Folder with the text weights.
        readings: Of held-out speakers.
    """
    dev, test = (_sentences(data, split, weights) for split in ("dev", "test"))
    fold_of = {name: i % _N_FOLDS for i, name in enumerate(np.unique(readings.known.speakers))}
    rows: dict[str, list[tuple[Floats64, Pairs]]] = {}
    spoken = _spoken(data, weights)
    for fold in range(_N_FOLDS):
        rng = np.random.default_rng(fold)
        others = readings.of(fold_of, fold, are_in=False)
        fitted = fit_to(dev, spoken, others, seed=fold)
        held = readings.of(fold_of, fold, are_in=True)
        for kind, drawn in (
            ("formed pairs", draw_pairs(test, held.known, rng)),
            ("formed pairs, unknown corpus", draw_pairs(test, held.unknown[ravdess.NAME], rng)),
            ("RAVDESS as spoken", draw_spoken(spoken, held.known, rng)),
            (
                "RAVDESS as spoken, unknown corpus",
                draw_spoken(spoken, held.unknown[ravdess.NAME], rng),
            ),
        ):
            nothing = np.zeros_like(drawn.text)
            for name, text, audio in zip(
                WITNESSES,
                (drawn.text, drawn.text, nothing),
                (drawn.audio, nothing, drawn.audio),
                strict=True,
            ):
                probs = np.exp(join(text, audio, fitted, STATES, levels=drawn.levels))
                rows.setdefault(f"{kind}, {name}", []).append((probs, drawn))
    return {
        **{f"note {i + 1}": line for i, line in enumerate(_voted_down(rows))},
        "chance UA": 1 / len(LABELS),
        **{name: _figures(parts) for name, parts in rows.items()},
    }


def _voted_down(rows: Mapping[str, list[tuple[Floats64, Pairs]]]) -> Iterator[str]:
    """Where the join is worse than the better witness by more than _MOST_LOST."""
    found = {}
    for name, parts in rows.items():
        truth = np.concatenate([pairs.truth for _, pairs in parts])
        guess = np.concatenate([probs.argmax(axis=1) for probs, _ in parts])
        found[name] = unweighted_accuracy(truth, guess)
    for kind in dict.fromkeys(name.rsplit(", ", 1)[0] for name in rows):
        joined, *alone = (found[f"{kind}, {name}"] for name in WITNESSES)
        if joined < max(alone) - _MOST_LOST:
            better = WITNESSES[1 + int(np.argmax(alone))]
            yield f"{kind}: joined UA {joined:.3f}, {better} {max(alone):.3f}"


def fit_to(
    sentences: tuple[Floats64, Ints64], spoken: Floats64, readings: HeldOut, *, seed: int
) -> JoinParameters:
    """Fit to formed pairs and to speech with neutral wording, with voices of each corpus.

    Args:
        sentences: Evidence and labels of comments.
        spoken: Evidence of each RAVDESS clip's sentence. Clips of corpora that are not English
            are given them in turn: their own wording is neutral, too.
        readings: Those of unknown corpora are used.
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    parts = []
    for voice in readings.unknown.values():
        parts += [draw_pairs(sentences, voice, rng), draw_spoken(spoken, voice, rng)]
    return fit(parts)


def draw_pairs(
    sentences: tuple[Floats64, Ints64], voice: Readings, rng: np.random.Generator, n: int = _PAIRS
) -> Pairs:
    """Draw pairs whose labels follow the prior of speech."""
    text, text_truth = sentences
    words, rows, truth = draw_rows(text_truth, voice.truth, rng, n)
    return Pairs(
        text[words], voice.log_probs[rows], voice.levels[rows], truth, voice.speakers[rows]
    )


def draw_rows(
    text_truth: Ints64, voice_truth: Ints64, rng: np.random.Generator, n: int = _PAIRS
) -> tuple[Ints64, Ints64, Ints64]:
    """Which sentence meets which window, and the label of the pair, (n,) each.

    Labels that the voices never show are not drawn.
    """
    neutral = LABELS.index("neutral")
    truth = _draw_labels(voice_truth, rng, n)
    kind = rng.random(n)
    said = np.where((kind >= BOTH) & (kind < BOTH + ONLY_VOICE), neutral, truth)
    voiced = np.where(kind >= BOTH + ONLY_VOICE, neutral, truth)
    rows = np.array([rng.choice(np.flatnonzero(voice_truth == label)) for label in voiced])
    words = np.array([rng.choice(np.flatnonzero(text_truth == label)) for label in said])
    return words, rows, truth


def _draw_labels(voice_truth: Ints64, rng: np.random.Generator, n: int) -> Ints64:
    """Labels by the prior of speech, among those that occur, (n,)."""
    prior = np.exp(log_prior()) * (np.bincount(voice_truth, minlength=len(LABELS)) > 0)
    return rng.choice(len(LABELS), n, p=prior / prior.sum())


def draw_spoken(
    spoken: Floats64, voice: Readings, rng: np.random.Generator, n: int = _PAIRS // 4
) -> Pairs:
    """Draw clips with their own sentence, labels by the prior of speech.

    Args:
        spoken: (n_items, n_labels) evidence of the sentence of each clip of the corpus.
        voice: Readings of windows of them.
        rng: Draws.
        n: How many.
    """
    truth = _draw_labels(voice.truth, rng, n)
    rows = np.array([rng.choice(np.flatnonzero(voice.truth == label)) for label in truth])
    return Pairs(
        spoken[voice.rows[rows] % len(spoken)],
        voice.log_probs[rows],
        voice.levels[rows],
        truth,
        voice.speakers[rows],
    )


def _figures(parts: list[tuple[Floats64, Pairs]]) -> dict[str, str]:
    probs = np.concatenate([part for part, _ in parts])
    truth = np.concatenate([pairs.truth for _, pairs in parts])
    speakers = list(np.concatenate([pairs.speakers for _, pairs in parts]))
    guess = probs.argmax(axis=1)

    def estimate(metric: Any) -> Estimate:
        return bootstrap(metric, speakers, n_draws=300, within=(0, 1), unit="speakers")

    return {
        "ua": str(estimate(lambda i: unweighted_accuracy(truth[i], guess[i]))),
        "macro_f1": str(estimate(lambda i: macro_f1(truth[i], guess[i]))),
        "ece": str(estimate(lambda i: expected_calibration_error(probs[i], truth[i]))),
    }


def _sentences(data: Path, split: str, weights: Path) -> tuple[Floats64, Ints64]:
    """Evidence of single-label GoEmotions comments, and their labels."""
    items = [
        item
        for item in goemotions.read(data / goemotions.NAME)
        if item.split == split and len(item.labels) == 1
    ]
    truth = np.array([LABELS.index(item.labels[0]) for item in items])
    return _evidence([item.text for item in items], weights), truth


def _spoken(data: Path, weights: Path) -> Floats64:
    """Evidence of each RAVDESS clip's sentence, (n_items, n_labels)."""
    items: tuple[Item, ...] = ravdess.read(data / ravdess.NAME)
    texts = sorted({item.text for item in items})
    rows = _evidence(texts, weights)
    return rows[[texts.index(item.text) for item in items]]


def _evidence(texts: list[str], weights: Path) -> Floats64:
    heads: TextHeads = load_heads(weights)
    vectors = sentence_vectors(MiniLmEncoder(weights, n_threads=0), texts)
    log_probs = log_normalize(heads.logits(vectors).astype(float))
    return evidence(log_probs, heads.log_prior.astype(float))


def _speakers(
    readings: Readings, fold_of: Mapping[str, int], fold: int, *, are_in: bool
) -> Readings:
    return readings.take(
        np.array([(fold_of[name] == fold) == are_in for name in readings.speakers])
    )
