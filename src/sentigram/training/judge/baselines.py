"""What a network has to beat: chance, the most frequent answer, and counted words (TF-IDF).

In experiments they are rows that every table carries: fitted on the training rows of the same plan,
they give readings like any system, so that they are evaluated, bootstrapped and compared by the
same code. For the text model that ships they are fitted on the training splits of its corpora.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sentigram.core.arrays import Floats64, Ints64
from sentigram.errors import InputError
from sentigram.training.dataset.examples import Table
from sentigram.training.judge.predictions import Predictions
from sentigram.training.splits.folds import SplitPlan

CHANCE, MAJORITY, TF_IDF = "chance", "majority", "tf-idf"

# Reads the test rows of one fold: training rows, test rows, fold number → (n_test, n_classes).
_Reader = Callable[[Ints64, Ints64, int], Floats64]

_WORD = r"(?u)\b\w+\b"  # one letter, such as I, is a word
_JITTER = 1e-6  # breaks ties at random; too small to show in a probability
_LEAST_PROBABILITY = 1e-6  # of a class that a fold has no training example of


def reference_rows(table: Table, plan: SplitPlan, *, seed: int = 0) -> list[Predictions]:
    """Chance, majority, and TF-IDF where there are words.

    Args:
        table: The experiment's examples.
        plan: Its folds.
        seed: Of the guesses by chance.

    Raises:
        InputError: The plan names an example that is not in the table.
    """
    rows = [chance(table, plan, seed=seed), majority(table, plan)]
    if any(sentence.strip() for sentence in table.sentences):
        rows.append(tf_idf(table, plan))
    return rows


def chance(table: Table, plan: SplitPlan, *, run: int = 0, seed: int = 0) -> Predictions:
    """Every class equally probable; which one is guessed is drawn.

    Without the draw, all guesses would be the first class, which is a majority row by accident.
    """

    def read(_train: Ints64, test: Ints64, fold: int) -> Floats64:
        # The name keeps the draw apart from others: seeds [0, 0, 0] and 0 are the same to numpy,
        # and guesses from the draws that made the data or the split are not by chance.
        rng = np.random.default_rng([seed, run, fold, *CHANCE.encode()])
        return np.asarray(rng.uniform(0, _JITTER, (len(test), len(table.classes))))

    return _readings(CHANCE, run, table, plan, read)


def majority(table: Table, plan: SplitPlan) -> Predictions:
    """The shares of the classes in training: the most frequent one is always guessed."""

    def read(train: Ints64, test: Ints64, _fold: int) -> Floats64:
        n = len(table.classes)
        counts = np.bincount(table.labels[train], minlength=n) + 1  # keeps the logarithm finite
        return np.tile(np.log(counts / counts.sum()), (len(test), 1))

    return _readings(MAJORITY, 0, table, plan, read)


def tf_idf(table: Table, plan: SplitPlan) -> Predictions:
    """Logistic regression on TF-IDF of words and pairs of words; classes weigh the same.

    Fixed settings, so that nothing is chosen on any split. A fold whose training sentences hold
    no word is read as `majority` reads it.
    """
    sentences = np.asarray(table.sentences, dtype=object)

    def read(train: Ints64, test: Ints64, _fold: int) -> Floats64:
        from sklearn.linear_model import LogisticRegression

        n = len(table.classes)
        labels = table.labels[train]
        present = np.unique(labels)
        probs = np.full((len(test), n), _LEAST_PROBABILITY)
        words = _counts(token_pattern=_WORD)
        if len(present) < 2 or not any(map(words.build_analyzer(), sentences[train])):
            probs += np.bincount(labels, minlength=n) / len(train)
            return np.asarray(np.log(probs))
        inputs = words.fit_transform(sentences[train])
        model = LogisticRegression(class_weight="balanced", max_iter=1000).fit(inputs, labels)
        probs[:, model.classes_] += model.predict_proba(words.transform(sentences[test]))
        return np.asarray(np.log(probs))

    return _readings(TF_IDF, 0, table, plan, read)


class CountedWords:
    """What the text model has to beat: logistic regression for labels, ridge regression for VAD."""

    def __init__(
        self, labelled: tuple[Sequence[str], Ints64], rated: tuple[Sequence[str], Floats64]
    ) -> None:
        from sklearn.linear_model import LogisticRegression, Ridge
        from sklearn.pipeline import make_pipeline

        labels = LogisticRegression(C=10.0, max_iter=400, tol=1e-3)
        self._labels = make_pipeline(_counts(min_df=2), labels).fit(*labelled)
        self._vad = make_pipeline(_counts(min_df=2), Ridge(alpha=1.0)).fit(*rated)

    def probs(self, texts: Sequence[str]) -> Floats64:
        """Label probabilities (n_texts, n_labels)."""
        return np.asarray(self._labels.predict_proba(list(texts)), np.float64)

    def vad(self, texts: Sequence[str]) -> Floats64:
        """Valence, arousal, dominance (n_texts, 3)."""
        return np.asarray(self._vad.predict(list(texts)), np.float64)


def majority_probs(truth: Ints64, n_classes: int, n: int) -> Floats64:
    """The distribution of labels, (n, n_classes): its argmax is the most frequent one."""
    return np.tile(np.bincount(truth, minlength=n_classes) / len(truth), (n, 1))


def chance_probs(n: int, n_classes: int, *, seed: int = 0) -> Floats64:
    """A uniform guess, (n, n_classes): all but equal, their argmax drawn at random."""
    rng = np.random.default_rng(seed)
    probs = np.full((n, n_classes), 1.0)
    probs[np.arange(n), rng.integers(0, n_classes, n)] += _JITTER
    return np.asarray(probs / probs.sum(axis=1, keepdims=True), np.float64)


def _counts(**settings: Any) -> Any:
    """TF-IDF of words and pairs of words."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, **settings)


def _readings(system: str, run: int, table: Table, plan: SplitPlan, read: _Reader) -> Predictions:
    where = {name: row for row, name in enumerate(table.ids)}
    tests, folds, logits = [], [], []
    for number, fold in enumerate(plan.folds):
        train, test = _rows(where, fold.train, fold.name), _rows(where, fold.test, fold.name)
        tests.append(test)
        folds += [fold.name] * len(test)
        logits.append(read(train, test, number))
    rows = np.concatenate(tests)
    vad = np.asarray(table.vad, float)[rows]
    return Predictions(
        system=system,
        run=run,
        classes=table.classes,
        ids=np.asarray(table.ids, np.str_)[rows],
        folds=np.asarray(folds, np.str_),
        truth=table.labels[rows],
        logits=np.concatenate(logits),
        vad_truth=vad,
        vad=np.full_like(vad, np.nan),
        speakers=np.asarray(table.speakers, np.str_)[rows],
        dialogues=np.asarray(table.dialogues, np.str_)[rows],
        corpora=np.asarray(table.corpora, np.str_)[rows],
        groups=np.asarray(table.groups, np.str_)[rows],
    )


def _rows(where: dict[str, int], ids: Sequence[str], fold: str) -> Ints64:
    unknown = [name for name in ids if name not in where]
    if unknown:
        message = f"plan, fold {fold}: {len(unknown)} ids are not in the data, such as {unknown[0]}"
        raise InputError(message)
    return np.array([where[name] for name in ids], np.int64)
