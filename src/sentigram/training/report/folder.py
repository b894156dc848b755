"""The report of a run's folder: figures, tables and pictures from what lies in it.

Reads RUN/predictions.parquet, and where they are there plan.json, audit.json, and the cards and
histories of the networks. Nothing is trained or read anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sentigram.core.arrays import Floats64
from sentigram.data_files import read_json
from sentigram.emotion.encoders.tokens import KINDS
from sentigram.emotion.networks.registry import network_config
from sentigram.errors import InputError
from sentigram.files import made_folder, write_text
from sentigram.reading import RUN_FILE
from sentigram.training.audit.placebo import read_study
from sentigram.training.fit.network import FUSED, WITHHELD
from sentigram.training.judge.comparison import Comparison, compare
from sentigram.training.judge.contribution import Contribution, coalition_of, contributions_of
from sentigram.training.judge.evaluation import Evaluation, as_json, evaluate
from sentigram.training.judge.metrics import unweighted_accuracy
from sentigram.training.judge.predictions import Predictions, read_predictions
from sentigram.training.judge.sealed import check_readings
from sentigram.training.judge.whole_clips import whole_clips
from sentigram.training.report.calibrated import calibrated
from sentigram.training.report.classification import write_classification
from sentigram.training.report.exposure import exposures
from sentigram.training.report.plots import (
    History,
    class_f1,
    class_scores,
    confusion,
    corpora_components,
    embeddings,
    label_distribution,
    learning_curves,
    reliability,
    risk_coverage,
    save,
)
from sentigram.training.report.tables import About, Exposures, Given, as_markdown, as_text
from sentigram.training.splits.plans import digest_of
from sentigram.training.studies.transfer import FINETUNED, SOURCE_ONLY, TARGET_ONLY

PREDICTIONS, METRICS, REPORT = "predictions.parquet", "metrics.json", "report.md"
PLOTS = "plots"
_SAID = {"fail": "the audit fails", "report": "the audit says"}
_FEWEST_POINTS = 20  # t-SNE needs neighbours


@dataclass(frozen=True, slots=True)
class RunReport:
    """What is known of one run.

    Attributes:
        folder: The run's.
        evaluation: Every figure.
        comparisons: The first system against the others.
        about: Split, encoders, and what the audit found.
        exposures: How far encoders knew the corpora.
        given: The same over dialogues, given the speakers, where speakers and dialogues hang
            together so that no interval can be drawn otherwise.
        clips: The same of whole clips, where examples are pieces of them.
        predictions: The readings themselves.
    """

    folder: Path
    evaluation: Evaluation
    comparisons: tuple[Comparison, ...]
    about: About
    exposures: Exposures
    given: Given | None = None
    clips: Given | None = None
    predictions: tuple[Predictions, ...] = ()

    def as_json(self) -> str:
        """Figures only."""
        return as_json(self.evaluation)

    def as_text(self) -> str:
        """For a terminal."""
        return as_text(
            self.evaluation,
            self.comparisons,
            self.exposures,
            about=self.about,
            given=self.given,
            clips=self.clips,
        )

    def as_markdown(self) -> str:
        """For a document."""
        return as_markdown(
            self.evaluation,
            self.comparisons,
            self.exposures,
            about=self.about,
            given=self.given,
            clips=self.clips,
        )


def report_run(folder: Path) -> tuple[str, str]:
    """Evaluate a run's readings, and write figures and reports beside them.

    Those are metrics.json, report.md and classification_report.txt.

    Returns:
        The figures as JSON, and the tables for a terminal.

    Raises:
        InputError: The folder holds no readings, or damaged ones.
    """
    report = read_report(folder)
    write_text(folder / METRICS, report.as_json() + "\n", overwrite=True)
    write_text(folder / REPORT, report.as_markdown(), overwrite=True)
    write_classification(folder, report.predictions)
    return report.as_json(), report.as_text()


def read_report(folder: Path) -> RunReport:
    """Evaluate a run's readings.

    Args:
        folder: The run's.

    Raises:
        InputError: The folder holds no readings, or damaged ones.
    """
    written = read_predictions(folder / PREDICTIONS)
    predictions, temperatures = calibrated(folder, written)
    plan = _read(folder / "plan.json")
    about = About(
        title=folder.name,
        scheme=str(plan.get("scheme", "")),
        plan_sha256=digest_of(plan) or str(plan.get("sha256", "")),
        encoders=_encoders(folder, sorted({part.system for part in predictions})),
        notes=(*check_readings(folder, written).said, *_notes(folder / "audit.json")),
        contributions=contributions(folder, list(dict.fromkeys(p.system for p in predictions))),
        placebo=read_study(folder),
        temperatures=temperatures,
    )
    evaluation = evaluate(predictions)
    pairs = _pairs([part.system for part in predictions])
    return RunReport(
        folder=folder,
        evaluation=evaluation,
        comparisons=compare(predictions, pairs),
        about=about,
        exposures=exposures(
            {name for names in about.encoders.values() for name in names},
            {str(corpus) for corpus in predictions[0].corpora},
        ),
        given=_given_speakers(predictions, pairs)
        if evaluation.systems[0].overall.unknown
        else None,
        clips=_clips(predictions, pairs),
        predictions=predictions,
    )


def _given_speakers(
    predictions: Sequence[Predictions], pairs: Sequence[tuple[str, str]]
) -> Given | None:
    """Dialogues alone, where every example has one and they are enough for an interval."""
    if any((part.dialogues == "").any() for part in predictions):
        return None
    evaluation = evaluate(predictions, given_speakers=True)
    if evaluation.systems[0].overall.unknown:
        return None
    return Given(evaluation, compare(predictions, pairs, given_speakers=True))


def _clips(predictions: Sequence[Predictions], pairs: Sequence[tuple[str, str]]) -> Given | None:
    """Readings of whole clips, where examples are pieces of them."""
    found = whole_clips(predictions)
    return Given(evaluate(found), compare(found, pairs)) if found else None


def write_plots(report: RunReport) -> tuple[Path, ...]:
    """Draw RUN/plots/, and write RUN/classification_report.txt.

    Confusion, reliability, precision and recall, and embeddings are of the first system, the rest
    of all.

    Returns:
        The files.

    Raises:
        OutputError: They cannot be written.
    """
    evaluation, folder = report.evaluation, report.folder / PLOTS
    first = evaluation.systems[0]
    figures = {
        "confusion": confusion(first, evaluation.classes),
        "reliability": reliability(first),
        "classes": class_f1(evaluation),
        "precision-recall": class_scores(first),
        "risk-coverage": risk_coverage(evaluation),
    }
    if report.predictions:
        write_classification(report.folder, report.predictions)
        tested = report.predictions[0]
        figures["labels"] = label_distribution(
            tested.truth, tested.corpora.tolist(), evaluation.classes
        )
    points = _fused(report.folder, first.name)
    if points is not None:
        vectors, readings = points
        which = f"{first.name} in {readings.folds[0]}, run {readings.run + 1}"
        title = f"{which}: its {len(vectors):,} test examples"
        figures["embeddings"] = embeddings(vectors, readings.truth, evaluation.classes, title=title)
        figures["corpora"] = corpora_components(
            vectors,
            readings.truth,
            readings.corpora.tolist(),
            evaluation.classes,
            title=title,
        )
    names = [result.name for result in evaluation.systems]
    histories = {name: found for name in names if (found := _histories(report.folder, name))}
    if histories:
        figures["curves"] = learning_curves(histories)
    with made_folder(folder):
        return tuple(path for name, f in figures.items() for path in save(f, folder / name))


def _pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """What is compared: the first system with all others; in transfer, what came of the source."""
    known = dict.fromkeys(names)
    tuned = [name for name in known if name.startswith(FINETUNED)]
    if not tuned:
        first, *others = known
        return [(first, other) for other in others]
    alone = {name: TARGET_ONLY + name.removeprefix(FINETUNED) for name in tuned}
    return [
        (name, other) for name in tuned for other in (alone[name], SOURCE_ONLY) if other in known
    ]


def contributions(folder: Path, systems: Sequence[str]) -> dict[str, tuple[Contribution, ...]]:
    """What each modality is worth to each system that reads several, a mean over runs."""
    found = {}
    for system in systems:
        by_run: dict[tuple[int, str], list[Predictions]] = {}
        for path in sorted((folder / "parts" / system).glob(f"run-*/*/{WITHHELD}")):
            for part in read_predictions(path):
                by_run.setdefault((part.run, part.system), []).append(part)
        if by_run:
            runs = sorted({run for run, _ in by_run})
            values = {
                coalition_of(name): float(np.mean([_accuracy(by_run[run, name]) for run in runs]))
                for name in dict.fromkeys(name for _, name in by_run)
            }
            found[system] = contributions_of(values)
    return found


def _accuracy(folds: Sequence[Predictions]) -> float:
    truth = np.concatenate([fold.truth for fold in folds])
    return unweighted_accuracy(truth, np.concatenate([fold.guess for fold in folds]))


def _fused(folder: Path, system: str) -> tuple[Floats64, Predictions] | None:
    """What the heads of the first network of a system read, and its readings, on its test."""
    for path in sorted((folder / "parts" / system).glob(f"run-*/*/{FUSED}")):
        readings = read_predictions(path.parent / PREDICTIONS)[0]
        try:
            vectors = np.load(path, allow_pickle=False)
        except (OSError, ValueError) as error:
            message = f"{path}: not an array ({error}); delete it and run the experiment again"
            raise InputError(message) from error
        if vectors.ndim == 2 and len(vectors) == len(readings.truth) >= _FEWEST_POINTS:
            return vectors.astype(float), readings
    return None


def _histories(folder: Path, system: str) -> list[History]:
    """Every network's epochs, in order of run and fold."""
    paths = sorted((folder / "parts" / system).glob("run-*/*/history.json"))
    found: list[History] = []
    for path in paths:
        epochs = _json(path)
        if not isinstance(epochs, list):
            message = f"{path}: not a list of epochs; delete it and run the experiment again"
            raise InputError(message)
        found.append(epochs)
    return found


def _encoders(folder: Path, systems: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """What each system's networks read and started from, from the card of one of them."""
    found = {}
    for system in systems:
        for path in sorted((folder / "parts" / system).glob("run-*/*/*.json")):
            card = _json(path)
            if isinstance(card, dict) and isinstance(card.get("encoders"), dict):
                read = (
                    str(about["name"])
                    for kind, about in card["encoders"].items()
                    if _reads(card, system, kind)
                )
                found[system] = (*read, *_learnt_elsewhere(card))
                break
    return found


def _learnt_elsewhere(card: Mapping[str, Any]) -> tuple[str, ...]:
    """The weights that a network started from."""
    try:
        return network_config(card.get("config")).learnt_elsewhere
    except ValueError:  # a card from before there were families
        return ()


def _reads(card: Mapping[str, Any], system: str, kind: str) -> bool:
    """Whether a network reads a modality; it is given all features of the experiment."""
    config = card.get("config")
    widths = config.get("widths") if isinstance(config, dict) else None
    if isinstance(widths, dict):
        return kind in widths
    return system not in KINDS or kind == system  # cards of the first version


def _notes(path: Path) -> tuple[str, ...]:
    """What the audit failed, and what it tells a reader of the figures, failures first."""
    given = _json(path) if path.is_file() else []
    findings = given.get("findings", []) if isinstance(given, dict) else given
    return tuple(
        f"{said}: {finding.get('rule', '')}: {finding.get('message', '')}"
        for severity, said in _SAID.items()
        for finding in findings
        if isinstance(finding, dict) and finding.get("severity") == severity
    )


def _read(path: Path) -> dict[str, Any]:
    given = _json(path) if path.is_file() else {}
    return given if isinstance(given, dict) else {}


def _json(path: Path) -> Any:
    try:
        return read_json(path, RUN_FILE)
    except (OSError, ValueError) as error:
        message = f"{path}: not JSON ({error}); run the experiment again"
        raise InputError(message) from error
