"""What readings are worth to people who corrected them: their labels are the truth.

Words of one recording are not independent, so intervals are over recordings, and there are none
where there are few. Words that nobody touched count as accepted; figures on the words that were
touched stand beside those on all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sentigram.core.arrays import Bools, Floats64, Ints64
from sentigram.core.document import Document
from sentigram.core.emotion import NEUTRAL, WordEmotion
from sentigram.core.time import MS_PER_MINUTE
from sentigram.training.judge.agreement import ABSENT, alpha_of, alpha_terms, kappa_of, majority
from sentigram.training.judge.corrected_talks import Correction, Talk, is_made
from sentigram.training.judge.intervals import FEWEST_CLUSTERS
from sentigram.training.judge.metrics import bootstrap
from sentigram.training.judge.metrics import unweighted_accuracy_of as ua_of
from sentigram.training.judge.overtime import changes, from_words

ENOUGH_RECORDINGS = FEWEST_CLUSTERS
"""Fewer give no interval.

Percentiles of a bootstrap over n recordings are as wide as a normal interval with the deviation
over n. For the mean of ten, P(|t_9| < 1.96 √.9) = .90 of the .95 that is stated; of five, .85.
"""

Scope = Literal["all", "touched"]
SCOPES: tuple[Scope, ...] = ("all", "touched")
_MANY_PEOPLE = 2


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its 95 % interval over recordings; None where there is none."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.value is None:
            return "–"
        if self.low is None or self.high is None:
            return f"{self.value:.3f}"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many, and that as a figure."""

    count: int
    of: int
    figure: Figure


@dataclass(frozen=True, slots=True)
class Scores:
    """The model's labels against one truth, on some words.

    Attributes:
        ua: Mean recall over the labels that occur in truth.
        right: Words with the same label.
        false_alarms: Words that are neutral and were read as an emotion, of those that are neutral.
        missed: Words with an emotion that were read as neutral, of those with an emotion.
        confused: Words with an emotion that were read as another, of those with an emotion.
        recall: For each label that occurs in truth, how many of its words were read so.
        confusion: Rows are the truth, columns the model, both in the order of the labels.
    """

    ua: Figure
    right: Share
    false_alarms: Share
    missed: Share
    confused: Share
    recall: Mapping[str, Share]
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Unsaid:
    """Words that the model left neutral though it favoured an emotion, and what a person says.

    Attributes:
        words: How many.
        neutral: Of these, the person calls so many neutral.
        emotion: And so many an emotion.
    """

    words: int
    neutral: int
    emotion: int


@dataclass(frozen=True, slots=True)
class PersonReport:
    """The model against one person, over all talks that this person corrected.

    Attributes:
        corrector: The person.
        scores: For each scope.
        model_changes_per_minute: Changes of the model's label in a minute of speech.
        changes_per_minute: The same of the person's.
        abstained: Words that were too unsure for the label that they favoured.
        withheld: Words whose label the model withheld.
    """

    corrector: str
    scores: Mapping[Scope, Scores]
    model_changes_per_minute: float
    changes_per_minute: float
    abstained: Unsaid
    withheld: Unsaid


@dataclass(frozen=True, slots=True)
class Pair:
    """Two who labelled the same words.

    Attributes:
        names: Of both.
        same: Words with the same label, of those that both labelled.
        kappa: Cohen's; None where it is undefined.
    """

    names: tuple[str, str]
    same: Share
    kappa: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far people agree, and the model with them, on some words.

    Attributes:
        people: Each two people.
        mean_kappa: Over these, without those where it is undefined.
        alpha: Krippendorff's, of all people.
        all_agree: Words on which all people of a talk agree, of those that all of them labelled.
        model: The model with each person.
        model_mean_kappa: Over these.
        with_majority: The model with the label that more than half of the people gave.
        n_undecided: Words without such a label.
    """

    people: tuple[Pair, ...]
    mean_kappa: Figure
    alpha: Figure
    all_agree: Share
    model: tuple[Pair, ...]
    model_mean_kappa: Figure
    with_majority: Pair
    n_undecided: int


@dataclass(frozen=True, slots=True)
class CorrectionsReport:
    """All figures on corrected talks.

    Attributes:
        talks: What was compared.
        labels: In the order of the confusions.
        people: One per corrector.
        agreement: For each scope; None with fewer than two people, or made corrections.
        made: Paths of Documents whose corrections a program made.
        interval: Over what the intervals are, or why there are none.
        notes: What a reader should know about these Documents.
    """

    talks: tuple[Talk, ...]
    labels: tuple[str, ...]
    people: tuple[PersonReport, ...]
    agreement: Mapping[Scope, Agreement] | None
    made: tuple[str, ...]
    interval: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Words:
    """All words of the model, of all talks.

    Attributes:
        labels: Names of the indices.
        people: The correctors.
        talks: (n_words,) number of each word's talk.
        model: (n_words,) indices of labels.
        ratings: (n_words, n_people) indices of labels, ABSENT where a person has no such word.
        touched: (n_words, n_people).
    """

    labels: tuple[str, ...]
    people: tuple[str, ...]
    talks: Ints64
    model: Ints64
    ratings: Ints64
    touched: Bools

    def where(self, mask: Bools) -> _Words:
        """Only some words."""
        return _Words(
            self.labels,
            self.people,
            self.talks[mask],
            self.model[mask],
            self.ratings[mask],
            self.touched[mask],
        )


def judge(talks: Sequence[Talk]) -> CorrectionsReport:
    """All figures on corrected talks.

    Args:
        talks: From `read_talks`.
    """
    words = _words(talks)
    made = tuple(str(path) for path, document in _documents(talks) if is_made(document))
    n_talks = len(talks)
    if n_talks == 1:
        interval = "one recording: no interval, for its words are not independent"
    elif n_talks < ENOUGH_RECORDINGS:
        interval = (
            f"{n_talks} recordings: no interval, for fewer than {ENOUGH_RECORDINGS} "
            "say too little about others"
        )
    else:
        interval = f"intervals: 95 %, over {n_talks} recordings"
    agreement: Mapping[Scope, Agreement] | None = None
    if not made and any(len(talk.corrections) >= _MANY_PEOPLE for talk in talks):
        agreement = {
            "all": _agreement(words),
            "touched": _agreement(words.where(np.asarray(words.touched.any(axis=1)))),
        }
    return CorrectionsReport(
        talks=tuple(talks),
        labels=words.labels,
        people=tuple(_person(talks, words, name) for name in words.people),
        agreement=agreement,
        made=made,
        interval=interval,
        notes=tuple(_notes(talks)),
    )


def _words(talks: Sequence[Talk]) -> _Words:
    documents = [document for _, document in _documents(talks)]
    labels = tuple(dict.fromkeys(name for d in documents for name in d.track.labels))
    people = tuple(dict.fromkeys(c.corrector for talk in talks for c in talk.corrections))
    code = {name: i for i, name in enumerate(labels)}
    model = [[code[r.label] for r in talk.document.track.readings] for talk in talks]
    ratings, touched = [], []
    for talk, own in zip(talks, model, strict=True):
        given = np.full((len(own), len(people)), ABSENT)
        changed = np.zeros((len(own), len(people)), bool)
        for correction in talk.corrections:
            column = people.index(correction.corrector)
            given[:, column] = [ABSENT if x is None else code[x] for x in correction.labels]
            changed[:, column] = correction.touched
        ratings.append(given)
        touched.append(changed)
    return _Words(
        labels=labels,
        people=people,
        talks=np.repeat(np.arange(len(talks)), [len(own) for own in model]),
        model=np.concatenate([np.array(own, np.int64) for own in model]),
        ratings=np.concatenate(ratings),
        touched=np.concatenate(touched),
    )


def _person(talks: Sequence[Talk], words: _Words, name: str) -> PersonReport:
    column = words.people.index(name)
    has_label = words.ratings[:, column] != ABSENT
    corrected = [
        (talk, correction)
        for talk in talks
        for correction in talk.corrections
        if correction.corrector == name
    ]
    return PersonReport(
        corrector=name,
        scores={
            "all": _scores(words.where(has_label), column),
            "touched": _scores(words.where(has_label & words.touched[:, column]), column),
        },
        model_changes_per_minute=_changes_per_minute([t.document for t, _ in corrected]),
        changes_per_minute=_changes_per_minute([c.document for _, c in corrected]),
        abstained=_unsaid(corrected, _is_abstained),
        withheld=_unsaid(corrected, lambda reading, _labels: _is_withheld(reading)),
    )


def _scores(words: _Words, column: int) -> Scores:
    """The model against one person, on words that this person labelled."""
    neutral = words.labels.index(NEUTRAL)
    tables = _confusions(words.ratings[:, column], words.model, words)
    confusion = tables.sum(axis=0)  # (n_labels, n_labels)
    right = np.diagonal(tables, axis1=1, axis2=2)  # (n_talks, n_labels)
    support = tables.sum(axis=2)  # (n_talks, n_labels)
    others = [i for i in range(len(words.labels)) if i != neutral]
    n_emotion = support[:, others].sum(axis=1)
    n_missed = tables[:, others, neutral].sum(axis=1)
    return Scores(
        ua=_figure(lambda table: float(ua_of(table)), tables) if len(tables) else Figure(None),
        right=_share(right.sum(axis=1), support.sum(axis=1)),
        false_alarms=_share(support[:, neutral] - right[:, neutral], support[:, neutral]),
        missed=_share(n_missed, n_emotion),
        confused=_share(n_emotion - n_missed - right[:, others].sum(axis=1), n_emotion),
        recall={
            label: _share(right[:, i], support[:, i])
            for i, label in enumerate(words.labels)
            if support[:, i].any()
        },
        confusion=tuple(tuple(int(n) for n in row) for row in confusion),
    )


def _agreement(every: _Words) -> Agreement:
    """On the words that two people or more labelled, the model's agreement as well as theirs."""
    words = every.where((every.ratings != ABSENT).sum(axis=1) >= _MANY_PEOPLE)
    n_labels, ratings = len(words.labels), words.ratings
    numbers = range(len(words.people))
    agreed = majority(ratings, n_labels)
    lowest = np.where(ratings == ABSENT, n_labels, ratings).min(axis=1, initial=n_labels)
    is_one = lowest == ratings.max(axis=1, initial=ABSENT)
    is_theirs = np.stack(  # whether a person corrected the talk of a word
        [np.isin(words.talks, words.talks[column != ABSENT]) for column in ratings.T], axis=1
    )
    is_whole = ((ratings != ABSENT) == is_theirs).all(axis=1)
    people = [
        ((words.people[a], words.people[b]), _confusions(ratings[:, a], ratings[:, b], words))
        for a, b in combinations(numbers, 2)
    ]
    model = [
        (("model", words.people[a]), _confusions(words.model, ratings[:, a], words))
        for a in numbers
    ]
    return Agreement(
        people=tuple(_pair(*pair) for pair in people),
        mean_kappa=_figure(_mean_kappa, np.stack([tables for _, tables in people], axis=1)),
        alpha=_figure(alpha_of, _by_talk(alpha_terms(ratings, n_labels), words)),
        all_agree=_share(_by_talk(is_one & is_whole, words), _by_talk(is_whole, words)),
        model=tuple(_pair(*pair) for pair in model),
        model_mean_kappa=_figure(_mean_kappa, np.stack([tables for _, tables in model], axis=1)),
        with_majority=_pair(("model", "majority"), _confusions(words.model, agreed, words)),
        n_undecided=int((agreed == ABSENT).sum()),
    )


def _pair(names: tuple[str, str], tables: Floats64) -> Pair:
    same = np.trace(tables, axis1=1, axis2=2)
    return Pair(names, _share(same, tables.sum(axis=(1, 2))), kappa_of(tables.sum(axis=0)))


def _mean_kappa(confusions: Floats64) -> float | None:
    """Of several confusions, (n_pairs, n_labels, n_labels)."""
    found = [kappa for kappa in map(kappa_of, confusions) if kappa is not None]
    return float(np.mean(found)) if found else None


def _by_talk(values: NDArray[np.generic], words: _Words) -> Floats64:
    """Sums over the words of each talk, (n_talks, …) from (n_words, …)."""
    talks, number = np.unique(words.talks, return_inverse=True)
    sums = np.zeros((len(talks), *values.shape[1:]))
    np.add.at(sums, number, values)
    return sums


def _confusions(truth: Ints64, guess: Ints64, words: _Words) -> Floats64:
    """Of each talk, without words that either has no label for, (n_talks, n_labels, n_labels)."""
    codes = np.arange(len(words.labels))
    given = (truth[:, None] == codes)[:, :, None] & (guess[:, None] == codes)[:, None, :]
    return _by_talk(given, words)


def _share(hits: Floats64, counted: Floats64) -> Share:
    """How many of the words that count are hits, from both numbers of each talk, (n_talks,)."""

    def rate(sums: Floats64) -> float | None:
        return float(sums[0] / sums[1]) if sums[1] else None

    figure = _figure(rate, np.stack([hits, counted], axis=1))
    return Share(int(hits.sum()), int(counted.sum()), figure)


def _figure(metric: Callable[[Floats64], float | None], sums: Floats64) -> Figure:
    """A metric of sums over words, with an interval over enough recordings.

    Args:
        metric: Takes sums (…) and gives None where it is undefined.
        sums: Of each talk, (n_talks, …).
    """
    value = metric(sums.sum(axis=0))
    if value is None or len(sums) < ENOUGH_RECORDINGS:
        return Figure(value)

    def of(talks: Ints64) -> float:
        drawn = metric(sums[talks].sum(axis=0))
        return np.nan if drawn is None else drawn

    found = bootstrap(of, [str(talk) for talk in range(len(sums))], unit="recordings")
    if found.low is None or found.high is None:  # too few, or undefined without some of them
        return Figure(value)
    return Figure(value, found.low, found.high)


def _changes_per_minute(documents: Sequence[Document]) -> float:
    """Changes of label in a minute of speech, each recording for itself."""
    n_changes, spoken_ms = 0, 0
    for document in documents:
        spans = [word.span for word in document.transcript.words()]
        labels = [reading.label for reading in document.track.readings]
        n_changes += len(changes(from_words(spans, labels)))
        spoken_ms += sum(span.duration_ms for span in spans)
    return n_changes * MS_PER_MINUTE / spoken_ms


def _unsaid(
    corrected: Sequence[tuple[Talk, Correction]],
    is_unsaid: Callable[[WordEmotion, Sequence[str]], bool],
) -> Unsaid:
    said = [
        label
        for talk, correction in corrected
        for reading, label in zip(talk.document.track.readings, correction.labels, strict=True)
        if label is not None and is_unsaid(reading, talk.document.track.labels.names)
    ]
    n_neutral = said.count(NEUTRAL)
    return Unsaid(len(said), n_neutral, len(said) - n_neutral)


def _is_withheld(reading: WordEmotion) -> bool:
    return bool(getattr(reading, "withheld", False))  # an optional field of newer Documents


def _is_abstained(reading: WordEmotion, labels: Sequence[str]) -> bool:
    """Neutral though another label was the most probable."""
    if reading.label != NEUTRAL or _is_withheld(reading):
        return False
    return reading.probs[labels.index(NEUTRAL)] < max(reading.probs)


def _documents(talks: Sequence[Talk]) -> Iterator[tuple[Path, Document]]:
    for talk in talks:
        yield talk.path, talk.document
        for correction in talk.corrections:
            yield correction.path, correction.document


def _notes(talks: Sequence[Talk]) -> Iterator[str]:
    for talk in talks:
        own = [reading.label for reading in talk.document.track.readings]
        labels = talk.document.track.labels
        by_hand = sum(reading.is_by_hand(labels) for reading in talk.document.track.readings)
        if by_hand:
            yield (
                f"{talk.path}: the first Document of a recording is taken for the model's, but "
                f"people set {by_hand} of its labels; is it first by mistake?"
            )
        for correction in talk.corrections:
            pairs = zip(correction.labels, own, strict=True)
            if all(theirs in (None, ours) for theirs, ours in pairs):
                yield (
                    f"{correction.path}: changed nothing: counts as agreeing everywhere; "
                    "was it looked at?"
                )
        for one, other in combinations(talk.corrections, 2):
            if one.labels == other.labels and any(one.touched):
                yield (
                    f"{one.path} and {other.path}: the same label on every word; "
                    "are they the work of two people?"
                )
