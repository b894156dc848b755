"""The rule on readings: what is evaluated is what the networks said of the plan's test examples."""

from __future__ import annotations

from pathlib import Path

from sentigram.training.audit.finding import AuditFinding
from sentigram.training.judge.predictions import read_predictions
from sentigram.training.judge.sealed import READINGS, check_readings


def readings_findings(run: Path) -> tuple[AuditFinding, ...]:
    """What is wrong with a run's readings, or cannot be known; nothing where there are none yet.

    Args:
        run: Its folder.

    Raises:
        InputError: The readings, the plan or the seal are damaged.
    """
    if not (run / READINGS).is_file():
        return ()
    checked = check_readings(run, read_predictions(run / READINGS))
    return (
        *(AuditFinding("edited-readings", "fail", message, 1) for message in checked.wrong),
        *(AuditFinding("edited-readings", "report", message, 1) for message in checked.unknown),
    )
