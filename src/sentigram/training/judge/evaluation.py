"""What each system is worth: from saved readings only, each figure with its interval.

Every figure is the mean over a system's runs. Its interval holds the variance of who was tested
(whole clusters are drawn, and runs averaged inside each draw) and of the seeds (that of a mean
over runs); with a single run the latter is unknown, and says so. Baselines that a table must carry
and that were not run are listed, never silently absent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats64, Ints64
from sentigram.errors import InputError
from sentigram.files import write_text
from sentigram.reading import RUN_FILE, read_bytes
from sentigram.training.judge.intervals import (
    CONSTANT,
    ONE_RUN,
    UNIT,
    Ends,
    Interval,
    interval_of,
    no_interval,
    of_clusters,
    of_runs,
    too_few,
    words,
)
from sentigram.training.judge.metrics import (
    N_BINS,
    class_table,
    confidence_bins,
    confusion_matrix,
    macro_f1,
    risk_coverage,
    weighted_accuracy,
)
from sentigram.training.judge.metrics import unweighted_accuracy as ua_of
from sentigram.training.judge.predictions import GIVEN_SPEAKERS, Predictions
from sentigram.training.judge.resampling import (
    ENDS,
    HEADLINE,
    MACRO_F1,
    UA,
    WA,
    Draws,
    draw_class_metrics,
    draw_metrics,
    make_draws,
)

VERSION = 2
BASELINES = ("chance", "majority", "tf-idf", "text", "audio", "concat")
WITHOUT_SEED = ("chance", "majority", "tf-idf")  # one run of them is all there is
N_DRAWS = 1000
_OF_FOLDS = {UA: ua_of, MACRO_F1: macro_f1, WA: weighted_accuracy}
_COVERAGES = np.arange(1, 101) / 100


@dataclass(frozen=True, slots=True)
class Score:
    """One metric of one system.

    Attributes:
        value: Mean over runs.
        low: Lower end of the 95 % interval, None where it is unknown.
        high: Upper end, None where it is unknown.
        std: Deviation over runs, None with a single one.
        runs: The value of each run.
        unknown: Why there is no interval; empty where there is one.
        is_one_seed: Whether the interval lacks the variance of seeds: one run, of something that
            is trained with a seed.
    """

    value: float
    low: float | None
    high: float | None
    std: float | None
    runs: tuple[float, ...]
    unknown: str = ""
    is_one_seed: bool = False

    def __str__(self) -> str:
        shown = words(self.value, Interval(self.low, self.high, self.unknown))
        return f"{shown}, {ONE_RUN}" if self.is_one_seed else shown

    @property
    def short(self) -> str:
        """For a table that says elsewhere why there is no interval, and which rows are one run."""
        if self.unknown:
            return f"{self.value:.3f} [{'constant' if self.unknown == CONSTANT else 'unknown'}]"
        return words(self.value, Interval(self.low, self.high))


@dataclass(frozen=True, slots=True)
class Slice:
    """The metrics of one system on all examples, or on some of them.

    Attributes:
        kind: `all`, `group` or `corpus`.
        name: Of the group or corpus; empty for all.
        n: How many examples.
        n_clusters: How many clusters they are in.
        scores: Of each headline metric; concordance only where there are annotations.
        unknown: Why there are no intervals; empty where clusters are enough.
    """

    kind: str
    name: str
    n: int
    n_clusters: int
    scores: Mapping[str, Score]
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class of one system.

    Attributes:
        name: The class.
        support: How many examples it has.
        precision: Share of its guesses that are right.
        recall: Share of its examples that were found.
        f1: Harmonic mean of both.
    """

    name: str
    support: int
    precision: Score
    recall: Score
    f1: Score


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Guesses of about equal confidence.

    Attributes:
        low: Least confidence of the bin.
        high: Greatest.
        n: How many guesses; a mean over runs.
        confidence: Their mean confidence, 0 without guesses.
        accuracy: Share of them that is right, 0 without guesses.
    """

    low: float
    high: float
    n: float
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class SystemResult:
    """Everything about one system.

    Attributes:
        name: Such as `vga`.
        n_runs: How many runs.
        is_one_seed: Whether the variance of seeds is unknown, and in none of its intervals.
        overall: On all examples.
        slices: By group, then by corpus, where there are several.
        classes: In the experiment's order.
        confusion: (n_classes, n_classes) counts, rows are the truth; a mean over runs.
        bins: By confidence, rising.
        risk_coverage: Coverage and error among the surest so many examples.
        fold_ua: Unweighted accuracy within each fold, a mean over runs.
        folds: UA, macro F1 and WA → the same of each fold.
    """

    name: str
    n_runs: int
    is_one_seed: bool
    overall: Slice
    slices: tuple[Slice, ...]
    classes: tuple[ClassRow, ...]
    confusion: tuple[tuple[float, ...], ...]
    bins: tuple[CalibrationBin, ...]
    risk_coverage: tuple[tuple[float, float], ...]
    fold_ua: Mapping[str, float]
    folds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All systems of an experiment.

    Attributes:
        version: Of this form.
        classes: Ordered names.
        corpora: In what was tested.
        clustered_by: What was drawn as a whole, in the plural, such as speakers.
        n_draws: Bootstrap draws.
        seed: Of the draws.
        systems: In the order of the predictions.
        not_run: Baselines that the table should carry and does not.
    """

    version: int
    classes: tuple[str, ...]
    corpora: tuple[str, ...]
    clustered_by: str
    n_draws: int
    seed: int
    systems: tuple[SystemResult, ...]
    not_run: tuple[str, ...]

    def system(self, name: str) -> SystemResult:
        """One system by name.

        Raises:
            InputError: It was not evaluated.
        """
        for result in self.systems:
            if result.name == name:
                return result
        message = f"no system {name}; there are {', '.join(s.name for s in self.systems)}"
        raise InputError(message)


def evaluate(
    predictions: Sequence[Predictions],
    *,
    n_draws: int = N_DRAWS,
    seed: int = 0,
    given_speakers: bool = False,
    without_seed: Collection[str] = WITHOUT_SEED,
) -> Evaluation:
    """Measure every system.

    Args:
        predictions: All systems and runs, over the same classes.
        n_draws: Bootstrap draws.
        seed: Of the draws.
        given_speakers: Draw dialogues alone. The intervals then are of these very speakers, and
            say nothing of others.
        without_seed: Systems that no seed changes, so that one run of them is all there is.

    Raises:
        InputError: There are none, classes differ, or runs of a system read different examples.
    """
    if not predictions or any(len(p.ids) == 0 for p in predictions):
        message = "no readings to evaluate; train an experiment first: sentigram train"
        raise InputError(message)
    systems = by_system(predictions)
    first = predictions[0]
    clustered_by = GIVEN_SPEAKERS if given_speakers else first.clustered_by
    how = _How(clustered_by, n_draws, seed, given_speakers)
    return Evaluation(
        version=VERSION,
        classes=first.classes,
        corpora=tuple(map(str, np.unique(first.corpora))),
        clustered_by=clustered_by,
        n_draws=n_draws,
        seed=seed,
        systems=tuple(
            _system(name, runs, how, is_one_seed=is_one_seed(name, runs, without_seed))
            for name, runs in systems.items()
        ),
        not_run=tuple(name for name in BASELINES if name not in systems),
    )


def is_one_seed(name: str, runs: Sequence[object], without_seed: Collection[str]) -> bool:
    """Whether the variance of a system's seeds is unknown."""
    return len(runs) == 1 and name not in without_seed


def by_system(predictions: Sequence[Predictions]) -> dict[str, tuple[Predictions, ...]]:
    """Runs of each system, in order, with the examples of all in the same order.

    Raises:
        InputError: Classes differ, or runs of one system read different examples.
    """
    grouped: dict[str, list[Predictions]] = {}
    for part in predictions:
        if part.classes != predictions[0].classes:
            message = (
                f"{part.system} tells {', '.join(part.classes)} apart and {predictions[0].system} "
                f"{', '.join(predictions[0].classes)}; evaluate them one at a time"
            )
            raise InputError(message)
        grouped.setdefault(part.system, []).append(in_order(part))
    for name, runs in grouped.items():
        if not all(same_examples(runs[0], run) for run in runs):
            message = f"runs of {name} read different examples; run the experiment again"
            raise InputError(message)
    return {name: tuple(runs) for name, runs in grouped.items()}


def in_order(part: Predictions) -> Predictions:
    """The same readings, sorted by fold and example."""
    return take(part, np.lexsort((part.ids, part.folds)))


def take(part: Predictions, rows: Ints64) -> Predictions:
    """Some of the readings, by position."""
    whole = {"system", "run", "classes"}
    arrays = {f.name: getattr(part, f.name)[rows] for f in fields(part) if f.name not in whole}
    return replace(part, **arrays)


def same_examples(first: Predictions, second: Predictions) -> bool:
    """Whether two readings, both in order, are of the same examples with the same truth."""
    return all(
        np.array_equal(getattr(first, name), getattr(second, name))
        for name in ("ids", "folds", "truth")
    )


def write_evaluation(path: Path, evaluation: Evaluation, *, overwrite: bool = True) -> None:
    """Write an evaluation as JSON, such as RUN/metrics.json."""
    write_text(path, as_json(evaluation) + "\n", overwrite=overwrite)


def as_json(evaluation: Evaluation) -> str:
    """An evaluation as JSON."""
    from pydantic import TypeAdapter

    return TypeAdapter(Evaluation).dump_json(evaluation, indent=1).decode()


def read_evaluation(path: Path) -> Evaluation:
    """Read what `write_evaluation` wrote.

    Raises:
        InputError: Absent, or not such a file.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        found = TypeAdapter(Evaluation).validate_json(read_bytes(path, RUN_FILE))
    except (OSError, ValidationError) as error:
        message = f"{path}: not an evaluation ({error}); make it with: sentigram report RUN"
        raise InputError(message) from error
    if found.version != VERSION:
        message = f"{path}: version {found.version}, not {VERSION}; run: sentigram report RUN"
        raise InputError(message)
    return found


def scored(
    draws: Sequence[Floats64],
    sizes: Ints64,
    *,
    within: Ends = UNIT,
    is_one_seed: bool = False,
    unit: str = "clusters",
) -> Score:
    """Average runs inside each draw, and add the variance of their mean.

    Args:
        draws: For each run (1 + n_draws,), the first on all examples.
        sizes: (n_clusters,) how many examples each cluster has.
        within: The ends of the metric.
        is_one_seed: Whether the variance of seeds is unknown.
        unit: What the clusters are, in the plural.
    """
    runs = tuple(float(run[0]) for run in draws)
    value = float(np.mean(runs))
    interval = no_interval(too_few(sizes, unit))
    if not interval.unknown:
        sources = (of_clusters(np.mean(draws, axis=0)[1:], sizes), of_runs(runs))
        interval = interval_of(value, [part for part in sources if part], within=within)
    std = float(np.std(runs, ddof=1)) if len(runs) > 1 else None
    return Score(value, interval.low, interval.high, std, runs, interval.unknown, is_one_seed)


@dataclass(frozen=True, slots=True)
class _How:
    """What is drawn, and how often."""

    unit: str
    n_draws: int
    seed: int
    given_speakers: bool

    def draws(self, part: Predictions) -> Draws:
        clusters = part.dialogue_clusters if self.given_speakers else part.clusters
        return make_draws(clusters, n_draws=self.n_draws, seed=self.seed)


def _system(
    name: str, runs: Sequence[Predictions], how: _How, *, is_one_seed: bool
) -> SystemResult:
    slices = [
        _slice(kind, value, [take(run, rows) for run in runs], how, is_one_seed=is_one_seed)
        for kind, names in (("group", runs[0].groups), ("corpus", runs[0].corpora))
        for value, rows in _parts(names)
    ]
    confusion = np.mean([_confusion(run) for run in runs], axis=0)
    return SystemResult(
        name=name,
        n_runs=len(runs),
        is_one_seed=is_one_seed,
        overall=_slice("all", "", runs, how, is_one_seed=is_one_seed),
        slices=tuple(slices),
        classes=_class_rows(runs, how, is_one_seed=is_one_seed),
        confusion=tuple(tuple(map(float, row)) for row in confusion),
        bins=_bins(runs),
        risk_coverage=_risk_coverage(runs),
        fold_ua=_by_fold(runs, ua_of),
        folds={metric: _by_fold(runs, of) for metric, of in _OF_FOLDS.items()},
    )


def _slice(
    kind: str, name: str, runs: Sequence[Predictions], how: _How, *, is_one_seed: bool
) -> Slice:
    draws = how.draws(runs[0])
    found = [draw_metrics(run, draws) for run in runs]
    scores = {
        metric: scored(
            [run[metric] for run in found],
            draws.sizes,
            within=ENDS[metric],
            is_one_seed=is_one_seed,
            unit=how.unit,
        )
        for metric in HEADLINE
        if all(metric in run for run in found)
    }
    unknown = too_few(draws.sizes, how.unit)
    return Slice(kind, name, len(runs[0].ids), draws.n_clusters, scores, unknown)


def _class_rows(
    runs: Sequence[Predictions], how: _How, *, is_one_seed: bool
) -> tuple[ClassRow, ...]:
    draws = how.draws(runs[0])
    found = [draw_class_metrics(run, draws) for run in runs]
    support = class_table(_confusion(runs[0])).support

    def score(metric: str, i: int) -> Score:
        return scored(
            [run[metric][:, i] for run in found],
            draws.sizes,
            is_one_seed=is_one_seed,
            unit=how.unit,
        )

    return tuple(
        ClassRow(name, int(support[i]), score("precision", i), score("recall", i), score("f1", i))
        for i, name in enumerate(runs[0].classes)
    )


def _bins(runs: Sequence[Predictions]) -> tuple[CalibrationBin, ...]:
    confidence = np.concatenate([run.probs.max(axis=1) for run in runs])
    right = np.concatenate([run.guess == run.truth for run in runs])
    bins = confidence_bins(confidence)
    n = np.bincount(bins, minlength=N_BINS)
    least = np.maximum(n, 1)
    sure = np.bincount(bins, weights=confidence, minlength=N_BINS) / least
    accurate = np.bincount(bins, weights=right, minlength=N_BINS) / least
    return tuple(
        CalibrationBin(
            b / N_BINS, (b + 1) / N_BINS, n[b] / len(runs), float(sure[b]), float(accurate[b])
        )
        for b in range(N_BINS)
    )


def _risk_coverage(runs: Sequence[Predictions]) -> tuple[tuple[float, float], ...]:
    """At every percent, the risk of the first threshold that covers so much; mean over runs."""
    risks = []
    for run in runs:
        coverage, risk = risk_coverage(run.probs.max(axis=1), run.guess != run.truth)
        first = np.searchsorted(coverage, _COVERAGES - 1e-9)
        risks.append(risk[np.minimum(first, len(risk) - 1)])
    means = np.mean(risks, axis=0)
    return tuple((float(c), float(r)) for c, r in zip(_COVERAGES, means, strict=True))


def _parts(names: Sequence[str] | np.ndarray) -> list[tuple[str, Ints64]]:
    """Rows of each name, where there are several names; empty ones have no row."""
    distinct = [name for name in np.unique(names) if name]
    if len(distinct) < 2:
        return []
    return [(str(name), np.flatnonzero(np.asarray(names) == name)) for name in distinct]


def _confusion(run: Predictions) -> Ints64:
    return confusion_matrix(run.truth, run.guess, len(run.classes))


def _by_fold(
    runs: Sequence[Predictions], of: Callable[[Ints64, Ints64], float]
) -> dict[str, float]:
    """A metric within each fold, a mean over runs."""
    return {
        str(fold): float(
            np.mean([of(r.truth[r.folds == fold], r.guess[r.folds == fold]) for r in runs])
        )
        for fold in np.unique(runs[0].folds)
    }
