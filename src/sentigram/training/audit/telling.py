"""Rules on inputs that hold the label: in the words of a transcript, or in the numbers of features.

A probe is a simple classifier that is fitted on half of the training examples of a fold and asked
about the other half, and the other way round; speakers stay in one half where they are known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sentigram.core.arrays import Bools, Floats32, Ints64
from sentigram.training.audit.division import TRAIN, Division
from sentigram.training.audit.finding import N_SHOWN, AuditFinding
from sentigram.training.audit.names import without_suffix
from sentigram.training.dataset.fingerprint import text_key
from sentigram.training.dataset.manifest import Example

TELLS = 0.98
"""A probe that is right more often than this reads the label, not the emotion."""

_FEWEST = 40  # training examples; under them a probe may be right by luck
_FEWEST_NAMED = 10
_MOST = 4000  # examples that a probe is fitted on
_WIDEST = 2048
_MOST_NUMBERS, _LEAVES = 32, 4
_MOST_PARTS = 12
_LETTERS = (1, 4)
_MOST_PIECES = 20_000
_SPLIT = re.compile(r"[\W_]+")


def label_words(division: Division, classes: Sequence[str]) -> list[AuditFinding]:
    """Texts in which the name of the example's own class stands, and hardly ever another's.

    Args:
        division: The plan.
        classes: (n,) the class of each of its examples.
    """
    texts = [f" {text_key(example.text)} " for example in division.examples]
    told = []
    for name in dict.fromkeys(classes):
        word = f" {text_key(name)} "
        named = [row for row, text in enumerate(texts) if word in text]
        right = [row for row in named if classes[row] == name]
        n_class = sum(other == name for other in classes)
        if (
            len(named) >= _FEWEST_NAMED
            and len(right) >= TELLS * len(named)
            and len(right) >= n_class / 2
        ):
            told.append((name, right))
    if not told:
        return []
    rows = [row for _, found in told for row in found]
    message = f"{len(rows)} texts name their own label, such as {told[0][0]}"
    shown = tuple(division.examples[row].id for row in rows[:N_SHOWN])
    return [AuditFinding("label-in-text", "fail", message, len(rows), shown)]


def label_in_text(division: Division, classes: Sequence[str]) -> list[AuditFinding]:
    """Texts that tell the label to a probe, or that are names of files.

    Args:
        division: The plan.
        classes: (n,) the class of each of its examples.
    """
    found = label_words(division, classes)
    named = [
        example.id
        for example in division.examples
        if example.text and without_suffix(example.text.strip().split("/")[-1]) in _stems(example)
    ]
    if len(named) >= _FEWEST_NAMED and 2 * len(named) > len(division.examples):
        message = f"{len(named)} texts are the names of their clips, which may tell the label"
        shown = tuple(named[:N_SHOWN])
        found.append(AuditFinding("label-in-text", "fail", message, len(named), shown))
    rows, labels, halves = _probed(division, classes, [bool(e.text) for e in division.examples])
    if len(rows):
        texts = [division.examples[row].text for row in rows]
        score, how = max(
            (_right(_words(texts), labels, halves), "its words and letters give"),
            (_columns_right(_places(texts), labels, halves), "one place in it gives"),
        )
        if score > TELLS:
            message = (
                f"the text tells the label: {how} it away in {100 * score:.0f} % of "
                f"{len(rows)} training examples"
            )
            found.append(AuditFinding("label-in-text", "fail", message, len(rows)))
    return found


def label_in_features(
    division: Division, classes: Sequence[str], features: Mapping[str, Floats32]
) -> list[AuditFinding]:
    """Features that tell the label to a linear probe, or in few of their numbers.

    Args:
        division: The plan.
        classes: (n,) the class of each of its examples.
        features: Name → float32 (n, d), one vector for each of its examples; NaN where it has none.
    """
    found = []
    for name, values in features.items():
        usable = [bool(np.isfinite(row).all()) for row in values]
        rows, labels, halves = _probed(division, classes, usable)
        if not len(rows):
            continue
        given = values[rows][:, :_WIDEST]
        score, how = max(
            (_right(_scaled(given), labels, halves), "a linear probe"),
            (_few_right(given, labels, halves), "few of its numbers"),
        )
        if score > TELLS:
            message = (
                f"{name} tells the label: {how} gives it away in {100 * score:.0f} % of "
                f"{len(rows)} training examples"
            )
            found.append(AuditFinding("label-in-features", "fail", message, len(rows)))
    return found


def _stems(example: Example) -> set[str]:
    return {without_suffix(name.split("/")[-1]) for name in (example.id, example.audio)}


def _probed(
    division: Division, classes: Sequence[str], usable: Sequence[bool]
) -> tuple[Ints64, Ints64, Bools]:
    """Training rows of the first fold, their class indices, and which half each is in.

    Nothing where there are too few, or classes that one half alone has.
    """
    nothing = np.array([], np.int64)
    train = (division.roles[0] & TRAIN).astype(bool) & np.array(usable, bool)
    rows = np.flatnonzero(train)
    rng = np.random.default_rng(0)
    rows = np.sort(rng.permutation(rows)[:_MOST])
    if len(rows) < _FEWEST:
        return nothing, nothing, np.array([], bool)
    _, labels = np.unique(
        np.array([classes[row] for row in rows.tolist()], np.str_), return_inverse=True
    )
    examples = [division.examples[row] for row in rows.tolist()]
    groups = np.array([example.speaker or example.id for example in examples], np.str_)
    names, which = np.unique(groups, return_inverse=True)
    halves = (rng.permutation(len(names)) % 2 == 0)[which]
    sides = [set(labels[halves].tolist()), set(labels[~halves].tolist())]
    if sides[0] != sides[1] or len(sides[0]) < 2:
        halves = rng.permutation(len(rows)) % 2 == 0  # speakers of one label each: by example
        sides = [set(labels[halves].tolist()), set(labels[~halves].tolist())]
    if sides[0] != sides[1] or len(sides[0]) < 2:
        return nothing, nothing, np.array([], bool)
    return rows, labels.astype(np.int64), halves


def _right(inputs: Any, labels: Ints64, halves: Bools) -> float:
    """How often ridge regression onto the classes is right, each half told by the other."""
    from sklearn.linear_model import RidgeClassifier

    right = 0
    for held in (halves, ~halves):
        probe = RidgeClassifier(alpha=1.0).fit(inputs[~held], labels[~held])
        right += int((probe.predict(inputs[held]) == labels[held]).sum())
    return right / len(labels)


def _few_right(values: Floats32, labels: Ints64, halves: Bools) -> float:
    """How often a small tree over the numbers that differ most between classes is right."""
    from sklearn.feature_selection import f_classif
    from sklearn.tree import DecisionTreeClassifier

    right = 0
    for held in (halves, ~halves):
        given, wanted = values[~held], labels[~held]
        varied = np.flatnonzero(given.std(axis=0) > 0)
        if not len(varied):
            return 0.0
        with np.errstate(divide="ignore"):  # a number that is the label has no variance within
            ratio, _ = f_classif(given[:, varied], wanted)
        best = varied[np.argsort(-ratio)[:_MOST_NUMBERS]]
        leaves = _LEAVES * (int(labels.max()) + 1)
        tree = DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=0)
        tree.fit(given[:, best], wanted)
        right += int((tree.predict(values[held][:, best]) == labels[held]).sum())
    return right / len(labels)


def _columns_right(columns: Ints64, labels: Ints64, halves: Bools) -> float:
    """How often the best single column is right, each half told by the other.

    Args:
        columns: (n, d) small numbers.
        labels: (n,).
        halves: (n,).
    """
    n_values, n_classes = int(columns.max(initial=0)) + 1, int(labels.max(initial=0)) + 1
    best = 0
    for column in columns.T:
        right = 0
        for held in (halves, ~halves):
            cells = np.bincount(
                column[~held] * n_classes + labels[~held], minlength=n_values * n_classes
            )
            commonest = cells.reshape(n_values, n_classes).argmax(axis=1)  # (n_values,)
            right += int((commonest[column[held]] == labels[held]).sum())
        best = max(best, right)
    return best / len(labels)


def _words(texts: Sequence[str]) -> Any:
    """Counts of pieces of one to four letters, weighted, (n, n_pieces)."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        analyzer="char_wb", ngram_range=_LETTERS, max_features=_MOST_PIECES, sublinear_tf=True
    )
    return vectorizer.fit_transform([text or " " for text in texts])


def _places(texts: Sequence[str]) -> Ints64:
    """Which word stands in each place of a text, (n, places), numbered."""
    parts = [_SPLIT.split(text.strip())[:_MOST_PARTS] for text in texts]
    columns = []
    for place in range(max(map(len, parts))):
        words = [part[place] if place < len(part) else "" for part in parts]
        columns.append(np.unique(np.array(words, np.str_), return_inverse=True)[1])
    return np.stack(columns, axis=1).astype(np.int64)


def _scaled(values: Floats32) -> Floats32:
    """Each number less its mean, in deviations, (n, d)."""
    deviation = values.std(axis=0)
    return np.asarray(
        (values - values.mean(axis=0)) / np.where(deviation > 0, deviation, 1), np.float32
    )
