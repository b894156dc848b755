"""Fits the join of words and voice, and measures it on speakers and sentences never fitted on.

No corpus at hand has words and voice paired, labelled and free to train on. Pairs are therefore
formed: a held-out RAVDESS window and a GoEmotions comment. In half of the pairs both carry the
label, in a quarter only the voice does and the words are neutral, in a quarter only the words.
Labels are drawn from the prior, a third neutral. The weights are fitted on windows that are read
by a model that knows only other corpora, as with users' recordings; they are measured on those,
and on windows read by models that know other speakers of RAVDESS. The same join is also measured
on RAVDESS as it was spoken, where the two sentences are neutral in every clip.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from sentigram.cards import write_card
from sentigram.encoders.text import TextEncoder, TextHeads, load_heads
from sentigram.model.join import JoinParameters, evidence, join, log_normalize
from sentigram.training.corpora import goemotions, ravdess
from sentigram.training.corpora.item import Item
from sentigram.training.metrics import (
    Estimate,
    bootstrap,
    expected_calibration_error,
    macro_f1,
    unweighted_accuracy,
)
from sentigram.training.text.evaluate import sentence_vectors
from sentigram.training.voice.evaluate import (
    Readings,
    calibrated,
    concatenate,
    fit_temperature,
)
from sentigram.training.voice.recipe import LABELS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NAME = "join"
NEUTRAL_PRIOR = 1 / 3  # as in GoEmotions (32 %); the other labels share the rest evenly
TAU_MS = 4000.0
BOTH, ONLY_VOICE = 0.5, 0.25  # shares of pairs; in the rest only the words carry the label
TEXT_VAD_SHARE = (0.7, 0.3, 0.5)  # words carry valence, the voice arousal
_PAIRS = 12_000
_MIN_PRECISION = 2 / 3  # an emotion that is shown should be right two times out of three
_LEAST_THRESHOLD = 0.4  # less is a guess among three
_N_FOLDS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Words and voice put together.

    Attributes:
        text: (n, n_labels) evidence of the words.
        audio: (n, n_labels) evidence of the voice.
        truth: (n,) label indices.
        speakers: (n,) for clustering.
    """

    text: Floats
    audio: Floats
    truth: Ints
    speakers: NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Uncalibrated readings of held-out clips.

    Attributes:
        known: By models that know other speakers of the corpus.
        unknown: The same clips, by a model that knows only other corpora.
    """

    known: Readings
    unknown: Readings

    def of(self, fold_of: dict[str, int], fold: int, *, are_in: bool) -> HeldOut:
        """The speakers of a fold, or all others."""
        return HeldOut(
            _speakers(self.known, fold_of, fold, are_in=are_in),
            _speakers(self.unknown, fold_of, fold, are_in=are_in),
        )

    def temperature(self) -> float:
        """The temperature that fits both kinds of readings best together."""
        return fit_temperature(concatenate([self.known, self.unknown]))

    def calibrated(self, temperature: float) -> HeldOut:
        """With scores divided by a temperature."""
        return HeldOut(calibrated(self.known, temperature), calibrated(self.unknown, temperature))


def log_prior() -> Floats:
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
    unknown = readings.calibrated(readings.temperature()).unknown
    fitted = fit(draw_pairs(_sentences(data, "dev", out), unknown, np.random.default_rng(0)))
    metrics = evaluate(data, out, readings)
    card = {
        "name": "sentigram-join",
        "version": "1",
        "licence": "MIT",
        "labels": list(LABELS),
        "what": "log p = log prior + w_t (words against their prior) + w_a (voice against its)",
        "prior": {n: float(p) for n, p in zip(LABELS, np.exp(fitted.log_prior), strict=True)},
        "text_weight": round(fitted.text_weight, 4),
        "audio_weight": round(fitted.audio_weight, 4),
        "tau_ms": fitted.tau_ms,
        "abstain_below": round(fitted.abstain_below, 3),
        "text_vad_share": list(TEXT_VAD_SHARE),
        "chosen": "prior, tau_ms and text_vad_share are design choices, not fitted",
        "pairs": " ".join(__doc__.split("\n\n", 1)[1].split()),
        "command": "sentigram train bundled --data FOLDER",
        "metrics": metrics,
    }
    write_card(out, NAME, card, [])
    return metrics


def fit(pairs: Pairs) -> JoinParameters:
    """Fit both weights by likelihood, then the threshold below which the join abstains."""

    def parameters(weights: Floats, threshold: float = 0.0) -> JoinParameters:
        w_t, w_a = np.exp(weights)
        return JoinParameters(
            log_prior(), float(w_t), float(w_a), TAU_MS, threshold, np.array(TEXT_VAD_SHARE)
        )

    def loss(weights: Floats) -> float:
        log_probs = join(pairs.text, pairs.audio, parameters(weights))
        return float(-log_probs[np.arange(len(log_probs)), pairs.truth].mean())

    best = minimize(loss, np.zeros(2), method="Nelder-Mead").x
    probs = np.exp(join(pairs.text, pairs.audio, parameters(best)))
    return parameters(best, _threshold(probs, pairs.truth))


def evaluate(data: Path, weights: Path, readings: HeldOut) -> dict[str, Any]:
    """Figures on held-out speakers and GoEmotions test; fitted on other speakers and dev.

    The voice's temperature and the join are fitted, fold by fold, on speakers that are not tested.

    Args:
        data: Folder that holds goemotions/ and ravdess/.
        weights: Folder with the text weights.
        readings: Of held-out speakers.
    """
    sentences = {split: _sentences(data, split, weights) for split in ("dev", "test")}
    fold_of = {name: i % _N_FOLDS for i, name in enumerate(np.unique(readings.known.speakers))}
    rows: dict[str, list[tuple[Floats, Pairs]]] = {}
    spoken_text = _spoken(data, weights)
    for fold in range(_N_FOLDS):
        rng = np.random.default_rng(fold)
        others = readings.of(fold_of, fold, are_in=False)
        temperature = others.temperature()
        fitted = fit(draw_pairs(sentences["dev"], others.calibrated(temperature).unknown, rng))
        held = readings.of(fold_of, fold, are_in=True).calibrated(temperature)
        test, foreign = held.known, held.unknown
        for kind, drawn in (
            ("formed pairs", draw_pairs(sentences["test"], test, rng)),
            ("formed pairs, unknown corpus", draw_pairs(sentences["test"], foreign, rng)),
            ("RAVDESS as spoken", draw_spoken(spoken_text[test.rows], test, rng)),
        ):
            nothing = np.zeros_like(drawn.text)
            for name, text, audio in (
                ("joined", drawn.text, drawn.audio),
                ("words only", drawn.text, nothing),
                ("voice only", nothing, drawn.audio),
            ):
                probs = np.exp(join(text, audio, fitted))
                rows.setdefault(f"{kind}, {name}", []).append((probs, drawn))
    return {"chance UA": 1 / len(LABELS), **{name: _figures(parts) for name, parts in rows.items()}}


def draw_pairs(
    sentences: tuple[Floats, Ints], voice: Readings, rng: np.random.Generator, n: int = _PAIRS
) -> Pairs:
    """Draw pairs whose labels follow the prior of speech."""
    text, text_truth = sentences
    audio = evidence(voice.log_probs, np.full(len(LABELS), -np.log(len(LABELS))))
    words, rows, truth = draw_rows(text_truth, voice.truth, rng, n)
    return Pairs(text[words], audio[rows], truth, voice.speakers[rows])


def draw_rows(
    text_truth: Ints, voice_truth: Ints, rng: np.random.Generator, n: int = _PAIRS
) -> tuple[Ints, Ints, Ints]:
    """Which sentence meets which window, and the label of the pair, (n,) each."""
    neutral = LABELS.index("neutral")
    truth = rng.choice(len(LABELS), n, p=np.exp(log_prior()))
    kind = rng.random(n)
    said = np.where((kind >= BOTH) & (kind < BOTH + ONLY_VOICE), neutral, truth)
    voiced = np.where(kind >= BOTH + ONLY_VOICE, neutral, truth)
    rows = np.array([rng.choice(np.flatnonzero(voice_truth == label)) for label in voiced])
    words = np.array([rng.choice(np.flatnonzero(text_truth == label)) for label in said])
    return words, rows, truth


def draw_spoken(
    text: Floats, voice: Readings, rng: np.random.Generator, n: int = _PAIRS // 4
) -> Pairs:
    """Draw clips with their own sentence, labels by the prior of speech."""
    audio = evidence(voice.log_probs, np.full(len(LABELS), -np.log(len(LABELS))))
    truth = rng.choice(len(LABELS), n, p=np.exp(log_prior()))
    rows = np.array([rng.choice(np.flatnonzero(voice.truth == label)) for label in truth])
    return Pairs(text[rows], audio[rows], truth, voice.speakers[rows])


def _figures(parts: list[tuple[Floats, Pairs]]) -> dict[str, str]:
    probs = np.concatenate([part for part, _ in parts])
    truth = np.concatenate([pairs.truth for _, pairs in parts])
    speakers = list(np.concatenate([pairs.speakers for _, pairs in parts]))
    guess = probs.argmax(axis=1)

    def estimate(metric: Any) -> Estimate:  # noqa: ANN401
        return bootstrap(metric, speakers, n_draws=300)

    return {
        "ua": str(estimate(lambda i: unweighted_accuracy(truth[i], guess[i]))),
        "macro_f1": str(estimate(lambda i: macro_f1(truth[i], guess[i]))),
        "ece": str(estimate(lambda i: expected_calibration_error(probs[i], truth[i]))),
    }


def _threshold(probs: Floats, truth: Ints) -> float:
    """The lowest posterior from which on emotions that are shown are right often enough."""
    neutral = LABELS.index("neutral")
    guess, top = probs.argmax(axis=1), probs.max(axis=1)
    for threshold in np.arange(_LEAST_THRESHOLD, 0.90, 0.01):
        shown = (top >= threshold) & (guess != neutral)
        if shown.any() and (guess[shown] == truth[shown]).mean() >= _MIN_PRECISION:
            return float(threshold)
    return 0.9


def _sentences(data: Path, split: str, weights: Path) -> tuple[Floats, Ints]:
    """Evidence of single-label GoEmotions comments, and their labels."""
    items = [
        item
        for item in goemotions.read(data / goemotions.NAME)
        if item.split == split and len(item.labels) == 1
    ]
    truth = np.array([LABELS.index(item.labels[0]) for item in items])
    return _evidence([item.text for item in items], weights), truth


def _spoken(data: Path, weights: Path) -> Floats:
    """Evidence of each RAVDESS clip's sentence, (n_items, n_labels)."""
    items: tuple[Item, ...] = ravdess.read(data / ravdess.NAME)
    texts = sorted({item.text for item in items})
    rows = _evidence(texts, weights)
    return rows[[texts.index(item.text) for item in items]]


def _evidence(texts: list[str], weights: Path) -> Floats:
    heads: TextHeads = load_heads(weights)
    vectors = sentence_vectors(TextEncoder(weights, n_threads=0), texts)
    log_probs = log_normalize(heads.logits(vectors).astype(float))
    return evidence(log_probs, heads.log_prior.astype(float))


def _speakers(readings: Readings, fold_of: dict[str, int], fold: int, *, are_in: bool) -> Readings:
    keep = np.array([(fold_of[name] == fold) == are_in for name in readings.speakers])
    return Readings(
        readings.truth[keep],
        readings.log_probs[keep],
        readings.speakers[keep],
        readings.rows[keep],
    )
