"""RUN/classification_report.txt: scikit-learn's own report of each system and run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sentigram.files import write_text
from sentigram.training.judge.predictions import Predictions

FILE = "classification_report.txt"
_DIGITS = 4


def classification_report(readings: Predictions) -> str:
    """Precision, recall, F1 and support of every class, as scikit-learn prints them.

    Classes that are never read have a precision of 0, as there.
    """
    from sklearn.metrics import classification_report as report

    text: str = report(
        readings.truth,
        readings.guess,
        labels=range(len(readings.classes)),
        target_names=list(readings.classes),
        digits=_DIGITS,
        zero_division=0,
    )
    return text


def write_classification(folder: Path, predictions: Sequence[Predictions]) -> Path:
    """Write the reports of all systems and runs, each under its name.

    Args:
        folder: The run's.
        predictions: All of it.

    Raises:
        OutputError: It cannot be written.
    """
    parts = [
        f"{part.system}, run {part.run + 1}, all folds\n\n{classification_report(part)}"
        for part in predictions
    ]
    write_text(folder / FILE, "\n".join(parts), overwrite=True)
    return folder / FILE
