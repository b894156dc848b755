"""Measures the shipped text weights, through the encoder that ships, against baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sentigram.core.arrays import Floats32, Floats64, Ints64
from sentigram.core.time import Span
from sentigram.core.transcript import Utterance, Word
from sentigram.emotion.encoders.compact.text import MiniLmEncoder, TextHeads, load_heads, token_mean
from sentigram.training.corpora import meld
from sentigram.training.judge.baselines import CountedWords, chance_probs, majority_probs
from sentigram.training.judge.intervals import GROUPS, UNIT, Ends, Interval, words
from sentigram.training.judge.metrics import (
    bootstrap,
    expected_calibration_error,
    macro_f1,
    unweighted_accuracy,
    weighted_f1,
)
from sentigram.training.judge.predictions import DIALOGUES, EXAMPLES, GIVEN_SPEAKERS, SPEAKERS
from sentigram.training.shipped.text.data import (
    LABELS,
    Corpora,
    single_label,
    with_names,
    without_punctuation,
)
from sentigram.training.splits.grouping import connected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from sentigram.training.judge.metrics import Estimate


N_DRAWS = 1000  # of the bootstrap

OURS = "text model"
WORDS = "TF-IDF + linear model"


def evaluate(corpora: Corpora, *, folder: Path | None = None) -> dict[str, Any]:
    """Evaluate the weight files on GoEmotions test, MELD dev and EmoBank test.

    Args:
        corpora: What is read, and what the baselines are fitted on.
        folder: Of the weights; the package's own by default.

    Returns:
        A JSON value: weights, then per test set its size and, per model and metric, value, low
        and high of the 95 % interval of these weights, and why there is none where they are null.

    Raises:
        MissingError: A weight file is absent or damaged.
    """
    encoder, heads = MiniLmEncoder(folder), load_heads(folder)
    rated = [item for item in corpora.emobank if item.split == "train"]
    labelled, labels = single_label(corpora.goemotions, "train")
    counted = CountedWords(
        ([item.text for item in labelled], labels),
        ([item.text for item in rated], np.array([item.vad for item in rated])),
    )
    part = encoder.part
    return {
        "weights": {"name": part.id, "version": part.version, "sha256": part.sha256},
        "sets": {
            "GoEmotions test, one label": _goemotions(corpora, encoder, heads, counted),
            "GoEmotions test, names and no punctuation": _as_heard(
                corpora, encoder, heads, counted
            ),
            **_meld(corpora, encoder, heads, counted),
            "EmoBank test, Pearson r (by document)": _emobank(corpora, encoder, heads, counted),
        },
    }


def as_text(results: Mapping[str, Any]) -> str:
    """Write the results as a table."""
    weights = results["weights"]
    lines = [f"{weights['name']} {weights['version']} (text.onnx sha256 {weights['sha256'][:12]}…)"]
    for name, result in results["sets"].items():
        lines += ["", f"{name}, {result['n']} texts"]
        metrics = list(result["models"][OURS])
        lines.append(f"{'':24}" + "".join(f"{metric:>24}" for metric in metrics))
        for model, values in result["models"].items():
            cells = [_cell(value) for value in values.values()]
            lines.append(f"{model:24}" + "".join(f"{cell:>24}" for cell in cells))
        lines += [f"interval unknown: {why}" for why in _reasons(result)]
    return "\n".join(lines)


def _cell(value: Mapping[str, Any]) -> str:
    if value["low"] is None:
        return f"{value['value']:.3f} [unknown]"
    return words(value["value"], Interval(value["low"], value["high"]))


def _reasons(result: Mapping[str, Any]) -> list[str]:
    """Why figures of a test set have no interval, each reason once."""
    values = [value for model in result["models"].values() for value in model.values()]
    return list(dict.fromkeys(value["unknown"] for value in values if value["unknown"]))


def sentence_vectors(encoder: MiniLmEncoder, texts: Sequence[str]) -> Floats32:
    """Mean over all tokens of each text, through the path that a transcript takes: (n, 384)."""
    instant = Span(0, 0)
    utterances = [
        Utterance(str(i), instant, tuple(Word(word, instant) for word in text.split()))
        for i, text in enumerate(texts)
    ]
    return np.stack([token_mean(features) for features in encoder.encode(utterances)])


def _goemotions(
    corpora: Corpora, encoder: MiniLmEncoder, heads: TextHeads, counted: CountedWords
) -> dict[str, Any]:
    items, truth = single_label(corpora.goemotions, "test")
    texts = [item.text for item in items]
    return _classified(
        _all_probs(corpora, texts, encoder, heads, counted),
        truth,
        [item.id for item in items],
        ("accuracy", "macro-F1", "UA", "ECE"),
    )


def _as_heard(
    corpora: Corpora, encoder: MiniLmEncoder, heads: TextHeads, counted: CountedWords
) -> dict[str, Any]:
    items, truth = single_label(corpora.goemotions, "test")
    rng = np.random.default_rng(0)
    texts = [without_punctuation(with_names(item.text, rng)) for item in items]
    return _classified(
        _all_probs(corpora, texts, encoder, heads, counted),
        truth,
        [item.id for item in items],
        ("accuracy", "macro-F1", "UA", "ECE"),
    )


def _meld(
    corpora: Corpora, encoder: MiniLmEncoder, heads: TextHeads, counted: CountedWords
) -> dict[str, Any]:
    """Lines of speakers who meet in one another's dialogues, and dialogues given these speakers."""
    items, truth = single_label(corpora.meld, "dev")
    texts = [item.text for item in items]
    probs = _all_probs(corpora, texts, encoder, heads, counted)
    # GoEmotions' most frequent label is not MELD's; MELD's own makes the stronger baseline.
    probs["majority"] = majority_probs(truth, len(LABELS), len(truth))
    dialogues = [meld.dialogue(item) for item in items]
    metrics = ("macro-F1", "weighted F1", "accuracy", "UA")
    groups = connected([item.speaker for item in items], dialogues)
    unit = f"{GROUPS}{SPEAKERS} and {DIALOGUES}"
    return {
        "MELD dev": _classified(probs, truth, [str(group) for group in groups], metrics, unit=unit),
        f"MELD dev, over {GIVEN_SPEAKERS}": _classified(
            probs, truth, dialogues, metrics, unit=DIALOGUES
        ),
    }


def _emobank(
    corpora: Corpora, encoder: MiniLmEncoder, heads: TextHeads, counted: CountedWords
) -> dict[str, Any]:
    items = [item for item in corpora.emobank if item.split == "test" and item.text.split()]
    truth = np.array([item.vad for item in items])
    texts = [item.text for item in items]
    readings: dict[str, Floats64] = {
        OURS: heads.vad(sentence_vectors(encoder, texts)).astype(np.float64),
        WORDS: counted.vad(texts),
    }
    documents = [item.id.partition("_")[0] for item in items]
    return {
        "n": len(items),
        "models": {
            model: {
                name: _interval(
                    _correlation(truth[:, d], guess[:, d]), documents, (-1, 1), "documents"
                )
                for d, name in enumerate(("valence", "arousal", "dominance"))
            }
            for model, guess in readings.items()
        },
    }


def _all_probs(
    corpora: Corpora,
    texts: Sequence[str],
    encoder: MiniLmEncoder,
    heads: TextHeads,
    counted: CountedWords,
) -> dict[str, Floats64]:
    _, labels = single_label(corpora.goemotions, "train")
    return {
        OURS: heads.probs(sentence_vectors(encoder, texts)).astype(np.float64),
        WORDS: counted.probs(texts),
        "majority": majority_probs(labels, len(LABELS), len(texts)),
        "chance": chance_probs(len(texts), len(LABELS)),
    }


def _classified(
    probs: Mapping[str, Floats64],
    truth: Ints64,
    clusters: Sequence[str],
    metrics: Sequence[str],
    *,
    unit: str = EXAMPLES,
) -> dict[str, Any]:
    return {
        "n": len(truth),
        "models": {
            model: {
                name: _interval(_metric(name, p, truth), clusters, UNIT, unit) for name in metrics
            }
            for model, p in probs.items()
        },
    }


def _metric(name: str, probs: Floats64, truth: Ints64) -> Callable[[Ints64], float]:
    guess = probs.argmax(axis=1).astype(np.int64)
    return {
        "accuracy": lambda rows: float(np.mean(guess[rows] == truth[rows])),
        "macro-F1": lambda rows: macro_f1(truth[rows], guess[rows]),
        "weighted F1": lambda rows: weighted_f1(truth[rows], guess[rows]),
        "UA": lambda rows: unweighted_accuracy(truth[rows], guess[rows]),
        "ECE": lambda rows: expected_calibration_error(probs[rows], truth[rows]),
    }[name]


def _correlation(truth: Floats64, guess: Floats64) -> Callable[[Ints64], float]:
    return lambda rows: float(np.corrcoef(truth[rows], guess[rows])[0, 1])


def _interval(
    metric: Callable[[Ints64], float], clusters: Sequence[str], within: Ends, unit: str
) -> dict[str, float | str | None]:
    found: Estimate = bootstrap(metric, clusters, n_draws=N_DRAWS, within=within, unit=unit)
    return {
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "unknown": found.unknown,
    }
