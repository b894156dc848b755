"""What each system is worth: from saved readings only, each figure with its interval.

Every figure is the mean over a system's runs; its interval resamples whole clusters and averages
over runs inside each draw, and the deviation is that of the runs. Baselines that a table must
carry and that were not run are listed, never silently absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from sentigram.errors import InputError
from sentigram.outputs import write_text
from sentigram.training.metrics import (
    N_BINS,
    Floats,
    Ints,
    class_table,
    confidence_bins,
    confusion_matrix,
    percentile_interval,
    risk_coverage,
)
from sentigram.training.metrics import unweighted_accuracy as ua_of
from sentigram.training.predictions import Predictions
from sentigram.training.resampling import (
    HEADLINE,
    draw_class_metrics,
    draw_metrics,
    make_draws,
)

VERSION = 1
BASELINES = ("chance", "majority", "tf-idf", "text", "audio", "concat")
N_DRAWS = 1000
_COVERAGES = np.arange(1, 101) / 100


@dataclass(frozen=True, slots=True)
class Score:
    """One metric of one system.

    Attributes:
        value: Mean over runs.
        low: Lower end of the 95 % interval.
        high: Upper end.
        std: Deviation over runs, None with a single one.
        runs: The value of each run.
    """

    value: float
    low: float
    high: float
    std: float | None
    runs: tuple[float, ...]

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True)
class Slice:
    """The metrics of one system on all examples, or on some of them.

    Attributes:
        kind: `all`, `group` or `corpus`.
        name: Of the group or corpus; empty for all.
        n: How many examples.
        n_clusters: How many clusters were resampled.
        scores: Of each headline metric; concordance only where there are annotations.
    """

    kind: str
    name: str
    n: int
    n_clusters: int
    scores: Mapping[str, Score]


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
        overall: On all examples.
        slices: By group, then by corpus, where there are several.
        classes: In the experiment's order.
        confusion: (n_classes, n_classes) counts, rows are the truth; a mean over runs.
        bins: By confidence, rising.
        risk_coverage: Coverage and error among the surest so many examples.
        fold_ua: Unweighted accuracy within each fold, a mean over runs.
    """

    name: str
    n_runs: int
    overall: Slice
    slices: tuple[Slice, ...]
    classes: tuple[ClassRow, ...]
    confusion: tuple[tuple[float, ...], ...]
    bins: tuple[CalibrationBin, ...]
    risk_coverage: tuple[tuple[float, float], ...]
    fold_ua: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All systems of an experiment.

    Attributes:
        version: Of this form.
        classes: Ordered names.
        corpora: In what was tested.
        clustered_by: What was resampled as a whole: dialogues, speakers, examples or a mixture.
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
    predictions: Sequence[Predictions], *, n_draws: int = N_DRAWS, seed: int = 0
) -> Evaluation:
    """Measure every system.

    Args:
        predictions: All systems and runs, over the same classes.
        n_draws: Bootstrap draws.
        seed: Of the draws.

    Raises:
        InputError: There are none, classes differ, or runs of a system read different examples.
    """
    if not predictions or any(len(p.ids) == 0 for p in predictions):
        message = "no readings to evaluate; train an experiment first: sentigram train"
        raise InputError(message)
    systems = by_system(predictions)
    names = tuple(systems)
    first = predictions[0]
    return Evaluation(
        version=VERSION,
        classes=first.classes,
        corpora=tuple(map(str, np.unique(first.corpora))),
        clustered_by=_cluster_kind(first),
        n_draws=n_draws,
        seed=seed,
        systems=tuple(
            _system(name, runs, n_draws=n_draws, seed=seed) for name, runs in systems.items()
        ),
        not_run=tuple(name for name in BASELINES if name not in names),
    )


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


def take(part: Predictions, rows: Ints) -> Predictions:
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
    from pydantic import TypeAdapter  # noqa: PLC0415

    return TypeAdapter(Evaluation).dump_json(evaluation, indent=1).decode()


def read_evaluation(path: Path) -> Evaluation:
    """Read what `write_evaluation` wrote.

    Raises:
        InputError: Absent, or not such a file.
    """
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415

    try:
        found = TypeAdapter(Evaluation).validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        message = f"{path}: not an evaluation ({error}); make it with: sentigram report RUN"
        raise InputError(message) from error
    if found.version != VERSION:
        message = f"{path}: version {found.version}, not {VERSION}; run: sentigram report RUN"
        raise InputError(message)
    return found


def scored(draws: Sequence[Floats]) -> Score:
    """Average runs inside each draw.

    Args:
        draws: For each run (1 + n_draws,), the first on all examples.
    """
    runs = tuple(float(run[0]) for run in draws)
    low, high = percentile_interval(np.mean(draws, axis=0)[1:])
    std = float(np.std(runs, ddof=1)) if len(runs) > 1 else None
    return Score(float(np.mean(runs)), low, high, std, runs)


def _system(name: str, runs: Sequence[Predictions], *, n_draws: int, seed: int) -> SystemResult:
    slices = [
        _slice(kind, value, [take(run, rows) for run in runs], n_draws, seed)
        for kind, names in (("group", runs[0].groups), ("corpus", runs[0].corpora))
        for value, rows in _parts(names)
    ]
    confusion = np.mean([_confusion(run) for run in runs], axis=0)
    return SystemResult(
        name=name,
        n_runs=len(runs),
        overall=_slice("all", "", runs, n_draws, seed),
        slices=tuple(slices),
        classes=_class_rows(runs, n_draws, seed),
        confusion=tuple(tuple(map(float, row)) for row in confusion),
        bins=_bins(runs),
        risk_coverage=_risk_coverage(runs),
        fold_ua={
            str(fold): float(np.mean([_fold_ua(run, fold) for run in runs]))
            for fold in np.unique(runs[0].folds)
        },
    )


def _slice(kind: str, name: str, runs: Sequence[Predictions], n_draws: int, seed: int) -> Slice:
    draws = make_draws(runs[0].clusters, n_draws=n_draws, seed=seed)
    found = [draw_metrics(run, draws) for run in runs]
    scores = {
        metric: scored([run[metric] for run in found])
        for metric in HEADLINE
        if all(metric in run for run in found)
    }
    return Slice(kind, name, len(runs[0].ids), draws.n_clusters, scores)


def _class_rows(runs: Sequence[Predictions], n_draws: int, seed: int) -> tuple[ClassRow, ...]:
    draws = make_draws(runs[0].clusters, n_draws=n_draws, seed=seed)
    found = [draw_class_metrics(run, draws) for run in runs]
    support = class_table(_confusion(runs[0])).support

    def score(metric: str, i: int) -> Score:
        return scored([run[metric][:, i] for run in found])

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


def _parts(names: Sequence[str] | np.ndarray) -> list[tuple[str, Ints]]:
    """Rows of each name, where there are several names; empty ones have no row."""
    distinct = [name for name in np.unique(names) if name]
    if len(distinct) < 2:
        return []
    return [(str(name), np.flatnonzero(np.asarray(names) == name)) for name in distinct]


def _confusion(run: Predictions) -> Ints:
    return confusion_matrix(run.truth, run.guess, len(run.classes))


def _fold_ua(run: Predictions, fold: str) -> float:
    rows = run.folds == fold
    return ua_of(run.truth[rows], run.guess[rows])


def _cluster_kind(part: Predictions) -> str:
    kinds = np.where(
        part.dialogues != "", "dialogues", np.where(part.speakers != "", "speakers", "examples")
    )
    return ", ".join(map(str, np.unique(kinds)))
